/* Expected waits as quantiles (R14).
 *
 * Base: (2 x ahead + 1) / 2 services of the line's group, shared by the open windows that serve
 * the line; ahead counts everybody in the lines of those windows. The base is wrong in ways that
 * depend on the load (classes, skills, people who leave), so for each quantile a factor is
 * learned by stochastic approximation (Robbins and Monro 1951): a wait longer than the estimate
 * for quantile p raises its factor by p of a step, a shorter one lowers it by 1 - p; where the
 * estimate is right, both balance. A factor for each eightfold of load, as crowded halls err
 * otherwise than empty ones. All in integers. What each visit goes through is here, the rest in
 * estimate.c. */
#ifndef TBI_ESTIMATE_H
#define TBI_ESTIMATE_H

#include "step.h"

#define TBI_FACTOR_ONE        65536u
#define TBI_FACTOR_LEAST      (TBI_FACTOR_ONE / 64)
#define TBI_FACTOR_MOST       (TBI_FACTOR_ONE * 64)
#define TBI_FACTOR_STEP_SHIFT 6 /* a step is 1/64 of the factor */
#define TBI_SERVICE_SHIFT     5 /* a service moves the average by 1/32 */

static inline uint32_t tbi_wait_bucket(uint32_t ahead, uint32_t windows)
{
    int load = 32 - __builtin_clz(2 * ahead + 1) - (32 - __builtin_clz(windows)) + 1;
    return load < 0 ? 0 : load >= TBI_WAIT_BUCKETS ? TBI_WAIT_BUCKETS - 1 : (uint32_t)load;
}

static inline uint32_t tbi_wait_ready(const struct tbi_station *station,
                                      const struct tbi_line *line)
{
    uint32_t ready = 0;
    for (uint64_t m = station->ready_profiles & line->profiles; m; m &= m - 1)
        ready += tbi_station_profile(station, tbi_lowest(m))->ready_count;
    return ready;
}

/* Everybody in the lines of the windows that serve this one. */
static inline uint32_t tbi_wait_ahead(const struct tbi_station *station,
                                      const struct tbi_line *line, uint32_t queue)
{
    const uint64_t lines = station->waiting_lines & (line->pool | tbi_bit(queue));
    uint32_t ahead = 0;
    if (lines == station->waiting_lines)
        return station->waiting;
    for (uint64_t m = lines; m; m &= m - 1)
        ahead += tbi_station_line(station, tbi_lowest(m))->count;
    return ahead;
}

/* Fills ahead and windows; the base wait in us, 0 with a ready window, -1 without an open one. */
static inline int64_t tbi_wait_base(const struct tbi_station *station, uint32_t queue,
                                    struct tb_wait *out)
{
    const struct tbi_line *line = tbi_station_line(station, queue);
    const uint32_t ahead = tbi_wait_ahead(station, line, queue);
    out->ahead = ahead;
    out->windows = line->windows;
    if (line->windows == 0)
        return TB_WAIT_UNKNOWN;
    if ((station->ready_profiles & line->profiles) && tbi_wait_ready(station, line) > ahead)
        return 0;
    int64_t service_us = tbi_station_group(station, queue / TB_CLASSES)->service_us;
    return (int64_t)(2 * (uint64_t)ahead + 1) * service_us / (2 * (int64_t)line->windows);
}

static inline int64_t tbi_wait_times(int64_t base_us, uint32_t factor)
{
    return (base_us >> 8) * factor >> 8;
}

/* A bucket of the factors and both quantiles of a base wait > 0. */
static inline uint32_t tbi_wait_quantiles(const struct tbi_station *station, int64_t base_us,
                                          struct tb_wait *out)
{
    uint32_t bucket = tbi_wait_bucket(out->ahead, out->windows);
    const int64_t half_us = tbi_wait_times(base_us, station->factors.half[bucket]);
    const int64_t nine_us = tbi_wait_times(base_us, station->factors.nine[bucket]);
    out->half_us = half_us;
    out->nine_in_ten_us = nine_us < half_us ? half_us : nine_us;
    return bucket;
}

static inline void tbi_estimate_begin(const struct tbi_station *station, struct tbi_ticket *ticket,
                                      uint32_t queue, struct tb_wait *out)
{
    int64_t base_us = tbi_wait_base(station, queue, out);
    out->half_us = out->nine_in_ten_us = base_us;
    if (base_us <= 0)
        return;
    ticket->wait_bucket = (uint8_t)tbi_wait_quantiles(station, base_us, out);
    uint64_t ms = (uint64_t)base_us / 1000;
    ticket->wait_ms = ms > INT32_MAX ? INT32_MAX : ms < 1 ? 1 : (uint32_t)ms;
}

/* One step of the factor towards its quantile p = per_1024 / 1024; true: the wait was within. */
static inline bool tbi_wait_learn(uint32_t *factor, int64_t base_us, int64_t waited_us,
                                  uint32_t per_1024)
{
    uint32_t one_step = *factor >> TBI_FACTOR_STEP_SHIFT;
    bool within = waited_us <= tbi_wait_times(base_us, *factor);
    if (within)
        *factor -= one_step * (1024 - per_1024) >> 10;
    else
        *factor += one_step * per_1024 >> 10;
    if (*factor < TBI_FACTOR_LEAST)
        *factor = TBI_FACTOR_LEAST;
    if (*factor > TBI_FACTOR_MOST)
        *factor = TBI_FACTOR_MOST;
    return within;
}

static inline void tbi_estimate_learn(struct tbi_station *station, const struct tbi_ticket *ticket,
                                      int64_t waited_us)
{
    struct tbi_wait_factors *factors = &station->factors;
    int64_t base_us = (int64_t)ticket->wait_ms * 1000;
    tb_assert(ticket->wait_bucket < TBI_WAIT_BUCKETS);
    station->estimate_count++;
    station->estimate_half +=
        tbi_wait_learn(&factors->half[ticket->wait_bucket], base_us, waited_us, 512);
    station->estimate_nine +=
        tbi_wait_learn(&factors->nine[ticket->wait_bucket], base_us, waited_us, 922);
}

static inline void tbi_estimate_served(const struct tbi_station *station, uint32_t group,
                                       int64_t served_us)
{
    tb_assert(group < station->group_count && served_us >= 0);
    struct tbi_group *row = tbi_station_group(station, group);
    const int64_t service_us =
        row->service_us + ((served_us - row->service_us) >> TBI_SERVICE_SHIFT);
    row->service_us = service_us < 1 ? 1 : service_us;
}

#endif
