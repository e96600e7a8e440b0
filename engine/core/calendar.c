/* Service days: working time, and what a day's boundaries do (R2).
 *
 * Days are a table in order of their start, never computed from a clock. Each day keeps the
 * working time of all days before it, so that adding or taking back working time is two searches
 * and a walk over one day's few periods. Most days last 24 hours, and working days come evenly:
 * so a search looks first where the answer then is, and only where it is not there goes on by
 * halves. */
#include "step.h"

/* ---- days ---------------------------------------------------------------------------------- */

static const struct tbi_day *calendar_day(const struct tb_city *city,
                                          const struct tbi_calendar *calendar, int32_t day)
{
    tb_assert(day >= 0 && (uint32_t)day < calendar->day_count);
    return tbi_day(city, calendar->day_first + (uint32_t)day);
}

static const struct tb_day_kind *day_kind(const struct tbi_calendar *calendar,
                                          const struct tbi_day *day)
{
    tb_assert(day->kind < calendar->kind_count);
    return &calendar->kinds[day->kind];
}

int32_t tbi_calendar_day(const struct tb_city *city, uint32_t calendar_index, tb_time at)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    tb_assert(calendar_index < city->size.calendars);
    const int32_t count = (int32_t)calendar->day_count;
    int32_t low = -1, high = count; /* low starts by `at`, high does not */
    if (count == 0 || at < calendar_day(city, calendar, 0)->starts_at)
        return -1;
    const uint64_t since = (uint64_t)at - (uint64_t)calendar_day(city, calendar, 0)->starts_at;
    const uint64_t guess = since / (uint64_t)TB_DAYS(1);
    if (guess < (uint64_t)count && calendar_day(city, calendar, (int32_t)guess)->starts_at <= at)
        low = (int32_t)guess;
    if (low >= 0 && (low + 1 == count || calendar_day(city, calendar, low + 1)->starts_at > at))
        return low;
    while (high - low > 1) {
        const int32_t middle = low + (high - low) / 2;
        if (calendar_day(city, calendar, middle)->starts_at <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

tb_time tbi_calendar_day_end(const struct tb_city *city, uint32_t calendar_index, int32_t day)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    tb_assert(calendar_index < city->size.calendars);
    if ((uint32_t)day + 1 < calendar->day_count)
        return calendar_day(city, calendar, day + 1)->starts_at;
    return calendar_day(city, calendar, day)->starts_at + TB_DAYS(1);
}

/* ---- working time -------------------------------------------------------------------------- */

void tbi_calendar_sum(struct tb_city *city, uint32_t calendar_index)
{
    struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    tb_assert(calendar_index < city->size.calendars);
    for (uint32_t k = 0; k < calendar->kind_count; k++) {
        const struct tb_day_kind *kind = &calendar->kinds[k];
        calendar->work_us[k] = 0;
        for (uint32_t p = 0; p < kind->period_count; p++) {
            tb_assert(kind->periods[p].opens_us < kind->periods[p].closes_us);
            calendar->work_us[k] += kind->periods[p].closes_us - kind->periods[p].opens_us;
        }
    }
    int64_t before_us = 0;
    for (uint32_t d = 0; d < calendar->day_count; d++) {
        struct tbi_day *day = tbi_day(city, calendar->day_first + d);
        day->work_before_us = before_us;
        before_us += calendar->work_us[day->kind];
    }
}

/* Working time from the calendar's beginning to `at`, which lies in day *index (-1: before it). */
static int64_t work_until(const struct tb_city *city, uint32_t calendar_index, tb_time at,
                          int32_t *index)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    *index = tbi_calendar_day(city, calendar_index, at);
    if (*index < 0)
        return 0;
    const struct tbi_day *day = calendar_day(city, calendar, *index);
    const struct tb_day_kind *kind = day_kind(calendar, day);
    tb_assert(day->starts_at <= at);
    const int64_t offset_us = at - day->starts_at;
    int64_t work_us = day->work_before_us;
    for (uint32_t p = 0; p < kind->period_count && kind->periods[p].opens_us < offset_us; p++) {
        const int64_t closes_us = kind->periods[p].closes_us;
        work_us += (offset_us < closes_us ? offset_us : closes_us) - kind->periods[p].opens_us;
    }
    return work_us;
}

/* The last day with less than `most` working time before it, looked for where it is if from day
 * `near` on working time comes evenly. */
static const struct tbi_day *day_of_work(const struct tb_city *city,
                                         const struct tbi_calendar *calendar, int64_t most,
                                         int32_t near)
{
    enum { FEW = 8 };
    const struct tbi_day *day = tbi_day(city, calendar->day_first);
    const int32_t last = (int32_t)calendar->day_count - 1;
    const int64_t all_us = day[last].work_before_us;
    tb_assert(day[0].work_before_us < most);
    if (all_us < most)
        return &day[last];
    near = near < 0 ? 0 : near;
    const int64_t mean_us = all_us / (last + 1) + 1;
    const int64_t guess = near + (most - day[near].work_before_us) / mean_us;
    int32_t low = guess < 0 ? 0 : guess > last ? last : (int32_t)guess;
    for (int32_t i = 0; i < FEW && day[low].work_before_us >= most; i++)
        low--;
    for (int32_t i = 0; i < FEW && low < last && day[low + 1].work_before_us < most; i++)
        low++;
    if (day[low].work_before_us < most && day[low + 1].work_before_us >= most)
        return &day[low];
    int32_t high = last;
    low = 0;
    while (high - low > 1) {
        const int32_t middle = low + (high - low) / 2;
        if (day[middle].work_before_us < most) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &day[low];
}

tb_time tbi_calendar_add(const struct tb_city *city, uint32_t calendar_index, tb_time at,
                         int64_t work_us)
{
    tb_assert(work_us > 0);
    const struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    int32_t near;
    const int64_t until_us = work_until(city, calendar_index, at, &near);
    if (work_us > INT64_MAX - until_us)
        return TB_NEVER;
    const int64_t target_us = until_us + work_us;
    const struct tbi_day *day = day_of_work(city, calendar, target_us, near);
    const struct tb_day_kind *kind = day_kind(calendar, day);
    int64_t left_us = target_us - day->work_before_us;
    tb_assert(left_us > 0);
    for (uint32_t p = 0; p < kind->period_count; p++) {
        const int64_t length_us = kind->periods[p].closes_us - kind->periods[p].opens_us;
        if (left_us <= length_us)
            return day->starts_at + kind->periods[p].opens_us + left_us;
        left_us -= length_us;
    }
    return TB_NEVER; /* only the last day has too little */
}

tb_time tbi_calendar_back(const struct tb_city *city, uint32_t calendar_index, tb_time at,
                          int64_t work_us)
{
    tb_assert(work_us > 0);
    const struct tbi_calendar *calendar = tbi_calendar(city, calendar_index);
    int32_t near;
    const int64_t target_us = work_until(city, calendar_index, at, &near) - work_us;
    if (target_us < 0)
        return INT64_MIN;
    const struct tbi_day *day = day_of_work(city, calendar, target_us + 1, near);
    const struct tb_day_kind *kind = day_kind(calendar, day);
    int64_t left_us = target_us - day->work_before_us;
    for (uint32_t p = 0; p < kind->period_count; p++) {
        const int64_t length_us = kind->periods[p].closes_us - kind->periods[p].opens_us;
        if (left_us < length_us)
            return day->starts_at + kind->periods[p].opens_us + left_us;
        left_us -= length_us;
    }
    tb_assert(!"there is working time between the target and `at`");
    return INT64_MIN;
}

/* ---- boundaries ---------------------------------------------------------------------------- */

/* The next boundary of a station: 0 is the start of the day after `day`; 1, 3, ... the opening and
 * 2, 4, ... the closing of the day's periods; the one after the last closing is the day's over,
 * which neither desks nor days without periods have. */

static const struct tb_day_kind *station_kind(const struct tb_city *city,
                                              const struct tbi_station *station)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    return day_kind(calendar, calendar_day(city, calendar, station->day));
}

static bool has_over(const struct tbi_station *station, const struct tb_day_kind *kind)
{
    return station->kind != TB_STATION_DESK && kind->period_count > 0;
}

static tb_time over_at(const struct tb_city *city, uint32_t station_index,
                       const struct tb_day_kind *kind, tb_time starts_at)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    tb_assert(has_over(station, kind));
    const tb_time at = starts_at + kind->periods[kind->period_count - 1].closes_us +
                       tbi_rule(city, station_index, TB_RULE_overtime_us);
    const tb_time end_at = tbi_calendar_day_end(city, station->calendar, station->day);
    return at < end_at ? at : end_at;
}

tb_time tbi_calendar_boundary_at(const struct tb_city *city, uint32_t station_index)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    if (station->boundary == 0) {
        const int32_t next = station->day + 1;
        return (uint32_t)next < calendar->day_count ? calendar_day(city, calendar, next)->starts_at
                                                    : TB_NEVER;
    }
    const tb_time starts_at = calendar_day(city, calendar, station->day)->starts_at;
    const struct tb_day_kind *kind = station_kind(city, station);
    const uint32_t period = (station->boundary - 1) / 2;
    if (period == kind->period_count)
        return over_at(city, station_index, kind, starts_at);
    tb_assert(period < kind->period_count);
    return starts_at + (station->boundary % 2 ? kind->periods[period].opens_us
                                              : kind->periods[period].closes_us);
}

tb_time tbi_calendar_open_from(const struct tb_city *city, uint32_t station_index, tb_time at)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    if (station->day < 0)
        return TB_NEVER;
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    const struct tb_day_kind *kind = station_kind(city, station);
    const int64_t offset_us = at - calendar_day(city, calendar, station->day)->starts_at;
    for (uint32_t p = 0; p < kind->period_count; p++)
        if (offset_us < kind->periods[p].closes_us)
            return offset_us < kind->periods[p].opens_us
                       ? at + (kind->periods[p].opens_us - offset_us)
                       : at;
    return TB_NEVER;
}

/* The plan of the day's kind begins. */
static void plan_begin(struct tb_city *city, uint32_t station_index)
{
    struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_calendar *calendar = tbi_calendar(city, station->calendar);
    const struct tbi_day *day = calendar_day(city, calendar, station->day);
    tb_time at = TB_NEVER;
    station->plan_cursor = 0;
    if (tbi_plan_count(city, station_index)->count[day->kind] > 0) {
        const uint64_t first = station->plan_first + (uint64_t)day->kind * station->plan_room;
        tb_assert(first < city->size.plan_entries);
        at = day->starts_at + tbi_plan(city, first)->offset_us;
        if (at >= tbi_calendar_day_end(city, station->calendar, station->day))
            at = TB_NEVER;
    }
    tbi_due_set(city, station_index, TBI_DUE_PLAN, at);
}

static void act_start(struct tbi_step *step, uint32_t station_index)
{
    struct tb_city *city = step->city;
    struct tbi_station *station = tbi_station(city, station_index);
    tbi_estimate_day(step, station_index);
    if (station->day >= 0)
        tbi_book_day_passed(city, station_index, station->day);
    station->day++;
    station->boundary = 1;
    const struct tb_day_kind *kind = station_kind(city, station);
    for (uint32_t g = 0; g < station->group_count; g++)
        tbi_station_group(station, g)->used = 0;
    station->number_last = 0;
    station->closed_by_hand = false;
    station->in_period = false;
    station->accepts = false;
    station->over = station->kind != TB_STATION_DESK && kind->period_count == 0;
    struct tb_event *event = tbi_emit(step, TB_EVENT_DAY_STARTED, station_index);
    event->value = station->day;
    event->value2 = kind - tbi_calendar(city, station->calendar)->kinds;
    plan_begin(city, station_index);
}

static void act_open(struct tbi_step *step, uint32_t station_index, uint32_t period)
{
    struct tbi_station *station = tbi_station(step->city, station_index);
    tb_assert(!station->in_period);
    tb_assert(!station->over);
    station->in_period = true;
    station->accepts = !station->closed_by_hand;
    tbi_emit(step, TB_EVENT_HALL_OPENED, station_index)->value = period;
}

static void act_close(struct tbi_step *step, uint32_t station_index, uint32_t period)
{
    struct tbi_station *station = tbi_station(step->city, station_index);
    tb_assert(station->in_period);
    station->in_period = false;
    station->accepts = false;
    tbi_emit(step, TB_EVENT_HALL_CLOSED, station_index)->value = period;
}

static void act_over(struct tbi_step *step, uint32_t station_index)
{
    struct tbi_station *station = tbi_station(step->city, station_index);
    tb_assert(station->kind != TB_STATION_DESK);
    tb_assert(!station->accepts);
    station->over = true;
    tbi_emit(step, TB_EVENT_DAY_OVER, station_index)->value = station->waiting;
    if (station->waiting > 0 || station->away.head != TB_NONE) {
        station->drain = true;
        tbi_due_set(step->city, station_index, TBI_DUE_DRAIN, step->now);
    }
}

void tbi_calendar_act(struct tbi_step *step, uint32_t station_index)
{
    struct tb_city *city = step->city;
    struct tbi_station *station = tbi_station(city, station_index);
    tb_assert(step->now == station->due_at[TBI_DUE_CALENDAR]);
    const uint32_t boundary = station->boundary;
    if (boundary == 0) {
        act_start(step, station_index);
    } else {
        const uint32_t period = (boundary - 1) / 2;
        if (period == station_kind(city, station)->period_count) {
            act_over(step, station_index);
        } else if (boundary % 2 == 1) {
            act_open(step, station_index, period);
        } else {
            act_close(step, station_index, period);
        }
        station->boundary = boundary + 1;
    }
    const struct tb_day_kind *kind = station_kind(city, station);
    const uint32_t last = 2 * kind->period_count + has_over(station, kind);
    if (station->boundary > last)
        station->boundary = 0;
    const tb_time at = tbi_calendar_boundary_at(city, station_index);
    tb_assert(at >= step->now);
    tbi_due_set(city, station_index, TBI_DUE_CALENDAR, at);
}
