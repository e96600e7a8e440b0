/* Who is next: the ticket for a window (R4). */
#ifndef TBI_CHOOSE_H
#define TBI_CHOOSE_H

#include "step.h"

/* The lines a window may take from, and whose they are. */
static inline uint64_t tbi_choose_lines(const struct tb_city *city, uint32_t server_index,
                                        uint32_t *station_index)
{
    const struct tbi_server *server = tbi_server(city, server_index);
    const struct tbi_station *station = tbi_station(city, server->station);
    const struct tbi_profile *profile = tbi_station_profile(station, server->profile);
    uint64_t lines = station->waiting_lines & profile->serves;
    *station_index = server->station;
    if (station->waiting_lines & profile->helps) {
        uint32_t waiting = 0;
        for (uint64_t m = lines; m; m &= m - 1)
            waiting += tbi_station_line(station, tbi_lowest(m))->count;
        if (waiting <= profile->help_below)
            lines |= station->waiting_lines & profile->helps;
    }
    if (lines == 0 && profile->remote) {
        *station_index = city->station_remote;
        lines = tbi_station(city, city->station_remote)->waiting_lines & profile->remote;
    }
    return lines;
}

static inline uint32_t tbi_line_first(const struct tbi_line *line)
{
    return line->fifo ? line->head : line->root;
}

/* Of equal tiers, as they nearly always are: the smallest key - credit, then join number. The
 * first ticket of each line is fetched, as one of them will be called. */
static inline const struct tbi_line *tbi_choose_by_key(const struct tb_city *city,
                                                       const struct tbi_station *station,
                                                       struct tbi_choice *choice)
{
    const int64_t *credit = &tbi_station_rules(station)[TB_RULE_credit_normal_us];
    const struct tbi_line *best = NULL;
    int64_t best_key = INT64_MAX;
    uint32_t oldest_join = UINT32_MAX;
    for (uint64_t m = choice->eligible; m; m &= m - 1) {
        const uint32_t queue = tbi_lowest(m);
        const struct tbi_line *line = tbi_station_line(station, queue);
        const int64_t key = line->first_key - credit[queue % TB_CLASSES];
        __builtin_prefetch(tbi_ticket(city, tbi_line_first(line)), 1);
        oldest_join = line->head_join < oldest_join ? line->head_join : oldest_join;
        /* No branch for what nobody can foretell. */
        bool better = key < best_key;
        if (__builtin_expect(key == best_key, false))
            better = line->first_join < best->first_join;
        best = better ? line : best;
        best_key = better ? key : best_key;
    }
    choice->oldest_join = oldest_join;
    return best;
}

/* The lines of the lowest tier. */
static inline uint64_t tbi_choose_tier(const int64_t tier[TB_CLASSES], uint64_t lines)
{
    static const uint64_t of_class = ~0ull / ((1u << TB_CLASSES) - 1); /* every fourth line */
    uint64_t lowest = 0;
    int64_t lowest_tier = INT64_MAX;
    for (uint32_t class_ = 0; class_ < TB_CLASSES; class_++) {
        const uint64_t of = lines & of_class << class_;
        if (of == 0 || tier[class_] > lowest_tier)
            continue;
        lowest = tier[class_] < lowest_tier ? of : lowest | of;
        lowest_tier = tier[class_];
    }
    return lowest;
}

/* Lowest tier, then smallest key - credit, then smallest join number. */
static inline uint32_t tbi_choose_by_age(const struct tb_city *city,
                                         const struct tbi_station *station,
                                         struct tbi_choice *choice)
{
    const int64_t *tier = &tbi_station_rules(station)[TB_RULE_tier_normal];
    const struct tbi_line *best = tbi_choose_by_key(city, station, choice);
    if (tier[0] != tier[1] || tier[1] != tier[2] || tier[2] != tier[3]) {
        struct tbi_choice lowest = {.eligible = tbi_choose_tier(tier, choice->eligible)};
        best = tbi_choose_by_key(city, station, &lowest);
    }
    tb_assert(best);
    return tbi_line_first(best);
}

/* Somebody has been overtaken as often as may be: the first of those who joined. */
static __attribute__((noinline)) void
tbi_choose_starving(const struct tbi_station *station, uint64_t starving, struct tbi_choice *choice)
{
    uint32_t join = UINT32_MAX;
    for (uint64_t m = starving; m; m &= m - 1) {
        const struct tbi_line *line = tbi_station_line(station, tbi_lowest(m));
        if (line->head_join <= join) {
            join = line->head_join;
            choice->ticket = line->head;
        }
    }
    choice->reason = TB_EXPLAIN_OVERTAKEN;
    choice->oldest_join = 0; /* not looked for: whoever else waits is looked at in any case */
}

static inline struct tbi_choice tbi_choice(const struct tb_city *city, uint32_t server_index)
{
    struct tbi_choice choice = {.ticket = TB_NONE, .oldest_join = UINT32_MAX};
    choice.eligible = tbi_choose_lines(city, server_index, &choice.station);
    if (choice.eligible == 0)
        return choice;
    const struct tbi_station *station = tbi_station(city, choice.station);
    uint64_t starving = choice.eligible & station->starving_lines;
    if (starving) {
        tbi_choose_starving(station, starving, &choice);
        return choice;
    }
    if ((choice.eligible & (choice.eligible - 1)) == 0) {
        const struct tbi_line *line = tbi_station_line(station, tbi_lowest(choice.eligible));
        choice.ticket = tbi_line_first(line);
        choice.oldest_join = line->head_join;
        choice.reason = TB_EXPLAIN_ONLY;
        return choice;
    }
    choice.ticket = tbi_choose_by_age(city, station, &choice);
    choice.reason = TB_EXPLAIN_AGE; /* tbi_explain_call says it more finely */
    return choice;
}

#endif
