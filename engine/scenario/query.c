/* query.c: questions to a loaded scenario. */
#include <string.h>

#include "tongban/scenario.h"
#include "value.h"

/* Matters that a visitor brings on average. */
static double matters_brought(const struct tb_scenario *scenario)
{
    const struct tb_people *people = &scenario->people;

    return 1 + people->several_share * (double)(people->several_count - 1);
}

/* Volume of a hall on a day, in its own unit. */
static double volume(const struct tb_scenario *scenario, uint32_t hall, uint32_t day)
{
    const struct tb_scenario_hall *h = &scenario->halls[hall];
    const struct tb_demand *demand = &scenario->demand;

    return demand->scale * ((double)h->volume_milli / 1000) *
           ((double)demand->parts[h->calendar][day] / (double)demand->parts_total);
}

double tb_scenario_cases(const struct tb_scenario *scenario, uint32_t hall, uint32_t day)
{
    const double people_or_cases = volume(scenario, hall, day);

    return scenario->demand.unit == TB_DEMAND_CASES
               ? people_or_cases
               : people_or_cases * matters_brought(scenario);
}

double tb_scenario_visitors(const struct tb_scenario *scenario, uint32_t hall, uint32_t day)
{
    const double people_or_cases = volume(scenario, hall, day);

    return scenario->demand.unit == TB_DEMAND_VISITORS
               ? people_or_cases
               : people_or_cases / matters_brought(scenario);
}

uint32_t tb_scenario_day_kind(const struct tb_scenario *scenario, uint32_t station, uint32_t day)
{
    const struct tb_config *config = &scenario->config;

    return config->calendars[config->stations[station].calendar].days[day].kind;
}

/* Every day of the calendar has its date, so the day is as far from the first as the dates are.
 * */
uint32_t tb_scenario_day_find(const struct tb_scenario *scenario, int32_t year, int32_t month,
                              int32_t day)
{
    const struct tb_scenario_day *first = &scenario->days[0];
    const int64_t index = tbi_value_days(year, month, day) -
                          tbi_value_days(first->year, first->month, first->day);

    return index < 0 || index >= scenario->day_count ? TB_NONE : (uint32_t)index;
}

uint32_t tb_scenario_day_at(const struct tb_scenario *scenario, tb_time at_us)
{
    const tb_time first = scenario->config.calendars[0].days[0].starts_at_us;
    const int64_t index = (at_us - first) / TB_DAYS(1);

    return at_us < first || index >= scenario->day_count ? TB_NONE : (uint32_t)index;
}

uint32_t tb_scenario_station_find(const struct tb_scenario *scenario, const char *id)
{
    for (uint32_t i = 0; i < scenario->hall_count; i++) {
        if (strcmp(scenario->halls[i].label.id, id) == 0)
            return i;
    }
    for (uint32_t i = 0; i < scenario->desk_count; i++) {
        if (strcmp(scenario->desks[i].label.id, id) == 0)
            return scenario->hall_count + i;
    }
    return TB_NONE;
}

uint32_t tb_scenario_matter_find(const struct tb_scenario *scenario, const char *id)
{
    for (uint32_t i = 0; i < scenario->matter_count; i++) {
        if (strcmp(scenario->matters[i].label.id, id) == 0)
            return i;
    }
    return TB_NONE;
}

uint32_t tb_scenario_windows_open(const struct tb_scenario *scenario, uint32_t hall,
                                  uint32_t day_kind, int64_t offset_us)
{
    uint32_t open = 0;

    for (uint32_t i = 0; i < scenario->shift_count; i++) {
        const struct tb_shift *shift = &scenario->shifts[i];

        open += scenario->servers[shift->server].station == hall && shift->day_kind == day_kind &&
                shift->from_us <= offset_us && offset_us < shift->to_us;
    }
    return open;
}

const struct tb_plan_date *tb_scenario_plan_date(const struct tb_scenario *scenario,
                                                 uint32_t station, uint32_t day)
{
    uint32_t low = 0, high = scenario->plan_date_count;

    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        const struct tb_plan_date *at = &scenario->plan_dates[middle];

        if (at->day == day && at->station == station)
            return at;
        if (at->day < day || (at->day == day && at->station < station))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
