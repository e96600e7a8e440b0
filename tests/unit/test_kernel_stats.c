/* Histograms, moments, levels, batches, censored durations. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/distribution.h"
#include "kernel/stats.h"
#include "kernel/survival.h"

/* ---- histogram ------------------------------------------------------------------------------ */

Test(kernel_histogram, buckets_cover_everything_without_gap_or_overlap)
{
    int64_t next = 0;

    for (uint32_t i = 0; i < TBS_HISTOGRAM_BUCKETS; i++) {
        const int64_t from = tbs_histogram_from_us(i), width = tbs_histogram_width_us(i);
        cr_assert_eq(from, next, "bucket %u", i);
        cr_assert_eq(tbs_histogram_bucket(from), i);
        cr_assert_eq(tbs_histogram_bucket(from + (width - 1)), i);
        next = (int64_t)((uint64_t)from + (uint64_t)width);
    }
    cr_assert_eq((uint64_t)next, (uint64_t)1 << 63, "all of int64_t");
    cr_assert_eq(tbs_histogram_bucket(INT64_MAX), TBS_HISTOGRAM_BUCKETS - 1);
}

/* A histogram with one value in the middle of others can't cut to its least or greatest. */
static int64_t middle_of(int64_t us)
{
    static struct tbs_histogram h;

    tbs_histogram_clear(&h);
    tbs_histogram_add(&h, 0);
    tbs_histogram_add(&h, us);
    tbs_histogram_add(&h, INT64_MAX);
    return tbs_histogram_quantile_us(&h, 0.5);
}

Test(kernel_histogram, error_is_below_what_is_stated_over_the_whole_range)
{
    double worst = 0.0;

    for (double x = 1.0; x < 0x1p63 * 0.999; x *= 1.013) {
        const int64_t us = (int64_t)x;
        worst = fmax(worst, fabs((double)middle_of(us) / (double)us - 1.0));
    }
    for (int shift = 7; shift < 63; shift++)
        for (int64_t off = -1; off <= 1; off++) {
            const int64_t us = ((int64_t)1 << shift) + off;
            worst = fmax(worst, fabs((double)middle_of(us) / (double)us - 1.0));
        }
    cr_assert_leq(worst, 1.0 / 128);
    cr_assert_gt(worst, 0.9 / 128, "the search found the bad places");
    for (int64_t us = 0; us < 128; us++)
        cr_assert_eq(middle_of(us), us);
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

Test(kernel_histogram, quantiles_are_near_the_order_statistics)
{
    enum { MANY = 20000 };
    static int64_t us[MANY];
    static struct tbs_histogram h;
    struct tbs_distribution d;
    double sum = 0.0;

    cr_assert(tbs_distribution_make(&d, TBS_LOGNORMAL, 840e6, 0.8));
    tbs_fill_at_us(&d, tbs_key(1, TBS_TEST, 0, 0), 0, us, MANY);
    tbs_histogram_clear(&h);
    for (int i = 0; i < MANY; i++) {
        tbs_histogram_add(&h, us[i]);
        sum += (double)us[i];
    }
    qsort(us, MANY, sizeof *us, ascending);
    for (int percent = 0; percent <= 100; percent++) {
        const int rank = percent == 0 ? 1 : (int)ceil(percent / 100.0 * MANY);
        const double exact = (double)us[rank - 1];
        const double seen = (double)tbs_histogram_quantile_us(&h, percent / 100.0);
        cr_assert_leq(fabs(seen / exact - 1), 1.0 / 128, "%d%%", percent);
    }
    cr_assert_eq(tbs_histogram_quantile_us(&h, 0), us[0]);
    cr_assert_eq(tbs_histogram_quantile_us(&h, 1), us[MANY - 1]);
    cr_assert_float_eq(tbs_histogram_mean_us(&h), sum / MANY, 1e-6 * sum / MANY);
    cr_assert_eq(h.min_us, us[0]);
    cr_assert_eq(h.max_us, us[MANY - 1]);
    cr_assert_float_eq(tbs_histogram_at_most(&h, us[MANY / 2]), MANY / 2, MANY * 0.01);
    cr_assert_eq(tbs_histogram_at_most(&h, us[0] - 1), 0.0);
    cr_assert_eq(tbs_histogram_at_most(&h, INT64_MAX), MANY);
}

Test(kernel_histogram, empty)
{
    static struct tbs_histogram h;

    tbs_histogram_clear(&h);
    cr_assert_eq(tbs_histogram_quantile_us(&h, 0.5), -1);
    cr_assert_eq(tbs_histogram_mean_us(&h), 0.0);
    cr_assert_eq(tbs_histogram_at_most(&h, 10), 0.0);
}

/* The same values in one, or in parts that are merged in another order and grouping. */
Test(kernel_histogram, merging_gives_the_same_bytes_in_any_order)
{
    enum { PARTS = 5, MANY = 10000 };
    static struct tbs_histogram whole, part[PARTS], left, right, all;
    struct tbs_random random;

    tbs_histogram_clear(&whole);
    tbs_histogram_clear(&left);
    tbs_histogram_clear(&right);
    tbs_histogram_clear(&all);
    for (int p = 0; p < PARTS; p++)
        tbs_histogram_clear(&part[p]);
    tbs_random_open(&random, tbs_key(2, TBS_TEST, 0, 0));
    for (int i = 0; i < MANY; i++) {
        const int64_t us = (int64_t)(tbs_random_u64(&random) >> (1 + i % 60));
        tbs_histogram_add(&whole, us);
        tbs_histogram_add(&part[i % (PARTS - 1)], us); /* the last stays empty */
    }
    for (int p = 0; p < PARTS; p++)
        tbs_histogram_merge(&left, &part[p]);
    tbs_histogram_merge(&right, &part[3]);
    tbs_histogram_merge(&right, &part[1]);
    tbs_histogram_merge(&all, &part[4]);
    tbs_histogram_merge(&all, &part[0]);
    tbs_histogram_merge(&all, &part[2]);
    tbs_histogram_merge(&right, &all);
    cr_assert_arr_eq(&left, &whole, sizeof whole);
    cr_assert_arr_eq(&right, &whole, sizeof whole);
}

Test(kernel_histogram, a_negative_duration_stops_the_program, .signal = 6)
{
    static struct tbs_histogram h;

    tbs_histogram_clear(&h);
    tbs_histogram_add(&h, -1);
}

/* ---- moments -------------------------------------------------------------------------------- */

Test(kernel_moments, by_hand)
{
    struct tbs_moments m = {0};

    cr_assert_eq(tbs_moments_mean(&m), 0.0);
    cr_assert_eq(tbs_moments_variance(&m), 0.0);
    for (int64_t v = 1; v <= 4; v++)
        tbs_moments_add(&m, v * v - 10); /* -9 -6 -1 6 */
    cr_assert_float_eq(tbs_moments_mean(&m), -2.5, 1e-15);
    cr_assert_float_eq(tbs_moments_variance(&m), 129.0 / 3, 1e-12);
}

Test(kernel_moments, no_digits_are_lost_far_from_zero)
{
    struct tbs_moments m = {0};
    const int64_t base = 1795564800000000; /* an instant of 2026 */

    for (int i = 0; i < 1000; i++)
        tbs_moments_add(&m, base + i % 2);
    cr_assert_float_eq(tbs_moments_variance(&m), 0.25 * 1000 / 999, 1e-12);
    m = (struct tbs_moments){0};
    for (int i = 0; i < 1000; i++)
        tbs_moments_add(&m, -base + i % 2);
    cr_assert_float_eq(tbs_moments_variance(&m), 0.25 * 1000 / 999, 1e-12);
}

Test(kernel_moments, merging_gives_the_same_bytes)
{
    struct tbs_moments whole = {0}, part[3] = {{0}}, merged = {0};
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(3, TBS_TEST, 0, 0));
    for (int i = 0; i < 1000; i++) {
        const int64_t v = (int64_t)(tbs_random_u64(&random) >> 24) - ((int64_t)1 << 39);
        tbs_moments_add(&whole, v);
        tbs_moments_add(&part[i % 3], v);
    }
    for (int p = 2; p >= 0; p--)
        tbs_moments_merge(&merged, &part[p]);
    cr_assert_eq(merged.count, whole.count);
    cr_assert(merged.sum == whole.sum && merged.square_sum == whole.square_sum);
}

/* ---- levels --------------------------------------------------------------------------------- */

Test(kernel_level, integral_by_hand)
{
    struct tbs_level level, other;

    tbs_level_begin(&level, 100, 2);
    tbs_level_change(&level, 110, 3);  /* 2 for 10 */
    tbs_level_set(&level, 110, 1);     /* 5 for no time */
    tbs_level_change(&level, 140, -1); /* 1 for 30 */
    tbs_level_advance(&level, 150);    /* 0 for 10 */
    cr_assert(level.integral == 50);
    cr_assert_eq(level.max, 5);
    cr_assert_float_eq(tbs_level_mean(&level), 1.0, 1e-15);

    tbs_level_begin(&other, 0, 7);
    tbs_level_advance(&other, 50);
    tbs_level_merge(&level, &other);
    cr_assert_float_eq(tbs_level_mean(&level), 4.0, 1e-15);
    cr_assert_eq(level.max, 7);

    tbs_level_set(&other, 60, 9);
    tbs_level_restart(&other, 70);
    cr_assert_eq(tbs_level_mean(&other), 0.0);
    tbs_level_advance(&other, 80);
    cr_assert_float_eq(tbs_level_mean(&other), 9.0, 1e-15);
}

Test(kernel_level, time_that_goes_backwards_stops_the_program, .signal = 6)
{
    struct tbs_level level;

    tbs_level_begin(&level, 100, 2);
    tbs_level_advance(&level, 99);
}

/* ---- batches -------------------------------------------------------------------------------- */

Test(kernel_batches, halves_keep_the_mean_of_what_they_hold)
{
    struct tbs_batches batches;
    double mean[TBS_BATCHES_MAX];

    for (int values = 0; values < 5000; values += 7) {
        tbs_batches_begin(&batches, 3);
        for (int v = 0; v < values; v++)
            tbs_batches_add(&batches, v);
        const size_t count = tbs_batches_means(&batches, mean);
        cr_assert_lt(count, TBS_BATCHES_MAX);
        cr_assert(values < 3 * 64 || count >= TBS_BATCHES_MAX / 2);
        cr_assert_lt(values - (int)(count * batches.size), (int)batches.size);
        for (size_t b = 0; b < count; b++)
            cr_assert_float_eq(mean[b], b * batches.size + (batches.size - 1) / 2.0, 1e-9);
    }
}

/* ---- censored durations --------------------------------------------------------------------- */

/* The data of Kaplan and Meier's own kind: deaths at 3, 5, 5, 8, 12; lost at 4, 5, 9, 15, by hand:
 * n = 9: S(3) = 8/9; at 5, 7 at risk: x 5/7; at 8, 4 at risk: x 3/4; at 12, 2 at risk: x 1/2. */
static void by_hand(struct tbs_survival *s)
{
    static const struct { int64_t us; bool happened; } rows[] = {
        {3, true}, {4, false}, {5, true}, {5, false}, {5, true},
        {8, true}, {9, false}, {12, true}, {15, false},
    };

    tbs_survival_clear(s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        tbs_survival_add(s, rows[i].us, rows[i].happened);
}

Test(kernel_survival, product_limit_by_hand)
{
    static struct tbs_survival s;
    const double s3 = 8.0 / 9, s5 = s3 * 5 / 7, s8 = s5 * 3 / 4, s12 = s8 / 2;

    by_hand(&s);
    cr_assert_eq(tbs_survival_beyond(&s, 2), 1.0);
    cr_assert_float_eq(tbs_survival_beyond(&s, 3), s3, 1e-15);
    cr_assert_float_eq(tbs_survival_beyond(&s, 4), s3, 1e-15);
    cr_assert_float_eq(tbs_survival_beyond(&s, 5), s5, 1e-15);
    cr_assert_float_eq(tbs_survival_beyond(&s, 11), s8, 1e-15);
    cr_assert_float_eq(tbs_survival_beyond(&s, 1000), s12, 1e-15);
    cr_assert_float_eq(tbs_survival_error(&s, 8),
                       s8 * sqrt(1.0 / (9 * 8) + 2.0 / (7 * 5) + 1.0 / (4 * 3)), 1e-15);
    cr_assert_eq(tbs_survival_quantile_us(&s, 0.1), 3);
    cr_assert_eq(tbs_survival_quantile_us(&s, 0.5), 8);
    cr_assert_eq(tbs_survival_quantile_us(&s, 0.7), 12);
    cr_assert_eq(tbs_survival_quantile_us(&s, 0.9), -1, "too many were lost to tell");
    cr_assert_float_eq(tbs_survival_mean_us(&s, 12), 3 + s3 * 2 + s5 * 3 + s8 * 4, 1e-12);
    cr_assert_float_eq(tbs_survival_exponential_mean_us(&s), 66.0 / 5, 1e-12);
}

Test(kernel_survival, without_censoring_it_is_the_plain_share)
{
    static struct tbs_survival s;

    tbs_survival_clear(&s);
    cr_assert_eq(tbs_survival_beyond(&s, 5), 1.0);
    for (int64_t us = 1; us <= 100; us++)
        tbs_survival_add(&s, us, true);
    for (int64_t us = 0; us <= 100; us++)
        cr_assert_float_eq(tbs_survival_beyond(&s, us), 1 - us / 100.0, 1e-12);
    cr_assert_eq(tbs_survival_quantile_us(&s, 0.25), 25);
}

/* Patience seen through waits: most are served before they lose it, and the law is found. */
Test(kernel_survival, finds_the_law_behind_heavy_censoring)
{
    static struct tbs_survival s, half[2];
    struct tbs_random random;
    enum { MANY = 200000 };

    tbs_random_open(&random, tbs_key(4, TBS_TEST, 0, 0));
    tbs_survival_clear(&half[0]);
    tbs_survival_clear(&half[1]);
    tbs_survival_clear(&s);
    for (int i = 0; i < MANY; i++) {
        const double patience = 30 * 60e6 * tbs_exponential(&random);
        const double wait = 10 * 60e6 * tbs_exponential(&random);
        const int64_t us = tbs_us_nearest(fmin(patience, wait));
        tbs_survival_add(&s, us, patience <= wait);
        tbs_survival_add(&half[i % 2], us, patience <= wait);
    }
    for (int minutes = 5; minutes <= 30; minutes += 5) {
        const int64_t us = minutes * 60000000ll;
        const double error = tbs_survival_error(&s, us);
        cr_assert_lt(error, 0.01);
        /* Buckets move instants by up to 0.8%. */
        cr_assert_lt(fabs(tbs_survival_beyond(&s, us) - exp(-minutes / 30.0)),
                     4 * error + 0.008 * minutes / 30.0, "%d min", minutes);
    }
    cr_assert_float_eq(tbs_survival_exponential_mean_us(&s) / (30 * 60e6), 1,
                       4 / sqrt(MANY / 4));
    tbs_survival_merge(&half[0], &half[1]);
    cr_assert_arr_eq(&half[0], &s, sizeof s);
}
