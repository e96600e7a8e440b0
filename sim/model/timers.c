#include "model/timers.h"

#include <stdlib.h>

void tbs_timers_free(struct tbs_timers *timers)
{
    free(timers->heap);
    *timers = (struct tbs_timers){0};
}

/* Without a branch: which of two children is earlier is as likely as not. */
static inline uint32_t before(const struct tbs_timer *a, const struct tbs_timer *b)
{
    const uint32_t earlier = a->at_us < b->at_us, same = a->at_us == b->at_us;

    return earlier | (same & (a->order < b->order));
}

void tbs_timers_push(struct tbs_timers *timers, struct tbs_timer timer)
{
    if (timers->count == timers->room) {
        timers->room = timers->room * 2 + 64;
        timers->heap = realloc(timers->heap, timers->room * sizeof *timers->heap);
        tbs_assert(timers->heap != NULL);
    }
    timer.order = timers->order++;
    uint32_t i = timers->count++;
    while (i > 0 && before(&timer, &timers->heap[(i - 1) / 2])) {
        timers->heap[i] = timers->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    timers->heap[i] = timer;
}

struct tbs_timer tbs_timers_pop(struct tbs_timers *timers)
{
    tbs_assert(timers->count > 0);
    const struct tbs_timer first = timers->heap[0];
    const struct tbs_timer last = timers->heap[--timers->count];
    const uint32_t count = timers->count;
    uint32_t i = 0;

    for (uint32_t child = 1; child < count; child = 2 * i + 1) {
        const uint32_t right = child + 1 < count;
        child += right & before(&timers->heap[child + right], &timers->heap[child]);
        if (!before(&timers->heap[child], &last)) {
            break;
        }
        timers->heap[i] = timers->heap[child];
        i = child;
    }
    timers->heap[i] = last; /* also where nothing is left: room is never 0 here */
    return first;
}
