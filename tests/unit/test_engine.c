/* Engine threads, callers, feeds, twins and published load, with the small city of tests/model.
 * Everything that waits for another thread gives up after LIMIT_S. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "model/small.h"
#include "ring/atomic.h"
#include "tongban/engine.h"

enum { LIMIT_S = 20, CITIES_MAX = 2, RING = 128, EVENTS_MAX = 256 };

static struct tb_engine *engine;
static struct tb_engine_options options;
static struct tb_city *cities[CITIES_MAX];
static struct small *small;
static tbi_atomic_u64 clock_us;

static tb_time clock_now(void *context)
{
    (void)context;
    return (tb_time)tbi_atomic_load_relaxed(TBI_WAS, &clock_us);
}

static void clock_set(tb_time now)
{
    tbi_atomic_store_relaxed(TBI_WAS, &clock_us, (uint64_t)now);
}

static void make_small(void)
{
    small = small_config();
    small->config.tickets_max = 4000;
    clock_set(SMALL_AT(0, 10, 0));
    tb_engine_options_init(&options);
    options.cities = cities;
    options.city_count = 1;
    options.ring_capacity = RING;
    options.clock = clock_now;
}

static void start(void)
{
    for (uint32_t c = 0; c < options.city_count; c++) {
        enum tb_status status;
        cities[c] = tb_city_create(&small->config, &status);
        cr_assert_not_null(cities[c], "%s", tb_status_name(status));
    }
    engine = tb_engine_create(&options);
    cr_assert_not_null(engine);
}

static void make(void)
{
    make_small();
    start();
}

static void end(void)
{
    tb_engine_destroy(engine);
    for (uint32_t c = 0; c < options.city_count; c++) {
        cr_assert_null(tb_city_verify(cities[c]), "%s", tb_city_verify(cities[c]));
        tb_city_destroy(cities[c]);
    }
    free(small);
}

/* ---- helpers ---- */

static double now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Until `condition` holds. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        double await_end_s = now_s() + LIMIT_S;                                                    \
        while (!(condition)) {                                                                     \
            cr_assert(now_s() < await_end_s, "never: %s", #condition);                             \
            sched_yield();                                                                         \
        }                                                                                          \
    } while (0)

static struct tb_event seen[EVENTS_MAX];

/* Submits one command and waits for its answer, which is returned; its events are in `seen`. */
static struct tb_event *call(struct tb_caller *caller, uint32_t city, struct tb_command command)
{
    double end_s = now_s() + LIMIT_S;
    uint32_t count = 0;

    AWAIT(tb_caller_submit(caller, city, &command, 1) == 1);
    while (tb_caller_unanswered(caller, city) != 0) {
        cr_assert(now_s() < end_s, "no answer");
        tb_caller_wait(caller, 100000);
        count += tb_caller_events(caller, city, seen + count, EVENTS_MAX - count);
    }
    cr_assert(seen[0].flags & TB_EVENT_FLAG_ANSWER);
    return &seen[0];
}

static struct tb_command take(uint64_t tag)
{
    return (struct tb_command){.kind = TB_TICKET_TAKE, .station = SMALL_HALL, .tag = tag};
}

static struct tb_command query(uint64_t tag)
{
    return (struct tb_command){.kind = TB_CITY_INFO, .tag = tag};
}

/* Submits queries until the engine takes no more and the ring is full; returns how many. A busy
 * machine may keep the engine waiting, so that quiet alone does not mean full. */
static uint64_t fill_up(struct tb_caller *caller, uint32_t city)
{
    const uint64_t full = RING + RING - TB_COMMAND_EVENTS_MAX;
    const double end_s = now_s() + LIMIT_S;
    uint64_t count = 0;
    struct tb_command command;

    for (double quiet_s = 0; now_s() < (count < full ? end_s : quiet_s);) {
        command = query(count + 1);
        if (tb_caller_submit(caller, city, &command, 1) == 1) {
            count++;
            quiet_s = now_s() + 0.05;
        }
    }
    return count;
}

/* ---- memory ---- */

Test(engine, city_in_huge_pages_is_cloned_and_equal)
{
    enum tb_status status;
    struct tb_city *city, *clone;

    small = small_config();
    small->config.tickets_max = 100000; /* more than one huge page */
    city = tb_city_create(&small->config, &status);
    cr_assert_eq(status, TB_STATUS_OK);
    cr_assert_gt(tb_city_bytes(&small->config), (size_t)4 << 20);
    cr_assert_eq((uintptr_t)city % (2 << 20), 0);
    uint64_t hash = tb_city_hash(city);
    tb_city_populate(city);
    clone = tb_city_clone(city);
    cr_assert_eq(tb_city_hash(city), hash);
    cr_assert_eq(tb_city_hash(clone), hash);
    tb_city_destroy(city);
    cr_assert_eq(tb_city_hash(clone), hash);
    tb_city_destroy(clone);
    small->config.station_count = 0;
    cr_assert_null(tb_city_create(&small->config, &status));
    cr_assert_eq(status, TB_STATUS_CONFIG_INVALID);
    tb_city_destroy(NULL);
    free(small);
}

/* ---- callers ---- */

Test(engine, events_come_back_to_their_caller_in_order, .init = make, .fini = end)
{
    enum { EACH = 300 };
    struct tb_caller *callers[2] = {tb_caller_open(engine), tb_caller_open(engine)};
    uint64_t sent[2] = {0, 0}, answered[2] = {0, 0};
    double end_s = now_s() + LIMIT_S;

    while (answered[0] + answered[1] < 2 * EACH) {
        cr_assert(now_s() < end_s);
        for (uint64_t k = 0; k < 2; k++) {
            struct tb_command command = take((k + 1) << 32 | (sent[k] + 1));
            if (sent[k] < EACH) {
                sent[k] += tb_caller_submit(callers[k], 0, &command, 1);
            }
            uint32_t count = tb_caller_events(callers[k], 0, seen, EVENTS_MAX);
            for (uint32_t i = 0; i < count; i++) {
                cr_assert_eq(seen[i].kind, TB_EVENT_TAKEN);
                cr_assert_eq(seen[i].tag, (k + 1) << 32 | ++answered[k]);
            }
        }
    }
    struct tb_published_load load;
    AWAIT(tb_engine_load_read(engine, 0, SMALL_HALL, &load) && load.waiting == 2 * EACH);
    cr_assert_eq(load.number_last, 2 * EACH);
    cr_assert(load.accepts);
}

Test(engine, all_events_of_a_command_reach_its_caller, .init = make, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);

    struct tb_command open = {.kind = TB_WINDOW_OPEN, .server = 0, .value = -1, .tag = 7};
    struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = 0, .tag = 8};
    cr_assert_eq(call(caller, 0, open)->kind, TB_EVENT_WINDOW_OPENED);
    cr_assert_eq(call(caller, 0, next)->kind, TB_EVENT_WINDOW_READY);
    cr_assert_eq(call(caller, 0, take(9))->kind, TB_EVENT_TAKEN);
    cr_assert_eq(seen[1].kind, TB_EVENT_CALLED);
    cr_assert_eq(seen[1].tag, 9);
    cr_assert_eq(call(caller, 0, (struct tb_command){.kind = 999, .tag = 10})->kind,
                 TB_EVENT_REFUSED);
}

Test(engine, full_ring_pushes_back_on_its_own_caller_only, .init = make, .fini = end)
{
    struct tb_caller *stopped = tb_caller_open(engine), *other = tb_caller_open(engine);
    uint64_t count = fill_up(stopped, 0);

    /* The stopped one has filled both its rings, and no more. */
    cr_assert_geq(count, RING + RING - TB_COMMAND_EVENTS_MAX);
    cr_assert_leq(count, 2 * RING);
    for (uint64_t tag = 1; tag <= 2000; tag++) {
        struct tb_event *event = call(other, 0, query(tag));
        cr_assert_eq(event->tag, tag);
    }
    /* Nothing of it is lost: it only waits. */
    uint64_t answered = 0;
    double end_s = now_s() + LIMIT_S;
    while (tb_caller_unanswered(stopped, 0) != 0) {
        cr_assert(now_s() < end_s);
        uint32_t n = tb_caller_events(stopped, 0, seen, 7);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert_eq(seen[i].tag, ++answered);
        }
    }
    cr_assert_eq(answered, count);
}

Test(engine, blocked_caller_goes_on_when_it_reads_though_the_engine_sleeps, .init = make,
     .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);
    uint64_t count = fill_up(caller, 0), answered = 0;

    for (int round = 0; answered < count; round++) {
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL); /* it surely sleeps */
        answered += tb_caller_events(caller, 0, seen, 100);
        cr_assert_lt(round, 1000);
    }
}

Test(engine, places_are_used_again_and_run_out, .init = make, .fini = end)
{
    struct tb_caller *callers[TB_CALLERS_MAX];

    for (uint32_t i = 0; i < options.callers_max; i++) {
        callers[i] = tb_caller_open(engine);
        cr_assert_not_null(callers[i]);
        tb_caller_subscribe(callers[i], 0);
    }
    cr_assert_null(tb_caller_open(engine));
    struct tb_command command = take(77);
    cr_assert_eq(tb_caller_submit(callers[3], 0, &command, 1), 1);
    tb_caller_close(callers[3]);
    struct tb_caller *again = NULL;
    AWAIT((again = tb_caller_open(engine)) != NULL);
    cr_assert_eq(again, callers[3]);
    /* What its forerunner caused, or subscribed to, doesn't come to it. */
    cr_assert_eq(call(again, 0, take(78))->tag, 78);
    uint64_t was_lost;
    cr_assert_eq(tb_caller_feed(again, 0, seen, EVENTS_MAX, &was_lost), 0);
}

Test(engine, two_cities_on_two_threads_are_apart)
{
    make_small();
    options.city_count = 2;
    options.thread_count = 2;
    start();
    struct tb_caller *caller = tb_caller_open(engine);
    cr_assert_eq(call(caller, 0, take(1))->number, 1);
    cr_assert_eq(call(caller, 1, take(2))->number, 1);
    cr_assert_eq(call(caller, 1, take(3))->number, 2);
    end();
}

/* ---- time ---- */

Test(engine, time_acts_while_nobody_calls_and_feeds_tell, .init = make, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine), *board = tb_caller_open(engine);
    uint64_t was_lost, sequence = 0;
    bool over = false;

    tb_caller_subscribe(board, 0);
    for (int i = 0; i < 3; i++) {
        call(caller, 0, take(1));
    }
    clock_set(SMALL_AT(0, 23, 0)); /* the hall closes, and who waits expires */
    double end_s = now_s() + LIMIT_S;
    for (int expired = 0; expired < 3;) {
        cr_assert(now_s() < end_s);
        tb_caller_wait(board, 100000);
        uint32_t n = tb_caller_feed(board, 0, seen, EVENTS_MAX, &was_lost);
        cr_assert_eq(was_lost, 0);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert(sequence == 0 || seen[i].sequence == sequence + 1);
            sequence = seen[i].sequence;
            over |= seen[i].kind == TB_EVENT_DAY_OVER;
            expired += seen[i].kind == TB_EVENT_EXPIRED;
        }
    }
    cr_assert(over);
    cr_assert_eq(tb_caller_events(caller, 0, seen, EVENTS_MAX), 0);
    struct tb_published_load load;
    AWAIT(tb_engine_load_read(engine, 0, SMALL_HALL, &load) && load.sequence >= sequence);
    cr_assert_eq(load.waiting, 0);
    cr_assert_not(load.accepts);
}

Test(engine, feed_that_is_not_read_loses_and_says_how_many, .init = make, .fini = end)
{
    enum { TAKES = 500 };
    struct tb_caller *caller = tb_caller_open(engine), *board = tb_caller_open(engine);
    uint64_t was_lost, read = 0, lost = 0;

    tb_caller_subscribe(board, 0);
    AWAIT((call(caller, 0, take(1)), tb_caller_feed(board, 0, seen, 1, &was_lost)) == 1);
    uint64_t first = seen[0].sequence;
    while (tb_caller_feed(board, 0, seen, EVENTS_MAX, &was_lost) != 0) {
    }
    for (int i = 0; i < TAKES; i++) {
        call(caller, 0, take(2));
    }
    uint32_t n = tb_caller_feed(board, 0, seen, EVENTS_MAX, &was_lost);
    cr_assert_eq(n, RING);
    cr_assert_eq(was_lost, 0);
    read = n;
    call(caller, 0, take(3));
    AWAIT((n = tb_caller_feed(board, 0, seen, EVENTS_MAX, &was_lost)) != 0);
    read += n;
    lost = was_lost;
    cr_assert_eq(n, 1);
    cr_assert_eq(read + lost, TAKES + 1);
    cr_assert_gt(seen[0].sequence, first);
}

Test(engine, sleeper_is_back_soon, .init = make, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);
    double least_s = 1;

    for (int i = 0; i < 100; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        double start_s = now_s();
        call(caller, 0, query(1));
        double took_s = now_s() - start_s;
        least_s = took_s < least_s ? took_s : least_s;
    }
    /* The bench measures it (engine_wake); here only that no sleep has to run out first. */
    cr_assert_lt(least_s, 0.002, "%g s", least_s);
}

/* ---- stop ---- */

Test(engine, stop_carries_out_what_was_submitted)
{
    struct tb_command commands[RING];

    make_small();
    start();
    struct tb_caller *caller = tb_caller_open(engine);
    for (uint64_t i = 0; i < 60; i++) {
        commands[i] = take(i);
    }
    cr_assert_eq(tb_caller_submit(caller, 0, commands, 60), 60);
    tb_engine_stop(engine);
    cr_assert_eq(tb_caller_events(caller, 0, seen, EVENTS_MAX), 60);
    cr_assert_eq(tb_caller_unanswered(caller, 0), 0);
    tb_engine_stop(engine); /* once more does nothing */
    end();
}

/* ---- twins ---- */

static void make_twins(void)
{
    make_small();
    options.twins = true;
    start();
}

Test(engine, twin_equals_its_city, .init = make_twins, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);

    for (int day = 0; day < 3; day++) {
        clock_set(SMALL_AT(day, 10, 0));
        for (uint64_t i = 0; i < 200; i++) {
            struct tb_command open = {.kind = TB_WINDOW_OPEN, .server = i % 6, .value = -1};
            struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = i % 6};
            call(caller, 0, take(i));
            call(caller, 0, open);
            call(caller, 0, next);
            call(caller, 0, query(i));
            clock_set(SMALL_AT(day, 10, 0) + (tb_time)i * TB_SECONDS(7));
        }
    }
    tb_engine_stop(engine);
    cr_assert_neq(tb_engine_twin(engine, 0), cities[0]);
    cr_assert_eq(tb_city_hash(tb_engine_twin(engine, 0)), tb_city_hash(cities[0]));
    cr_assert_eq(tb_engine_was_recloned(engine, 0), 0);
    cr_assert_gt(tb_city_sequence(cities[0]), 600);
}

Test(engine, snapshot_goes_on_like_the_city, .init = make_twins, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);
    struct tb_ticket_view view;

    size_t block_bytes = tb_city_bytes(&small->config), bytes;
    void *saved = malloc(block_bytes + 64);
    struct tb_city *loaded = aligned_alloc(64, (block_bytes + 63) / 64 * 64);
    tb_ref ref = call(caller, 0, take(1))->ref;
    cr_assert_eq(tb_twin_snapshot(caller, 0, saved, 1000, &bytes, UINT64_MAX), TB_TWIN_SMALL);
    cr_assert_eq(tb_twin_snapshot(caller, 0, saved, bytes, &bytes, UINT64_MAX), TB_TWIN_OK);
    cr_assert_leq(bytes, block_bytes + 64);
    cr_assert_eq(tb_city_load(loaded, block_bytes, saved, bytes), TB_STATUS_OK);
    cr_assert_eq(tb_city_ticket(loaded, ref, &view), TB_STATUS_OK); /* it has what was answered */

    /* What if one more came? The city doesn't know of it; then it really comes. */
    struct tb_command command = take(5);
    tb_city_step(loaded, SMALL_AT(0, 10, 0), &command, 1, seen, EVENTS_MAX);
    cr_assert_eq(seen[0].number, 2);
    cr_assert_eq(call(caller, 0, command)->number, 2);
    tb_engine_stop(engine);
    cr_assert_eq(tb_city_hash(loaded), tb_city_hash(cities[0]));
    free(saved);
    free(loaded);
}

Test(engine, no_twin_no_snapshot, .init = make, .fini = end)
{
    struct tb_caller *caller = tb_caller_open(engine);
    size_t bytes;

    cr_assert_eq(tb_twin_snapshot(caller, 0, seen, sizeof seen, &bytes, 0), TB_TWIN_NONE);
    cr_assert_null(tb_engine_twin((tb_engine_stop(engine), engine), 0));
}

Test(engine, twin_that_fell_behind_gets_a_fresh_copy)
{
    struct tb_command commands[RING];

    make_small();
    options.twins = true;
    options.twin_capacity = 4 * RING;
    start();
    struct tb_caller *caller = tb_caller_open(engine);
    size_t bytes = tb_city_bytes(&small->config) + 64, saved_bytes;
    void *saved = malloc(bytes);
    for (uint64_t i = 0; i < RING; i++) {
        commands[i] = i % 2 != 0 ? query(i) : (struct tb_command){.kind = TB_HALL_OPEN};
    }
    /* Snapshots keep the twin busy, and meanwhile commands flood its ring. */
    double end_s = now_s() + LIMIT_S;
    while (tb_engine_was_recloned(engine, 0) == 0) {
        if (now_s() >= end_s)
            cr_skip_test("SKIPPED: on this busy machine the twin could not be made to fall behind");
        tb_twin_snapshot(caller, 0, saved, bytes, &saved_bytes, 0);
        for (int i = 0; i < 100; i++) {
            tb_caller_submit(caller, 0, commands, RING);
            tb_caller_events(caller, 0, seen, EVENTS_MAX);
        }
    }
    while (tb_caller_unanswered(caller, 0) != 0) {
        tb_caller_events(caller, 0, seen, EVENTS_MAX);
    }
    cr_assert_eq(call(caller, 0, take(1))->kind, TB_EVENT_TAKEN);
    AWAIT(tb_twin_snapshot(caller, 0, saved, bytes, &saved_bytes, 1000000) == TB_TWIN_OK);
    tb_engine_stop(engine);
    cr_assert_eq(tb_city_hash(tb_engine_twin(engine, 0)), tb_city_hash(cities[0]));
    free(saved);
    end();
}
