/* Expected waits as quantiles (R14): what is not in estimate.h. */
#include "estimate.h"

void tbi_estimate(const struct tb_city *city, uint32_t station_index, uint32_t queue,
                  struct tb_wait *out)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    int64_t base_us = tbi_wait_base(station, queue, out);
    out->half_us = out->nine_in_ten_us = base_us;
    if (base_us > 0)
        tbi_wait_quantiles(station, base_us, out);
}

void tbi_estimate_later(const struct tb_city *city, uint32_t station_index, uint32_t queue,
                        uint32_t extra, uint32_t windows, bool opening,
                        struct tb_wait *out)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    tb_assert(windows > 0);
    const uint32_t ahead =
        extra + (line->windows > 0 ? tbi_wait_ahead(station, line, queue) : station->waiting);
    *out = (struct tb_wait){.ahead = ahead, .windows = windows};
    if (ahead < (opening ? windows : tbi_wait_ready(station, line)))
        return;
    int64_t service_us = tbi_station_group(station, queue / TB_CLASSES)->service_us;
    tbi_wait_quantiles(station,
                   (int64_t)(2 * (uint64_t)ahead + 1) * service_us / (2 * (int64_t)windows), out);
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
    if (waited_us > tbi_wait_times(base_us, *half))
        tbi_wait_learn(half, base_us, waited_us, 512);
    if (waited_us > tbi_wait_times(base_us, *nine))
        tbi_wait_learn(nine, base_us, waited_us, 922);
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
    const bool last_closed = !open && profile->open_count == 0;
    for (uint64_t m = profile->serves; m; m &= m - 1) {
        const uint32_t queue = tbi_lowest(m);
        struct tbi_line *line = tbi_station_line(station, queue);
        line->windows += change;
        if (open)
            line->pool |= profile->serves;
        else if (last_closed)
            line_pool(station, queue);
    }
    if (profile->remote_class != TB_NONE)
        remote_windows(city, &city->remote[profile->remote_class], change);
}
