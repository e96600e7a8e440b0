/* A plan put into a scenario, in memory: what plan.csv says, without the file. */
#include <stdlib.h>
#include <string.h>

#include "plan/city.h"

static int compare(const void *left, const void *right)
{
    const struct tb_shift *a = left, *b = right;

    if (a->server != b->server) {
        return a->server < b->server ? -1 : 1;
    }
    if (a->day_kind != b->day_kind) {
        return a->day_kind < b->day_kind ? -1 : 1;
    }
    return (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

static bool is_planned(const struct tbs_plan *plan, const struct tb_shift *shift)
{
    const uint32_t station = plan->scenario->servers[shift->server].station;

    return station < plan->hall_count && shift->day_kind == plan->options.days.kind &&
           plan->halls[station].hours > 0;
}

static bool fits(const struct tbs_plan *plan)
{
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS && plan->halls[h].hours > 0; k++) {
            if (plan->halls[h].needs.windows[k] > plan->scenario->halls[h].window_count) {
                return false;
            }
        }
    }
    return true;
}

uint32_t tbs_plan_shifts(const struct tbs_plan *plan, uint32_t hall, struct tb_shift *shifts)
{
    const struct tb_scenario *s = plan->scenario;
    const struct tbs_plan_options *o = &plan->options;
    struct tbs_lab *lab = tbs_lab_create(s, hall, &o->days, o->windows_max, NULL, o->wait_us);
    uint32_t count = 0;

    for (uint32_t n = 0; lab != NULL && n < lab->windows_max; n++) {
        const uint32_t first = count;
        count += tbs_lab_shifts(lab, &plan->halls[hall].needs, n, shifts + count);
        for (uint32_t i = first; i < count; i++) {
            shifts[i].server += s->halls[hall].window_first;
        }
    }
    tbs_lab_free(lab);
    return count;
}

static uint32_t shifts_make(const struct tbs_plan *plan, struct tb_shift *shifts)
{
    const struct tb_scenario *s = plan->scenario;
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->shift_count; i++) {
        if (!is_planned(plan, &s->shifts[i])) {
            shifts[count++] = s->shifts[i];
        }
    }
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        if (plan->halls[h].hours > 0) {
            count += tbs_plan_shifts(plan, h, shifts + count);
        }
    }
    qsort(shifts, count, sizeof *shifts, compare);
    return count;
}

/* When each window opens and closes: after its shift for who still waits, but not into the next. */
void tbs_applied_entries(struct tbs_applied *a)
{
    const struct tb_scenario *s = &a->scenario;

    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        int64_t to = shift->to_us + (shift->server < s->window_count ? s->people.stay_us : 0);
        if (i + 1 < s->shift_count && shift[1].server == shift->server &&
            shift[1].day_kind == shift->day_kind && to > shift[1].from_us) {
            to = shift[1].from_us;
        }
        to = to > TB_DAYS(1) ? TB_DAYS(1) : to;
        a->entries[2 * i] = (struct tb_plan_entry){shift->server, shift->day_kind, shift->from_us,
                                                   TB_PLAN_OPEN, shift->profile};
        a->entries[2 * i + 1] =
            (struct tb_plan_entry){shift->server, shift->day_kind, to, TB_PLAN_CLOSE, 0};
    }
    a->scenario.config.plan = a->entries;
    a->scenario.config.plan_count = 2 * s->shift_count;
}

bool tbs_plan_apply(const struct tbs_plan *plan, struct tbs_applied *a)
{
    const struct tb_scenario *s = plan->scenario;
    size_t most = s->shift_count;

    memset(a, 0, sizeof *a);
    if (!fits(plan)) {
        return false;
    }
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        most += (size_t)s->halls[h].window_count * TBS_PLAN_SLOTS;
    }
    a->scenario = *s;
    a->stations = tbs_plan_zeroed(s->config.station_count, sizeof *a->stations);
    a->shifts = tbs_plan_zeroed(most, sizeof *a->shifts);
    a->scenario.shift_count = shifts_make(plan, a->shifts);
    a->scenario.shifts = a->shifts;
    a->entries = tbs_plan_zeroed((size_t)a->scenario.shift_count * 2, sizeof *a->entries);
    tbs_applied_entries(a);
    memcpy(a->stations, s->config.stations, s->config.station_count * sizeof *a->stations);
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const uint32_t room = s->halls[h].window_count * TBS_PLAN_SLOTS;
        if (plan->halls[h].hours > 0 && a->stations[h].plan_entries_max < room) {
            a->stations[h].plan_entries_max = room;
        }
    }
    a->scenario.config.stations = a->stations;
    return true;
}

void tbs_applied_free(struct tbs_applied *a)
{
    free(a->stations);
    free(a->shifts);
    free(a->entries);
    memset(a, 0, sizeof *a);
}
