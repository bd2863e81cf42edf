/*
 * hold_limit - holds many registered TCP flows and keeps them alive with CRLFCRLF: load for an edge that must lose none.
 *   cc -O2 -o hold_limit hold_limit.c
 *   ./hold_limit PORT FLOWS SECONDS [HOST]    connects from 127.0.0.HOST (2) on, 10,000 flows an address, registers each once,
 *                                       then pings each at random times 10 to 12 s apart
 * Prints what was lost and how long pongs took; exits 1 when a flow was lost or a pong stayed out for 10 s.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 16384, SLOT_US = 1000 };  /* a wheel of 16 s in steps of 1 ms */

struct flow { int fd, next; double pinged; char registered, lost; };

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static void fail(const char *what) { perror(what); exit(2); }
static int compare(const void *a, const void *b) {
    double d = *(const double *)a - *(const double *)b;
    return (d > 0) - (d < 0);
}

static struct flow *flows;
static int wheel[SLOTS], lost, unanswered, first_host = 2;
static double start, *delays;
static long pongs, room;

static void plan(int i, double at) {
    int slot = (long)((at - start) * 1e6 / SLOT_US) % SLOTS;
    flows[i].next = wheel[slot];
    wheel[slot] = i + 1;
}
static void lose(int i) {
    if (flows[i].lost) return;
    flows[i].lost = 1;
    lost++;
    close(flows[i].fd);
}
static void send_register(int i) {
    char b[1024];
    int n = sprintf(b, "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK%d-%d;rport\r\n"
        "From: <sip:h%d@example.com>;tag=t%d\r\nTo: <sip:h%d-%d@example.com>\r\nCall-ID: h%d-%d@127.0.0.1\r\nCSeq: 1 REGISTER\r\n"
        "Max-Forwards: 70\r\nSupported: path, outbound\r\nContact: <sip:h%d@127.0.0.1:5060;transport=tcp>;reg-id=1;"
        "+sip.instance=\"<urn:uuid:00000000-0000-4000-%04d-%012d>\"\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n",
        i, getpid(), i, i, i, first_host, i, first_host, i, 8000 + first_host, i);
    if (send(flows[i].fd, b, n, MSG_NOSIGNAL) != n) lose(i);
}
static void read_flow(int i) {
    char in[4096];
    int n = recv(flows[i].fd, in, sizeof in, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { lose(i); return; }
    if (!flows[i].registered) {
        if (n < 12 || memcmp(in, "SIP/2.0 200", 11)) return;
        flows[i].registered = 1;
        plan(i, now() + 0.1 + 11.0 * (rand() / (RAND_MAX + 1.0)));
        return;
    }
    if (!flows[i].pinged) return;
    if (pongs < room) delays[pongs++] = now() - flows[i].pinged;
    flows[i].pinged = 0;
}
static void turn(long slot) {
    int i = wheel[slot % SLOTS];
    wheel[slot % SLOTS] = 0;
    while (i) {
        struct flow *f = &flows[i - 1];
        int self = i - 1;
        i = f->next;
        if (f->lost) continue;
        if (f->pinged) unanswered++;
        f->pinged = now();
        if (send(f->fd, "\r\n\r\n", 4, MSG_NOSIGNAL) != 4) { lose(self); continue; }
        plan(self, f->pinged + 10.0 + 2.0 * (rand() / (RAND_MAX + 1.0)));
    }
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) { fprintf(stderr, "usage: see the comment at the top of hold_limit.c\n"); return 64; }
    int port = atoi(argv[1]), count = atoi(argv[2]), poller = epoll_create1(0), one = 1;
    double seconds = atof(argv[3]);
    if (argc == 5) first_host = atoi(argv[4]);
    flows = calloc(count, sizeof *flows);
    room = (long)count * (2 + seconds / 10);
    delays = malloc(room * sizeof *delays);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    start = now();
    srand(first_host);
    for (int i = 0; i < count; i++) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + first_host - 1 + i / 10000)};
        struct epoll_event e = {EPOLLIN, {.u32 = i}};
        int fd = flows[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0) fail("socket");
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (void *)&from, sizeof from) || connect(fd, (void *)&to, sizeof to)) fail("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e)) fail("epoll_ctl");
        send_register(i);
    }
    double opened = now();
    long slot = 0;
    struct epoll_event got[256];
    for (double t; (t = now()) < opened + seconds;) {
        for (long due = (t - start) * 1e6 / SLOT_US; slot <= due; slot++) turn(slot);
        int n = epoll_wait(poller, got, 256, 1);
        for (int k = 0; k < n; k++) read_flow(got[k].data.u32);
    }
    int registered = 0;
    for (int i = 0; i < count; i++) registered += flows[i].registered && !flows[i].lost;
    qsort(delays, pongs, sizeof *delays, compare);
    printf("%d flows opened in %.2f s, %d registered and alive after %.0f s, %d lost, %d pings unanswered, %ld pongs: "
        "median %.3f ms, p99 %.3f ms, most %.3f ms\n", count, opened - start, registered, seconds, lost, unanswered, pongs,
        pongs ? delays[pongs / 2] * 1e3 : 0, pongs ? delays[pongs * 99 / 100] * 1e3 : 0, pongs ? delays[pongs - 1] * 1e3 : 0);
    return lost || unanswered || registered != count;
}
