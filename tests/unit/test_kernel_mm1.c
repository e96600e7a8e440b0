/* The parts together: M/M/1 with events gives every customer the wait of Lindley's recursion, to
 * the microsecond, and the mean wait of theory within its interval. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/distribution.h"
#include "kernel/interval.h"
#include "kernel/queue.h"
#include "kernel/stats.h"
#include "kernel/theory.h"

enum { CUSTOMERS = 400000, DEPARTURE = 0, ARRIVAL = 1 };

/* On the heap: large static arrays cost every test of the program, whose leak check reads them. */
static int64_t *at_us, *service_us, *wait_us;

static void customers_make(void)
{
    at_us = calloc(3 * CUSTOMERS, sizeof *at_us);
    service_us = at_us + CUSTOMERS;
    wait_us = service_us + CUSTOMERS;
}

static void customers_free(void)
{
    free(at_us);
}

TestSuite(kernel_mm1, .init = customers_make, .fini = customers_free);

/* Instants in whole steps of step_us, so that with large ones many events are simultaneous. */
static void customers_draw(double load, int64_t step_us)
{
    struct tbs_distribution gap, service;

    cr_assert(tbs_distribution_make(&gap, TBS_EXPONENTIAL, 1e6 / load, 1));
    cr_assert(tbs_distribution_make(&service, TBS_EXPONENTIAL, 1e6, 1));
    tbs_fill_at_us(&gap, tbs_key(1, TBS_ARRIVAL, 0, 0), 0, at_us, CUSTOMERS);
    tbs_fill_at_us(&service, tbs_key(1, TBS_SERVICE, 0, 0), 0, service_us, CUSTOMERS);
    for (int i = 0; i < CUSTOMERS; i++) {
        at_us[i] = at_us[i] / step_us * step_us + (i > 0 ? at_us[i - 1] : 0);
        service_us[i] = service_us[i] / step_us * step_us;
    }
}

static void begin_service(struct tbs_queue *queue, int64_t now_us, uint32_t customer)
{
    wait_us[customer] = now_us - at_us[customer];
    tbs_queue_push(queue, now_us + service_us[customer], DEPARTURE, customer);
}

static void simulate(void)
{
    _Alignas(16) unsigned char memory[256];
    struct tbs_queue queue;
    uint32_t next = 0, end = 0; /* of the line: customers next .. end - 1 wait */
    bool busy = false;

    tbs_queue_init(&queue, memory, 2);
    tbs_queue_push(&queue, at_us[0], ARRIVAL, 0);
    while (queue.count > 0) {
        const struct tbs_event event = tbs_queue_pop(&queue);
        if (event.rank == DEPARTURE) {
            busy = false;
        } else {
            end++;
            if (end < CUSTOMERS)
                tbs_queue_push(&queue, at_us[end], ARRIVAL, end);
        }
        if (!busy && next < end) {
            begin_service(&queue, event.at_us, next++);
            busy = true;
        }
    }
}

Test(kernel_mm1, every_wait_is_that_of_the_recursion)
{
    static const int64_t steps_us[] = {1, 250000};

    for (int s = 0; s < 2; s++) {
        int64_t wanted_us = 0;
        customers_draw(0.9, steps_us[s]);
        simulate();
        for (int i = 0; i < CUSTOMERS; i++) {
            cr_assert_eq(wait_us[i], wanted_us, "customer %d", i);
            if (i + 1 < CUSTOMERS)
                wanted_us += service_us[i] - (at_us[i + 1] - at_us[i]);
            wanted_us = wanted_us < 0 ? 0 : wanted_us;
        }
    }
}

Test(kernel_mm1, mean_wait_is_that_of_theory)
{
    struct tbs_batches batches;
    double mean[TBS_BATCHES_MAX];

    customers_draw(0.8, 1);
    simulate();
    tbs_batches_begin(&batches, 1);
    for (int i = 0; i < CUSTOMERS; i++)
        tbs_batches_add(&batches, wait_us[i]);
    const size_t n = tbs_batches_means(&batches, mean);
    const struct tbs_interval i = tbs_interval_batches(mean, n, 0.999);
    cr_assert_eq(i.flags, 0);
    cr_assert_lt(tbs_interval_relative(i), 0.1);
    cr_assert_lt(fabs(i.value / 1e6 - tbs_mmc_wait_mean(0.8, 1, 1)), i.half_width / 1e6);
}
