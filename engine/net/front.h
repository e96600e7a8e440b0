/* front.h: an I/O thread of `--threads N`; private to this folder.
 *
 * With one thread the city's thread has all connections itself (connection.c). With more, each
 * other thread is a front: it receives, deciphers, reads requests and the commands in them, and
 * sends. All else stays with the city's thread: it accepts, hands each connection to a front in
 * turn, and keeps a session for it with all that is to be sent. So every promise about order,
 * durability, roles and subscriptions is kept by the very same code with any number of threads.
 *
 *     city -> front   orders, a ring of 64 bytes each: take this connection, send these bytes, say
 *                     good-bye, forget it
 *     front -> city   blocks, a ring of 16 KiB each: news of many connections one behind the other,
 *                     requests already read among them; one hand-over a turn
 *
 * Both are rings of one producer and one consumer (ring/ring.h). A front whose blocks are all under
 * way looks at no more completions, so that the kernel holds its clients back; orders always have
 * room, for a session has at most three that the front has not yet seen.
 *
 * Owner     A connection's file is closed by the front when it is told to forget it, which the city
 *           does when it was told that receiving is over and no send is under way. Until then the
 *           city may shut it down. Bytes to be sent are the session's until TBI_NEWS_SENT.
 * Threads   A front's own; orders are given and blocks read by the city's. */
#ifndef TBI_NET_FRONT_H
#define TBI_NET_FRONT_H

#include <pthread.h>
#include <semaphore.h>

#include "command.h"
#include "ring.h"
#include "tls.h"
#include "uring.h"

enum {
    TBI_READS_MAX = 64, /* of one piece of news */
    TBI_BLOCK_BYTES = 16384,
    TBI_BLOCKS = 64, /* a power of two */
};

/* ---- orders ---- */

enum tbi_order_kind {
    TBI_ORDER_TAKE,   /* fd, and tls or NULL: receive from it */
    TBI_ORDER_SEND,   /* data, bytes; then tell TBI_NEWS_SENT */
    TBI_ORDER_END,    /* say good-bye (TLS); then tell TBI_NEWS_SENT */
    TBI_ORDER_FORGET, /* close it */
    TBI_ORDER_STOP,   /* the thread ends */
};

struct tbi_order {
    _Alignas(64) enum tbi_order_kind kind;
    uint32_t index; /* of the session, and of the connection's file */
    int fd;
    struct tbi_tls *tls;
    const char *data;
    size_t bytes;
};
_Static_assert(sizeof(struct tbi_order) == 64, "a slot of the ring");

/* ---- news ---- */

enum tbi_news_kind {
    TBI_NEWS_REQUESTS, /* bytes of whole requests, `count` of which were read */
    TBI_NEWS_BYTES,    /* as received */
    TBI_NEWS_SENT,     /* value: 0, or -errno */
    TBI_NEWS_SHAKEN,   /* bytes: the name on the certificate */
    TBI_NEWS_ENDED,    /* the other side has said all */
    TBI_NEWS_BROKEN,   /* TLS has; bytes: why */
    TBI_NEWS_OVER,     /* nothing is received any more; value: 0, or -errno */
};

struct tbi_news {
    uint32_t index; /* of the session */
    enum tbi_news_kind kind;
    uint32_t bytes, count;
    int64_t value;
    /* then `count` reads, then the bytes, then zeros up to a multiple of 8 */
};

/* A request that has been read. */
struct tbi_read {
    uint32_t bytes; /* of the request */
    uint32_t kind;  /* of the command in it; 0: none, or a wrong one: to be read again */
    struct tb_command command;
};

struct tbi_block {
    uint64_t bytes; /* used of `news` */
    char news[TBI_BLOCK_BYTES - 8];
};
_Static_assert(sizeof(struct tbi_block) == TBI_BLOCK_BYTES, "a slot of the ring");

static inline const struct tbi_read *tbi_news_reads(const struct tbi_news *news)
{
    return (const struct tbi_read *)(news + 1);
}
static inline const char *tbi_news_bytes(const struct tbi_news *news)
{
    return (const char *)(tbi_news_reads(news) + news->count);
}
static inline size_t tbi_news_whole(size_t bytes, uint32_t count)
{
    return (sizeof(struct tbi_news) + count * sizeof(struct tbi_read) + bytes + 7) / 8 * 8;
}

/* ---- a front ---- */

struct tbi_front_connection;

struct tbi_front {
    struct tbi_ring orders, blocks;
    struct tbi_bell bell; /* the front's; the city rings it */
    struct tbi_tls_line line;
    /* Constant. */
    struct tbi_bell *city; /* the city's */
    const struct tbi_grammar *grammar;
    uint32_t connections_max;
    int64_t spin_us;
    void *order_memory, *block_memory;
    size_t order_bytes, block_bytes;
    pthread_t thread;
    sem_t started;
    int status; /* of the start */
    /* The front's own. */
    struct tbi_uring uring;
    struct tbi_front_connection *connections; /* by session */
    struct tbi_block *block;                  /* being filled; NULL: none */
    int64_t spins_us;
    bool stopping;
};

/* NULL: told on standard error. `city`: the bell of the thread that calls this, which is the one
 * that may give orders and take news. */
struct tbi_front *tbi_front_start(const struct tbi_grammar *grammar, struct tbi_bell *city,
                                  uint32_t connections_max, int64_t spin_us);
/* After what was ordered; connections that it was not told to forget are closed. */
void tbi_front_stop(struct tbi_front *front);
void tbi_front_order(struct tbi_front *front, struct tbi_order order);
/* Orders it to take a connection; context: of TLS, or NULL. */
void tbi_front_take(struct tbi_front *front, uint32_t index, int fd,
                    struct tbi_tls_context *context);
/* After the orders of a turn: wakes it, if it sleeps. */
static inline void tbi_front_ring(struct tbi_front *front)
{
    tbi_bell_ring(&front->bell);
}

#endif
