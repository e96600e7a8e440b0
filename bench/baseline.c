/* `life_baseline`: what a good programmer would write first, kept as the measure of
 * `life_at_baseline`.
 *
 * One mutex around everything; a ticket is malloc'ed and found by number in a hash table of
 * chains; each line is a binary heap of pointers that grows by realloc; events go to a growing
 * array. It keeps the same rules on the same work: 200 windows and 5,000 waiting, in one great
 * hall or spread over 50 small ones; six groups in two classes, the green channel's credit, nobody
 * overtaken more than K times, an expected wait for each new ticket, a reminder for whoever has
 * three ahead, a time limit for each call. What is naive is only how: those overtaken, and whoever
 * has three ahead, are found by looking at everybody who waits. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "city.h"
#include "shim.h"

enum { WINDOWS = 200, WAITING = 5000, LINES = BENCH_GROUPS * 2, AHEAD = 3, BOUND = 10 };
enum { BUCKETS = 16384 };

struct ticket {
    uint32_t id, number, join, overtaken, line;
    int64_t taken_at, called_at, started_at, deadline_at;
    struct ticket *next;
};

struct heap {
    struct ticket **at;
    uint32_t count, room;
};

struct hall {
    struct heap lines[LINES];
    struct ticket *at_window; /* of the generalist window, which calls here */
    uint32_t number, join;
    int64_t service_us;
};

struct office {
    pthread_mutex_t mutex;
    uint32_t hall_count;
    struct hall halls[WINDOWS]; /* the first hall_count are used */
    struct ticket *buckets[BUCKETS];
    struct tb_event *events;
    uint32_t event_count, event_room, ids;
    uint64_t told;
};

static bool before(const struct ticket *a, const struct ticket *b)
{
    return a->join < b->join;
}

static void heap_push(struct heap *h, struct ticket *t)
{
    if (h->count == h->room) {
        h->room = h->room ? 2 * h->room : 16;
        h->at = realloc(h->at, h->room * sizeof *h->at);
    }
    uint32_t i = h->count++;
    for (; i > 0 && before(t, h->at[(i - 1) / 2]); i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = t;
}

static struct ticket *heap_pop(struct heap *h)
{
    struct ticket *top = h->at[0], *last = h->at[--h->count];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && before(h->at[child + 1], h->at[child]))
            child++;
        if (!before(h->at[child], last))
            break;
        h->at[i] = h->at[child];
        i = child;
    }
    h->at[i] = last;
    return top;
}

static void tell(struct office *o, uint32_t kind, const struct ticket *t, int64_t now)
{
    if (o->event_count == o->event_room) {
        o->event_room = o->event_room ? 2 * o->event_room : 64;
        o->events = realloc(o->events, o->event_room * sizeof *o->events);
    }
    o->events[o->event_count++] = (struct tb_event){
        .at_us = now, .kind = (uint16_t)kind, .ref = t->id, .number = t->number};
}

static struct ticket **found(struct office *o, uint32_t id)
{
    struct ticket **t = &o->buckets[id % BUCKETS];
    while (*t && (*t)->id != id)
        t = &(*t)->next;
    return t;
}

static uint32_t take(struct office *o, uint32_t hall_index, uint32_t line, int64_t now)
{
    pthread_mutex_lock(&o->mutex);
    struct hall *hall = &o->halls[hall_index];
    struct ticket *t = malloc(sizeof *t);
    *t = (struct ticket){.id = ++o->ids, .number = ++hall->number, .join = ++hall->join,
                         .line = line, .taken_at = now};
    uint32_t ahead = 0;
    for (uint32_t i = 0; i < LINES; i++)
        ahead += hall->lines[i].count;
    t->next = o->buckets[t->id % BUCKETS];
    o->buckets[t->id % BUCKETS] = t;
    heap_push(&hall->lines[line], t);
    tell(o, TB_EVENT_TAKEN, t, now);
    o->events[o->event_count - 1].value = ahead * hall->service_us * o->hall_count / WINDOWS;
    pthread_mutex_unlock(&o->mutex);
    return t->id;
}

static struct heap *choose(struct hall *hall)
{
    struct heap *best = NULL;
    int64_t best_key = 0;
    for (uint32_t i = 0; i < LINES; i++) {
        struct heap *line = &hall->lines[i];
        if (line->count == 0)
            continue;
        int64_t key = line->at[0]->taken_at - (i % 2 ? TB_MINUTES(15) : 0);
        if (line->at[0]->overtaken >= BOUND)
            key = INT64_MIN / 2 + line->at[0]->join;
        if (!best || key < best_key) {
            best = line;
            best_key = key;
        }
    }
    return best;
}

static uint32_t next(struct office *o, uint32_t hall_index, int64_t now)
{
    pthread_mutex_lock(&o->mutex);
    struct hall *hall = &o->halls[hall_index];
    struct heap *line = choose(hall);
    struct ticket *t = heap_pop(line);
    t->called_at = now;
    t->deadline_at = now + TB_SECONDS(90);
    hall->at_window = t;
    tell(o, TB_EVENT_CALLED, t, now);
    for (uint32_t i = 0; i < LINES; i++)
        for (uint32_t k = 0; k < hall->lines[i].count; k++)
            hall->lines[i].at[k]->overtaken += hall->lines[i].at[k]->join < t->join;
    for (uint32_t k = 0; k < line->count; k++) {
        uint32_t ahead = 0;
        for (uint32_t j = 0; j < line->count && ahead <= AHEAD; j++)
            ahead += line->at[j]->join < line->at[k]->join;
        if (ahead == AHEAD)
            tell(o, TB_EVENT_NEAR, line->at[k], now);
    }
    uint32_t id = t->id;
    pthread_mutex_unlock(&o->mutex);
    return id;
}

static void start(struct office *o, uint32_t id, int64_t now)
{
    pthread_mutex_lock(&o->mutex);
    struct ticket *t = *found(o, id);
    t->started_at = now;
    tell(o, TB_EVENT_STARTED, t, now);
    pthread_mutex_unlock(&o->mutex);
}

static void finish(struct office *o, uint32_t hall_index, uint32_t id, int64_t now)
{
    pthread_mutex_lock(&o->mutex);
    struct ticket **at = found(o, id), *t = *at;
    struct hall *hall = &o->halls[hall_index];
    *at = t->next;
    hall->service_us += (now - t->started_at - hall->service_us) / 32;
    hall->at_window = NULL;
    tell(o, TB_EVENT_FINISHED, t, now);
    free(t);
    o->told += o->event_count;
    o->event_count = 0; /* as if the caller had taken them */
    pthread_mutex_unlock(&o->mutex);
}

static bool life(struct office *o, uint64_t *random, int64_t *now, uint32_t *waiting)
{
    uint32_t hall = bench_random(random) % o->hall_count;
    uint32_t group = bench_random(random) % BENCH_GROUPS;
    uint32_t green = bench_random(random) % 12 == 0;
    *now += TB_HOURS(8) / 1000001;
    take(o, hall, 2 * group + green, *now);
    if (++waiting[hall] <= WAITING / o->hall_count)
        return false;
    uint32_t id = next(o, hall, *now);
    start(o, id, *now);
    finish(o, hall, id, *now);
    waiting[hall]--;
    return true;
}

static void office_free(struct office *o)
{
    for (uint32_t i = 0; i < BUCKETS; i++)
        for (struct ticket *t = o->buckets[i], *after; t; t = after) {
            after = t->next;
            free(t);
        }
    for (uint32_t i = 0; i < o->hall_count; i++)
        for (uint32_t k = 0; k < LINES; k++)
            free(o->halls[i].lines[k].at);
    free(o->events);
    free(o);
}

static void bench_baseline(struct tb_bench *b)
{
    struct office *o = calloc(1, sizeof *o);
    pthread_mutex_init(&o->mutex, NULL);
    uint64_t random = 42;
    int64_t now = TB_HOURS(9), done = 0;
    uint32_t waiting[WINDOWS] = {0};
    o->hall_count = (uint32_t)tb_bench_arg(b);
    for (uint32_t i = 0; i < o->hall_count; i++)
        o->halls[i].service_us = TB_MINUTES(12);
    for (uint32_t i = 0; i < WAITING * 2; i++)
        life(o, &random, &now, waiting);
    while (tb_bench_next(b, 64))
        for (int i = 0; i < 64; i++)
            done += life(o, &random, &now, waiting);
    tb_bench_items_set(b, done);
    tb_bench_label(b, "events %" PRIu64, o->told);
    office_free(o);
}

static const struct tb_bench_spec specs[] = {
    {.name = "life_baseline", .run = bench_baseline, .arg_name = "halls", .args = {1, 50}}};
TB_BENCH_REGISTER(specs)
