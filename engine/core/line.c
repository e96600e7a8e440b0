/* Waiting lines: reminders, coming back, changed rules, those away. line.h: joining, leaving. */
#include "line.h"

void tbi_near_send(struct tbi_step *step)
{
    const uint32_t index = step->near, next = tbi_ticket(step->city, index)->next;
    step->near = TB_NONE;
    if (next != TB_NONE) /* the next to be reminded: in a long line it lies in no cache by then */
        __builtin_prefetch(tbi_ticket(step->city, next), 1);
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_NEAR, index);
    event->value = tbi_rule(step->city, event->station, TB_RULE_remind_ahead);
}

void tbi_rejoin(struct tbi_step *step, uint32_t index, uint32_t group)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    ticket->flags &= (uint8_t)~(TBI_TICKET_FRESH | TBI_TICKET_ACKED);
    ticket->wait_ms = 0;
    if (!tbi_ticket_is_task(ticket))
        tbi_more(city, index)->key_us = ticket->place_at;
    tbi_join(step, index, group * TB_CLASSES + TB_CLASS_RETURNED);
}

void tbi_lines_refresh(struct tb_city *city, uint32_t index)
{
    struct tbi_station *station = tbi_station(city, index);
    int64_t ahead = tbi_rule(city, index, TB_RULE_remind_ahead);
    for (uint64_t m = station->waiting_lines; m; m &= m - 1) {
        uint32_t queue = tbi_lowest(m);
        struct tbi_line *line = tbi_station_line(station, queue);
        tbi_line_prune(city, station, queue);
        line->near = TB_NONE;
        if (!line->fifo || station->kind != TB_STATION_HALL || ahead == 0)
            continue;
        uint32_t at = line->head;
        for (int64_t i = 0; i < ahead && at != TB_NONE; i++)
            at = tbi_ticket(city, at)->next;
        line->near = at;
    }
}

void tbi_away_add(struct tb_city *city, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    ticket->prev = station->away.tail;
    ticket->next = TB_NONE;
    if (station->away.tail == TB_NONE)
        station->away.head = index;
    else
        tbi_ticket(city, station->away.tail)->next = index;
    station->away.tail = index;
    station->parked++;
}

void tbi_away_remove(struct tb_city *city, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    tb_assert(station->parked > 0);
    if (ticket->prev == TB_NONE)
        station->away.head = ticket->next;
    else
        tbi_ticket(city, ticket->prev)->next = ticket->next;
    if (ticket->next == TB_NONE)
        station->away.tail = ticket->prev;
    else
        tbi_ticket(city, ticket->next)->prev = ticket->prev;
    station->parked--;
}
