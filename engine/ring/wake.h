/* wake.h: an idle consumer sleeps; a producer wakes it, only when it sleeps, and never waits.
 *
 * Purpose: an engine thread with nothing to do gives its core away, and is back within 50 us of
 * the first command. The same serves a caller that wants to sleep until its events come.
 *
 * One struct tbi_wake belongs to one consumer, which may read any number of rings; each producer
 * brings a struct tbi_waker of its own. The producer:
 *
 *     if (tbi_ring_push_wake(ring, &command)) {
 *         tbi_wake_signal(&waker);
 *     }
 *
 * and the consumer, when its rings are empty:
 *
 *     tbi_wake_wait(wake, any_ring_was_readable, rings, POLLS, TBI_WAKE_FOREVER);
 *
 * where any_ring_was_readable asks tbi_ring_was_readable of each ring, and nothing weaker.
 *
 * Method: `state` counts the sleeps. The consumer announces its sleep in `state`, looks at its
 * rings once more, and then asks the kernel to put it to sleep if `state` is still what it
 * announced. A producer publishes, then looks at `state`. Publish-then-look on one side and
 * announce-then-look on the other: at least one of the two sees the other (W1, W2), so no command
 * is left to a sleeper. A producer that sees the announcement changes `state` (the kernel then
 * refuses a sleep that has not begun) and asks the kernel to wake the sleeper.
 *
 * Only the consumer itself takes the announcement back. If the first producer to see it did so, on
 * behalf of all, and then stopped before its system call, everybody else would take the sleeper for
 * awake. So each producer that publishes during a sleep makes the call itself: once in a sleep at
 * most, because its waker remembers the sleep that it has ended.
 *
 * Progress: tbi_wake_signal is wait-free: at most one compare-and-swap, which is not repeated, and
 * one system call, which does not block. tbi_wake_wait blocks; that is what it is for. It waits for
 * commands, never for a thread: a producer stopped at any instruction leaves the sleeper to the
 * others.
 *
 * Memory order; each atomic operation names its edge:
 *
 *   W1 announce: state store-seq_cst (consumer) -> state load-seq_cst (producer).
 *   W2 publish:  head store-seq_cst (producer) -> head load-seq_cst (consumer); see ring.h.
 *                Each side stores its own word and then loads the other's. That these four are
 *                sequentially consistent is what forbids that both loads are old; release and
 *                acquire would allow it, on x86 too.
 *   W3 relaxed:  the change of `state` by a producer, and the consumer's "awake" afterwards. The
 *                kernel compares `state` itself; a producer that reads an old announcement makes
 *                one system call too many, and that is all.
 */
#ifndef TBI_RING_WAKE_H
#define TBI_RING_WAKE_H

#include "atomic.h"

/* For tbi_wake_wait: until woken. */
#define TBI_WAKE_FOREVER UINT64_MAX

/* What `state` says in its two lowest bits; above them it counts the consumer's sleeps. */
enum tbi_wake_state {
    TBI_WAKE_AWAKE = 0,  /* nothing to do */
    TBI_WAKE_ASLEEP = 1, /* announced: asleep, or just about to be */
    TBI_WAKE_POKED = 2,  /* a producer has begun to end this sleep */
};

/* The consumer's. The caller owns the memory; it must outlive all wakers. */
struct tbi_wake {
    _Alignas(64) tbi_atomic_u64 state;
    _Alignas(64) uint64_t sleep_count; /* the consumer's own */
};

_Static_assert(sizeof(struct tbi_wake) == 2 * TBI_LINE_BYTES, "producers read a line of their own");

/* A producer's: whom it wakes, and the last sleep that it has ended. One thread only. */
struct tbi_waker {
    struct tbi_wake *wake;
    uint64_t ended_sleep;
};

/* True if the consumer has something to do. Must look at each ring with tbi_ring_was_readable. */
typedef bool tbi_wake_ready(void *context);

/* Makes a consumer that is awake. Before it is shared. */
void tbi_wake_init(struct tbi_wake *wake);

/* Makes a producer's handle to this consumer. The producer only. */
void tbi_waker_init(struct tbi_waker *waker, struct tbi_wake *wake);

/* Ends the sleep that this state announces; see tbi_wake_signal. */
void tbi_wake_poke(struct tbi_waker *waker, uint64_t state);

/* Wakes the consumer if it sleeps. To be called after each publication that went through
 * tbi_ring_..._wake; one call may cover several. Costs a load of a line that is rarely written
 * while the consumer is awake. Producer only; wait-free; sequentially consistent (W1).
 */
static inline void tbi_wake_signal(struct tbi_waker *waker)
{
    uint64_t state = tbi_atomic_load_seq_cst(TBI_W1, &waker->wake->state);

    if (__builtin_expect(state % 4 != TBI_WAKE_AWAKE, 0)) {
        tbi_wake_poke(waker, state);
    }
}

/* Waits until there may be something to do. Asks `ready(context)` `poll_count` times first, with a
 * pause of some 20 ns after each, and then sleeps for at most `wait_us` microseconds: 0 is not at
 * all, TBI_WAKE_FOREVER without end. Returns false if the time ran out; true if something is
 * ready, or the sleep ended for any other reason: look, and wait again. Consumer only; blocking;
 * sequentially consistent (W1).
 */
bool tbi_wake_wait(struct tbi_wake *wake, tbi_wake_ready *ready, void *context, uint32_t poll_count,
                   uint64_t wait_us);

#endif
