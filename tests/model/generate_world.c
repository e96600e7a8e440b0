/* Random cities. */
#include "generate.h"

#include <string.h>

/* ---- dice ---------------------------------------------------------------------------------- */
uint64_t dice_roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t dice_mix(uint64_t a, uint64_t b)
{
    struct dice dice = {a ^ (b * 0xd6e8feb86659fd93u)};
    dice_roll(&dice);
    return dice_roll(&dice);
}

uint32_t dice_below(struct dice *dice, uint32_t n)
{
    return (uint32_t)((dice_roll(dice) >> 32) * n >> 32);
}

bool dice_chance(struct dice *dice, uint32_t percent)
{
    return dice_below(dice, 100) < percent;
}

static int64_t one_of(struct dice *dice, const int64_t *values, uint32_t count)
{
    return values[dice_below(dice, count)];
}
#define ONE_OF(dice, ...)                                                                          \
    one_of(dice, (const int64_t[]){__VA_ARGS__}, sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t))

/* ---- rules --------------------------------------------------------------------------------- */
int64_t world_rule(const struct world *world, struct dice *d, enum tb_rule rule)
{
    int64_t g = world->grid_us;
    switch (rule) {
    case TB_RULE_credit_normal_us:
    case TB_RULE_credit_green_us:
    case TB_RULE_credit_appointment_us:
    case TB_RULE_credit_returned_us:
        return ONE_OF(d, 0, g, 2 * g, 10 * g, -g);
    case TB_RULE_tier_normal:
    case TB_RULE_tier_green:
    case TB_RULE_tier_appointment:
    case TB_RULE_tier_returned:
        return ONE_OF(d, 1, 1, 1, 0, 2);
    case TB_RULE_overtake_max:
        return ONE_OF(d, 1, 1, 2, 3, 10, TB_OVERTAKE_MAX);
    case TB_RULE_auto_next:
    case TB_RULE_auto_start:
        return ONE_OF(d, 0, 0, 1);
    case TB_RULE_call_timeout_us:
        return ONE_OF(d, 0, g, 2 * g, 3 * g);
    case TB_RULE_recall_max:
        return ONE_OF(d, 0, 1, 2);
    case TB_RULE_ack_timeout_us:
        return ONE_OF(d, 0, g / 2, g, 2 * g);
    case TB_RULE_absent_keep_us:
        return ONE_OF(d, 0, g, 5 * g, 20 * g);
    case TB_RULE_park_keep_us:
        return ONE_OF(d, 0, g, 5 * g, 20 * g);
    case TB_RULE_return_max:
        return ONE_OF(d, 0, 1, 3, 15);
    case TB_RULE_remind_ahead:
        return ONE_OF(d, 0, 1, 1, 2, 3);
    case TB_RULE_overtime_us:
        return ONE_OF(d, 0, 5 * g, TB_MINUTES(10), TB_MINUTES(30), TB_HOURS(12));
    case TB_RULE_book_early_us:
        return ONE_OF(d, 0, 5 * g, TB_MINUTES(30), TB_HOURS(3));
    case TB_RULE_book_late_us:
        return ONE_OF(d, 0, g, 5 * g, TB_MINUTES(30), TB_HOURS(3));
    case TB_RULE_book_remind_us:
        return ONE_OF(d, 0, g, 10 * g, TB_MINUTES(30));
    case TB_RULE_due_warn_us:
        return ONE_OF(d, 0, g, 10 * g, TB_MINUTES(30));
    case TB_RULE_rate_follow_us:
        return ONE_OF(d, 0, 5 * g, TB_MINUTES(30), TB_HOURS(2));
    case TB_RULE_rate_end_us:
        return ONE_OF(d, 0, 5 * g, TB_MINUTES(30), TB_HOURS(2), TB_HOURS(5));
    case TB_RULE_estimate:
        return ONE_OF(d, 1, 1, 1, 0);
    case TB_RULE_travel_weight_pct:
        return ONE_OF(d, 100, 0, 50, 1000);
    case TB_RULE_COUNT:
        break;
    }
    return 0;
}

static void make_rules(struct world *w, struct dice *d, uint32_t station)
{
    tb_rules_init(&w->rules[station]);
    for (uint32_t r = 0; r < TB_RULE_COUNT; r++)
        if (dice_chance(d, 60) || r == TB_RULE_rate_end_us)
            w->rules[station].value[r] = world_rule(w, d, r);
}

/* ---- calendars ----------------------------------------------------------------------------- */
static void kind_add(struct tb_calendar *c, uint32_t count, const int64_t *minutes)
{
    struct tb_day_kind *kind = &c->kinds[c->kind_count++];
    kind->period_count = count;
    for (uint32_t p = 0; p < count; p++) {
        kind->periods[p].opens_us = TB_MINUTES(minutes[2 * p]);
        kind->periods[p].closes_us = TB_MINUTES(minutes[2 * p + 1]);
    }
}

/* Days of two hours (some of three, one of a whole day), closed, split, whole. */
static void make_calendar(struct world *w, struct dice *d, uint32_t which)
{
    struct tb_calendar *c = &w->calendars[which];
    kind_add(c, 2, (const int64_t[]){10, 50, 60, 100});
    kind_add(c, 1, (const int64_t[]){0, 120});
    kind_add(c, 0, NULL);
    if (dice_chance(d, 50))
        kind_add(c, 3, (const int64_t[]){5, 30, 30, 60, 90, 110});
    if (dice_chance(d, 50))
        kind_add(c, 1, (const int64_t[]){20, 80});
    c->day_count = dice_chance(d, 4) ? 1 + dice_below(d, 4) : 20 + dice_below(d, WORLD_DAYS - 20);
    tb_time at = TB_DAYS(20000) + TB_MINUTES(ONE_OF(d, 0, 0, 30, 7));
    for (uint32_t i = 0; i < c->day_count; i++) {
        w->days[which][i] = (struct tb_day){at, dice_below(d, c->kind_count)};
        if (dice_chance(d, 40))
            w->days[which][i].kind = 0;
        at += TB_HOURS(dice_chance(d, 90) ? 2 : ONE_OF(d, 3, 24));
    }
    c->days = w->days[which];
}

/* ---- stations ------------------------------------------------------------------------------ */
static uint64_t some_lines(struct dice *d, uint32_t groups)
{
    uint64_t lines = 0;
    for (uint32_t g = 0; g < groups; g++)
        if (dice_chance(d, 60))
            lines |= (dice_chance(d, 80) ? UINT64_C(15) : dice_below(d, 16)) << g * TB_CLASSES;
    return lines;
}

static void make_profiles(struct world *w, struct dice *d, uint32_t s, uint32_t remote_groups)
{
    struct tb_station *station = &w->stations[s];
    station->profile_count = 1 + dice_below(d, w->profiles_max);
    uint64_t all = UINT64_MAX >> (TB_QUEUES_MAX - station->group_count * TB_CLASSES);
    for (uint32_t p = 0; p < station->profile_count; p++) {
        struct tb_profile *profile = &w->profiles[s][p];
        profile->serves = some_lines(d, station->group_count);
        if (profile->serves == 0 || (p == 0 && dice_chance(d, 70)))
            profile->serves = all;
        if (dice_chance(d, 40))
            profile->helps = some_lines(d, station->group_count) & ~profile->serves;
        profile->help_below = dice_below(d, 3);
        if (station->kind == TB_STATION_HALL && remote_groups && dice_chance(d, 60))
            profile->remote = some_lines(d, remote_groups);
    }
    station->profiles = w->profiles[s];
    station->server_count = station->kind == TB_STATION_HALL && dice_chance(d, 10)
                                ? 0
                                : 1 + dice_below(d, w->servers_max);
    for (uint32_t i = 0; i < station->server_count; i++)
        w->servers[s][i] = (uint16_t)dice_below(d, station->profile_count);
    station->servers = w->servers[s];
}

static void make_station(struct world *w, struct dice *d, uint32_t s, enum tb_station_kind kind,
                         uint32_t remote_groups)
{
    struct tb_station *station = &w->stations[s];
    station->kind = kind;
    station->calendar = kind == TB_STATION_HALL ? 0 : dice_below(d, 2);
    make_rules(w, d, s);
    station->rules = dice_chance(d, 95) ? &w->rules[s] : NULL;
    station->group_count =
        kind == TB_STATION_REMOTE ? remote_groups : 1 + dice_below(d, w->groups_max);
    for (uint32_t g = 0; g < station->group_count; g++)
        w->groups[s][g] = (struct tb_group){
            .service_mean_us = TB_MINUTES(1 + dice_below(d, 10)),
            .quota = dice_chance(d, 70) ? 0 : 1 + dice_below(d, 8),
            .slot_capacity =
                kind == TB_STATION_HALL && dice_chance(d, 70) ? 1 + dice_below(d, 3) : 0,
        };
    station->groups = w->groups[s];
    if (kind == TB_STATION_HALL)
        station->slot_us = TB_MINUTES(ONE_OF(d, 5, 10, 15, 30, 0));
    station->horizon_days = 1 + dice_below(d, 4);
    if (kind != TB_STATION_REMOTE) {
        make_profiles(w, d, s, remote_groups);
        station->plan_entries_max = dice_below(d, 8);
    }
}

static void make_stations(struct world *w, struct dice *d)
{
    uint32_t count = 2 + dice_below(d, WORLD_STATIONS - 1);
    uint32_t remote = w->islands || dice_chance(d, 40) ? TB_NONE : dice_below(d, count);
    uint32_t remote_groups = remote == TB_NONE ? 0 : 1 + dice_below(d, w->groups_max);
    uint32_t hall = dice_below(d, count); /* one at least */
    if (hall == remote)
        hall = (hall + 1) % count;
    for (uint32_t s = 0; s < count; s++) {
        enum tb_station_kind kind = dice_chance(d, 50) ? TB_STATION_HALL : TB_STATION_DESK;
        if (s == hall)
            kind = TB_STATION_HALL;
        if (s == remote)
            kind = TB_STATION_REMOTE;
        make_station(w, d, s, kind, remote_groups);
    }
    w->config.stations = w->stations;
    w->config.station_count = count;
}

/* ---- plan, travel -------------------------------------------------------------------------- */
static uint32_t server_station(const struct world *w, uint32_t server)
{
    uint32_t s = 0;
    while (server >= w->stations[s].server_count)
        server -= w->stations[s++].server_count;
    return s;
}

static uint32_t server_total(const struct world *w)
{
    uint32_t total = 0;
    for (uint32_t s = 0; s < w->config.station_count; s++)
        total += w->stations[s].server_count;
    return total;
}

static void make_plan(struct world *w, struct dice *d)
{
    uint32_t total = server_total(w), want = dice_below(d, WORLD_PLAN),
             used[WORLD_STATIONS][8] = {0};
    for (uint32_t i = 0; i < want && total > 0; i++) {
        uint32_t server = dice_below(d, total), s = server_station(w, server);
        uint32_t kind = dice_below(d, w->calendars[w->stations[s].calendar].kind_count);
        if (used[s][kind] == w->stations[s].plan_entries_max)
            continue;
        used[s][kind]++;
        w->plan[w->config.plan_count++] = (struct tb_plan_entry){
            .server = server,
            .day_kind = kind,
            .offset_us = TB_MINUTES(5 * dice_below(d, 25)),
            .action = dice_chance(d, 40) ? TB_PLAN_OPEN : dice_below(d, TB_PLAN_ACTION_COUNT),
            .profile = dice_below(d, w->stations[s].profile_count),
        };
    }
    w->config.plan = w->plan;
}

static void make_travel(struct world *w, struct dice *d)
{
    w->config.zone_count = dice_chance(d, 85) ? WORLD_ZONES : 0;
    for (uint32_t i = 0; i < WORLD_ZONES * w->config.station_count; i++)
        w->travel_s[i] = (uint16_t)ONE_OF(d, 0, 60, 600, 601, 3600);
    w->config.travel_s = w->config.zone_count ? w->travel_s : NULL;
}

/* ---- routes and matters -------------------------------------------------------------------- */
static void make_step(struct world *w, struct dice *d, struct tb_step *step)
{
    uint32_t desk;
    do
        desk = dice_below(d, w->config.station_count);
    while (w->stations[desk].kind != TB_STATION_DESK);
    step->kind = ONE_OF(d, TB_STEP_DESK, TB_STEP_DESK, TB_STEP_DESK, TB_STEP_OUTSIDE, TB_STEP_FORK);
    step->station = (uint16_t)desk;
    step->group = (uint8_t)dice_below(d, w->stations[desk].group_count);
    step->joins = 1;
    step->due_work_us = ONE_OF(d, w->grid_us, TB_MINUTES(10), TB_MINUTES(40), TB_HOURS(2));
}

/* Edges lead on only; a step waits for one, some or all of those before it. */
static void make_route(struct world *w, struct dice *d, uint32_t r)
{
    struct tb_route *route = &w->routes[r];
    route->step_count = 1 + dice_below(d, dice_chance(d, 10) ? TB_STEPS_MAX : 6);
    route->steps = w->steps[r];
    route->due_work_us = ONE_OF(d, TB_MINUTES(30), TB_HOURS(2), TB_HOURS(4));
    make_step(w, d, &w->steps[r][0]);
    for (uint32_t i = 1; i < route->step_count; i++) {
        make_step(w, d, &w->steps[r][i]);
        uint32_t before = 0, want = dice_chance(d, 60) ? 1 : 1 + dice_below(d, 3);
        for (uint32_t tries = 0; before < want && tries < 100; tries++) {
            struct tb_step *p = &w->steps[r][dice_below(d, i)];
            bool twice = false;
            for (uint32_t k = 0; k < p->next_count; k++)
                twice |= p->next[k] == i;
            if (twice || p->next_count == TB_FORK_MAX)
                continue;
            p->next[p->next_count++] = (uint8_t)i;
            before++;
        }
        w->steps[r][i].joins = (uint8_t)(dice_chance(d, 70) ? before : 1 + dice_below(d, before));
    }
}

static bool any_desk(const struct world *w)
{
    for (uint32_t s = 0; s < w->config.station_count; s++)
        if (w->stations[s].kind == TB_STATION_DESK)
            return true;
    return false;
}

static void make_matters(struct world *w, struct dice *d)
{
    if (!w->islands && any_desk(w))
        w->config.route_count = 1 + dice_below(d, WORLD_ROUTES);
    for (uint32_t r = 0; r < w->config.route_count; r++)
        make_route(w, d, r);
    w->config.routes = w->routes;
    uint32_t remote_groups = 0;
    for (uint32_t s = 0; s < w->config.station_count; s++)
        if (w->stations[s].kind == TB_STATION_REMOTE)
            remote_groups = w->stations[s].group_count;
    uint32_t want = 3 + dice_below(d, WORLD_MATTERS - 2);
    for (uint32_t i = 0; i < want; i++) {
        struct tb_matter *x = &w->matters[w->config.matter_count];
        uint32_t group = i == 0 ? 0 : dice_below(d, w->groups_max), halls = 0;
        for (uint32_t s = 0; s < w->config.station_count; s++)
            if (w->stations[s].kind == TB_STATION_HALL && w->stations[s].group_count > group &&
                (i == 0 || dice_chance(d, 70)))
                w->halls[w->config.matter_count][halls++] = (uint16_t)s;
        if (halls == 0)
            continue;
        *x = (struct tb_matter){.group = (uint8_t)group,
                                .remote_group = TB_GROUPS_MAX,
                                .collect = dice_chance(d, 40),
                                .route = TB_MATTER_NONE,
                                .halls = w->halls[w->config.matter_count],
                                .hall_count = halls};
        if (remote_groups && dice_chance(d, 60))
            x->remote_group = (uint8_t)dice_below(d, remote_groups);
        if (w->config.route_count && dice_chance(d, 60))
            x->route = (uint16_t)dice_below(d, w->config.route_count);
        w->config.matter_count++;
    }
    w->config.matters = w->matters;
}

void world_make(struct world *w, uint64_t seed, bool islands)
{
    struct dice dice = {seed}, *d = &dice;
    memset(w, 0, sizeof *w);
    w->islands = islands;
    w->grid_us = ONE_OF(d, TB_MINUTES(1), TB_MINUTES(1), TB_SECONDS(30), TB_MINUTES(5));
    w->groups_max = (uint32_t)ONE_OF(d, 1, 2, 4, 4, WORLD_GROUPS);
    w->profiles_max = (uint32_t)ONE_OF(d, 1, 4, 4, WORLD_PROFILES);
    w->servers_max = (uint32_t)ONE_OF(d, 1, 2, 4, WORLD_SERVERS);
    make_calendar(w, d, 0);
    make_calendar(w, d, 1);
    w->config.calendars = w->calendars;
    w->config.calendar_count = 2;
    make_stations(w, d);
    make_matters(w, d);
    make_plan(w, d);
    make_travel(w, d);
    w->config.tickets_max = islands ? 4000 : (uint32_t)ONE_OF(d, 5, 20, 40, 60, 60, 200);
    w->config.cases_max = (uint32_t)ONE_OF(d, 0, 2, 10, 30, 30, 30);
    w->config.visits_max = islands ? 4000 : (uint32_t)ONE_OF(d, 0, 2, 10, 40);
    w->config.requests_max = (uint32_t)ONE_OF(d, 0, 1, 4, 16);
    w->config.id = seed;
}
