/* The simulator, through the real core, against exact theory where no shipped scenario has the form
 * (those are in test_theory.c): a fork joined again, a closed population, a sinusoidal load.
 * Services are a tenth of a second, so that a few hours hold what theory calls for ever; seeds are
 * fixed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/theory.h"
#include "sim/measure.h"
#include "sim/textbook.h"

enum { DAYS = 12 };
static const double mu = 10; /* services a second */

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

/* ---- the back office ------------------------------------------------------------------------- */

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
