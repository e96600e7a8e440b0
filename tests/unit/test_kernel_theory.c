/* Formulas of queueing theory: published values, hand computation, and identities between them. */
#include <criterion/criterion.h>
#include <math.h>

#include "kernel/theory.h"

static void near(double value, double wanted, double relative, const char *what)
{
    cr_assert(fabs(value - wanted) <= relative * fabs(wanted) + 1e-300, "%s: %.15g, wanted %.15g",
              what, value, wanted);
}

/* ---- loss ----------------------------------------------------------------------------------- */

Test(kernel_theory, erlang_b_published_and_by_hand)
{
    near(tbs_erlang_b(1, 1), 0.5, 1e-15, "B(1, 1)");
    near(tbs_erlang_b(1, 2), 0.2, 1e-15, "B(1, 2) = 0.5 / 2.5");
    near(tbs_erlang_b(2, 3), 4.0 / 19, 1e-15, "B(2, 3) = (8/6) / (1 + 2 + 2 + 8/6)");
    /* Traffic tables: 10 lines at 1% carry 4.461 erlang, 100 lines 84.06. */
    near(tbs_erlang_b(4.4612, 10), 0.01, 2e-4, "10 lines");
    near(tbs_erlang_b(84.064, 100), 0.01, 2e-4, "100 lines");
    near(tbs_erlang_b(7, 0), 1, 0, "no line");
    near(tbs_erlang_b(1e6, 1000000), 1 / sqrt(M_PI / 2 * 1e6), 1e-3, "as many as offered");
}

Test(kernel_theory, erlang_b_for_real_servers)
{
    for (double a = 0.05; a < 200; a *= 1.7) {
        for (uint32_t c = 0; c < 300; c += 7)
            near(tbs_erlang_b_real(a, c), tbs_erlang_b(a, c), 1e-9, "whole numbers");
        /* The integral 1 / B = a int e^(-a y) (1 + y)^x dy, by Simpson. */
        const double x = 2.6, end = 60 / a;
        enum { STEPS = 20000 };
        double sum = 0.0;
        for (int i = 0; i <= STEPS; i++) {
            const double y = end * i / STEPS, f = a * exp(-a * y) * pow(1 + y, x);
            sum += f * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
        }
        near(1 / tbs_erlang_b_real(a, x), sum * end / STEPS / 3, 1e-8, "between");
        near(tbs_erlang_b_real(a, tbs_erlang_b_servers(a, 0.03)), 0.03, 1e-9, "inverse");
    }
}

/* ---- M/M/c ---------------------------------------------------------------------------------- */

Test(kernel_theory, mm1_by_hand)
{
    near(tbs_erlang_c(0.9, 1), 0.9, 1e-14, "delay");
    near(tbs_mmc_wait_mean(0.9, 1, 1), 9, 1e-12, "wait");
    near(tbs_mmc_wait_beyond(0.9, 1, 1, 5), 0.9 * exp(-0.5), 1e-12, "beyond 5");
    near(tbs_mmc_wait_quantile(0.9, 1, 1, 0.9), log(9) / 0.1, 1e-12, "nine in ten");
    cr_assert_eq(tbs_mmc_wait_quantile(0.5, 1, 1, 0.4), 0.0);
    cr_assert_eq(tbs_erlang_c(2, 2), 1.0);
    cr_assert(isinf(tbs_mmc_wait_mean(2, 1, 2)));
    cr_assert(isinf(tbs_mmc_wait_quantile(3, 1, 2, 0.5)));
}

Test(kernel_theory, erlang_c_published_and_by_hand)
{
    near(tbs_erlang_c(1, 2), 1.0 / 3, 1e-14, "C(1, 2)");
    near(tbs_erlang_c(2, 3), 4.0 / 9, 1e-14, "C(2, 3)");
    /* Gross, Harris: Fundamentals of Queueing Theory, example 2.2: three at 1/4, 6 an hour. */
    near(tbs_mmc_wait_mean(6, 3, 3) * 60, 8.888888888888889, 1e-12, "minutes in line");
    const uint32_t c = tbs_mmc_servers(10, 1, 0.5, 0.8);
    cr_assert_leq(tbs_mmc_wait_beyond(10, 1, c, 0.5), 0.2);
    cr_assert_gt(tbs_mmc_wait_beyond(10, 1, c - 1, 0.5), 0.2);
}

Test(kernel_theory, square_root_rule_is_right_for_many_servers)
{
    for (double delay = 0.05; delay < 0.95; delay += 0.1) {
        const double servers = tbs_square_root_staffing(10000, delay);
        const double exact = tbs_erlang_c(10000, (uint32_t)lround(servers));
        cr_assert_float_eq(exact, delay, 0.02, "%g: %g", delay, exact);
    }
    near(tbs_square_root_staffing(100, 1), 100, 1e-9, "beta 0");
}

/* ---- M/M/c/K -------------------------------------------------------------------------------- */

Test(kernel_theory, mmck_meets_its_neighbours)
{
    for (double lambda = 0.5; lambda < 12; lambda += 1.1) {
        const struct tbs_mmck loss = tbs_mmck(lambda, 1, 5, 5);
        near(loss.loss, tbs_erlang_b(lambda, 5), 1e-12, "no room is Erlang B");
        cr_assert_eq(loss.delay, 0.0);
        const struct tbs_mmck k = tbs_mmck(lambda, 1, 3, 9);
        near(k.busy_mean, lambda * (1 - k.loss), 1e-12, "Little in service");
        if (lambda < 4.9) {
            const struct tbs_mmck wide = tbs_mmck(lambda, 1, 5, 3000);
            near(wide.delay, tbs_erlang_c(lambda, 5), 1e-9, "much room is Erlang C");
            near(wide.wait_mean, tbs_mmc_wait_mean(lambda, 1, 5), 1e-9, "its wait");
        }
    }
    /* M/M/1/2 at load 1: states alike, a third each. */
    const struct tbs_mmck one = tbs_mmck(1, 1, 1, 2);
    near(one.loss, 1.0 / 3, 1e-14, "loss");
    near(one.line_mean, 1.0 / 3, 1e-14, "line");
    near(one.delay, 0.5, 1e-14, "delay of the admitted");
    near(one.wait_mean, 0.5, 1e-14, "wait of the admitted");
    /* M/M/1/K: loss (1 - r) r^K / (1 - r^(K + 1)). */
    near(tbs_mmck(0.8, 1, 1, 10).loss, 0.2 * pow(0.8, 10) / (1 - pow(0.8, 11)), 1e-12, "M/M/1/10");
    near(tbs_mmck(50, 1, 1, 1000).loss, 0.98, 1e-12, "no overflow");
}

/* ---- Erlang A ------------------------------------------------------------------------------- */

Test(kernel_theory, erlang_a_meets_its_neighbours)
{
    /* Patience as long as service: people in the system are Poisson, as with endless servers. */
    double below = 0.0, p = exp(-8.0), inside = 0.0;
    for (int n = 0; n < 10; n++) {
        below += p;
        p *= 8.0 / (n + 1);
    }
    const struct tbs_erlang_a same = tbs_erlang_a(8, 1, 1, 10);
    near(same.delay, 1 - below, 1e-12, "theta = mu");
    inside = same.line_mean + same.busy_mean;
    near(inside, 8, 1e-12, "people inside");

    const struct tbs_erlang_a patient = tbs_erlang_a(8, 1, 1e-7, 10);
    near(patient.delay, tbs_erlang_c(8, 10), 1e-5, "endless patience is Erlang C");
    near(patient.wait_mean, tbs_mmc_wait_mean(8, 1, 10), 1e-5, "its wait");
    const struct tbs_erlang_a none = tbs_erlang_a(8, 1, 1e9, 10);
    near(none.abandon, tbs_erlang_b(8, 10), 1e-7, "no patience is Erlang B");
}

Test(kernel_theory, erlang_a_by_hand)
{
    /* One server, lambda 1, mu 1, theta 1: states e^-1 / n!. */
    const struct tbs_erlang_a a = tbs_erlang_a(1, 1, 1, 1);
    const double empty = exp(-1);
    near(a.delay, 1 - empty, 1e-13, "delay");
    near(a.busy_mean, 1 - empty, 1e-13, "busy");
    near(a.abandon, empty, 1e-12, "abandon: 1 - busy");
    near(a.line_mean, empty, 1e-12, "line: 1 - busy");
    /* Offered wait beyond t with theta = mu = lambda = c = 1. */
    for (double t = 0; t < 5; t += 0.4)
        near(tbs_erlang_a_offered_beyond(1, 1, 1, 1, t), 1 - exp(-exp(-t)),
             1e-11, "offered wait");
}

Test(kernel_theory, erlang_a_published)
{
    /* The classical comparison: 50 agents, 48 calls a minute of 1 minute; without abandonment the
     * wait is 20.8 s, with patience of 2 minutes 3.1% leave and the wait is 3.7 s. */
    near(tbs_mmc_wait_mean(48, 1, 50) * 60, 20.8, 0.01, "Erlang C, s");
    const struct tbs_erlang_a a = tbs_erlang_a(48, 1, 0.5, 50);
    cr_assert_float_eq(a.abandon, 0.031, 0.0006, "%g", a.abandon);
    cr_assert_float_eq(a.wait_mean * 60, 3.7, 0.06, "%g", a.wait_mean * 60);
}

Test(kernel_theory, erlang_a_wait_agrees_with_its_states)
{
    static const double rows[][4] = {
        {8, 1, 0.5, 10}, {12, 1, 0.5, 10}, {30, 1, 0.1, 10}, {0.2, 1, 3, 2}, {5, 0.25, 0.05, 16},
        {300, 1, 0.02, 150}, {1, 1, 1, 1},
    };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const double l = rows[r][0], mu = rows[r][1], th = rows[r][2];
        const uint32_t c = (uint32_t)rows[r][3];
        const struct tbs_erlang_a a = tbs_erlang_a(l, mu, th, c);
        near(tbs_erlang_a_wait_beyond(l, mu, th, c, 0), a.delay, 1e-9, "beyond 0");
        near(l * a.abandon, th * a.line_mean, 1e-12, "rate of leaving");
        near(a.busy_mean * mu, l * (1 - a.abandon), 1e-12, "rate of service");
        /* Mean wait is the area under the chance to wait longer. */
        const double end = 40 / th;
        enum { STEPS = 8000 };
        double sum = 0.0;
        for (int i = 0; i <= STEPS; i++)
            sum += tbs_erlang_a_wait_beyond(l, mu, th, c, end * i / STEPS) *
                   (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
        near(sum * end / STEPS / 3, a.wait_mean, 1e-6, "area");
    }
}

/* ---- M/G/1 and priorities ------------------------------------------------------------------- */

Test(kernel_theory, pollaczek_khinchine)
{
    near(tbs_mg1_wait_mean(0.9, 1, 1), 9, 1e-12, "M/M/1");
    near(tbs_mg1_wait_mean(0.9, 1, 0), 4.5, 1e-12, "M/D/1 is half");
    near(tbs_mg1_wait_mean(0.5, 1, 2), 0.5 * 5 / 2 / 0.5, 1e-12, "cv 2");
    cr_assert(isinf(tbs_mg1_wait_mean(1, 1, 1)));
}

Test(kernel_theory, cobham)
{
    const struct tbs_priority_class two[] = {{0.3, 1, 1}, {0.4, 1.5, 0.5}};
    double wait[2], wait_c[2];

    tbs_priority_mg1(two, 2, wait);
    const double w0 = 0.5 * (0.3 * 2 + 0.4 * 2.25 * 1.25);
    near(wait[0], w0 / 0.7, 1e-12, "urgent");
    near(wait[1], w0 / (0.7 * 0.1), 1e-12, "other");

    /* Kleinrock's conservation law: loads times waits don't depend on the order. */
    const struct tbs_priority_class turned[] = {two[1], two[0]};
    double other[2];
    tbs_priority_mg1(turned, 2, other);
    near(0.3 * wait[0] + 0.6 * wait[1], 0.6 * other[0] + 0.3 * other[1], 1e-12, "conservation");

    /* Exponential service alike: one server by both formulas, and the mean of all is Erlang C's.
     * */
    const struct tbs_priority_class alike[] = {{0.3, 1, 1}, {0.5, 1, 1}};
    tbs_priority_mg1(alike, 2, wait);
    tbs_priority_mmc((double[]){0.3, 0.5}, 2, 1, 1, wait_c);
    near(wait_c[0], wait[0], 1e-12, "one server");
    near(wait_c[1], wait[1], 1e-12, "one server");
    tbs_priority_mmc((double[]){2, 5}, 2, 1, 8, wait_c);
    near((2 * wait_c[0] + 5 * wait_c[1]) / 7, tbs_mmc_wait_mean(7, 1, 8), 1e-12, "all");
    tbs_priority_mmc((double[]){4, 5}, 2, 1, 8, wait_c);
    cr_assert(isinf(wait_c[1]));
}

/* ---- other models --------------------------------------------------------------------------- */

Test(kernel_theory, machine_repair)
{
    /* Two machines, one repairer, lambda = mu: weights 1, 2, 2. */
    const struct tbs_repair two = tbs_machine_repair(1, 1, 2, 1);
    near(two.down_mean, 6.0 / 5, 1e-14, "down");
    near(two.line_mean, 2.0 / 5, 1e-14, "line");
    near(two.busy_mean, 4.0 / 5, 1e-14, "busy");
    near(two.wait_mean, 0.5, 1e-14, "wait");
    /* As many repairers as machines: each is down a share lambda / (lambda + mu). */
    const struct tbs_repair own = tbs_machine_repair(0.3, 1, 20, 20);
    near(own.down_mean, 20 * 0.3 / 1.3, 1e-12, "independent machines");
    cr_assert_float_eq(own.wait_mean, 0.0, 1e-15);
    /* Flow balance, and endless machines with little to fail are M/M/c. */
    const struct tbs_repair many = tbs_machine_repair(4.0 / 1e6, 1, 1000000, 5);
    near(many.rate, (1e6 - many.down_mean) * 4e-6, 1e-9, "flow");
    near(many.wait_mean, tbs_mmc_wait_mean(4, 1, 5), 1e-4, "M/M/5");
    cr_assert(isfinite(tbs_machine_repair(10, 1, 3000, 2).down_mean));
}

Test(kernel_theory, sinusoidal_endless_servers)
{
    /* The mean obeys m' = rate(t) - mu m. */
    const double mean = 10, amplitude = 6, period = 24, mu = 0.4, h = 1e-4;

    for (double t = 0; t < 24; t += 1.7) {
        const double after = tbs_infinite_sinus_mean(mean, amplitude, period, mu, t + h);
        const double before = tbs_infinite_sinus_mean(mean, amplitude, period, mu, t - h);
        const double slope = (after - before) / (2 * h);
        const double rate = mean + amplitude * sin(2 * M_PI * t / period);
        near(slope + mu * tbs_infinite_sinus_mean(mean, amplitude, period, mu, t), rate, 1e-6,
             "balance");
    }
    near(tbs_infinite_sinus_mean(10, 0, 1, 2, 0.3), 5, 1e-14, "constant rate");
}

Test(kernel_theory, jackson_network)
{
    /* In a row: front desk, then two approvals; each an M/M/c of its own. */
    struct tbs_jackson_station row[3] = {{2, 3, 1, 0, 0}, {0, 1, 3, 0, 0}, {0, 2.5, 1, 0, 0}};
    const double on[9] = {0, 1, 0, 0, 0, 1, 0, 0, 0};
    near(tbs_jackson(row, on, 3),
         tbs_mmc_wait_mean(2, 3, 1) + 1 / 3.0 + tbs_mmc_wait_mean(2, 1, 3) + 1 +
             tbs_mmc_wait_mean(2, 2.5, 1) + 1 / 2.5, 1e-12, "in a row");
    near(row[2].through, 2, 1e-14, "all pass");

    /* A quarter comes back: through = 3 / (3/4) = 4. */
    struct tbs_jackson_station back[1] = {{3, 5, 1, 0, 0}};
    near(tbs_jackson(back, (double[]){0.25}, 1), 4 / (5 - 4.0) / 3, 1e-12, "feedback");
    near(back[0].through, 4, 1e-13, "through");
    near(back[0].inside_mean, 4, 1e-12, "inside");

    struct tbs_jackson_station caught[2] = {{1, 5, 1, 0, 0}, {0, 5, 1, 0, 0}};
    cr_assert(isinf(tbs_jackson(caught, (double[]){0, 1, 1, 0}, 2)), "nobody leaves");
    cr_assert(isinf(tbs_jackson(caught, (double[]){0.9, 0, 0, 0}, 2)), "more than it can serve");
}
