#ifndef SIPOB_CRESOLV_H
#define SIPOB_CRESOLV_H
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* What became of a query. */
enum {
    SIPOB_RESOLV_ANSWERED = 0,
    SIPOB_RESOLV_NO_NAME = 1,   /* NXDOMAIN */
    SIPOB_RESOLV_NO_DATA = 2,   /* the name exists, without records of this type */
    SIPOB_RESOLV_TRY_AGAIN = 3, /* no answer in time, or SERVFAIL */
    SIPOB_RESOLV_REFUSED = 4    /* another error of the server, or none configured */
};

/* One recursive query of class IN through libresolv, which asks again over TCP when the answer was truncated.
 *   server   asked instead of those in resolv.conf; NULL for those. IPv4 only.
 *   seconds  the first wait for an answer; the query is sent twice.
 *   count    receives the length of the message in `answer`, which may exceed `room` when it was cut. */
int sipob_resolv_query(const char *name, int type, const struct sockaddr *server, int seconds, uint8_t *answer,
                       size_t room, size_t *count);
#endif
