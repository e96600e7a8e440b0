#include "model/timers.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_BITS = 25, BUCKETS = 4096, WORDS = BUCKETS / 64, NOBODY = -1 };

struct node {
    struct tbs_timer timer;
    int32_t next; /* of the same bucket, or free */
};

struct tbs_timers_ring {
    uint64_t full[WORDS]; /* buckets that hold somebody, a bit each */
    int32_t first[BUCKETS];
    struct node *nodes;
    int32_t used, room, spare; /* nodes; the spare ones are a list */
    uint32_t count;            /* timers in buckets */
};

static int64_t bucket_of(tb_time at_us)
{
    return at_us >> WIDTH_BITS;
}

static uint32_t place_of(int64_t bucket)
{
    return (uint32_t)bucket & (BUCKETS - 1);
}

static void ring_empty(struct tbs_timers_ring *ring)
{
    memset(ring->full, 0, sizeof ring->full);
    memset(ring->first, 0xff, sizeof ring->first);
    ring->used = 0;
    ring->spare = NOBODY;
    ring->count = 0;
}

void tbs_timers_free(struct tbs_timers *timers)
{
    if (timers->ring != NULL) {
        free(timers->ring->nodes);
        free(timers->ring);
    }
    free(timers->near.timers);
    free(timers->far.timers);
    *timers = (struct tbs_timers){0};
}

void tbs_timers_clear(struct tbs_timers *timers, tb_time now)
{
    if (timers->ring != NULL && timers->ring->count > 0) {
        ring_empty(timers->ring);
    }
    timers->count = timers->near.count = timers->far.count = 0;
    timers->order = 0;
    timers->ahead = bucket_of(now);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static inline void list_reserve(struct tbs_timer_list *list)
{
    if (__builtin_expect(list->count == list->room, 0)) {
        list->room = list->room * 2 + 16;
        list->timers = realloc(list->timers, list->room * sizeof *list->timers);
        tbs_assert(list->timers != NULL);
    }
}

static inline bool later(const struct tbs_timer *a, const struct tbs_timer *b)
{
    return a->at_us > b->at_us || (a->at_us == b->at_us && a->order > b->order);
}

static inline void near_add(struct tbs_timer_list *near, const struct tbs_timer *timer)
{
    list_reserve(near);
    uint32_t to = near->count++;
    for (; to > 0 && later(timer, &near->timers[to - 1]); to--) {
        near->timers[to] = near->timers[to - 1];
    }
    near->timers[to] = *timer;
}

static void far_add(struct tbs_timers *timers, const struct tbs_timer *timer)
{
    if (timers->far.count == 0 || timer->at_us < timers->far_at_us) {
        timers->far_at_us = timer->at_us;
    }
    list_reserve(&timers->far);
    timers->far.timers[timers->far.count++] = *timer;
}

/* ---- the ring -------------------------------------------------------------------------------- */

static void ring_make(struct tbs_timers *timers)
{
    timers->ring = malloc(sizeof *timers->ring);
    tbs_assert(timers->ring != NULL);
    timers->ring->nodes = NULL;
    timers->ring->room = 0;
    ring_empty(timers->ring);
}

static inline int32_t node_take(struct tbs_timers_ring *ring)
{
    const int32_t spare = ring->spare;

    if (spare != NOBODY) {
        ring->spare = ring->nodes[spare].next;
        return spare;
    }
    if (ring->used == ring->room) {
        ring->room = ring->room * 2 + 64;
        ring->nodes = realloc(ring->nodes, (size_t)ring->room * sizeof *ring->nodes);
        tbs_assert(ring->nodes != NULL);
    }
    return ring->used++;
}

static inline void ring_add(struct tbs_timers_ring *ring, const struct tbs_timer *timer)
{
    const uint32_t place = place_of(bucket_of(timer->at_us));
    const int32_t node = node_take(ring);

    ring->nodes[node] = (struct node){*timer, ring->first[place]};
    ring->first[place] = node;
    ring->full[place / 64] |= 1ull << place % 64;
    ring->count++;
}

/* The first bucket from `ahead` on that holds somebody; only if one does. */
static int64_t ring_next(const struct tbs_timers_ring *ring, int64_t ahead)
{
    const uint32_t from = place_of(ahead);
    uint32_t word = from / 64;
    uint64_t full = ring->full[word] & ~0ull << from % 64;

    while (full == 0) {
        word = (word + 1) % WORDS;
        full = ring->full[word];
    }
    const uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(full);
    return ahead + place_of((int64_t)place - from);
}

static tb_time ring_least(const struct tbs_timers_ring *ring, int64_t ahead)
{
    tb_time least = TB_NEVER;

    for (int32_t i = ring->first[place_of(ring_next(ring, ahead))]; i != NOBODY;
         i = ring->nodes[i].next) {
        least = ring->nodes[i].timer.at_us < least ? ring->nodes[i].timer.at_us : least;
    }
    return least;
}

/* ---- all ------------------------------------------------------------------------------------- */

static inline void put(struct tbs_timers *timers, const struct tbs_timer *timer)
{
    const int64_t bucket = bucket_of(timer->at_us);

    if (bucket < timers->ahead) {
        near_add(&timers->near, timer);
    } else if (bucket - timers->ahead >= BUCKETS) {
        far_add(timers, timer);
    } else {
        ring_add(timers->ring, timer);
    }
}

void tbs_timers_push(struct tbs_timers *timers, struct tbs_timer timer)
{
    if (__builtin_expect(timers->ring == NULL, 0)) {
        ring_make(timers);
    }
    timer.order = timers->order++;
    if (timers->count++ == 0 || timer.at_us < timers->at_us) {
        timers->at_us = timer.at_us;
    }
    put(timers, &timer);
}

/* What was too far ahead may not be any more. */
static void far_comes(struct tbs_timers *timers)
{
    const uint32_t count = timers->far.count;

    if (timers->ring->count == 0 && bucket_of(timers->far_at_us) > timers->ahead) {
        timers->ahead = bucket_of(timers->far_at_us);
    }
    if (bucket_of(timers->far_at_us) - timers->ahead >= BUCKETS) {
        return;
    }
    timers->far.count = 0; /* who stays is written over somebody who was read */
    for (uint32_t i = 0; i < count; i++) {
        const struct tbs_timer timer = timers->far.timers[i];
        put(timers, &timer);
    }
}

/* The timers of the next bucket come to hand. */
static void near_fill(struct tbs_timers *timers)
{
    struct tbs_timers_ring *ring = timers->ring;

    if (timers->far.count > 0) {
        far_comes(timers);
    }
    const int64_t bucket = ring_next(ring, timers->ahead);
    const uint32_t place = place_of(bucket);
    for (int32_t i = ring->first[place], next; i != NOBODY; i = next) {
        near_add(&timers->near, &ring->nodes[i].timer);
        next = ring->nodes[i].next;
        ring->nodes[i].next = ring->spare;
        ring->spare = i;
        ring->count--;
    }
    ring->first[place] = NOBODY;
    ring->full[place / 64] &= ~(1ull << place % 64);
    timers->ahead = bucket + 1;
}

struct tbs_timer tbs_timers_pop(struct tbs_timers *timers)
{
    tbs_assert(timers->count > 0);
    if (timers->near.count == 0) {
        near_fill(timers);
    }
    const struct tbs_timer first = timers->near.timers[--timers->near.count];

    timers->count--;
    if (timers->near.count > 0) {
        timers->at_us = timers->near.timers[timers->near.count - 1].at_us;
    } else if (timers->count > 0) {
        timers->at_us =
            timers->ring->count > 0 ? ring_least(timers->ring, timers->ahead) : TB_NEVER;
        if (timers->far.count > 0 && timers->far_at_us < timers->at_us) {
            timers->at_us = timers->far_at_us;
        }
    }
    return first;
}

void tbs_timers_keep(struct tbs_timers *timers, uint8_t kind)
{
    struct tbs_timers kept = {.ahead = timers->ahead};

    while (timers->count > 0) {
        const struct tbs_timer timer = tbs_timers_pop(timers);
        if (timer.kind >= kind) {
            tbs_timers_push(&kept, timer);
        }
    }
    if (kept.count > 0) {
        tbs_timers_free(timers);
        *timers = kept;
    }
}
