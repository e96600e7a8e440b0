/* What a city is made of, as one number: two scenarios with the same one make cities that take the
 * same commands for the same things, so a log of one is a log of the other. Everything that
 * tb_city_init copies is in it, and the ids by which people name stations, windows and matters; how
 * many come, what they are like and what things are called in Chinese or English is not. The upper
 * half is of the ids: where it is the same, the same numbers mean the same things. */
#include <string.h>
#include <xxhash.h>

#include "build.h"

static void number_add(XXH3_state_t *state, int64_t value)
{
    XXH3_64bits_update(state, &value, sizeof value);
}

static void text_add(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

static void calendars_add(XXH3_state_t *state, const struct tb_config *c)
{
    number_add(state, c->calendar_count);
    for (uint32_t i = 0; i < c->calendar_count; i++) {
        const struct tb_calendar *calendar = &c->calendars[i];

        number_add(state, calendar->kind_count);
        for (uint32_t k = 0; k < calendar->kind_count; k++) {
            const struct tb_day_kind *kind = &calendar->kinds[k];
            number_add(state, kind->period_count);
            for (uint32_t p = 0; p < kind->period_count; p++) {
                number_add(state, kind->periods[p].opens_us);
                number_add(state, kind->periods[p].closes_us);
            }
        }
        number_add(state, calendar->day_count);
        for (uint32_t d = 0; d < calendar->day_count; d++) {
            number_add(state, calendar->days[d].starts_at_us);
            number_add(state, calendar->days[d].kind);
        }
    }
}

static void station_add(XXH3_state_t *state, const struct tb_station *s)
{
    number_add(state, s->kind);
    number_add(state, s->calendar);
    number_add(state, s->rules != NULL);
    if (s->rules != NULL)
        XXH3_64bits_update(state, s->rules->value, sizeof s->rules->value);
    number_add(state, s->group_count);
    for (uint32_t g = 0; g < s->group_count; g++) {
        number_add(state, s->groups[g].service_mean_us);
        number_add(state, s->groups[g].quota);
        number_add(state, s->groups[g].slot_capacity);
    }
    number_add(state, s->profile_count);
    for (uint32_t p = 0; p < s->profile_count; p++) {
        number_add(state, (int64_t)s->profiles[p].serves);
        number_add(state, (int64_t)s->profiles[p].helps);
        number_add(state, s->profiles[p].help_below);
        number_add(state, (int64_t)s->profiles[p].remote);
    }
    number_add(state, s->server_count);
    for (uint32_t w = 0; w < s->server_count; w++)
        number_add(state, s->servers[w]);
    number_add(state, s->slot_us);
    number_add(state, s->horizon_days);
    number_add(state, s->plan_entries_max);
}

static void routes_add(XXH3_state_t *state, const struct tb_config *c)
{
    number_add(state, c->route_count);
    for (uint32_t r = 0; r < c->route_count; r++) {
        number_add(state, c->routes[r].due_work_us);
        number_add(state, c->routes[r].step_count);
        for (uint32_t i = 0; i < c->routes[r].step_count; i++) {
            const struct tb_step *step = &c->routes[r].steps[i];
            number_add(state, step->kind);
            number_add(state, step->station);
            number_add(state, step->group);
            number_add(state, step->joins);
            number_add(state, step->due_work_us);
            number_add(state, step->next_count);
            for (uint32_t n = 0; n < step->next_count; n++)
                number_add(state, step->next[n]);
        }
    }
}

static void matters_add(XXH3_state_t *state, const struct tb_config *c)
{
    number_add(state, c->matter_count);
    for (uint32_t m = 0; m < c->matter_count; m++) {
        const struct tb_matter *matter = &c->matters[m];
        number_add(state, matter->group);
        number_add(state, matter->remote_group);
        number_add(state, matter->collect);
        number_add(state, matter->route);
        number_add(state, matter->hall_count);
        for (uint32_t h = 0; h < matter->hall_count; h++)
            number_add(state, matter->halls[h]);
    }
}

static void plan_add(XXH3_state_t *state, const struct tb_config *c)
{
    number_add(state, c->plan_count);
    for (uint32_t i = 0; i < c->plan_count; i++) {
        number_add(state, c->plan[i].server);
        number_add(state, c->plan[i].day_kind);
        number_add(state, c->plan[i].offset_us);
        number_add(state, c->plan[i].action);
        number_add(state, c->plan[i].profile);
    }
    number_add(state, c->zone_count);
    for (uint32_t i = 0; i < c->zone_count * c->station_count; i++)
        number_add(state, c->travel_s[i]);
    number_add(state, c->tickets_max);
    number_add(state, c->cases_max);
    number_add(state, c->visits_max);
    number_add(state, c->requests_max);
}

static void ids_add(XXH3_state_t *state, const struct tb_scenario *s)
{
    for (uint32_t i = 0; i < s->hall_count; i++)
        text_add(state, s->halls[i].label.id);
    for (uint32_t i = 0; i < s->desk_count; i++)
        text_add(state, s->desks[i].label.id);
    for (uint32_t i = 0; i < s->server_count; i++)
        text_add(state, s->servers[i].label.id);
    for (uint32_t i = 0; i < s->matter_count; i++)
        text_add(state, s->matters[i].label.id);
    number_add(state, s->utc_offset_us);
}

uint64_t tbi_build_identity(const struct tb_scenario *scenario)
{
    const struct tb_config *c = &scenario->config;
    XXH3_state_t *state = XXH3_createState();

    tb_assert(state != NULL);
    XXH3_64bits_reset(state);
    number_add(state, c->station_count);
    for (uint32_t i = 0; i < c->station_count; i++)
        station_add(state, &c->stations[i]);
    calendars_add(state, c);
    routes_add(state, c);
    matters_add(state, c);
    plan_add(state, c);
    const uint64_t made = XXH3_64bits_digest(state);
    XXH3_64bits_reset(state);
    ids_add(state, scenario);
    const uint64_t named = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return named << 32 | (uint32_t)made;
}
