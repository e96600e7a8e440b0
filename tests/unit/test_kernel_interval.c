/* Laws, confidence intervals, comparisons, warm-up. */
#include <criterion/criterion.h>
#include <math.h>

#include "kernel/distribution.h"
#include "kernel/interval.h"
#include "kernel/law.h"
#include "kernel/stats.h"

/* ---- laws ----------------------------------------------------------------------------------- */

Test(kernel_law, t_quantiles_are_those_of_the_tables)
{
    /* p, degrees of freedom, value; the first two rows have closed forms. */
    static const double rows[][3] = {
        {0.975, 1, 12.706204736174694},  {0.975, 2, 4.302652729749464},
        {0.975, 3, 3.182446305283710},   {0.975, 4, 2.776445105197793},
        {0.975, 5, 2.570581835636314},   {0.975, 9, 2.262157162798205},
        {0.975, 10, 2.228138851986274},  {0.975, 30, 2.042272456301238},
        {0.975, 100, 1.983971518523552}, {0.975, 1000, 1.962339080822075},
        {0.95, 7, 1.894578605090007},    {0.995, 19, 2.860934606464979},
        {0.9, 29, 1.311433647171490},    {0.9995, 10, 4.586893858702636},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double t = tbs_student_quantile(rows[i][0], rows[i][1]);
        cr_assert_float_eq(t / rows[i][2], 1, 1e-9, "df %g: %.12f", rows[i][1], t);
        cr_assert_float_eq(tbs_student_quantile(1 - rows[i][0], rows[i][1]), -t, 1e-8 * t);
    }
    cr_assert_float_eq(tbs_student_quantile(0.975, 1e9), 1.959963986911822, 1e-12);
    cr_assert_float_eq(tbs_student_quantile(0.975, 1e6 * (1 - 1e-9)),
                       tbs_student_quantile(0.975, 1e6 * (1 + 1e-9)), 1e-9);
    cr_assert_float_eq(tbs_student_quantile(0.75, 1), 1.0, 1e-12, "tan(pi / 4)");
    cr_assert_float_eq(tbs_student_quantile(0.999999, 1), 1 / tan(M_PI * 1e-6), 1e-3);
    cr_assert_eq(tbs_student_quantile(0.5, 3.7), 0.0);
}

Test(kernel_law, quantile_and_chance_are_inverse)
{
    for (double df = 0.5; df < 1e8; df *= 1.9)
        for (double p = 0.001; p < 1.0; p += 0.0371)
            cr_assert_float_eq(tbs_student_below(tbs_student_quantile(p, df), df), p, 1e-10);
    for (double p = 1e-12; p < 1.0; p = p * 1.3 + 1e-13)
        cr_assert_float_eq(tbs_normal_below(tbs_normal_quantile(p)) / p, 1, 1e-9);
    cr_assert_float_eq(tbs_normal_quantile(0.975), 1.959963984540054, 1e-12);
    cr_assert_float_eq(tbs_normal_quantile(0.025), -1.959963984540054, 1e-12);
    cr_assert_float_eq(tbs_normal_below(1.0), 0.841344746068543, 1e-12);
    cr_assert_float_eq(tbs_normal_density(0.0), 1 / sqrt(2 * M_PI), 1e-15);
}

Test(kernel_law, beta_and_gamma_functions)
{
    for (double x = 0.05; x < 1.0; x += 0.05) {
        cr_assert_float_eq(tbs_beta_below(x, 1, 1), x, 1e-13);
        cr_assert_float_eq(tbs_beta_below(x, 2, 1), x * x, 1e-13);
        cr_assert_float_eq(tbs_beta_below(x, 2.5, 7), 1 - tbs_beta_below(1 - x, 7, 2.5), 1e-12);
        cr_assert_float_eq(tbs_beta_below(x, 2, 2), x * x * (3 - 2 * x), 1e-13);
    }
    for (double x = 0.1; x < 40; x += 0.7) {
        cr_assert_float_eq(tbs_gamma_below(x, 1), -expm1(-x), 1e-13);
        cr_assert_float_eq(tbs_gamma_above(x, 2) / (exp(-x) * (1 + x)), 1, 1e-9);
        cr_assert_float_eq(tbs_gamma_below(x, 0.5), erf(sqrt(x)), 1e-12);
        cr_assert_float_eq(tbs_gamma_upper_scaled(x, 1), 1 / x, 1e-9 / x);
        cr_assert_float_eq(tbs_gamma_upper_scaled(x, 2), (1 + x) / (x * x), 1e-9 / x);
    }
    /* Table of chi-square: 5% beyond these. */
    cr_assert_float_eq(tbs_chi_square_above(3.841458820694124, 1), 0.05, 1e-12);
    cr_assert_float_eq(tbs_chi_square_above(18.307038053275146, 10), 0.05, 1e-12);
    cr_assert_float_eq(tbs_chi_square_above(124.34211340400407, 100), 0.05, 1e-11);
}

/* ---- intervals ------------------------------------------------------------------------------ */

Test(kernel_interval, mean_by_hand)
{
    /* Law's example of ten replications, 5th ed., 4.5: mean 1.34, half-width of 90% 0.24. */
    static const double x[] = {1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09};
    const struct tbs_interval i = tbs_interval_mean(x, 10, 0.90);

    cr_assert_float_eq(i.value, 1.343, 1e-12);
    cr_assert_float_eq(i.half_width, 0.24, 0.005);
    cr_assert_eq(i.count, 10);
    cr_assert_eq(i.flags, 0);
    cr_assert_float_eq(tbs_interval_relative(i), i.half_width / 1.343, 1e-12);
    cr_assert_eq(tbs_interval_needed(i, i.half_width / 2), 40);
    cr_assert_eq(tbs_interval_needed(i, i.half_width * 2), 10);
}

Test(kernel_interval, says_when_it_rests_on_too_little)
{
    static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    cr_assert_eq(tbs_interval_mean(x, 9, 0.95).flags, TBS_INTERVAL_FEW);
    for (size_t n = 0; n < 2; n++) {
        const struct tbs_interval i = tbs_interval_mean(x, n, 0.95);
        cr_assert_eq(i.flags, TBS_INTERVAL_NONE | TBS_INTERVAL_FEW);
        cr_assert(isinf(i.half_width));
        cr_assert_eq(tbs_interval_needed(i, 1), 0);
    }
    cr_assert_eq(tbs_interval_mean((double[]){3, 3, 3}, 3, 0.95).half_width, 0.0);
    cr_assert(isinf(tbs_interval_relative((struct tbs_interval){0, 1, 10, 0})));
    cr_assert_eq(tbs_interval_relative((struct tbs_interval){0, 0, 10, 0}), 0.0);
}

/* Mean waits of many short M/M/1 days, by Lindley's recursion: not normal, and correlated inside.
 * */
static double day_of_waits(uint64_t seed, uint64_t replication, int customers,
                           struct tbs_batches *batches)
{
    struct tbs_random arrival, service;
    double wait = 0.0, sum = 0.0;

    tbs_random_open(&arrival, tbs_key(seed, TBS_ARRIVAL, 0, replication));
    tbs_random_open(&service, tbs_key(seed, TBS_SERVICE, 0, replication));
    for (int i = 0; i < customers; i++) {
        sum += wait;
        if (batches != NULL)
            tbs_batches_add(batches, tbs_us_nearest(wait * 1e6));
        wait = fmax(0.0, wait + tbs_exponential(&service) - 2 * tbs_exponential(&arrival));
    }
    return sum / customers;
}

enum { SEEDS = 200 };

/* Hits out of SEEDS at 95% are binomial: 190 +- 3.1, so 177 to 199 holds but once in 10,000. */
static void assert_coverage(int hits)
{
    cr_assert(hits >= 177 && hits <= 199, "%d of %d intervals hold the true value", hits, SEEDS);
}

/* The true mean of customers 0 .. 199 that begin with an empty line, from very many days. */
static double true_mean(void)
{
    double sum = 0.0;

    for (uint64_t r = 0; r < 20000; r++)
        sum += day_of_waits(1, r, 200, NULL);
    return sum / 20000;
}

Test(kernel_interval, replications_cover_at_their_nominal_rate)
{
    const double truth = true_mean();
    int hits = 0;

    for (uint64_t seed = 100; seed < 100 + SEEDS; seed++) {
        double x[30];
        for (uint64_t r = 0; r < 30; r++)
            x[r] = day_of_waits(seed, r, 200, NULL);
        const struct tbs_interval i = tbs_interval_mean(x, 30, 0.95);
        hits += fabs(i.value - truth) <= i.half_width;
    }
    assert_coverage(hits);
}

Test(kernel_interval, batch_means_cover_at_their_nominal_rate)
{
    int hits = 0, flagged = 0;

    for (uint64_t seed = 300; seed < 300 + SEEDS; seed++) {
        struct tbs_batches batches;
        double mean[TBS_BATCHES_MAX];
        tbs_batches_begin(&batches, 1);
        day_of_waits(seed, 0, 50000, &batches);
        const size_t n = tbs_batches_means(&batches, mean);
        const struct tbs_interval i = tbs_interval_batches(mean, n, 0.95);
        hits += fabs(i.value / 1e6 - 1.0) <= i.half_width / 1e6; /* load 0.5: mean wait 1 */
        flagged += i.flags != 0;
    }
    assert_coverage(hits);
    cr_assert_lt(flagged, SEEDS / 8, "a test at five per cent");
}

Test(kernel_interval, batches_that_are_alike_are_flagged)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct tbs_random random;
        double mean[40], level = 0.0;
        tbs_random_open(&random, tbs_key(seed, TBS_TEST, 5, 0));
        for (int i = 0; i < 40; i++)
            mean[i] = level = 0.75 * level + tbs_normal(&random);
        cr_assert_eq(tbs_interval_batches(mean, 40, 0.95).flags, TBS_INTERVAL_CORRELATED);
    }
}

Test(kernel_interval, paired_sees_what_common_luck_hides)
{
    double a[20], b[20], p;
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(9, TBS_TEST, 0, 0));
    for (int i = 0; i < 20; i++) {
        const double luck = 100 * tbs_normal(&random);
        a[i] = luck + 1 + 0.1 * tbs_normal(&random);
        b[i] = luck + 0.1 * tbs_normal(&random);
    }
    const struct tbs_interval paired = tbs_interval_paired(a, b, 20, 0.95, &p);
    cr_assert_float_eq(paired.value, 1, 0.15);
    cr_assert_lt(paired.half_width, 0.1);
    cr_assert_lt(p, 1e-6);
    cr_assert_gt(tbs_interval_mean(a, 20, 0.95).half_width, 20);
    tbs_interval_paired(a, a, 20, 0.95, &p);
    cr_assert_eq(p, 1.0);
    /* By hand: differences 1, 2, 3; t = 2 / (1 / sqrt 3) = 3.4641; p = 0.0742 with 2 degrees. */
    const struct tbs_interval hand =
        tbs_interval_paired((double[]){2, 4, 6}, (double[]){1, 2, 3}, 3, 0.95, &p);
    cr_assert_float_eq(hand.value, 2, 1e-12);
    cr_assert_float_eq(hand.half_width, 4.302652729749464 / sqrt(3), 1e-9);
    cr_assert_float_eq(p, 0.07417990022744858, 1e-9);
}

Test(kernel_interval, no_difference_is_found_at_the_nominal_rate)
{
    int found = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double a[10], b[10], p;
        struct tbs_random random;
        tbs_random_open(&random, tbs_key(seed, TBS_TEST, 1, 0));
        for (int i = 0; i < 10; i++) {
            a[i] = tbs_normal(&random);
            b[i] = tbs_normal(&random);
        }
        tbs_interval_paired(a, b, 10, 0.95, &p);
        found += p < 0.05;
    }
    assert_coverage(SEEDS - found);
}

Test(kernel_interval, ratios_cover_at_their_nominal_rate)
{
    /* Waits over customers: a busy day has more of both, and the mean of ratios would be off. */
    int hits = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double above[20], below[20];
        struct tbs_random random;
        tbs_random_open(&random, tbs_key(seed, TBS_TEST, 2, 0));
        for (int i = 0; i < 20; i++) {
            below[i] = 50 + 50 * tbs_exponential(&random);
            above[i] = 0.002 * below[i] * below[i] * tbs_exponential(&random);
        }
        /* E below^2 = 2500 + 2 * 50 * 50 + 2 * 2500 = 12500; E below = 100. */
        const struct tbs_interval i = tbs_interval_ratio(above, below, 20, 0.95);
        hits += fabs(i.value - 0.002 * 12500 / 100) <= i.half_width;
    }
    cr_assert(hits >= 170 && hits <= 199, "%d of %d", hits, SEEDS); /* few and skewed values */
}

Test(kernel_interval, ratio_by_hand)
{
    /* Leaving out each pair: 5/7, 4/5, 3/4; ratio 6/8. */
    const struct tbs_interval i =
        tbs_interval_ratio((double[]){1, 2, 3}, (double[]){1, 3, 4}, 3, 0.95);
    const double pseudo[] = {2.25 - 2 * 5.0 / 7, 2.25 - 2 * 4.0 / 5, 2.25 - 2 * 3.0 / 4};
    const struct tbs_interval hand = tbs_interval_mean(pseudo, 3, 0.95);

    cr_assert_float_eq(i.value, hand.value, 1e-12);
    cr_assert_float_eq(i.half_width, hand.half_width, 1e-12);
    cr_assert_float_eq(tbs_interval_ratio((double[]){2, 4}, (double[]){1, 2}, 2, 0.95).half_width,
                       0, 1e-12);
}

Test(kernel_interval, quantiles_cover_at_their_nominal_rate)
{
    static struct tbs_histogram h;
    int hits = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct tbs_random random;
        tbs_random_open(&random, tbs_key(seed, TBS_TEST, 3, 0));
        tbs_histogram_clear(&h);
        for (int i = 0; i < 500; i++)
            tbs_histogram_add(&h, tbs_us_nearest(1e6 * tbs_exponential(&random)));
        const struct tbs_interval i = tbs_interval_quantile(&h, 0.9, 0.95);
        hits += fabs(i.value - 1e6 * log(10)) <= i.half_width;
    }
    cr_assert_geq(hits, 180); /* symmetrical about the value, so wider than needed */
    tbs_histogram_clear(&h);
    cr_assert_neq(tbs_interval_quantile(&h, 0.5, 0.95).flags, 0);
    for (int i = 0; i < 20; i++)
        tbs_histogram_add(&h, i);
    cr_assert_neq(tbs_interval_quantile(&h, 0.99, 0.95).flags, 0,
                  "20 values say nothing of one per cent");
}

Test(kernel_interval, warm_up_is_found)
{
    double x[2000];
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(5, TBS_TEST, 4, 0));
    for (int i = 0; i < 2000; i++)
        x[i] = 10 + tbs_normal(&random) - (i < 200 ? 10 * (1 - i / 200.0) : 0);
    const size_t cut = tbs_warmup(x, 2000);
    cr_assert(cut >= 130 && cut <= 260, "cut at %zu", cut);
    for (int i = 0; i < 2000; i++)
        x[i] = 10 + tbs_normal(&random);
    cr_assert_lt(tbs_warmup(x, 2000), 400);
    for (int i = 0; i < 2000; i++)
        x[i] = i;
    cr_assert_eq(tbs_warmup(x, 2000), 2000, "a run that still rises is too short");
    cr_assert_eq(tbs_warmup(x, 49), 49);
}
