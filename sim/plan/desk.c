#include "plan/desk.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "kernel/law.h"
#include "plan/city.h"

enum { WARM_DAYS = 14, COUNT_DAYS = 98, AFTER_DAYS = 42, ROUNDS = 7 };

/* Steps that came to one desk on one day. */
struct day_steps {
    float steps, on_time;
};

/* What is under way, by slot: on which counted day it began, plus one; 0: it is not counted. */
struct slots {
    uint32_t *day;
    uint32_t room;
};

/* A part of the year, run by one thread. */
struct part {
    const struct tb_scenario *scenario;
    const atomic_bool *stop;
    uint32_t first;
    uint64_t seed;
    struct day_steps *days; /* [desk][COUNT_DAYS] */
    double *work_us;        /* [desk] */
    tb_time *begun_at_us;   /* [server]: of its task; 0: none */
    struct slots tasks, cases;
    double case_count, case_on_time;
    bool fine;
};

struct sums {
    double steps, on_time, error, work_us;
};

/* Notes that it began; the counted day, or TB_NONE. */
static uint32_t begins(struct part *p, struct slots *slots, const struct tb_event *event)
{
    const uint32_t slot = tb_ref_index(event->ref), from = p->first + WARM_DAYS;
    const uint32_t day = tb_scenario_day_at(p->scenario, event->at_us);
    const bool counted = day != TB_NONE && day >= from && day < from + COUNT_DAYS;

    if (slot >= slots->room) {
        const uint32_t room = 2 * slot + 1024;
        slots->day = realloc(slots->day, room * sizeof *slots->day);
        tbs_assert(slots->day != NULL);
        memset(slots->day + slots->room, 0, (room - slots->room) * sizeof *slots->day);
        slots->room = room;
    }
    slots->day[slot] = counted ? day - from + 1 : 0;
    return counted ? day - from : TB_NONE;
}

/* The counted day on which it began; TB_NONE: it is not counted. */
static uint32_t ends(struct slots *slots, tb_ref ref)
{
    const uint32_t slot = tb_ref_index(ref);
    const uint32_t day = slot < slots->room ? slots->day[slot] : 0;

    if (day > 0) {
        slots->day[slot] = 0;
    }
    return day - 1;
}

static struct day_steps *steps_of(const struct part *p, const struct tb_event *event, uint32_t day)
{
    const uint32_t desk = event->station - p->scenario->hall_count;

    return day == TB_NONE || desk >= p->scenario->desk_count ? NULL
                                                             : &p->days[desk * COUNT_DAYS + day];
}

static void step_ended(struct part *p, const struct tb_event *event, bool done)
{
    struct day_steps *steps = steps_of(p, event, ends(&p->tasks, event->ref));

    if (steps != NULL) {
        steps->on_time += done && event->value2 >= 0;
        steps->steps -= !done;
    }
    if (event->server != TB_NONE && p->begun_at_us[event->server] > 0) {
        p->work_us[event->station - p->scenario->hall_count] +=
            (double)(event->at_us - p->begun_at_us[event->server]);
        p->begun_at_us[event->server] = 0;
    }
}

static void on_task(struct part *p, const struct tb_event *event)
{
    if (event->kind == TB_EVENT_TASK_QUEUED) {
        struct day_steps *steps = steps_of(p, event, begins(p, &p->tasks, event));
        if (steps != NULL) {
            steps->steps++;
        }
    } else if (tb_ref_kind(event->ref) != TB_REF_CASE) { /* else an outside leg, or a fork */
        step_ended(p, event, event->kind == TB_EVENT_TASK_DONE);
    }
}

static void on_case(struct part *p, const struct tb_event *event)
{
    if (event->kind == TB_EVENT_CASE_OPENED) {
        p->case_count += begins(p, &p->cases, event) != TB_NONE;
        return;
    }
    const bool finished =
        event->kind == TB_EVENT_CASE_READY || event->kind == TB_EVENT_CASE_FINISHED;
    const tb_ref ref =
        event->kind == TB_EVENT_CASE_REJECTED ? (tb_ref)event->value2 : event->ref;
    if (ends(&p->cases, ref) != TB_NONE) {
        p->case_on_time += finished && event->value >= 0;
        p->case_count -= !finished;
    }
}

static void on_event(void *context, const struct tb_event *event)
{
    struct part *p = context;

    switch (event->kind) {
    case TB_EVENT_CASE_OPENED:
    case TB_EVENT_CASE_READY:
    case TB_EVENT_CASE_FINISHED:
    case TB_EVENT_CASE_WITHDRAWN:
        on_case(p, event);
        return;
    case TB_EVENT_CASE_REJECTED:
        on_case(p, event);
        on_task(p, event);
        return;
    case TB_EVENT_STARTED:
        if (event->station >= p->scenario->hall_count && event->server != TB_NONE) {
            p->begun_at_us[event->server] = event->at_us;
        }
        return;
    case TB_EVENT_TASK_QUEUED:
    case TB_EVENT_TASK_DONE:
    case TB_EVENT_TASK_DROPPED:
    case TB_EVENT_CASE_CORRECTION:
        on_task(p, event);
        return;
    default:
        return;
    }
}

static void *part_run(void *argument)
{
    struct part *p = argument;
    const struct tb_scenario *s = p->scenario;
    const uint32_t wanted = WARM_DAYS + COUNT_DAYS + AFTER_DAYS;
    const uint32_t count = p->first + wanted < s->day_count ? wanted : s->day_count - p->first;
    const struct tbs_model_options options = {
        .day_first = p->first, .day_count = count, .event = on_event, .event_context = p};
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct tbs_model *model = tbs_model_create(s, demand, &options);

    p->fine = tbs_model_error(model)[0] == '\0';
    if (p->fine) {
        tbs_model_start(model, p->seed, 0);
        tbs_model_count(model, tally);
    }
    for (uint32_t d = 0; d < count && p->fine; d++) {
        p->fine = tbs_model_run(model, 1) &&
                  (p->stop == NULL || !atomic_load_explicit(p->stop, memory_order_relaxed));
    }
    if (p->fine) {
        tbs_model_finish(model);
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    return NULL;
}

/* ---- the city with so many approvers ----------------------------------------------------------
 */

static bool works(const struct tbs_desk_plan *plan, const struct tb_shift *shift)
{
    const struct tb_scenario *s = plan->scenario;
    const uint32_t station = s->servers[shift->server].station;

    if (station < s->hall_count || station >= s->hall_count + s->desk_count ||
        shift->day_kind != plan->kind) {
        return true;
    }
    const uint32_t desk = station - s->hall_count;
    return shift->server - s->desks[desk].approver_first < plan->desks[desk].approvers;
}

/* The scenario's shifts without those of approvers who are not needed; its plan likewise. */
static void city_make(const struct tbs_desk_plan *plan, struct tbs_applied *a)
{
    const struct tb_scenario *s = plan->scenario;
    uint32_t count = 0;

    memset(a, 0, sizeof *a);
    a->scenario = *s;
    a->shifts = tbs_plan_zeroed(s->shift_count, sizeof *a->shifts);
    a->entries = tbs_plan_zeroed((size_t)s->shift_count * 2, sizeof *a->entries);
    for (uint32_t i = 0; i < s->shift_count; i++) {
        if (works(plan, &s->shifts[i])) {
            a->shifts[count++] = s->shifts[i];
        }
    }
    a->scenario.shifts = a->shifts;
    a->scenario.shift_count = count;
    tbs_applied_entries(a);
}

static void desk_sum(const struct part *parts, uint32_t part_count, uint32_t desk, struct sums *out)
{
    double v = 0, w = 0, vv = 0, vw = 0, ww = 0, n = 0;

    *out = (struct sums){0};
    for (uint32_t i = 0; i < part_count; i++) {
        out->work_us += parts[i].work_us[desk];
        for (uint32_t d = 0; d < COUNT_DAYS; d++) {
            const struct day_steps *day = &parts[i].days[desk * COUNT_DAYS + d];
            n += day->steps > 0;
            v += day->steps;
            w += day->on_time;
            vv += day->steps * day->steps;
            vw += day->steps * day->on_time;
            ww += day->on_time * day->on_time;
        }
    }
    const double r = v > 0 ? w / v : 1, p = (w + 1) / (v + 2);
    out->steps = v;
    out->on_time = r;
    out->error = n > 1 ? sqrt(fmax(fmax(0, ww - 2 * r * vw + r * r * vv) / (v * v) * n / (n - 1),
                                   p * (1 - p) / v))
                       : INFINITY;
}

/* All desks at once; two parts of the year, on two threads if there are. */
static bool city_run(struct tbs_desk_plan *plan, uint64_t seed, uint32_t threads,
                     const atomic_bool *stop, struct sums *sums)
{
    enum { PARTS = 2 };
    const struct tb_scenario *s = plan->scenario;
    const uint32_t last = s->demand.year_last != TB_NONE ? s->demand.year_last : s->day_count - 1;
    const uint32_t need = WARM_DAYS + COUNT_DAYS + AFTER_DAYS;
    struct part parts[PARTS];
    struct tbs_applied applied;
    pthread_t other;
    bool fine = true;
    double cases = 0, on_time = 0;

    city_make(plan, &applied);
    for (uint32_t i = 0; i < PARTS; i++) {
        parts[i] = (struct part){.scenario = &applied.scenario, .stop = stop,
                                 .first = i > 0 && last > need ? last - need : 0,
                                 .seed = seed * 1000003 + i};
        parts[i].days = tbs_plan_zeroed((size_t)s->desk_count * COUNT_DAYS, sizeof *parts[i].days);
        parts[i].work_us = tbs_plan_zeroed(s->desk_count, sizeof *parts[i].work_us);
        parts[i].begun_at_us = tbs_plan_zeroed(s->server_count, sizeof *parts[i].begun_at_us);
    }
    const bool both = threads > 1 && pthread_create(&other, NULL, part_run, &parts[1]) == 0;
    part_run(&parts[0]);
    if (both) {
        pthread_join(other, NULL);
    } else {
        part_run(&parts[1]);
    }
    for (uint32_t d = 0; d < s->desk_count; d++) {
        desk_sum(parts, PARTS, d, &sums[d]);
    }
    for (uint32_t i = 0; i < PARTS; i++) {
        fine &= parts[i].fine;
        free(parts[i].days);
        free(parts[i].work_us);
        free(parts[i].begun_at_us);
        free(parts[i].tasks.day);
        free(parts[i].cases.day);
        cases += parts[i].case_count;
        on_time += parts[i].case_on_time;
    }
    plan->case_on_time = cases > 0 ? on_time / cases : NAN;
    tbs_applied_free(&applied);
    return fine;
}

/* ---- search -----------------------------------------------------------------------------------
 */

/* Approver hours of a day, and how many approvers work on it. */
static double hours_of(const struct tb_scenario *s, uint32_t desk, uint32_t kind, uint32_t most,
                       uint32_t *approvers)
{
    uint32_t last = TB_NONE;
    double hours = 0;

    *approvers = 0;
    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        const uint32_t n = shift->server - s->desks[desk].approver_first;
        if (s->servers[shift->server].station == s->hall_count + desk && n < most &&
            shift->day_kind == kind) {
            hours += (double)(shift->to_us - shift->from_us) / (double)TB_HOURS(1);
            *approvers += shift->server != last;
            last = shift->server;
        }
    }
    return hours;
}

struct bounds {
    uint32_t low, high; /* fails, holds; low 0, high all + 1: not known */
};

/* Up or down by halves between what fails and what holds; false: settled. */
static bool desk_step(const struct tbs_desk_plan *plan, uint32_t d, const struct sums *sums,
                      struct bounds *b)
{
    struct tbs_desk_need *need = &plan->desks[d];
    const double z = tbs_normal_quantile(plan->confidence);
    const bool holds = sums->steps <= 0 || sums->on_time - z * sums->error >= plan->share;
    const uint32_t at = need->approvers;

    if (holds && at < b->high) {
        b->high = at;
    } else if (!holds && at > b->low) {
        b->low = at;
    }
    if (b->high <= need->all && b->low + 1 >= b->high) {
        need->approvers = b->high;
        return false;
    }
    if (b->high > need->all && b->low >= need->all) {
        need->approvers = need->all;
        return false;
    }
    const uint32_t up = at + at / 8 + 1;
    need->approvers = b->high <= need->all ? (b->low + b->high) / 2
                      : up < need->all     ? up
                                           : need->all;
    return true;
}

/* A run with all that there are shows what comes; fewer than the work needs never hold. */
static void start(struct tbs_desk_plan *plan, const struct sums *sums, struct bounds *bounds)
{
    const struct tb_scenario *s = plan->scenario;
    const struct tb_day_kind *kind;

    for (uint32_t d = 0; d < s->desk_count; d++) {
        struct tbs_desk_need *need = &plan->desks[d];
        kind = &s->config.calendars[s->desks[d].calendar].kinds[plan->kind];
        uint32_t unused;
        const double one = hours_of(s, d, plan->kind, 1, &unused);
        const double days = 2.0 * (WARM_DAYS + COUNT_DAYS + AFTER_DAYS) * 5 / 7;
        const double load = sums[d].work_us / (double)TB_HOURS(1) / days / fmax(one, 0.1);
        bounds[d] = (struct bounds){.low = 0, .high = need->all + 1};
        need->state = kind->period_count == 0 || need->now == 0 ? TBS_PLAN_CLOSED : TBS_PLAN_KEPT;
        if (need->state == TBS_PLAN_CLOSED) {
            need->approvers = need->all;
            continue;
        }
        desk_step(plan, d, &sums[d], &bounds[d]);
        /* Half of them at least: far too few would fill the city with cases that never end. */
        const uint32_t n = (uint32_t)fmax(ceil(load * 1.05) + 1, (need->all + 1) / 2);
        need->approvers = bounds[d].high > need->all ? need->all : n < need->all ? n : need->all;
    }
}

static void figures_fill(struct tbs_desk_plan *plan, const struct sums *sums,
                         const struct bounds *bounds)
{
    const struct tb_scenario *s = plan->scenario;
    const double days = 2.0 * (WARM_DAYS + COUNT_DAYS + AFTER_DAYS) * 5 / 7;
    double steps = 0, on_time = 0;

    for (uint32_t d = 0; d < s->desk_count; d++) {
        struct tbs_desk_need *need = &plan->desks[d];
        uint32_t unused;
        need->hours = hours_of(s, d, plan->kind, need->approvers, &unused);
        need->steps = sums[d].steps / (2.0 * COUNT_DAYS);
        need->on_time = sums[d].on_time;
        need->error = sums[d].error;
        need->busy = sums[d].work_us / (double)TB_HOURS(1) / fmax(need->hours, 0.1) / days;
        if (need->state == TBS_PLAN_KEPT && bounds[d].high > need->all) {
            need->state = plan->stopped ? TBS_PLAN_STOPPED : TBS_PLAN_IMPOSSIBLE;
            plan->impossible += !plan->stopped;
        }
        steps += sums[d].steps;
        on_time += sums[d].steps * sums[d].on_time;
        plan->hours += need->hours;
        plan->hours_now += need->hours_now;
    }
    plan->on_time = steps > 0 ? on_time / steps : NAN;
}

static void search(struct tbs_desk_plan *plan, uint32_t threads, const atomic_bool *stop)
{
    const struct tb_scenario *s = plan->scenario;
    struct sums *sums = tbs_plan_zeroed(s->desk_count, sizeof *sums);
    struct bounds *bounds = tbs_plan_zeroed(s->desk_count, sizeof *bounds);
    bool fine = city_run(plan, plan->seed, threads, stop, sums), more = true;

    start(plan, sums, bounds);
    for (plan->rounds = 1; fine && more && plan->rounds <= ROUNDS; plan->rounds++) {
        fine = city_run(plan, plan->seed, threads, stop, sums);
        more = false;
        for (uint32_t d = 0; d < s->desk_count && fine; d++) {
            more |= plan->desks[d].state != TBS_PLAN_CLOSED &&
                    desk_step(plan, d, &sums[d], &bounds[d]);
        }
    }
    for (uint32_t d = 0; d < s->desk_count && more; d++) {
        const struct bounds *b = &bounds[d]; /* out of rounds: what was seen to hold */
        plan->desks[d].approvers = b->high <= plan->desks[d].all ? b->high : plan->desks[d].all;
    }
    fine = fine && city_run(plan, plan->seed + 500, threads, stop, sums);
    plan->stopped = !fine;
    figures_fill(plan, sums, bounds);
    free(sums);
    free(bounds);
}

struct tbs_desk_plan *tbs_desk_plan_search(const struct tb_scenario *s, uint32_t kind, double share,
                                           double confidence, uint64_t seed, uint32_t threads,
                                           const atomic_bool *stop)
{
    struct timespec from, to;
    struct tbs_desk_plan *plan = tbs_plan_zeroed(1, sizeof *plan);

    clock_gettime(CLOCK_MONOTONIC, &from);
    *plan = (struct tbs_desk_plan){
        .scenario = s, .kind = kind, .share = share, .confidence = confidence, .seed = seed};
    plan->desks = tbs_plan_zeroed(s->desk_count, sizeof *plan->desks);
    for (uint32_t d = 0; d < s->desk_count; d++) {
        struct tbs_desk_need *need = &plan->desks[d];
        need->all = need->approvers = s->desks[d].approver_count;
        need->hours_now = hours_of(s, d, kind, need->all, &need->now);
    }
    search(plan, threads, stop);
    clock_gettime(CLOCK_MONOTONIC, &to);
    plan->wall_s = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    return plan;
}

void tbs_desk_plan_free(struct tbs_desk_plan *plan)
{
    if (plan != NULL) {
        free(plan->desks);
        free(plan);
    }
}
