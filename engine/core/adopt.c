/* A city that is to go on under another config: what of it can be had by commands, and what is in
 * the way. */
#include "step.h"

static bool profiles_same(const struct tb_city *a, const struct tb_city *b)
{
    for (uint64_t i = 0; i < a->size.profiles; i++) {
        const struct tbi_profile *x = tbi_profile(a, i), *y = tbi_profile(b, i);
        if (x->serves != y->serves || x->helps != y->helps || x->help_below != y->help_below ||
            x->remote != y->remote)
            return false;
    }
    return true;
}

static bool stations_same(const struct tb_city *a, const struct tb_city *b)
{
    for (uint32_t i = 0; i < a->size.stations; i++) {
        const struct tbi_station *x = tbi_station(a, i), *y = tbi_station(b, i);
        if (x->kind != y->kind || x->calendar != y->calendar ||
            x->group_count != y->group_count || x->profile_count != y->profile_count ||
            x->server_count != y->server_count || x->horizon_days != y->horizon_days ||
            x->slots_per_day != y->slots_per_day)
            return false;
    }
    return true;
}

static bool hours_same(const struct tb_city *a, const struct tb_city *b)
{
    for (uint64_t i = 0; i < a->size.calendars; i++)
        if (memcmp(tbi_calendar(a, i)->kinds, tbi_calendar(b, i)->kinds,
                   sizeof tbi_calendar(a, i)->kinds) != 0)
            return false;
    return true;
}

static bool days_same(const struct tb_city *a, const struct tb_city *b)
{
    for (uint64_t i = 0; i < a->size.days; i++)
        if (tbi_day(a, i)->starts_at != tbi_day(b, i)->starts_at)
            return false;
    return true;
}

#define SAME(section, count)                                                                       \
    (memcmp(tbi_##section(a, 0), tbi_##section(b, 0), (count) * sizeof *tbi_##section(a, 0)) == 0)

const char *tb_city_differs(const struct tb_city *city, const struct tb_city *other)
{
    const struct tb_city *a = city, *b = other;
    const struct tbi_size *size = &a->size;

    tb_assert(a->magic == TBI_MAGIC);
    tb_assert(b->magic == TBI_MAGIC);
    if (size->plan_entries != b->size.plan_entries)
        return "the room for the plan 排班表的容量";
    if (memcmp(size, &b->size, sizeof *size) != 0)
        return "how many halls, windows, matters, days or open tickets there may be 数量或容量";
    if (!stations_same(a, b))
        return "halls and desks 大厅与审批岗";
    if (!profiles_same(a, b))
        return "skill sets of windows 窗口技能";
    if (!hours_same(a, b))
        return "opening hours 开放时间";
    if (!days_same(a, b))
        return "the days of the calendar 日历";
    if (!SAME(matter, size->matters) || !SAME(matter_hall, size->matter_halls))
        return "matters 事项";
    if (!SAME(route, size->routes))
        return "routes 流程";
    if (!SAME(travel, size->zones * size->stations))
        return "travel times 路程";
    return NULL;
}

/* ---- what commands can do -------------------------------------------------------------------- */

struct list {
    struct tb_command *out;
    uint32_t count, max;
};

static void add(struct list *list, struct tb_command command)
{
    if (list->count < list->max)
        list->out[list->count] = command;
    list->count++;
}

static void station_rules(struct list *list, const struct tb_city *city,
                          const struct tb_city *other, uint32_t index)
{
    const struct tbi_station *from = tbi_station(city, index), *to = tbi_station(other, index);

    for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++)
        if (tbi_rule(city, index, (enum tb_rule)rule) != tbi_rule(other, index, (enum tb_rule)rule))
            add(list, (struct tb_command){.kind = TB_CITY_RULE,
                                          .station = (uint16_t)index,
                                          .extra = (uint16_t)rule,
                                          .value = tbi_rule(other, index, (enum tb_rule)rule)});
    for (uint32_t g = 0; g < from->group_count && from->kind == TB_STATION_HALL; g++)
        if (tbi_station_group(from, g)->quota != tbi_station_group(to, g)->quota)
            add(list, (struct tb_command){.kind = TB_HALL_QUOTA,
                                          .station = (uint16_t)index,
                                          .group = (uint16_t)g,
                                          .value = tbi_station_group(to, g)->quota});
}

static void station_plan(struct list *list, const struct tb_city *city,
                         const struct tb_city *other, uint32_t index, uint32_t kind)
{
    const struct tbi_station *from = tbi_station(city, index), *to = tbi_station(other, index);
    const uint32_t count = tbi_plan_count(other, index)->count[kind];
    const struct tbi_plan_entry *plan =
        tbi_plan(other, to->plan_first + (uint64_t)kind * to->plan_room);
    const struct tbi_plan_entry *was =
        tbi_plan(city, from->plan_first + (uint64_t)kind * from->plan_room);

    if (tbi_plan_count(city, index)->count[kind] == count &&
        memcmp(was, plan, count * sizeof *plan) == 0)
        return;
    add(list, (struct tb_command){.kind = TB_PLAN_CLEAR,
                                  .station = (uint16_t)index,
                                  .group = (uint16_t)kind});
    for (uint32_t i = 0; i < count; i++)
        add(list, (struct tb_command){.kind = TB_PLAN_SET,
                                      .server = plan[i].server,
                                      .value = plan[i].offset_us,
                                      .group = (uint16_t)kind,
                                      .class_ = plan[i].action,
                                      .extra = plan[i].profile});
}

static void calendar_days(struct list *list, const struct tb_city *city,
                          const struct tb_city *other, uint32_t index)
{
    const struct tbi_calendar *calendar = tbi_calendar(city, index);

    for (uint32_t d = 0; d < calendar->day_count; d++) {
        const struct tbi_day *from = tbi_day(city, calendar->day_first + (uint64_t)d);
        const struct tbi_day *to = tbi_day(other, calendar->day_first + (uint64_t)d);
        if (from->kind != to->kind && from->starts_at > city->clock_at)
            add(list, (struct tb_command){.kind = TB_CITY_DAY,
                                          .extra = (uint16_t)index,
                                          .value = d,
                                          .group = (uint16_t)to->kind});
    }
}

uint32_t tb_city_changes(const struct tb_city *city, const struct tb_city *other,
                         struct tb_command *out, uint32_t max)
{
    struct list list = {.out = out, .max = max};

    tb_assert(tb_city_differs(city, other) == NULL);
    for (uint32_t i = 0; i < city->size.stations; i++) {
        const uint32_t kinds = tbi_calendar(city, tbi_station(city, i)->calendar)->kind_count;
        station_rules(&list, city, other, i);
        for (uint32_t kind = 0; kind < kinds; kind++)
            station_plan(&list, city, other, i, kind);
    }
    for (uint32_t c = 0; c < city->size.calendars; c++)
        calendar_days(&list, city, other, c);
    return list.count;
}
