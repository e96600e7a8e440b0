#include "plan/desk.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "kernel/law.h"
#include "plan/city.h"

enum { WARM_DAYS = 14, COUNT_DAYS = 98, AFTER_DAYS = 42, ROUNDS = 7, SHOWS = 3 };

/* Cases that began on one day and pass one desk. */
struct day_cases {
    float cases, on_time;
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
    struct day_cases *days; /* [desk][COUNT_DAYS] */
    struct desk_work {
        double steps, steps_on_time, work_us;
    } *work;              /* [desk], on counted days */
    tb_time *begun_at_us; /* [server]: of its task; 0: none, or on no counted day */
    struct slots tasks, cases;
    double case_count, case_on_time;
    char error[TBS_CITY_ERROR];
    bool fine;
};

struct sums {
    double cases, on_time, error;
    struct desk_work work;
};

/* The counted day of an instant, from 0 on; TB_NONE: none. */
static uint32_t counted_day(const struct part *p, tb_time at_us)
{
    const uint32_t day = tb_scenario_day_at(p->scenario, at_us), from = p->first + WARM_DAYS;

    return day != TB_NONE && day >= from && day < from + COUNT_DAYS ? day - from : TB_NONE;
}

/* Notes that it began; the counted day, or TB_NONE. */
static uint32_t begins(struct part *p, struct slots *slots, const struct tb_event *event)
{
    const uint32_t slot = tb_ref_index(event->ref), day = counted_day(p, event->at_us);

    if (slot >= slots->room) {
        const uint32_t room = 2 * slot + 1024;
        slots->day = realloc(slots->day, room * sizeof *slots->day);
        tbs_assert(slots->day != NULL);
        memset(slots->day + slots->room, 0, (room - slots->room) * sizeof *slots->day);
        slots->room = room;
    }
    slots->day[slot] = day + 1; /* TB_NONE is the largest number */
    return day;
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

static struct desk_work *work_of(const struct part *p, const struct tb_event *event)
{
    const uint32_t desk = event->station - p->scenario->hall_count;

    return desk < p->scenario->desk_count ? &p->work[desk] : NULL;
}

static void step_ended(struct part *p, const struct tb_event *event, bool done)
{
    struct desk_work *work = work_of(p, event);
    const bool counted = ends(&p->tasks, event->ref) != TB_NONE;

    if (work == NULL) {
        return;
    }
    if (counted) {
        work->steps_on_time += done && event->value2 >= 0;
        work->steps -= !done;
    }
    if (event->server != TB_NONE && p->begun_at_us[event->server] > 0) {
        work->work_us += (double)(event->at_us - p->begun_at_us[event->server]);
        p->begun_at_us[event->server] = 0;
    }
}

static void on_task(struct part *p, const struct tb_event *event)
{
    if (event->kind == TB_EVENT_TASK_QUEUED) {
        struct desk_work *work = work_of(p, event);
        if (begins(p, &p->tasks, event) != TB_NONE && work != NULL) {
            work->steps++;
        }
    } else if (tb_ref_kind(event->ref) != TB_REF_CASE) { /* else an outside leg, or a fork */
        step_ended(p, event, event->kind == TB_EVENT_TASK_DONE);
    }
}

/* To the day's cases of each desk on the route of this matter. */
static void cases_add(struct part *p, uint32_t matter, uint32_t day, float cases, float on_time)
{
    const struct tb_scenario *s = p->scenario;
    const struct tb_route *route = &s->config.routes[s->config.matters[matter].route];
    for (uint32_t i = 0; i < route->step_count; i++) {
        const uint32_t desk = route->steps[i].station - s->hall_count;
        bool before = route->steps[i].kind != TB_STEP_DESK || desk >= s->desk_count;
        for (uint32_t j = 0; j < i && !before; j++) {
            before = route->steps[j].kind == TB_STEP_DESK &&
                     route->steps[j].station == route->steps[i].station;
        }
        if (!before) {
            p->days[desk * COUNT_DAYS + day].cases += cases;
            p->days[desk * COUNT_DAYS + day].on_time += on_time;
        }
    }
    p->case_count += cases;
    p->case_on_time += on_time;
}

static void on_case(struct part *p, const struct tb_event *event)
{
    uint32_t day;

    if (event->kind == TB_EVENT_CASE_OPENED) {
        if ((day = begins(p, &p->cases, event)) != TB_NONE) {
            cases_add(p, event->matter, day, 1, 0);
        }
        return;
    }
    const bool finished =
        event->kind == TB_EVENT_CASE_READY || event->kind == TB_EVENT_CASE_FINISHED;
    const tb_ref ref =
        event->kind == TB_EVENT_CASE_REJECTED ? (tb_ref)event->value2 : event->ref;
    if ((day = ends(&p->cases, ref)) != TB_NONE) {
        cases_add(p, event->matter, day, finished ? 0 : -1, finished && event->value >= 0);
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
    case TB_EVENT_CALLED: /* nobody walks to an approver */
        if (event->station >= p->scenario->hall_count && event->server != TB_NONE) {
            p->begun_at_us[event->server] =
                counted_day(p, event->at_us) != TB_NONE ? event->at_us : 0;
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

    p->fine = tbs_city_days(s, &options, p->seed, p->stop, p->error);
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
        out->work.steps += parts[i].work[desk].steps;
        out->work.steps_on_time += parts[i].work[desk].steps_on_time;
        out->work.work_us += parts[i].work[desk].work_us;
        for (uint32_t d = 0; d < COUNT_DAYS; d++) {
            const struct day_cases *day = &parts[i].days[desk * COUNT_DAYS + d];
            n += day->cases > 0;
            v += day->cases;
            w += day->on_time;
            vv += day->cases * day->cases;
            vw += day->cases * day->on_time;
            ww += day->on_time * day->on_time;
        }
    }
    const double r = v > 0 ? w / v : 1, p = (w + 1) / (v + 2);
    out->cases = v;
    out->on_time = r;
    out->error = n > 1 ? sqrt(fmax(fmax(0, ww - 2 * r * vw + r * r * vv) / (v * v) * n / (n - 1),
                                   p * (1 - p) / v))
                       : INFINITY;
}

enum { PARTS = 2 };

/* The first day of a part of the year. */
static uint32_t first_of(const struct tb_scenario *s, uint32_t part)
{
    const uint32_t last = s->demand.year_last != TB_NONE ? s->demand.year_last : s->day_count - 1;
    const uint32_t need = WARM_DAYS + COUNT_DAYS + AFTER_DAYS;

    return part > 0 && last > need ? last - need : 0;
}

/* Counted days on which a desk works as on the kind of day planned, at least one. */
static double open_days(const struct tbs_desk_plan *plan, uint32_t desk)
{
    const struct tb_scenario *s = plan->scenario;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < PARTS; i++) {
        const uint32_t from = first_of(s, i) + WARM_DAYS;
        for (uint32_t day = from; day < from + COUNT_DAYS && day < s->day_count; day++) {
            sum += tb_scenario_day_kind(s, s->hall_count + desk, day) == plan->kind;
        }
    }
    return sum > 0 ? sum : 1;
}

/* All desks at once; two parts of the year, on two threads if there are. */
static bool city_run(struct tbs_desk_plan *plan, uint64_t seed, uint32_t threads,
                     const atomic_bool *stop, struct sums *sums)
{
    const struct tb_scenario *s = plan->scenario;
    struct part *parts = tbs_plan_zeroed(PARTS, sizeof *parts);
    struct tbs_applied applied;
    pthread_t other;
    bool fine = true;
    double cases = 0, on_time = 0;

    city_make(plan, &applied);
    for (uint32_t i = 0; i < PARTS; i++) {
        parts[i] = (struct part){.scenario = &applied.scenario, .stop = stop,
                                 .first = first_of(s, i),
                                 .seed = seed * 1000003 + i};
        parts[i].days = tbs_plan_zeroed((size_t)s->desk_count * COUNT_DAYS, sizeof *parts[i].days);
        parts[i].work = tbs_plan_zeroed(s->desk_count, sizeof *parts[i].work);
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
        if (parts[i].error[0] != '\0') {
            memcpy(plan->error, parts[i].error, sizeof plan->error);
        }
        free(parts[i].days);
        free(parts[i].work);
        free(parts[i].begun_at_us);
        free(parts[i].tasks.day);
        free(parts[i].cases.day);
        cases += parts[i].case_count;
        on_time += parts[i].case_on_time;
    }
    plan->case_on_time = cases > 0 ? on_time / cases : NAN;
    free(parts);
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
    double nearest;     /* not shown with all: as good as these, by a standard error; 0: shown */
};

/* Up or down by halves between what fails and what holds; false: settled. */
static bool desk_step(const struct tbs_desk_plan *plan, uint32_t d, const struct sums *sums,
                      struct bounds *b)
{
    struct tbs_desk_need *need = &plan->desks[d];
    const double z = tbs_normal_quantile(plan->confidence);
    const bool holds = sums->cases <= 0 ||
                       (b->nearest > 0 ? sums->on_time >= b->nearest
                                       : sums->on_time - z * sums->error >= plan->share);
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
        const double load =
            sums[d].work.work_us / (double)TB_HOURS(1) / open_days(plan, d) / fmax(one, 0.1);
        bounds[d] = (struct bounds){.low = 0, .high = need->all + 1};
        need->state = kind->period_count == 0 || need->now == 0 ? TBS_PLAN_CLOSED : TBS_PLAN_KEPT;
        if (need->state == TBS_PLAN_CLOSED) {
            need->approvers = need->all;
            continue;
        }
        /* With so many, lines grow for ever. */
        bounds[d].low = (uint32_t)fmin(floor(load), need->all - 1);
        if (sums[d].cases > 0 &&
            sums[d].on_time - tbs_normal_quantile(plan->confidence) * sums[d].error <
                plan->share) {
            bounds[d].nearest = sums[d].on_time - sums[d].error;
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
    double steps = 0, on_time = 0;

    for (uint32_t d = 0; d < s->desk_count; d++) {
        struct tbs_desk_need *need = &plan->desks[d];
        uint32_t unused;
        need->hours = hours_of(s, d, plan->kind, need->approvers, &unused);
        const struct desk_work *work = &sums[d].work;
        need->cases = sums[d].cases / (PARTS * COUNT_DAYS);
        need->steps = work->steps / (PARTS * COUNT_DAYS);
        need->steps_on_time = work->steps > 0 ? work->steps_on_time / work->steps : NAN;
        need->on_time = sums[d].on_time;
        need->error = sums[d].error;
        need->busy = work->work_us / (double)TB_HOURS(1) / fmax(need->hours, 0.1) /
                     open_days(plan, d);
        const double z = tbs_normal_quantile(plan->confidence);
        if (need->state == TBS_PLAN_KEPT && plan->stopped) {
            need->state = TBS_PLAN_STOPPED;
        } else if (need->state == TBS_PLAN_KEPT && bounds[d].nearest > 0 &&
                   need->on_time - z * need->error < plan->share) {
            const bool below = need->on_time + z * need->error < plan->share;
            need->state = below ? TBS_PLAN_IMPOSSIBLE : TBS_PLAN_UNPROVEN;
            plan->impossible += below;
            plan->unproven += !below;
        }
        steps += work->steps;
        on_time += work->steps_on_time;
        plan->hours += need->hours;
        plan->hours_now += need->hours_now;
    }
    plan->steps_on_time = steps > 0 ? on_time / steps : NAN;
}

/* What a year that decided nothing says otherwise gets one more. False: nothing. */
static bool add_where_missed(struct tbs_desk_plan *plan, const struct sums *sums,
                             const struct bounds *bounds)
{
    bool added = false;

    for (uint32_t d = 0; d < plan->scenario->desk_count; d++) {
        struct tbs_desk_need *need = &plan->desks[d];
        if (need->state == TBS_PLAN_KEPT && bounds[d].nearest <= 0 && sums[d].cases > 0 &&
            sums[d].on_time < plan->share && need->approvers < need->all) {
            need->approvers++;
            added = true;
        }
    }
    return added;
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
    more = true;
    for (uint32_t i = 0; i < SHOWS && fine && more; i++) {
        fine = city_run(plan, plan->seed + 500 + i, threads, stop, sums);
        more = i + 1 < SHOWS && add_where_missed(plan, sums, bounds);
    }
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
