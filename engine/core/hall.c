/* A hall as a whole: closed and opened by hand, advice where to go, people on the way, quotas,
 * totals. */
#include "step.h"

#define HEADING_MASK (TBI_HEADING_MINUTES - 1)
#define HEADING_MOST TB_MINUTES(64)
#define SUGGEST_MOST 3
#define QUOTA_MOST 1000000000

_Static_assert((TBI_HEADING_MINUTES & HEADING_MASK) == 0, "a ring of minutes is a power of two");
_Static_assert(TBI_HEADING_MINUTES > HEADING_MOST / TB_MINUTES(1), "a minute has its own place");

static enum tb_status hall_find(const struct tb_city *city, const struct tb_command *command)
{
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    return tbi_station(city, command->station)->kind == TB_STATION_HALL ? TB_STATUS_OK
                                                                         : TB_STATUS_STATION_KIND;
}

/* The minute that contains an instant, rounded down before 1970 too. */
static int64_t minute_of(tb_time at)
{
    return at / TB_MINUTES(1) - (at % TB_MINUTES(1) < 0);
}

/* Sum of `count` minutes of the ring from `from` on. All of the ring is looked at, sixteen minutes
 * at a time, which takes less time than to find out where to stop. */
static uint32_t minutes_sum(const uint16_t minute[TBI_HEADING_MINUTES], uint32_t from,
                            uint32_t count)
{
    typedef int16_t places __attribute__((vector_size(32)));
    typedef uint16_t counts __attribute__((vector_size(32)));
    typedef uint32_t sums __attribute__((vector_size(64)));
    const places first = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    sums sum = {0};
    uint32_t all = 0;
    for (uint32_t at = 0; at < TBI_HEADING_MINUTES; at += 16) {
        const places passed = (first + (int16_t)((at - from) & HEADING_MASK)) & HEADING_MASK;
        counts here;
        memcpy(&here, &minute[at], sizeof here);
        here &= (counts)(passed < (int16_t)count);
        sum += __builtin_convertvector(here, sums);
    }
    for (uint32_t i = 0; i < 16; i++)
        all += sum[i];
    return all;
}

/* People on the way at `now` who will be there by `until`: those of minutes that are not over.
 * Changes nothing. */
static uint32_t heading_until(const struct tb_city *city, uint32_t station_index, tb_time now,
                              tb_time until)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_heading *heading = tbi_heading(city, station_index);
    const int64_t last = minute_of(until), room_end = station->heading_minute + TBI_HEADING_MINUTES;
    const int64_t end = last < room_end ? last + 1 : room_end;
    int64_t minute = minute_of(now);
    if (minute < station->heading_minute)
        minute = station->heading_minute;
    if (minute >= end)
        return 0;
    return minutes_sum(heading->minute, (uint32_t)minute, (uint32_t)(end - minute));
}

uint32_t tbi_hall_heading(const struct tb_city *city, uint32_t station_index, tb_time now)
{
    return heading_until(city, station_index, now, TB_NEVER);
}

/* Brings the ring to the minute of `now`: minutes that are over become room for later ones. */
static void heading_advance(struct tb_city *city, uint32_t station_index, tb_time now)
{
    struct tbi_station *station = tbi_station(city, station_index);
    struct tbi_heading *heading = tbi_heading(city, station_index);
    int64_t minute = minute_of(now);
    if (minute - station->heading_minute >= TBI_HEADING_MINUTES)
        memset(heading, 0, sizeof *heading);
    else
        for (int64_t over = station->heading_minute; over < minute; over++)
            heading->minute[over & HEADING_MASK] = 0;
    station->heading_minute = minute; /* changes go forward; before the first, the ring is empty */
}

/* ---- Open, closed --------------------------------------------------------------------------- */

enum tb_status tbi_do_HALL_OPEN(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    struct tbi_station *station = tbi_station(city, command->station);
    if (station->kind == TB_STATION_DESK)
        return TB_STATUS_STATION_KIND;
    if (!station->closed_by_hand)
        return TB_STATUS_HALL_CLOSED;
    station->closed_by_hand = false;
    station->accepts = station->in_period;
    tbi_emit(step, TB_EVENT_HALL_OPENED, command->station)->value = -1;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HALL_CLOSE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    struct tbi_station *station = tbi_station(city, command->station);
    if (station->kind == TB_STATION_DESK)
        return TB_STATUS_STATION_KIND;
    if (station->closed_by_hand || station->over)
        return TB_STATUS_HALL_CLOSED;
    if (command->value != 0 && command->value != 1)
        return TB_STATUS_VALUE_INVALID;
    station->closed_by_hand = true;
    station->accepts = false;
    tbi_emit(step, TB_EVENT_HALL_CLOSED, command->station)->value = -1;
    if (command->value == 1 && station->waiting + station->parked > 0) {
        station->drain = true; /* they expire right after this command, as time's work */
        tbi_due_set(city, command->station, TBI_DUE_DRAIN, step->now);
    }
    return TB_STATUS_OK;
}

/* ---- Advice --------------------------------------------------------------------------------- */

struct suggestion {
    uint32_t station;
    int64_t score_us, travel_us, half_us;
};

/* Keeps the best, best first. Halls come in ascending order, so of equal ones the lower wins. */
static uint32_t suggestion_add(struct suggestion *best, uint32_t count, struct suggestion add)
{
    uint32_t at = count;
    while (at > 0 && best[at - 1].score_us > add.score_us)
        at--;
    if (at == SUGGEST_MOST)
        return count;
    if (count < SUGGEST_MOST)
        count++;
    for (uint32_t i = count - 1; i > at; i--)
        best[i] = best[i - 1];
    best[at] = add;
    return count;
}

/* The expected wait (half) of who sets out now, once he is there; TB_WAIT_UNKNOWN: none. Where the
 * hall is closed then but opens later today, the time until it does is part of the wait. Windows
 * are those that will be open then: as now, but for what the plan changes meanwhile. */
static int64_t suggestion_wait(const struct tbi_step *step, uint32_t station_index, uint32_t queue,
                               int64_t travel_us)
{
    const struct tb_city *city = step->city;
    const struct tbi_station *station = tbi_station(city, station_index);
    const tb_time arrives_at = step->now + travel_us;
    const tb_time opens_at = tbi_calendar_open_from(city, station_index, arrives_at);
    if (station->closed_by_hand || opens_at == TB_NEVER)
        return TB_WAIT_UNKNOWN;
    const uint32_t windows = tbi_plan_windows(city, station_index, queue, opens_at);
    if (windows == 0)
        return TB_WAIT_UNKNOWN;
    const uint32_t heading = heading_until(city, station_index, step->now, opens_at);
    const bool opening = opens_at > arrives_at || !station->accepts;
    struct tb_wait wait;
    tbi_estimate_later(city, station_index, queue, heading, windows, opening, &wait);
    return wait.half_us + (opens_at - arrives_at);
}

static uint32_t suggest(const struct tbi_step *step, uint32_t matter_index, uint32_t zone,
                        struct suggestion *best)
{
    const struct tb_city *city = step->city;
    const struct tbi_matter *matter = tbi_matter(city, matter_index);
    const uint32_t queue = matter->group * TB_CLASSES + TB_CLASS_NORMAL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < matter->hall_count; i++) {
        uint32_t station = *tbi_matter_hall(city, (uint64_t)matter->hall_first + i);
        int64_t travel_us = TB_SECONDS(*tbi_travel(city, zone * city->size.stations + station));
        int64_t half_us = suggestion_wait(step, station, queue, travel_us);
        if (half_us == TB_WAIT_UNKNOWN)
            continue;
        int64_t weight_pct = tbi_rule(city, station, TB_RULE_travel_weight_pct);
        struct suggestion add = {station, travel_us * weight_pct / 100 + half_us, travel_us,
                                 half_us};
        count = suggestion_add(best, count, add);
    }
    return count;
}

enum tb_status tbi_do_HALL_SUGGEST(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    if (command->matters[0] >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    if (command->extra >= city->size.zones)
        return TB_STATUS_ZONE_UNKNOWN;
    struct suggestion best[SUGGEST_MOST];
    uint32_t count = suggest(step, command->matters[0], command->extra, best);
    if (count == 0)
        return TB_STATUS_ADVICE_MISSING;
    for (uint32_t i = 0; i < count; i++) {
        struct tb_event *event = tbi_answer(step, TB_EVENT_SUGGESTED, best[i].station);
        event->matter = command->matters[0];
        event->value = best[i].travel_us;
        event->value2 = best[i].half_us;
    }
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HALL_HEAD(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = hall_find(city, command);
    if (status != TB_STATUS_OK)
        return status;
    if (command->value < 0 || command->value >= HEADING_MOST)
        return TB_STATUS_VALUE_INVALID;
    heading_advance(city, command->station, step->now);
    uint16_t *count = &tbi_heading(city, command->station)
                           ->minute[minute_of(step->now + command->value) & HEADING_MASK];
    if (*count < UINT16_MAX)
        ++*count;
    tbi_emit(step, TB_EVENT_HEADED, command->station)->value =
        tbi_hall_heading(city, command->station, step->now);
    return TB_STATUS_OK;
}

/* ---- Questions, quotas ---------------------------------------------------------------------- */

enum tb_status tbi_do_HALL_WAIT(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    enum tb_status status = hall_find(city, command);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t matter = command->matters[0];
    if (matter >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    if (!tbi_matter_at(city, matter, command->station))
        return TB_STATUS_MATTER_ELSEWHERE;
    if (command->class_ >= TB_CLASSES)
        return TB_STATUS_CLASS_INVALID;
    uint32_t queue = tbi_matter(city, matter)->group * TB_CLASSES + command->class_;
    struct tb_wait wait;
    tbi_estimate(city, command->station, queue, &wait);
    struct tb_event *event = tbi_answer(step, TB_EVENT_WAIT, command->station);
    event->value = wait.half_us;
    event->value2 = wait.nine_in_ten_us;
    event->number = wait.ahead;
    event->matter = (uint16_t)matter;
    event->queue = (uint8_t)queue;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HALL_QUOTA(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    enum tb_status status = hall_find(city, command);
    if (status != TB_STATUS_OK)
        return status;
    if (command->group >= tbi_station(city, command->station)->group_count)
        return TB_STATUS_GROUP_UNKNOWN;
    if (command->value < 0 || command->value > QUOTA_MOST)
        return TB_STATUS_VALUE_INVALID;
    struct tbi_group *group =
        tbi_station_group(tbi_station(city, command->station), command->group);
    group->quota = (uint32_t)command->value;
    struct tb_event *event = tbi_emit(step, TB_EVENT_QUOTA_SET, command->station);
    event->value = group->quota;
    event->value2 = group->used;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HALL_INFO(struct tbi_step *step, const struct tb_command *command)
{
    if (command->station >= step->city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    const struct tbi_station *station = tbi_station(step->city, command->station);
    struct tb_event *event = tbi_answer(step, TB_EVENT_HALL, command->station);
    event->value = station->waiting;
    event->value2 = station->open;
    event->number = station->number_last;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_CITY_INFO(struct tbi_step *step, const struct tb_command *command)
{
    (void)command;
    struct tb_event *event = tbi_answer(step, TB_EVENT_CITY, TB_STATION_NONE);
    event->value = step->city->tickets.count;
    event->value2 = step->city->cases.count;
    return TB_STATUS_OK;
}
