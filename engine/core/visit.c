/* Visits (R12): what may still be rated, and when it is followed up or given up.
 *
 * There are two orders: visits on the way to the follow-up list, by follow_at, and those on it, by
 * lapse_at; a visit that lapses before it is due goes straight to the second. As every visit waits
 * equally long, they come due in the order in which they were made: so the city has a list of each,
 * in order of (instant, station), and a new visit goes to its end. Nothing of the tree of deadlines
 * (time.c) is touched. What each visit goes through is in visit.h.
 *
 * Where that order fails, because rules differ or stations are stepped for themselves, each
 * station gets lists of its own, which are its business in the tree. A station's visits are all on
 * its own lists or all on the city's; once its own are empty, it comes back to the city's. */
#include "visit.h"

/* How far back from the end a visit may belong: past so many of its instant, of higher stations,
 * or past a few that are later. */
#define SHARED_STEPS_MAX 1024
#define SHARED_STEPS_LATER 256 /* one that is later counts as so many */

static struct tbi_list *visit_list(struct tbi_station *station, bool lapses)
{
    return lapses ? &station->lapses : &station->follows;
}

/* The first of a list is another one, or nobody; its instant. Whoever follows will be looked at
 * when this one's time has come; by then it is in the cache, and so is this one's station. */
static tb_time visit_first_at(const struct tb_city *city, uint32_t head, bool lapses)
{
    if (head == TB_NONE)
        return TB_NEVER;
    const struct tbi_visit *visit = tbi_visit(city, head);
    __builtin_prefetch(tbi_station(city, visit->station), 1);
    const char *next = (const char *)tbi_visit(city, visit->next);
    __builtin_prefetch(next, 1);
    __builtin_prefetch(next + sizeof(struct tbi_visit) - 1, 1);
    return tbi_visit_at(visit, lapses);
}

static void visit_first(struct tb_city *city, const struct tbi_visit *visit, uint32_t head,
                        bool lapses)
{
    const tb_time at = visit_first_at(city, head, lapses);
    if (!(visit->name & TBI_VISIT_SHARED)) {
        tbi_due_set(city, visit->station, lapses ? TBI_DUE_LAPSE : TBI_DUE_FOLLOW, at);
        return;
    }
    city->visits_due[lapses].at = at;
    if (at < *tbi_due_soonest(city))
        *tbi_due_soonest(city) = at;
}

/* Between two that stand beside each other on the list. */
static void visit_link(struct tb_city *city, struct tbi_list *list, uint32_t index, uint32_t prev,
                       uint32_t next, bool lapses)
{
    struct tbi_visit *visit = tbi_visit(city, index);
    visit->prev = prev;
    visit->next = next;
    *(next == TB_NONE ? &list->tail : &tbi_visit(city, next)->prev) = index;
    *(prev == TB_NONE ? &list->head : &tbi_visit(city, prev)->next) = index;
    if (prev == TB_NONE)
        visit_first(city, visit, index, lapses);
}

static void visit_insert_own(struct tb_city *city, uint32_t index, bool lapses)
{
    struct tbi_visit *visit = tbi_visit(city, index);
    struct tbi_list *list = visit_list(tbi_station(city, visit->station), lapses);
    const tb_time at = tbi_visit_at(visit, lapses);
    uint32_t prev = list->tail, next = TB_NONE;
    while (prev != TB_NONE && tbi_visit_at(tbi_visit(city, prev), lapses) > at) {
        next = prev;
        prev = tbi_visit(city, prev)->prev;
    }
    visit->name &= ~TBI_VISIT_SHARED;
    visit_link(city, list, index, prev, next, lapses);
}

/* Every station gets its own. */
static __attribute__((noinline, cold)) void visits_part(struct tb_city *city)
{
    for (uint32_t lapses = 0; lapses < 2; lapses++) {
        struct tbi_visits *shared = &city->visits_due[lapses];
        uint32_t index = shared->list.head;
        *shared = (struct tbi_visits){TB_NEVER, {TB_NONE, TB_NONE}};
        while (index != TB_NONE) {
            const uint32_t next = tbi_visit(city, index)->next;
            tbi_station(city, tbi_visit(city, index)->station)->visits_shared--;
            visit_insert_own(city, index, lapses);
            index = next;
        }
    }
}

/* Not at the end of a city's list, or not on any. */
void tbi_visit_insert_within(struct tb_city *city,
                                                          struct tbi_station *station,
                                                          uint32_t index, bool lapses)
{
    if (station->follows.head != TB_NONE || station->lapses.head != TB_NONE) {
        visit_insert_own(city, index, lapses);
        return;
    }
    struct tbi_visits *shared = &city->visits_due[lapses];
    struct tbi_visit *visit = tbi_visit(city, index);
    const tb_time at = tbi_visit_at(visit, lapses);
    uint32_t prev = shared->list.tail, next = TB_NONE;
    uint32_t steps = 0;
    while (prev != TB_NONE) {
        const struct tbi_visit *before = tbi_visit(city, prev);
        const tb_time before_at = tbi_visit_at(before, lapses);
        if (before_at < at || (before_at == at && before->station <= visit->station))
            break;
        steps += before_at > at ? SHARED_STEPS_LATER : 1;
        if (__builtin_expect(steps > SHARED_STEPS_MAX, false)) {
            visits_part(city);
            visit_insert_own(city, index, lapses);
            return;
        }
        next = prev;
        prev = before->prev;
    }
    visit->name |= TBI_VISIT_SHARED;
    station->visits_shared++;
    visit_link(city, &shared->list, index, prev, next, lapses);
}

static void visit_remove(struct tb_city *city, struct tbi_station *station,
                         const struct tbi_visit *visit, bool lapses)
{
    const bool is_shared = visit->name & TBI_VISIT_SHARED;
    struct tbi_list *list =
        is_shared ? &city->visits_due[lapses].list : visit_list(station, lapses);
    const uint32_t prev = visit->prev, next = visit->next;
    station->visits_shared -= is_shared;
    *(next == TB_NONE ? &list->tail : &tbi_visit(city, next)->prev) = prev;
    *(prev == TB_NONE ? &list->head : &tbi_visit(city, prev)->next) = next;
    if (prev == TB_NONE)
        visit_first(city, visit, next, lapses);
}

static bool visit_lapses(const struct tbi_visit *visit)
{
    return (visit->name & TBI_VISIT_DUE) || visit->lapse_at < visit->follow_at;
}

static inline void visit_say(struct tbi_step *step, enum tb_event_kind kind,
                             struct tbi_station *station, const struct tbi_visit *visit,
                             uint32_t index, int64_t value)
{
    *step->out++ = (struct tb_event){
        .at_us = step->now,
        .sequence = tbi_emit_count(step, kind, station),
        .tag = step->tag,
        .ref = tbi_visit_ref(visit, index),
        .value = value,
        .kind = (uint16_t)kind,
        .station = visit->station,
        .server = TB_NONE,
        .number = visit->number,
        .matter = visit->matter,
        .flags = step->answer,
    };
    step->answer = 0;
}

static inline void visit_end(struct tb_city *city, struct tbi_visit *visit, uint32_t index)
{
    visit->name &= ~TBI_VISIT_FLAGS;
    tbi_visit_free(city, index);
}

/* It has been taken off the first list. */
static inline void visit_say_follow(struct tbi_step *step, struct tbi_station *station,
                                    struct tbi_visit *visit, uint32_t index)
{
    visit->name |= TBI_VISIT_DUE;
    visit_say(step, TB_EVENT_FOLLOW_DUE, station, visit, index, visit->lapse_at);
}

static inline void visit_lapse(struct tbi_step *step, struct tbi_station *station,
                               struct tbi_visit *visit, uint32_t index)
{
    visit_say(step, TB_EVENT_FOLLOW_LAPSED, station, visit, index, 0);
    visit_end(step->city, visit, index);
}

void tbi_visit_follow(struct tbi_step *step, uint32_t station_index)
{
    struct tbi_station *station = tbi_station(step->city, station_index);
    const uint32_t index = station->follows.head;
    struct tbi_visit *visit = tbi_visit(step->city, index);
    visit_remove(step->city, station, visit, false);
    visit_say_follow(step, station, visit, index);
    tbi_visit_insert(step->city, station, visit, index, true);
}

void tbi_visit_lapse(struct tbi_step *step, uint32_t station_index)
{
    struct tbi_station *station = tbi_station(step->city, station_index);
    const uint32_t index = station->lapses.head;
    struct tbi_visit *visit = tbi_visit(step->city, index);
    visit_remove(step->city, station, visit, true);
    visit_lapse(step, station, visit, index);
}

/* ---- those on the city's lists --------------------------------------------------------------- */

/* Which list has the first of all (R1: instant, station, follow-ups before those that lapse). */
static bool shared_lapses(const struct tb_city *city)
{
    const struct tbi_visits *follows = &city->visits_due[0], *lapses = &city->visits_due[1];
    if (lapses->at != follows->at || lapses->at == TB_NEVER)
        return lapses->at < follows->at;
    return tbi_visit(city, lapses->list.head)->station <
           tbi_visit(city, follows->list.head)->station;
}

bool tbi_visits_before(const struct tb_city *city, tb_time at, uint32_t station)
{
    const struct tbi_visits *shared = &city->visits_due[shared_lapses(city)];
    return shared->at < at || (shared->at == at && at != TB_NEVER &&
                               tbi_visit(city, shared->list.head)->station < station);
}

/* The first of a list acts; one that is followed up goes to the end of the other. */
static inline void shared_act(struct tbi_step *step, struct tb_city *city, bool lapses)
{
    struct tbi_visits *shared = &city->visits_due[lapses];
    const uint32_t index = shared->list.head;
    struct tbi_visit *visit = tbi_visit(city, index);
    struct tbi_station *station = tbi_station(city, visit->station);
    const uint32_t next = visit->next;
    step->now = shared->at;
    shared->list.head = next;
    *(next == TB_NONE ? &shared->list.tail : &tbi_visit(city, next)->prev) = TB_NONE;
    shared->at = visit_first_at(city, next, lapses); /* later: nothing is due sooner by that */
    if (lapses) {
        station->visits_shared--;
        visit_lapse(step, station, visit, index);
        return;
    }
    visit_say_follow(step, station, visit, index);
    if (tbi_visit_append(city, station, visit, index, true))
        return;
    station->visits_shared--;
    tbi_visit_insert_within(city, station, index, true);
}

bool tbi_visits_act(struct tbi_step *step, tb_time now)
{
    struct tb_city *city = step->city;
    tbi_time_begin(step);
    do {
        if (shared_lapses(city))
            shared_act(step, city, true);
        else
            shared_act(step, city, false);
        tbi_time_passed(step);
        const tb_time at = tbi_visits_at(city);
        const tb_time station_at = tbi_due_bound(city), call_at = tbi_calls_at(city);
        const tb_time other_at = station_at < call_at ? station_at : call_at;
        if (at > now && other_at > now) {
            *tbi_due_soonest(city) = at < other_at ? at : other_at;
            return true;
        }
        if (at > now || at >= other_at)
            return false;
    } while (step->only == TB_NONE && step->out <= step->last);
    return false;
}

/* The first of a station's on a list of the city's, up to an instant. */
static uint32_t shared_of(const struct tb_city *city, uint32_t station, bool lapses, tb_time until)
{
    uint32_t index = city->visits_due[lapses].list.head;
    while (index != TB_NONE && tbi_visit_at(tbi_visit(city, index), lapses) <= until) {
        if (tbi_visit(city, index)->station == station)
            return index;
        index = tbi_visit(city, index)->next;
    }
    return TB_NONE;
}

tb_time tbi_visits_first_of(const struct tb_city *city, uint32_t station)
{
    tb_time first = TB_NEVER;
    for (uint32_t lapses = 0; tbi_station(city, station)->visits_shared > 0 && lapses < 2;
         lapses++) {
        const uint32_t index = shared_of(city, station, lapses, TB_NEVER);
        if (index == TB_NONE)
            continue;
        const tb_time at = tbi_visit_at(tbi_visit(city, index), lapses);
        first = at < first ? at : first;
    }
    return first;
}

bool tbi_visits_due_of(struct tb_city *city, uint32_t station, tb_time now)
{
    if (tbi_station(city, station)->visits_shared == 0)
        return false;
    const uint32_t follow = shared_of(city, station, false, now);
    const uint32_t lapse = shared_of(city, station, true, now);
    if (follow == TB_NONE && lapse == TB_NONE)
        return false;
    /* In its turn before those of others, as the city would step it? */
    const uint32_t index = city->visits_due[shared_lapses(city)].list.head;
    if (index == follow || index == lapse)
        return true;
    visits_part(city);
    return false;
}

/* ---- rating ---------------------------------------------------------------------------------- */

/* It needs no looking after any more. */
static void visit_leave(struct tbi_step *step, enum tb_event_kind kind, uint32_t index,
                        int64_t value)
{
    struct tbi_visit *visit = tbi_visit(step->city, index);
    struct tbi_station *station = tbi_station(step->city, visit->station);
    visit_say(step, kind, station, visit, index, value);
    visit_remove(step->city, station, visit, visit_lapses(visit));
    visit_end(step->city, visit, index);
}

enum tb_status tbi_do_RATE_GIVE(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t index = tbi_visit_find(step->city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_VISIT_UNKNOWN;
    if (command->value < 1 || command->value > 5)
        return TB_STATUS_VALUE_INVALID;
    visit_leave(step, TB_EVENT_RATED, index, command->value);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_RATE_FOLLOW(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t index = tbi_visit_find(step->city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_VISIT_UNKNOWN;
    if (!(tbi_visit(step->city, index)->name & TBI_VISIT_DUE))
        return TB_STATUS_VISIT_STATE;
    if (command->value < 0 || command->value > 5)
        return TB_STATUS_VALUE_INVALID;
    visit_leave(step, TB_EVENT_FOLLOWED, index, command->value);
    return TB_STATUS_OK;
}
