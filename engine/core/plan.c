/* The plan of windows, and what else planners set: rules, and kinds of coming days.
 *
 * A station has room for plan_room entries of each kind of day, kept in order of (offset, server,
 * set first). plan_cursor is the first of today's that has not acted yet; TBI_DUE_PLAN is its
 * instant, or never where that lies beyond the day. */
#include "step.h"

static struct tbi_plan_entry *plan_of(const struct tb_city *city,
                                      const struct tbi_station *station, uint32_t kind)
{
    return tbi_plan(city, station->plan_first + (uint64_t)kind * station->plan_room);
}

/* The station's day; NULL before the first. */
static const struct tbi_day *plan_today(const struct tb_city *city,
                                        const struct tbi_station *station)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    return station->day < 0 ? NULL : tbi_day(city, calendar->day_first + (uint32_t)station->day);
}

/* Sets the deadline of the entry at the cursor. */
static void plan_due(struct tb_city *city, uint32_t index)
{
    const struct tbi_station *station = tbi_station(city, index);
    const struct tbi_day *today = plan_today(city, station);
    tb_time at = TB_NEVER;
    if (today && station->plan_cursor < tbi_plan_count(city, index)->count[today->kind]) {
        const struct tbi_plan_entry *plan = plan_of(city, station, today->kind);
        at = today->starts_at + plan[station->plan_cursor].offset_us;
        if (at >= tbi_calendar_day_end(city, station->calendar, station->day))
            at = TB_NEVER;
    }
    tbi_due_set(city, index, TBI_DUE_PLAN, at);
}

static enum tb_status set_check(const struct tb_city *city, const struct tb_command *command)
{
    if (command->server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    uint32_t index = tbi_server(city, command->server)->station;
    const struct tbi_station *station = tbi_station(city, index);
    if (command->group >= tbi_calendar(city, station->calendar)->kind_count ||
        command->class_ >= TB_PLAN_ACTION_COUNT || command->value < 0 ||
        command->value > TB_HOURS(24))
        return TB_STATUS_VALUE_INVALID;
    if (command->class_ == TB_PLAN_OPEN && command->extra >= station->profile_count)
        return TB_STATUS_PROFILE_UNKNOWN;
    return tbi_plan_count(city, index)->count[command->group] >= station->plan_room
               ? TB_STATUS_PLAN_FULL
               : TB_STATUS_OK;
}

enum tb_status tbi_do_PLAN_SET(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = set_check(city, command);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t index = tbi_server(city, command->server)->station;
    struct tbi_station *station = tbi_station(city, index);
    struct tbi_plan_entry *plan = plan_of(city, station, command->group);
    uint32_t *count = &tbi_plan_count(city, index)->count[command->group];
    uint32_t at = *count;
    for (; at > 0; at--) {
        const struct tbi_plan_entry *before = &plan[at - 1];
        if (before->offset_us < command->value ||
            (before->offset_us == command->value && before->server <= command->server))
            break;
        plan[at] = *before;
    }
    plan[at] = (struct tbi_plan_entry){
        .offset_us = command->value,
        .server = command->server,
        .profile = command->class_ == TB_PLAN_OPEN ? command->extra : 0,
        .action = command->class_,
    };
    ++*count;
    const struct tbi_day *today = plan_today(city, station);
    if (today && today->kind == command->group) {
        /* One whose instant has been does not act today; those behind it have moved on by one. */
        if (today->starts_at + command->value <= step->now)
            station->plan_cursor++;
        plan_due(city, index);
    }
    struct tb_event *event = tbi_emit(step, TB_EVENT_PLAN_SET, index);
    event->server = command->server;
    event->value = *count;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_PLAN_CLEAR(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    struct tbi_station *station = tbi_station(city, command->station);
    if (command->group >= tbi_calendar(city, station->calendar)->kind_count)
        return TB_STATUS_VALUE_INVALID;
    uint32_t *count = &tbi_plan_count(city, command->station)->count[command->group];
    tbi_emit(step, TB_EVENT_PLAN_CLEARED, command->station)->value = *count;
    memset(plan_of(city, station, command->group), 0, *count * sizeof(struct tbi_plan_entry));
    *count = 0;
    const struct tbi_day *today = plan_today(city, station);
    if (today && today->kind == command->group) {
        station->plan_cursor = 0;
        plan_due(city, command->station);
    }
    return TB_STATUS_OK;
}

/* Is the window's last entry up to `offset_us` this one? Entries are in order of offset. */
static bool entry_last(const struct tbi_plan_entry *plan, uint32_t count, uint32_t at,
                       int64_t offset_us)
{
    for (uint32_t i = at + 1; i < count && plan[i].offset_us <= offset_us; i++)
        if (plan[i].server == plan[at].server)
            return false;
    return true;
}

/* The lines that a window will serve once this entry has acted. */
static uint64_t entry_serves(const struct tbi_station *station, const struct tbi_server *server,
                             const struct tbi_plan_entry *entry)
{
    switch ((enum tb_plan_action)entry->action) {
    case TB_PLAN_OPEN:
        return tbi_station_profile(station, entry->profile)->serves;
    case TB_PLAN_CONTINUE:
        return server->state == TB_SERVER_CLOSED
                   ? 0
                   : tbi_station_profile(station, server->profile)->serves;
    case TB_PLAN_CLOSE:
    case TB_PLAN_PAUSE:
    case TB_PLAN_ACTION_COUNT:
        break;
    }
    return 0;
}

uint32_t tbi_plan_windows(const struct tb_city *city, uint32_t index, uint32_t queue, tb_time at)
{
    const struct tbi_station *station = tbi_station(city, index);
    const struct tbi_day *today = plan_today(city, station);
    uint32_t windows = tbi_station_line(station, queue)->windows;
    if (!today || at < station->due_at[TBI_DUE_PLAN])
        return windows;
    const struct tbi_plan_entry *plan = plan_of(city, station, today->kind);
    const uint32_t count = tbi_plan_count(city, index)->count[today->kind];
    const int64_t offset_us = at - today->starts_at;
    for (uint32_t i = station->plan_cursor; i < count && plan[i].offset_us <= offset_us; i++) {
        const struct tbi_server *server = tbi_server(city, plan[i].server);
        if (!entry_last(plan, count, i, offset_us))
            continue;
        const bool open = server->state != TB_SERVER_CLOSED && server->state != TB_SERVER_PAUSED;
        const uint64_t serves = open ? tbi_station_profile(station, server->profile)->serves : 0;
        windows += (uint32_t)(entry_serves(station, server, &plan[i]) >> queue & 1);
        windows -= (uint32_t)(serves >> queue & 1);
    }
    return windows;
}

uint32_t tb_city_day_kind(const struct tb_city *city, uint32_t station)
{
    tb_assert(station < city->size.stations);
    const struct tbi_day *today = plan_today(city, tbi_station(city, station));
    return today ? today->kind : TB_NONE;
}

uint32_t tb_city_plan(const struct tb_city *city, uint32_t index, uint32_t day_kind,
                      struct tb_plan_entry *out, uint32_t max)
{
    tb_assert(index < city->size.stations);
    tb_assert(day_kind < TB_DAY_KINDS_MAX);
    const struct tbi_plan_entry *plan = plan_of(city, tbi_station(city, index), day_kind);
    const uint32_t count = tbi_plan_count(city, index)->count[day_kind];
    for (uint32_t i = 0; i < count && i < max; i++)
        out[i] = (struct tb_plan_entry){.server = plan[i].server,
                                        .day_kind = day_kind,
                                        .offset_us = plan[i].offset_us,
                                        .action = (enum tb_plan_action)plan[i].action,
                                        .profile = plan[i].profile};
    return count;
}

void tbi_plan_act(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_station *station = tbi_station(city, index);
    const struct tbi_day *today = plan_today(city, station);
    tb_assert(today && station->plan_cursor < tbi_plan_count(city, index)->count[today->kind]);
    const struct tbi_plan_entry *plan = plan_of(city, station, today->kind);
    const struct tbi_plan_entry *entry = &plan[station->plan_cursor++];
    plan_due(city, index);
    /* Where the window cannot do it, nothing happens: the plan is what was meant, not what is. */
    tbi_server_plan(step, entry->server, (enum tb_plan_action)entry->action, entry->profile);
}

/* ---- Rules and days ------------------------------------------------------------------------- */

/* Where the station's rules are when a change shall be its alone: in its own place. Those who
 * share that place move to that of the first of them, so nobody shares those of a later one. */
static int64_t *rules_own(struct tb_city *city, uint32_t index)
{
    struct tbi_station *station = tbi_station(city, index);
    struct tb_rules *own = tbi_rules(city, index);
    const int64_t *now = tbi_station_rules(station);
    if (now != own->value) {
        memcpy(own, now, sizeof *own);
        station->rules_at = (int32_t)((char *)own - (char *)station);
        return own->value;
    }
    struct tb_rules *others = NULL;
    for (uint32_t i = index + 1; i < city->size.stations; i++) {
        struct tbi_station *other = tbi_station(city, i);
        if (tbi_station_rules(other) != own->value)
            continue;
        if (!others) {
            others = tbi_rules(city, i);
            memcpy(others, own, sizeof *own);
        }
        other->rules_at = (int32_t)((char *)others - (char *)other);
    }
    return own->value;
}

/* One rule of one station, or of all. */
static void rule_set(struct tb_city *city, uint32_t station, uint32_t rule, int64_t value)
{
    const bool all = station == TB_STATION_NONE;
    if (!all) {
        if (tbi_rule(city, station, (enum tb_rule)rule) == value)
            return;
        rules_own(city, station)[rule] = value;
    }
    const uint32_t first = all ? 0 : station;
    const uint32_t end = all ? (uint32_t)city->size.stations : first + 1;
    for (uint32_t i = first; i < end; i++) {
        if (all && tbi_station_rules(tbi_station(city, i)) == tbi_rules(city, i)->value)
            tbi_rules(city, i)->value[rule] = value;
        if (rule == TB_RULE_overtake_max || rule == TB_RULE_remind_ahead)
            tbi_lines_refresh(city, i);
    }
}

enum tb_status tbi_do_CITY_RULE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    bool all = command->station == TB_STATION_NONE;
    if (!all && command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    if (!tb_rule_row(command->extra))
        return TB_STATUS_RULE_UNKNOWN;
    if (!tb_rule_allows(command->extra, command->value))
        return TB_STATUS_VALUE_INVALID;
    if (all && step->only != TB_NONE)
        return TB_STATUS_STATION_OUT_OF_STEP;
    struct tb_event *event = tbi_emit(step, TB_EVENT_RULE_SET, command->station);
    event->value = command->value;
    event->value2 = tbi_rule(city, all ? 0 : command->station, (enum tb_rule)command->extra);
    rule_set(city, command->station, command->extra, command->value);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_CITY_DAY(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->extra >= city->size.calendars)
        return TB_STATUS_CALENDAR_UNKNOWN;
    const struct tbi_calendar *calendar = tbi_calendar(city, command->extra);
    if (command->value < 0 || command->value >= calendar->day_count)
        return TB_STATUS_CALENDAR_UNKNOWN;
    if (command->group >= calendar->kind_count)
        return TB_STATUS_VALUE_INVALID;
    struct tbi_day *day = tbi_day(city, calendar->day_first + (uint64_t)command->value);
    if (day->starts_at <= step->now)
        return TB_STATUS_TIME_BACKWARDS;
    struct tb_event *event = tbi_emit(step, TB_EVENT_DAY_SET, TB_STATION_NONE);
    event->value = command->value;
    event->value2 = day->kind;
    day->kind = command->group;
    tbi_calendar_sum(city, command->extra);
    return TB_STATUS_OK;
}
