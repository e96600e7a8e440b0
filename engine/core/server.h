/* Where a window stands: among the ready ones, or among those whose call can run out.
 *
 * Calls run out in the order of their deadlines, and as most wait equally long, that is the order
 * in which they were made: so the city has one list of them, in order of (instant, station), and a
 * new call goes to its end. Nearly all are answered before, and leave it again: nothing of the tree
 * of deadlines (time.c) is touched. Where that order fails, because rules differ or stations are
 * stepped for themselves, each station gets a list of its own, which is its business in the tree.
 * A station's calls are all on its own list or all on the city's; once its own is empty, it comes
 * back to the city's. (So it is with visits: visit.c.) */
#ifndef TBI_SERVER_H
#define TBI_SERVER_H

#include "step.h"

/* ---- ready ----------------------------------------------------------------------------------- */

void tbi_ready_add(struct tb_city *city, uint32_t server);
void tbi_ready_remove(struct tb_city *city, uint32_t server);

/* ---- called ---------------------------------------------------------------------------------- */

/* Not at the end of the city's list, or not on it at all. */
void tbi_calls_insert(struct tb_city *city, uint32_t server);

/* The call at that window runs out at `at`. */
static inline void tbi_calls_add(struct tb_city *city, struct tbi_station *station,
                                 uint32_t station_index, struct tbi_server *server, uint32_t index,
                                 tb_time at)
{
    struct tbi_list *calls = &city->calls;
    const uint32_t tail = calls->tail;
    struct tbi_server *last = tbi_server(city, tail);
    server->deadline_at = at;
    server->call_station = (uint16_t)station_index;
    if (at == TB_NEVER)
        return;
    if (station->calls.head != TB_NONE ||
        (tail != TB_NONE && (last->deadline_at > at ||
                             (last->deadline_at == at && last->call_station > station_index)))) {
        tbi_calls_insert(city, index);
        return;
    }
    server->call_shared = true;
    server->prev = tail;
    server->next = TB_NONE;
    *(tail == TB_NONE ? &calls->head : &last->next) = index;
    calls->tail = index;
    if (tail == TB_NONE && at < *tbi_due_soonest(city))
        *tbi_due_soonest(city) = at;
}

/* It does not run out any more. */
static inline void tbi_calls_remove(struct tb_city *city, struct tbi_server *server)
{
    if (server->deadline_at == TB_NEVER)
        return;
    const bool shared = server->call_shared;
    const uint32_t prev = server->prev, next = server->next;
    struct tbi_list *calls =
        shared ? &city->calls : &tbi_station(city, server->call_station)->calls;
    *(next == TB_NONE ? &calls->tail : &tbi_server(city, next)->prev) = prev;
    *(prev == TB_NONE ? &calls->head : &tbi_server(city, prev)->next) = next;
    server->deadline_at = TB_NEVER;
    if (__builtin_expect(!shared && prev == TB_NONE, false))
        tbi_due_set(city, server->call_station, TBI_DUE_CALL,
                    next == TB_NONE ? TB_NEVER : tbi_server(city, next)->deadline_at);
}

/* The deadline of a call or of a repeated one: first the acknowledgement of a silent call, then
 * the call's own. */
static inline void tbi_call_deadline(struct tbi_step *step, struct tbi_station *station,
                                     const struct tbi_ticket *ticket, struct tbi_server *server,
                                     uint32_t index)
{
    const int64_t *rule = tbi_station_rules(station);
    const int64_t call_us = rule[TB_RULE_call_timeout_us], ack_us = rule[TB_RULE_ack_timeout_us];
    const bool silent =
        (ticket->flags & (TBI_TICKET_SILENT | TBI_TICKET_ACKED)) == TBI_TICKET_SILENT;
    const tb_time give_up_at = call_us > 0 ? step->now + call_us : TB_NEVER;
    server->changed_at = step->now;
    server->give_up_at = give_up_at;
    server->ack_phase = silent && ack_us > 0 && (call_us == 0 || ack_us < call_us);
    tbi_calls_add(step->city, station, ticket->station, server, index,
                  server->ack_phase ? step->now + ack_us : give_up_at);
}

/* ---- said ------------------------------------------------------------------------------------ */

static inline void tbi_server_say(struct tbi_step *step, uint32_t index, enum tb_event_kind kind,
                                  int64_t value)
{
    const uint16_t station = tbi_server(step->city, index)->station;
    *step->out++ = (struct tb_event){
        .at_us = step->now,
        .sequence = tbi_emit_count(step, kind, tbi_station(step->city, station)),
        .tag = step->tag,
        .value = value,
        .kind = (uint16_t)kind,
        .station = station,
        .server = index,
        .matter = TB_MATTER_NONE,
        .flags = step->answer,
    };
    step->answer = 0;
}

#endif
