/* timers.h: instants at which somebody does something, earliest first, and of equal ones the first
 * set.
 *
 * A binary heap over an array that grows. Timers are never taken back: who finds his timer stale
 * when it is due ignores it. Threads: as the owner. */
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

struct tbs_timers {
    struct tbs_timer *heap;
    uint32_t count, room;
    uint32_t order;
};

void tbs_timers_free(struct tbs_timers *timers);
void tbs_timers_push(struct tbs_timers *timers, struct tbs_timer timer);
struct tbs_timer tbs_timers_pop(struct tbs_timers *timers); /* only if there is one */

static inline tb_time tbs_timers_at(const struct tbs_timers *timers)
{
    return timers->count == 0 ? TB_NEVER : timers->heap[0].at_us;
}

#endif
