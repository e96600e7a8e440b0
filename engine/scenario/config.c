/* config.c: what tb_city_init wants, out of all that was built; and where the numbers come
 * from. */
#include <math.h>
#include <string.h>

#include "build.h"

/* ---- stations -------------------------------------------------------------------------------- */

/* Windows of a hall that serve a line of the group. */
static uint32_t windows_serving(const struct tbi_build *b, const struct tb_scenario_hall *hall,
                                uint32_t group)
{
    const struct tbi_trade *trade = &b->trades[hall->trade];
    uint32_t count = 0;

    for (uint32_t i = 0; i < hall->window_count; i++) {
        const uint32_t profile = b->server_profiles[hall->window_first + i];

        count += (trade->profiles[profile].serves >> (group * TB_CLASSES) & 0xf) != 0;
    }
    return count;
}

/* Mean service of a group among what people come to the hall for; of all matters where nobody
 * comes. */
static int64_t group_mean(const struct tbi_build *b, const struct tb_scenario_hall *hall,
                          uint32_t group)
{
    double sum = 0, chances = 0;
    const struct tb_mix *mix = hall->mix == TB_NONE ? NULL : &b->out->mixes[hall->mix];

    for (uint32_t i = 0; mix != NULL && i < mix->count; i++) {
        const uint32_t matter = mix->matters[i];

        if (b->matters[matter].group != group)
            continue;
        chances += mix->chance[i];
        sum += mix->chance[i] * (double)b->matter_rows[matter].service.mean_us;
    }
    if (chances > 0)
        return (int64_t)(sum / chances + 0.5);
    return mix != NULL ? (int64_t)(mix->service_mean_us + 0.5) : TB_MINUTES(10);
}

static const struct tb_group *hall_groups(struct tbi_build *b, const struct tb_scenario_hall *hall)
{
    const struct tbi_trade *trade = &b->trades[hall->trade];
    struct tb_group *groups = TBI_TAKE(b->arena, struct tb_group, trade->group_count);

    for (uint32_t g = 0; g < trade->group_count; g++) {
        const double slot =
            b->slot_scale * trade->groups[g].slot * windows_serving(b, hall, g);

        groups[g] = (struct tb_group){group_mean(b, hall, g), trade->groups[g].quota,
                                      (uint32_t)(slot > 0 && slot < 1 ? 1 : slot + 0.5)};
    }
    return groups;
}

/* The skill sets of a trade with the lines of the remote station in them. */
static const struct tb_profile *trade_profiles(struct tbi_build *b, uint32_t index)
{
    struct tbi_trade *trade = &b->trades[index];

    for (uint32_t i = 0; i < trade->profile_count; i++) {
        if (trade->videos[i] && trade->remote_group < TB_GROUPS_MAX)
            trade->profiles[i].remote = UINT64_C(0xf) << (trade->remote_group * TB_CLASSES);
    }
    return trade->profiles;
}

static const uint16_t *server_list(struct tbi_build *b, uint32_t first, uint32_t count)
{
    uint16_t *servers = TBI_TAKE(b->arena, uint16_t, count);

    for (uint32_t i = 0; i < count; i++)
        servers[i] = (uint16_t)b->server_profiles[first + i];
    return servers;
}

static bool is_bookable(const struct tb_group *groups, uint32_t count)
{
    for (uint32_t g = 0; g < count; g++) {
        if (groups[g].slot_capacity > 0)
            return true;
    }
    return false;
}

static struct tb_station hall_station(struct tbi_build *b, uint32_t index)
{
    const struct tb_scenario_hall *hall = &b->halls[index];
    const struct tbi_trade *trade = &b->trades[hall->trade];
    const struct tb_group *groups = hall_groups(b, hall);

    return (struct tb_station){
        .kind = TB_STATION_HALL,
        .calendar = hall->calendar,
        .rules = &b->rules[index],
        .groups = groups,
        .group_count = trade->group_count,
        .profiles = trade_profiles(b, hall->trade),
        .profile_count = trade->profile_count,
        .servers = server_list(b, hall->window_first, hall->window_count),
        .server_count = hall->window_count,
        .slot_us = is_bookable(groups, trade->group_count) ? b->slot_us : 0,
        .horizon_days = b->slot_days,
    };
}

static int64_t desk_mean(const struct tbi_build *b, uint32_t station)
{
    int64_t sum = 0, count = 0;

    for (uint32_t r = 0; r < b->out->route_count; r++) {
        for (uint32_t i = 0; i < b->routes[r].step_count; i++) {
            if (b->routes[r].steps[i].station != station ||
                b->routes[r].steps[i].kind != TB_STEP_DESK)
                continue;
            sum += b->route_rows[r].steps[i].work.mean_us;
            count++;
        }
    }
    return count == 0 ? TB_MINUTES(10) : sum / count;
}

static struct tb_station desk_station(struct tbi_build *b, uint32_t index)
{
    static const struct tb_profile all = {.serves = 0xf};
    const struct tb_scenario_desk *desk = &b->desks[index];
    const uint32_t station = b->out->hall_count + index;
    struct tb_group *group = TBI_TAKE(b->arena, struct tb_group, 1);

    group->service_mean_us = desk_mean(b, station);
    return (struct tb_station){
        .kind = TB_STATION_DESK,
        .calendar = desk->calendar,
        .rules = &b->rules[station],
        .groups = group,
        .group_count = 1,
        .profiles = &all,
        .profile_count = 1,
        .servers = server_list(b, desk->approver_first, desk->approver_count),
        .server_count = desk->approver_count,
        .horizon_days = b->slot_days,
    };
}

/* One group for each trade that goes by video; 0 if none does. */
static uint32_t remote_groups(struct tbi_build *b, struct tb_group *groups)
{
    uint32_t count = 0;

    for (uint32_t t = 0; t < b->trade_names.count; t++) {
        const uint32_t group = b->trades[t].remote_group;
        double sum = 0, weights = 0;

        if (group == TB_GROUPS_MAX)
            continue;
        for (uint32_t i = 0; i < b->out->matter_count; i++) {
            const struct tb_scenario_matter *matter = &b->matter_rows[i];

            if (matter->trade != t || b->matters[i].remote_group == TB_GROUPS_MAX)
                continue;
            sum += (double)matter->weight * (double)matter->service.mean_us;
            weights += (double)matter->weight;
        }
        groups[group].service_mean_us =
            weights > 0 ? (int64_t)(sum / weights + 0.5) : TB_MINUTES(10);
        count++;
    }
    return count;
}

/* Room for a plan that is half as large again, and for some entries while the city runs. */
static void count_entries(const struct tbi_build *b, struct tb_station *stations)
{
    for (uint32_t i = 0, s; i < b->out->shift_count; i = s) {
        const struct tb_shift *first = &b->out->shifts[i];
        const uint32_t station = b->servers[first->server].station;
        uint32_t count[TB_DAY_KINDS_MAX] = {0};

        for (s = i; s < b->out->shift_count &&
                    b->servers[b->out->shifts[s].server].station == station;
             s++)
            count[b->out->shifts[s].day_kind] += 2;
        for (uint32_t k = 0; k < TB_DAY_KINDS_MAX; k++) {
            if (count[k] > stations[station].plan_entries_max)
                stations[station].plan_entries_max = count[k];
        }
    }
    for (uint32_t i = 0; i < b->out->plan_date_count; i++) {
        const struct tb_plan_date *date = &b->out->plan_dates[i];

        if (2 * date->shift_count > stations[date->station].plan_entries_max)
            stations[date->station].plan_entries_max = 2 * date->shift_count;
    }
}

static void build_stations(struct tbi_build *b)
{
    struct tb_scenario *out = b->out;
    const uint32_t count = out->hall_count + out->desk_count;
    struct tb_station *stations = TBI_TAKE(b->arena, struct tb_station, count + 1);
    struct tb_group *groups = TBI_TAKE(b->arena, struct tb_group, TB_GROUPS_MAX);
    const uint32_t group_count = remote_groups(b, groups);

    for (uint32_t i = 0; i < out->hall_count; i++)
        stations[i] = hall_station(b, i);
    for (uint32_t i = 0; i < out->desk_count; i++)
        stations[out->hall_count + i] = desk_station(b, i);
    count_entries(b, stations);
    for (uint32_t i = 0; i < count; i++)
        stations[i].plan_entries_max = stations[i].plan_entries_max * 3 / 2 + 16;
    out->remote_station = TB_STATION_NONE;
    if (group_count > 0) {
        out->remote_station = count;
        stations[count] = (struct tb_station){.kind = TB_STATION_REMOTE,
                                              .rules = &b->rules[count],
                                              .groups = groups,
                                              .group_count = group_count,
                                              .horizon_days = b->slot_days};
    }
    out->config.stations = stations;
    out->config.station_count = count + (group_count > 0);
}

/* ---- travel ---------------------------------------------------------------------------------- */

/* Zone to zone, from travel.csv; a row holds for the way back too unless that has its own. */
static int64_t *read_travel(struct tbi_build *b)
{
    const uint32_t zones = b->zone_names.count;
    int64_t *times = TBI_TAKE(b->arena, int64_t, (size_t)zones * zones);

    for (uint32_t i = 0; i < zones * zones; i++)
        times[i] = -1;
    for (int back = 1; back >= 0; back--) {
        for (uint32_t r = 0; r < tbi_row_count(b, TBI_TRAVEL); r++) {
            const struct tbi_row row = tbi_row(b, TBI_TRAVEL, r);
            const struct tbi_names *names = &b->zone_names;
            const uint32_t from = tbi_names_find(names, tbi_row_text(row, TBI_TRAVEL_FROM));
            const uint32_t to = tbi_names_find(names, tbi_row_text(row, TBI_TRAVEL_TO));
            int64_t us;

            if (from == TB_NONE || to == TB_NONE ||
                tbi_value_duration(tbi_row_text(row, TBI_TRAVEL_TIME), 0, &us) != TBI_VALUE_OK)
                continue; /* said in check_travel */
            times[back ? to * zones + from : from * zones + to] = us;
        }
    }
    return times;
}

static void check_travel(struct tbi_build *b)
{
    for (uint32_t r = 0; r < tbi_row_count(b, TBI_TRAVEL); r++) {
        const struct tbi_row row = tbi_row(b, TBI_TRAVEL, r);

        tbi_row_name(row, TBI_TRAVEL_FROM, &b->zone_names, "区域\fzone");
        tbi_row_name(row, TBI_TRAVEL_TO, &b->zone_names, "区域\fzone");
        tbi_row_duration(row, TBI_TRAVEL_TIME, 0, TB_HOURS(18), 0, 0);
    }
}

static void build_travel(struct tbi_build *b)
{
    const uint32_t zones = b->zone_names.count, stations = b->out->config.station_count;
    const char *file = b->folder->tables[TBI_TRAVEL].file.path;

    check_travel(b);
    if (zones == 0)
        return;
    const int64_t *times = read_travel(b);
    uint16_t *travel = TBI_TAKE(b->arena, uint16_t, (size_t)zones * stations);
    for (uint32_t from = 0; from < zones; from++) {
        for (uint32_t to = 0; to < zones; to++) {
            if (times[from * zones + to] < 0 && from < to)
                tbi_wrong(b->problems,
                          (struct tbi_at){file != NULL ? file : "travel.csv", 0, 0},
                          TBI_WRONG_TRAVEL_MISSING, b->out->zones[from].id, b->out->zones[to].id,
                          NULL);
        }
        for (uint32_t i = 0; i < b->out->hall_count; i++) {
            const int64_t us = times[from * zones + b->halls[i].zone];

            travel[from * stations + i] = (uint16_t)(us < 0 ? 0 : us / TB_SECONDS(1));
        }
    }
    b->out->config.travel_s = travel;
    b->out->config.zone_count = zones;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

/* Visitors of the whole city on its busiest day. */
static double busiest_day(const struct tbi_build *b)
{
    double most = 0;

    for (uint32_t c = 0; c < b->calendar_names.count; c++) {
        double volume = 0, day_most = 0;

        for (uint32_t i = 0; i < b->out->hall_count; i++) {
            if (b->halls[i].calendar == c)
                volume += (double)b->halls[i].volume_milli / 1000;
        }
        for (uint32_t d = 0; d < b->out->day_count; d++)
            day_most = fmax(day_most, (double)b->out->demand.parts[c][d]);
        most += volume * day_most / (double)b->out->demand.parts_total;
    }
    return most * b->out->demand.scale;
}

static uint32_t power_of_two(double count)
{
    uint32_t power = 1024;

    while (power < count && power < 1u << 27)
        power *= 2;
    return power;
}

/* Enough for the busiest day half as busy again, with all its appointments, tasks and ratings. */
static void build_sizes(struct tbi_build *b)
{
    const struct tb_people *people = &b->out->people;
    struct tb_config *config = &b->out->config;
    const double day = 1.5 * busiest_day(b);
    const double booked = people->appointment_share / (1 - people->appointment_absent_share);
    const double days = (double)b->rules[0].value[TB_RULE_rate_end_us] / TB_DAYS(1);
    const double kept = b->rules[0].value[TB_RULE_rate_follow_us] == 0 ? 0 : days;
    const double size[4] = {
        4096 + day * (2 + booked * b->slot_days),
        b->out->route_count == 0 ? 0 : 1024 + day * 20 * (1 - people->settled_share),
        kept == 0 ? 0 : 1024 + day * (1 + kept * (1 - people->rate_share)),
        16384,
    };
    uint32_t *const out[4] = {&config->tickets_max, &config->cases_max, &config->visits_max,
                              &config->requests_max};

    for (uint32_t i = 0; i < 4; i++) {
        *out[i] = size[i] == 0 ? 0 : power_of_two(size[i]);
        if (b->limits[i] >= 0)
            *out[i] = (uint32_t)b->limits[i];
    }
}

void tbi_build_config(struct tbi_build *b)
{
    struct tb_config *config = &b->out->config;

    build_stations(b);
    build_travel(b);
    build_sizes(b);
    config->calendars = b->calendars;
    config->calendar_count = b->calendar_names.count;
    config->matters = b->matters;
    config->matter_count = b->out->matter_count;
    config->routes = b->routes;
    config->route_count = b->out->route_count;
}

/* ---- where the numbers come from ------------------------------------------------------------- */

static void table_source(struct tbi_build *b, enum tbi_table_kind kind, enum tbi_column column,
                         char mark, uint32_t count)
{
    const struct tbi_column_row *row = tbi_column_row(column);
    const struct tbi_table_row *table = tbi_table_row(kind);

    if (count == 0)
        return;
    b->sources = tbi_arena_grow(b->arena, b->sources, b->source_count, &b->source_capacity,
                                sizeof *b->sources);
    b->sources[b->source_count++] = (struct tb_source){
        mark,
        {tbi_arena_format(b->arena, "%s %s", table->file, row->name),
         tbi_arena_format(b->arena, "%s:%.*s", table->zh, (int)strcspn(row->aliases, "|"),
                          row->aliases),
         tbi_arena_format(b->arena, "%s: %s", table->en, row->name)},
        tbi_arena_format(b->arena, "%u", count),
        tbi_arena_text(b->arena, b->folder->tables[kind].file.path,
                       strlen(b->folder->tables[kind].file.path)),
        0};
}

void tbi_build_sources(struct tbi_build *b)
{
    for (uint32_t kind = 0; kind < TBI_TABLE_COUNT; kind++) {
        const uint32_t first = tbi_table_row(kind)->first, width = tbi_table_width(kind);

        for (uint32_t column = first; column < first + width; column++) {
            table_source(b, kind, column, 'P', b->marks[column].published);
            table_source(b, kind, column, 'A', b->marks[column].assumed);
            table_source(b, kind, column, '?', b->marks[column].unmarked);
        }
    }
    b->out->sources = b->sources;
    b->out->source_count = b->source_count;
}
