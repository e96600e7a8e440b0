/* engine.c: what the engine costs around a city: commands and events through rings, two
 * cities on two threads beside one, and how soon an idle engine is awake.
 *
 *   ring_commands       commands to a real city and their answers back, in batches, caller and
 *                       engine each on a CPU of its own: CITY.INFO, the cheapest command, so
 *                       that what is measured is the hand-over
 *   ring_life           the same with front-desk lives: take, next, start, finish
 *   cities_1, cities_2  lives in one city, and in two at the same time, each thread calling
 *                       its own city straight
 *   engine_wake         from one command to a sleeping engine to its answer in hand
 *
 * The hash is over all that was answered, or the city at the end. */
#define _GNU_SOURCE /* CPU affinity */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "model/small.h"
#include "ring/atomic.h"
#include "shim.h"
#include "tongban/engine.h"

enum {
    COMMANDS = 1600 * 64, /* of a round; whole batches of whole lives */
    BATCH = 64,
    LIVES = 3200 * 16, /* whole batches, too */
    WAKES = 100,
    WAKE_PAUSE_US = 200,
};

static double now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Ten o'clock, for ever; what a clock costs is paid all the same. */
static tb_time ten_o_clock(void *context)
{
    struct timespec time;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return SMALL_AT(0, 10, 0) + (time.tv_sec < 0);
}

/* The n-th CPU that this thread may use; -1: there are not so many. */
static int cpu_nth(const cpu_set_t *cpus, int n)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, cpus) && n-- == 0) {
            return cpu;
        }
    }
    return -1;
}

static void cpu_use(int cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

/* ---- a city whose first hall works ---- */

static struct tb_city *city_make(void)
{
    struct small *small = small_config();
    enum tb_status status;
    struct tb_event events[TB_COMMAND_EVENTS_MAX];

    small->config.tickets_max = 10000;
    small->config.visits_max = 0;
    struct tb_city *city = tb_city_create(&small->config, &status);
    tb_assert(city != NULL);
    tb_city_populate(city);
    while (tb_city_step(city, SMALL_AT(0, 10, 0), NULL, 0, events, TB_COMMAND_EVENTS_MAX).more) {
    }
    const struct tb_command open = {.kind = TB_WINDOW_OPEN, .server = 0, .value = -1};
    tb_city_step(city, SMALL_AT(0, 10, 0), &open, 1, events, TB_COMMAND_EVENTS_MAX);
    tb_assert(events[0].kind == TB_EVENT_WINDOW_OPENED);
    free(small);
    return city;
}

/* A front-desk life of four commands, the i-th of them; the window is free again at its
 * end. */
static struct tb_command life_command(uint64_t i)
{
    static const uint16_t kinds[4] = {TB_TICKET_TAKE, TB_WINDOW_NEXT, TB_WINDOW_START,
                                      TB_WINDOW_FINISH};

    return (struct tb_command){.kind = kinds[i % 4], .station = SMALL_HALL, .tag = i};
}

static struct tb_command query_command(uint64_t i)
{
    return (struct tb_command){.kind = TB_CITY_INFO, .tag = i};
}

/* ---- through rings ---- */

/* Submits `total` commands in batches and reads what they cause; returns a hash of the
 * answers. */
static uint64_t pump(struct tb_bench *b, struct tb_caller *caller, uint64_t total,
                     struct tb_command command_of(uint64_t))
{
    struct tb_command commands[BATCH];
    struct tb_event events[4 * BATCH];
    uint64_t sent = 0, answered = 0, hash = 0;
    uint32_t ready_count = 0, begin = 0;

    while (answered < total) {
        if (begin == ready_count && sent < total) {
            for (ready_count = 0; ready_count < BATCH; ready_count++) {
                commands[ready_count] = command_of(sent + ready_count);
            }
            begin = 0;
        }
        uint32_t taken = tb_caller_submit(caller, 0, commands + begin, ready_count - begin);
        begin += taken;
        sent += taken;
        uint32_t n = tb_caller_events(caller, 0, events, 4 * BATCH);
        for (uint32_t i = 0; i < n; i++) {
            if (events[i].kind == TB_EVENT_REFUSED) {
                tb_bench_fail(b, "a command was refused");
                return 0;
            }
            answered += events[i].flags & TB_EVENT_FLAG_ANSWER;
            hash = (hash ^ events[i].tag ^ events[i].kind) * 0x9e3779b97f4a7c15u;
        }
    }
    return hash;
}

static void through_rings(struct tb_bench *b, struct tb_command command_of(uint64_t))
{
    struct tb_engine_options options;
    struct tb_city *city = city_make();
    cpu_set_t cpus;

    pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus);
    int other = cpu_nth(&cpus, 1);
    if (other < 0) {
        tb_bench_fail(b, "needs two CPUs");
        return;
    }
    tb_engine_options_init(&options);
    options.cities = &city;
    options.city_count = 1;
    options.callers_max = 1;
    options.clock = ten_o_clock;
    options.cpus = &other;
    cpu_use(cpu_nth(&cpus, 0));
    struct tb_engine *engine = tb_engine_create(&options);
    struct tb_caller *caller = tb_caller_open(engine);
    uint64_t hash = 0;
    while (tb_bench_next(b, COMMANDS)) {
        double start_s = now_s();
        hash = pump(b, caller, COMMANDS, command_of);
        tb_bench_time_add_s(b, now_s() - start_s);
    }
    pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
    tb_engine_destroy(engine);
    tb_city_destroy(city);
    tb_bench_label(b, "hash %016" PRIx64, hash);
}

static void ring_commands(struct tb_bench *b)
{
    through_rings(b, query_command);
}

static void ring_life(struct tb_bench *b)
{
    through_rings(b, life_command);
}

/* ---- two cities ---- */

struct worker {
    pthread_t thread;
    struct tb_city *city;
    int cpu;
    pthread_barrier_t *start;
    double start_s, end_s;
    uint64_t hash;
};

static void *worker_run(void *context)
{
    struct worker *worker = context;
    struct tb_command commands[BATCH];
    struct tb_event events[4 * BATCH];

    cpu_use(worker->cpu);
    worker->city = city_make(); /* here, so that its pages are this CPU's */
    for (uint32_t i = 0; i < BATCH; i++) {
        commands[i] = life_command(i);
    }
    pthread_barrier_wait(worker->start);
    worker->start_s = now_s();
    for (uint64_t done = 0; done < 4 * LIVES;) {
        struct tb_step_result result =
            tb_city_step(worker->city, SMALL_AT(0, 10, 0), commands, BATCH, events, 4 * BATCH);
        tb_assert(result.commands == BATCH);
        done += result.commands;
    }
    worker->end_s = now_s();
    worker->hash = tb_city_hash(worker->city);
    tb_city_destroy(worker->city);
    return NULL;
}

static void cities(struct tb_bench *b, int count)
{
    struct worker workers[2];
    cpu_set_t cpus;
    pthread_barrier_t start;

    pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus);
    if (cpu_nth(&cpus, count - 1) < 0) {
        tb_bench_fail(b, "needs two CPUs");
        return;
    }
    while (tb_bench_next(b, (int64_t)count * LIVES)) {
        pthread_barrier_init(&start, NULL, (unsigned)count);
        for (int i = 0; i < count; i++) {
            workers[i] = (struct worker){.cpu = cpu_nth(&cpus, i), .start = &start};
            pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
        }
        double from_s = 1e300, to_s = 0;
        for (int i = 0; i < count; i++) {
            pthread_join(workers[i].thread, NULL);
            from_s = workers[i].start_s < from_s ? workers[i].start_s : from_s;
            to_s = workers[i].end_s > to_s ? workers[i].end_s : to_s;
            if (workers[i].hash != workers[0].hash) {
                tb_bench_fail(b, "the two cities differ");
            }
        }
        pthread_barrier_destroy(&start);
        tb_bench_time_add_s(b, to_s - from_s);
    }
    tb_bench_label(b, "hash %016" PRIx64, workers[0].hash);
}

static void cities_1(struct tb_bench *b)
{
    cities(b, 1);
}

static void cities_2(struct tb_bench *b)
{
    cities(b, 2);
}

/* ---- sleep and wake ---- */

static int seconds_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void engine_wake(struct tb_bench *b)
{
    struct tb_engine_options options;
    struct tb_city *city = city_make();
    double took_s[WAKES];
    uint64_t hash = 0;

    tb_engine_options_init(&options);
    options.cities = &city;
    options.city_count = 1;
    options.clock = ten_o_clock;
    options.poll_us = 0; /* it sleeps at once */
    struct tb_engine *engine = tb_engine_create(&options);
    struct tb_caller *caller = tb_caller_open(engine);
    while (tb_bench_next(b, WAKES)) {
        double total_s = 0;
        for (uint64_t i = 0; i < WAKES; i++) {
            const struct tb_command command = query_command(i);
            struct tb_event event;
            nanosleep(&(struct timespec){.tv_nsec = WAKE_PAUSE_US * 1000}, NULL);
            double start_s = now_s();
            tb_caller_submit(caller, 0, &command, 1);
            while (tb_caller_events(caller, 0, &event, 1) == 0) {
            }
            took_s[i] = now_s() - start_s;
            total_s += took_s[i];
            hash = (hash ^ event.tag ^ event.kind) * 0x9e3779b97f4a7c15u;
        }
        tb_bench_time_add_s(b, total_s);
    }
    qsort(took_s, WAKES, sizeof *took_s, seconds_compare);
    tb_bench_counter_set(b, "half_us", took_s[WAKES / 2] * 1e6);
    tb_bench_counter_set(b, "nine_in_ten_us", took_s[WAKES * 9 / 10] * 1e6);
    tb_engine_destroy(engine);
    tb_city_destroy(city);
    tb_bench_label(b, "hash %016" PRIx64, hash);
}

static const struct tb_bench_spec specs[] = {
    {.name = "ring_commands", .run = ring_commands, .clock = TB_BENCH_MANUAL},
    {.name = "ring_life", .run = ring_life, .clock = TB_BENCH_MANUAL},
    {.name = "cities_1", .run = cities_1, .clock = TB_BENCH_MANUAL},
    {.name = "cities_2",
     .run = cities_2,
     .clock = TB_BENCH_MANUAL,
     .against = "cities_1",
     .ratio_min = 1.9},
    {.name = "engine_wake", .run = engine_wake, .clock = TB_BENCH_MANUAL},
};
TB_BENCH_REGISTER(specs)
