/* What a front-desk life costs: take, call, start, finish, each a command of its own with its
 * events.
 *
 * `life`: 58 halls with four windows each, a generalist calling in every one, a weekday's pace
 * (one visit in 5.3 s), a few waiting in every hall, all rules on; day boundaries, reminders and
 * follow-ups of unrated visits are part of it. `life_slowest` has the clock around every
 * command: its p999_ns includes the clock's own cost, given beside it. `life_halls` and
 * `life_waiting` show how the cost grows with the city and with the lines; `life_at_baseline` is
 * the same work as `life_baseline`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "city.h"
#include "shim.h"
#include "tongban/engine.h"

struct run {
    struct tb_city *city;
    /* windows of a hall; backlog: waiting in each before calls begin */
    uint32_t halls, windows, backlog;
    uint32_t day, lives_today, lives_a_day;
    tb_time now;
    uint64_t random;
    uint32_t *waiting;
    uint64_t events;
    uint32_t *latency; /* histogram of ns, or NULL */
};

enum { LATENCY_NS_MAX = 1 << 16 };

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void command(struct run *r, const struct tb_command *c)
{
    struct tb_event events[2 * TB_COMMAND_EVENTS_MAX];
    uint64_t from = r->latency ? clock_ns() : 0;
    struct tb_step_result result =
        tb_city_step(r->city, r->now, c, 1, events, 2 * TB_COMMAND_EVENTS_MAX);
    if (r->latency) {
        uint64_t ns = clock_ns() - from;
        r->latency[ns < LATENCY_NS_MAX ? ns : LATENCY_NS_MAX - 1]++;
    }
    if (result.commands != 1 || events[result.events - 1].kind == TB_EVENT_REFUSED)
        abort();
    r->events += result.events;
}

static void time_to(struct run *r, tb_time now)
{
    struct tb_event events[2 * TB_COMMAND_EVENTS_MAX];
    struct tb_step_result result;
    r->now = now;
    do {
        result = tb_city_step(r->city, now, NULL, 0, events, 2 * TB_COMMAND_EVENTS_MAX);
        r->events += result.events;
    } while (result.more);
}

static void day_next(struct run *r)
{
    r->day++;
    r->lives_today = 0;
    time_to(r, bench_day_at(r->day));
    memset(r->waiting, 0, r->halls * sizeof *r->waiting);
}

/* One take; and once enough people wait in that hall, one of them is called and served. */
static bool life(struct run *r)
{
    if (r->lives_today++ == r->lives_a_day)
        day_next(r);
    uint32_t hall = bench_random(&r->random) % r->halls;
    uint32_t group = bench_random(&r->random) % BENCH_GROUPS;
    struct tb_command c = {.kind = TB_TICKET_TAKE, .station = (uint16_t)hall};
    c.matters[0] = (uint16_t)group;
    c.class_ = bench_random(&r->random) % 12 == 0 ? TB_CLASS_GREEN : TB_CLASS_NORMAL;
    r->now += TB_HOURS(8) / (r->lives_a_day + 1);
    command(r, &c);
    if (++r->waiting[hall] <= r->backlog)
        return false;
    uint32_t window = hall * r->windows; /* the generalist: serves whoever is first */
    c = (struct tb_command){.kind = TB_WINDOW_NEXT, .server = window};
    command(r, &c);
    c.kind = TB_WINDOW_START;
    command(r, &c);
    c.kind = TB_WINDOW_FINISH;
    command(r, &c);
    r->waiting[hall]--;
    return true;
}

/* BATCH lives at once, as a server takes what has come in: in one step BATCH takes in as many
 * halls, then for those halls where enough people wait BATCH calls, starts and finishes. */
enum { BATCH = 16, BATCH_EVENTS = 8 * BATCH + TB_COMMAND_EVENTS_MAX };

static void step(struct run *r, const struct tb_command *commands, uint32_t count)
{
    struct tb_event events[BATCH_EVENTS];
    struct tb_step_result result;
    do {
        result = tb_city_step(r->city, r->now, commands, count, events, BATCH_EVENTS);
        for (uint32_t i = 0; i < result.events; i++)
            if (events[i].kind == TB_EVENT_REFUSED)
                abort();
        r->events += result.events;
        commands += result.commands;
        count -= result.commands;
    } while (result.more);
}

static uint32_t batch(struct run *r)
{
    struct tb_command commands[4 * BATCH];
    uint32_t halls[BATCH], count = 0, calls = 0;
    if (r->lives_today >= r->lives_a_day)
        day_next(r);
    r->lives_today += BATCH;
    r->now += BATCH * (TB_HOURS(8) / (r->lives_a_day + BATCH));
    for (uint32_t i = 0; i < BATCH; i++) {
        uint32_t hall = bench_random(&r->random) % r->halls;
        for (uint32_t k = 0; k < i; k++)
            if (halls[k] == hall) /* each hall once: the next one, looked at from the start */
                hall = (hall + 1) % r->halls, k = UINT32_MAX;
        halls[i] = hall;
        commands[count] = (struct tb_command){.kind = TB_TICKET_TAKE, .station = (uint16_t)hall};
        commands[count].matters[0] = (uint16_t)(bench_random(&r->random) % BENCH_GROUPS);
        if (bench_random(&r->random) % 12 == 0)
            commands[count].class_ = TB_CLASS_GREEN;
        count++;
    }
    for (uint32_t i = 0; i < BATCH; i++)
        if (++r->waiting[halls[i]] > r->backlog)
            halls[calls++] = halls[i];
    static const uint16_t kinds[] = {TB_WINDOW_NEXT, TB_WINDOW_START, TB_WINDOW_FINISH};
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < calls; i++)
            commands[count++] =
                (struct tb_command){.kind = kinds[k], .server = halls[i] * r->windows};
    for (uint32_t i = 0; i < calls; i++)
        r->waiting[halls[i]]--;
    step(r, commands, count);
    return calls;
}

static struct run run_new(uint32_t halls, uint32_t windows, uint32_t backlog,
                          uint32_t lives_a_day)
{
    struct run r = {.halls = halls, .windows = windows, .backlog = backlog,
                    .lives_a_day = lives_a_day, .random = 42};
    r.city = bench_city_new(halls, windows, halls * (backlog + 4) + 1000);
    r.waiting = calloc(halls, sizeof *r.waiting);
    time_to(&r, bench_day_at(0));
    for (uint32_t i = 0; i < halls * windows; i++) {
        struct tb_command c = {.kind = TB_WINDOW_OPEN, .server = i, .value = -1};
        command(&r, &c);
    }
    for (uint64_t i = 0; i < (uint64_t)halls * backlog * 2; i++)
        life(&r);
    return r;
}

static void run_free(struct run *r)
{
    bench_city_free(r->city);
    free(r->waiting);
}

static void lives(struct tb_bench *b, struct run r)
{
    int64_t done = 0;
    while (tb_bench_next(b, 64))
        for (int i = 0; i < 64; i++)
            done += life(&r);
    tb_bench_items_set(b, done);
    tb_bench_label(b, "hash %016" PRIx64 ", events %" PRIu64, tb_city_hash(r.city), r.events);
    run_free(&r);
}

static void batches(struct tb_bench *b, struct run r)
{
    int64_t done = 0;
    while (tb_bench_next(b, 4 * BATCH))
        for (int i = 0; i < 4; i++)
            done += batch(&r);
    tb_bench_items_set(b, done);
    tb_bench_label(b, "hash %016" PRIx64 ", events %" PRIu64, tb_city_hash(r.city), r.events);
    run_free(&r);
}

static void bench_life_batch(struct tb_bench *b)
{
    batches(b, run_new(58, 4, 3, 5473));
}

static void bench_halls_batch(struct tb_bench *b)
{
    batches(b, run_new((uint32_t)tb_bench_arg(b), 4, 3, 1000000));
}

static void bench_life(struct tb_bench *b)
{
    lives(b, run_new(58, 4, 3, 5473));
}

static void bench_halls(struct tb_bench *b)
{
    lives(b, run_new((uint32_t)tb_bench_arg(b), 4, 3, 1000000));
}

static void bench_waiting(struct tb_bench *b)
{
    lives(b, run_new(58, 4, (uint32_t)tb_bench_arg(b) / 58 + 1, 1000000));
}

static void bench_at_baseline(struct tb_bench *b)
{
    uint32_t halls = (uint32_t)tb_bench_arg(b);
    lives(b, run_new(halls, 200 / halls, 5000 / halls, 1000000));
}

static void bench_slowest(struct tb_bench *b)
{
    struct run r = run_new(58, 4, 3, 5473);
    r.latency = calloc(LATENCY_NS_MAX, sizeof *r.latency);
    int64_t done = 0;
    while (tb_bench_next(b, 64))
        for (int i = 0; i < 64; i++)
            done += life(&r);
    tb_bench_items_set(b, done);
    uint64_t count = 0, seen = 0;
    for (uint32_t i = 0; i < LATENCY_NS_MAX; i++)
        count += r.latency[i];
    double quantiles[3] = {0.5, 0.99, 0.999}, found[3] = {0};
    for (uint32_t i = 0, q = 0; i < LATENCY_NS_MAX && q < 3; i++) {
        seen += r.latency[i];
        while (q < 3 && (double)seen >= quantiles[q] * (double)count)
            found[q++] = i;
    }
    uint64_t from = clock_ns();
    for (int i = 0; i < 1000; i++)
        clock_ns();
    tb_bench_counter_set(b, "clock_ns", (double)(clock_ns() - from) / 1000);
    tb_bench_counter_set(b, "p50_ns", found[0]);
    tb_bench_counter_set(b, "p99_ns", found[1]);
    tb_bench_counter_set(b, "p999_ns", found[2]);
    free(r.latency);
    run_free(&r);
}

/* A what-if's beginning: the city with a day's visits and 100 waiting in every hall, copied into
 * memory that held its like. `copy_new` is tb_city_clone: memory of its own each time. */
static void copies(struct tb_bench *b, bool anew)
{
    struct run r = run_new(58, 4, 100, 5473);
    struct tb_city *copy = tb_city_clone(r.city);
    size_t bytes = tb_city_block_bytes(r.city);
    while (tb_bench_next(b, 1)) {
        if (anew) {
            tb_city_destroy(copy);
            copy = tb_city_clone(r.city);
        } else if (tb_city_copy(copy, bytes, r.city) != TB_STATUS_OK) {
            abort();
        }
    }
    tb_bench_counter_set(b, "used_bytes", (double)tb_city_used_bytes(r.city));
    if (tb_city_hash(copy) != tb_city_hash(r.city))
        abort();
    tb_city_destroy(copy);
    run_free(&r);
}

static void bench_copy(struct tb_bench *b)
{
    copies(b, false);
}

static void bench_copy_new(struct tb_bench *b)
{
    copies(b, true);
}

static const struct tb_bench_spec specs[] = {
    {.name = "life", .run = bench_life},
    {.name = "copy", .run = bench_copy},
    {.name = "copy_new", .run = bench_copy_new},
    {.name = "life_slowest", .run = bench_slowest},
    {.name = "life_at_baseline", .run = bench_at_baseline, .against = "life_baseline",
     .ratio_min = 10, .arg_name = "halls", .args = {1, 50}},
    {.name = "life_halls", .run = bench_halls, .arg_name = "halls", .args = {58, 580, 5800}},
    {.name = "life_batch", .run = bench_life_batch},
    {.name = "life_halls_batch", .run = bench_halls_batch, .arg_name = "halls",
     .args = {58, 580, 5800}},
    {.name = "life_waiting", .run = bench_waiting, .arg_name = "waiting",
     .args = {100, 1000, 10000, 100000}},
};
TB_BENCH_REGISTER(specs)
