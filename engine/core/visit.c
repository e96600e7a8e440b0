/* Visits (R12): what may still be rated, and when it is followed up or given up.
 *
 * A station has two lists: visits on the way to the follow-up list, by follow_at, and those on
 * it, by lapse_at.
 * As the rules rarely change, a new one nearly always goes to the tail. The top bit of a visit's
 * generation says that FOLLOW_DUE has been; a visit that lapses before it is due goes straight
 * to the second. */
#include "pool.h"
#include "step.h"

#define FOLLOW_DUE_BIT 0x80000000u

static tb_time visit_at(const struct tbi_visit *visit, bool lapses)
{
    return lapses ? visit->lapse_at : visit->follow_at;
}

static struct tbi_list *visit_list(struct tbi_station *station, bool lapses)
{
    return lapses ? &station->lapses : &station->follows;
}

/* The first of a list is another one, or nobody. Whoever follows will be looked at when this one's
 * time has come; by then it is in the cache. */
static void visit_due(struct tb_city *city, uint32_t station, uint32_t head, bool lapses)
{
    tb_time at = TB_NEVER;
    if (head != TB_NONE) {
        const struct tbi_visit *visit = tbi_visit(city, head);
        at = visit_at(visit, lapses);
        const char *next = (const char *)tbi_visit(city, visit->next);
        __builtin_prefetch(next, 1);
        __builtin_prefetch(next + sizeof(struct tbi_visit) - 1, 1);
    }
    tbi_due_set(city, station, lapses ? TBI_DUE_LAPSE : TBI_DUE_FOLLOW, at);
}

static void visit_insert(struct tb_city *city, struct tbi_station *station,
                         struct tbi_visit *visit, uint32_t index, bool lapses)
{
    struct tbi_list *list = visit_list(station, lapses);
    const tb_time at = visit_at(visit, lapses);
    uint32_t prev = list->tail, next = TB_NONE;
    while (prev != TB_NONE && visit_at(tbi_visit(city, prev), lapses) > at) {
        next = prev;
        prev = tbi_visit(city, prev)->prev;
    }
    visit->prev = prev;
    visit->next = next;
    *(next == TB_NONE ? &list->tail : &tbi_visit(city, next)->prev) = index;
    *(prev == TB_NONE ? &list->head : &tbi_visit(city, prev)->next) = index;
    if (prev == TB_NONE)
        visit_due(city, visit->station, index, lapses);
}

static void visit_remove(struct tb_city *city, const struct tbi_visit *visit, bool lapses)
{
    struct tbi_list *list = visit_list(tbi_station(city, visit->station), lapses);
    const uint32_t prev = visit->prev, next = visit->next;
    *(next == TB_NONE ? &list->tail : &tbi_visit(city, next)->prev) = prev;
    *(prev == TB_NONE ? &list->head : &tbi_visit(city, prev)->next) = next;
    if (prev == TB_NONE)
        visit_due(city, visit->station, next, lapses);
}

static bool visit_lapses(const struct tbi_visit *visit)
{
    return (visit->generation & FOLLOW_DUE_BIT) || visit->lapse_at < visit->follow_at;
}

static struct tb_event *visit_say(struct tbi_step *step, enum tb_event_kind kind, uint32_t index)
{
    const struct tbi_visit *visit = tbi_visit(step->city, index);
    struct tb_event *event = tbi_emit(step, kind, visit->station);
    event->ref = tbi_ref(TB_REF_VISIT, visit->generation, index);
    event->number = visit->number;
    event->matter = visit->matter;
    return event;
}

static void visit_end(struct tb_city *city, uint32_t index)
{
    struct tbi_visit *visit = tbi_visit(city, index);
    visit_remove(city, visit, visit_lapses(visit));
    visit->generation &= ~FOLLOW_DUE_BIT;
    tbi_visit_free(city, index);
}

tb_ref tbi_visit_add(struct tbi_step *step, struct tbi_station *station,
                     const struct tbi_ticket *ticket)
{
    struct tb_city *city = step->city;
    const int64_t follow_us = tbi_station_rules(station)[TB_RULE_rate_follow_us];
    if (follow_us == 0 || tbi_pool_left(&city->visits) == 0)
        return 0;
    uint32_t index = tbi_visit_new(city);
    struct tbi_visit *visit = tbi_visit(city, index);
    tb_assert(!(visit->generation & FOLLOW_DUE_BIT));
    visit->station = ticket->station;
    visit->matter = ticket->matter;
    visit->server = ticket->server;
    visit->number = ticket->number;
    visit->follow_at = step->now + follow_us;
    visit->lapse_at = step->now + tbi_station_rules(station)[TB_RULE_rate_end_us];
    visit_insert(city, station, visit, index, visit_lapses(visit));
    return tbi_ref(TB_REF_VISIT, visit->generation, index);
}

void tbi_visit_follow(struct tbi_step *step, uint32_t station_index)
{
    struct tb_city *city = step->city;
    struct tbi_station *station = tbi_station(city, station_index);
    uint32_t index = station->follows.head;
    tb_assert(index != TB_NONE);
    struct tbi_visit *visit = tbi_visit(city, index);
    visit_remove(city, visit, false);
    visit->generation |= FOLLOW_DUE_BIT;
    visit_say(step, TB_EVENT_FOLLOW_DUE, index)->value = visit->lapse_at;
    visit_insert(city, station, visit, index, true);
}

void tbi_visit_lapse(struct tbi_step *step, uint32_t station)
{
    uint32_t index = tbi_station(step->city, station)->lapses.head;
    tb_assert(index != TB_NONE);
    visit_say(step, TB_EVENT_FOLLOW_LAPSED, index);
    visit_end(step->city, index);
}

enum tb_status tbi_do_RATE_GIVE(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t index = tbi_visit_find(step->city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_VISIT_UNKNOWN;
    if (command->value < 1 || command->value > 5)
        return TB_STATUS_VALUE_INVALID;
    visit_say(step, TB_EVENT_RATED, index)->value = command->value;
    visit_end(step->city, index);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_RATE_FOLLOW(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t index = tbi_visit_find(step->city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_VISIT_UNKNOWN;
    if (!(tbi_visit(step->city, index)->generation & FOLLOW_DUE_BIT))
        return TB_STATUS_VISIT_STATE;
    if (command->value < 0 || command->value > 5)
        return TB_STATUS_VALUE_INVALID;
    visit_say(step, TB_EVENT_FOLLOWED, index)->value = command->value;
    visit_end(step->city, index);
    return TB_STATUS_OK;
}
