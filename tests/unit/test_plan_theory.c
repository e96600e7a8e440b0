/* The planner against exact theory: Erlang C, Erlang A, a Jackson network. Long form: stress_plan.
 * M(t)/M/s(t)+M: test_plan_sinus.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/theory.h"
#include "plan/desk.h"
#include "plan/lab.h"

static void file_write(const char *dir, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    fputs(text, out);
    fclose(out);
}

/* A hall of M/M/c(+M) that is open all day; patience 0: nobody leaves. */
static struct tb_scenario *textbook(double per_day, double service_s, double patience_s,
                                    uint32_t windows)
{
    struct tb_scenario_problems problems = {0};
    char text[1024], here[512], patience[64], dir[] = "/tmp/plan-test-XXXXXX", path[128];

    cr_assert_not_null(mkdtemp(dir));
    cr_assert_not_null(getcwd(here, sizeof here));
    snprintf(text, sizeof text, "hall,volume\nhall,%.0f\n", per_day);
    file_write(dir, "demand.csv", text);
    snprintf(text, sizeof text, "matter,name,service,cv,law\nm,m,%.0fs,,exponential\n", service_s);
    file_write(dir, "matters.csv", text);
    snprintf(text, sizeof text, "hall,name,windows\nhall,hall,%u\n", windows);
    file_write(dir, "halls.csv", text);
    snprintf(patience, sizeof patience, patience_s > 0 ? "%.0fs" : "never", patience_s);
    snprintf(text, sizeof text,
             "extends: %s/sim/scenarios/teach-mm1\nname:\n  en: test\nset:\n"
             "  - patience_least = 0\n  - patience_mean = %s\n",
             here, patience);
    file_write(dir, "scenario.yaml", text);
    struct tb_scenario *s = tb_scenario_load(dir, &problems);
    for (uint32_t i = 0; i < problems.count; i++) {
        fprintf(stderr, "%s: %s\n", problems.problems[i].file, problems.problems[i].en);
    }
    snprintf(path, sizeof path, "rm -r %s", dir);
    cr_assert_eq(system(path), 0);
    cr_assert_not_null(s);
    return s;
}

/* ---- stationary -------------------------------------------------------------------------------
 */

struct line {
    double rate, service_s, patience_s; /* patience 0: nobody leaves */
    double wait_s, share;
};

/* Share of arrivals that are called within t: with patience, who gave up before is not. With V the
 * offered wait and F its law, the mean of exp(-theta V) where V <= t, by parts. */
static double called_within(const struct line *l, uint32_t n)
{
    enum { PARTS = 400 };
    const double mu = 1 / l->service_s, theta = l->patience_s > 0 ? 1 / l->patience_s : 0;
    double sum = 0;

    if (l->patience_s <= 0) {
        return n > l->rate * l->service_s ? 1 - tbs_mmc_wait_beyond(l->rate, mu, n, l->wait_s) : 0;
    }
    const double end = 1 - tbs_erlang_a_offered_beyond(l->rate, mu, theta, n, l->wait_s);
    for (int i = 0; i <= PARTS && l->wait_s > 0; i++) {
        const double t = l->wait_s * i / PARTS;
        const double f = 1 - tbs_erlang_a_offered_beyond(l->rate, mu, theta, n, t);
        sum += (i == 0 || i == PARTS ? 1 : i % 2 ? 4 : 2) * exp(-theta * t) * f;
    }
    return exp(-theta * l->wait_s) * end + theta * sum * l->wait_s / PARTS / 3;
}

/* The exact least; 0 where it is too near the promise for a simulation to tell. */
static uint32_t exact_least(const struct line *l, double near)
{
    uint32_t n = 1;

    while (called_within(l, n) < l->share) {
        n++;
    }
    const bool clear = called_within(l, n) > l->share + near &&
                       (n == 1 || called_within(l, n - 1) < l->share - near);
    return clear ? n : 0;
}

static void plan_equals_exact(const struct line *l, uint32_t exact)
{
    struct tb_scenario *s = textbook(l->rate * 86400, l->service_s, l->patience_s, 40);
    struct tbs_plan_options o;
    struct tbs_plan_hall hall;

    tbs_plan_options_init(&o, s);
    cr_assert(tbs_plan_days_find(s, s->day_kinds[0].id, &o.days));
    o.days.count = 4;
    o.flat = true;
    o.share = l->share;
    o.wait_us = (int64_t)(l->wait_s * 1e6);
    cr_assert(tbs_plan_hall_find(s, 0, &o, NULL, NULL, NULL, NULL, &hall));
    cr_assert_eq(hall.state, TBS_PLAN_KEPT);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        cr_assert_eq(hall.needs.windows[k], exact,
                     "load %.1f, %.0f%% in %.0f s, patience %.0f s: plan %u, exact %u",
                     l->rate * l->service_s, 100 * l->share, l->wait_s, l->patience_s,
                     hall.needs.windows[k], exact);
    }
    tbs_plan_hall_clear(&hall);
    tb_scenario_free(s);
}

/* Every `stride`-th line that is clear, of the `load_count` smallest loads; how many. */
static uint32_t against_erlang(uint32_t load_count, uint32_t stride)
{
    static const double loads[] = {1.3, 2.6, 4.4, 7.7, 12.2}, waits_s[] = {0, 60, 240};
    static const double shares[] = {0.7, 0.8, 0.9}, patiences_s[] = {0, 300, 900};
    uint32_t clear = 0, planned = 0;

    for (uint32_t i = 0; i < 5 * 3 * 3 * 3; i++) {
        const double service_s = 240, load = loads[i % 5];
        const struct line l = {round(load / service_s * 86400) / 86400, service_s,
                               patiences_s[i / 5 % 3], waits_s[i / 15 % 3], shares[i / 45]};
        const uint32_t exact = exact_least(&l, 0.02);
        if (i % 5 < load_count && exact > 0 && clear++ % stride == 0) {
            plan_equals_exact(&l, exact);
            planned++;
        }
    }
    fprintf(stderr, "%u of %u lines planned, all as Erlang C or Erlang A has them\n", planned,
            clear);
    return planned;
}

Test(long_plan_theory, the_plan_is_erlangs)
{
    cr_assert_geq(against_erlang(2, 12), 3);
}

Test(stress_plan, the_plan_is_erlangs_for_thirty_and_more, .timeout = 1200)
{
    cr_assert_geq(against_erlang(5, 2), 30);
}

/* ---- desks ------------------------------------------------------------------------------------
 */

/* Two desks of a Jackson network are as busy as their load says, and one approver fewer would have
 * more work than time. */
Test(stress_plan, desks_are_as_busy_as_jackson_has_it, .timeout = 300)
{
    static const double busy[] = {0.15 * 15 / 3, 0.15 * 21 / 4};
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load("sim/scenarios/teach-jackson", &problems);

    cr_assert_not_null(s);
    struct tbs_desk_plan *plan = tbs_desk_plan_search(s, 0, 0.99, 0.95, 1, 2, NULL);
    cr_assert_not(plan->stopped, "%s", plan->error);
    cr_assert_eq(plan->impossible + plan->unproven, 0);
    for (uint32_t d = 0; d < 2; d++) {
        cr_assert_eq(plan->desks[d].approvers, 3 + d);
        cr_assert_float_eq(plan->desks[d].busy, busy[d], 0.01, "%.4f", plan->desks[d].busy);
        cr_assert_float_eq(plan->desks[d].cases, 12960, 50, "%.1f", plan->desks[d].cases);
        cr_assert_gt(plan->desks[d].on_time, 0.999);
    }
    tbs_desk_plan_free(plan);
    tb_scenario_free(s);
}
