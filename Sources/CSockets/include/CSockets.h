#ifndef SIPOB_CSOCKETS_H
#define SIPOB_CSOCKETS_H
#include <stddef.h>
#include <stdint.h>

/* The most datagrams of one call below. */
#define SIPOB_BATCH 64

/* sendmmsg(2) and recvmmsg(2) on a connected socket, over plain memory: `count` pieces of `size` octets each, one behind
 * the other. Swift's Glibc module has neither call, because both want _GNU_SOURCE. */

/* Sends them all in one call; returns how many went out, or -1 with errno. */
int sipob_send_batch(int descriptor, uint8_t *octets, size_t size, unsigned count);

/* Takes up to `count` datagrams that are there, without waiting. `lengths` receives what each has, cut at `size`; returns
 * how many came, or -1 with errno. */
int sipob_receive_batch(int descriptor, uint8_t *octets, size_t size, uint32_t *lengths, unsigned count);
#endif
