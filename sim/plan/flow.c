/* What the rest of the city sends to a hall, and takes from it: people who go to another hall, who
 * follow advice, who use video, and those who come once more to collect. Measured in the whole city
 * under the scenario's own plan, pooled over the halls of one trade and level, against the citizens
 * that these halls have of their own in the same run. When they come is taken from all days with
 * the same hours, in each half hour against the own ones, drawn to the mean where few came. */
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/city.h"

enum { FLOW_DAYS = 12, SHAPE_PRIOR = 40 /* visits of which the mean is worth as many */ };

bool tbs_same_hours(const struct tb_day_kind *a, const struct tb_day_kind *b)
{
    bool same = a->period_count == b->period_count;

    for (uint32_t i = 0; i < a->period_count && same; i++) {
        same = a->periods[i].opens_us == b->periods[i].opens_us &&
               a->periods[i].closes_us == b->periods[i].closes_us;
    }
    return same;
}

/* The hall's own people by half hour: shares of a day. */
static void own_shape(const struct tb_scenario *s, uint32_t hall, uint32_t kind,
                      double shape[TBS_PLAN_SLOTS])
{
    const struct tb_arrivals_day *day = &s->arrivals[s->halls[hall].arrivals].days[kind];

    memset(shape, 0, TBS_PLAN_SLOTS * sizeof *shape);
    for (uint32_t i = 0; i < day->count; i++) {
        const struct tb_arrivals_piece *p = &day->pieces[i];
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
            const int64_t from = k * TBS_PLAN_SLOT_US, to = from + TBS_PLAN_SLOT_US;
            const int64_t a = p->from_us > from ? p->from_us : from;
            const int64_t b = p->to_us < to ? p->to_us : to;
            shape[k] += a < b ? p->share * (double)(b - a) / (double)(p->to_us - p->from_us) : 0;
        }
    }
}

static void shape_make(const struct tbs_city_hall *pool, double shape[TBS_PLAN_SLOTS])
{
    double own = 0, comes = 0, sum = 0;

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        own += pool->own_slot[k];
        comes += pool->comes_slot[k];
    }
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        shape[k] *= (pool->comes_slot[k] + SHAPE_PRIOR * comes / own) /
                    (pool->own_slot[k] + SHAPE_PRIOR);
        sum += shape[k];
    }
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS && sum > 0; k++) {
        shape[k] /= sum;
    }
}

/* Halls of one trade, level and calendar are alike. */
static bool alike(const struct tb_scenario *s, uint32_t a, uint32_t b)
{
    return s->halls[a].trade == s->halls[b].trade && s->halls[a].level == s->halls[b].level &&
           s->halls[a].calendar == s->halls[b].calendar;
}

static void pools_make(const struct tb_scenario *s, const struct tbs_plan_days *days,
                       const struct tbs_city_hall *halls, struct tbs_flow *flows)
{
    for (uint32_t h = 0; h < s->hall_count; h++) {
        struct tbs_city_hall pool = {0};
        for (uint32_t other = 0; other < s->hall_count; other++) {
            if (alike(s, h, other)) {
                tbs_city_hall_add(&pool, &halls[other]);
            }
        }
        if (pool.own > 0 && pool.comes > 0) {
            flows[h] = (struct tbs_flow){.factor = pool.comes / pool.own,
                                         .collect = pool.collects / pool.comes};
            own_shape(s, h, days->kind, flows[h].shape);
            shape_make(&pool, flows[h].shape);
        }
    }
}

void tbs_flows_run(const struct tb_scenario *s, const struct tbs_plan_options *options,
                   const atomic_bool *stop, struct tbs_flow *flows)
{
    const bool touch = s->config.route_count > 0 || s->remote_station != TB_STATION_NONE ||
                       s->people.advice_share > 0 || s->people.other_hall_share > 0;
    const struct tbs_city_watch watch = {options->wait_us, 0, TBS_PLAN_SLOTS};

    for (uint32_t h = 0; h < s->hall_count; h++) {
        flows[h] = (struct tbs_flow){.factor = 1};
    }
    if (touch) {
        struct tbs_city_hall *halls = tbs_plan_zeroed(s->hall_count, sizeof *halls);
        if (tbs_city_run(s, &options->days, &watch, FLOW_DAYS, options->seed, options->threads,
                         stop, halls)) {
            pools_make(s, &options->days, halls, flows);
        }
        free(halls);
    }
}

void tbs_flows_measure(const struct tb_scenario *s, const struct tbs_plan_days *days, uint64_t seed,
                       struct tbs_flow *flows)
{
    const struct tbs_plan_options options = {
        .days = *days, .wait_us = TB_MINUTES(15), .seed = seed, .threads = 1};

    tbs_flows_run(s, &options, NULL, flows);
}
