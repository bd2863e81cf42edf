#include "CResolv.h"
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

/* Macros and the resolver's state are beyond Swift's importer: hence this function. */
int sipob_resolv_query(const char *name, int type, const struct sockaddr *server, int seconds, uint8_t *answer,
                       size_t room, size_t *count) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    *count = 0;
    if (res_ninit(&state) != 0) return SIPOB_RESOLV_REFUSED;
    state.retrans = seconds;
    state.retry = 2;
    state.options &= ~(RES_DNSRCH | RES_DEFNAMES);
    if (server && server->sa_family == AF_INET) {
        memcpy(&state.nsaddr_list[0], server, sizeof state.nsaddr_list[0]);
        state.nscount = 1;
    }
    int length = res_nquery(&state, name, ns_c_in, type, answer, (int)room);
    int problem = state.res_h_errno;
    res_nclose(&state);
    if (length >= 0) {
        *count = (size_t)length;
        return SIPOB_RESOLV_ANSWERED;
    }
    switch (problem) {
    case HOST_NOT_FOUND: return SIPOB_RESOLV_NO_NAME;
    case NO_DATA: return SIPOB_RESOLV_NO_DATA;
    case TRY_AGAIN: return SIPOB_RESOLV_TRY_AGAIN;
    default: return SIPOB_RESOLV_REFUSED;
    }
}
