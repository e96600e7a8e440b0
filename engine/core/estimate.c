/* Expected waits as quantiles (R14).
 *
 * Base: (2 x ahead + 1) / 2 services of the line's group, shared by the open windows that serve
 * the line; ahead counts everybody in the lines of those windows. The base is wrong in ways that
 * depend on the load (classes, skills, people who leave), so for each quantile a factor is
 * learned by stochastic approximation (Robbins and Monro 1951): a wait longer than the estimate
 * for quantile p raises its factor by p of a step, a shorter one lowers it by 1 - p; where the
 * estimate is right, both balance. A factor for each eightfold of load, as crowded halls err
 * otherwise than empty ones. All in integers. */
#include "step.h"

#define FACTOR_ONE 65536u
#define FACTOR_LEAST (FACTOR_ONE / 64)
#define FACTOR_MOST (FACTOR_ONE * 64)
#define FACTOR_STEP_SHIFT 6   /* a step is 1/64 of the factor */
#define SERVICE_SHIFT 5       /* a service moves the average by 1/32 */

static uint32_t wait_bucket(uint32_t ahead, uint32_t windows)
{
    int load = 32 - __builtin_clz(2 * ahead + 1) - (32 - __builtin_clz(windows)) + 1;
    return load < 0 ? 0 : load >= TBI_WAIT_BUCKETS ? TBI_WAIT_BUCKETS - 1 : (uint32_t)load;
}

static uint32_t ready_windows(const struct tbi_station *station, const struct tbi_line *line)
{
    uint32_t ready = 0;
    for (uint64_t m = station->ready_profiles & line->profiles; m; m &= m - 1)
        ready += tbi_station_profile(station, tbi_lowest(m))->ready_count;
    return ready;
}

/* Everybody in the lines of the windows that serve this one. */
static uint32_t line_ahead(const struct tbi_station *station, const struct tbi_line *line,
                           uint32_t queue)
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
static inline __attribute__((always_inline)) int64_t
wait_base(const struct tbi_station *station, uint32_t queue, struct tb_wait *out)
{
    const struct tbi_line *line = tbi_station_line(station, queue);
    const uint32_t ahead = line_ahead(station, line, queue);
    out->ahead = ahead;
    out->windows = line->windows;
    if (line->windows == 0)
        return TB_WAIT_UNKNOWN;
    if ((station->ready_profiles & line->profiles) && ready_windows(station, line) > ahead)
        return 0;
    int64_t service_us = tbi_station_group(station, queue / TB_CLASSES)->service_us;
    return (int64_t)(2 * (uint64_t)ahead + 1) * service_us / (2 * (int64_t)line->windows);
}

static int64_t times(int64_t base_us, uint32_t factor)
{
    return (base_us >> 8) * factor >> 8;
}

/* A bucket of the factors and both quantiles of a base wait > 0. */
static uint32_t wait_quantiles(const struct tbi_station *station, int64_t base_us,
                               struct tb_wait *out)
{
    uint32_t bucket = wait_bucket(out->ahead, out->windows);
    const int64_t half_us = times(base_us, station->factors.half[bucket]);
    const int64_t nine_us = times(base_us, station->factors.nine[bucket]);
    out->half_us = half_us;
    out->nine_in_ten_us = nine_us < half_us ? half_us : nine_us;
    return bucket;
}

void tbi_estimate(const struct tb_city *city, uint32_t station_index, uint32_t queue,
                  struct tb_wait *out)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    int64_t base_us = wait_base(station, queue, out);
    out->half_us = out->nine_in_ten_us = base_us;
    if (base_us > 0)
        wait_quantiles(station, base_us, out);
}

void tbi_estimate_later(const struct tb_city *city, uint32_t station_index, uint32_t queue,
                        uint32_t extra, uint32_t windows, bool opening,
                        struct tb_wait *out)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    tb_assert(windows > 0);
    const uint32_t ahead =
        extra + (line->windows > 0 ? line_ahead(station, line, queue) : station->waiting);
    *out = (struct tb_wait){.ahead = ahead, .windows = windows};
    if (ahead < (opening ? windows : ready_windows(station, line)))
        return;
    int64_t service_us = tbi_station_group(station, queue / TB_CLASSES)->service_us;
    wait_quantiles(station,
                   (int64_t)(2 * (uint64_t)ahead + 1) * service_us / (2 * (int64_t)windows), out);
}

void tbi_estimate_begin(const struct tbi_station *station, struct tbi_ticket *ticket,
                        uint32_t queue, struct tb_wait *out)
{
    int64_t base_us = wait_base(station, queue, out);
    out->half_us = out->nine_in_ten_us = base_us;
    if (base_us <= 0)
        return;
    ticket->wait_bucket = (uint8_t)wait_quantiles(station, base_us, out);
    uint64_t ms = (uint64_t)base_us / 1000;
    ticket->wait_ms = ms > INT32_MAX ? INT32_MAX : ms < 1 ? 1 : (uint32_t)ms;
}

/* One step of the factor towards its quantile p = per_1024 / 1024; true: the wait was within. */
static bool learn(uint32_t *factor, int64_t base_us, int64_t waited_us, uint32_t per_1024)
{
    uint32_t one_step = *factor >> FACTOR_STEP_SHIFT;
    bool within = waited_us <= times(base_us, *factor);
    if (within)
        *factor -= one_step * (1024 - per_1024) >> 10;
    else
        *factor += one_step * per_1024 >> 10;
    if (*factor < FACTOR_LEAST)
        *factor = FACTOR_LEAST;
    if (*factor > FACTOR_MOST)
        *factor = FACTOR_MOST;
    return within;
}

void tbi_estimate_learn(struct tbi_station *station, const struct tbi_ticket *ticket,
                        int64_t waited_us)
{
    struct tbi_wait_factors *factors = &station->factors;
    int64_t base_us = (int64_t)ticket->wait_ms * 1000;
    tb_assert(ticket->wait_bucket < TBI_WAIT_BUCKETS);
    station->estimate_count++;
    station->estimate_half += learn(&factors->half[ticket->wait_bucket], base_us, waited_us, 512);
    station->estimate_nine += learn(&factors->nine[ticket->wait_bucket], base_us, waited_us, 922);
}

/* Who left after that time would have waited longer still: he says that an estimate below was
 * too short, and nothing of one above (the wait is censored). Not to hear him would make the
 * estimates of crowded halls too rosy. */
void tbi_estimate_left(struct tb_city *city, uint32_t index, int64_t waited_us)
{
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_wait_factors *factors = &tbi_station(city, ticket->station)->factors;
    int64_t base_us = (int64_t)ticket->wait_ms * 1000;
    uint32_t *half = &factors->half[ticket->wait_bucket];
    uint32_t *nine = &factors->nine[ticket->wait_bucket];
    if (waited_us > times(base_us, *half))
        learn(half, base_us, waited_us, 512);
    if (waited_us > times(base_us, *nine))
        learn(nine, base_us, waited_us, 922);
}

void tbi_estimate_day(struct tbi_step *step, uint32_t index)
{
    struct tbi_station *station = tbi_station(step->city, index);
    uint32_t count = station->estimate_count;
    if (count == 0)
        return;
    struct tb_event *event = tbi_emit(step, TB_EVENT_ESTIMATES, index);
    event->value = (int64_t)station->estimate_half * 1000 / count;
    event->value2 = (int64_t)station->estimate_nine * 1000 / count;
    station->estimate_count = station->estimate_half = station->estimate_nine = 0;
}

void tbi_estimate_served(const struct tbi_station *station, uint32_t group, int64_t served_us)
{
    tb_assert(group < station->group_count && served_us >= 0);
    struct tbi_group *row = tbi_station_group(station, group);
    const int64_t service_us = row->service_us + ((served_us - row->service_us) >> SERVICE_SHIFT);
    row->service_us = service_us < 1 ? 1 : service_us;
}

/* A line's pool: all lines of the open windows that serve it. */
static void line_pool(const struct tbi_station *station, uint32_t queue)
{
    uint64_t pool = 0;
    for (uint32_t i = 0; i < station->profile_count; i++) {
        const struct tbi_profile *profile = tbi_station_profile(station, i);
        if (profile->open_count > 0 && (profile->serves & tbi_bit(queue)))
            pool |= profile->serves;
    }
    tbi_station_line(station, queue)->pool = pool;
}

/* The same for the remote station's lines, which windows of all halls serve. */
static void remote_windows(struct tb_city *city, struct tbi_remote_class *changed, uint32_t change)
{
    const struct tbi_station *station = tbi_station(city, city->station_remote);
    changed->open_count += change;
    for (uint64_t m = changed->lines; m; m &= m - 1) {
        struct tbi_line *line = tbi_station_line(station, tbi_lowest(m));
        line->windows += change;
        line->pool = 0;
        for (uint32_t i = 0; i < city->remote_class_count; i++)
            if (city->remote[i].open_count > 0 && (city->remote[i].lines & tbi_bit(tbi_lowest(m))))
                line->pool |= city->remote[i].lines;
    }
}

void tbi_estimate_server(struct tb_city *city, uint32_t index, bool open, uint32_t profile_index)
{
    const struct tbi_server *server = tbi_server(city, index);
    struct tbi_station *station = tbi_station(city, server->station);
    struct tbi_profile *profile = tbi_station_profile(station, profile_index);
    uint32_t change = open ? 1u : UINT32_MAX;
    station->open += change;
    profile->open_count += change;
    bool pools_changed = profile->open_count == (open ? 1 : 0);
    for (uint64_t m = profile->serves; m; m &= m - 1) {
        uint32_t queue = tbi_lowest(m);
        tbi_station_line(station, queue)->windows += change;
        if (pools_changed)
            line_pool(station, queue);
    }
    if (profile->remote_class != TB_NONE)
        remote_windows(city, &city->remote[profile->remote_class], change);
}
