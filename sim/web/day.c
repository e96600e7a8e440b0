#include "web/day.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "kernel/interval.h"

/* Days of an answer: all of them if few come, so that small halls are not told by chance; another
 * seed than the search's, which has chosen by its own. */
enum { DAYS_LEAST = 40, DAYS_MOST = 400, VISITS = 10000, SEED = 20260601 };

void tbs_web_city_init(struct tbs_web_city *city, const struct tb_scenario *scenario)
{
    memset(city, 0, sizeof *city);
    city->scenario = scenario;
    tbs_assert(pthread_mutex_init(&city->mutex, NULL) == 0);
}

void tbs_web_city_end(struct tbs_web_city *city)
{
    for (uint32_t k = 0; k < TB_DAY_KINDS_MAX; k++) {
        free(city->flows[k]);
    }
    pthread_mutex_destroy(&city->mutex);
}

static bool days_of(const struct tb_scenario *s, uint32_t kind, struct tbs_plan_days *days)
{
    return tbs_plan_days_find(s, s->day_kinds[kind].id, days);
}

/* The seed is that of `tongban plan`: the same flows, the same plan. */
static const struct tbs_flow *flow_of(struct tbs_web_city *city, uint32_t hall, uint32_t kind)
{
    struct tbs_plan_days days;

    pthread_mutex_lock(&city->mutex);
    if (city->flows[kind] == NULL && days_of(city->scenario, kind, &days)) {
        struct tbs_flow *flows = calloc(city->scenario->hall_count, sizeof *flows);
        tbs_assert(flows != NULL);
        tbs_flows_measure(city->scenario, &days, 1, flows);
        city->flows[kind] = flows;
    }
    const struct tbs_flow *flow = city->flows[kind] != NULL ? &city->flows[kind][hall] : NULL;
    pthread_mutex_unlock(&city->mutex);
    return flow;
}

static bool opens(const struct tb_scenario *s, uint32_t kind)
{
    for (uint32_t h = 0; h < s->hall_count; h++) {
        if (s->config.calendars[s->halls[h].calendar].kinds[kind].period_count > 0) {
            return true;
        }
    }
    return false;
}

void *tbs_web_city_measure(void *context)
{
    struct tbs_web_city *city = context;

    for (uint32_t k = 0; k < city->scenario->day_kind_count && !atomic_load(&city->stop); k++) {
        if (opens(city->scenario, k)) {
            flow_of(city, 0, k);
        }
    }
    return NULL;
}

struct tbs_lab *tbs_web_lab(struct tbs_web_city *city, uint32_t hall, uint32_t kind)
{
    const struct tb_scenario *s = city->scenario;
    struct tbs_plan_days days;

    return days_of(s, kind, &days) ? tbs_lab_create(s, hall, &days, 0, NULL, s->promise.wait_us)
                                   : NULL;
}

/* ---- one answer ------------------------------------------------------------------------------ */

/* Some days of the kind, and how often they are run through: the same for any what-if. */
static uint32_t days_choose(const struct tb_scenario *s, const struct tbs_web_question *q,
                            struct tbs_plan_days *days)
{
    double visitors = 0;
    const uint32_t all = days->count;

    days->count = all < DAYS_LEAST ? all : DAYS_LEAST;
    for (uint32_t i = 0; i < days->count; i++) {
        days->days[i] = days->days[(uint64_t)i * all / days->count];
        visitors += tb_scenario_visitors(s, q->hall, days->days[i]) / days->count;
    }
    const double wanted = visitors > 0 ? VISITS / visitors : 0;
    return wanted > DAYS_MOST ? DAYS_MOST : wanted > DAYS_LEAST ? (uint32_t)wanted : DAYS_LEAST;
}

static struct tbs_staffing present(const struct tbs_web_question *q)
{
    struct tbs_staffing s = q->staffing;

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        const uint32_t n = s.windows[k], sick = q->whatif.sick;
        s.windows[k] = (uint16_t)(n == 0 ? 0 : n > sick ? n - sick : 1);
    }
    return s;
}

bool tbs_web_evaluate(struct tbs_web_city *city, const struct tbs_web_question *q,
                      struct tbs_web_answer *answer)
{
    const struct tb_scenario *s = city->scenario;
    const struct tbs_staffing staffing = present(q);
    struct tbs_web_changed changed;
    struct tbs_plan_days days;
    struct tbs_lab *lab = NULL;

    memset(answer, 0, sizeof *answer);
    if (tbs_web_change(s, q, &changed) && days_of(s, q->kind, &days)) {
        const uint32_t count = days_choose(s, q, &days);
        lab = tbs_lab_create(&changed.scenario, q->hall, &days, 0, flow_of(city, q->hall, q->kind),
                             s->promise.wait_us);
        if (lab != NULL) {
            answer->days = tbs_staffing_days(lab, &staffing, SEED, 0, count, &answer->result);
            answer->window_hours = tbs_lab_hours(lab, &q->staffing);
        }
    }
    tbs_lab_free(lab);
    tbs_web_changed_free(&changed);
    return answer->days != NULL;
}

void tbs_web_answer_free(struct tbs_web_answer *answer)
{
    free(answer->days);
    answer->days = NULL;
}

/* ---- two answers ----------------------------------------------------------------------------- */

/* A ratio of sums over days as a mean of days: its value, and each day's part of its error. */
static void linear(const struct tbs_web_answer *answer, enum tbs_web_measure measure, double *y)
{
    const uint32_t n = answer->result.days;
    double above = 0, below = 0;

    for (int round = 0; round < 2; round++) {
        for (uint32_t d = 0; d < n; d++) {
            const struct tbs_day_sum *day = &answer->days[d];
            const double a = measure == TBS_WEB_WITHIN ? day->within
                             : measure == TBS_WEB_LEFT ? day->left
                                                       : day->wait_s;
            const double b = measure == TBS_WEB_WAIT ? day->called : day->visits;
            if (round == 0) {
                above += a;
                below += b;
            } else {
                y[d] = above / below + n * (a - above / below * b) / below;
            }
        }
    }
}

struct tbs_web_difference tbs_web_compare(const struct tbs_web_answer *a,
                                          const struct tbs_web_answer *b,
                                          enum tbs_web_measure measure)
{
    const uint32_t n = a->result.days;
    double *y = calloc(2 * (size_t)n, sizeof *y), p = 1;

    tbs_assert(y != NULL);
    tbs_assert(n == b->result.days);
    linear(a, measure, y);
    linear(b, measure, y + n);
    const struct tbs_interval i = tbs_interval_paired(y + n, y, n, 0.95, &p);
    free(y);
    return (struct tbs_web_difference){i.value, i.half_width, p < 0.05};
}

/* ---- the search ------------------------------------------------------------------------------ */

struct teller {
    void (*tell)(void *context, const struct tbs_plan_told *told);
    void *context;
    const struct tbs_lab *lab; /* with all windows */
    uint32_t sick;
};

/* Who is sick is planned for. */
static double planned(const struct teller *t, struct tbs_staffing *staffing)
{
    const uint32_t most = tbs_lab_windows_max(t->lab);

    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        if (staffing->windows[k] > 0 && tbs_lab_open(t->lab, k, NULL)) {
            const uint32_t n = staffing->windows[k] + t->sick;
            staffing->windows[k] = (uint16_t)(n < most ? n : most);
        }
    }
    return tbs_lab_hours(t->lab, staffing);
}

static void tell_planned(void *context, const struct tbs_plan_told *told)
{
    const struct teller *t = context;
    struct tbs_staffing staffing = *told->staffing;
    struct tbs_plan_told planned_too = *told;

    planned_too.window_hours = planned(t, &staffing);
    planned_too.staffing = &staffing;
    if (t->tell != NULL) {
        t->tell(t->context, &planned_too);
    }
}

bool tbs_web_search(struct tbs_web_city *city, const struct tbs_web_question *q, double share,
                    void (*tell)(void *context, const struct tbs_plan_told *told), void *context,
                    const atomic_bool *stop, struct tbs_plan_hall *found)
{
    const struct tb_scenario *s = city->scenario;
    const uint32_t most = s->halls[q->hall].window_count, sick = q->whatif.sick;
    struct tbs_plan_options options;
    struct tbs_web_changed changed;
    struct tbs_lab *lab = NULL;
    bool any = false;

    memset(found, 0, sizeof *found);
    tbs_plan_options_init(&options, s);
    options.wait_us = s->promise.wait_us;
    options.share = share;
    options.windows_max = most > sick ? most - sick : 1;
    if (tbs_web_change(s, q, &changed) && days_of(s, q->kind, &options.days)) {
        lab = tbs_lab_create(&changed.scenario, q->hall, &options.days, 0, NULL, options.wait_us);
    }
    if (lab != NULL) {
        struct teller teller = {tell, context, lab, sick};
        any = tbs_plan_hall_find(&changed.scenario, q->hall, &options,
                                 flow_of(city, q->hall, q->kind), tell_planned, &teller, stop,
                                 found);
        found->hours = planned(&teller, &found->needs);
    }
    tbs_lab_free(lab);
    tbs_web_changed_free(&changed);
    return any;
}
