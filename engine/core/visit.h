/* A visit is kept (R12): what each FINISHED goes through; the rest is in visit.c. */
#ifndef TBI_VISIT_H
#define TBI_VISIT_H

#include "pool.h"
#include "step.h"

/* Not at the end of a city's list, or not on any. */
void tbi_visit_insert_within(struct tb_city *city, struct tbi_station *station, uint32_t visit,
                             bool lapses);

static inline tb_time tbi_visit_at(const struct tbi_visit *visit, bool lapses)
{
    return lapses ? visit->lapse_at : visit->follow_at;
}

/* At the end of a city's list, where it mostly belongs; false: it does not. */
static inline bool tbi_visit_append(struct tb_city *city, const struct tbi_station *station,
                                    struct tbi_visit *visit, uint32_t index, bool lapses)
{
    struct tbi_list *list = &city->visits_due[lapses].list;
    const uint32_t tail = list->tail;
    struct tbi_visit *last = tbi_visit(city, tail);
    if (tail == TB_NONE || (station->follows.head & station->lapses.head) != TB_NONE)
        return false;
    const tb_time at = tbi_visit_at(visit, lapses), last_at = tbi_visit_at(last, lapses);
    if (last_at > at || (last_at == at && last->station > visit->station))
        return false;
    visit->name |= TBI_VISIT_SHARED;
    visit->prev = tail;
    visit->next = TB_NONE;
    list->tail = last->next = index;
    return true;
}

static inline void tbi_visit_insert(struct tb_city *city, struct tbi_station *station,
                                    struct tbi_visit *visit, uint32_t index, bool lapses)
{
    if (tbi_visit_append(city, station, visit, index, lapses))
        station->visits_shared++;
    else
        tbi_visit_insert_within(city, station, index, lapses);
}

/* Its reference; 0: not kept. */
static inline tb_ref tbi_visit_add(struct tbi_step *step, struct tbi_station *station,
                                   const struct tbi_ticket *ticket)
{
    struct tb_city *city = step->city;
    const int64_t follow_us = tbi_station_rules(station)[TB_RULE_rate_follow_us];
    if (follow_us == 0 || tbi_pool_left(&city->visits) == 0)
        return 0;
    uint32_t index = tbi_visit_new(city);
    struct tbi_visit *visit = tbi_visit(city, index);
    const tb_ref ref = tbi_visit_ref(visit, index);
    const int64_t lapse_us = tbi_station_rules(station)[TB_RULE_rate_end_us];
    tb_assert(!(visit->name & TBI_VISIT_FLAGS));
    visit->station = ticket->station;
    visit->matter = ticket->matter;
    visit->server = ticket->server;
    visit->number = ticket->number;
    visit->follow_at = step->now + follow_us;
    visit->lapse_at = step->now + lapse_us;
    if (lapse_us < follow_us)
        tbi_visit_insert_within(city, station, index, true);
    else
        tbi_visit_insert(city, station, visit, index, false);
    return ref;
}

#endif
