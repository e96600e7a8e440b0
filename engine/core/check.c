/* tb_config_check: is a config one that a city can be made from? One function a table; the first
 * thing that is wrong ends the check. What passes here the core relies on without asking again. */
#include "step.h"

#define INSTANT_MAX (INT64_MAX / 4) /* leaves room for the sum of a few durations */
#define ARRIVALS_MAX 15             /* predecessors of a step, counted in four bits */

struct check {
    const struct tb_config *config;
    struct tb_config_error error;
    uint32_t remote; /* station; TB_NONE */
    uint64_t servers;
};

/* Writes down what is wrong, and is false, so that a check can end with it. */
static bool wrong(struct check *check, const char *table, uint32_t row, const char *sentence)
{
    tb_assert(table != NULL);
    tb_assert(sentence != NULL);
    check->error = (struct tb_config_error){table, row, sentence};
    return false;
}

static uint64_t lines_of(uint32_t group_count)
{
    tb_assert(group_count <= TB_GROUPS_MAX);
    const uint32_t bits = group_count * TB_CLASSES;
    return bits == 64 ? ~0ull : (1ull << bits) - 1;
}

/* ---- calendars ----------------------------------------------------------------------------- */

static bool check_day_kind(struct check *check, uint32_t row, const struct tb_day_kind *kind)
{
    if (kind->period_count > TB_PERIODS_MAX)
        return wrong(check, "calendars", row, "a kind of day has too many periods");
    int64_t before_us = 0;
    for (uint32_t p = 0; p < kind->period_count; p++) {
        if (kind->periods[p].opens_us < before_us)
            return wrong(check, "calendars", row, "a period begins before the one before it ends");
        if (kind->periods[p].closes_us <= kind->periods[p].opens_us)
            return wrong(check, "calendars", row, "a period does not end after it begins");
        before_us = kind->periods[p].closes_us;
    }
    if (before_us > TB_DAYS(1))
        return wrong(check, "calendars", row, "a period ends after 24 hours");
    return true;
}

static bool check_day(struct check *check, uint32_t row, const struct tb_calendar *calendar,
                      uint32_t index)
{
    const struct tb_day *day = &calendar->days[index];
    if (day->kind >= calendar->kind_count)
        return wrong(check, "calendars", row, "a day is of a kind that there is not");
    if (day->starts_at_us < -INSTANT_MAX || day->starts_at_us > INSTANT_MAX)
        return wrong(check, "calendars", row, "a day is too far away");
    if (index + 1 >= calendar->day_count)
        return true;
    if (day[1].starts_at_us <= day->starts_at_us)
        return wrong(check, "calendars", row, "a day does not start after the one before it");
    const struct tb_day_kind *kind = &calendar->kinds[day->kind];
    const uint32_t periods = kind->period_count;
    /* Unsigned: the next day's start is not checked yet, but later than this one's. */
    const uint64_t length_us = (uint64_t)day[1].starts_at_us - (uint64_t)day->starts_at_us;
    if (periods > 0 && (uint64_t)kind->periods[periods - 1].closes_us > length_us)
        return wrong(check, "calendars", row, "a period ends after the next day has started");
    return true;
}

static bool check_calendars(struct check *check)
{
    const struct tb_config *config = check->config;
    uint64_t days = 0;
    if (config->calendar_count == 0 || config->calendars == NULL)
        return wrong(check, "calendars", 0, "there is no calendar");
    for (uint32_t row = 0; row < config->calendar_count; row++) {
        const struct tb_calendar *calendar = &config->calendars[row];
        if (calendar->kind_count == 0 || calendar->kind_count > TB_DAY_KINDS_MAX)
            return wrong(check, "calendars", row, "it must have 1 to 8 kinds of day");
        if (calendar->day_count == 0 || calendar->days == NULL)
            return wrong(check, "calendars", row, "it has no day");
        days += calendar->day_count;
        if (days > INT32_MAX)
            return wrong(check, "calendars", row, "there are too many days");
        for (uint32_t k = 0; k < calendar->kind_count; k++) {
            if (!check_day_kind(check, row, &calendar->kinds[k]))
                return false;
        }
        for (uint32_t d = 0; d < calendar->day_count; d++) {
            if (!check_day(check, row, calendar, d))
                return false;
        }
    }
    return true;
}

/* ---- stations ------------------------------------------------------------------------------ */

/* Which station is the remote one, and how many servers there are: others refer to both. */
static bool check_kinds(struct check *check)
{
    const struct tb_config *config = check->config;
    if (config->station_count == 0 || config->stations == NULL)
        return wrong(check, "stations", 0, "there is no station");
    if (config->station_count > TB_STATIONS_MAX)
        return wrong(check, "stations", TB_STATIONS_MAX, "there are too many stations");
    for (uint32_t row = 0; row < config->station_count; row++) {
        const struct tb_station *station = &config->stations[row];
        if ((uint32_t)station->kind > TB_STATION_REMOTE)
            return wrong(check, "stations", row, "there is no such kind of station");
        check->servers += station->server_count;
        if (check->servers >= TB_NONE)
            return wrong(check, "stations", row, "there are too many servers");
        if (station->kind != TB_STATION_REMOTE)
            continue;
        if (check->remote != TB_NONE)
            return wrong(check, "stations", row, "there is a remote station already");
        if (station->server_count > 0 || station->profile_count > 0)
            return wrong(check, "stations", row, "the remote station has no servers of its own");
        check->remote = row;
    }
    return true;
}

static bool check_groups(struct check *check, uint32_t row, const struct tb_station *station)
{
    if (station->group_count == 0 || station->group_count > TB_GROUPS_MAX)
        return wrong(check, "stations", row, "it must have 1 to 16 skill groups");
    if (station->groups == NULL)
        return wrong(check, "stations", row, "its skill groups are missing");
    for (uint32_t g = 0; g < station->group_count; g++) {
        if (station->groups[g].service_mean_us <= 0)
            return wrong(check, "stations", row, "a mean service time must be above 0");
        if (station->groups[g].service_mean_us > TB_DAYS(365))
            return wrong(check, "stations", row, "a mean service time is longer than a year");
        if (station->groups[g].slot_capacity > UINT16_MAX)
            return wrong(check, "stations", row, "a slot holds at most 65535 appointments");
    }
    return true;
}

static bool check_profiles(struct check *check, uint32_t row, const struct tb_station *station)
{
    const struct tb_config *config = check->config;
    if (station->kind == TB_STATION_REMOTE) {
        tb_assert(station->profile_count == 0);
        return true;
    }
    if (station->profile_count == 0 || station->profile_count > TB_PROFILES_MAX)
        return wrong(check, "stations", row, "it must have 1 to 64 profiles");
    if (station->profiles == NULL)
        return wrong(check, "stations", row, "its profiles are missing");
    const uint64_t lines = lines_of(station->group_count);
    for (uint32_t p = 0; p < station->profile_count; p++) {
        const struct tb_profile *profile = &station->profiles[p];
        if ((profile->serves | profile->helps) & ~lines)
            return wrong(check, "stations", row, "a profile serves or helps a line it has not");
        if (profile->remote != 0 && check->remote == TB_NONE)
            return wrong(check, "stations", row, "a profile is remote, but no station is");
        if (profile->remote == 0)
            continue;
        const uint32_t groups = config->stations[check->remote].group_count;
        if (groups > TB_GROUPS_MAX || (profile->remote & ~lines_of(groups)))
            return wrong(check, "stations", row, "a profile takes a line that is not remote");
    }
    return true;
}

static bool check_slots(struct check *check, uint32_t row, const struct tb_station *station)
{
    if (station->slot_us == 0)
        return true;
    if (station->slot_us < 0 || TB_DAYS(1) % station->slot_us != 0)
        return wrong(check, "stations", row, "the length of a slot does not divide a day");
    if (station->horizon_days < 1 || station->horizon_days > 60)
        return wrong(check, "stations", row, "the horizon must be 1 to 60 days");
    return true;
}

static bool check_rules(struct check *check, uint32_t row, const struct tb_rules *rules)
{
    for (uint32_t rule = 0; rules != NULL && rule < TB_RULE_COUNT; rule++) {
        if (!tb_rule_allows(rule, rules->value[rule]))
            return wrong(check, "stations", row, "a rule is outside its range");
    }
    return true;
}

static bool check_servers(struct check *check, uint32_t row, const struct tb_station *station)
{
    if (station->server_count > 0 && station->servers == NULL)
        return wrong(check, "stations", row, "its servers are missing");
    for (uint32_t s = 0; s < station->server_count; s++) {
        if (station->servers[s] >= station->profile_count)
            return wrong(check, "stations", row, "a server has a profile that there is not");
    }
    return true;
}

static bool check_stations(struct check *check)
{
    const struct tb_config *config = check->config;
    uint64_t plan_entries = 0, slots = 0;
    for (uint32_t row = 0; row < config->station_count; row++) {
        const struct tb_station *station = &config->stations[row];
        if (station->calendar >= config->calendar_count)
            return wrong(check, "stations", row, "there is no such calendar");
        if (!check_groups(check, row, station) || !check_profiles(check, row, station) ||
            !check_servers(check, row, station) || !check_slots(check, row, station) ||
            !check_rules(check, row, station->rules))
            return false;
        const uint32_t kinds = config->calendars[station->calendar].kind_count;
        plan_entries += (uint64_t)station->plan_entries_max * kinds;
        if (plan_entries >= TB_NONE)
            return wrong(check, "stations", row, "there is too much room for plans");
        if (station->slot_us > 0) {
            const uint64_t a_day = (uint64_t)(TB_DAYS(1) / station->slot_us);
            slots += a_day * station->group_count * station->horizon_days;
        }
        if (slots >= TB_NONE)
            return wrong(check, "stations", row, "there are too many slots");
    }
    return true;
}

/* Lines that a window with this profile may take from. */
static uint32_t flexible_of(const struct tb_profile *profile)
{
    uint32_t count = 0;
    const uint64_t masks[] = {profile->serves, profile->helps, profile->remote};
    for (uint32_t i = 0; i < 3; i++) {
        for (uint64_t mask = masks[i]; mask != 0; mask &= mask - 1)
            count++;
    }
    return count;
}

/* Profiles that take the same remote lines and are equally flexible are one class. */
static bool check_remote_classes(struct check *check)
{
    const struct tb_config *config = check->config;
    uint64_t lines[TBI_REMOTE_CLASSES_MAX];
    uint32_t flexible[TBI_REMOTE_CLASSES_MAX], count = 0;
    for (uint32_t row = 0; row < config->station_count; row++) {
        const struct tb_station *station = &config->stations[row];
        for (uint32_t p = 0; p < station->profile_count; p++) {
            const struct tb_profile *profile = &station->profiles[p];
            const uint32_t bits = flexible_of(profile);
            uint32_t i = 0;
            while (i < count && (lines[i] != profile->remote || flexible[i] != bits))
                i++;
            if (profile->remote == 0 || i < count)
                continue;
            if (count == TBI_REMOTE_CLASSES_MAX)
                return wrong(check, "stations", row, "there are too many remote profiles");
            lines[count] = profile->remote;
            flexible[count++] = bits;
        }
    }
    return true;
}

/* ---- routes, matters ----------------------------------------------------------------------- */

static bool check_step(struct check *check, uint32_t row, const struct tb_route *route,
                       const struct tb_step *step)
{
    const struct tb_config *config = check->config;
    if ((uint32_t)step->kind > TB_STEP_FORK)
        return wrong(check, "routes", row, "there is no such kind of step");
    if (step->station >= config->station_count ||
        config->stations[step->station].kind != TB_STATION_DESK)
        return wrong(check, "routes", row, "a step's station is no desk");
    if (step->group >= config->stations[step->station].group_count)
        return wrong(check, "routes", row, "a step's desk has no such skill group");
    if (step->due_work_us <= 0)
        return wrong(check, "routes", row, "a step's due time must be above 0");
    if (step->joins < 1 || step->joins > ARRIVALS_MAX)
        return wrong(check, "routes", row, "a step must join 1 to 15 others");
    if (step->next_count > TB_FORK_MAX)
        return wrong(check, "routes", row, "a step leads to at most 4 others");
    for (uint32_t n = 0; n < step->next_count; n++) {
        if (step->next[n] >= route->step_count)
            return wrong(check, "routes", row, "a step leads to one that there is not");
    }
    return true;
}

/* How many arcs lead to a step from the steps of the mask. */
static uint32_t arcs_into(const struct tb_route *route, uint32_t step, uint32_t from)
{
    uint32_t arcs = 0;
    tb_assert(step < route->step_count);
    for (; from != 0; from &= from - 1) {
        const struct tb_step *before = &route->steps[tbi_lowest(from)];
        for (uint32_t n = 0; n < before->next_count; n++)
            arcs += before->next[n] == step;
    }
    return arcs;
}

static bool check_arcs(struct check *check, uint32_t row, const struct tb_route *route)
{
    const uint32_t all = (1u << route->step_count) - 1;
    if (arcs_into(route, 0, all) > 0)
        return wrong(check, "routes", row, "a step leads to the first one");
    for (uint32_t s = 1; s < route->step_count; s++) {
        const uint32_t arcs = arcs_into(route, s, all);
        if (arcs > ARRIVALS_MAX)
            return wrong(check, "routes", row, "more than 15 steps lead to one");
        if (route->steps[s].joins > arcs)
            return wrong(check, "routes", row, "a step joins more steps than lead to it");
    }
    /* Take away steps that nothing leads to, as long as there are any: what stays is a cycle. */
    uint32_t left = all, before;
    do {
        before = left;
        for (uint32_t s = 0; s < route->step_count; s++) {
            if (left >> s & 1 && arcs_into(route, s, left) == 0)
                left &= ~(1u << s);
        }
    } while (left != before);
    return left == 0 || wrong(check, "routes", row, "its steps go round in a cycle");
}

static bool check_routes(struct check *check)
{
    const struct tb_config *config = check->config;
    if (config->route_count > TB_MATTER_NONE || (config->route_count > 0 && !config->routes))
        return wrong(check, "routes", 0, "there are too many routes, or they are missing");
    for (uint32_t row = 0; row < config->route_count; row++) {
        const struct tb_route *route = &config->routes[row];
        if (route->step_count == 0 || route->step_count > TB_STEPS_MAX || route->steps == NULL)
            return wrong(check, "routes", row, "it must have 1 to 16 steps");
        if (route->due_work_us <= 0)
            return wrong(check, "routes", row, "its due time must be above 0");
        for (uint32_t s = 0; s < route->step_count; s++) {
            if (!check_step(check, row, route, &route->steps[s]))
                return false;
        }
        if (!check_arcs(check, row, route))
            return false;
    }
    return true;
}

static bool check_matter(struct check *check, uint32_t row, const struct tb_matter *matter)
{
    const struct tb_config *config = check->config;
    if (matter->group >= TB_GROUPS_MAX || matter->remote_group > TB_GROUPS_MAX)
        return wrong(check, "matters", row, "there is no such skill group");
    if (check->remote != TB_NONE && matter->remote_group != TB_GROUPS_MAX &&
        matter->remote_group >= config->stations[check->remote].group_count)
        return wrong(check, "matters", row, "the remote station has no such skill group");
    if (matter->route != TB_MATTER_NONE && matter->route >= config->route_count)
        return wrong(check, "matters", row, "there is no such route");
    if (matter->hall_count > 0 && matter->halls == NULL)
        return wrong(check, "matters", row, "its halls are missing");
    for (uint32_t h = 0; h < matter->hall_count; h++) {
        const uint32_t hall = matter->halls[h];
        if (h > 0 && hall <= matter->halls[h - 1])
            return wrong(check, "matters", row, "its halls are not in ascending order");
        if (hall >= config->station_count || config->stations[hall].kind != TB_STATION_HALL)
            return wrong(check, "matters", row, "one of its halls is no hall");
        if (matter->group >= config->stations[hall].group_count)
            return wrong(check, "matters", row, "one of its halls has no such skill group");
    }
    return true;
}

static bool check_matters(struct check *check)
{
    const struct tb_config *config = check->config;
    if (config->matter_count > TB_MATTER_NONE || (config->matter_count > 0 && !config->matters))
        return wrong(check, "matters", 0, "there are too many matters, or they are missing");
    for (uint32_t row = 0; row < config->matter_count; row++) {
        if (!check_matter(check, row, &config->matters[row]))
            return false;
    }
    return true;
}

/* ---- plan ---------------------------------------------------------------------------------- */

static bool check_plan_entry(struct check *check, uint32_t row, const struct tb_station *station)
{
    const struct tb_plan_entry *entry = &check->config->plan[row];
    if (entry->day_kind >= check->config->calendars[station->calendar].kind_count)
        return wrong(check, "plan", row, "the station's calendar has no such kind of day");
    if (entry->offset_us < 0 || entry->offset_us > TB_DAYS(1))
        return wrong(check, "plan", row, "the offset must be 0 to 24 hours");
    if ((uint32_t)entry->action >= TB_PLAN_ACTION_COUNT)
        return wrong(check, "plan", row, "there is no such action");
    if (entry->action == TB_PLAN_OPEN && entry->profile >= station->profile_count)
        return wrong(check, "plan", row, "the station has no such profile");
    return true;
}

/* Servers exist. *sorted: their order is that of the servers, so each station's are together. */
static bool check_plan_servers(struct check *check, bool *sorted)
{
    const struct tb_config *config = check->config;
    *sorted = true;
    if (config->plan_count > 0 && config->plan == NULL)
        return wrong(check, "plan", 0, "it is missing");
    for (uint32_t row = 0; row < config->plan_count; row++) {
        if (config->plan[row].server >= check->servers)
            return wrong(check, "plan", row, "there is no such server");
        *sorted &= row == 0 || config->plan[row - 1].server <= config->plan[row].server;
    }
    return true;
}

/* Entries are not said by station. In order of server one pass does; else each station looks
 * through the whole plan. */
static bool check_plan(struct check *check)
{
    const struct tb_config *config = check->config;
    bool sorted;
    if (!check_plan_servers(check, &sorted))
        return false;
    uint64_t first = 0;
    uint32_t begin = 0;
    for (uint32_t s = 0; s < config->station_count; s++) {
        const struct tb_station *station = &config->stations[s];
        const uint64_t end = first + station->server_count;
        uint32_t count[TB_DAY_KINDS_MAX] = {0};
        uint32_t row = sorted ? begin : 0;
        for (; row < config->plan_count && !(sorted && config->plan[row].server >= end); row++) {
            const struct tb_plan_entry *entry = &config->plan[row];
            if (entry->server < first || entry->server >= end)
                continue;
            if (!check_plan_entry(check, row, station))
                return false;
            if (++count[entry->day_kind] > station->plan_entries_max)
                return wrong(check, "plan", row, "more entries than the station has room for");
        }
        begin = row;
        first = end;
    }
    return true;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static bool check_sizes(struct check *check)
{
    const struct tb_config *config = check->config;
    const uint32_t most = 1u << 31;
    if (config->zone_count > 0 && config->travel_s == NULL)
        return wrong(check, "travel_s", 0, "travel times are missing");
    if (config->tickets_max < 1 || config->tickets_max > most)
        return wrong(check, "tickets_max", 0, "it must be 1 to 2^31");
    if (config->cases_max > most)
        return wrong(check, "cases_max", 0, "it must be 0 to 2^31");
    if (config->visits_max > most)
        return wrong(check, "visits_max", 0, "it must be 0 to 2^31");
    if (config->requests_max & (config->requests_max - 1) || config->requests_max >= most)
        return wrong(check, "requests_max", 0, "it must be 0 or a power of two below 2^31");
    return true;
}

enum tb_status tb_config_check(const struct tb_config *config, struct tb_config_error *error)
{
    tb_assert(config != NULL);
    struct check check = {.config = config, .remote = TB_NONE};
    const bool right = check_sizes(&check) && check_calendars(&check) && check_kinds(&check) &&
                       check_stations(&check) && check_remote_classes(&check) &&
                       check_routes(&check) && check_matters(&check) && check_plan(&check);
    tb_assert(right == (check.error.wrong == NULL));
    if (!right && error != NULL)
        *error = check.error;
    return right ? TB_STATUS_OK : TB_STATUS_CONFIG_INVALID;
}
