/* What the rest of the city sends to a hall, and takes from it: people who go to another hall, who
 * follow advice, who use video, and those who come once more to collect. Measured in the whole city
 * over some weeks under the scenario's own plan, pooled over the halls of one trade and level,
 * against the citizens that these halls have of their own in the same run. */
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/lab.h"

enum { FLOW_DAYS = 42, WARM_DAYS = 10, POOLS_LEVELS = TB_LEVEL_COUNT };

struct count {
    double own, comes, collects;
};

struct flow_book {
    const struct tb_scenario *scenario;
    struct tbs_plan_days days;
    uint32_t day_first;
    struct count *counts; /* [hall] */
};

static void visit_count(void *context, const struct tbs_visit *visit)
{
    struct flow_book *book = context;
    const struct tb_scenario *s = book->scenario;

    if (visit->arrival_at_us == TB_NEVER || (visit->traits & TBS_TRAIT_ABSENT)) {
        return;
    }
    const uint32_t day = tb_scenario_day_at(s, visit->arrival_at_us);
    if (day == TB_NONE || day < book->day_first + WARM_DAYS || visit->station >= s->hall_count ||
        tb_scenario_day_kind(s, visit->station, day) != book->days.kind) {
        return;
    }
    const bool here = !(visit->flags & TBS_VISIT_REMOTE) && (visit->flags & TBS_VISIT_ARRIVED);
    if (visit->matter_count == 0) {
        book->counts[visit->station].collects += here;
    } else {
        book->counts[visit->home].own++;
        book->counts[visit->station].comes += here;
    }
}

static bool run(struct flow_book *book, uint32_t count, uint64_t seed)
{
    const struct tb_scenario *s = book->scenario;
    const struct tbs_model_options options = {.day_first = book->day_first,
                                              .day_count = count,
                                              .ticket = visit_count,
                                              .ticket_context = book};
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct tbs_model *model = tbs_model_create(s, demand, &options);
    bool fine = tbs_model_error(model)[0] == '\0' && !tbs_model_by_station(model);

    if (fine) {
        tbs_model_start(model, seed, 0);
        tbs_model_count(model, tally);
        fine = tbs_model_run(model, count);
        tbs_model_finish(model);
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    return fine;
}

static void pool(const struct tb_scenario *s, const struct count *counts, struct tbs_flow *flows)
{
    struct count *pools =
        tbs_plan_zeroed((size_t)(s->trade_count + 1) * POOLS_LEVELS, sizeof *pools);

    for (uint32_t h = 0; h < s->hall_count; h++) {
        struct count *p = &pools[s->halls[h].trade * POOLS_LEVELS + s->halls[h].level];
        p->own += counts[h].own;
        p->comes += counts[h].comes;
        p->collects += counts[h].collects;
    }
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const struct count *p = &pools[s->halls[h].trade * POOLS_LEVELS + s->halls[h].level];
        if (p->own > 0 && p->comes > 0) {
            flows[h] = (struct tbs_flow){p->comes / p->own, p->collects / p->comes};
        }
    }
    free(pools);
}

void tbs_flows_measure(const struct tb_scenario *s, const struct tbs_plan_days *days, uint64_t seed,
                       struct tbs_flow *flows)
{
    const bool touch = s->config.route_count > 0 || s->remote_station != TB_STATION_NONE ||
                       s->people.advice_share > 0 || s->people.other_hall_share > 0;
    struct flow_book book = {.scenario = s, .days = *days, .day_first = days->days[0]};

    for (uint32_t h = 0; h < s->hall_count; h++) {
        flows[h] = (struct tbs_flow){1, 0};
    }
    if (!touch) {
        return;
    }
    const uint32_t left = s->day_count - book.day_first;
    const uint32_t count = left < FLOW_DAYS + WARM_DAYS ? left : FLOW_DAYS + WARM_DAYS;
    book.counts = tbs_plan_zeroed(s->hall_count, sizeof *book.counts);
    if (run(&book, count, seed)) {
        pool(s, book.counts, flows);
    }
    free(book.counts);
}
