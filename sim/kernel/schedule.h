/* schedule.h: the next instant of each of n entities (halls, windows, approvers), and which of
 * them is first.
 *
 * The order of simultaneous instants is fixed: by rank (the smaller first), then by the number of
 * the entity. Setting, moving and cancelling all cost one path of the tournament (tree.h).
 *
 * Lives in memory of the caller. An instant beyond +-TBS_INSTANT_MAX is the programmer's error.
 * Threads: one. */
#ifndef TBS_KERNEL_SCHEDULE_H
#define TBS_KERNEL_SCHEDULE_H

#include "kernel/tree.h"

#include <string.h>

struct tbs_schedule {
    tbs_uint128 *node;
    uint32_t slots;
};

static inline size_t tbs_schedule_bytes(uint32_t entities)
{
    return 2 * (size_t)tbs_tree_slots(entities) * sizeof(tbs_uint128);
}

/* Makes a schedule with nothing pending in memory of tbs_schedule_bytes(entities) bytes, aligned
 * to 16 and borrowed. */
static inline void tbs_schedule_init(struct tbs_schedule *schedule, void *memory,
                                     uint32_t entities)
{
    tbs_assert(entities > 0);
    tbs_assert((uintptr_t)memory % 16 == 0);
    schedule->node = memory;
    schedule->slots = tbs_tree_slots(entities);
    memset(memory, 0xff, tbs_schedule_bytes(entities));
}

static inline tbs_uint128 tbs_schedule_key(uint32_t entity, int64_t at_us, uint8_t rank)
{
    tbs_assert((uint64_t)at_us + TBS_INSTANT_MAX <= 2 * (uint64_t)TBS_INSTANT_MAX);
    return tbs_tree_key(at_us, rank, entity);
}

/* The entity's next instant, instead of what was pending. */
static inline void tbs_schedule_set(struct tbs_schedule *schedule, uint32_t entity, int64_t at_us,
                                    uint8_t rank)
{
    tbs_assert(entity < schedule->slots);
    tbs_tree_set(schedule->node, schedule->slots, entity, tbs_schedule_key(entity, at_us, rank));
}

/* Nothing is pending for the entity. */
static inline void tbs_schedule_cancel(struct tbs_schedule *schedule, uint32_t entity)
{
    tbs_assert(entity < schedule->slots);
    tbs_tree_set(schedule->node, schedule->slots, entity, TBS_TREE_NEVER);
}

/* Many at once: write them without a tournament, then play it. */
static inline void tbs_schedule_put(struct tbs_schedule *schedule, uint32_t entity, int64_t at_us,
                                    uint8_t rank)
{
    tbs_assert(entity < schedule->slots);
    schedule->node[schedule->slots + entity] = tbs_schedule_key(entity, at_us, rank);
}

static inline void tbs_schedule_build(struct tbs_schedule *schedule)
{
    tbs_tree_build(schedule->node, schedule->slots);
}

/* The first instant, INT64_MAX if nothing is pending; and whose it is, valid if something is. */
static inline int64_t tbs_schedule_first_at_us(const struct tbs_schedule *schedule)
{
    const tbs_uint128 key = schedule->node[1];

    return key != TBS_TREE_NEVER ? tbs_tree_at_us(key) : INT64_MAX;
}

static inline uint32_t tbs_schedule_first(const struct tbs_schedule *schedule)
{
    return (uint32_t)schedule->node[1];
}

static inline uint8_t tbs_schedule_first_rank(const struct tbs_schedule *schedule)
{
    return tbs_tree_rank(schedule->node[1]);
}

/* The entity's instant, INT64_MAX if nothing is pending. */
static inline int64_t tbs_schedule_at_us(const struct tbs_schedule *schedule, uint32_t entity)
{
    const tbs_uint128 key = schedule->node[schedule->slots + entity];

    return key != TBS_TREE_NEVER ? tbs_tree_at_us(key) : INT64_MAX;
}

#endif
