/* ring.h: a bounded ring of 64-byte slots between one producer thread and one consumer thread.
 *
 * Purpose: hand commands to the thread that owns a city, and events back. One ring for each
 * direction and each caller: in a ring that callers share, a slot that is reserved and never
 * published stalls everybody, and that isn't lock-free.
 *
 * Progress: every function is wait-free: a fixed number of steps, plus the copying. A producer
 * that stops at any instruction leaves everything that it published to the consumer; a consumer
 * that stops leaves the producer the free slots that it has handed back.
 *
 * Memory: the caller gives the slots (tbi_ring_init) and owns them; nothing is allocated. A ring
 * may be placed anywhere that keeps its alignment; it must not move while it is in use.
 *
 * Threads: one producer, one consumer; which thread that is may change only with a
 * happens-before between the two (a join, another ring).
 *
 * Memory order; each atomic operation in ring.h and ring.c names its edge:
 *
 *   E1 publish:   head store-release (write_commit, push) -> head load-acquire (read_span, pop).
 *                 Covers the contents of the slots below head.
 *   E2 hand-back: tail store-release (read_release, pop) -> tail load-acquire (write_span, push).
 *                 Covers the reuse of the slots below tail: without it, a producer on a weakly
 *                 ordered machine overwrites a slot that is still being read. This is the edge
 *                 that people forget.
 *   W2 publish:   head store-seq_cst (write_commit_wake) -> head load-seq_cst (was_readable):
 *                 E1 as well, and one half of sleep and wake; see wake.h.
 *   OWN relaxed:  head read by the producer, tail read by the consumer: their only writers.
 *   WAS relaxed:  tbi_ring_was_count.
 *
 * Indices are 64 bits wide, count slots, never wrap in practice and wrap correctly if they do.
 * Each side keeps the newest index of the other that it has seen, and loads again only when
 * that is not enough: as long as there is room and work, neither touches the line that the
 * other writes.
 *
 * Source: L. Lamport, "Proving the correctness of multiprocess programs" (1977) for the ring;
 * the private copy of the opposite index is from Lee, Bu and Chandranmenon, "MCRingBuffer" (2010).
 */
#ifndef TBI_RING_RING_H
#define TBI_RING_RING_H

#include "atomic.h"

/* The unit of a slot; an element is one or several of these. */
enum { TBI_SLOT_BYTES = 64 };

/* What one side knows. Each is written by one thread only, and has a line of its own. */
struct tbi_ring_side {
    _Alignas(64) tbi_atomic_u64 index; /* producer: next slot to fill (head); consumer: tail */
    uint64_t seen_index;               /* the newest index of the other side that was loaded */
    unsigned char *slots;              /* constant, kept here so that a side needs one line */
    uint64_t capacity;                 /* constant, in elements; a power of two */
    uint64_t element_bytes;            /* constant, a multiple of TBI_SLOT_BYTES */
};

struct tbi_ring {
    struct tbi_ring_side producer;
    struct tbi_ring_side consumer;
};

_Static_assert(sizeof(struct tbi_ring_side) == TBI_LINE_BYTES, "a side is one line");
_Static_assert(offsetof(struct tbi_ring, consumer) == TBI_LINE_BYTES, "lines have one writer");
_Static_assert(sizeof(struct tbi_ring) == 2 * TBI_LINE_BYTES, "a ring is two lines");

/* ---- Set-up ---- */

/* Makes an empty ring over `slots`: capacity x element_bytes bytes, aligned to 64, owned by the
 * caller, and untouched by anybody else until the ring is no longer used. `capacity` counts
 * elements and is a power of two (all of it is usable); `element_bytes` is a multiple of 64.
 * Anything else is a programmer error and stops the program. Before the ring is shared.
 * A small ring is a fast one: 256 elements of 64 bytes stay in the first-level cache.
 */
void tbi_ring_init(struct tbi_ring *ring, void *slots, uint64_t capacity, uint64_t element_bytes);

/* The same, with both indices at `start_index`, so that tests reach the wrap-around. */
void tbi_ring_init_at(struct tbi_ring *ring, void *slots, uint64_t capacity, uint64_t element_bytes,
                      uint64_t start_index);

/* ---- Either side, or anybody ---- */

/* The number of elements that were in the ring at some instant near now; never more than the
 * capacity. For gauges only. Any thread; wait-free; relaxed.
 */
uint64_t tbi_ring_was_count(const struct tbi_ring *ring);

/* ---- Inside; use the functions below ---- */

/* The memory of the slot with this index. */
TBI_ATOMIC_INLINE unsigned char *tbi_ring_slot(const struct tbi_ring_side *side, uint64_t index)
{
    return side->slots + (index & (side->capacity - 1)) * side->element_bytes;
}

/* The number of slots from this index to the end of the array. */
TBI_ATOMIC_INLINE uint64_t tbi_ring_contiguous(const struct tbi_ring_side *side, uint64_t index)
{
    return side->capacity - (index & (side->capacity - 1));
}

/* Free slots as the producer knows; looks again at tail (E2) only if it knows of too few. */
TBI_ATOMIC_INLINE uint64_t tbi_ring_free(struct tbi_ring *ring, uint64_t head, uint64_t wanted)
{
    struct tbi_ring_side *own = &ring->producer;
    uint64_t free_count = own->capacity - (head - own->seen_index);

    if (__builtin_expect(free_count < wanted, 0)) {
        own->seen_index = tbi_atomic_load_acquire(TBI_E2, &ring->consumer.index);
        free_count = own->capacity - (head - own->seen_index);
    }
    return free_count;
}

/* Filled slots as the consumer knows; looks again at head (E1) only if it knows of too few. */
TBI_ATOMIC_INLINE uint64_t tbi_ring_filled(struct tbi_ring *ring, uint64_t tail, uint64_t wanted)
{
    struct tbi_ring_side *own = &ring->consumer;
    uint64_t filled_count = own->seen_index - tail;

    if (__builtin_expect(filled_count < wanted, 0)) {
        own->seen_index = tbi_atomic_load_acquire(TBI_E1, &ring->producer.index);
        filled_count = own->seen_index - tail;
    }
    return filled_count;
}

/* Copies in or out of a slot; the usual size is known to the compiler. */
TBI_ATOMIC_INLINE void tbi_ring_copy_in(void *slot, const void *element, uint64_t bytes)
{
    if (__builtin_expect(bytes == TBI_SLOT_BYTES, 1)) {
        tbi_plain_store(slot, element, TBI_SLOT_BYTES);
    } else {
        tbi_plain_store(slot, element, bytes);
    }
}

TBI_ATOMIC_INLINE void tbi_ring_copy_out(void *element, const void *slot, uint64_t bytes)
{
    if (__builtin_expect(bytes == TBI_SLOT_BYTES, 1)) {
        tbi_plain_load(element, slot, TBI_SLOT_BYTES);
    } else {
        tbi_plain_load(element, slot, bytes);
    }
}

/* ---- The producer ---- */

/* How many elements can be pushed now: at least `wanted`, if so many slots have been handed
 * back; may be fewer than there are free. Producer only; wait-free; E2.
 */
static inline uint64_t tbi_ring_writable(struct tbi_ring *ring, uint64_t wanted)
{
    return tbi_ring_free(ring, tbi_atomic_load_relaxed(TBI_OWN, &ring->producer.index), wanted);
}

/* Gives the producer up to `count_max` free slots, one after the other in memory, to be filled in
 * place; `*span` is the first of them. Returns how many: 0 if the ring is full; fewer than
 * `count_max` also where the array ends (commit, then ask again). Nothing is published, and
 * nothing needs undoing if fewer are filled. Owner of the slots until the commit: the producer.
 * Producer only; wait-free; E2.
 */
static inline uint64_t tbi_ring_write_span(struct tbi_ring *ring, uint64_t count_max, void **span)
{
    uint64_t head = tbi_atomic_load_relaxed(TBI_OWN, &ring->producer.index);
    uint64_t contiguous = tbi_ring_contiguous(&ring->producer, head);
    uint64_t wanted = count_max < contiguous ? count_max : contiguous;
    uint64_t free_count = tbi_ring_free(ring, head, wanted);

    *span = tbi_ring_slot(&ring->producer, head);
    return wanted < free_count ? wanted : free_count;
}

/* Publishes the first `count` slots of the span, with one store. `count` is at most what
 * tbi_ring_write_span returned. The slots then belong to the consumer. Producer only; wait-free;
 * release (E1).
 */
static inline void tbi_ring_write_commit(struct tbi_ring *ring, uint64_t count)
{
    uint64_t head = tbi_atomic_load_relaxed(TBI_OWN, &ring->producer.index);

    tbi_atomic_store_release(TBI_E1, &ring->producer.index, head + count);
}

/* The same, for a consumer that may be asleep: to be followed by tbi_wake_signal. On x86 this
 * costs one locked instruction more, whatever `count` is. Producer only; wait-free; sequentially
 * consistent (E1, W2).
 */
static inline void tbi_ring_write_commit_wake(struct tbi_ring *ring, uint64_t count)
{
    uint64_t head = tbi_atomic_load_relaxed(TBI_OWN, &ring->producer.index);

    tbi_atomic_store_seq_cst(TBI_W2, &ring->producer.index, head + count);
}

/* Copies one element in, but doesn't publish it: the next commit of 1 does. False if full. */
TBI_ATOMIC_INLINE bool tbi_ring_put(struct tbi_ring *ring, const void *element)
{
    uint64_t head = tbi_atomic_load_relaxed(TBI_OWN, &ring->producer.index);

    if (tbi_ring_free(ring, head, 1) == 0) {
        return false;
    }
    tbi_ring_copy_in(tbi_ring_slot(&ring->producer, head), element, ring->producer.element_bytes);
    return true;
}

/* Copies one element in and publishes it. False if the ring is full: nothing was done.
 * Producer only; wait-free; E1, E2.
 */
static inline bool tbi_ring_push(struct tbi_ring *ring, const void *element)
{
    if (!tbi_ring_put(ring, element)) {
        return false;
    }
    tbi_ring_write_commit(ring, 1);
    return true;
}

/* The same, for a consumer that may be asleep: if true, to be followed by tbi_wake_signal.
 * Producer only; wait-free; E1, E2, W2.
 */
static inline bool tbi_ring_push_wake(struct tbi_ring *ring, const void *element)
{
    if (!tbi_ring_put(ring, element)) {
        return false;
    }
    tbi_ring_write_commit_wake(ring, 1);
    return true;
}

/* Copies up to `count` elements in, in order, and publishes them with one store. Returns how
 * many: fewer than `count` only if the ring is full. Producer only; wait-free; E1, E2.
 */
uint64_t tbi_ring_push_many(struct tbi_ring *ring, const void *elements, uint64_t count);

/* The same, for a consumer that may be asleep: to be followed by tbi_wake_signal. Producer only;
 * wait-free; E1, E2, W2.
 */
uint64_t tbi_ring_push_many_wake(struct tbi_ring *ring, const void *elements, uint64_t count);

/* ---- The consumer ---- */

/* How many elements can be popped now: at least `wanted`, if so many have been published; may be
 * fewer than there are. Consumer only; wait-free; E1.
 */
static inline uint64_t tbi_ring_readable(struct tbi_ring *ring, uint64_t wanted)
{
    return tbi_ring_filled(ring, tbi_atomic_load_relaxed(TBI_OWN, &ring->consumer.index), wanted);
}

/* True if there is something to pop. The one question that a consumer may ask between its
 * announcement that it will sleep and its sleep (wake.h): tbi_ring_readable may answer with an
 * old "no" there. "Was", because a "no" may be old once it is returned. Consumer only; wait-free;
 * sequentially consistent (W2).
 */
static inline bool tbi_ring_was_readable(struct tbi_ring *ring)
{
    uint64_t tail = tbi_atomic_load_relaxed(TBI_OWN, &ring->consumer.index);

    ring->consumer.seen_index = tbi_atomic_load_seq_cst(TBI_W2, &ring->producer.index);
    return ring->consumer.seen_index != tail;
}

/* Gives the consumer up to `count_max` published elements, one after the other in memory, oldest
 * first, to be read (or changed) in place; `*span` is the first of them. Returns how many: 0 if
 * the ring is empty; fewer than `count_max` also where the array ends (release, then ask again).
 * Owner of the slots until the release: the consumer. Consumer only; wait-free; E1.
 */
static inline uint64_t tbi_ring_read_span(struct tbi_ring *ring, uint64_t count_max, void **span)
{
    uint64_t tail = tbi_atomic_load_relaxed(TBI_OWN, &ring->consumer.index);
    uint64_t contiguous = tbi_ring_contiguous(&ring->consumer, tail);
    uint64_t wanted = count_max < contiguous ? count_max : contiguous;
    uint64_t filled_count = tbi_ring_filled(ring, tail, 1);

    *span = tbi_ring_slot(&ring->consumer, tail);
    return wanted < filled_count ? wanted : filled_count;
}

/* Hands the first `count` slots of the span back to the producer, with one store. `count` is at
 * most what tbi_ring_read_span returned. Consumer only; wait-free; release (E2).
 */
static inline void tbi_ring_read_release(struct tbi_ring *ring, uint64_t count)
{
    uint64_t tail = tbi_atomic_load_relaxed(TBI_OWN, &ring->consumer.index);

    tbi_atomic_store_release(TBI_E2, &ring->consumer.index, tail + count);
}

/* Copies the oldest element out and hands its slot back. False if the ring is empty: nothing was
 * done. Consumer only; wait-free; E1, E2.
 */
static inline bool tbi_ring_pop(struct tbi_ring *ring, void *element)
{
    uint64_t tail = tbi_atomic_load_relaxed(TBI_OWN, &ring->consumer.index);

    if (tbi_ring_filled(ring, tail, 1) == 0) {
        return false;
    }
    tbi_ring_copy_out(element, tbi_ring_slot(&ring->consumer, tail), ring->consumer.element_bytes);
    tbi_atomic_store_release(TBI_E2, &ring->consumer.index, tail + 1);
    return true;
}

/* Copies up to `count_max` elements out, oldest first, and hands their slots back with one store.
 * Returns how many; 0 if the ring is empty. Consumer only; wait-free; E1, E2.
 */
uint64_t tbi_ring_pop_many(struct tbi_ring *ring, void *elements, uint64_t count_max);

#endif
