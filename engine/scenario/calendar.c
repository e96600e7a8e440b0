/* calendar.c: kinds of day, opening hours by calendar, and the days from the week's pattern and
 * calendar.csv. */
#include <stdio.h>
#include <string.h>

#include "build.h"

static struct tb_scenario_day *days_of(struct tbi_build *b)
{
    return (struct tb_scenario_day *)b->out->days;
}

/* ---- kinds of day
 * ------------------------------------------------------------------------------------------ */

/* The id of entry i of a list of names; NULL, with a mistake, if it cannot be one. */
static const char *entry_id(struct tbi_build *b, const char *list, uint32_t i, const char *id,
                            const struct tbi_names *names)
{
    const struct tbi_given given = tbi_given_entry(b, id, "", "", "%s[%u].id", list, i);

    if (given.text == NULL) {
        char path[64];

        snprintf(path, sizeof path, "%s[%u]", list, i);
        tbi_wrong(b->problems, tbi_document_at(b->folder->document, path), TBI_WRONG_YAML_MISSING,
                  "id", "编号\fan id", NULL);
    } else if (!tbi_value_id(given.text)) {
        tbi_wrong(b->problems, given.at, TBI_WRONG_NAME_SHAPE, given.text, NULL, NULL);
    } else if (tbi_names_find(names, given.text) != TB_NONE) {
        const uint32_t index = tbi_names_find(names, given.text);

        tbi_wrong(b->problems, given.at, TBI_WRONG_NAME_TWICE, given.text,
                  tbi_arena_format(b->arena, "%u", names->names[index].line), NULL);
    } else {
        return given.text;
    }
    return NULL;
}

struct tb_label *tbi_build_names(struct tbi_build *b, const char *list,
                                 const struct tbi_name_entry *entries, uint32_t count,
                                 uint32_t count_max, struct tbi_names *names)
{
    struct tb_label *labels = TBI_TAKE(b->arena, struct tb_label, count);

    for (uint32_t i = 0; i < count; i++) {
        const char *id = entry_id(b, list, i, entries[i].id, names);

        if (id == NULL)
            continue;
        if (names->count == count_max) {
            const struct tbi_at at = tbi_document_at(b->folder->document, list);

            tbi_wrong(b->problems, at, TBI_WRONG_TOO_MANY, list,
                      tbi_arena_format(b->arena, "%u", count_max), NULL);
            break;
        }
        char path[64];
        snprintf(path, sizeof path, "%s[%u].id", list, i);
        labels[names->count] = tbi_label(id, entries[i].zh, entries[i].en);
        tbi_names_add(b->arena, names, id, tbi_document_at(b->folder->document, path).line);
    }
    return labels;
}

static void build_kinds(struct tbi_build *b)
{
    static const struct tbi_name_entry normal = {"day", "开放日", "open day", NULL};
    const struct tbi_yaml *yaml = b->folder->document->yaml;
    const bool given = yaml->day_kinds_count > 0;
    const struct tbi_name_entry *entries = given ? yaml->day_kinds : &normal;
    const uint32_t count = given ? yaml->day_kinds_count : 1;

    b->out->day_kinds = tbi_build_names(b, "day_kinds", entries, count, TB_DAY_KINDS_MAX,
                                        &b->kind_names);
    b->out->day_kind_count = b->kind_names.count;
    for (uint32_t i = 0; i < TB_DAY_KINDS_MAX; i++)
        b->kind_ppm[i] = 1000000;
    for (uint32_t i = 0; i < count; i++) {
        const struct tbi_given demand = tbi_given_entry(
            b, entries[i].demand, "日类型的需求系数", "demand on such a day",
            "day_kinds[%u].demand", i);
        const uint32_t kind =
            entries[i].id == NULL ? TB_NONE : tbi_names_find(&b->kind_names, entries[i].id);
        double factor;

        if (demand.text != NULL && kind != TB_NONE &&
            tbi_parse_real(b, demand.at, demand.text, 0, 100, &factor))
            b->kind_ppm[kind] = (int64_t)(factor * 1e6 + 0.5);
    }
}

/* ---- hours ------------------------------------------------------------------------------- */

static void take_periods(struct tbi_build *b, const struct tbi_hours_entry *entry, uint32_t index,
                         struct tb_day_kind *kind)
{
    for (uint32_t i = 0; i < entry->open_count; i++) {
        const struct tbi_given given =
            tbi_given_entry(b, entry->open[i], "", "", "hours[%u].open[%u]", index, i);
        int64_t from, to;

        if (tbi_value_span(given.text, &from, &to) != TBI_VALUE_OK) {
            tbi_wrong(b->problems, given.at, TBI_WRONG_SPAN, given.text, NULL, NULL);
        } else if (kind->period_count == TB_PERIODS_MAX) {
            tbi_wrong(b->problems, given.at, TBI_WRONG_TOO_MANY, "时段\fperiods",
                      tbi_arena_format(b->arena, "%d", TB_PERIODS_MAX), NULL);
        } else if (kind->period_count > 0 &&
                   from < kind->periods[kind->period_count - 1].closes_us) {
            tbi_wrong(b->problems, given.at, TBI_WRONG_SPAN_OVERLAP, given.text, NULL, NULL);
        } else {
            kind->periods[kind->period_count].opens_us = from;
            kind->periods[kind->period_count++].closes_us = to;
        }
    }
}

/* The calendar of this name, a new one if there is none; TB_NONE: a mistake. */
static uint32_t calendar_of(struct tbi_build *b, uint32_t index, const char *name)
{
    const struct tbi_given given =
        tbi_given_entry(b, name, "", "", "hours[%u].calendar", index);
    struct tbi_names *names = &b->calendar_names;

    if (given.text == NULL) {
        char path[32];

        snprintf(path, sizeof path, "hours[%u]", index);
        tbi_wrong(b->problems, tbi_document_at(b->folder->document, path), TBI_WRONG_YAML_MISSING,
                  "calendar", "日历的编号\fthe calendar's id", NULL);
        return TB_NONE;
    }
    if (!tbi_value_id(given.text)) {
        tbi_wrong(b->problems, given.at, TBI_WRONG_NAME_SHAPE, given.text, NULL, NULL);
        return TB_NONE;
    }
    if (tbi_names_find(names, given.text) == TB_NONE) {
        if (names->count == TBI_CALENDARS_MAX) {
            tbi_wrong(b->problems, given.at, TBI_WRONG_TOO_MANY, "日历\fcalendars",
                      tbi_arena_format(b->arena, "%d", TBI_CALENDARS_MAX), NULL);
            return TB_NONE;
        }
        tbi_names_add(b->arena, names, given.text, given.at.line);
    }
    return tbi_names_find(names, given.text);
}

static void take_hours(struct tbi_build *b, uint32_t index)
{
    const struct tbi_hours_entry *entry = &b->folder->document->yaml->hours[index];
    const uint32_t calendar = calendar_of(b, index, entry->calendar);
    const struct tbi_given days =
        tbi_given_entry(b, entry->day, "", "", "hours[%u].day", index);
    const char *list = days.text == NULL ? b->out->day_kinds[0].id : days.text, *name;
    const struct tb_day_kind *first = NULL; /* several kinds of day have the same periods */

    while ((name = tbi_value_item(b->arena, &list)) != NULL) {
        const uint32_t kind =
            tbi_parse_name(b, days.at, name, &b->kind_names, "日类型\fkind of day");

        if (calendar == TB_NONE || kind == TB_NONE)
            continue;
        struct tb_day_kind *hours = &b->calendars[calendar].kinds[kind];
        if (hours->period_count > 0)
            tbi_wrong(b->problems, days.at, TBI_WRONG_YAML_TWICE, name, NULL, NULL);
        else if (first != NULL)
            *hours = *first;
        else
            take_periods(b, entry, index, hours);
        first = hours;
    }
}

static void build_hours(struct tbi_build *b)
{
    const struct tbi_yaml *yaml = b->folder->document->yaml;

    b->calendars = TBI_TAKE(b->arena, struct tb_calendar, TBI_CALENDARS_MAX);
    for (uint32_t i = 0; i < yaml->hours_count; i++)
        take_hours(b, i);
    if (yaml->hours_count == 0)
        tbi_wrong(b->problems, (struct tbi_at){b->folder->document->file.path, 0, 0},
                  TBI_WRONG_YAML_MISSING, "hours",
                  "至少一个日历的开放时段\fthe opening hours of a calendar", NULL);
    if (b->calendar_names.count == 0) /* to go on with */
        tbi_names_add(b->arena, &b->calendar_names, "hall", 0);

    struct tb_label *labels = TBI_TAKE(b->arena, struct tb_label, b->calendar_names.count);
    for (uint32_t i = 0; i < b->calendar_names.count; i++) {
        struct tb_calendar *calendar = &b->calendars[i];

        labels[i] = tbi_label(b->calendar_names.names[i].id, NULL, NULL);
        calendar->kind_count = b->kind_names.count;
        for (uint32_t kind = 0; kind < calendar->kind_count; kind++) {
            int64_t open_us = 0;

            for (uint32_t p = 0; p < calendar->kinds[kind].period_count; p++)
                open_us += calendar->kinds[kind].periods[p].closes_us -
                           calendar->kinds[kind].periods[p].opens_us;
            if (b->working_day_us[i] == 0)
                b->working_day_us[i] = open_us;
        }
    }
    b->out->calendars = labels;
    b->out->calendar_count = b->calendar_names.count;
}

/* ---- days -------------------------------------------------------------------------------- */

static bool date_scalar(struct tbi_build *b, enum tbi_scalar scalar, int64_t *days)
{
    const struct tbi_given given = tbi_given_scalar(b, scalar);

    if (given.text != NULL)
        return tbi_parse_date(b, given.at, given.text, days);
    tbi_wrong(b->problems, given.at, TBI_WRONG_YAML_MISSING, tbi_schema_scalar(scalar)->path,
              "如 2021-05-22\fas in 2021-05-22", NULL);
    return false;
}

/* First date and number of days; one day of today's age where they are wrong. */
static uint32_t build_range(struct tbi_build *b)
{
    int64_t from, to;
    const bool has_from = date_scalar(b, TBI_CALENDAR_FROM, &from);
    const bool has_to = date_scalar(b, TBI_CALENDAR_TO, &to);

    b->days_wrong = true;
    b->day_first = has_from ? from : 0;
    if (!has_from || !has_to)
        return 1;
    const struct tbi_given given = tbi_given_scalar(b, TBI_CALENDAR_TO);
    if (to < from) {
        tbi_wrong(b->problems, given.at, TBI_WRONG_DATE_ORDER, given.text,
                  tbi_given_scalar(b, TBI_CALENDAR_FROM).text, NULL);
        return 1;
    }
    if (to - from >= TBI_DAYS_MAX) {
        tbi_wrong(b->problems, given.at, TBI_WRONG_TOO_MANY, "天\fdays",
                  tbi_arena_format(b->arena, "%d", TBI_DAYS_MAX), NULL);
        return 1;
    }
    b->days_wrong = false;
    return (uint32_t)(to - from + 1);
}

static void build_week(struct tbi_build *b, struct tb_day **days)
{
    struct tb_scenario_day *dates = days_of(b);
    uint32_t week[7];

    for (uint32_t i = 0; i < 7; i++) {
        const struct tbi_given given = tbi_given_scalar(b, TBI_WEEK_MON + i);

        week[i] = given.text == NULL
                      ? 0
                      : tbi_parse_name(b, given.at, given.text, &b->kind_names,
                                       "日类型\fkind of day");
        if (week[i] == TB_NONE)
            week[i] = 0;
    }
    for (uint32_t i = 0; i < b->out->day_count; i++) {
        const int64_t date = b->day_first + i;
        struct tb_scenario_day *day = &dates[i];

        tbi_value_civil(date, &day->year, &day->month, &day->day);
        day->weekday = tbi_value_weekday(date);
        day->kind = week[day->weekday];
        day->name = "";
        for (uint32_t c = 0; c < b->calendar_names.count; c++)
            days[c][i] = (struct tb_day){TB_DAYS(date) - b->out->utc_offset_us, day->kind};
    }
}

/* A row's date as a day of the calendar; TB_NONE: wrong, or of a part that the calendar leaves
 * out (a list of holidays may well be longer than the calendar, but not by years). */
static uint32_t special_day(struct tbi_row row)
{
    struct tbi_build *b = row.b;
    const struct tb_scenario_day *dates = b->out->days;
    const uint32_t count = b->out->day_count;
    int32_t year, month, day;
    int64_t date;

    if (!tbi_row_date(row, TBI_CALENDAR_DATE, &date))
        return TB_NONE;
    if (date >= b->day_first && date < b->day_first + count)
        return (uint32_t)(date - b->day_first);
    tbi_value_civil(date, &year, &month, &day);
    if (b->days_wrong)
        return TB_NONE;
    if (year < dates[0].year - 1 || year > dates[count - 1].year + 1)
        tbi_row_wrong(row, TBI_CALENDAR_DATE, TBI_WRONG_DATE_OUTSIDE,
                      tbi_row_text(row, TBI_CALENDAR_DATE),
                      tbi_arena_format(b->arena, "%d", dates[0].year),
                      tbi_arena_format(b->arena, "%d", dates[count - 1].year));
    return TB_NONE;
}

/* A row of calendar.csv. lines: where each calendar's day was said, and last of all, where the
 * day of all calendars was said, which a row of one calendar may change. */
static void take_special(struct tbi_row row, struct tb_day **days, uint32_t *lines)
{
    static const char *const why[] = {"plain|普通", "holiday|节假日|假日|放假",
                                      "make-up|调休|上班|调休上班"};
    struct tbi_build *b = row.b;
    const bool all = tbi_row_text(row, TBI_CALENDAR_CALENDAR)[0] == 0;
    const uint32_t day = special_day(row), count = b->calendar_names.count;
    const uint32_t kind =
        tbi_row_name(row, TBI_CALENDAR_DAY, &b->kind_names, "日类型\fkind of day");
    const uint32_t mark = tbi_row_word(row, TBI_CALENDAR_WHY, why, 3, TB_DAY_PLAIN);
    const uint32_t calendar =
        all ? count
            : tbi_row_name(row, TBI_CALENDAR_CALENDAR, &b->calendar_names, "日历\fcalendar");

    if (calendar == TB_NONE || day == TB_NONE || kind == TB_NONE)
        return;
    uint32_t *line = &lines[(size_t)calendar * b->out->day_count + day];
    if (*line != 0) {
        tbi_row_wrong(row, TBI_CALENDAR_DATE, TBI_WRONG_DAY_TWICE,
                      tbi_row_text(row, TBI_CALENDAR_DATE),
                      tbi_arena_format(b->arena, "%u", *line), NULL);
        return;
    }
    *line = tbi_row_line(row);
    for (uint32_t c = all ? 0 : calendar; c < (all ? count : calendar + 1); c++)
        days[c][day].kind = kind;
    struct tb_scenario_day *date = &days_of(b)[day];
    if (all) {
        date->kind = kind;
        date->mark = mark;
        date->name = tbi_row_text(row, TBI_CALENDAR_NAME);
    }
}

static void build_special(struct tbi_build *b, struct tb_day **days)
{
    const size_t slots = (size_t)(b->calendar_names.count + 1) * b->out->day_count;
    uint32_t *lines = TBI_TAKE(b->arena, uint32_t, slots);

    for (int one = 0; one < 2; one++) {
        for (uint32_t r = 0; r < tbi_row_count(b, TBI_CALENDAR); r++) {
            const struct tbi_row row = tbi_row(b, TBI_CALENDAR, r);

            if ((tbi_row_text(row, TBI_CALENDAR_CALENDAR)[0] != 0) == (one == 1))
                take_special(row, days, lines);
        }
    }
}

void tbi_build_calendar(struct tbi_build *b)
{
    struct tb_day *days[TBI_CALENDARS_MAX];

    build_kinds(b);
    build_hours(b);
    b->out->day_count = build_range(b);
    b->out->days = TBI_TAKE(b->arena, struct tb_scenario_day, b->out->day_count);
    for (uint32_t c = 0; c < b->calendar_names.count; c++) {
        days[c] = TBI_TAKE(b->arena, struct tb_day, b->out->day_count);
        b->calendars[c].days = days[c];
        b->calendars[c].day_count = b->out->day_count;
    }
    build_week(b, days);
    build_special(b, days);
}
