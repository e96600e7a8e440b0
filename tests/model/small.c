/* The small city. */
#include "small.h"

#include <stdlib.h>
#include <string.h>

static void config_calendar(struct small *s)
{
    s->calendar.kind_count = 2;
    s->calendar.kinds[0].period_count = 2;
    s->calendar.kinds[0].periods[0].opens_us = TB_HOURS(9);
    s->calendar.kinds[0].periods[0].closes_us = TB_HOURS(12);
    s->calendar.kinds[0].periods[1].opens_us = TB_HOURS(13);
    s->calendar.kinds[0].periods[1].closes_us = TB_HOURS(17);
    for (uint32_t d = 0; d < SMALL_DAYS; d++)
        s->days[d] = (struct tb_day){SMALL_AT(d, 0, 0), 0};
    s->calendar.days = s->days;
    s->calendar.day_count = SMALL_DAYS;
    s->config.calendars = &s->calendar;
    s->config.calendar_count = 1;
}

static void config_station(struct small *s, uint32_t i, enum tb_station_kind kind,
                           uint32_t group_count, uint32_t server_count)
{
    struct tb_station *station = &s->stations[i];
    tb_rules_init(&s->rules[i]);
    for (uint32_t g = 0; g < group_count; g++)
        s->groups[i][g].service_mean_us = TB_MINUTES(5);
    s->profiles[i][0].serves = (UINT64_C(1) << group_count * TB_CLASSES) - 1;
    *station = (struct tb_station){
        .kind = kind,
        .rules = &s->rules[i],
        .groups = s->groups[i],
        .group_count = group_count,
        .horizon_days = 3,
    };
    if (kind == TB_STATION_REMOTE)
        return;
    station->profiles = s->profiles[i];
    station->profile_count = 1;
    station->servers = s->servers[i];
    station->server_count = server_count;
    station->plan_entries_max = 4;
}

static void config_stations(struct small *s)
{
    config_station(s, SMALL_HALL, TB_STATION_HALL, 2, 3);
    s->groups[SMALL_HALL][0].slot_capacity = 2;
    s->stations[SMALL_HALL].slot_us = TB_MINUTES(30);
    s->profiles[SMALL_HALL][1] = (struct tb_profile){.serves = 0xf0, .helps = 0x0f};
    s->profiles[SMALL_HALL][2] = (struct tb_profile){.serves = 0x0f};
    s->stations[SMALL_HALL].profile_count = 3;
    s->servers[SMALL_HALL][2] = 1;
    config_station(s, SMALL_OTHER, TB_STATION_HALL, 1, 1);
    s->profiles[SMALL_OTHER][0].remote = 0x0f;
    config_station(s, SMALL_DESK, TB_STATION_DESK, 1, 2);
    config_station(s, SMALL_REMOTE, TB_STATION_REMOTE, 1, 0);
    s->config.stations = s->stations;
    s->config.station_count = SMALL_STATIONS;
}

static void config_route(struct small *s)
{
    const struct tb_step desk = {.station = SMALL_DESK, .joins = 1, .due_work_us = TB_HOURS(2)};
    s->steps[0][0] = desk;
    s->routes[0] = (struct tb_route){s->steps[0], 1, TB_HOURS(7)};
    for (uint32_t i = 0; i < 5; i++)
        s->steps[1][i] = desk;
    s->steps[1][0].kind = TB_STEP_FORK;
    s->steps[1][0].next_count = 3;
    s->steps[1][3].kind = TB_STEP_OUTSIDE;
    for (uint32_t i = 1; i <= 3; i++) {
        s->steps[1][0].next[i - 1] = (uint8_t)i;
        s->steps[1][i].next[0] = 4;
        s->steps[1][i].next_count = 1;
    }
    s->steps[1][4].joins = 3;
    s->routes[1] = (struct tb_route){s->steps[1], 5, TB_HOURS(14)};
    s->config.routes = s->routes;
    s->config.route_count = 2;
}

static void config_matter(struct small *s, uint32_t i, struct tb_matter matter, uint32_t hall_count,
                          uint16_t first, uint16_t second)
{
    s->halls[i][0] = first;
    s->halls[i][1] = second;
    s->matters[i] = matter;
    s->matters[i].halls = s->halls[i];
    s->matters[i].hall_count = hall_count;
}

struct small *small_config(void)
{
    struct small *s = calloc(1, sizeof *s);
    tb_assert(s != NULL);
    config_calendar(s);
    config_stations(s);
    config_route(s);
    const uint16_t none = TB_MATTER_NONE;
    const uint8_t no_video = TB_GROUPS_MAX;
    config_matter(s, 0, (struct tb_matter){.route = none}, 2, SMALL_HALL, SMALL_OTHER);
    config_matter(s, 1, (struct tb_matter){.group = 1, .remote_group = no_video}, 1, SMALL_HALL, 0);
    config_matter(s, 2, (struct tb_matter){.remote_group = no_video, .collect = true, .route = 1},
                  1, SMALL_HALL, 0);
    config_matter(s, 3, (struct tb_matter){.remote_group = no_video, .route = none}, 1, SMALL_OTHER,
                  0);
    s->config.matters = s->matters;
    s->config.matter_count = 4;
    s->config.plan = s->plan;
    s->config.travel_s = s->travel_s;
    s->config.zone_count = 1;
    s->config.tickets_max = 40;
    s->config.cases_max = 8;
    s->config.visits_max = 8;
    s->config.requests_max = 8;
    return s;
}

struct small *small_start(struct small *s)
{
    s->bytes = tb_city_bytes(&s->config);
    tb_assert(s->bytes > 0);
    s->city = aligned_alloc(TB_CITY_ALIGN, (s->bytes + 63) / 64 * 64);
    tb_assert(s->city != NULL);
    tb_assert(tb_city_init(s->city, s->bytes, &s->config) == TB_STATUS_OK);
    small_until(s, SMALL_AT(0, 10, 0));
    return s;
}

struct small *small_new(void)
{
    return small_start(small_config());
}

void small_free(struct small *s)
{
    free(s->city);
    free(s);
}

/* ---- steps ------------------------------------------------------------------------------------
 */
static void step(struct small *s, const struct tb_command *command, uint32_t n)
{
    s->count = 0;
    for (bool more = true; more || n > 0;) {
        tb_assert(s->count + TB_COMMAND_EVENTS_MAX <= SMALL_EVENTS);
        struct tb_step_result r = tb_city_step(s->city, s->now, command, n, s->events + s->count,
                                               SMALL_EVENTS - s->count);
        s->count += r.events;
        n -= r.commands;
        more = r.more;
    }
}

const struct tb_event *small_send(struct small *s, struct tb_command command)
{
    step(s, &command, 1);
    uint32_t i = 0;
    while (i < s->count && !(s->events[i].flags & TB_EVENT_FLAG_ANSWER))
        i++;
    tb_assert(i < s->count);
    return &s->events[i];
}

enum tb_status small_do(struct small *s, struct tb_command command)
{
    const struct tb_event *e = small_send(s, command);
    return e->kind == TB_EVENT_REFUSED ? (enum tb_status)e->value : TB_STATUS_OK;
}

void small_until(struct small *s, tb_time now)
{
    s->now = now;
    step(s, NULL, 0);
}

const struct tb_event *small_event(const struct small *s, uint32_t kind, uint32_t n)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->events[i].kind == kind && n-- == 0)
            return &s->events[i];
    return NULL;
}

uint32_t small_index(const struct small *s, uint32_t kind, tb_ref ref)
{
    uint32_t i = 0;
    while (i < s->count && (s->events[i].kind != kind || s->events[i].ref != ref))
        i++;
    return i;
}

/* ---- commands ---------------------------------------------------------------------------------
 */
static tb_ref made(struct small *s, struct tb_command command)
{
    const struct tb_event *e = small_send(s, command);
    tb_assert(e->kind != TB_EVENT_REFUSED);
    return e->ref;
}

tb_ref small_take(struct small *s, uint16_t matter)
{
    uint16_t station = s->matters[matter].halls[0];
    return made(
        s, (struct tb_command){.kind = TB_TICKET_TAKE, .station = station, .matters = {matter}});
}

tb_ref small_book(struct small *s, tb_time slot_at)
{
    return made(s, (struct tb_command){.kind = TB_BOOK_MAKE, .value = slot_at});
}

tb_ref small_case(struct small *s, uint16_t matter)
{
    return made(s, (struct tb_command){.kind = TB_CASE_OPEN, .matters = {matter}});
}

void small_window(struct small *s, uint32_t kind, uint32_t server)
{
    made(s, (struct tb_command){.kind = (uint16_t)kind, .server = server, .value = -1});
}

void small_rule(struct small *s, uint32_t rule, int64_t value)
{
    made(s, (struct tb_command){.kind = TB_CITY_RULE,
                                .station = TB_STATION_NONE,
                                .extra = (uint16_t)rule,
                                .value = value});
}

enum tb_ticket_state small_ticket(const struct small *s, tb_ref ref)
{
    struct tb_ticket_view view;
    return tb_city_ticket(s->city, ref, &view) == TB_STATUS_OK ? view.state : TB_TICKET_FREE;
}

enum tb_server_state small_server(const struct small *s, uint32_t server)
{
    struct tb_server_view view;
    tb_assert(tb_city_server(s->city, server, &view) == TB_STATUS_OK);
    return view.state;
}
