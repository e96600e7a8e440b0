/* Intervals of half hours against those of the values themselves, sample by sample. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "kernel/interval.h"
#include "model/figures.h"
#include "run/spread.h"

enum { SAMPLES = 12, SLOT = 3 };

/* Arrivals, open windows, waits and those called, as irregular as they come. */
static const uint64_t arrived[SAMPLES] = {41, 38, 55, 47, 40, 62, 35, 44, 51, 49, 37, 58};
static const uint64_t called[SAMPLES] = {40, 36, 50, 47, 39, 55, 35, 44, 48, 47, 36, 52};
static const uint64_t wait_s[SAMPLES] = {9000, 4100, 30100, 15500, 7700, 61000,
                                         2900, 9900, 22200, 18000, 3900, 47000};
static struct tb_scenario *scenario;
static struct tbs_tally *tally;

static void open_all(void)
{
    struct tb_scenario_problems problems = {0};

    scenario = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    cr_assert_not_null(scenario);
    tally = tbs_tally_create(scenario, true);
}

static void close_all(void)
{
    tbs_tally_free(tally);
    tb_scenario_free(scenario);
}

/* Draws sample i, and ends it. */
static void sample(struct tbs_spread *spread, int i)
{
    const struct tbs_spread_weight weight = {{1, 0}, {1000, 0}};
    uint64_t *n = tbs_tally_slot(tally, 0, TBS_DAY_WORKDAY, SLOT)->count;

    n[TBS_OF_SLOT_ARRIVED] += arrived[i];
    n[TBS_OF_SLOT_CALLED] += called[i];
    n[TBS_OF_SLOT_WAIT_US] += wait_s[i] * 1000000;
    n[TBS_OF_SLOT_STAFFED_US] += (uint64_t)TB_MINUTES(30) * 4; /* the same every day */
    tbs_spread_take(spread, tally, &weight);
}

static void figures(const struct tbs_spread *spread, uint32_t hall,
                    struct tbs_figure figure[TBS_SLOT_METRIC_COUNT])
{
    static const uint32_t none[TBS_BINS];
    const struct tbs_spread_weight all = {{SAMPLES, 0}, {SAMPLES * 1000, 0}};

    for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
        figure[m] = (struct tbs_figure){.value = 0, .half_width = NAN};
    tbs_spread_figures(spread, hall, TBS_DAY_WORKDAY, SLOT,
                       tbs_tally_slot(tally, 0, TBS_DAY_WORKDAY, SLOT), &all, SAMPLES, none, none,
                       0, figure);
}

Test(run_spread, half_hours_have_the_intervals_of_their_samples, .init = open_all,
     .fini = close_all)
{
    struct tbs_spread *spread = tbs_spread_create(tally);
    struct tbs_figure figure[TBS_SLOT_METRIC_COUNT];
    double x[SAMPLES], above[SAMPLES], below[SAMPLES];

    for (int i = 0; i < SAMPLES; i++) {
        sample(spread, i);
        x[i] = (double)arrived[i];
        above[i] = (double)wait_s[i];
        below[i] = (double)called[i];
    }
    const double mean = tbs_interval_mean(x, SAMPLES, 0.95).half_width;
    const double ratio = tbs_interval_ratio(above, below, SAMPLES, 0.95).half_width;
    for (uint32_t hall = 0; hall <= 1; hall++) { /* the hall, and the city of one hall */
        figures(spread, hall, figure);
        cr_expect_float_eq(figure[TBS_SLOT_ARRIVED].half_width, mean, 1e-9 * mean);
        /* The jackknife's differs in the second order only. */
        cr_expect_float_eq(figure[TBS_SLOT_WAIT_MEAN_S].half_width, ratio, 0.1 * ratio);
        cr_expect_eq(figure[TBS_SLOT_WINDOWS_OPEN].half_width, 0);
        cr_expect(isnan(figure[TBS_SLOT_UTILISATION].half_width) == false);
        cr_expect_eq(figure[TBS_SLOT_ARRIVED].n, SAMPLES);
        cr_expect_not(figure[TBS_SLOT_ARRIVED].too_few);
    }
    tbs_spread_free(spread);
}

Test(run_spread, threads_change_no_bit, .init = open_all, .fini = close_all)
{
    struct tbs_figure one[TBS_SLOT_METRIC_COUNT], two[TBS_SLOT_METRIC_COUNT];
    struct tbs_spread *spread = tbs_spread_create(tally), *other = tbs_spread_create(tally);
    struct tbs_tally *first = tally, *second = tbs_tally_create(scenario, true);

    for (int i = 0; i < SAMPLES; i++)
        sample(spread, i);
    figures(spread, 0, one);
    /* Samples in another order, in two pictures. */
    struct tbs_spread *sum = tbs_spread_create(tally), *rest = tbs_spread_create(tally);
    tally = second;
    for (int i = SAMPLES; i-- > 5;)
        sample(rest, i);
    struct tbs_tally *third = tally = tbs_tally_create(scenario, true);
    for (int i = 0; i < 5; i++)
        sample(other, i);
    tbs_spread_add(sum, rest);
    tbs_spread_add(sum, other);
    tally = first;
    figures(sum, 0, two);
    for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
        cr_expect(memcmp(&one[m].half_width, &two[m].half_width, sizeof(double)) == 0, "%d", m);
    tbs_tally_free(second);
    tbs_tally_free(third);
    tbs_spread_free(spread);
    tbs_spread_free(other);
    tbs_spread_free(sum);
    tbs_spread_free(rest);
}
