/* Waiting lines: joining, leaving, who was overtaken, who is to be reminded. */
#include "heap.h"
#include "step.h"

/* Brings the copies that choosing reads up to date with the first ticket and the oldest joiner
 * of a line where somebody waits. A task that is never due keeps a key from which a credit can
 * still be taken. */
static void line_cache(const struct tb_city *city, struct tbi_line *line)
{
    const struct tbi_ticket *head = tbi_ticket(city, line->head), *first = head;
    int64_t key = head->place_at;
    if (!line->fifo) {
        first = tbi_ticket(city, line->root);
        key = tbi_more(city, line->root)->key_us;
    }
    line->first_key = key < TB_NEVER / 2 ? key : TB_NEVER / 2;
    line->first_join = first->join;
    line->head_join = head->join;
}

/* Forgets those who overtook only people who have left. */
static void line_prune(struct tb_city *city, struct tbi_station *station, uint32_t queue)
{
    struct tbi_line *line = tbi_station_line(station, queue);
    uint32_t *join = tbi_overtakes(city, station->line_first + queue)->join;
    uint8_t kept = 0;
    for (uint32_t i = 0; i < line->overtakes; i++)
        if (join[i] > line->head_join)
            join[kept++] = join[i];
    line->overtakes = kept;
    if (kept < tbi_station_rules(station)[TB_RULE_overtake_max])
        station->starving_lines &= ~tbi_bit(queue);
    else
        station->starving_lines |= tbi_bit(queue);
}

static void line_append(struct tb_city *city, struct tbi_station *station,
                        struct tbi_ticket *ticket, uint32_t index, uint32_t queue)
{
    struct tbi_line *line = tbi_station_line(station, queue);
    const uint32_t tail = line->tail, count = line->count;
    ticket->prev = tail;
    ticket->next = TB_NONE;
    *(tail == TB_NONE ? &line->head : &tbi_ticket(city, tail)->next) = index;
    line->tail = index;
    line->count = count + 1;
    station->waiting_lines |= tbi_bit(queue);
    station->waiting++;
    if (line->fifo) {
        if (count == 0)
            line_cache(city, line);
        if (count == tbi_station_rules(station)[TB_RULE_remind_ahead] && count > 0 &&
            station->kind == TB_STATION_HALL)
            line->near = index;
    } else {
        tbi_heap_insert(city, TBI_HEAP_LINE, &line->root, index);
        line_cache(city, line);
    }
}

/* The station is over: nobody joins. */
static __attribute__((noinline)) void join_over(struct tbi_step *step, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_EXPIRED, index);
    event->value = step->now > ticket->place_at ? step->now - ticket->place_at : 0;
    tbi_ticket_end(step, index);
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
        join_over(step, index);
        return;
    }
    uint32_t server = TB_NONE;
    if ((station->ready_profiles & tbi_station_line(station, queue)->profiles) ||
        ticket->station == city->station_remote)
        server = tbi_choose_server(city, ticket->station, queue);
    if (server == TB_NONE) {
        line_append(city, station, ticket, index, queue);
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
    if (line->near == TB_NONE)
        return;
    const struct tbi_ticket *near = tbi_ticket(step->city, line->near);
    if (leaving->join > near->join)
        return;
    step->near = line->near = near->next;
    __builtin_prefetch(tbi_ticket(step->city, near->next));
}

void tbi_leave(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    const uint32_t queue = ticket->queue, prev = ticket->prev, next = ticket->next;
    struct tbi_line *line = tbi_station_line(station, queue);
    tb_assert(ticket->state == TB_TICKET_WAITING);
    tb_assert(line->count > 0);
    line_near(step, line, ticket);
    *(prev == TB_NONE ? &line->head : &tbi_ticket(city, prev)->next) = next;
    *(next == TB_NONE ? &line->tail : &tbi_ticket(city, next)->prev) = prev;
    if (!line->fifo)
        tbi_heap_remove(city, TBI_HEAP_LINE, &line->root, index);
    station->waiting--;
    if (--line->count == 0) {
        station->waiting_lines &= ~tbi_bit(queue);
        station->starving_lines &= ~tbi_bit(queue);
        line->overtakes = 0;
        return;
    }
    if (prev == TB_NONE || !line->fifo)
        line_cache(city, line);
    if (prev == TB_NONE && line->overtakes > 0)
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
        struct tbi_line *line = tbi_station_line(station, queue);
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
