/* loop.h: the io_uring of the server; private to this folder.
 *
 * One ring, one thread. A send is first tried at once and asks for no completion when all of it
 * went; what the socket does not take is sent again, with one. */
#ifndef TBI_NET_LOOP_H
#define TBI_NET_LOOP_H

#include "server.h"
#include "uring.h"

enum {
    TELLS = 16, /* listeners that are sent to in one turn */
    LISTENERS_MAX = 3,
    PUBLISH_US = 100000,
    TURN_US_MAX = 500000,
    STOPPING_US = 2000, /* instead: nobody else comes who would end a turn */
    SLICE_US = 300, /* woken, it is let in at once, and the log's writer before it */
};

struct loop {
    struct tbi_server *server;
    struct tbi_uring uring;
    struct tbi_tls_line line;                  /* of its own connections */
    struct tbi_front *fronts[TBI_THREADS_MAX]; /* none: it has all connections itself */
    uint32_t front_count, front_next;
    struct tbi_bell bell; /* with fronts: they ring it */
    int listeners[LISTENERS_MAX];
    int listener_count, signals;
    bool unix_last;   /* the last listener is the Unix socket */
    int tls_listener; /* which one speaks TLS; -1: none */
    uint32_t *free_slots, free_count;
    struct tbi_session **held; /* those with bytes that the log holds back */
    uint32_t held_count;
    int64_t turn_us; /* the time of this turn */
    uint64_t turn;   /* its number, from 1 */
    int64_t spin_us; /* how long to look for work before sleeping */
    int64_t files_tell_us;  /* not before this */
    uint32_t accepts_later; /* a bit a listener: those that wait for files */
    int64_t tls_tell_us; /* of a failed handshake: not before this */
    uint64_t tls_untold;
    int64_t published_us, swept_us, snapshot_us;
    uint64_t answerable;
    int status;
};

/* listen.c: the options' sockets. 0 or -errno, told on standard error. */
int tbi_listen(struct loop *loop);

/* connection.c */
void tbi_connection_take(struct loop *loop, int fd, bool tls);
void tbi_connection_received(struct loop *loop, const struct io_uring_cqe *cqe);
void tbi_connection_sent(struct loop *loop, const struct io_uring_cqe *cqe);
void tbi_connections_send(struct loop *loop);    /* all that have something to send */
void tbi_connections_release(struct loop *loop); /* what the log held and holds no more */
void tbi_connections_sweep(struct loop *loop, int64_t now_us); /* the silent and the gone */
void tbi_connections_fail(struct loop *loop); /* the log has failed: held replies are none */
void tbi_connections_close(struct loop *loop);
void tbi_connections_turn(struct loop *loop); /* a step of a handshake */
void tbi_connection_news(struct loop *loop, const struct tbi_news *news);
int64_t tbi_clock_us(void); /* monotonic */

#endif
