#define _GNU_SOURCE
#include "CSockets.h"
#include <sys/socket.h>

static unsigned prepare(struct mmsghdr *messages, struct iovec *parts, uint8_t *octets, size_t size, unsigned count) {
    if (count > SIPOB_BATCH) count = SIPOB_BATCH;
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){octets + i * size, size};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    return count;
}

int sipob_send_batch(int descriptor, uint8_t *octets, size_t size, unsigned count) {
    struct mmsghdr messages[SIPOB_BATCH];
    struct iovec parts[SIPOB_BATCH];
    count = prepare(messages, parts, octets, size, count);
    return sendmmsg(descriptor, messages, count, 0);
}

int sipob_receive_batch(int descriptor, uint8_t *octets, size_t size, uint32_t *lengths, unsigned count) {
    struct mmsghdr messages[SIPOB_BATCH];
    struct iovec parts[SIPOB_BATCH];
    count = prepare(messages, parts, octets, size, count);
    int came = recvmmsg(descriptor, messages, count, MSG_DONTWAIT, NULL);
    for (int i = 0; i < came; i++) lengths[i] = messages[i].msg_len;
    return came;
}
