/* plan.c: shifts, from plans.csv or, for stations that it leaves out, from their opening hours;
 * and what the plan of the config does at which instant. Shifts of dates stand behind those of
 * kinds of day, and so do their entries. */
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* A shift and the row that it comes from. */
struct shift_row {
    uint32_t day; /* plus 1; 0: of a kind of day */
    struct tb_shift shift;
    struct tbi_row row;
    uint32_t order;
};

struct plan {
    struct tbi_build *b;
    struct shift_row *shifts;
    uint32_t count, capacity;
    bool *marked;    /* stations that a row means */
    bool *mentioned; /* by any row of a kind of day */
    struct tb_plan_date *dates;
    uint32_t date_count, date_capacity;
};

static void shift_add(struct plan *p, uint32_t day, struct tb_shift shift, struct tbi_row row)
{
    p->shifts = tbi_arena_grow(p->b->arena, p->shifts, p->count, &p->capacity, sizeof *p->shifts);
    p->shifts[p->count] = (struct shift_row){day, shift, row, p->count};
    p->count++;
}

static uint32_t first_server(const struct tbi_build *b, uint32_t station, uint32_t *count)
{
    const uint32_t halls = b->out->hall_count;

    *count = station < halls ? b->halls[station].window_count
                             : b->desks[station - halls].approver_count;
    return station < halls ? b->halls[station].window_first
                           : b->desks[station - halls].approver_first;
}

/* ---- plans.csv ------------------------------------------------------------------------------- */

/* One item of the cell "windows". A number that stands alone in it counts windows from the
 * first on; among others it is a window, as in "1~2 4". */
static void take_windows(struct plan *p, struct tbi_row row, uint32_t station, const char *item,
                         bool alone, uint32_t day, struct tb_shift shift)
{
    uint32_t count, first, last;
    const uint32_t first_of_station = first_server(p->b, station, &count);
    bool range;

    if (tbi_value_range(item, &first, &last, &range) != TBI_VALUE_OK || last > count ||
        (!alone && first == 0)) {
        tbi_row_wrong(row, TBI_PLANS_WINDOWS, TBI_WRONG_WINDOWS, item,
                      tbi_arena_format(p->b->arena, "%u", count), NULL);
        return;
    }
    if (!range && alone)
        first = 1;
    for (uint32_t number = first; number <= last; number++) {
        struct tb_shift one = shift;

        one.server = first_of_station + number - 1;
        if (one.profile == TB_NONE)
            one.profile = p->b->server_profiles[one.server];
        shift_add(p, day, one, row);
    }
}

static bool is_alone(struct tbi_build *b, const char *list)
{
    return tbi_value_item(b->arena, &list) != NULL && tbi_value_item(b->arena, &list) == NULL;
}

/* The skill set of a row at a station; TB_NONE: the window's own, or a mistake. */
static uint32_t row_profile(struct plan *p, struct tbi_row row, uint32_t station)
{
    const struct tbi_build *b = p->b;

    if (tbi_row_text(row, TBI_PLANS_SKILL)[0] == 0 || station >= b->out->hall_count)
        return TB_NONE;
    return tbi_row_name(row, TBI_PLANS_SKILL, &b->trades[b->halls[station].trade].skill_names,
                        "技能\fskill");
}

static const char *date_show(const struct tbi_build *b, uint32_t day)
{
    const struct tb_scenario_day *date = &b->out->days[day];

    return tbi_arena_format(b->arena, "%04d-%02d-%02d", date->year, date->month, date->day);
}

/* The cell "day": a kind of day, or a date (*day: its number plus 1). False: a mistake. */
static bool row_day(struct tbi_row row, uint32_t *kind, uint32_t *day)
{
    const struct tbi_build *b = row.b;
    int64_t date;

    *day = 0;
    if (tbi_value_date(tbi_row_text(row, TBI_PLANS_DAY), &date) != TBI_VALUE_OK) {
        *kind = tbi_row_name(row, TBI_PLANS_DAY, &b->kind_names, "日类型\fkind of day");
        return *kind != TB_NONE;
    }
    if (date < b->day_first || date >= b->day_first + b->out->day_count) {
        tbi_row_wrong(row, TBI_PLANS_DAY, TBI_WRONG_DATE_OUTSIDE, tbi_row_text(row, TBI_PLANS_DAY),
                      date_show(b, 0), date_show(b, b->out->day_count - 1));
        return false;
    }
    *day = (uint32_t)(date - b->day_first) + 1;
    return true;
}

static uint32_t kind_at(const struct tbi_build *b, uint32_t station, uint32_t day)
{
    const uint32_t halls = b->out->hall_count;
    const uint32_t calendar =
        station < halls ? b->halls[station].calendar : b->desks[station - halls].calendar;

    return b->calendars[calendar].days[day].kind;
}

/* A date is known even where nobody is there on it. */
static void date_add(struct plan *p, uint32_t day, uint32_t station)
{
    for (uint32_t i = p->date_count; i-- > 0;) {
        if (p->dates[i].day == day && p->dates[i].station == station)
            return;
    }
    p->dates = tbi_arena_grow(p->b->arena, p->dates, p->date_count, &p->date_capacity,
                              sizeof *p->dates);
    p->dates[p->date_count++] = (struct tb_plan_date){day, station, 0, 0};
}

static void take_row(struct plan *p, struct tbi_row row)
{
    struct tbi_build *b = p->b;
    const uint32_t station_count = b->out->hall_count + b->out->desk_count;
    uint32_t kind = TB_NONE, day;
    const bool known = row_day(row, &kind, &day);
    const int64_t from = tbi_row_clock(row, TBI_PLANS_FROM);
    const int64_t to = tbi_row_clock(row, TBI_PLANS_TO);
    const char *where = tbi_row_text(row, TBI_PLANS_HALL);

    memset(p->marked, 0, station_count);
    if (where[0] == 0 || !tbi_select(b, tbi_row_at(row, TBI_PLANS_HALL), where, p->marked))
        return;
    for (uint32_t i = 0; i < station_count; i++)
        p->mentioned[i] |= p->marked[i] && day == 0;
    if (from >= 0 && to >= 0 && to <= from) {
        tbi_row_wrong(row, TBI_PLANS_TO, TBI_WRONG_SPAN_ORDER, tbi_row_text(row, TBI_PLANS_TO),
                      tbi_row_text(row, TBI_PLANS_FROM), NULL);
        return;
    }
    if (!known || from < 0 || to < 0)
        return;
    for (uint32_t i = 0; i < station_count; i++) {
        const char *list = tbi_row_text(row, TBI_PLANS_WINDOWS), *item;
        const bool alone = is_alone(b, list);
        struct tb_shift shift = {0, kind, TB_NONE, from, to};

        if (!p->marked[i])
            continue;
        shift.profile = row_profile(p, row, i);
        if (day > 0) {
            shift.day_kind = kind_at(b, i, day - 1);
            date_add(p, day - 1, i);
        }
        while ((item = tbi_value_item(b->arena, &list)) != NULL)
            take_windows(p, row, i, item, alone, day, shift);
    }
}

/* A station that the plan leaves out has all its servers there whenever its calendar is open. */
static void normal_shifts(struct plan *p, uint32_t station, uint32_t calendar)
{
    const struct tbi_build *b = p->b;
    uint32_t count;
    const uint32_t first = first_server(b, station, &count);

    for (uint32_t k = 0; k < b->kind_names.count; k++) {
        const struct tb_day_kind *kind = &b->calendars[calendar].kinds[k];

        for (uint32_t server = first; server < first + count; server++) {
            for (uint32_t i = 0; i < kind->period_count; i++)
                shift_add(p, 0,
                          (struct tb_shift){server, k, b->server_profiles[server],
                                            kind->periods[i].opens_us,
                                            kind->periods[i].closes_us},
                          (struct tbi_row){0});
        }
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    const struct shift_row *a = left, *b = right;

    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    if (a->shift.server != b->shift.server)
        return a->shift.server < b->shift.server ? -1 : 1;
    if (a->shift.day_kind != b->shift.day_kind)
        return a->shift.day_kind < b->shift.day_kind ? -1 : 1;
    if (a->shift.from_us != b->shift.from_us)
        return a->shift.from_us < b->shift.from_us ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool same_day(const struct tb_shift *a, const struct tb_shift *b)
{
    return a->server == b->server && a->day_kind == b->day_kind;
}

static int date_compare(const void *left, const void *right)
{
    const struct tb_plan_date *a = left, *b = right;

    return a->day != b->day ? (a->day < b->day ? -1 : 1)
                            : (a->station > b->station) - (a->station < b->station);
}

/* Which of the shifts behind the first `shift_count` are whose; days[i]: of shift i, plus 1. */
static void dates_fill(struct plan *p, const uint32_t *days, uint32_t all)
{
    const struct tb_shift *shifts = p->b->out->shifts;
    uint32_t at = p->b->out->shift_count;

    if (p->date_count > 0)
        qsort(p->dates, p->date_count, sizeof *p->dates, date_compare);
    for (uint32_t i = 0; i < p->date_count; i++) {
        struct tb_plan_date *date = &p->dates[i];

        date->shift_first = at;
        while (at < all && days[at] == date->day + 1 &&
               p->b->servers[shifts[at].server].station == date->station)
            at++;
        date->shift_count = at - date->shift_first;
    }
    p->b->out->plan_dates = p->dates;
    p->b->out->plan_date_count = p->date_count;
}

/* Shifts in order, those that follow each other with the same skills made one. */
static void make_shifts(struct plan *p)
{
    struct tb_shift *shifts = TBI_TAKE(p->b->arena, struct tb_shift, p->count);
    uint32_t *days = TBI_TAKE(p->b->arena, uint32_t, p->count);
    const struct tbi_row *last_wrong = NULL;
    uint32_t count = 0;

    if (p->count > 0)
        qsort(p->shifts, p->count, sizeof *p->shifts, compare);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct shift_row *next = &p->shifts[i];
        struct tb_shift *last =
            count == 0 || days[count - 1] != next->day ? NULL : &shifts[count - 1];

        if (last != NULL && same_day(last, &next->shift) && last->to_us > next->shift.from_us) {
            /* Said once a row, though all of its windows may overlap. */
            if (last_wrong == NULL || last_wrong->row != next->row.row)
                tbi_row_wrong(next->row, TBI_PLANS_FROM, TBI_WRONG_SPAN_OVERLAP,
                              tbi_row_text(next->row, TBI_PLANS_FROM), NULL, NULL);
            last_wrong = &next->row;
        } else if (last != NULL && same_day(last, &next->shift) &&
                   last->to_us == next->shift.from_us && last->profile == next->shift.profile) {
            last->to_us = next->shift.to_us;
        } else {
            days[count] = next->day;
            shifts[count++] = next->shift;
        }
    }
    p->b->out->shifts = shifts;
    p->b->out->shift_count = 0;
    while (p->b->out->shift_count < count && days[p->b->out->shift_count] == 0)
        p->b->out->shift_count++;
    dates_fill(p, days, count);
}

/* ---- what the plan does ---------------------------------------------------------------------- */

/* A window goes on after its shift for those who hold a number (people.stay), but not into its
 * next one; an approver ends with his task. */
static int64_t closes_at(const struct tbi_build *b, const struct tb_shift *shift,
                         const struct tb_shift *next)
{
    const bool window = shift->server < b->out->window_count;
    int64_t at = shift->to_us + (window ? b->out->people.stay_us : 0);

    if (next != NULL && same_day(shift, next) && at > next->from_us)
        at = next->from_us;
    return at > TB_DAYS(1) ? TB_DAYS(1) : at;
}

/* Shifts of one date, or all of kinds of day. */
static void entries_make(const struct tbi_build *b, uint32_t first, uint32_t count,
                         struct tb_plan_entry *entries)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct tb_shift *shift = &b->out->shifts[i];
        const struct tb_shift *next = i + 1 < first + count ? shift + 1 : NULL;

        entries[2 * i] = (struct tb_plan_entry){shift->server, shift->day_kind, shift->from_us,
                                                TB_PLAN_OPEN, shift->profile};
        entries[2 * i + 1] = (struct tb_plan_entry){shift->server, shift->day_kind,
                                                    closes_at(b, shift, next), TB_PLAN_CLOSE, 0};
    }
}

static void make_entries(struct tbi_build *b)
{
    const struct tb_scenario *out = b->out;
    uint32_t all = out->shift_count;

    for (uint32_t i = 0; i < out->plan_date_count; i++)
        all += out->plan_dates[i].shift_count;
    struct tb_plan_entry *entries = TBI_TAKE(b->arena, struct tb_plan_entry, 2 * (size_t)all);
    entries_make(b, 0, out->shift_count, entries);
    for (uint32_t i = 0; i < out->plan_date_count; i++)
        entries_make(b, out->plan_dates[i].shift_first, out->plan_dates[i].shift_count, entries);
    b->out->config.plan = entries;
    b->out->config.plan_count = 2 * out->shift_count;
}

void tbi_build_plan(struct tbi_build *b)
{
    const uint32_t halls = b->out->hall_count, station_count = halls + b->out->desk_count;
    struct plan p = {.b = b,
                     .marked = TBI_TAKE(b->arena, bool, station_count),
                     .mentioned = TBI_TAKE(b->arena, bool, station_count)};

    for (uint32_t r = 0; r < tbi_row_count(b, TBI_PLANS); r++)
        take_row(&p, tbi_row(b, TBI_PLANS, r));
    for (uint32_t i = 0; i < station_count; i++) {
        if (!p.mentioned[i])
            normal_shifts(&p, i, i < halls ? b->halls[i].calendar : b->desks[i - halls].calendar);
    }
    make_shifts(&p);
    make_entries(b);
}
