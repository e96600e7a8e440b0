/* engine_stress.c: callers hammer two cities on two engine threads with twins. Two of them submit
 * random commands and read at random; a third stops reading for long times (a stopped caller must
 * stop nobody else), and a board subscribes, takes snapshots and reads published loads.
 *
 * Checked: each command is answered once, in order, at its own caller; sequence numbers of a feed
 * have gaps exactly where it was told so; snapshots load and are whole; published loads never go
 * back; at the end each city is whole and its twin has the same hash. A step is a command of each
 * of the first two callers. */
#define _GNU_SOURCE /* pthread_tryjoin_np */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "model/small.h"
#include "options.h"
#include "tongban/engine.h"

enum { CITIES = 2, CALLERS = 3, BATCH = 40, EVENTS = 100, LOST_S = 120, STOPPED = 2 };

struct worker {
    pthread_t thread;
    struct tb_caller *caller;
    uint64_t random;
    uint64_t sent[CITIES], answered[CITIES];
};

static struct tb_engine *engine;
static struct tb_city *cities[CITIES];
static struct worker workers[CALLERS];
static size_t block_bytes;
static uint64_t run_seed, step_total;
static uint64_t snapshot_count, lost_count, reclone_count;
static struct timespec began;

static void fail(const char *what)
{
    fprintf(stderr, "engine_stress: %s; again: --seed %lu --steps %lu\n", what, run_seed,
            step_total);
    exit(1);
}

/* A day in some 0.1 s: time acts all the while. */
static tb_time clock_fast(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    tb_time past_us = (now.tv_sec - began.tv_sec) * 1000000 + (now.tv_nsec - began.tv_nsec) / 1000;
    return SMALL_AT(0, 9, 30) + past_us * 600000;
}

static void late_check(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - began.tv_sec > LOST_S) {
        fail("a command isn't answered");
    }
}

static struct tb_command command_draw(struct worker *worker, uint32_t city)
{
    static const uint16_t kinds[] = {TB_TICKET_TAKE,  TB_TICKET_TAKE,  TB_WINDOW_OPEN,
                                     TB_WINDOW_NEXT,  TB_WINDOW_START, TB_WINDOW_FINISH,
                                     TB_WINDOW_NEXT,  TB_HALL_WAIT,    TB_CITY_INFO,
                                     TB_DESK_APPROVE, TB_HALL_SUGGEST, TB_KIOSK_REQUEST};
    uint64_t draw = random_next(&worker->random);

    return (struct tb_command){
        .kind = kinds[draw % (sizeof kinds / sizeof *kinds)],
        .station = (uint16_t)(draw >> 8 & 1),
        .server = (uint32_t)(draw >> 16) % SMALL_SERVERS,
        .matters = {(uint16_t)(draw >> 24 & 3)},
        .value = -1,
        .tag = worker->sent[city] + 1,
    };
}

static void submit_some(struct worker *worker, uint32_t city, uint64_t left)
{
    struct tb_command commands[BATCH];
    uint64_t before = worker->sent[city];
    uint32_t n = (uint32_t)(random_next(&worker->random) % BATCH + 1);

    n = n < left ? n : (uint32_t)left;
    for (uint32_t i = 0; i < n; i++, worker->sent[city]++) {
        commands[i] = command_draw(worker, city);
    }
    worker->sent[city] = before + tb_caller_submit(worker->caller, city, commands, n);
}

static void read_some(struct worker *worker, uint32_t city)
{
    struct tb_event events[EVENTS];
    uint32_t max = (uint32_t)(random_next(&worker->random) % EVENTS + 1);
    uint32_t n = tb_caller_events(worker->caller, city, events, max);

    for (uint32_t i = 0; i < n; i++) {
        if (events[i].flags & TB_EVENT_FLAG_ANSWER) {
            worker->answered[city]++;
        }
        if (events[i].tag != worker->answered[city] && events[i].tag != 0) {
            fail("an event is lost, doubled, out of order or somebody else's");
        }
    }
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    bool stopped = worker == &workers[STOPPED];
    uint64_t total = stopped ? step_total / 8 : step_total;

    while (worker->answered[0] + worker->answered[1] < total) {
        uint64_t draw = random_next(&worker->random);
        uint32_t city = draw & 1;
        uint64_t sent = worker->sent[0] + worker->sent[1];
        if (sent < total) {
            submit_some(worker, city, total - sent);
        }
        if (stopped && draw >> 8 & 15) {
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        } else if (draw >> 1 & 3) {
            read_some(worker, city);
        } else {
            tb_caller_wait(worker->caller, draw >> 16 & 63);
            late_check();
        }
    }
    return NULL;
}

/* ---- the board ---- */

static void feed_read(struct tb_caller *board, uint32_t city, uint64_t *sequence)
{
    struct tb_event events[EVENTS];
    uint64_t was_lost;
    uint32_t n = tb_caller_feed(board, city, events, EVENTS, &was_lost);

    lost_count += was_lost;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t gap = *sequence == 0 ? 0 : events[i].sequence - *sequence - 1;
        if (gap > was_lost) {
            fail("a feed has a gap that wasn't told");
        }
        was_lost -= gap;
        *sequence = events[i].sequence;
    }
    if (was_lost != 0) {
        fail("a feed told of a gap that isn't there");
    }
}

static void snapshot_check(struct tb_caller *board, uint32_t city, void *saved, void *block)
{
    size_t bytes;

    if (tb_twin_snapshot(board, city, saved, block_bytes + 64, &bytes, 1000) != TB_TWIN_OK) {
        return; /* late: the twin has no copy yet, or much to do */
    }
    if (tb_city_load(block, block_bytes, saved, bytes) != TB_STATUS_OK ||
        tb_city_verify(block) != NULL) {
        fail("a snapshot isn't whole");
    }
    snapshot_count++;
}

static void load_check(uint32_t city, struct tb_published_load *last)
{
    struct tb_published_load load;

    if (tb_engine_load_read(engine, city, SMALL_HALL, &load)) {
        if (load.version < last->version || load.sequence < last->sequence ||
            load.at_us < last->at_us || load.windows_ready > load.windows_open) {
            fail("a published load is torn, or older than the one before");
        }
        *last = load;
    }
}

static void board_run(struct tb_caller *board)
{
    void *saved = malloc(block_bytes + 64);
    void *block = aligned_alloc(64, (block_bytes + 63) / 64 * 64);
    struct tb_published_load last[CITIES] = {0};
    uint64_t sequence[CITIES] = {0, 0}, random = run_seed;

    for (uint32_t c = 0; c < CITIES; c++) {
        tb_caller_subscribe(board, c);
    }
    for (uint32_t joined = 0; joined < CALLERS;) {
        uint64_t draw = random_next(&random);
        uint32_t city = draw & 1;
        feed_read(board, city, &sequence[city]);
        load_check(city, &last[city]);
        if (draw % 8 == 0) {
            snapshot_check(board, city, saved, block);
        }
        if (draw >> 8 & 63) {
            tb_caller_wait(board, 1000);
        } else { /* long enough for its feeds to be full */
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        }
        joined += pthread_tryjoin_np(workers[joined].thread, NULL) == 0;
    }
    for (uint32_t c = 0; c < CITIES; c++) { /* the memory is the twin's until it says so */
        size_t bytes;
        while (tb_twin_snapshot(board, c, saved, block_bytes + 64, &bytes, 1000000) != TB_TWIN_OK) {
            late_check();
        }
    }
    free(saved);
    free(block);
}

static void run(uint64_t seed, uint64_t step_count)
{
    struct small *small = small_config();
    struct tb_engine_options options;
    enum tb_status status;

    run_seed = seed;
    step_total = step_count;
    clock_gettime(CLOCK_MONOTONIC, &began);
    block_bytes = tb_city_bytes(&small->config);
    tb_engine_options_init(&options);
    for (uint32_t c = 0; c < CITIES; c++) {
        cities[c] = tb_city_create(&small->config, &status);
    }
    options.cities = cities;
    options.city_count = options.thread_count = CITIES;
    options.callers_max = CALLERS + 1;
    options.ring_capacity = 128;
    options.poll_us = (uint32_t)(seed % 3) * 5;
    options.clock = clock_fast;
    options.twins = true;
    options.twin_capacity = seed % 2 != 0 ? 512 : 65536;
    engine = tb_engine_create(&options);
    struct tb_caller *board = tb_caller_open(engine);
    for (uint32_t i = 0; i < CALLERS; i++) {
        workers[i] = (struct worker){.caller = tb_caller_open(engine), .random = seed * 8 + i};
    }
    for (uint32_t i = 0; i < CALLERS; i++) {
        pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
    }
    board_run(board);
    tb_engine_stop(engine);
    for (uint32_t c = 0; c < CITIES; c++) {
        if (tb_city_verify(cities[c]) != NULL) {
            fail(tb_city_verify(cities[c]));
        }
        if (tb_city_hash(tb_engine_twin(engine, c)) != tb_city_hash(cities[c])) {
            fail("a twin differs from its city");
        }
        reclone_count += tb_engine_was_recloned(engine, c);
    }
    tb_engine_destroy(engine);
    for (uint32_t c = 0; c < CITIES; c++) {
        tb_city_destroy(cities[c]);
    }
    free(small);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv, 100 * 1000);

    options_repeat(o, run);
    printf("engine_stress: %d callers x %lu commands, seed %lu, %lu snapshots, %lu fresh copies, "
           "%lu lost of feeds, ok\n",
           CALLERS, o.step_count, o.seed, snapshot_count, reclone_count, lost_count);
    return 0;
}
