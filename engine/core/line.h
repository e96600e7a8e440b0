/* Waiting lines, as every visit goes through them: joining, leaving. */
#ifndef TBI_LINE_H
#define TBI_LINE_H

#include "heap.h"
#include "step.h"

/* Brings the copies that choosing reads up to date with the first ticket and the oldest joiner
 * of a line where somebody waits. A task that is never due keeps a key from which a credit can
 * still be taken. */
static inline void tbi_line_cache(const struct tb_city *city, struct tbi_line *line)
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
static inline void tbi_line_prune(struct tb_city *city, struct tbi_station *station, uint32_t queue)
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

/* It stands in line, last of those who joined. */
static inline void tbi_line_append(struct tb_city *city, struct tbi_station *station,
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
            tbi_line_cache(city, line);
        if (count == tbi_station_rules(station)[TB_RULE_remind_ahead] && count > 0 &&
            station->kind == TB_STATION_HALL)
            line->near = index;
    } else {
        tbi_heap_insert(city, TBI_HEAP_LINE, &line->root, index);
        tbi_line_cache(city, line);
    }
}

/* The cursor of reminders stands on the one with exactly n ahead; when he or somebody ahead of
 * him leaves, it moves to the next. */
static inline void tbi_line_near(struct tbi_step *step, struct tbi_line *line,
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

/* A waiting ticket leaves its line for whatever reason; may set step->near. */
static inline void tbi_line_leave(struct tbi_step *step, struct tbi_station *station,
                                  const struct tbi_ticket *ticket, uint32_t index)
{
    struct tb_city *city = step->city;
    const uint32_t queue = ticket->queue, prev = ticket->prev, next = ticket->next;
    struct tbi_line *line = tbi_station_line(station, queue);
    tb_assert(ticket->state == TB_TICKET_WAITING);
    tb_assert(line->count > 0);
    tbi_line_near(step, line, ticket);
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
        tbi_line_cache(city, line);
    if (prev == TB_NONE && line->overtakes > 0)
        tbi_line_prune(city, station, queue);
}

#endif
