/* queue.h: the event queue.
 *
 * The order of simultaneous events is fixed: by instant, then by rank (the smaller first), then by
 * sequence (first in, first out). A rank says what kind of thing happens, so that at one instant a
 * release comes before a call, say; the model that uses the queue defines them.
 *
 * A push returns a handle, with which the event can be moved or cancelled until it is popped. When
 * each entity has at most one pending event, schedule.h is simpler. Speed: see tree.h; a pop or a
 * push costs one path, tbs_queue_replace one path for both.
 *
 * The queue lives in memory of the caller and never grows: pushing onto a full queue is the
 * programmer's error, like an instant beyond +-TBS_INSTANT_MAX, or a handle that is not pending.
 * Threads: one. */
#ifndef TBS_KERNEL_QUEUE_H
#define TBS_KERNEL_QUEUE_H

#include "kernel/tree.h"

#include <string.h>

enum {
    TBS_QUEUE_SLOT_BITS = 24, /* the rest of 64 bits is the sequence: 2^40 pushes */
    TBS_QUEUE_CAPACITY_MAX = 1 << TBS_QUEUE_SLOT_BITS,
};

struct tbs_event {
    int64_t at_us;
    uint32_t item;
    uint8_t rank;
};

struct tbs_queue {
    tbs_uint128 *node; /* 2 slots */
    uint32_t *item;    /* of each slot */
    uint32_t *vacant;  /* stack of vacant slots */
    uint64_t sequence; /* of the next push, above the slot's bits */
    uint32_t slots;
    uint32_t count;    /* of pending events */
};

/* Bytes for a queue of that capacity: 40 per event, capacity rounded up to a power of two. */
static inline size_t tbs_queue_bytes(uint32_t capacity)
{
    const size_t slots = tbs_tree_slots(capacity);

    return (slots * (2 * sizeof(tbs_uint128) + 2 * sizeof(uint32_t)) + 15) / 16 * 16;
}

/* Empties the queue. */
static inline void tbs_queue_clear(struct tbs_queue *queue)
{
    memset(queue->node, 0xff, 2 * queue->slots * sizeof *queue->node);
    for (uint32_t i = 0; i < queue->slots; i++)
        queue->vacant[i] = i;
    queue->count = 0;
    queue->sequence = 0;
}

/* Makes an empty queue in memory of tbs_queue_bytes(capacity) bytes, borrowed, and aligned to 16 as
 * malloc aligns. */
static inline void tbs_queue_init(struct tbs_queue *queue, void *memory, uint32_t capacity)
{
    tbs_assert(capacity > 0);
    tbs_assert(capacity <= TBS_QUEUE_CAPACITY_MAX);
    tbs_assert((uintptr_t)memory % 16 == 0);
    queue->slots = tbs_tree_slots(capacity);
    queue->node = memory;
    queue->item = (uint32_t *)(queue->node + 2 * queue->slots);
    queue->vacant = queue->item + queue->slots;
    tbs_queue_clear(queue);
}

static inline uint32_t tbs_queue_slot_of(tbs_uint128 key)
{
    return (uint32_t)key & (TBS_QUEUE_CAPACITY_MAX - 1);
}

/* The key of a new event; sequences are never used twice. */
static inline tbs_uint128 tbs_queue_key(struct tbs_queue *queue, uint32_t slot, int64_t at_us,
                                        uint8_t rank)
{
    const uint64_t tie = queue->sequence | slot;

    tbs_assert((uint64_t)at_us + TBS_INSTANT_MAX <= 2 * (uint64_t)TBS_INSTANT_MAX);
    queue->sequence += TBS_QUEUE_CAPACITY_MAX;
    tbs_assert(queue->sequence != 0);
    return tbs_tree_key(at_us, rank, tie);
}

/* Adds an event and returns its handle. */
static inline uint32_t tbs_queue_push(struct tbs_queue *queue, int64_t at_us, uint8_t rank,
                                      uint32_t item)
{
    tbs_assert(queue->count < queue->slots);
    const uint32_t slot = queue->vacant[queue->count++];
    const tbs_uint128 key = tbs_queue_key(queue, slot, at_us, rank);

    queue->item[slot] = item;
    tbs_tree_set(queue->node, queue->slots, slot, key);
    return slot;
}

/* The instant of the first event, INT64_MAX when there is none. */
static inline int64_t tbs_queue_first_at_us(const struct tbs_queue *queue)
{
    return queue->count > 0 ? tbs_tree_at_us(queue->node[1]) : INT64_MAX;
}

/* The first event, which stays. The queue must not be empty. */
static inline struct tbs_event tbs_queue_first(const struct tbs_queue *queue)
{
    const tbs_uint128 key = queue->node[1];

    tbs_assert(queue->count > 0);
    return (struct tbs_event){.at_us = tbs_tree_at_us(key),
                              .item = queue->item[tbs_queue_slot_of(key)],
                              .rank = tbs_tree_rank(key)};
}

static inline bool tbs_queue_pending(const struct tbs_queue *queue, uint32_t handle)
{
    return handle < queue->slots && queue->node[queue->slots + handle] != TBS_TREE_NEVER;
}

/* Removes a pending event. */
static inline void tbs_queue_cancel(struct tbs_queue *queue, uint32_t handle)
{
    tbs_assert(tbs_queue_pending(queue, handle));
    queue->vacant[--queue->count] = handle;
    tbs_tree_set(queue->node, queue->slots, handle, TBS_TREE_NEVER);
}

/* Removes and returns the first event. The queue must not be empty. */
static inline struct tbs_event tbs_queue_pop(struct tbs_queue *queue)
{
    const struct tbs_event event = tbs_queue_first(queue);

    tbs_queue_cancel(queue, tbs_queue_slot_of(queue->node[1]));
    return event;
}

/* Gives a pending event another instant and rank, and a new sequence. */
static inline void tbs_queue_move(struct tbs_queue *queue, uint32_t handle, int64_t at_us,
                                  uint8_t rank)
{
    tbs_assert(tbs_queue_pending(queue, handle));
    tbs_tree_set(queue->node, queue->slots, handle, tbs_queue_key(queue, handle, at_us, rank));
}

/* Pops the first event and pushes another in one step; returns the handle of the new one. */
static inline uint32_t tbs_queue_replace(struct tbs_queue *queue, int64_t at_us, uint8_t rank,
                                         uint32_t item)
{
    const uint32_t slot = tbs_queue_slot_of(queue->node[1]);

    tbs_assert(queue->count > 0);
    queue->item[slot] = item;
    tbs_tree_set(queue->node, queue->slots, slot, tbs_queue_key(queue, slot, at_us, rank));
    return slot;
}

/* Pushes count events in their order: one tournament for all, for the beginning of a day. */
static inline void tbs_queue_push_all(struct tbs_queue *queue, const struct tbs_event *event,
                                      uint32_t count)
{
    tbs_assert(count <= queue->slots - queue->count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t slot = queue->vacant[queue->count++];
        queue->item[slot] = event[i].item;
        queue->node[queue->slots + slot] =
            tbs_queue_key(queue, slot, event[i].at_us, event[i].rank);
    }
    tbs_tree_build(queue->node, queue->slots);
}

#endif
