/* loop.h: the io_uring of the server; private to this folder.
 *
 * One ring, one thread. Accept and receive are multishot, received bytes come in buffers of one
 * ring that the kernel takes from; connections are registered files, by their session's index. All
 * that a turn has to say to the kernel goes with the one call that also waits for the next
 * completions. A send is first tried at once and asks for no completion when all of it went; what
 * the socket does not take is sent again, with one. */
#ifndef TBI_NET_LOOP_H
#define TBI_NET_LOOP_H

#include <liburing.h>

#include "server.h"

enum {
    RING_ENTRIES = 4096,
    COMPLETIONS = 32768,
    BUFFERS = 256, /* few: they are gone through in turn, and should stay in the cache */
    BUFFER_BYTES = 8192,
    TELLS = 16, /* listeners that are sent to in one turn */
    LISTENERS_MAX = 3,
    PUBLISH_US = 100000,
    TURN_US_MAX = 500000,
    SLICE_US = 300, /* woken, it is let in at once, and the log's writer before it */
};

/* The upper byte of user_data. */
enum op { OP_ACCEPT = 1, OP_RECEIVE, OP_SEND, OP_SIGNAL, OP_LOGIN, OP_LOG, OP_WHATIF };

struct loop {
    struct tbi_server *server;
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *memory; /* of the buffers */
    int listeners[LISTENERS_MAX];
    int listener_count, signals;
    bool unix_last;   /* the last listener is the Unix socket */
    int tls_listener; /* which one speaks TLS; -1: none */
    uint32_t *free_slots, free_count;
    struct tbi_session **held; /* those with bytes that the log holds back */
    uint32_t held_count;
    bool fixed;      /* connections are registered files */
    int64_t turn_us; /* the time of this turn */
    uint64_t turn;   /* its number, from 1 */
    int64_t spin_us; /* how long to look for work before sleeping */
    int64_t files_tell_us;  /* not before this */
    uint32_t accepts_later; /* a bit a listener: those that wait for files */
    int64_t published_us, swept_us, snapshot_us;
    uint64_t answerable;
    int status;
};

/* uring.c */
int tbi_uring_open(struct loop *loop); /* 0 or -errno, told on standard error */
void tbi_uring_close(struct loop *loop);
struct io_uring_sqe *tbi_uring_sqe(struct loop *loop);
void tbi_uring_buffer_back(struct loop *loop, uint32_t buffer);
/* Puts a connection's file under its session's index; -1: takes it out. */
void tbi_uring_file(struct loop *loop, uint32_t index, int fd);
/* Hands over all that was said; every send tried at once has then gone or has a completion. */
void tbi_uring_flush(struct loop *loop);
static inline uint64_t tbi_user_data(enum op op, uint32_t index, uint32_t generation)
{
    return (uint64_t)op << 56 | (uint64_t)(generation & 0xffffffu) << 32 | index;
}

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
int64_t tbi_clock_us(void); /* monotonic */

#endif
