/* The simulator against exact queueing theory, on the teaching scenarios.
 *
 * How a comparison is made. A day is one observation: days are independent, since the line is
 * emptied at midnight, so the interval of a figure is a jackknifed ratio over days at 99.9%
 * confidence (kernel/interval.h). That half-width is the tolerance; it must itself be small beside
 * the exact value, or the test would prove nothing. Seeds are fixed: a test passes always or never.
 *
 * Opening and closing. Theory is of the steady state, a day begins with an empty line and drops
 * who waits at its end. So only those are counted who arrive from 06:00 to 23:00: after 06:00
 * nothing of the empty beginning is left (the slowest of these queues forgets e-fold in 38 min, so
 * e^-9.5 of it is), and whoever came before 23:00 was called before midnight, which is checked.
 * Nobody is dropped, so nothing is censored. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/interval.h"
#include "kernel/theory.h"
#include "model/model.h"
#include "run/run.h"

#define SCENARIOS "sim/scenarios/"
#define CONFIDENCE 0.999

enum { FROM_H = 6, TO_H = 23, CLASSES = 2, DAYS_MAX = 365 };

/* Sums of one class on each day. */
struct tally {
    double came[DAYS_MAX], admitted[DAYS_MAX], refused[DAYS_MAX], left[DAYS_MAX];
    double delayed[DAYS_MAX], beyond[DAYS_MAX];
    double wait_s[DAYS_MAX], inside_s[DAYS_MAX];
};

struct watch {
    const struct tb_scenario *scenario;
    struct tally of[CLASSES];
    int64_t beyond_us;
    uint32_t days;
    uint32_t overtaken_most;
    uint32_t cut; /* of those counted: not called, nor gone by themselves */
};

static void visit_watch(void *context, const struct tbs_visit *v)
{
    struct watch *w = context;
    const uint32_t day = v->day;
    const int64_t after_us = v->arrival_at_us - tbs_day_starts_at_us(w->scenario, day);

    if (v->overtaken > w->overtaken_most) {
        w->overtaken_most = v->overtaken;
    }
    if (after_us < TB_HOURS(FROM_H) || after_us >= TB_HOURS(TO_H) || day >= w->days) {
        return;
    }
    struct tally *t = &w->of[v->class_ == TB_CLASS_GREEN];
    t->came[day]++;
    if (v->outcome == TBS_OUTCOME_REFUSED) {
        t->refused[day]++;
        return;
    }
    t->admitted[day]++;
    const bool called = v->called_at_us != TB_NEVER;
    w->cut += !called && v->outcome != TBS_OUTCOME_LEFT;
    const int64_t wait_us = (called ? v->called_at_us : v->ended_at_us) - v->arrival_at_us;
    t->left[day] += v->outcome == TBS_OUTCOME_LEFT;
    t->delayed[day] += wait_us > 0 || !called;
    t->beyond[day] += wait_us > w->beyond_us;
    t->wait_s[day] += (double)wait_us / 1e6;
    t->inside_s[day] += (double)(v->ended_at_us - v->arrival_at_us) / 1e6;
}

static struct tb_scenario *load(const char *dir, const char *const *sets, uint32_t set_count)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load_with(dir, sets, set_count, NULL, &problems);

    cr_assert_not_null(s, "%s: %s", dir, problems.count > 0 ? problems.problems[0].en : "?");
    tb_scenario_problems_free(&problems);
    return s;
}

/* Runs the first days of a scenario and watches everybody. */
static struct watch *watch_run(const char *dir, const char *const *sets, uint32_t set_count,
                               uint32_t days, double beyond_s)
{
    struct tb_scenario *s = load(dir, sets, set_count);
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct watch *w = calloc(1, sizeof *w);
    const struct tbs_model_options options = {
        .day_count = days, .ticket = visit_watch, .ticket_context = w};
    struct tbs_model *model = tbs_model_create(s, demand, &options);
    struct tbs_tally *tally = tbs_tally_create(s, false);

    cr_assert_not_null(w);
    w->scenario = s;
    w->days = days;
    w->beyond_us = (int64_t)(beyond_s * 1e6);
    tbs_model_start(model, 20220101, 0);
    tbs_model_count(model, tally);
    cr_assert(tbs_model_run(model, days), "%s: %s", dir, tbs_model_error(model));
    tbs_model_finish(model);
    cr_assert_eq(w->cut, 0, "%s: %u who came before %d:00 were not called by midnight", dir,
                 w->cut, TO_H);
    tbs_tally_free(tally);
    tbs_model_free(model);
    tbs_demand_free(demand);
    tb_scenario_free(s);
    w->scenario = NULL;
    return w;
}

/* The exact value must lie in the interval, and the interval must be narrow enough to tell: a
 * half-width of at most this share of the exact value. `bias` is what the comparison itself may be
 * wrong by, where that is not nothing. */
static void meets(const char *what, struct tbs_interval got, double exact, double narrow,
                  double bias)
{
    cr_log_info("%-34s exact %10.5f  simulated %10.5f +- %.5f (99.9%%)", what, exact, got.value,
                got.half_width);
    cr_assert_eq(got.flags & (TBS_INTERVAL_NONE | TBS_INTERVAL_FEW), 0u, "%s: too few", what);
    cr_assert(got.half_width <= narrow * fabs(exact), "%s: +- %g tells nothing about %g", what,
              got.half_width, exact);
    cr_assert(fabs(got.value - exact) <= got.half_width + bias,
              "%s: %.6g +- %.6g (99.9%%), exactly %.6g", what, got.value, got.half_width, exact);
}

static void ratio_meets(const char *what, const struct watch *w, const double *above,
                        const double *below, double exact, double narrow)
{
    meets(what, tbs_interval_ratio(above, below, w->days, CONFIDENCE), exact, narrow, 0);
}

/* ---- M/M/c, M/M/c/K, Erlang A --------------------------------------------------------------- */

Test(long_theory, mm1)
{
    const double lambda = 0.15, mu = 1.0 / 6;
    struct watch *w = watch_run(SCENARIOS "teach-mm1", NULL, 0, 365, 60);
    const struct tally *t = &w->of[0];

    ratio_meets("M/M/1 mean wait, s", w, t->wait_s, t->came, tbs_mmc_wait_mean(lambda, mu, 1),
                0.06);
    ratio_meets("M/M/1 share that waits", w, t->delayed, t->came, 0.9, 0.01);
    ratio_meets("M/M/1 share beyond 60 s", w, t->beyond, t->came,
                tbs_mmc_wait_beyond(lambda, mu, 1, 60), 0.05);
    ratio_meets("M/M/1 mean time inside, s", w, t->inside_s, t->came, 1 / (mu - lambda), 0.06);
    cr_assert_eq(w->overtaken_most, 0, "first come, first served");
    free(w);
}

Test(long_theory, mmc_erlang_c)
{
    const double lambda = 0.15, mu = 1.0 / 30;
    struct watch *w = watch_run(SCENARIOS "teach-mmc", NULL, 0, 365, 60);
    const struct tally *t = &w->of[0];

    ratio_meets("M/M/5 share that waits", w, t->delayed, t->came, tbs_erlang_c(4.5, 5), 0.02);
    ratio_meets("M/M/5 mean wait, s", w, t->wait_s, t->came, tbs_mmc_wait_mean(lambda, mu, 5),
                0.06);
    ratio_meets("M/M/5 share beyond 60 s", w, t->beyond, t->came,
                tbs_mmc_wait_beyond(lambda, mu, 5, 60), 0.05);
    free(w);
}

Test(long_theory, mmck_loss)
{
    const struct tbs_mmck exact = tbs_mmck(1.0 / 6, 1.0 / 30, 5, 10);
    struct watch *w = watch_run(SCENARIOS "teach-mmck", NULL, 0, 200, 60);
    const struct tally *t = &w->of[0];

    ratio_meets("M/M/5/10 loss", w, t->refused, t->came, exact.loss, 0.03);
    ratio_meets("M/M/5/10 share that waits", w, t->delayed, t->admitted, exact.delay, 0.01);
    ratio_meets("M/M/5/10 mean wait, s", w, t->wait_s, t->admitted, exact.wait_mean, 0.02);
    free(w);
}

Test(long_theory, mmcm_erlang_a)
{
    const double lambda = 0.2, mu = 1.0 / 60, theta = 1.0 / 120;
    const struct tbs_erlang_a exact = tbs_erlang_a(lambda, mu, theta, 10);
    struct watch *w = watch_run(SCENARIOS "teach-erlang-a", NULL, 0, 200, 60);
    const struct tally *t = &w->of[0];

    ratio_meets("M/M/10+M share that waits", w, t->delayed, t->came, exact.delay, 0.01);
    ratio_meets("M/M/10+M abandonment", w, t->left, t->came, exact.abandon, 0.02);
    ratio_meets("M/M/10+M mean wait of all, s", w, t->wait_s, t->came, exact.wait_mean, 0.02);
    ratio_meets("M/M/10+M share beyond 60 s", w, t->beyond, t->came,
                tbs_erlang_a_wait_beyond(lambda, mu, theta, 10, 60), 0.05);
    free(w);
}

/* ---- M/G/1 ----------------------------------------------------------------------------------- */

static void pollaczek_khinchine(const char *what, const char *dir, double cv, uint32_t days,
                                double narrow)
{
    const double lambda = 11520.0 / 86400;
    struct watch *w = watch_run(dir, NULL, 0, days, 60);
    const struct tally *t = &w->of[0];

    ratio_meets(what, w, t->wait_s, t->came, tbs_mg1_wait_mean(lambda, 6, cv), narrow);
    ratio_meets("... share that waits", w, t->delayed, t->came, 0.8, 0.01);
    free(w);
}

Test(long_theory, md1)
{
    pollaczek_khinchine("M/D/1 mean wait, s", SCENARIOS "teach-md1", 0, 150, 0.03);
}

Test(long_theory, me1)
{
    pollaczek_khinchine("M/E4/1 mean wait, s", SCENARIOS "teach-me1", 0.5, 150, 0.03);
}

Test(long_theory, mg1_lognormal)
{
    pollaczek_khinchine("M/G/1 (cv 1.5) mean wait, s", SCENARIOS "teach-mg1", 1.5, 250, 0.06);
}

Test(long_theory, mh1)
{
    pollaczek_khinchine("M/H2/1 (cv 2) mean wait, s", SCENARIOS "teach-mh1", 2, 250, 0.06);
}

/* ---- priorities ------------------------------------------------------------------------------ */

/* The bound on overtaking must never have struck: theory knows of none. */
static void two_classes_meet(const char *what, const struct watch *w, const double wait[2],
                             double narrow)
{
    char text[64];

    cr_assert_lt(w->overtaken_most, 32, "the bound on overtaking struck");
    snprintf(text, sizeof text, "%s green mean wait, s", what);
    ratio_meets(text, w, w->of[1].wait_s, w->of[1].came, wait[0], narrow);
    snprintf(text, sizeof text, "%s normal mean wait, s", what);
    ratio_meets(text, w, w->of[0].wait_s, w->of[0].came, wait[1], narrow);
}

Test(long_theory, priority_mm1_cobham)
{
    const double lambda = 11520.0 / 86400;
    const struct tbs_priority_class classes[2] = {{0.3 * lambda, 6, 1}, {0.7 * lambda, 6, 1}};
    double wait[2];
    struct watch *w = watch_run(SCENARIOS "teach-priority", NULL, 0, 250, 60);

    tbs_priority_mg1(classes, 2, wait);
    two_classes_meet("M/M/1 two classes:", w, wait, 0.05);
    free(w);
}

Test(long_theory, priority_mmc_cobham)
{
    static const char *const sets[] = {"green_share=30%", "tier_green=0", "demand.scale=0.9"};
    const double lambda = 0.9 * 0.15, rates[2] = {0.3 * lambda, 0.7 * lambda};
    double wait[2];
    struct watch *w = watch_run(SCENARIOS "teach-mmc", sets, 3, 250, 60);

    tbs_priority_mmc(rates, 2, 1.0 / 30, 5, wait);
    two_classes_meet("M/M/5 two classes:", w, wait, 0.05);
    free(w);
}

/* ---- Jackson network ------------------------------------------------------------------------- */

/* Mean time at each desk on each day, after a first day that is not counted. */
struct desk_days {
    double sojourn_s[2][DAYS_MAX], done[2][DAYS_MAX];
    double inside_s[DAYS_MAX], came[DAYS_MAX]; /* of the hall, from the watch */
    double expired, arrived;
    uint32_t days;
};

static void desks_read(const struct tbs_tally *tally, struct desk_days *sums, uint32_t day)
{
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        const uint64_t *hall = tally->stations[0].count[type];
        sums->expired += (double)hall[TBS_STATION_EXPIRED];
        sums->arrived += (double)hall[TBS_STATION_ARRIVED];
        for (uint32_t i = 0; i < 2; i++) {
            const uint64_t *desk = tally->stations[1 + i].count[type];
            sums->sojourn_s[i][day] += (double)desk[TBS_STATION_SOJOURN_US] / 1e6;
            sums->done[i][day] += (double)desk[TBS_STATION_TASKS_DONE];
        }
    }
}

static void jackson_run(struct desk_days *sums, struct watch *w)
{
    struct tb_scenario *s = load(SCENARIOS "teach-jackson", NULL, 0);
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    const struct tbs_model_options options = {
        .day_count = sums->days + 1, .ticket = visit_watch, .ticket_context = w};
    struct tbs_model *model = tbs_model_create(s, demand, &options);
    struct tbs_tally *tally = tbs_tally_create(s, false);

    w->scenario = s;
    w->days = sums->days + 1;
    tbs_model_start(model, 20220102, 0);
    tbs_model_count(model, tally);
    cr_assert(tbs_model_run(model, 1), "%s", tbs_model_error(model));
    for (uint32_t day = 0; day < sums->days; day++) {
        tbs_tally_clear(tally);
        cr_assert(tbs_model_run(model, 1), "%s", tbs_model_error(model));
        desks_read(tally, sums, day);
    }
    cr_assert_eq(w->cut, 0);
    tbs_tally_free(tally);
    tbs_model_free(model);
    tbs_demand_free(demand);
    tb_scenario_free(s);
}

/* Desks work through midnight, but get less for a while, since the hall has dropped its line: by
 * this share of a day's work. To first order what a dent in the input changes does not depend on
 * when it comes, so the day is like one with as much less all day; twice that is allowed for. */
Test(long_theory, jackson_network)
{
    static struct desk_days sums = {.days = 150};
    static struct watch w;
    static const double route[9] = {0, 1, 0, 0, 0, 1, 0, 0, 0};
    static const char *const name[2] = {"Jackson: review, mean time, s",
                                        "Jackson: decide, mean time, s"};
    struct tbs_jackson_station at[3] = {
        {0.15, 1.0 / 30, 5, 0, 0}, {0, 1.0 / 15, 3, 0, 0}, {0, 1.0 / 21, 4, 0, 0}};
    struct tbs_jackson_station less[3];

    jackson_run(&sums, &w);
    memcpy(less, at, sizeof at);
    less[0].outside *= 1 - sums.expired / sums.arrived;
    tbs_jackson(at, route, 3);
    tbs_jackson(less, route, 3);
    ratio_meets("Jackson: hall, mean time, s", &w, w.of[0].inside_s, w.of[0].came,
                at[0].inside_mean / at[0].through, 0.06);
    for (uint32_t i = 0; i < 2; i++) {
        const double exact = at[i + 1].inside_mean / at[i + 1].through;
        const double bias = exact - less[i + 1].inside_mean / less[i + 1].through;
        cr_assert_lt(bias, 0.01 * exact, "midnight disturbs too much: %g", bias);
        meets(name[i],
              tbs_interval_ratio(sums.sojourn_s[i], sums.done[i], sums.days, CONFIDENCE), exact,
              0.03, 2 * bias);
    }
}

/* ---- coverage -------------------------------------------------------------------------------- */

/* Chance that a binomial number is at most k. */
static double binomial_below(uint32_t k, uint32_t n, double p)
{
    double sum = 0;

    for (uint32_t i = 0; i <= k && i <= n; i++) {
        sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
                   (n - i) * log1p(-p));
    }
    return sum;
}

/* What the program itself prints: 200 seeds of a short run, 95% intervals; the number that covers
 * the exact value must be one that a binomial law of 200 and 95% gives with 99.9%: 178 .. 199. At
 * a load of 0.45 the line forgets e-fold in about a minute, so opening and closing shift the means
 * by about a thousandth, a twentieth of a half-width. `replications`: 1 for batches of days. */
static void covers(uint32_t days, uint32_t replications)
{
    enum { SEEDS = 200, FIGURES = 4 };
    static const char *const sets[] = {"demand.scale=0.5"};
    static const char *const name[FIGURES] = {"wait_mean_s", "served_within_promise",
                                              "utilisation", "cases_arrived"};
    static const enum tbs_city_metric metric[FIGURES] = {
        TBS_CITY_WAIT_MEAN_S, TBS_CITY_SERVED_WITHIN_PROMISE, TBS_CITY_UTILISATION,
        TBS_CITY_CASES_ARRIVED};
    const double lambda = 0.075, mu = 1.0 / 6;
    const double exact[FIGURES] = {tbs_mmc_wait_mean(lambda, mu, 1),
                                   1 - tbs_mmc_wait_beyond(lambda, mu, 1, 60), lambda / mu,
                                   6480.0 * days};
    struct tb_scenario *s = load(SCENARIOS "teach-mm1", sets, 1);
    uint32_t covered[FIGURES] = {0};

    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct tbs_run_options options;
        struct tbs_run_error error;
        tbs_run_options_init(&options, s);
        options.day_count = days;
        options.replications = replications;
        options.seed = seed;
        options.picture = false;
        struct tbs_results *r = tbs_run(s, &options, &error);
        cr_assert_not_null(r, "%s", error.text);
        for (int i = 0; i < FIGURES; i++) {
            const struct tbs_figure *f = &r->city[metric[i]];
            covered[i] += fabs(f->value - exact[i]) <= f->half_width;
        }
        tbs_results_free(r);
    }
    tb_scenario_free(s);
    for (int i = 0; i < FIGURES; i++) {
        cr_log_info("%-24s %u of %d intervals cover (nominal 190)", name[i], covered[i], SEEDS);
        cr_assert_geq(binomial_below(covered[i], SEEDS, 0.95), 0.0005, "%s: only %u cover",
                      name[i], covered[i]);
        cr_assert_lt(binomial_below(covered[i] - 1, SEEDS, 0.95), 0.9995, "%s: %u cover, too many",
                     name[i], covered[i]);
    }
}

Test(long_theory, intervals_of_batches_cover_at_their_rate)
{
    covers(6, 1);
}

Test(long_theory, intervals_of_replications_cover_at_their_rate)
{
    covers(1, 6);
}
