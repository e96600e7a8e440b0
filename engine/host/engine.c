/* engine.c: making, stopping and ending an engine. Everything is made here, before the
 * threads begin and callers are handed out; that is the happens-before which all later
 * sharing builds upon. */
#define _GNU_SOURCE /* CPU affinity */
#include "host.h"

#include <sched.h>
#include <string.h>

enum { CALLERS = 8, RING_CAPACITY = 256, POLL_US = 20, TWIN_CAPACITY = 65536 };

void tb_engine_options_init(struct tb_engine_options *options)
{
    *options = (struct tb_engine_options){
        .thread_count = 1,
        .callers_max = CALLERS,
        .ring_capacity = RING_CAPACITY,
        .poll_us = POLL_US,
        .twin_capacity = TWIN_CAPACITY,
    };
}

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static void options_check(const struct tb_engine_options *options)
{
    tb_assert(options->city_count >= 1);
    tb_assert(options->thread_count >= 1);
    tb_assert(options->thread_count <= options->city_count);
    tb_assert(options->thread_count <= TB_ENGINE_THREADS_MAX);
    tb_assert(options->callers_max >= 1);
    tb_assert(options->callers_max <= TB_CALLERS_MAX);
    tb_assert(is_power_of_two(options->ring_capacity));
    tb_assert(options->ring_capacity >= 2 * TB_COMMAND_EVENTS_MAX);
    if (options->twins) {
        tb_assert(is_power_of_two(options->twin_capacity));
        tb_assert(options->twin_capacity / 2 > options->ring_capacity);
    }
}

/* ---- parts ---- */

static void ring_make(struct tbi_arena *arena, struct tbi_ring *ring, uint32_t capacity)
{
    void *slots = tbi_arena_new(arena, (size_t)capacity * TBI_SLOT_BYTES);

    if (slots != NULL) {
        tbi_ring_init(ring, slots, capacity, TBI_SLOT_BYTES);
    }
}

static void door_make(struct tb_engine *engine, struct tb_caller *caller, uint32_t city_index)
{
    struct tbi_door *door = tbi_door_of(engine, caller->index, city_index);
    uint32_t capacity = engine->options.ring_capacity;

    ring_make(&engine->arena, &door->commands, capacity);
    ring_make(&engine->arena, &door->events, capacity);
    ring_make(&engine->arena, &door->feed, capacity);
    ring_make(&engine->arena, &door->asks, TBI_ASKS_MAX);
    ring_make(&engine->arena, &door->replies, TBI_REPLIES_MAX);
    tbi_waker_init(&door->engine.waker, &caller->wake);
    tbi_waker_init(&door->twin.waker, &caller->wake);
    tbi_waker_init(&door->caller.waker, &engine->cities[city_index].thread->wake);
}

static void callers_make(struct tb_engine *engine)
{
    for (uint32_t i = 0; i < engine->options.callers_max; i++) {
        struct tb_caller *caller = &engine->callers[i];
        caller->engine = engine;
        caller->index = i;
        caller->doors = tbi_door_of(engine, i, 0);
        tbi_wake_init(&caller->wake);
        for (uint32_t c = 0; c < engine->options.city_count; c++) {
            door_make(engine, caller, c);
        }
    }
}

static void threads_make(struct tb_engine *engine)
{
    for (uint32_t i = 0; i < engine->options.thread_count; i++) {
        struct tbi_engine_thread *thread = &engine->threads[i];
        thread->engine = engine;
        thread->index = i;
        thread->now = INT64_MIN;
        tbi_wake_init(&thread->wake);
        tbi_waker_init(&thread->owner_waker, &thread->wake);
        ring_make(&engine->arena, &thread->orders, TBI_ORDERS_MAX);
        thread->events = tbi_arena_new(&engine->arena, TBI_STEP_EVENTS * sizeof *thread->events);
        thread->record = tbi_arena_new(&engine->arena, (1 + (size_t)engine->options.ring_capacity) *
                                                           sizeof *thread->record);
        if (engine->twins != NULL) {
            struct tbi_twin_thread *twin = &engine->twins[i];
            twin->engine = engine;
            twin->index = i;
            tbi_wake_init(&twin->wake);
            twin->events = tbi_arena_new(&engine->arena, TBI_STEP_EVENTS * sizeof *twin->events);
        }
    }
}

/* Which station a server belongs to; and every station is published first thing. */
static void city_stations(struct tbi_city *city)
{
    for (uint32_t s = 0; s < city->station_count; s++) {
        uint32_t end = s + 1 < city->station_count ? tb_city_server_first(city->city, s + 1)
                                                   : city->server_count;
        for (uint32_t i = tb_city_server_first(city->city, s); i < end; i++) {
            city->server_station[i] = (uint16_t)s;
        }
        tbi_load_init(&city->loads[s]);
        city->dirty[city->dirty_count++] = (uint16_t)s;
        city->dirty_mask[s / 64] |= UINT64_C(1) << s % 64;
    }
}

static void city_make(struct tb_engine *engine, uint32_t index)
{
    struct tbi_arena *arena = &engine->arena;
    struct tbi_city *city = &engine->cities[index];

    city->city = engine->options.cities[index];
    city->index = index;
    city->thread = &engine->threads[index % engine->options.thread_count];
    city->station_count = tb_city_station_count(city->city);
    city->server_count = tb_city_server_count(city->city);
    tbi_atomic_init(&city->recloned_count, 0);
    city->loads = tbi_arena_new(arena, city->station_count * sizeof *city->loads);
    city->dirty = tbi_arena_new(arena, city->station_count * sizeof *city->dirty);
    city->dirty_mask =
        tbi_arena_new(arena, (city->station_count / 64 + 1) * sizeof *city->dirty_mask);
    city->server_station =
        tbi_arena_new(arena, (city->server_count + 1) * sizeof *city->server_station);
    if (!arena->failed) {
        city_stations(city);
    }
    if (engine->twins != NULL) {
        tbi_waker_init(&city->twin_waker,
                       &engine->twins[index % engine->options.thread_count].wake);
        ring_make(arena, &city->records, engine->options.twin_capacity);
        city->twin = tb_city_clone(city->city);
        arena->failed |= city->twin == NULL;
    }
}

/* Everything but the threads. NULL: no memory, and nothing is left. */
static struct tb_engine *engine_make(const struct tb_engine_options *options)
{
    struct tbi_arena arena;
    struct tb_engine *engine;
    size_t thread_count = options->thread_count, caller_count = options->callers_max;

    if (!tbi_arena_create(&arena)) {
        return NULL;
    }
    engine = tbi_arena_new(&arena, sizeof *engine);
    if (engine == NULL) {
        tbi_arena_destroy(&arena);
        return NULL;
    }
    engine->options = *options;
    engine->options.cities = NULL; /* the array is the owner's, and read only during the call */
    engine->options.cpus = NULL;
    engine->cities = tbi_arena_new(&arena, options->city_count * sizeof *engine->cities);
    engine->threads = tbi_arena_new(&arena, thread_count * sizeof *engine->threads);
    engine->twins =
        options->twins ? tbi_arena_new(&arena, thread_count * sizeof *engine->twins) : NULL;
    engine->callers = tbi_arena_new(&arena, caller_count * sizeof *engine->callers);
    engine->doors =
        tbi_arena_new(&arena, caller_count * options->city_count * sizeof *engine->doors);
    engine->arena = arena;
    if (!arena.failed) {
        engine->options.cities = options->cities;
        threads_make(engine);
        for (uint32_t c = 0; c < options->city_count; c++) {
            city_make(engine, c);
        }
        callers_make(engine);
        engine->options.cities = NULL;
    }
    if (engine->arena.failed) {
        tb_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

/* ---- threads ---- */

static bool thread_start(pthread_t *thread, void *(*run)(void *), void *context, const int *cpu)
{
    if (pthread_create(thread, NULL, run, context) != 0) {
        return false;
    }
    if (cpu != NULL) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(*cpu, &set);
        pthread_setaffinity_np(*thread, sizeof set, &set); /* a wish; a container may refuse it */
    }
    return true;
}

static bool threads_start(struct tb_engine *engine, const int *cpus)
{
    for (uint32_t i = 0; i < engine->options.thread_count; i++) {
        if (engine->twins != NULL) {
            struct tbi_twin_thread *twin = &engine->twins[i];
            if (!thread_start(&twin->thread, tbi_twin_run, twin, NULL)) {
                return false;
            }
            engine->twin_started_count++;
        }
        struct tbi_engine_thread *thread = &engine->threads[i];
        if (!thread_start(&thread->thread, tbi_engine_run, thread,
                          cpus != NULL ? &cpus[i] : NULL)) {
            return false;
        }
        engine->started_count++;
    }
    return true;
}

struct tb_engine *tb_engine_create(const struct tb_engine_options *options)
{
    options_check(options);
    struct tb_engine *engine = engine_make(options);

    if (engine != NULL && !threads_start(engine, options->cpus)) {
        tb_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

void tb_engine_stop(struct tb_engine *engine)
{
    const struct tbi_record order = {.kind = TBI_RECORD_STOP};

    for (uint32_t i = 0; i < engine->started_count; i++) {
        struct tbi_engine_thread *thread = &engine->threads[i];
        if (tbi_ring_push_wake(&thread->orders, &order)) {
            tbi_wake_signal(&thread->owner_waker);
        }
    }
    for (uint32_t i = 0; i < engine->started_count; i++) {
        pthread_join(engine->threads[i].thread, NULL);
    }
    for (uint32_t i = 0; i < engine->twin_started_count; i++) {
        if (i >= engine->started_count) { /* its engine thread never began, and can't end it */
            for (uint32_t c = i; c < engine->options.city_count;
                 c += engine->options.thread_count) {
                tbi_twin_stop(&engine->cities[c]);
            }
        }
        pthread_join(engine->twins[i].thread, NULL);
    }
    engine->started_count = 0;
    engine->twin_started_count = 0;
}

void tb_engine_destroy(struct tb_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    tb_engine_stop(engine);
    for (uint32_t c = 0; engine->cities != NULL && c < engine->options.city_count; c++) {
        tb_city_destroy(engine->cities[c].twin);
    }
    struct tbi_arena arena = engine->arena;
    tbi_arena_destroy(&arena);
}

const struct tb_city *tb_engine_twin(const struct tb_engine *engine, uint32_t city_index)
{
    tb_assert(city_index < engine->options.city_count);
    tb_assert(engine->started_count == 0);
    return engine->cities[city_index].twin;
}
