/* The planner against exact theory, and its guarantee on new seeds. Long form: stress_plan. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/theory.h"
#include "plan/command.h"
#include "plan/lab.h"

/* A hall of M/M/c(+M): open all day, so long against its service that the start does not count. */
static struct tb_scenario *textbook(double per_day, double service_s, double patience_s)
{
    struct tb_scenario_problems problems = {0};
    char volume[64], service[64], patience[64], windows[64], dir[] = "/tmp/plan-test-XXXXXX";
    char path[128];

    cr_assert_not_null(mkdtemp(dir));
    snprintf(volume, sizeof volume, "hall,volume\nhall,%.0f\n", per_day);
    snprintf(service, sizeof service,
             "matter,name,service,cv,law\nm,m,%.0fs,,exponential\n", service_s);
    snprintf(windows, sizeof windows, "hall,name,windows\nhall,hall,60\n");
    const struct {
        const char *name, *text;
    } files[] = {{"demand.csv", volume}, {"matters.csv", service}, {"halls.csv", windows}};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
        FILE *out = fopen(path, "w");
        fputs(files[i].text, out);
        fclose(out);
    }
    snprintf(path, sizeof path, "%s/scenario.yaml", dir);
    FILE *out = fopen(path, "w");
    char here[512];
    cr_assert_not_null(getcwd(here, sizeof here));
    snprintf(patience, sizeof patience, patience_s > 0 ? "%.0fs" : "never", patience_s);
    fprintf(out, "extends: %s/sim/scenarios/teach-mm1\nname:\n  en: test\nset:\n", here);
    fprintf(out, "  - patience_least = 0\n  - patience_mean = %s\n", patience);
    fclose(out);
    struct tb_scenario *s = tb_scenario_load(dir, &problems);
    for (uint32_t i = 0; i < problems.count; i++) {
        fprintf(stderr, "%s: %s\n", problems.problems[i].file, problems.problems[i].en);
    }
    snprintf(path, sizeof path, "rm -r %s", dir);
    cr_assert_eq(system(path), 0);
    cr_assert_not_null(s);
    return s;
}

Test(plan, a_promise_is_read_as_people_write_it)
{
    static const struct {
        const char *text;
        double share;
        int64_t wait_us;
    } good[] = {{"90% within 15 min", 0.9, TB_MINUTES(15)}, {"80%/20s", 0.8, TB_SECONDS(20)},
                {"95 % 1h", 0.95, TB_HOURS(1)},             {"90% 15分钟内", 0.9, TB_MINUTES(15)}};
    static const char *const bad[] = {"",          "90%",           "90 within 15 min", "120% 5min",
                                      "0% 15 min", "90% within 15", "90% 15 parsecs",   "-9% 1min"};
    double share;
    int64_t wait_us;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_assert(tbs_promise_read(good[i].text, &share, &wait_us), "%s", good[i].text);
        cr_assert_float_eq(share, good[i].share, 1e-12);
        cr_assert_eq(wait_us, good[i].wait_us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert(!tbs_promise_read(bad[i], &share, &wait_us), "%s", bad[i]);
    }
}

/* Windows are the same all day in theory: the plan's hall is judged with n windows all day, as
 * Erlang has it, and the fewest n that the core finds must be Erlang's. */
static uint32_t fewest(struct tb_scenario *s, int64_t wait_us, double share, uint32_t guess)
{
    struct tbs_plan_days days;

    cr_assert(tbs_plan_days_find(s, s->day_kinds[0].id, &days));
    days.count = 8;
    struct tbs_lab *lab = tbs_lab_create(s, 0, &days, 60, NULL, wait_us);
    cr_assert_not_null(lab);
    for (uint32_t n = guess > 2 ? guess - 2 : 1; n <= 60; n++) {
        struct tbs_staffing staffing;
        struct tbs_lab_result r;
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
            staffing.windows[k] = (uint16_t)n;
        }
        tbs_staffing_evaluate(lab, &staffing, 1, 0, 8, &r);
        if (r.day.within >= share) {
            tbs_lab_free(lab);
            return n;
        }
    }
    tbs_lab_free(lab);
    return TB_NONE;
}

static void against_erlang(int first, int last)
{
    static const double loads[] = {1.3, 2.6, 4.4, 7.7, 12.2, 19.3};
    static const double waits_s[] = {0, 20, 60};

    for (int i = first; i < last; i++) {
        const double a = loads[i % 6], t = waits_s[i / 6 % 3], share = i & 1 ? 0.8 : 0.9;
        const bool leaves = i / 18;
        const double service_s = 60, lambda = a / service_s;
        struct tb_scenario *s = textbook(round(lambda * 86400), service_s, leaves ? 120 : 0);
        const double rate = round(lambda * 86400) / 86400;
        uint32_t n = 1;
        double near = 1;
        for (;; n++) {
            const double late =
                leaves ? tbs_erlang_a_offered_beyond(rate, 1 / service_s, 1 / 120.0, n, t)
                       : (n > a ? tbs_mmc_wait_beyond(rate, 1 / service_s, n, t) : 1);
            near = fmin(near, fabs(late - (1 - share)));
            if (late <= 1 - share) {
                break;
            }
        }
        /* With patience, who is in time: called before t; he who left before t is not. */
        if (!leaves && near > 0.004) {
            const uint32_t found = fewest(s, (int64_t)(t * 1e6), share, n);
            cr_assert_eq(found, n, "load %.1f, %.0f s, %.0f%%: %u, Erlang %u", a, t, 100 * share,
                         found, n);
        }
        tb_scenario_free(s);
    }
}

Test(plan, fewest_windows_are_erlangs)
{
    against_erlang(0, 6);
}

Test(long_plan, fewest_windows_are_erlangs_everywhere)
{
    against_erlang(0, 36);
}

static struct tbs_plan *one_hall(struct tb_scenario *s, uint64_t seed)
{
    struct tbs_plan_options o;

    tbs_plan_options_init(&o, s);
    cr_assert(tbs_plan_days_find(s, "saturday", &o.days));
    o.seed = seed;
    return tbs_plan_search(s, &o, NULL, NULL, NULL);
}

static double judged(struct tb_scenario *s, const struct tbs_plan *plan,
                     const struct tbs_staffing *staffing, uint32_t days)
{
    struct tbs_lab_result r;
    struct tbs_lab *lab =
        tbs_lab_create(s, 0, &plan->options.days, 0, NULL, plan->options.wait_us);

    tbs_staffing_evaluate(lab, staffing, 987654321, 0, days, &r);
    tbs_lab_free(lab);
    return r.day.within;
}

/* Of plans at 95%, at least nine in ten keep the promise on new seeds; without any one window hour
 * most do not. */
static void guarantee(uint32_t plans, uint32_t days)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    uint32_t kept = 0, broken = 0, removed = 0;

    cr_assert_not_null(s);
    for (uint32_t i = 0; i < plans; i++) {
        struct tbs_plan *plan = one_hall(s, 1000 + i);
        const struct tbs_staffing *needs = &plan->halls[0].needs;
        cr_assert_eq(plan->halls[0].state, TBS_PLAN_KEPT);
        kept += judged(s, plan, needs, days) >= plan->options.share;
        for (uint32_t k = 17; k + 1 < TBS_PLAN_SLOTS && i % 8 == 0; k++) {
            struct tbs_staffing less = *needs;
            if (less.windows[k] > 1 && less.windows[k + 1] > 1) {
                less.windows[k]--;
                less.windows[k + 1]--;
                removed++;
                broken += judged(s, plan, &less, days) < plan->options.share;
            }
        }
        tbs_plan_free(plan);
    }
    fprintf(stderr, "%u of %u plans keep the promise; %u of %u break without a window hour\n", kept,
            plans, broken, removed);
    cr_assert(kept * 10 >= plans * 9);
    cr_assert(broken * 2 > removed);
    tb_scenario_free(s);
}

Test(plan, keeps_its_promise_on_new_seeds)
{
    guarantee(4, 3000);
}

Test(stress_plan, ninety_of_a_hundred_keep_it, .timeout = 600)
{
    guarantee(100, 20000);
}

Test(plan, an_impossible_promise_says_so)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    struct tbs_plan_options o;

    cr_assert_not_null(s);
    tbs_plan_options_init(&o, s);
    cr_assert(tbs_plan_days_find(s, "saturday", &o.days));
    o.share = 0.9999;
    o.wait_us = 0;
    o.windows_max = 1;
    struct tbs_plan *plan = tbs_plan_search(s, &o, NULL, NULL, NULL);
    cr_assert_eq(plan->halls[0].state, TBS_PLAN_IMPOSSIBLE);
    cr_assert_eq(plan->impossible, 1);
    cr_assert(plan->halls[0].result.day.within < 0.9);
    cr_assert(plan->promise_kept_probability < 0.05);
    tbs_plan_free(plan);
    tb_scenario_free(s);
}

struct hearing {
    uint32_t told, kept;
    double hours;
};

static void hear(void *context, const struct tbs_plan_told *told)
{
    struct hearing *h = context;

    cr_assert_eq(told->step, ++h->told);
    cr_assert(told->result->day.visits > 0);
    if (told->kept) {
        cr_assert_str_eq(told->phase, "check");
        h->kept++;
        h->hours = told->window_hours;
    }
}

Test(plan, one_hall_is_found_and_told)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    struct tbs_plan_options o;
    struct tbs_plan_hall hall;
    struct hearing hearing = {0};
    atomic_bool stop = false;

    tbs_plan_options_init(&o, s);
    cr_assert(tbs_plan_days_find(s, "saturday", &o.days));
    cr_assert(tbs_plan_hall_find(s, 0, &o, NULL, hear, &hearing, &stop, &hall));
    cr_assert_eq(hall.state, TBS_PLAN_KEPT);
    cr_assert(hearing.kept > 0);
    cr_assert_float_eq(hearing.hours, hall.hours, 1e-9);
    tbs_plan_hall_clear(&hall);
    stop = true;
    cr_assert(tbs_plan_hall_find(s, 0, &o, NULL, NULL, NULL, &stop, &hall));
    cr_assert_eq(hall.state, TBS_PLAN_STOPPED);
    tbs_plan_hall_clear(&hall);
    cr_assert(tbs_plan_days_find(s, "closed", &o.days));
    cr_assert(!tbs_plan_hall_find(s, 0, &o, NULL, NULL, NULL, NULL, &hall));
    tbs_plan_hall_clear(&hall);
    tb_scenario_free(s);
}

Test(plan, no_replay_where_nobody_waits)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load("sim/scenarios/teach-one-hall", &problems);
    struct tbs_plan_days days;
    struct tbs_recording recording = {0};
    struct tbs_lab_result r;
    struct tbs_staffing all = {{0}};
    struct tbs_share share;

    cr_assert(tbs_plan_days_find(s, "saturday", &days));
    struct tbs_lab *lab = tbs_lab_create(s, 0, &days, 40, NULL, TB_MINUTES(15));
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        all.windows[k] = 40;
    }
    tbs_lab_run(lab, &all, 1, 0, 100, &r, &recording);
    tbs_replay(lab, &recording, &all, &share);
    cr_assert_float_eq(r.day.within, 1, 1e-9);
    cr_assert_float_eq(share.within / share.visits, 1, 1e-9);
    cr_assert_float_eq(share.visits, r.day.visits * r.days, 0.5);
    tbs_recording_free(&recording);
    tbs_lab_free(lab);
    tb_scenario_free(s);
}
