/* kernel.c: what the parts of the simulation kernel cost: event queue and schedule beside heaps,
 * random draws, a day of arrivals, statistics.
 *
 * The queues run the hold model: N events are pending; the first is replaced by one that is due
 * some time later. The hash is over the instants in their order, so it is the same for every kind
 * of queue. */
#include <inttypes.h>
#include <stdlib.h>

#include "kernel/arrival.h"
#include "kernel/distribution.h"
#include "kernel/histogram.h"
#include "kernel/queue.h"
#include "kernel/schedule.h"
#include "shim.h"

enum { BATCH = 1024, HOLD_ROUNDS = 16 };

/* ---- queues --------------------------------------------------------------------------------- */

/* How far in the future the next events are. Each batch has others, drawn outside of the time: a
 * branch predictor learns a repeated thousand by heart, and a heap would look twice as fast. */
static int64_t delay_us[BATCH];

static void delays_draw(uint64_t batch)
{
    struct tbs_distribution d;

    tbs_distribution_make(&d, TBS_EXPONENTIAL, 1e6, 1.0);
    tbs_fill_at_us(&d, tbs_key(1, TBS_TEST, 0, 0), batch * BATCH, delay_us, BATCH);
}

static inline uint64_t hash_next(uint64_t hash, int64_t at_us, uint32_t item)
{
    return (hash ^ (uint64_t)at_us ^ item) * 1099511628211u;
}

/* Enough rounds first that the pending instants are as they always will be. The number of items is
 * fixed, so that hashes can be compared. */
#define HOLD(queue, first_at_us, first_item, replace)                                             \
    do {                                                                                          \
        uint64_t hash = 0, batch = 1;                                                             \
        for (; batch <= HOLD_ROUNDS; batch++) {                                                   \
            delays_draw(batch);                                                                   \
            for (int i = 0; i < BATCH; i++) {                                                     \
                const int64_t at_us = first_at_us(queue);                                         \
                const uint32_t item = first_item(queue);                                          \
                hash = hash_next(hash, at_us, 0);                                                 \
                replace(queue, item, at_us + delay_us[i]);                                        \
            }                                                                                     \
        }                                                                                         \
        while (tb_bench_next(b, BATCH)) {                                                         \
            tb_bench_pause(b);                                                                    \
            delays_draw(batch++);                                                                 \
            tb_bench_resume(b);                                                                   \
            for (int i = 0; i < BATCH; i++) {                                                     \
                const uint32_t item = first_item(queue);                                          \
                replace(queue, item, first_at_us(queue) + delay_us[i]);                           \
            }                                                                                     \
        }                                                                                         \
        tb_bench_label(b, "hash %016" PRIx64, hash);                                              \
    } while (0)

static uint32_t event_item(const struct tbs_queue *queue)
{
    return tbs_queue_first(queue).item;
}

static void event_replace(struct tbs_queue *queue, uint32_t item, int64_t at_us)
{
    tbs_queue_replace(queue, at_us, 0, item);
}

static void kernel_queue(struct tb_bench *b)
{
    const uint32_t n = (uint32_t)tb_bench_arg(b);
    void *memory = malloc(tbs_queue_bytes(n));
    struct tbs_queue queue;

    delays_draw(0);
    tbs_queue_init(&queue, memory, n);
    for (uint32_t i = 0; i < n; i++) {
        tbs_queue_push(&queue, delay_us[i % BATCH] + i, 0, i);
    }
    HOLD(&queue, tbs_queue_first_at_us, event_item, event_replace);
    free(memory);
}

static void schedule_replace(struct tbs_schedule *schedule, uint32_t item, int64_t at_us)
{
    tbs_schedule_set(schedule, item, at_us, 0);
}

static void kernel_tree(struct tb_bench *b)
{
    const uint32_t n = (uint32_t)tb_bench_arg(b);
    void *memory = malloc(tbs_schedule_bytes(n));
    struct tbs_schedule schedule;

    delays_draw(0);
    tbs_schedule_init(&schedule, memory, n);
    for (uint32_t i = 0; i < n; i++) {
        tbs_schedule_set(&schedule, i, delay_us[i % BATCH] + i, 0);
    }
    HOLD(&schedule, tbs_schedule_first_at_us, tbs_schedule_first, schedule_replace);
    free(memory);
}

/* The usual event queue, to compare with: a heap of the same keys. */
struct heap {
    tbs_uint128 *key;
    uint32_t count;
};

static int64_t heap_first_at_us(const struct heap *heap)
{
    return tbs_tree_at_us(heap->key[0]);
}

static uint32_t heap_first(const struct heap *heap)
{
    return (uint32_t)heap->key[0];
}

/* Lets a new key sink from the top; children of i are ways * i + 1 and on. Where all children are
 * there the least is found without a branch. */
static inline void heap_sink(struct heap *heap, tbs_uint128 key, uint32_t ways)
{
    uint32_t i = 0, child = 1;

    for (; child < heap->count; child = ways * i + 1) {
        const uint32_t there = heap->count - child < ways ? heap->count - child : ways;
        tbs_uint128 least = heap->key[child];
        uint32_t at = child;
        if (there == ways) {
            for (uint32_t c = child + 1; c < child + ways; c++) {
                const bool less = heap->key[c] < least;
                at = less ? c : at;
                least = less ? heap->key[c] : least;
            }
        } else {
            for (uint32_t c = child + 1; c < child + there; c++) {
                at = heap->key[c] < heap->key[at] ? c : at;
            }
            least = heap->key[at];
        }
        if (key < least) {
            break;
        }
        heap->key[i] = least;
        i = at;
    }
    heap->key[i] = key;
}

static inline void heap_push(struct heap *heap, tbs_uint128 key, uint32_t ways)
{
    uint32_t i = heap->count++;

    for (; i > 0 && key < heap->key[(i - 1) / ways]; i = (i - 1) / ways) {
        heap->key[i] = heap->key[(i - 1) / ways];
    }
    heap->key[i] = key;
}

static inline void heap2_replace(struct heap *heap, uint32_t item, int64_t at_us)
{
    heap_sink(heap, tbs_tree_key(at_us, 0, item), 2);
}

static inline void heap4_replace(struct heap *heap, uint32_t item, int64_t at_us)
{
    heap_sink(heap, tbs_tree_key(at_us, 0, item), 4);
}

static struct heap heap_begin(uint32_t n, uint32_t ways)
{
    struct heap heap = {.key = malloc(n * sizeof *heap.key)};

    delays_draw(0);
    for (uint32_t i = 0; i < n; i++) {
        heap_push(&heap, tbs_tree_key(delay_us[i % BATCH] + i, 0, i), ways);
    }
    return heap;
}

static void kernel_heap(struct tb_bench *b)
{
    struct heap heap = heap_begin((uint32_t)tb_bench_arg(b), 2);

    HOLD(&heap, heap_first_at_us, heap_first, heap2_replace);
    free(heap.key);
}

static void kernel_heap4(struct tb_bench *b)
{
    struct heap heap = heap_begin((uint32_t)tb_bench_arg(b), 4);

    HOLD(&heap, heap_first_at_us, heap_first, heap4_replace);
    free(heap.key);
}

/* ---- random draws --------------------------------------------------------------------------- */

static int64_t drawn_us[BATCH];

/* One by one from a stream. */
#define DRAW(name, type, draw)                                                                    \
    static void name(struct tb_bench *b)                                                          \
    {                                                                                             \
        struct tbs_random random;                                                                 \
        type sum = 0;                                                                             \
        tbs_random_open(&random, tbs_key(1, TBS_TEST, 0, 0));                                     \
        while (tb_bench_next(b, BATCH)) {                                                         \
            for (int i = 0; i < BATCH; i++) {                                                     \
                sum += draw(&random);                                                             \
            }                                                                                     \
        }                                                                                         \
        tb_bench_label(b, "mean %.4g", (double)sum / (double)tb_bench_iterations(b));             \
    }
DRAW(random_u64, uint64_t, tbs_random_u64)
DRAW(random_exp, double, tbs_exponential)
DRAW(random_normal, double, tbs_normal)

static void random_lognormal(struct tb_bench *b)
{
    struct tbs_distribution d;
    struct tbs_random random;
    int64_t sum = 0;

    tbs_distribution_make(&d, TBS_LOGNORMAL, 840e6, 0.8);
    tbs_random_open(&random, tbs_key(1, TBS_TEST, 0, 0));
    while (tb_bench_next(b, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            sum += tbs_draw_us(&d, &random);
        }
    }
    tb_bench_label(b, "mean %.1f s", (double)sum / (double)tb_bench_iterations(b) / 1e6);
}

/* Many by index. */
static void fill(struct tb_bench *b, enum tbs_distribution_kind kind)
{
    struct tbs_distribution d;
    uint64_t hash = 0;

    tbs_distribution_make(&d, kind, 840e6, 0.8);
    for (uint64_t index = 0; tb_bench_next(b, BATCH); index += BATCH) {
        tbs_fill_at_us(&d, tbs_key(1, TBS_TEST, 0, 0), index, drawn_us, BATCH);
        hash = index == 0 ? hash_next(hash, drawn_us[BATCH - 1], 0) : hash;
        tb_bench_keep(drawn_us);
    }
    tb_bench_label(b, "hash of the first %016" PRIx64, hash);
}

static void random_lognormal_batch(struct tb_bench *b) { fill(b, TBS_LOGNORMAL); }
static void random_exp_batch(struct tb_bench *b) { fill(b, TBS_EXPONENTIAL); }

static void random_fill(struct tb_bench *b)
{
    for (uint64_t index = 0; tb_bench_next(b, BATCH); index += BATCH) {
        tbs_random_fill_at(tbs_key(1, TBS_TEST, 0, 0), index, (uint64_t *)drawn_us, BATCH);
        tb_bench_keep(drawn_us);
    }
}

static void random_at(struct tb_bench *b)
{
    uint64_t sum = 0, index = 0;

    while (tb_bench_next(b, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            sum += tbs_random_at(tbs_key(1, TBS_TEST, 0, 0), index++);
        }
    }
    tb_bench_keep(&sum);
}

static void random_across(struct tb_bench *b)
{
    for (uint64_t index = 0; tb_bench_next(b, BATCH); index++) {
        tbs_random_across(tbs_key(1, TBS_TEST, 0, 0), index, (uint64_t *)drawn_us, BATCH);
        tb_bench_keep(drawn_us);
    }
}

/* ---- arrivals ------------------------------------------------------------------------------- */

enum { HALLS = 58, INTERVALS = 16, DAY_ROOM = 2048 };

/* The peer year's day: all halls; an item is a visitor. With services: everything that is drawn
 * for a visitor of the peer year. */
static void day_of_halls(struct tb_bench *b, bool services)
{
    static const double weight[INTERVALS] = {.5, .9, 1.3, 1.5, 1.5, 1.4, 1.1, .8,
                                             .7, .9, 1.1, 1.2, 1.1, .9,  .7,  .4};
    static int64_t at_us[DAY_ROOM], service_us[DAY_ROOM];
    int64_t edge_us[INTERVALS + 1], visitors = 0;
    struct tbs_profile profile;
    struct tbs_distribution d;
    uint64_t hash = 0;

    for (int i = 0; i <= INTERVALS; i++) {
        edge_us[i] = (18 + i) * 1800000000ll;
    }
    tbs_profile_make(&profile, INTERVALS, edge_us, weight);
    tbs_distribution_make(&d, TBS_LOGNORMAL, 840e6, 0.8);
    for (uint64_t day = 0; tb_bench_next(b, 1); day++) {
        for (uint64_t hall = 0; hall < HALLS; hall++) {
            const double x = ((double)hall + 0.5) / HALLS;
            struct tbs_arrivals arrivals;
            tbs_arrivals_begin(&arrivals, &profile, tbs_key(1, TBS_ARRIVAL, hall, 0), day << 20,
                               0, 94.0 * (0.3 + 3.2 * x * x * x));
            const size_t count = tbs_arrivals_next(&arrivals, at_us, DAY_ROOM);
            if (services) {
                tbs_fill_at_us(&d, tbs_key(1, TBS_SERVICE, hall, 0), day << 20, service_us,
                               count);
                tb_bench_keep(service_us);
            }
            visitors += (int64_t)count;
            hash = day == 0 ? hash_next(hash, at_us[count - 1], (uint32_t)count) : hash;
        }
    }
    tb_bench_items_set(b, visitors);
    tb_bench_label(b, "hash of the first day %016" PRIx64, hash);
}

static void arrivals_day(struct tb_bench *b) { day_of_halls(b, false); }
static void arrivals_services_day(struct tb_bench *b) { day_of_halls(b, true); }

/* ---- statistics ----------------------------------------------------------------------------- */

static struct tbs_histogram histograms[2];

static void waits_draw(void)
{
    struct tbs_distribution d;

    tbs_distribution_make(&d, TBS_LOGNORMAL, 180e6, 1.5);
    tbs_fill_at_us(&d, tbs_key(1, TBS_TEST, 0, 0), 0, drawn_us, BATCH);
    tbs_histogram_clear(&histograms[0]);
    tbs_histogram_clear(&histograms[1]);
}

static void histogram_add(struct tb_bench *b)
{
    waits_draw();
    while (tb_bench_next(b, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            tbs_histogram_add(&histograms[0], drawn_us[i]);
        }
    }
    tb_bench_label(b, "p90 %.0f s",
                   (double)tbs_histogram_quantile_us(&histograms[0], 0.9) / 1e6);
}

static void histogram_merge(struct tb_bench *b)
{
    waits_draw();
    for (int i = 0; i < BATCH; i++) {
        tbs_histogram_add(&histograms[1], drawn_us[i]);
    }
    while (tb_bench_next(b, 1)) {
        tbs_histogram_merge(&histograms[0], &histograms[1]);
    }
}

#define SIZES {2, 8, 16, 58, 300, 4096, 65536}
static const struct tb_bench_spec specs[] = {
    {.name = "kernel_heap", .run = kernel_heap, .args = SIZES},
    {.name = "kernel_heap4", .run = kernel_heap4, .args = SIZES},
    {.name = "kernel_tree", .run = kernel_tree, .args = SIZES, .against = "kernel_heap",
     .ratio_min = 1.0},
    {.name = "kernel_queue", .run = kernel_queue, .args = SIZES, .against = "kernel_heap",
     .ratio_min = 1.0},
    {.name = "random_u64", .run = random_u64},
    {.name = "random_fill", .run = random_fill},
    {.name = "random_at", .run = random_at},
    {.name = "random_across", .run = random_across},
    {.name = "random_exp", .run = random_exp},
    {.name = "random_exp_batch", .run = random_exp_batch},
    {.name = "random_normal", .run = random_normal},
    {.name = "random_lognormal", .run = random_lognormal},
    {.name = "random_lognormal_batch", .run = random_lognormal_batch},
    {.name = "arrivals_day", .run = arrivals_day},
    {.name = "arrivals_services_day", .run = arrivals_services_day},
    {.name = "histogram_add", .run = histogram_add},
    {.name = "histogram_merge", .run = histogram_merge},
};
TB_BENCH_REGISTER(specs)
