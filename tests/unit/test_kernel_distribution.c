/* Distributions: their moments and shapes, all ways to the same draw, the same bytes everywhere.
 * */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/choice.h"
#include "kernel/distribution.h"
#include "kernel/law.h"

enum { MANY = 200000 };
static const double MEAN_US = 14 * 60e6;

/* ---- real.h --------------------------------------------------------------------------------- */

Test(kernel_real, exp_and_log_are_as_good_as_stated)
{
    double exp_worst = 0.0, log_worst = 0.0;

    for (double x = -700.0; x <= 700.0; x += 0.00731)
        exp_worst = fmax(exp_worst, (double)fabsl(tbs_exp(x) / expl(x) - 1.0L));
    for (double x = 1e-300; x < 1e300; x *= 1.0173)
        log_worst = fmax(log_worst, (double)fabsl(tbs_log(x) / logl(x) - 1.0L));
    for (double x = 0.5; x < 2.0; x += 0.00037) /* near 1 the error is absolute */
        log_worst = fmax(log_worst, (double)fabsl(tbs_log(x) - logl(x)));
    cr_assert_lt(exp_worst, 2e-10);
    cr_assert_lt(log_worst, 1e-15);
    cr_assert_eq(tbs_exp(0.0), 1.0);
    cr_assert_eq(tbs_log(1.0), 0.0);
}

Test(kernel_real, microseconds_are_nearest_and_cut)
{
    cr_assert_eq(tbs_us_nearest(0.0), 0);
    cr_assert_eq(tbs_us_nearest(1.49), 1);
    cr_assert_eq(tbs_us_nearest(1.51), 2);
    cr_assert_eq(tbs_us_nearest(-3.0), 0);
    cr_assert_eq(tbs_us_nearest(8.4e8), 840000000);
    cr_assert_eq(tbs_us_nearest(0x1p50), (int64_t)1 << 50);
    cr_assert_eq(tbs_us_nearest(0x1p51), (int64_t)1 << 51);
    cr_assert_eq(tbs_us_nearest(1e300), (int64_t)1 << 51);
    cr_assert_eq(tbs_us_nearest(-1e300), 0);
}

/* ---- standard draws ------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov's distance of n values from a law, times sqrt n: above 1.95 once in a thousand. */
static double distance(double *x, size_t n, double (*below)(double, double), double parameter)
{
    double worst = 0.0;

    qsort(x, n, sizeof *x, ascending);
    for (size_t i = 0; i < n; i++) {
        const double p = below(x[i], parameter);
        worst = fmax(worst, fmax(p - (double)i / n, (double)(i + 1) / n - p));
    }
    return worst * sqrt((double)n);
}

static double exponential_below(double x, double unused)
{
    (void)unused;
    return -expm1(-x);
}

static double normal_below(double x, double unused)
{
    (void)unused;
    return tbs_normal_below(x);
}

static double lognormal_below(double us, double cv)
{
    const double variance = log1p(cv * cv);

    return tbs_normal_below((log(us / MEAN_US) + 0.5 * variance) / sqrt(variance));
}

/* On the heap: large static arrays cost every test of the program, whose leak check reads them. */
static double *values;

static void values_make(void)
{
    values = calloc(MANY, sizeof *values);
}

static void values_free(void)
{
    free(values);
}

TestSuite(kernel_distribution, .init = values_make, .fini = values_free);

Test(kernel_distribution, exponential_and_normal_have_their_shapes)
{
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(1, TBS_TEST, 0, 0));
    for (int i = 0; i < MANY; i++)
        values[i] = tbs_exponential(&random);
    cr_assert_lt(distance(values, MANY, exponential_below, 0), 1.95);
    for (int i = 0; i < MANY; i++)
        values[i] = tbs_normal(&random);
    cr_assert_lt(distance(values, MANY, normal_below, 0), 1.95);
    tbs_exponential_fill_at(tbs_key(2, TBS_TEST, 0, 0), 17, values, MANY);
    cr_assert_lt(distance(values, MANY, exponential_below, 0), 1.95);
    tbs_normal_fill_at(tbs_key(3, TBS_TEST, 0, 0), 17, values, MANY);
    cr_assert_lt(distance(values, MANY, normal_below, 0), 1.95);
}

/* The tail and the wedges are a hundredth of the draws, so a test of the whole doesn't see them:
 * count those beyond points in the last layers and in the tail. */
Test(kernel_distribution, tails_have_their_weight)
{
    static const double exponential_at[] = {5, 7, 7.6971174701310497, 8.5, 10};
    static const double normal_at[] = {2.5, 3.2, 3.6541528853610088, 3.9, 4.3};
    enum { DRAWS = 4000000, POINTS = 5 };
    uint64_t beyond[2][POINTS] = {{0}};
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(4, TBS_TEST, 0, 0));
    for (int i = 0; i < DRAWS; i++) {
        const double e = tbs_exponential(&random), z = fabs(tbs_normal(&random));
        for (int p = 0; p < POINTS; p++) {
            beyond[0][p] += e > exponential_at[p];
            beyond[1][p] += z > normal_at[p];
        }
    }
    for (int p = 0; p < POINTS; p++) {
        const double wanted[2] = {DRAWS * exp(-exponential_at[p]),
                                  DRAWS * 2 * tbs_normal_below(-normal_at[p])};
        for (int law = 0; law < 2; law++)
            cr_assert_lt(fabs(beyond[law][p] - wanted[law]), 4 * sqrt(wanted[law]) + 1,
                         "law %d point %d: %lu, wanted %g", law, p, beyond[law][p], wanted[law]);
    }
}

Test(kernel_distribution, gamma_has_its_shape)
{
    static const double shapes[] = {0.1, 0.5, 1.0, 1.5625, 4.0, 100.0};
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(5, TBS_TEST, 0, 0));
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int i = 0; i < MANY; i++)
            values[i] = tbs_gamma(&random, shapes[s]);
        cr_assert_lt(distance(values, MANY, tbs_gamma_below, shapes[s]), 1.95, "shape %g",
                     shapes[s]);
    }
}

Test(kernel_distribution, poisson_has_its_shape)
{
    static const double means[] = {0.0, 0.3, 3.0, 9.9, 10.0, 40.0, 3000.0};
    struct tbs_random random;

    tbs_random_open(&random, tbs_key(6, TBS_TEST, 0, 0));
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        const double mean = means[m], reach = 5 * sqrt(mean) + 5;
        const int64_t from = mean > reach ? (int64_t)(mean - reach) : 0;
        enum { CELLS = 1024 };
        uint64_t seen[CELLS] = {0};
        double square = 0.0, p = exp(from * log(mean + (mean == 0)) - mean - lgamma(from + 1.0));
        double wanted = 0.0, got = 0.0;
        int cells = 0;

        for (int i = 0; i < MANY; i++) {
            const int64_t n = (int64_t)tbs_poisson(&random, mean) - from;
            seen[n < 0 ? 0 : n >= CELLS ? CELLS - 1 : n]++;
        }
        for (int i = 0; i < CELLS; i++) { /* neighbours joined until 20 are expected */
            wanted += MANY * p;
            got += seen[i];
            p *= mean / (double)(from + i + 1);
            if (wanted >= 20) {
                square += (got - wanted) * (got - wanted) / wanted;
                cells++;
                wanted = got = 0.0;
            }
        }
        cr_assert(cells == 1 ? square == 0.0 : tbs_chi_square_above(square, cells - 1) > 1e-3,
                  "mean %g: %g with %d cells", mean, square, cells);
    }
}

/* ---- durations ------------------------------------------------------------------------------ */

/* Mean and deviation of n draws against what was asked for, in standard errors. */
static void check_moments(const struct tbs_distribution *d, double cv, double fourth)
{
    struct tbs_random random;
    double sum = 0.0, square = 0.0;

    tbs_random_open(&random, tbs_key(8, TBS_TEST, (uint64_t)d->kind, 0));
    for (int i = 0; i < MANY; i++) {
        const double off = (double)tbs_draw_us(d, &random) / MEAN_US - 1.0;
        sum += off;
        square += off * off;
    }
    const char *name = tbs_distribution_kind_name(d->kind);
    cr_assert_leq(fabs(sum) / MANY, 4 * cv / sqrt(MANY) + 1e-9, "mean of %s", name);
    cr_assert_leq(fabs(square / MANY - cv * cv), 4 * cv * cv * sqrt(fourth / MANY) + 1e-9,
                  "variance of %s: %g for %g", name, square / MANY, cv * cv);
}

Test(kernel_distribution, kinds_have_their_mean_and_variation)
{
    /* fourth: at least the kurtosis of the law. */
    static const struct { enum tbs_distribution_kind kind; double cv, fourth; } rows[] = {
        {TBS_DETERMINISTIC, 0, 1}, {TBS_UNIFORM, 0.5, 2},       {TBS_NORMAL, 0.25, 3},
        {TBS_EXPONENTIAL, 1, 9},   {TBS_ERLANG, 0.5, 5},        {TBS_GAMMA, 0.8, 8},
        {TBS_GAMMA, 2.0, 28},      {TBS_LOGNORMAL, 0.8, 30},    {TBS_LOGNORMAL, 0.3, 6},
        {TBS_HYPEREXPONENTIAL, 2, 40},
    };
    struct tbs_distribution d;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(tbs_distribution_make(&d, rows[i].kind, MEAN_US, rows[i].cv));
        check_moments(&d, rows[i].cv, rows[i].fourth);
    }
}

Test(kernel_distribution, lognormal_has_its_shape_drawn_side_by_side)
{
    struct tbs_distribution d;
    int64_t *us = calloc(MANY, sizeof *us);

    cr_assert(tbs_distribution_make(&d, TBS_LOGNORMAL, MEAN_US, 0.8));
    tbs_fill_at_us(&d, tbs_key(9, TBS_TEST, 0, 0), 0, us, MANY);
    for (int i = 0; i < MANY; i++)
        values[i] = (double)us[i];
    free(us);
    cr_assert_lt(distance(values, MANY, lognormal_below, 0.8), 1.95);
}

Test(kernel_distribution, fill_by_index_equals_draws_by_index)
{
    static const int64_t recorded[] = {5, 7, 11};
    static const double cvs[] = {0, 0.3, 0.2, 1, 0.5, 0.8, 0.8, 2};
    const struct tbs_key key = tbs_key(10, TBS_SERVICE, 4, 2);
    int64_t us[1000];
    struct tbs_distribution d;

    for (int kind = 0; kind < TBS_DISTRIBUTION_KINDS; kind++) {
        if (kind == TBS_EMPIRICAL)
            cr_assert(tbs_distribution_empirical(&d, recorded, 3));
        else
            cr_assert(tbs_distribution_make(&d, kind, MEAN_US, cvs[kind]));
        for (uint64_t start = 0; start < 3; start++) {
            tbs_fill_at_us(&d, key, start << 20 | start * 13, us, 1000);
            for (uint64_t i = 0; i < 1000; i++)
                cr_assert_eq(us[i], tbs_draw_at_us(&d, key, (start << 20 | start * 13) + i),
                             "%s %lu", tbs_distribution_kind_name(kind), i);
        }
    }
}

/* The bytes that every machine, compiler flag and vector width must give. */
Test(kernel_distribution, same_bytes_everywhere)
{
    static const struct { enum tbs_distribution_kind kind; double cv; uint64_t hash; } rows[] = {
        {TBS_EXPONENTIAL, 1, 0x0c8943960d2a9e54},
        {TBS_LOGNORMAL, 0.8, 0x413b0b725ac8bd30},
        {TBS_GAMMA, 0.8, 0x003d509fb3361d79},
        {TBS_NORMAL, 0.2, 0xb8d20b25ec4610d2},
        {TBS_ERLANG, 0.5, 0x077e30d91ea9a6c0},
        {TBS_HYPEREXPONENTIAL, 2, 0x0de51a2ac1ba9ca3},
    };
    struct tbs_distribution d;
    static int64_t us[10000];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t hash = 14695981039346656037u;
        cr_assert(tbs_distribution_make(&d, rows[i].kind, MEAN_US, rows[i].cv));
        tbs_fill_at_us(&d, tbs_key(1, TBS_SERVICE, 0, 0), 0, us, 10000);
        for (int n = 0; n < 10000; n++)
            hash = (hash ^ (uint64_t)us[n]) * 1099511628211u;
        cr_expect_eq(hash, rows[i].hash, "%s: 0x%016lx", tbs_distribution_kind_name(d.kind), hash);
    }
}

Test(kernel_distribution, empirical_gives_each_value_its_share)
{
    static const int64_t recorded[] = {10, 20, 20, 50};
    struct tbs_distribution d;
    struct tbs_random random;
    int twenties = 0;

    cr_assert(tbs_distribution_empirical(&d, recorded, 4));
    cr_assert_eq(d.mean_us, 25.0);
    tbs_random_open(&random, tbs_key(12, TBS_TEST, 0, 0));
    for (int i = 0; i < MANY; i++) {
        const int64_t us = tbs_draw_us(&d, &random);
        cr_assert(us == 10 || us == 20 || us == 50);
        twenties += us == 20;
    }
    cr_assert_lt(abs(twenties - MANY / 2), 4 * sqrt(MANY / 4));
    cr_assert_not(tbs_distribution_empirical(&d, recorded, 0));
    cr_assert_not(tbs_distribution_empirical(&d, (int64_t[]){3, -1}, 2));
    cr_assert_eq(d.value, recorded, "a refusal changes nothing");
}

Test(kernel_distribution, what_is_outside_the_domain_is_refused)
{
    struct tbs_distribution d = {.mean_us = 42};
    double least, most;

    cr_assert_not(tbs_distribution_make(&d, TBS_LOGNORMAL, -1, 0.5));
    cr_assert_not(tbs_distribution_make(&d, TBS_LOGNORMAL, NAN, 0.5));
    cr_assert_not(tbs_distribution_make(&d, TBS_LOGNORMAL, 0x1p51, 0.5));
    cr_assert_not(tbs_distribution_make(&d, TBS_LOGNORMAL, 1, -0.1));
    cr_assert_not(tbs_distribution_make(&d, TBS_LOGNORMAL, 1, NAN));
    cr_assert_not(tbs_distribution_make(&d, TBS_HYPEREXPONENTIAL, 1, 0.9));
    cr_assert_not(tbs_distribution_make(&d, TBS_ERLANG, 1, 1.1));
    cr_assert_not(tbs_distribution_make(&d, TBS_UNIFORM, 1, 0.6));
    cr_assert_eq(d.mean_us, 42);
    cr_assert(tbs_distribution_cv(TBS_GAMMA, &least, &most));
    cr_assert_not(tbs_distribution_cv(TBS_EXPONENTIAL, &least, &most));
    cr_assert(tbs_distribution_make(&d, TBS_LOGNORMAL, 0, 0.5));
    cr_assert_eq(tbs_draw_at_us(&d, tbs_key(1, TBS_TEST, 0, 0), 0), 0);
    for (int kind = 0; kind < TBS_DISTRIBUTION_KINDS; kind++)
        cr_assert_eq((int)tbs_distribution_kind_find(tbs_distribution_kind_name(kind)), kind);
    cr_assert_eq(tbs_distribution_kind_find("weibull"), TBS_DISTRIBUTION_KINDS);
}

/* ---- choices -------------------------------------------------------------------------------- */

static void check_choice(const double *weight, uint32_t count)
{
    struct tbs_choice table[64];
    uint64_t seen[64] = {0};
    struct tbs_random random;
    double sum = 0.0, square = 0.0;
    int cells = -1;

    tbs_choice_build(table, weight, count);
    tbs_random_open(&random, tbs_key(13, TBS_TEST, count, 0));
    for (int i = 0; i < MANY; i++)
        seen[tbs_choose(table, count, tbs_random_u64(&random))]++;
    for (uint32_t i = 0; i < count; i++)
        sum += weight[i];
    for (uint32_t i = 0; i < count; i++) {
        const double wanted = MANY * weight[i] / sum;
        cr_assert(wanted > 0.0 || seen[i] == 0);
        if (wanted > 0.0) {
            square += (seen[i] - wanted) * (seen[i] - wanted) / wanted;
            cells++;
        }
    }
    cr_assert(cells == 0 || tbs_chi_square_above(square, cells) > 1e-3, "%u weights", count);
}

Test(kernel_choice, things_come_by_their_weights)
{
    double many[64];

    for (int i = 0; i < 64; i++)
        many[i] = 1 + i % 7 * (i % 3);
    check_choice((double[]){3}, 1);
    check_choice((double[]){1, 3}, 2);
    check_choice((double[]){3, 1}, 2);
    check_choice((double[]){0, 5, 0}, 3);
    check_choice((double[]){1, 1, 1, 1}, 4);
    check_choice((double[]){0.1, 0.2, 0.3, 0.15, 0.25}, 5);
    check_choice((double[]){1e-9, 1, 1e9}, 3);
    check_choice(many, 64);
}
