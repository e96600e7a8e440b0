#include "sim/textbook.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Everything that a scenario points to. */
struct textbook {
    struct tb_scenario scenario;
    struct tb_rules rules;
    struct tb_calendar calendar;
    struct tb_day *days;
    struct tb_scenario_day *dates;
    struct tb_station *stations;
    struct tb_group group;
    struct tb_profile profile;
    uint16_t *profiles; /* of servers: all 0 */
    struct tb_matter matter;
    uint16_t *halls;
    struct tb_route route;
    struct tb_step *steps;
    struct tb_plan_entry *plan;
    struct tb_scenario_hall *scenario_halls;
    struct tb_scenario_desk *scenario_desks;
    struct tb_scenario_server *servers;
    struct tb_scenario_matter scenario_matter;
    struct tb_scenario_route scenario_route;
    struct tb_scenario_step *scenario_steps;
    struct tb_shift *shifts;
    struct tb_mix mix;
    uint16_t mix_matter;
    double mix_chance;
    struct tb_arrivals arrivals;
    struct tb_arrivals_piece *pieces;
    uint64_t *parts;
    const uint64_t *parts_of_calendar;
    char (*names)[16];
    struct tb_label trade, kind;
};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    assert(memory != NULL);
    return memory;
}

static struct tb_label label(const char *id)
{
    return (struct tb_label){.id = id, .zh = id, .en = id};
}

static void time_make(struct textbook *t, const struct textbook_spec *spec)
{
    const tb_time length_us = (tb_time)(spec->day_hours * (double)TB_HOURS(1));
    const uint32_t count = spec->profile == NULL ? 1 : spec->profile_count;
    double sum = 0;

    t->days = take(spec->days + 1, sizeof *t->days);
    t->dates = take(spec->days + 1, sizeof *t->dates);
    t->parts = take(spec->days + 1, sizeof *t->parts);
    for (uint32_t d = 0; d <= spec->days; d++) {
        t->days[d].starts_at_us = TB_DAYS(18000) + d * length_us;
        t->dates[d] = (struct tb_scenario_day){.year = 2021,
                                               .month = 1 + d / 28 % 12,
                                               .day = 1 + d % 28,
                                               .weekday = d % 5,
                                               .name = ""};
        t->parts[d] = 1;
    }
    t->parts_of_calendar = t->parts;
    t->calendar.kinds[0].period_count = 1;
    t->calendar.kinds[0].periods[0].opens_us = 0;
    t->calendar.kinds[0].periods[0].closes_us = length_us;
    t->calendar.kind_count = 1;
    t->calendar.days = t->days;
    t->calendar.day_count = spec->days + 1;
    t->pieces = take(count, sizeof *t->pieces);
    for (uint32_t i = 0; i < count; i++) {
        sum += spec->profile == NULL ? 1 : spec->profile[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        t->pieces[i].from_us = length_us / count * i;
        t->pieces[i].to_us = length_us / count * (i + 1);
        t->pieces[i].share = (spec->profile == NULL ? 1 : spec->profile[i]) / sum;
    }
    t->arrivals.label = label("flat");
    t->arrivals.days[0].pieces = t->pieces;
    t->arrivals.days[0].count = count;
}

static void servers_make(struct textbook *t, const struct textbook_spec *spec, uint32_t servers)
{
    t->profiles = take(servers, sizeof *t->profiles);
    t->plan = take(servers, sizeof *t->plan);
    t->shifts = take(servers, sizeof *t->shifts);
    t->servers = take(servers, sizeof *t->servers);
    for (uint32_t i = 0; i < servers; i++) {
        const uint32_t halls = spec->halls * spec->windows;
        const uint32_t station =
            i < halls ? i / spec->windows : spec->halls + (i - halls) / spec->approvers;
        t->plan[i] = (struct tb_plan_entry){.server = i, .action = TB_PLAN_OPEN};
        t->shifts[i] = (struct tb_shift){.server = i,
                                         .to_us = (tb_time)(spec->day_hours * (double)TB_HOURS(1))};
        t->servers[i] =
            (struct tb_scenario_server){.label = label("w"), .station = station, .speed = 1};
    }
}

static void stations_make(struct textbook *t, const struct textbook_spec *spec)
{
    const uint32_t count = spec->halls + spec->desks;

    t->stations = take(count, sizeof *t->stations);
    t->scenario_halls = take(spec->halls, sizeof *t->scenario_halls);
    t->scenario_desks = take(spec->desks, sizeof *t->scenario_desks);
    t->halls = take(spec->halls, sizeof *t->halls);
    t->names = take(count, sizeof *t->names);
    t->group.service_mean_us = spec->service.mean_us > 0 ? spec->service.mean_us : 1;
    t->profile.serves = (1u << TB_CLASSES) - 1;
    for (uint32_t i = 0; i < count; i++) {
        const bool hall = i < spec->halls;
        snprintf(t->names[i], sizeof t->names[i], "%s%u", hall ? "hall" : "desk", i % 1000);
        t->stations[i] = (struct tb_station){
            .kind = hall ? TB_STATION_HALL : TB_STATION_DESK,
            .rules = &t->rules,
            .groups = &t->group,
            .group_count = 1,
            .profiles = &t->profile,
            .profile_count = 1,
            .servers = t->profiles,
            .server_count = hall ? spec->windows : spec->approvers,
            .horizon_days = 1,
            .plan_entries_max = (hall ? spec->windows : spec->approvers) + 2,
        };
        if (hall) {
            t->halls[i] = (uint16_t)i;
            t->scenario_halls[i] = (struct tb_scenario_hall){
                .label = label(t->names[i]),
                .zone = TB_NONE,
                .x = NAN,
                .y = NAN,
                .window_first = i * spec->windows,
                .window_count = spec->windows,
                .volume_milli = (uint64_t)llround(1000 * spec->per_hour * spec->day_hours),
            };
        } else {
            t->scenario_desks[i - spec->halls] = (struct tb_scenario_desk){
                .label = label(t->names[i]),
                .trade = TB_NONE,
                .approver_first = spec->halls * spec->windows + (i - spec->halls) * spec->approvers,
                .approver_count = spec->approvers,
            };
        }
    }
}

static void route_make(struct textbook *t, const struct textbook_spec *spec)
{
    const uint32_t fork = spec->parallel;
    const uint32_t count = spec->desks + fork;

    t->steps = take(count, sizeof *t->steps);
    t->scenario_steps = take(count, sizeof *t->scenario_steps);
    for (uint32_t i = 0; i < count; i++) {
        const bool forks = fork && i == 0;
        t->steps[i] = (struct tb_step){
            .kind = forks ? TB_STEP_FORK : TB_STEP_DESK,
            .station = (uint16_t)(spec->halls + (forks ? 0 : i - fork)),
            .joins = 1,
            .due_work_us = TB_HOURS(8),
        };
        if (forks) {
            t->steps[i].next_count = (uint8_t)spec->desks;
            for (uint32_t n = 0; n < spec->desks; n++) {
                t->steps[i].next[n] = (uint8_t)(n + 1);
            }
        } else if (!fork && i + 1 < count) {
            t->steps[i].next_count = 1;
            t->steps[i].next[0] = (uint8_t)(i + 1);
        }
        t->scenario_steps[i].work = spec->work;
    }
    t->route.steps = t->steps;
    t->route.step_count = count;
    t->route.due_work_us = TB_HOURS(40);
    t->scenario_route.label = label("route");
    t->scenario_route.steps = t->scenario_steps;
}

static void people_make(struct tb_people *people)
{
#define TB_PEOPLE_SHARE(name, normal)                        people->name = normal;
#define TB_PEOPLE_FACTOR(name, normal)                       people->name = normal;
#define TB_PEOPLE_COUNT(name, normal)                        people->name = normal;
#define TB_PEOPLE_US(name, normal)                           people->name##_us = normal;
#define TB_PEOPLE(kind, name, least, most, normal, zh, help) TB_PEOPLE_##kind(name, normal)
#include "tongban/people.def"
#undef TB_PEOPLE
#undef TB_PEOPLE_SHARE
#undef TB_PEOPLE_FACTOR
#undef TB_PEOPLE_COUNT
#undef TB_PEOPLE_US
}

static void rules_make(struct tb_rules *rules)
{
    tb_rules_init(rules);
    rules->value[TB_RULE_auto_next] = 1;
    rules->value[TB_RULE_auto_start] = 1;
    rules->value[TB_RULE_remind_ahead] = 0;
    rules->value[TB_RULE_rate_follow_us] = 0;
    rules->value[TB_RULE_due_warn_us] = 0;
    rules->value[TB_RULE_estimate] = 0;
    rules->value[TB_RULE_overtake_max] = TB_OVERTAKE_MAX;
}

static void config_make(struct textbook *t, const struct textbook_spec *spec, uint32_t servers)
{
    struct tb_config *config = &t->scenario.config;

    t->matter = (struct tb_matter){
        .remote_group = TB_GROUPS_MAX,
        .route = spec->desks > 0 ? 0 : TB_MATTER_NONE,
        .halls = t->halls,
        .hall_count = spec->halls,
    };
    *config = (struct tb_config){
        .calendars = &t->calendar,
        .calendar_count = 1,
        .stations = t->stations,
        .station_count = spec->halls + spec->desks,
        .matters = &t->matter,
        .matter_count = 1,
        .routes = &t->route,
        .route_count = spec->desks > 0,
        .plan = t->plan,
        .plan_count = servers,
        .tickets_max = 200000,
        .cases_max = spec->desks > 0 ? 200000 : 0,
    };
}

struct tb_scenario *textbook_new(const struct textbook_spec *given)
{
    struct textbook *t = take(1, sizeof *t);
    struct textbook_spec spec = *given;

    spec.halls += spec.halls == 0;
    spec.days += spec.days == 0;
    spec.approvers += spec.approvers == 0;
    const uint32_t servers = spec.halls * spec.windows + spec.desks * spec.approvers;
    rules_make(&t->rules);
    time_make(t, &spec);
    servers_make(t, &spec, servers);
    stations_make(t, &spec);
    route_make(t, &spec);
    config_make(t, &spec, servers);
    people_make(&t->scenario.people);
    t->trade = label("trade");
    t->kind = label("open");
    t->mix_chance = 1;
    t->mix = (struct tb_mix){.matters = &t->mix_matter, .chance = &t->mix_chance, .count = 1};
    t->scenario_matter =
        (struct tb_scenario_matter){.label = label("matter"), .service = spec.service, .weight = 1};
    struct tb_scenario *s = &t->scenario;
    s->label = label("textbook");
    s->note_zh = s->note_en = "";
    s->hash = 1;
    s->trades = s->families = &t->trade;
    s->day_kinds = s->calendars = &t->kind;
    s->halls = t->scenario_halls;
    s->desks = t->scenario_desks;
    s->servers = t->servers;
    s->matters = &t->scenario_matter;
    s->routes = &t->scenario_route;
    s->days = t->dates;
    s->mixes = &t->mix;
    s->arrivals = &t->arrivals;
    s->shifts = t->shifts;
    s->trade_count = s->family_count = s->day_kind_count = s->calendar_count = 1;
    s->hall_count = spec.halls;
    s->desk_count = spec.desks;
    s->window_count = spec.halls * spec.windows;
    s->server_count = s->shift_count = servers;
    s->matter_count = s->mix_count = s->arrivals_count = 1;
    s->route_count = spec.desks > 0;
    s->day_count = spec.days + 1;
    s->remote_station = TB_STATION_NONE;
    s->demand = (struct tb_demand){.unit = TB_DEMAND_VISITORS,
                                   .a_day = true,
                                   .scale = 1,
                                   .year_first = TB_NONE,
                                   .year_last = TB_NONE,
                                   .parts_total = 1,
                                   .parts = &t->parts_of_calendar};
    s->promise = (struct tb_promise){.wait_us = TB_MINUTES(10), .share = 0.9};
    return s;
}

struct tb_rules *textbook_rules(struct tb_scenario *scenario)
{
    return &((struct textbook *)scenario)->rules;
}

void textbook_free(struct tb_scenario *scenario)
{
    struct textbook *t = (struct textbook *)scenario;

    free(t->days);
    free(t->dates);
    free(t->parts);
    free(t->pieces);
    free(t->profiles);
    free(t->plan);
    free(t->shifts);
    free(t->servers);
    free(t->stations);
    free(t->scenario_halls);
    free(t->scenario_desks);
    free(t->halls);
    free(t->names);
    free(t->steps);
    free(t->scenario_steps);
    free(t);
}
