/* ring.c: what hand-over between two cores costs: rings, single and batched, beside
 * ConcurrencyKit's ck_ring; a round trip; waking a sleeper; reading and writing a published load.
 *
 * Both rings have the same capacity and the same elements of 64 bytes, each of which the producer
 * fills and the consumer reads in full. The time is from the first push to the last pop, threads
 * running already, each on a CPU of its own. The hash is over all that came out; it is compared
 * with what went in.
 */
#define _GNU_SOURCE /* CPU affinity */
#include <ck_ring.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "ring/load.h"
#include "ring/ring.h"
#include "ring/wake.h"
#include "shim.h"

enum {
    WORDS = TBI_SLOT_BYTES / 8,
    CAPACITY = 256, /* 16 KiB: two rings stay in the first-level cache */
    BATCH = 64,
    ITEMS = 200 * 1000,
    TRIPS = 20 * 1000,
    WAKES = 200,
    WAKE_PAUSE_US = 100,
};

struct element {
    _Alignas(64) uint64_t word[WORDS];
};

CK_RING_PROTOTYPE(element, element)

/* Two rings, as a caller has them: commands and events. Those that need one use the first. */
static struct tbi_ring rings[2];
static _Alignas(64) ck_ring_t ck;
static struct element slots[2][CAPACITY];

/* The sleeper's: what it has taken, and when it had the last command in hand. */
static struct tbi_wake wake;
static tbi_atomic_u64 taken_count;
static double taken_at_s;

/* ---- Elements ---- */

static inline void element_fill(struct element *element, uint64_t number)
{
    for (int i = 0; i < WORDS; i++) {
        element->word[i] = number + (uint64_t)i;
    }
}

/* Goes on with the hash of all elements so far. */
static inline uint64_t element_hash(uint64_t hash, const struct element *element)
{
    uint64_t sum = 0;

    for (int i = 0; i < WORDS; i++) {
        sum += element->word[i] << i;
    }
    return (hash ^ sum) * 0x9e3779b97f4a7c15u;
}

static uint64_t hash_expected(uint64_t count)
{
    struct element element;
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count; i++) {
        element_fill(&element, i);
        hash = element_hash(hash, &element);
    }
    return hash;
}

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* ---- Two threads on two CPUs ---- */

static double now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Puts the thread on the n-th CPU of a set. False if the set hasn't so many. */
static bool cpu_use(const cpu_set_t *cpus, int n)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, cpus) && n-- == 0) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            return pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0;
        }
    }
    return false;
}

/* The work of both threads. `near` runs in the benchmark's own thread. */
struct duel {
    void (*near)(uint64_t count);
    uint64_t (*far)(uint64_t count); /* returns the hash */
    double (*time_s)(void);          /* what a round took; NULL: from beginning to end */
    cpu_set_t cpus;
    uint64_t count;
    tbi_atomic_u64 far_ready;
    double far_end_s;
    uint64_t hash;
};

static void *far_run(void *context)
{
    struct duel *duel = context;

    cpu_use(&duel->cpus, 1);
    tbi_atomic_store_relaxed(TBI_WAS, &duel->far_ready, 1);
    duel->hash = duel->far(duel->count);
    duel->far_end_s = now_s();
    return NULL;
}

/* One round; returns its time in seconds. */
static double duel_round(struct duel *duel)
{
    pthread_t far;
    double start_s, end_s;

    for (int r = 0; r < 2; r++) {
        tbi_ring_init(&rings[r], slots[r], CAPACITY, TBI_SLOT_BYTES);
    }
    ck_ring_init(&ck, CAPACITY);
    tbi_wake_init(&wake);
    tbi_atomic_init(&taken_count, 0);
    tbi_atomic_init(&duel->far_ready, 0);
    pthread_create(&far, NULL, far_run, duel);
    while (tbi_atomic_load_relaxed(TBI_WAS, &duel->far_ready) == 0) {
        relax();
    }
    start_s = now_s();
    duel->near(duel->count);
    end_s = now_s();
    pthread_join(far, NULL);
    if (duel->time_s != NULL) {
        return duel->time_s();
    }
    return (duel->far_end_s > end_s ? duel->far_end_s : end_s) - start_s;
}

static void duel_run(struct tb_bench *b, struct duel duel)
{
    uint64_t expected = hash_expected(duel.count);

    pthread_getaffinity_np(pthread_self(), sizeof duel.cpus, &duel.cpus);
    if (CPU_COUNT(&duel.cpus) < 2) {
        tb_bench_fail(b, "needs two CPUs");
        return;
    }
    cpu_use(&duel.cpus, 0);
    while (tb_bench_next(b, (int64_t)duel.count)) {
        tb_bench_time_add_s(b, duel_round(&duel));
        if (duel.hash != expected) {
            tb_bench_fail(b, "what came out isn't what went in");
            break;
        }
    }
    pthread_setaffinity_np(pthread_self(), sizeof duel.cpus, &duel.cpus);
    tb_bench_label(b, "hash %016" PRIx64, expected);
}

/* ---- One at a time ---- */

static void near_push(uint64_t count)
{
    struct element element;

    for (uint64_t i = 0; i < count; i++) {
        element_fill(&element, i);
        while (!tbi_ring_push(&rings[0], &element)) {
            relax();
        }
    }
}

static uint64_t far_pop(uint64_t count)
{
    struct element element;
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (!tbi_ring_pop(&rings[0], &element)) {
            relax();
        }
        hash = element_hash(hash, &element);
    }
    return hash;
}

static void ring_spsc(struct tb_bench *b)
{
    duel_run(b, (struct duel){.near = near_push, .far = far_pop, .count = ITEMS});
}

static void near_push_ck(uint64_t count)
{
    struct element element;

    for (uint64_t i = 0; i < count; i++) {
        element_fill(&element, i);
        while (!ck_ring_enqueue_spsc_element(&ck, slots[0], &element)) {
            relax();
        }
    }
}

static uint64_t far_pop_ck(uint64_t count)
{
    struct element element;
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (!ck_ring_dequeue_spsc_element(&ck, slots[0], &element)) {
            relax();
        }
        hash = element_hash(hash, &element);
    }
    return hash;
}

static void ring_spsc_ck(struct tb_bench *b)
{
    duel_run(b, (struct duel){.near = near_push_ck, .far = far_pop_ck, .count = ITEMS});
}

/* ---- In batches, in place ---- */

/* Fills what there is room for, up to a batch, and publishes it. Returns how many. */
static inline uint64_t span_push(struct tbi_ring *ring, uint64_t number, uint64_t count_max)
{
    void *span;
    uint64_t count = tbi_ring_write_span(ring, count_max < BATCH ? count_max : BATCH, &span);

    for (uint64_t i = 0; i < count; i++) {
        element_fill((struct element *)span + i, number + i);
    }
    tbi_ring_write_commit(ring, count);
    return count;
}

/* Reads what there is, up to a batch, and hands it back. Returns how many. */
static inline uint64_t span_pop(struct tbi_ring *ring, uint64_t *hash)
{
    void *span;
    uint64_t count = tbi_ring_read_span(ring, BATCH, &span);

    for (uint64_t i = 0; i < count; i++) {
        *hash = element_hash(*hash, (struct element *)span + i);
    }
    tbi_ring_read_release(ring, count);
    return count;
}

static void near_push_span(uint64_t count)
{
    for (uint64_t i = 0; i < count;) {
        uint64_t pushed_count = span_push(&rings[0], i, count - i);
        i += pushed_count;
        if (pushed_count == 0) {
            relax();
        }
    }
}

static uint64_t far_pop_span(uint64_t count)
{
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count;) {
        uint64_t popped_count = span_pop(&rings[0], &hash);
        i += popped_count;
        if (popped_count == 0) {
            relax();
        }
    }
    return hash;
}

static void ring_spsc_batch(struct tb_bench *b)
{
    duel_run(b, (struct duel){.near = near_push_span, .far = far_pop_span, .count = ITEMS});
}

/* ---- A pair of rings: commands there, events back, one event for each command ---- */

static uint64_t near_hash;

/* Keeps a window of commands on their way, as a caller does whose session is busy. */
static void near_pair(uint64_t count)
{
    uint64_t sent_count = 0, received_count = 0;

    near_hash = 0;
    while (received_count < count) {
        sent_count += span_push(&rings[0], sent_count, count - sent_count);
        received_count += span_pop(&rings[1], &near_hash);
    }
}

/* Answers each command with an event of the same number, as far as there is room for events. */
static uint64_t far_pair(uint64_t count)
{
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count;) {
        void *commands, *events;
        uint64_t room = tbi_ring_write_span(&rings[1], BATCH, &events);
        uint64_t some = tbi_ring_read_span(&rings[0], room, &commands);
        if (some == 0) {
            relax();
            continue;
        }
        for (uint64_t k = 0; k < some; k++) {
            const struct element *command = (struct element *)commands + k;
            hash = element_hash(hash, command);
            element_fill((struct element *)events + k, command->word[0]);
        }
        tbi_ring_read_release(&rings[0], some);
        tbi_ring_write_commit(&rings[1], some);
        i += some;
    }
    return hash;
}

static void ring_pair(struct tb_bench *b)
{
    duel_run(b, (struct duel){.near = near_pair, .far = far_pair, .count = ITEMS});
    if (near_hash != hash_expected(ITEMS)) {
        tb_bench_fail(b, "the events aren't those of the commands");
    }
}

/* ---- Latency ---- */

static void near_trip(uint64_t count)
{
    struct element element;

    for (uint64_t i = 0; i < count; i++) {
        element_fill(&element, i);
        tbi_ring_push(&rings[0], &element);
        while (!tbi_ring_pop(&rings[1], &element)) {
            relax();
        }
    }
}

static uint64_t far_trip(uint64_t count)
{
    struct element element;
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (!tbi_ring_pop(&rings[0], &element)) {
            relax();
        }
        hash = element_hash(hash, &element);
        tbi_ring_push(&rings[1], &element);
    }
    return hash;
}

static void ring_roundtrip(struct tb_bench *b)
{
    duel_run(b, (struct duel){.near = near_trip, .far = far_trip, .count = TRIPS});
}

static bool command_ready(void *context)
{
    (void)context;
    return tbi_ring_was_readable(&rings[0]);
}

static uint64_t far_sleep(uint64_t count)
{
    struct element element;
    uint64_t hash = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (!tbi_ring_pop(&rings[0], &element)) {
            tbi_wake_wait(&wake, command_ready, NULL, 0, TBI_WAKE_FOREVER);
        }
        taken_at_s = now_s();
        hash = element_hash(hash, &element);
        tbi_atomic_store_release(TBI_E2, &taken_count, i + 1);
    }
    return hash;
}

static double wake_s[WAKES];

/* Sends one command at a time to a consumer that has slept for a while. */
static void near_wake(uint64_t count)
{
    struct tbi_waker waker;
    struct element element;

    tbi_waker_init(&waker, &wake);
    for (uint64_t i = 0; i < count; i++) {
        element_fill(&element, i);
        while (tbi_atomic_load_relaxed(TBI_WAS, &wake.state) % 4 != TBI_WAKE_ASLEEP) {
            relax();
        }
        double asleep_s = now_s();
        while (now_s() - asleep_s < WAKE_PAUSE_US * 1e-6) {
            relax();
        }
        double start_s = now_s();
        tbi_ring_push_wake(&rings[0], &element);
        tbi_wake_signal(&waker);
        while (tbi_atomic_load_acquire(TBI_E2, &taken_count) != i + 1) {
            relax();
        }
        wake_s[i] = taken_at_s - start_s;
    }
}

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double wake_time_s(void)
{
    double sum_s = 0;

    for (int i = 0; i < WAKES; i++) {
        sum_s += wake_s[i];
    }
    return sum_s;
}

/* From before the push to the command in hand: the mean, and beside it the median and the 99th
 * percentile of the last round. */
static void ring_wake(struct tb_bench *b)
{
    duel_run(b, (struct duel){
                    .near = near_wake, .far = far_sleep, .time_s = wake_time_s, .count = WAKES});
    qsort(wake_s, WAKES, sizeof wake_s[0], double_compare);
    tb_bench_counter_set(b, "p50_us", wake_s[WAKES / 2] * 1e6);
    tb_bench_counter_set(b, "p99_us", wake_s[WAKES * 99 / 100] * 1e6);
}

/* ---- Published load ---- */

enum { HALLS = 58 };

static struct tbi_load halls[HALLS];

static void load_write(struct tb_bench *b)
{
    uint64_t words[TBI_LOAD_WORDS] = {0};

    for (int h = 0; h < HALLS; h++) {
        tbi_load_init(&halls[h]);
    }
    while (tb_bench_next(b, HALLS)) {
        for (int h = 0; h < HALLS; h++) {
            words[0]++;
            tbi_load_write(&halls[h], words);
        }
    }
}

static void load_read(struct tb_bench *b)
{
    uint64_t words[TBI_LOAD_WORDS];
    uint64_t version, sum = 0;

    for (int h = 0; h < HALLS; h++) {
        uint64_t written[TBI_LOAD_WORDS] = {(uint64_t)h};
        tbi_load_init(&halls[h]);
        tbi_load_write(&halls[h], written);
    }
    while (tb_bench_next(b, HALLS)) {
        sum = 0;
        for (int h = 0; h < HALLS; h++) {
            tbi_load_read(&halls[h], words, &version);
            sum += words[0] * version;
        }
        tb_bench_keep(&sum);
    }
    tb_bench_label(b, "hash %016" PRIx64, sum);
}

static const struct tb_bench_spec specs[] = {
    {.name = "ring_spsc_ck", .run = ring_spsc_ck, .clock = TB_BENCH_MANUAL},
    {.name = "ring_spsc",
     .run = ring_spsc,
     .clock = TB_BENCH_MANUAL,
     .against = "ring_spsc_ck",
     .ratio_min = 1.0},
    {.name = "ring_spsc_batch",
     .run = ring_spsc_batch,
     .clock = TB_BENCH_MANUAL,
     .against = "ring_spsc_ck",
     .ratio_min = 2.0},
    {.name = "ring_pair", .run = ring_pair, .clock = TB_BENCH_MANUAL},
    {.name = "ring_roundtrip", .run = ring_roundtrip, .clock = TB_BENCH_MANUAL},
    {.name = "ring_wake", .run = ring_wake, .clock = TB_BENCH_MANUAL},
    {.name = "load_write", .run = load_write},
    {.name = "load_read", .run = load_read},
};
TB_BENCH_REGISTER(specs)
