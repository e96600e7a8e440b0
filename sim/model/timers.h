/* timers.h: instants at which somebody does something, earliest first, and of equal ones the first
 * set.
 *
 * A calendar queue (Brown 1988) of fixed width: buckets of half a minute for a day and a half;
 * those of the bucket at hand stand in order, the others as they came. A heap of a city's thousand
 * timers takes ten steps in a row to give the first one away, this a few. Timers further ahead wait
 * in a list. Timers are never taken back: who finds his timer stale when it is due ignores it. All
 * zeros is an empty one. Threads: as the owner.
 */
#ifndef TBS_MODEL_TIMERS_H
#define TBS_MODEL_TIMERS_H

#include "kernel/base.h"
#include "tongban/base.h"

struct tbs_timer {
    tb_time at_us;
    uint32_t order;   /* set by tbs_timers_push */
    uint16_t station; /* where it rings */
    uint8_t kind;     /* the owner's */
    uint8_t detail;   /* the owner's */
    uint64_t about;   /* the owner's: a reference, a pointer, an index */
};

_Static_assert(sizeof(struct tbs_timer) == 24, "as small as it can be");

/* Timers that lie side by side. */
struct tbs_timer_list {
    struct tbs_timer *timers;
    uint32_t count, room;
};

struct tbs_timers {
    tb_time at_us; /* of the earliest; only if there is one */
    uint32_t count, order;
    struct tbs_timer_list near; /* before the bucket `ahead`, the latest first */
    struct tbs_timer_list far;  /* too far ahead for the ring when they came, in any order */
    tb_time far_at_us;          /* of the earliest of those */
    int64_t ahead;              /* the first bucket whose timers are not in `near` */
    struct tbs_timers_ring *ring; /* NULL: nothing was set yet */
};

void tbs_timers_free(struct tbs_timers *timers);
/* Drops all; `now` is where time begins. */
void tbs_timers_clear(struct tbs_timers *timers, tb_time now);
/* Drops those whose kind is less than this. */
void tbs_timers_keep(struct tbs_timers *timers, uint8_t kind);
void tbs_timers_push(struct tbs_timers *timers, struct tbs_timer timer);
struct tbs_timer tbs_timers_pop(struct tbs_timers *timers); /* only if there is one */

static inline tb_time tbs_timers_at(const struct tbs_timers *timers)
{
    return timers->count == 0 ? TB_NEVER : timers->at_us;
}

/* The earliest one, if it is at hand; else NULL. */
static inline const struct tbs_timer *tbs_timers_peek(const struct tbs_timers *timers)
{
    return timers->near.count == 0 ? NULL : &timers->near.timers[timers->near.count - 1];
}

#endif
