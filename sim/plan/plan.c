/* All halls: in threads, the largest first; then what concerns the city. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "plan/lab.h"

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
    free(all);
    return days->count > 0;
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
    hall->flow = flow != NULL ? *flow : (struct tbs_flow){1, 0};
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

/* ---- the city's curve, and the budget ---------------------------------------------------------
 */

static double within_at(const struct tbs_plan_hall *hall, uint32_t step)
{
    return step == 0 ? hall->within_least : hall->steps[step - 1].within;
}

static bool planned(const struct tbs_plan_hall *hall)
{
    return hall->state != TBS_PLAN_CLOSED && hall->visits > 0;
}

/* The hall whose next step serves most more visits in time an hour; TB_NONE: all have all. */
static uint32_t best_step(const struct tbs_plan *plan, const uint32_t *at)
{
    uint32_t best = TB_NONE;
    double most = -1;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        if (!planned(hall) || at[h] >= hall->step_count) {
            continue;
        }
        const double gain = (hall->steps[at[h]].within - within_at(hall, at[h])) * hall->visits /
                            hall->steps[at[h]].hours;
        if (gain > most) {
            most = gain;
            best = h;
        }
    }
    return best;
}

/* The hall that keeps least of what it can still gain. */
static uint32_t worst_hall(const struct tbs_plan *plan, const uint32_t *at)
{
    uint32_t worst = TB_NONE;
    double least = 2;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        if (planned(hall) && at[h] < hall->step_count && within_at(hall, at[h]) < least) {
            least = within_at(hall, at[h]);
            worst = h;
        }
    }
    return worst;
}

static double base_hours(const struct tbs_plan *plan, uint32_t h)
{
    const struct tb_scenario_hall *hall = &plan->scenario->halls[h];
    const struct tb_day_kind *kind =
        &plan->scenario->config.calendars[hall->calendar].kinds[plan->options.days.kind];
    double hours = 0;

    for (uint32_t i = 0; i < kind->period_count; i++) {
        hours += (double)(kind->periods[i].closes_us - kind->periods[i].opens_us) /
                 (double)TB_HOURS(1);
    }
    return hours;
}

static double base_of(const struct tbs_plan *plan, double *visits, double *within)
{
    double hours = 0;

    *visits = *within = 0;
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        if (planned(&plan->halls[h])) {
            hours += base_hours(plan, h);
            *visits += plan->halls[h].visits;
            *within += plan->halls[h].visits * plan->halls[h].within_least;
        }
    }
    return hours;
}

static void curve_make(struct tbs_plan *plan)
{
    uint32_t *at = tbs_plan_zeroed(plan->hall_count, sizeof *at), steps = 0, taken = 0, h;
    double visits, within, hours = base_of(plan, &visits, &within);

    for (h = 0; h < plan->hall_count; h++) {
        steps += plan->halls[h].step_count;
    }
    const uint32_t every = steps / (TBS_PLAN_CURVE_MAX - 2) + 1;
    while (visits > 0) {
        h = best_step(plan, at);
        if (taken++ % every == 0 || h == TB_NONE) {
            plan->curve[plan->curve_count++] = (struct tbs_plan_point){hours, within / visits};
        }
        if (h == TB_NONE) {
            break;
        }
        const struct tbs_plan_step *step = &plan->halls[h].steps[at[h]];
        within += plan->halls[h].visits * (step->within - within_at(&plan->halls[h], at[h]));
        hours += step->hours;
        at[h]++;
    }
    free(at);
}

/* Every hour to the hall that is served worst, as long as the budget has one; then, where the worst
 * can gain nothing more, to the next. */
static void budget_spread(struct tbs_plan *plan)
{
    uint32_t *at = tbs_plan_zeroed(plan->hall_count, sizeof *at), h;
    double visits, within, hours = base_of(plan, &visits, &within);

    while ((h = worst_hall(plan, at)) != TB_NONE &&
           hours + plan->halls[h].steps[at[h]].hours <= plan->options.budget_hours) {
        hours += plan->halls[h].steps[at[h]++].hours;
    }
    for (h = 0; h < plan->hall_count; h++) {
        struct tbs_plan_hall *hall = &plan->halls[h];
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS && planned(hall); k++) {
            hall->needs.windows[k] = hall->needs.windows[k] > 0;
        }
        for (uint32_t i = 0; i < at[h]; i++) {
            hall->needs.windows[hall->steps[i].slot]++;
        }
    }
    free(at);
}

/* What the spread hours really give, on seeds of their own. */
static void budget_judge(struct team *team, uint32_t h)
{
    const struct tbs_plan_options *o = &team->plan->options;
    struct tbs_plan_hall *hall = &team->plan->halls[h];
    struct tbs_lab *lab = lab_of(team, h);

    if (lab == NULL) {
        return;
    }
    tbs_staffing_evaluate(lab, &hall->needs, o->seed * 77 + 5, 0, 400, &hall->result);
    hall->hours = tbs_lab_hours(lab, &hall->needs);
    hall->kept_probability = NAN;
    hall->state = TBS_PLAN_KEPT;
    tbs_lab_free(lab);
}

/* ---- sums -------------------------------------------------------------------------------------
 */

static void sums_make(struct tbs_plan *plan)
{
    double visits = 0, in_time = 0, in_time_c = 0, visits_c = 0, left = 0;

    plan->promise_kept_probability = 1;
    plan->promise_best = plan->options.budget_hours > 0 ? 1 : plan->options.share;
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        if (hall->state == TBS_PLAN_CLOSED || hall->state == TBS_PLAN_STOPPED) {
            continue;
        }
        plan->kept += hall->state == TBS_PLAN_KEPT;
        plan->impossible += hall->state == TBS_PLAN_IMPOSSIBLE;
        plan->window_hours += hall->hours;
        plan->window_hours_erlang_c += hall->hours_erlang_c;
        plan->window_hours_now += hall->hours_now;
        plan->overtime_hours += hall->result.overtime_hours;
        visits += hall->result.day.visits;
        in_time += hall->result.day.visits * hall->result.day.within;
        left += hall->result.day.visits * hall->result.day.left;
        visits_c += hall->result_erlang_c.day.visits;
        in_time_c += hall->result_erlang_c.day.visits * hall->result_erlang_c.day.within;
        if (hall->kept_probability < plan->promise_kept_probability) {
            plan->promise_kept_probability = hall->kept_probability;
        }
        if (plan->options.budget_hours > 0 && hall->result.day.within < plan->promise_best) {
            plan->promise_best = hall->result.day.within;
        }
    }
    plan->within = visits > 0 ? in_time / visits : NAN;
    plan->left = visits > 0 ? left / visits : NAN;
    plan->within_erlang_c = visits_c > 0 ? in_time_c / visits_c : NAN;
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
    plan->options = *options;
    plan->hall_count = s->hall_count;
    plan->halls = tbs_plan_zeroed(s->hall_count, sizeof *plan->halls);
    tbs_flows_measure(s, &options->days, options->seed, flows);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        plan->halls[h].flow = flows[h];
    }
    team.count = order_make(s, options->hall, order);
    team_run(&team, search_one);
    curve_make(plan);
    if (options->budget_hours > 0 && !stopped(&team)) {
        budget_spread(plan);
        team_run(&team, budget_judge);
    }
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
