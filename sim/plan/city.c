/* The whole city on the days that are planned for, under the scenario's plan or another one: what
 * each hall's people do, and how they are served. Threads share the year: each takes a part of it,
 * after some days in which cases come to the desks and back. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/city.h"

enum { WARM_DAYS = 12 };

/* What one thread runs. */
struct part {
    const struct tb_scenario *scenario;
    const struct tbs_plan_days *days;
    struct tbs_city_watch watch;
    uint32_t first, warm, count; /* first day, days not counted, days in all */
    uint64_t seed;
    const atomic_bool *stop;
    struct tbs_city_hall *halls; /* own */
    bool fine;
};

static void visit_count(struct part *p, const struct tbs_visit *visit, uint32_t day, bool of_kind)
{
    const struct tb_scenario *s = p->scenario;
    const tb_time starts_at_us = tbs_day_starts_at_us(s, day);
    const int64_t slot = (visit->arrival_at_us - starts_at_us) / TBS_PLAN_SLOT_US;
    const uint32_t k = slot < 0 ? 0 : slot < TBS_PLAN_SLOTS ? (uint32_t)slot : TBS_PLAN_SLOTS - 1;
    const bool here = !(visit->flags & TBS_VISIT_REMOTE) && (visit->flags & TBS_VISIT_ARRIVED);
    struct tbs_city_hall *hall = &p->halls[visit->station];

    if (visit->matter_count == 0) {
        hall->collects += here && of_kind;
        hall->comes_slot[k] += here;
    } else {
        hall->comes += here && of_kind;
        hall->comes_slot[k] += here;
        p->halls[visit->home].own += of_kind;
        p->halls[visit->home].own_slot[k]++;
    }
}

static void service_count(struct part *p, const struct tbs_visit *visit, uint32_t day)
{
    const bool called = visit->called_at_us != TB_NEVER;
    const tb_time until_us = called ? visit->called_at_us : visit->ended_at_us;
    const tb_time place_at_us = visit->place_at_us;
    const uint32_t k =
        (uint32_t)((place_at_us - tbs_day_starts_at_us(p->scenario, day)) / TBS_PLAN_SLOT_US);
    struct tbs_city_hall *hall = &p->halls[visit->station];

    if (!(visit->flags & TBS_VISIT_TICKET) || visit->flags & TBS_VISIT_REMOTE ||
        until_us == TB_NEVER || k < p->watch.slot_from || k >= p->watch.slot_to) {
        return;
    }
    if (hall->day_at != day + 1) {
        tbs_city_day_close(hall);
        hall->day_at = day + 1;
    }
    hall->today[0] += 1;
    hall->today[1] += called && until_us - place_at_us <= p->watch.wait_us;
    hall->today[2] += !called;
}

void tbs_city_day_close(struct tbs_city_hall *hall)
{
    const double visits = hall->today[0], within = hall->today[1];

    hall->days += hall->day_at != 0;
    hall->visits += visits;
    hall->within += within;
    hall->left += hall->today[2];
    hall->visits2 += visits * visits;
    hall->visits_within += visits * within;
    hall->within2 += within * within;
    memset(hall->today, 0, sizeof hall->today);
    hall->day_at = 0;
}

static void on_visit(void *context, const struct tbs_visit *visit)
{
    struct part *p = context;
    const struct tb_scenario *s = p->scenario;

    if (visit->arrival_at_us == TB_NEVER || (visit->traits & TBS_TRAIT_ABSENT) ||
        visit->station >= s->hall_count) {
        return;
    }
    const uint32_t day = tb_scenario_day_at(s, visit->arrival_at_us);
    if (day == TB_NONE || day < p->first + p->warm) {
        return;
    }
    const uint32_t kind = tb_scenario_day_kind(s, visit->station, day);
    const bool of_kind = kind == p->days->kind && tbs_plan_days_have(p->days, s, day);
    const struct tb_day_kind *kinds =
        s->config.calendars[s->halls[visit->station].calendar].kinds;
    if (of_kind || tbs_same_hours(&kinds[kind], &kinds[p->days->kind])) {
        visit_count(p, visit, day, of_kind);
    }
    if (of_kind) {
        service_count(p, visit, day);
    }
}

bool tbs_city_days(const struct tb_scenario *s, const struct tbs_model_options *options,
                   uint64_t seed, const atomic_bool *stop, char error[TBS_CITY_ERROR])
{
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct tbs_model *model = tbs_model_create(s, demand, options);
    bool fine = tbs_model_error(model)[0] == '\0';

    if (fine) {
        tbs_model_start(model, seed, 0);
        tbs_model_count(model, tally);
    }
    for (uint32_t d = 0; d < options->day_count && fine; d++) {
        fine = tbs_model_run(model, 1) &&
               (stop == NULL || !atomic_load_explicit(stop, memory_order_relaxed));
    }
    if (fine) {
        tbs_model_finish(model);
    }
    if (error != NULL) {
        snprintf(error, TBS_CITY_ERROR, "%s", tbs_model_error(model));
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    return fine;
}

static void *part_run(void *argument)
{
    struct part *p = argument;
    const struct tb_scenario *s = p->scenario;
    const struct tbs_model_options options = {.day_first = p->first,
                                              .day_count = p->count,
                                              .ticket = on_visit,
                                              .ticket_context = p};

    p->fine = tbs_city_days(s, &options, p->seed, p->stop, NULL);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        tbs_city_day_close(&p->halls[h]);
    }
    return NULL;
}

/* Part i of n: `each` days of the kind, from i / n of the way on. */
static void part_make(struct part *p, uint32_t i, uint32_t n, uint32_t each)
{
    const struct tbs_plan_days *days = p->days;
    const uint32_t from = (uint32_t)((uint64_t)i * days->count / n);
    const uint32_t next = (uint32_t)((uint64_t)(i + 1) * days->count / n);
    const uint32_t last = from + each < next ? from + each : next;
    const uint32_t begins = days->days[from];

    p->first = begins > WARM_DAYS ? begins - WARM_DAYS : 0;
    p->count = days->days[last - 1] + 1 - p->first;
    p->warm = WARM_DAYS < p->count / 2 ? WARM_DAYS : 0;
}

void tbs_city_hall_add(struct tbs_city_hall *to, const struct tbs_city_hall *from)
{
    to->own += from->own;
    to->comes += from->comes;
    to->collects += from->collects;
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        to->own_slot[k] += from->own_slot[k];
        to->comes_slot[k] += from->comes_slot[k];
    }
    to->days += from->days;
    to->visits += from->visits;
    to->within += from->within;
    to->left += from->left;
    to->visits2 += from->visits2;
    to->visits_within += from->visits_within;
    to->within2 += from->within2;
}

double tbs_city_error(const struct tbs_city_hall *hall)
{
    const double v = hall->visits, r = hall->within / v, p = (hall->within + 1) / (v + 2);
    const double squares = hall->within2 - 2 * r * hall->visits_within + r * r * hall->visits2;
    const double n = hall->days;

    if (v <= 0 || n < 2) {
        return INFINITY;
    }
    return sqrt(fmax(fmax(0, squares) / (v * v) * n / (n - 1), p * (1 - p) / v));
}

bool tbs_city_run(const struct tb_scenario *s, const struct tbs_plan_days *days,
                  const struct tbs_city_watch *watch, uint32_t day_count, uint64_t seed,
                  uint32_t threads, const atomic_bool *stop, struct tbs_city_hall *halls)
{
    const uint32_t n = threads < days->count ? threads : days->count;
    struct part *parts = tbs_plan_zeroed(n, sizeof *parts);
    pthread_t *others = tbs_plan_zeroed(n, sizeof *others);
    bool fine = true;

    for (uint32_t i = 0; i < n; i++) {
        parts[i] = (struct part){.scenario = s, .days = days, .watch = *watch, .stop = stop,
                                 .seed = seed * 1000003 + i};
        parts[i].halls = tbs_plan_zeroed(s->hall_count, sizeof *parts[i].halls);
        part_make(&parts[i], i, n, (day_count + n - 1) / n);
        if (i > 0) {
            const int failed = pthread_create(&others[i], NULL, part_run, &parts[i]);
            tbs_assert(failed == 0);
        }
    }
    part_run(&parts[0]);
    memset(halls, 0, s->hall_count * sizeof *halls);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            pthread_join(others[i], NULL);
        }
        for (uint32_t h = 0; h < s->hall_count; h++) {
            tbs_city_hall_add(&halls[h], &parts[i].halls[h]);
        }
        fine &= parts[i].fine;
        free(parts[i].halls);
    }
    free(parts);
    free(others);
    return fine;
}
