/* Arrivals of a day: their numbers, their profile, their order. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/arrival.h"
#include "kernel/law.h"

enum { INTERVALS = 16, ROOM = 100000 };
static const int64_t HALF_HOUR_US = 1800000000;
static const double weight[INTERVALS] = {.5, .9, 1.3, 1.5, 1.5, 1.4, 1.1, .8,
                                         .7, .9, 1.1, 1.2, 1.1, .9,  .7,  .4};
/* On the heap: large static arrays cost every test of the program, whose leak check reads them. */
static int64_t *at_us;

static void room_make(void)
{
    at_us = calloc(ROOM, sizeof *at_us);
}

static void room_free(void)
{
    free(at_us);
}

TestSuite(kernel_arrival, .init = room_make, .fini = room_free);

static struct tbs_profile half_hours(void)
{
    struct tbs_profile profile;
    int64_t edge_us[INTERVALS + 1];

    for (int i = 0; i <= INTERVALS; i++)
        edge_us[i] = (18 + i) * HALF_HOUR_US;
    cr_assert(tbs_profile_make(&profile, INTERVALS, edge_us, weight));
    return profile;
}

static size_t day(const struct tbs_profile *profile, uint64_t hall, uint64_t number,
                  double expected)
{
    struct tbs_arrivals arrivals;

    tbs_arrivals_begin(&arrivals, profile, tbs_key(1, TBS_ARRIVAL, hall, 0), number << 20, 0,
                       expected);
    return tbs_arrivals_next(&arrivals, at_us, ROOM);
}

Test(kernel_arrival, numbers_and_profile_are_as_expected)
{
    const struct tbs_profile profile = half_hours();
    const double expected = 100.0;
    enum { DAYS = 4000 };
    double in[INTERVALS] = {0}, sum = 0.0, square = 0.0, of_profile = 0.0, of_all = 0.0;

    for (int d = 0; d < DAYS; d++) {
        const size_t count = day(&profile, 0, (uint64_t)d, expected);
        for (size_t i = 0; i < count; i++) {
            cr_assert(i == 0 || at_us[i] >= at_us[i - 1]);
            in[at_us[i] / HALF_HOUR_US - 18]++;
        }
        sum += (double)count;
        square += ((double)count - expected) * ((double)count - expected);
    }
    cr_assert_lt(fabs(sum - DAYS * expected), 4 * sqrt(DAYS * expected));
    /* A Poisson number: variance = mean. */
    cr_assert_lt(fabs(square / DAYS / expected - 1), 4 * sqrt(2.0 / DAYS));
    for (int i = 0; i < INTERVALS; i++)
        of_all += weight[i];
    for (int i = 0; i < INTERVALS; i++) {
        const double wanted = DAYS * expected * weight[i] / of_all;
        of_profile += (in[i] - wanted) * (in[i] - wanted) / wanted;
    }
    cr_assert_gt(tbs_chi_square_above(of_profile, INTERVALS), 1e-3);
}

Test(kernel_arrival, uniform_within_an_interval)
{
    const struct tbs_profile profile = half_hours();
    uint64_t cell[60] = {0};
    double all = 0.0, square = 0.0;

    for (uint64_t d = 0; d < 2000; d++) {
        const size_t count = day(&profile, 1, d, 300);
        for (size_t i = 0; i < count; i++)
            cell[at_us[i] % HALF_HOUR_US / (HALF_HOUR_US / 60)]++;
        all += (double)count;
    }
    for (int i = 0; i < 60; i++)
        square += (cell[i] - all / 60) * (cell[i] - all / 60) / (all / 60);
    cr_assert_gt(tbs_chi_square_above(square, 59), 1e-3);
}

Test(kernel_arrival, a_day_is_the_same_whatever_the_capacity)
{
    const struct tbs_profile profile = half_hours();

    for (uint64_t d = 0; d < 50; d++) {
        const size_t count = day(&profile, 2, d, d * 5.0);
        struct tbs_arrivals arrivals;
        int64_t piece[7];
        size_t seen = 0, now;

        tbs_arrivals_begin(&arrivals, &profile, tbs_key(1, TBS_ARRIVAL, 2, 0), d << 20, 1000,
                           d * 5.0);
        do {
            now = tbs_arrivals_next(&arrivals, piece, 7);
            for (size_t i = 0; i < now; i++)
                cr_assert_eq(piece[i], at_us[seen++] + 1000);
        } while (now == 7);
        cr_assert_eq(seen, count);
    }
}

Test(kernel_arrival, closed_intervals_stay_empty)
{
    const int64_t edge_us[] = {0, 10, 20, 21, 30, 40};
    struct tbs_profile profile;

    cr_assert(tbs_profile_make(&profile, 5, edge_us, (double[]){0, 1, 0, 1, 0}));
    const size_t count = day(&profile, 3, 0, 50000);
    cr_assert_gt(count, 49000);
    uint64_t seen[40] = {0};
    for (size_t i = 0; i < count; i++)
        seen[at_us[i]]++;
    for (int us = 0; us < 40; us++)
        cr_assert_eq(seen[us] > 0, (us >= 10 && us < 20) || (us >= 21 && us < 30), "at %d", us);
    cr_assert_float_eq(tbs_profile_share(&profile, 0, 40), 1.0, 1e-12);
    cr_assert_float_eq(tbs_profile_share(&profile, 15, 21), 0.25, 1e-12);
}

Test(kernel_arrival, many_edges_in_one_slot)
{
    int64_t edge_us[TBS_PROFILE_INTERVALS_MAX + 1];
    double one[TBS_PROFILE_INTERVALS_MAX];
    struct tbs_profile profile;
    uint64_t seen[TBS_PROFILE_INTERVALS_MAX] = {0};

    /* Nearly everything comes in the first interval, so most edges share a slot. */
    for (int i = 0; i < TBS_PROFILE_INTERVALS_MAX; i++) {
        edge_us[i] = i * 1000;
        one[i] = i == 0 ? 1000 : 1;
    }
    edge_us[TBS_PROFILE_INTERVALS_MAX] = TBS_PROFILE_INTERVALS_MAX * 1000;
    cr_assert(tbs_profile_make(&profile, TBS_PROFILE_INTERVALS_MAX, edge_us, one));
    for (uint64_t d = 0; d < 10; d++) {
        const size_t count = day(&profile, 4, d, 1095 * 10);
        for (size_t i = 0; i < count; i++)
            seen[at_us[i] / 1000]++;
    }
    cr_assert_lt(fabs(seen[0] - 100000.0), 4 * sqrt(100000.0));
    for (int i = 1; i < TBS_PROFILE_INTERVALS_MAX; i++)
        cr_assert_lt(fabs(seen[i] - 100.0), 5 * sqrt(100.0), "interval %d: %lu", i, seen[i]);
}

Test(kernel_arrival, nobody_expected_nobody_comes)
{
    const struct tbs_profile profile = half_hours();

    cr_assert_eq(day(&profile, 5, 0, 0.0), 0);
}

Test(kernel_arrival, profiles_that_make_no_sense_are_refused)
{
    struct tbs_profile profile;
    const int64_t edge_us[] = {0, 10, 10};

    cr_assert_not(tbs_profile_make(&profile, 2, edge_us, (double[]){1, 1}));
    cr_assert_not(tbs_profile_make(&profile, 1, edge_us, (double[]){-1}));
    cr_assert_not(tbs_profile_make(&profile, 1, edge_us, (double[]){0}));
    cr_assert_not(tbs_profile_make(&profile, 1, edge_us, (double[]){NAN}));
    cr_assert_not(tbs_profile_make(&profile, 0, edge_us, (double[]){1}));
    cr_assert_not(tbs_profile_make(&profile, 1000, edge_us, (double[]){1}));
}
