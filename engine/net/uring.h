/* uring.h: an io_uring with the buffers that received bytes come in; private to this folder.
 *
 * Accept and receive are multishot, received bytes come in buffers of one ring that the kernel
 * takes from; connections are registered files, by their session's index. All that a turn has to
 * say to the kernel goes with the one call that also waits for the next completions.
 *
 * Threads: one a ring, the one that opened it. Errors: 0 or -errno, told on standard error. */
#ifndef TBI_NET_URING_H
#define TBI_NET_URING_H

#include <liburing.h>

#include "atomic.h"
#include "tongban/base.h"

enum {
    TBI_BUFFERS = 256, /* few: they are gone through in turn, and should stay in the cache */
    TBI_BUFFER_BYTES = 8192,
    /* From one to the next: were it a power of two, the first lines of all, which nearly every
     * request fits in, would lie in few sets of the caches. An odd number of lines. */
    TBI_BUFFER_STRIDE = TBI_BUFFER_BYTES + 3 * 64,
};

struct tbi_uring {
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *memory; /* of the buffers */
    bool fixed;   /* connections are registered files */
};

/* The upper byte of user_data. */
enum op { OP_ACCEPT = 1, OP_RECEIVE, OP_SEND, OP_SIGNAL, OP_LOGIN, OP_LOG, OP_WHATIF, OP_BELL };

static inline uint64_t tbi_user_data(enum op op, uint32_t index, uint32_t generation)
{
    return (uint64_t)op << 56 | (uint64_t)(generation & 0xffffffu) << 32 | index;
}

int tbi_uring_open(struct tbi_uring *uring, uint32_t files);
void tbi_uring_close(struct tbi_uring *uring);
struct io_uring_sqe *tbi_uring_sqe(struct tbi_uring *uring);
/* A connection's file as requests name it, and its receive. */
void tbi_uring_send(struct tbi_uring *uring, uint32_t index, uint32_t generation, int fd,
                    const char *data, size_t bytes, bool at_once, bool quiet);
void tbi_uring_receive(struct tbi_uring *uring, uint32_t index, uint32_t generation, int fd);
void tbi_uring_poll(struct tbi_uring *uring, int fd, enum op op); /* until the ring's end */
static inline char *tbi_uring_buffer(const struct tbi_uring *uring, uint32_t buffer)
{
    return uring->memory + (size_t)buffer * TBI_BUFFER_STRIDE;
}
void tbi_uring_buffer_back(struct tbi_uring *uring, uint32_t buffer);
/* Puts a connection's file under its session's index; -1: takes it out. */
void tbi_uring_file(struct tbi_uring *uring, uint32_t index, int fd);
/* Hands over all that was said; every send tried at once has then gone or has a completion. */
void tbi_uring_flush(struct tbi_uring *uring);
/* Memory in big pages if there are any, touched now, not in service. */
void *tbi_pages(size_t bytes);
void tbi_pages_free(void *memory, size_t bytes);

/* ---- who sleeps in its ring ----
 *
 * A thread that is about to sleep announces it, looks once more at what others hand it, and waits;
 * whoever hands it something looks at the announcement afterwards, and knocks. See ring/wake.h for
 * why both are sequentially consistent; here the kernel's ring waits for a file, not a futex. */
struct tbi_bell {
    _Alignas(64) tbi_atomic_u64 asleep;
    int file; /* an eventfd, polled by the ring */
};

bool tbi_bell_open(struct tbi_bell *bell);
void tbi_bell_close(struct tbi_bell *bell);
static inline void tbi_bell_sleep(struct tbi_bell *bell) /* then: tbi_ring_was_readable */
{
    tbi_atomic_store_seq_cst(TBI_W1, &bell->asleep, 1);
}
static inline void tbi_bell_wake(struct tbi_bell *bell)
{
    tbi_atomic_store_relaxed(TBI_W3, &bell->asleep, 0);
}
void tbi_bell_knock(struct tbi_bell *bell);
/* After tbi_ring_write_commit_wake or tbi_ring_push_wake. */
static inline void tbi_bell_ring(struct tbi_bell *bell)
{
    if (tbi_atomic_load_seq_cst(TBI_W1, &bell->asleep) != 0)
        tbi_bell_knock(bell);
}

#endif
