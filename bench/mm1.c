/* mm1.c: M/M/1 at load 0.9 on the bare kernel, the model that simulators are compared by.
 *
 * mm1 has an event list, random streams for arrivals and services, a line of waiting customers, and
 * a histogram of all waits. An item is a customer: two events, two draws, one statistic.
 * mm1_lindley gives the same customers their waits by the recursion, without events: the floor.
 * The label holds the sum of all waits in microseconds, which must be the same for both (for the
 * same number of customers), and the mean wait, 9 service times in theory. */
#include <inttypes.h>

#include "kernel/distribution.h"
#include "kernel/histogram.h"
#include "kernel/queue.h"
#include "shim.h"

enum {
    BATCH = 1 << 14,
    LINE = 1 << 16, /* longest line; at load 0.9 it is never seen */
};

/* Simultaneous events: a service ends before the next customer comes. */
enum { DEPARTURE, ARRIVAL };

static const double SERVICE_US = 1e6, GAP_US = 1e6 / 0.9;

static struct {
    struct tbs_queue queue;
    struct tbs_random arrival, service;
    struct tbs_histogram wait;
    uint32_t first, end; /* of the line; the first is in service */
    _Alignas(16) unsigned char memory[128];
    int64_t line_at_us[LINE];
} sim;

static void customers_begin(void)
{
    tbs_random_open(&sim.arrival, tbs_key(1, TBS_ARRIVAL, 0, 0));
    tbs_random_open(&sim.service, tbs_key(1, TBS_SERVICE, 0, 0));
    tbs_histogram_clear(&sim.wait);
    sim.first = sim.end = 0;
}

static inline int64_t gap_us(void)
{
    return tbs_us_nearest(GAP_US * tbs_exponential(&sim.arrival));
}

static inline int64_t service_us(void)
{
    return tbs_us_nearest(SERVICE_US * tbs_exponential(&sim.service));
}

static void arrive(int64_t now_us)
{
    tbs_queue_replace(&sim.queue, now_us + gap_us(), ARRIVAL, ARRIVAL);
    tbs_assert(sim.end - sim.first < LINE);
    sim.line_at_us[sim.end++ % LINE] = now_us;
    if (sim.end - sim.first == 1) {
        tbs_histogram_add(&sim.wait, 0);
        tbs_queue_push(&sim.queue, now_us + service_us(), DEPARTURE, DEPARTURE);
    }
}

static void depart(int64_t now_us)
{
    sim.first++;
    if (sim.first == sim.end) {
        tbs_queue_pop(&sim.queue);
        return;
    }
    tbs_histogram_add(&sim.wait, now_us - sim.line_at_us[sim.first % LINE]);
    tbs_queue_replace(&sim.queue, now_us + service_us(), DEPARTURE, DEPARTURE);
}

static void waits_label(struct tb_bench *b)
{
    tb_bench_label(b, "waits %" PRId64 " us, mean %.2f s", (int64_t)sim.wait.sum_us,
                   tbs_histogram_mean_us(&sim.wait) / 1e6);
}

static void mm1(struct tb_bench *b)
{
    customers_begin();
    tbs_queue_init(&sim.queue, sim.memory, 2);
    tbs_queue_push(&sim.queue, gap_us(), ARRIVAL, ARRIVAL);
    for (uint64_t due = BATCH; tb_bench_next(b, BATCH); due += BATCH) {
        while (sim.wait.count < due) {
            const struct tbs_event event = tbs_queue_first(&sim.queue);
            if (event.item == ARRIVAL) {
                arrive(event.at_us);
            } else {
                depart(event.at_us);
            }
        }
    }
    waits_label(b);
}

static void mm1_lindley(struct tb_bench *b)
{
    int64_t wait_us = 0;

    customers_begin();
    gap_us();
    while (tb_bench_next(b, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            tbs_histogram_add(&sim.wait, wait_us);
            wait_us += service_us() - gap_us();
            wait_us = wait_us < 0 ? 0 : wait_us;
        }
    }
    waits_label(b);
}

static const struct tb_bench_spec specs[] = {
    {.name = "mm1_lindley", .run = mm1_lindley},
    {.name = "mm1", .run = mm1},
};
TB_BENCH_REGISTER(specs)
