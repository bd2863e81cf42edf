#ifndef SIPOB_CDATAGRAMS_SHIM_H
#define SIPOB_CDATAGRAMS_SHIM_H
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The vector calls for datagrams are GNU extensions, which Swift's Glibc module does not show: neither the functions
// nor their struct. This one has the layout of struct mmsghdr (recvmmsg(2)).
typedef struct {
    struct msghdr header;
    unsigned int count;
} sipob_mmsghdr;

static inline int sipob_recvmmsg(int descriptor, sipob_mmsghdr *messages, unsigned int count, int flags) {
    return (int)syscall(SYS_recvmmsg, descriptor, messages, count, flags, (void *)0);
}

static inline int sipob_sendmmsg(int descriptor, sipob_mmsghdr *messages, unsigned int count, int flags) {
    return (int)syscall(SYS_sendmmsg, descriptor, messages, count, flags);
}
#endif
