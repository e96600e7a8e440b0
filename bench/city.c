/* The benchmarks' city: see city.h. */
#include "city.h"

#include <stdlib.h>

#include "tongban/engine.h"

tb_time bench_day_at(uint32_t day)
{
    return TB_DAYS(day) + TB_HOURS(9);
}

static void rules_fill(struct tb_rules *rules)
{
    tb_rules_init(rules);
    rules->value[TB_RULE_call_timeout_us] = TB_SECONDS(90);
}

static void profiles_fill(struct tb_profile *profiles)
{
    uint64_t all = (1ull << (BENCH_GROUPS * TB_CLASSES)) - 1;
    for (uint32_t i = 0; i < BENCH_GROUPS; i++)
        profiles[i] = (struct tb_profile){.serves = 0xffull << (i * TB_CLASSES) & all};
    profiles[BENCH_GROUPS - 1].serves = all;
}

struct tb_city *bench_city_new(uint32_t halls, uint32_t windows_per_hall, uint32_t tickets_max)
{
    static struct tb_day days[BENCH_DAYS];
    for (uint32_t i = 0; i < BENCH_DAYS; i++)
        days[i] = (struct tb_day){.starts_at_us = TB_DAYS(i), .kind = 0};
    struct tb_calendar calendar = {.kind_count = 1, .days = days, .day_count = BENCH_DAYS};
    calendar.kinds[0].period_count = 1;
    calendar.kinds[0].periods[0].opens_us = TB_HOURS(9);
    calendar.kinds[0].periods[0].closes_us = TB_HOURS(17);
    struct tb_rules rules;
    rules_fill(&rules);
    struct tb_group groups[BENCH_GROUPS];
    for (uint32_t i = 0; i < BENCH_GROUPS; i++)
        groups[i] = (struct tb_group){.service_mean_us = TB_MINUTES(12)};
    struct tb_profile profiles[BENCH_GROUPS];
    profiles_fill(profiles);
    uint16_t *servers = calloc(windows_per_hall, sizeof *servers);
    struct tb_station *stations = calloc(halls, sizeof *stations);
    uint16_t *handled = calloc(halls, sizeof *handled);
    for (uint32_t i = 0; i < windows_per_hall; i++)
        servers[i] = (uint16_t)(i % BENCH_GROUPS);
    servers[0] = BENCH_GROUPS - 1; /* every hall has a window for everything */
    for (uint32_t i = 0; i < halls; i++) {
        handled[i] = (uint16_t)i;
        stations[i] = (struct tb_station){.kind = TB_STATION_HALL, .rules = &rules,
                                          .groups = groups, .group_count = BENCH_GROUPS,
                                          .profiles = profiles, .profile_count = BENCH_GROUPS,
                                          .servers = servers, .server_count = windows_per_hall};
    }
    struct tb_matter matters[BENCH_GROUPS];
    for (uint32_t i = 0; i < BENCH_GROUPS; i++)
        matters[i] = (struct tb_matter){.group = (uint8_t)i, .remote_group = TB_GROUPS_MAX,
                                        .route = TB_MATTER_NONE, .halls = handled,
                                        .hall_count = halls};
    struct tb_config config = {.calendars = &calendar, .calendar_count = 1,
                               .stations = stations, .station_count = halls,
                               .matters = matters, .matter_count = BENCH_GROUPS,
                               .tickets_max = tickets_max, .visits_max = 400000};
    enum tb_status status;
    struct tb_city *city = tb_city_create(&config, &status);
    if (!city)
        abort();
    tb_city_populate(city);
    free(servers);
    free(stations);
    free(handled);
    return city;
}

void bench_city_free(struct tb_city *city)
{
    tb_city_destroy(city);
}
