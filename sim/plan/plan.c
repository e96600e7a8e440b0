/* All halls: in threads, the largest first; then what concerns the city. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "kernel/law.h"
#include "plan/city.h"
#include "plan/search.h"

enum { BUDGET_ROUNDS = 4 };
/* Overtime is an estimate: so much of it is kept free in a budget. */
#define OVERTIME_SPARE 1.02

struct team {
    const struct tb_scenario *scenario;
    struct tbs_plan *plan;
    const atomic_bool *stop;
    void (*progress)(void *, const struct tbs_plan_progress *);
    void *context;
    const uint32_t *order; /* halls, the largest first */
    uint32_t count;
    _Atomic uint32_t next; /* relaxed: only its number matters */
    pthread_mutex_t told;  /* progress, one at a time */
    uint32_t done;
    double hours;
    void (*work)(struct team *team, uint32_t hall);
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- days -------------------------------------------------------------------------------------
 */

static const char *const weekdays[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* Evenly spread over what there is. */
static void days_thin(const uint32_t *all, uint32_t count, struct tbs_plan_days *days)
{
    days->count = count < TBS_PLAN_DAYS_MAX ? count : TBS_PLAN_DAYS_MAX;
    for (uint32_t i = 0; i < days->count; i++) {
        days->days[i] = all[(uint64_t)i * count / days->count];
    }
}

bool tbs_plan_days_find(const struct tb_scenario *s, const char *name, struct tbs_plan_days *days)
{
    const bool year = s->demand.year_first != TB_NONE;
    const uint32_t first = year ? s->demand.year_first : 0;
    const uint32_t last = year ? s->demand.year_last : s->day_count - 1;
    uint32_t *all = tbs_plan_zeroed(s->day_count, sizeof *all);
    uint32_t kind = TB_NONE, weekday = TB_NONE, count = 0;

    for (uint32_t k = 0; k < s->day_kind_count; k++) {
        kind = strcmp(s->day_kinds[k].id, name) == 0 ? k : kind;
    }
    for (uint32_t w = 0; w < 7 && kind == TB_NONE; w++) {
        weekday = strcmp(weekdays[w], name) == 0 ? w : weekday;
    }
    for (uint32_t d = first; d <= last && (kind != TB_NONE || weekday != TB_NONE); d++) {
        const struct tb_scenario_day *day = &s->days[d];
        const bool of_weekday = weekday != TB_NONE && day->weekday == weekday &&
                                day->mark == TB_DAY_PLAIN;
        if (day->kind == kind || (of_weekday && (count == 0 || day->kind == days->kind))) {
            days->kind = day->kind;
            all[count++] = d;
        }
    }
    days_thin(all, count, days);
    days->weekday = weekday == TB_NONE ? 0 : weekday + 1;
    free(all);
    return days->count > 0;
}

bool tbs_plan_days_have(const struct tbs_plan_days *days, const struct tb_scenario *s, uint32_t day)
{
    return days->weekday == 0 || (s->days[day].weekday + 1 == days->weekday &&
                                  s->days[day].mark == TB_DAY_PLAIN);
}

void tbs_plan_options_init(struct tbs_plan_options *options, const struct tb_scenario *s)
{
    *options = (struct tbs_plan_options){
        .wait_us = s->promise.wait_us > 0 ? s->promise.wait_us : TB_MINUTES(15),
        .share = s->promise.share > 0 && s->promise.share < 1 ? s->promise.share : 0.9,
        .left_most = 1,
        .confidence = 0.95,
        .hall = TB_NONE,
        .seed = 1,
        .threads = 1,
        .city_days = 40,
        .effort = 1,
        .zone = 0.02,
    };
}

/* ---- halls in threads -------------------------------------------------------------------------
 */

static bool stopped(const struct team *team)
{
    return team->stop != NULL && atomic_load_explicit(team->stop, memory_order_relaxed);
}

static struct tbs_lab *lab_of(const struct team *team, uint32_t hall)
{
    const struct tbs_plan_options *o = &team->plan->options;

    return tbs_lab_create(team->scenario, hall, &o->days, o->windows_max,
                          &team->plan->halls[hall].flow, o->wait_us);
}

static void tell(struct team *team, uint32_t hall)
{
    pthread_mutex_lock(&team->told);
    team->done++;
    team->hours += team->plan->halls[hall].hours;
    if (team->progress != NULL) {
        const struct tbs_plan_progress p = {hall, team->done, team->count, team->hours};
        team->progress(team->context, &p);
    }
    pthread_mutex_unlock(&team->told);
}

static void *worker(void *argument)
{
    struct team *team = argument;
    uint32_t i;

    while ((i = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed)) < team->count) {
        if (stopped(team)) {
            team->plan->halls[team->order[i]].state = TBS_PLAN_STOPPED;
            continue;
        }
        team->work(team, team->order[i]);
        tell(team, team->order[i]);
    }
    return NULL;
}

static void team_run(struct team *team, void (*work)(struct team *, uint32_t))
{
    const uint32_t threads = team->plan->options.threads;
    pthread_t *others = tbs_plan_zeroed(threads, sizeof *others);

    team->work = work;
    team->done = 0;
    team->hours = 0;
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    for (uint32_t i = 1; i < threads; i++) {
        const int failed = pthread_create(&others[i], NULL, worker, team);
        tbs_assert(failed == 0);
    }
    worker(team);
    for (uint32_t i = 1; i < threads; i++) {
        pthread_join(others[i], NULL);
    }
    free(others);
}

static void search_one(struct team *team, uint32_t hall)
{
    struct tbs_lab *lab = lab_of(team, hall);

    if (lab != NULL) {
        tbs_hall_search(lab, &team->plan->options, NULL, team->stop,
                        &team->plan->halls[hall]);
    }
    tbs_lab_free(lab);
}

bool tbs_plan_hall_find(const struct tb_scenario *s, uint32_t hall_index,
                        const struct tbs_plan_options *options, const struct tbs_flow *flow,
                        void (*tell_step)(void *, const struct tbs_plan_told *), void *context,
                        const atomic_bool *stop, struct tbs_plan_hall *hall)
{
    const struct tbs_listener listener = {tell_step, context};
    struct tbs_lab *lab =
        tbs_lab_create(s, hall_index, &options->days, options->windows_max, flow, options->wait_us);

    memset(hall, 0, sizeof *hall);
    hall->flow = flow != NULL ? *flow : (struct tbs_flow){.factor = 1};
    if (lab == NULL) {
        return false;
    }
    tbs_hall_search(lab, options, &listener, stop, hall);
    tbs_lab_free(lab);
    return true;
}

void tbs_plan_hall_clear(struct tbs_plan_hall *hall)
{
    free(hall->steps);
    memset(hall, 0, sizeof *hall);
}

/* ---- a budget ---------------------------------------------------------------------------------
 */

/* The hours spread, put to their best use within each hall and judged. */
static void budget_judge(struct team *team, uint32_t h)
{
    struct tbs_plan_hall *hall = &team->plan->halls[h];
    struct tbs_lab *lab = hall->state == TBS_PLAN_CLOSED ? NULL : lab_of(team, h);
    struct tbs_search search;

    if (lab == NULL) {
        return;
    }
    tbs_search_begin(&search, lab, &team->plan->options, team->stop);
    tbs_hall_polish(&search, hall);
    hall->hours = tbs_lab_hours(lab, &hall->needs);
    hall->kept_probability = NAN;
    hall->state = stopped(team) ? TBS_PLAN_STOPPED : TBS_PLAN_KEPT;
    tbs_recording_free(&search.recording);
    tbs_lab_free(lab);
}

/* Judged once more on days that decided nothing. */
static void budget_confirm(struct team *team, uint32_t h)
{
    struct tbs_plan_hall *hall = &team->plan->halls[h];
    struct tbs_lab *lab = hall->state == TBS_PLAN_CLOSED ? NULL : lab_of(team, h);
    struct tbs_search search;

    if (lab != NULL) {
        tbs_search_begin(&search, lab, &team->plan->options, team->stop);
        tbs_staffing_evaluate(lab, &hall->needs, team->plan->options.seed * 131 + 17, 0,
                              tbs_search_days(&search, 2 * TBS_SEARCH_VISITS), &hall->result);
    }
    tbs_lab_free(lab);
}

static double least_within(const struct tbs_plan *plan)
{
    double least = 1;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        if (plan->halls[h].state == TBS_PLAN_KEPT && plan->halls[h].visits > 0) {
            least = fmin(least, plan->halls[h].result.day.within);
        }
    }
    return least;
}

static double overtime(const struct tbs_plan *plan)
{
    double sum = 0;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        sum += plan->halls[h].visits > 0 ? plan->halls[h].result.overtime_hours : 0;
    }
    return sum;
}

static double planned(const struct tbs_plan *plan)
{
    double sum = 0;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        sum += plan->halls[h].visits > 0 ? plan->halls[h].hours : 0;
    }
    return sum;
}

/* Spread by the curves, judged, the curves moved to what was found, and spread again, less what
 * was worked as overtime; the best of the rounds that stay within the budget. */
static void budget_make(struct team *team)
{
    struct tbs_plan *plan = team->plan;
    struct tbs_plan_hall *best = tbs_plan_zeroed(plan->hall_count, sizeof *best);
    const double budget = plan->options.budget_hours;
    double most = -2;

    for (uint32_t round = 0; round < BUDGET_ROUNDS && !stopped(team); round++) {
        tbs_budget_spread(plan, budget - OVERTIME_SPARE * overtime(plan));
        team_run(team, budget_judge);
        const bool fits = planned(plan) + OVERTIME_SPARE * overtime(plan) <= budget;
        const double least = least_within(plan) - (fits ? 0 : 1); /* if none fits, the last */
        if (least > most || (!fits && most < 0)) {
            most = least;
            memcpy(best, plan->halls, plan->hall_count * sizeof *best);
        }
        for (uint32_t h = 0; h < plan->hall_count; h++) {
            struct tbs_plan_hall *hall = &plan->halls[h];
            if (hall->visits > 0) {
                hall->steps_bias +=
                    hall->result.day.within - tbs_steps_within(hall, hall->steps_taken);
            }
        }
    }
    if (most > -2) {
        memcpy(plan->halls, best, plan->hall_count * sizeof *best);
        team_run(team, budget_confirm);
    }
    free(best);
}

/* ---- the whole city ---------------------------------------------------------------------------
 */

/* The plan in the whole city, on days of its own: halls and desks together. */
static void city_judge(struct team *team)
{
    struct tbs_plan *plan = team->plan;
    const struct tbs_plan_options *o = &plan->options;
    const bool part = o->slot_to > o->slot_from;
    const struct tbs_city_watch watch = {o->wait_us, part ? o->slot_from : 0,
                                         part ? o->slot_to : TBS_PLAN_SLOTS};
    struct tbs_city_hall *halls = tbs_plan_zeroed(plan->hall_count, sizeof *halls);
    struct tbs_applied applied;

    if (o->city_days > 0 && !stopped(team) && tbs_plan_apply(plan, &applied)) {
        plan->city_run = tbs_city_run(&applied.scenario, &o->days, &watch, o->city_days,
                                      o->seed * 257 + 11, o->threads, team->stop, halls);
        tbs_applied_free(&applied);
    }
    for (uint32_t h = 0; h < plan->hall_count && plan->city_run; h++) {
        const struct tbs_city_hall *from = &halls[h];
        if (from->visits > 0 && plan->halls[h].hours > 0) {
            plan->halls[h].city = (struct tbs_city_figures){
                .days = from->days,
                .visits = from->visits / from->days,
                .within = from->within / from->visits,
                .within_error = tbs_city_error(from),
                .left = from->left / from->visits,
            };
        }
    }
    free(halls);
}

/* ---- sums -------------------------------------------------------------------------------------
 */

static void mean_add(double *visits, double *sum, double n, double share)
{
    if (n > 0 && isfinite(share)) {
        *visits += n;
        *sum += n * share;
    }
}

static void hall_sum(struct tbs_plan *plan, const struct tbs_plan_hall *hall)
{
    plan->kept += hall->state == TBS_PLAN_KEPT;
    plan->unproven += hall->state == TBS_PLAN_UNPROVEN;
    plan->impossible += hall->state == TBS_PLAN_IMPOSSIBLE;
    plan->erlang_c_short += hall->erlang_c_short;
    plan->planned_hours += hall->hours;
    plan->window_hours += hall->hours + hall->result.overtime_hours;
    plan->window_hours_erlang_c += hall->hours_erlang_c;
    plan->window_hours_equal += hall->hours_equal;
    plan->window_hours_now += hall->hours_now;
    plan->overtime_hours += hall->result.overtime_hours;
    if (isfinite(hall->kept_probability)) {
        if (hall->state == TBS_PLAN_KEPT) {
            plan->kept_probability_all *= hall->kept_probability;
            plan->promise_kept_probability =
                fmin(plan->promise_kept_probability, hall->kept_probability);
        }
    }
    if (hall->city.visits > 0) {
        plan->city_days = (uint32_t)fmax(plan->city_days, hall->city.days);
        /* Of a budget: what it buys, not what the scenario promises. */
        plan->city_kept += hall->city.within >= plan->promise_best;
        plan->city_broken +=
            hall->city.within + 2 * hall->city.within_error < plan->promise_best;
    }
}

/* Lower bounds for each hall and for all visits together that hold at once: days of one hall say
 * nothing of another's, so each bound has the n-th root of the confidence (Sidak 1967), and the
 * city's too, which is made of them. */
static void budget_promise(struct tbs_plan *plan)
{
    double visits = 0, within = 0, variance = 0, n = 1;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        n += plan->halls[h].visits > 0;
    }
    const double z = tbs_normal_quantile(pow(plan->options.confidence, 1 / n));
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        const struct tbs_lab_result *r = &hall->result;
        if (hall->visits > 0) {
            const double sure = r->day.within - z * r->within_error;
            plan->promise_best = fmin(plan->promise_best, floor(1000 * sure) / 1000);
            visits += r->day.visits;
            within += r->day.visits * r->day.within;
            variance += r->day.visits * r->within_error * r->day.visits * r->within_error;
        }
    }
    plan->promise_best = fmax(0, plan->promise_best);
    plan->promise_city =
        visits > 0 ? floor(1000 * (within - z * sqrt(variance)) / visits) / 1000 : NAN;
}

static void sums_make(struct tbs_plan *plan)
{
    double visits[5] = {0}, sums[5] = {0};

    plan->promise_kept_probability = plan->kept_probability_all = 1;
    plan->promise_best = plan->options.budget_hours > 0 ? 1 : plan->options.share;
    plan->promise_city = NAN;
    if (plan->options.budget_hours > 0) {
        budget_promise(plan);
    }
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        if (hall->state == TBS_PLAN_CLOSED || hall->state == TBS_PLAN_STOPPED) {
            continue;
        }
        hall_sum(plan, hall);
        const struct tbs_day_figures *day = &hall->result.day;
        mean_add(&visits[0], &sums[0], day->visits, day->within);
        mean_add(&visits[1], &sums[1], day->visits, day->left);
        mean_add(&visits[2], &sums[2], hall->result_erlang_c.day.visits,
                 hall->result_erlang_c.day.within);
        mean_add(&visits[3], &sums[3], hall->result_equal.day.visits,
                 hall->result_equal.day.within);
        mean_add(&visits[4], &sums[4], hall->city.visits, hall->city.within);
    }
    plan->within = visits[0] > 0 ? sums[0] / visits[0] : NAN;
    plan->left = visits[1] > 0 ? sums[1] / visits[1] : NAN;
    plan->within_erlang_c = visits[2] > 0 ? sums[2] / visits[2] : NAN;
    plan->within_equal = visits[3] > 0 ? sums[3] / visits[3] : NAN;
    plan->city_within = visits[4] > 0 ? sums[4] / visits[4] : NAN;
    if (plan->kept == 0 || plan->options.budget_hours > 0) {
        plan->promise_kept_probability = plan->options.budget_hours > 0 ? NAN : 0;
        plan->kept_probability_all = plan->promise_kept_probability;
    }
}

static uint32_t order_make(const struct tb_scenario *s, uint32_t only, uint32_t *order)
{
    uint32_t count = 0;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        if (only != TB_NONE && only != h) {
            continue;
        }
        uint32_t i = count++;
        for (; i > 0 && s->halls[order[i - 1]].volume_milli < s->halls[h].volume_milli; i--) {
            order[i] = order[i - 1];
        }
        order[i] = h;
    }
    return count;
}

struct tbs_plan *tbs_plan_search(const struct tb_scenario *s,
                                 const struct tbs_plan_options *options,
                                 void (*progress)(void *, const struct tbs_plan_progress *),
                                 void *context, const atomic_bool *stop)
{
    const double began_s = now_s();
    struct tbs_plan *plan = tbs_plan_zeroed(1, sizeof *plan);
    struct tbs_flow *flows = tbs_plan_zeroed(s->hall_count, sizeof *flows);
    uint32_t *order = tbs_plan_zeroed(s->hall_count, sizeof *order);
    struct team team = {.scenario = s, .plan = plan, .stop = stop, .progress = progress,
                        .context = context, .order = order, .told = PTHREAD_MUTEX_INITIALIZER};

    plan->scenario = s;
    plan->week_days = 1;
    plan->options = *options;
    plan->hall_count = s->hall_count;
    plan->halls = tbs_plan_zeroed(s->hall_count, sizeof *plan->halls);
    tbs_flows_run(s, options, stop, flows);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        plan->halls[h].flow = flows[h];
    }
    team.count = order_make(s, options->hall, order);
    team_run(&team, search_one);
    tbs_curve_make(plan);
    if (options->budget_hours > 0 && !stopped(&team)) {
        budget_make(&team);
    }
    city_judge(&team);
    sums_make(plan);
    plan->stopped = stopped(&team);
    plan->wall_s = now_s() - began_s;
    free(flows);
    free(order);
    return plan;
}

void tbs_plan_free(struct tbs_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        tbs_plan_hall_clear(&plan->halls[h]);
    }
    free(plan->halls);
    free(plan);
}
