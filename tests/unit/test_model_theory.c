/* The simulator, through the real core, against exact queueing theory. Services are a tenth of a
 * second, so that a few hours hold what theory calls for ever. Each number must lie within
 * the 99.9% half-width of its own days around the exact one; seeds are fixed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/theory.h"
#include "sim/measure.h"
#include "sim/textbook.h"

enum { DAYS = 12 };
static const double mu = 10;         /* services a second */
static const double service_s = 0.1; /* their mean */

static struct tb_duration law(enum tb_law which, double cv)
{
    return (struct tb_duration){which, TB_MS(100), cv};
}

static struct textbook_spec spec(double lambda, uint32_t windows)
{
    return (struct textbook_spec){
        .windows = windows,
        .per_hour = 3600 * lambda,
        .service = law(TB_LAW_EXPONENTIAL, 1),
        .days = DAYS,
        .day_hours = 1.5,
    };
}

static struct measure *measured(struct tb_scenario *scenario, uint64_t seed)
{
    struct measure *m = calloc(1, sizeof *m);

    cr_assert_not_null(m);
    measure_run(m, scenario, seed);
    textbook_free(scenario);
    return m;
}

Test(model_theory, mm1_wait_and_utilisation)
{
    const struct textbook_spec one = spec(8, 1);
    struct measure *m = measured(textbook_new(&one), 1);

    cr_assert(measure_holds("wait", m->wait_s, DAYS, tbs_mmc_wait_mean(8, mu, 1)));
    cr_assert(measure_holds("busy", m->busy, DAYS, 0.8));
    free(m);
}

Test(model_theory, mmc_erlang_c)
{
    const struct textbook_spec four = spec(35, 4);
    struct measure *m = measured(textbook_new(&four), 2);

    cr_assert(measure_holds("wait", m->wait_s, DAYS, tbs_mmc_wait_mean(35, mu, 4)));
    cr_assert(measure_holds("busy", m->busy, DAYS, 3.5));
    free(m);
}

Test(model_theory, mmck_turns_away_at_a_full_line)
{
    const struct textbook_spec two = spec(18, 2);
    struct tb_scenario *scenario = textbook_new(&two);
    const struct tbs_mmck exact = tbs_mmck(18, mu, 2, 5);

    scenario->people.line_most = 3; /* k - c */
    struct measure *m = measured(scenario, 3);
    cr_assert(measure_holds("loss", m->refused, DAYS, exact.loss));
    cr_assert(measure_holds("wait", m->wait_s, DAYS, exact.wait_mean));
    cr_assert(measure_holds("busy", m->busy, DAYS, exact.busy_mean));
    free(m);
}

/* Mean wait of all who took a number, served or not, by the tickets. */
struct all_waits {
    double sum_s[DAYS];
    uint32_t count[DAYS];
    uint32_t day;
};

static void all_waits_ticket(void *context, const struct tbs_visit *visit)
{
    struct all_waits *all = context;
    const tb_time until =
        visit->called_at_us != TB_NEVER ? visit->called_at_us : visit->ended_at_us;

    all->sum_s[all->day] += 1e-6 * (double)(until - visit->place_at_us);
    all->count[all->day]++;
}

static void all_waits_day(void *context, uint32_t day, const struct tbs_tally *tally)
{
    struct all_waits *all = context;

    (void)tally;
    all->sum_s[day] /= all->count[day];
    all->day = day + 1 < DAYS ? day + 1 : day;
}

Test(model_theory, erlang_a_who_gives_up_and_how_long_all_wait)
{
    const struct textbook_spec three = spec(33, 3);
    struct tb_scenario *scenario = textbook_new(&three);
    const double theta = 2;
    const struct tbs_erlang_a exact = tbs_erlang_a(33, mu, theta, 3);
    struct all_waits all = {.day = 0};
    struct measure *m = calloc(1, sizeof *m);

    cr_assert_not_null(m);
    scenario->people.patience_mean_us = TB_MS(500);
    m->options.ticket = all_waits_ticket;
    m->options.ticket_context = m->context = &all;
    m->day = all_waits_day;
    measure_run(m, scenario, 4);
    cr_assert(measure_holds("abandon", m->left, DAYS, exact.abandon));
    cr_assert(measure_holds("wait of all", all.sum_s, DAYS, exact.wait_mean));
    cr_assert(measure_holds("busy", m->busy, DAYS, exact.busy_mean));
    textbook_free(scenario);
    free(m);
}

Test(model_theory, mg1_and_md1_pollaczek_khinchine)
{
    struct textbook_spec one = spec(7, 1);

    one.service = law(TB_LAW_LOGNORMAL, 0.8);
    struct measure *m = measured(textbook_new(&one), 5);
    cr_assert(measure_holds("M/G/1", m->wait_s, DAYS, tbs_mg1_wait_mean(7, service_s, 0.8)));
    free(m);
    one.service = law(TB_LAW_DETERMINISTIC, 0);
    m = measured(textbook_new(&one), 6);
    cr_assert(measure_holds("M/D/1", m->wait_s, DAYS, tbs_mg1_wait_mean(7, service_s, 0)));
    free(m);
}

/* ---- priorities ------------------------------------------------------------------------------ */

struct by_class {
    double sum_s[2][DAYS];
    uint32_t count[2][DAYS];
    uint32_t day;
};

static void by_class_ticket(void *context, const struct tbs_visit *visit)
{
    struct by_class *by = context;

    if (visit->called_at_us != TB_NEVER) {
        by->sum_s[visit->class_][by->day] +=
            1e-6 * (double)(visit->called_at_us - visit->place_at_us);
        by->count[visit->class_][by->day]++;
    }
}

static void by_class_day(void *context, uint32_t day, const struct tbs_tally *tally)
{
    struct by_class *by = context;

    (void)tally;
    for (int c = 0; c < 2; c++) {
        by->sum_s[c][day] /= by->count[c][day];
    }
    by->day = day + 1 < DAYS ? day + 1 : day;
}

/* Green before normal, always: strict tiers, and a bound on overtaking that is never reached. */
static struct by_class classes_measured(double lambda, uint32_t windows, uint64_t seed)
{
    struct by_class by = {.day = 0};
    const struct textbook_spec s = spec(lambda, windows);
    struct tb_scenario *scenario = textbook_new(&s);
    struct measure *m = calloc(1, sizeof *m);

    cr_assert_not_null(m);
    textbook_rules(scenario)->value[TB_RULE_tier_green] = 0;
    textbook_rules(scenario)->value[TB_RULE_credit_green_us] = 0;
    scenario->people.green_share = 0.3;
    m->options.ticket = by_class_ticket;
    m->options.ticket_context = m->context = &by;
    m->day = by_class_day;
    measure_run(m, scenario, seed);
    textbook_free(scenario);
    free(m);
    return by;
}

Test(model_theory, cobham_two_classes_one_window)
{
    const struct by_class by = classes_measured(7, 1, 7);
    const struct tbs_priority_class classes[2] = {{2.1, service_s, 1}, {4.9, service_s, 1}};
    double exact[2];

    tbs_priority_mg1(classes, 2, exact);
    cr_assert(measure_holds("green", by.sum_s[TB_CLASS_GREEN], DAYS, exact[0]));
    cr_assert(measure_holds("normal", by.sum_s[TB_CLASS_NORMAL], DAYS, exact[1]));
}

Test(model_theory, cobham_two_classes_three_windows)
{
    const struct by_class by = classes_measured(24, 3, 8);
    const double lambda[2] = {7.2, 16.8};
    double exact[2];

    tbs_priority_mmc(lambda, 2, mu, 3, exact);
    cr_assert(measure_holds("green", by.sum_s[TB_CLASS_GREEN], DAYS, exact[0]));
    cr_assert(measure_holds("normal", by.sum_s[TB_CLASS_NORMAL], DAYS, exact[1]));
}

/* ---- the back office ------------------------------------------------------------------------- */

Test(model_theory, jackson_front_desk_and_two_approval_steps)
{
    struct textbook_spec s = spec(6, 1);
    struct tbs_jackson_station stations[3] = {{6, mu, 1, 0, 0}, {0, mu, 1, 0, 0}, {0, mu, 1, 0, 0}};
    const double route[9] = {0, 1, 0, 0, 0, 1, 0, 0, 0};

    s.desks = 2;
    s.approvers = 1;
    s.work = law(TB_LAW_EXPONENTIAL, 1);
    tbs_jackson(stations, route, 3);
    struct measure *m = measured(textbook_new(&s), 9);
    cr_assert(measure_holds("front", m->wait_s, DAYS, stations[0].inside_mean / 6 - service_s));
    cr_assert(measure_holds("step 1", m->sojourn_s[0], DAYS, stations[1].inside_mean / 6));
    cr_assert(measure_holds("step 2", m->sojourn_s[1], DAYS, stations[2].inside_mean / 6));
    free(m);
}

/* When a case was opened and finished, by its reference's slot. */
struct responses {
    tb_time opened_at[1 << 16];
    double sum_s;
    uint64_t count;
};

static void response_event(void *context, const struct tb_event *event)
{
    struct responses *r = context;

    if (event->kind == TB_EVENT_CASE_OPENED) {
        r->opened_at[tb_ref_index(event->ref) & 0xffff] = event->at_us;
    } else if (event->kind == TB_EVENT_CASE_FINISHED) {
        r->sum_s += 1e-6 * (double)(event->at_us - r->opened_at[tb_ref_index(event->ref) & 0xffff]);
        r->count++;
    }
}

/* Two parallel steps: the longer of two dependent stays. Exactly (12 - rho) / 8 of one stay
 * (Flatto, Hahn 1984), and between one stay and the longer of two independent ones, 3/2 of it. */
Test(model_theory, fork_join_of_two_steps)
{
    struct textbook_spec s = spec(5, 2);
    struct responses *r = calloc(1, sizeof *r);
    struct measure *m = calloc(1, sizeof *m);
    const double rho = 0.5, stay = 1 / (mu - 5);

    cr_assert_not_null(r);
    cr_assert_not_null(m);
    s.desks = 2;
    s.approvers = 1;
    s.parallel = true;
    s.work = law(TB_LAW_EXPONENTIAL, 1);
    struct tb_scenario *scenario = textbook_new(&s);
    m->options.event = response_event;
    m->options.event_context = r;
    measure_run(m, scenario, 10);
    const double mean = r->sum_s / (double)r->count;
    cr_assert_gt(r->count, 300000u);
    cr_assert_gt(mean, stay);
    cr_assert_lt(mean, 1.5 * stay);
    /* 320,000 cases whose responses are correlated over seconds: 1% is four standard errors. */
    cr_assert_float_eq(mean, (12 - rho) / 8 * stay, 0.01 * mean);
    textbook_free(scenario);
    free(m);
    free(r);
}

/* Each of n cases goes to and fro between the desk and its citizen, for ever corrected: a closed
 * population, like machines and their repairers. */
Test(model_theory, machine_repair_finite_source)
{
    enum { MACHINES = 12, REPAIRERS = 2 };
    struct tbs_citizen citizens[MACHINES];
    uint64_t first[2] = {0, MACHINES};
    struct tbs_trace trace = {
        .citizens = citizens, .first = first, .hall_count = 1, .day_count = 1, .count = MACHINES};
    struct textbook_spec s = spec(0, 1);
    const struct tbs_repair exact = tbs_machine_repair(1 / 0.8, mu, MACHINES, REPAIRERS);
    struct measure *m = calloc(1, sizeof *m);

    cr_assert_not_null(m);
    s.desks = 1;
    s.approvers = REPAIRERS;
    s.work = law(TB_LAW_EXPONENTIAL, 1);
    struct tb_scenario *scenario = textbook_new(&s);
    scenario->people.correction_share = 1;
    scenario->people.correction_mean_us = TB_MS(800);
    for (int i = 0; i < MACHINES; i++) {
        citizens[i] = (struct tbs_citizen){.arrival_at_us = tbs_day_starts_at_us(scenario, 0) + i,
                                           .slot_at_us = TB_NEVER,
                                           .patience_us = TB_NEVER};
    }
    m->trace = &trace;
    measure_run(m, scenario, 11);
    cr_assert(measure_holds("busy", m->desk_busy[0], DAYS, exact.busy_mean));
    textbook_free(scenario);
    free(m);
}

/* ---- time-varying arrivals ------------------------------------------------------------------- */

/* Busy windows in each half hour of an endless hall under sinusoidal arrivals, begun at midnight:
 * from eight in the morning on nothing is left of that beginning. */
Test(model_theory, infinite_windows_under_a_sinus)
{
    enum { PARTS = 96, MEAN = 40 };
    double rates[PARTS];
    const double amplitude = 0.6;
    struct textbook_spec s = {
        .windows = 110,
        .per_hour = MEAN,
        .service = {TB_LAW_EXPONENTIAL, TB_HOURS(1), 1},
        .days = DAYS,
        .day_hours = 24,
        .profile = rates,
        .profile_count = PARTS,
    };
    static double busy[48][DAYS];

    for (int i = 0; i < PARTS; i++) {
        rates[i] = 1 + amplitude * sin(2 * M_PI * (i + 0.5) / PARTS);
    }
    struct tb_scenario *scenario = textbook_new(&s);
    struct tbs_demand *demand = tbs_demand_create(scenario, NULL);
    const struct tbs_model_options options = {.day_count = DAYS};
    struct tbs_model *model = tbs_model_create(scenario, demand, &options);
    tbs_model_start(model, 12, 0);
    for (uint32_t d = 0; d < DAYS; d++) {
        struct tbs_tally *tally = tbs_tally_create(scenario, true);
        tbs_model_count(model, tally);
        cr_assert(tbs_model_run(model, 1));
        for (uint32_t i = 0; i < tally->slot_count; i++) {
            busy[i][d] =
                (double)tbs_tally_slot(tally, 0, TBS_DAY_WORKDAY, i)->count[TBS_OF_SLOT_BUSY_US] /
                (double)TB_MINUTES(30);
        }
        tbs_tally_free(tally);
    }
    for (uint32_t i = 16; i < 46; i++) {
        const double exact = tbs_infinite_sinus_mean(MEAN, amplitude * MEAN, 24, 1, i / 2.0 + 0.25);
        const struct tbs_interval interval = tbs_interval_mean(busy[i], DAYS, 0.9999);
        cr_assert_float_eq(interval.value, exact, interval.half_width,
                           "half hour %u: %.2f +- %.2f, exactly %.2f", i, interval.value,
                           interval.half_width, exact);
    }
    tbs_model_free(model);
    tbs_demand_free(demand);
    textbook_free(scenario);
}

/* ---- intervals ------------------------------------------------------------------------------- */

/* Of 200 intervals of 95% about 190 cover the exact wait: 180 to 199 with a chance of 0.999. */
Test(model_theory, intervals_cover_at_their_nominal_rate)
{
    enum { SEEDS = 200, BATCHES = 10 };
    struct textbook_spec one = spec(5, 1);
    const double exact = tbs_mmc_wait_mean(5, mu, 1);
    uint32_t covered = 0;

    one.days = BATCHES;
    one.day_hours = 0.25;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct measure *m = measured(textbook_new(&one), 1000 + seed);
        const struct tbs_interval interval = tbs_interval_mean(m->wait_s, BATCHES, 0.95);
        covered += fabs(interval.value - exact) <= interval.half_width;
        free(m);
    }
    cr_assert_geq(covered, 180u, "%u of 200", covered);
    cr_assert_leq(covered, 199u, "%u of 200", covered);
}
