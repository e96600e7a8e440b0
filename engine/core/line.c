/* Waiting lines: joining, leaving, who was overtaken, who is to be reminded. */
#include "heap.h"
#include "step.h"

/* A task that is never due keeps a key from which a credit can still be taken. */
static int64_t line_key(const struct tb_city *city, const struct tbi_line *line, uint32_t ticket)
{
    int64_t key = line->fifo ? tbi_ticket(city, ticket)->place_at : tbi_more(city, ticket)->key_us;
    return key < TB_NEVER / 2 ? key : TB_NEVER / 2;
}

/* Brings the copies that choosing reads up to date with the first ticket and the oldest joiner. */
static void line_cache(struct tb_city *city, struct tbi_station *station, uint32_t queue)
{
    struct tbi_line *line = tbi_station_line(city, station, queue);
    if (line->count == 0) {
        tb_assert(line->head == TB_NONE);
        station->waiting_lines &= ~tbi_bit(queue);
        station->starving_lines &= ~tbi_bit(queue);
        line->overtakes = 0;
        return;
    }
    uint32_t first = line->fifo ? line->head : line->root;
    line->first_key = line_key(city, line, first);
    line->first_join = tbi_ticket(city, first)->join;
    line->head_join = tbi_ticket(city, line->head)->join;
}

/* Forgets those who overtook only people who have left. */
static void line_prune(struct tb_city *city, struct tbi_station *station, uint32_t queue)
{
    struct tbi_line *line = tbi_station_line(city, station, queue);
    uint32_t *join = tbi_overtakes(city, station->line_first + queue)->join;
    uint8_t kept = 0;
    for (uint32_t i = 0; i < line->overtakes; i++)
        if (join[i] > line->head_join)
            join[kept++] = join[i];
    line->overtakes = kept;
    int64_t most = tbi_rule(city, tbi_ticket(city, line->head)->station, TB_RULE_overtake_max);
    if (kept < most)
        station->starving_lines &= ~tbi_bit(queue);
    else
        station->starving_lines |= tbi_bit(queue);
}

static void line_append(struct tb_city *city, struct tbi_station *station, uint32_t index,
                        uint32_t queue)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_line *line = tbi_station_line(city, station, queue);
    ticket->prev = line->tail;
    ticket->next = TB_NONE;
    if (line->tail == TB_NONE)
        line->head = index;
    else
        tbi_ticket(city, line->tail)->next = index;
    line->tail = index;
    if (line->fifo && station->kind == TB_STATION_HALL) {
        int64_t ahead = tbi_rule(city, ticket->station, TB_RULE_remind_ahead);
        if (ahead > 0 && line->count == ahead)
            line->near = index;
    }
    if (!line->fifo)
        tbi_heap_insert(city, TBI_HEAP_LINE, &line->root, index);
    station->waiting_lines |= tbi_bit(queue);
    station->waiting++;
    if (line->count++ == 0 || !line->fifo)
        line_cache(city, station, queue);
}

void tbi_join(struct tbi_step *step, uint32_t index, uint32_t queue)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    tb_assert(queue < station->group_count * TB_CLASSES);
    ticket->queue = (uint8_t)queue;
    ticket->state = TB_TICKET_WAITING;
    ticket->server = TB_NONE;
    ticket->changed_at = step->now;
    ticket->join = ++station->join_last;
    if (station->over) {
        struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_EXPIRED, index);
        event->value = step->now > ticket->place_at ? step->now - ticket->place_at : 0;
        tbi_ticket_end(step, index);
        return;
    }
    uint32_t server = tbi_choose_server(city, ticket->station, queue);
    if (server == TB_NONE) {
        line_append(city, station, index, queue);
        return;
    }
    if (step->explanations)
        tbi_explain_call(step, server, index, TB_EXPLAIN_FLEXIBLE);
    tbi_server_call(step, server, index, 0);
}

/* The cursor of reminders stands on the one with exactly n ahead; when he or somebody ahead of
 * him leaves, it moves to the next. */
static void line_near(struct tbi_step *step, struct tbi_line *line,
                      const struct tbi_ticket *leaving)
{
    if (line->near == TB_NONE || leaving->join > tbi_ticket(step->city, line->near)->join)
        return;
    line->near = tbi_ticket(step->city, line->near)->next;
    step->near = line->near;
}

void tbi_leave(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    uint32_t queue = ticket->queue;
    struct tbi_line *line = tbi_station_line(city, station, queue);
    tb_assert(ticket->state == TB_TICKET_WAITING);
    tb_assert(line->count > 0);
    line_near(step, line, ticket);
    bool was_head = line->head == index;
    if (was_head)
        line->head = ticket->next;
    else
        tbi_ticket(city, ticket->prev)->next = ticket->next;
    if (line->tail == index)
        line->tail = ticket->prev;
    else
        tbi_ticket(city, ticket->next)->prev = ticket->prev;
    if (!line->fifo)
        tbi_heap_remove(city, TBI_HEAP_LINE, &line->root, index);
    line->count--;
    station->waiting--;
    if (was_head || !line->fifo)
        line_cache(city, station, queue);
    if (was_head && line->overtakes > 0)
        line_prune(city, station, queue);
}

void tbi_near_send(struct tbi_step *step)
{
    uint32_t index = step->near;
    step->near = TB_NONE;
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
        struct tbi_line *line = tbi_station_line(city, station, queue);
        line_prune(city, station, queue);
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
