/* The city that the benchmarks of the core run on: halls alike, six skill groups, one window in
 * six a generalist, working days of 09:00-17:00, all rules on (reminders, call timeouts,
 * estimates, visits to be rated within 60 days, K = 10). The caller owns the block and frees it. */
#ifndef TB_BENCH_CITY_H
#define TB_BENCH_CITY_H

#include "tongban/city.h"

enum { BENCH_GROUPS = 6, BENCH_DAYS = 4000 };

struct tb_city *bench_city_new(uint32_t halls, uint32_t windows_per_hall, uint32_t tickets_max);
void bench_city_free(struct tb_city *city);

/* The instant of 09:00 of a day. */
tb_time bench_day_at(uint32_t day);

/* A small fast generator for picking halls and groups; the same numbers every time. */
static inline uint32_t bench_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33);
}

#endif
