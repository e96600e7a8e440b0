/* TICKET.*: what citizens do; to take a number: life.c. */
#include "pool.h"
#include "server.h"
#include "step.h"

/* The ticket of a citizen's command, or why not. */
static enum tb_status citizen_ticket(const struct tb_city *city, const struct tb_command *command,
                                     enum tb_ticket_cause cause, uint32_t *index)
{
    *index = tbi_ticket_find(city, command->ref);
    if (*index == TB_NONE)
        return TB_STATUS_TICKET_UNKNOWN;
    const struct tbi_ticket *ticket = tbi_ticket(city, *index);
    if (tbi_ticket_is_task(ticket))
        return TB_STATUS_STATION_KIND;
    if (tbi_ticket_next((enum tb_ticket_state)ticket->state, cause) < 0)
        return TB_STATUS_TICKET_STATE;
    return TB_STATUS_OK;
}

static int64_t age(const struct tbi_step *step, const struct tbi_ticket *ticket)
{
    return step->now > ticket->place_at ? step->now - ticket->place_at : 0;
}

enum tb_status tbi_do_KIOSK_REQUEST(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    const struct tbi_station *station = tbi_station(city, command->station);
    if (station->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    if (!station->accepts)
        return TB_STATUS_HALL_CLOSED;
    if (command->matters[0] >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    uint32_t group = tbi_matter(city, command->matters[0])->remote_group;
    if (city->station_remote == TB_NONE || group >= TB_GROUPS_MAX)
        return TB_STATUS_REMOTE_MISSING;
    if (!tbi_station(city, city->station_remote)->accepts)
        return TB_STATUS_HALL_CLOSED;
    if (!tbi_quota_left(tbi_station(city, city->station_remote), group))
        return TB_STATUS_QUOTA_EXHAUSTED;
    if (tbi_pool_left(&city->tickets) == 0)
        return TB_STATUS_TICKETS_FULL;
    if (!tbi_in_step(step, city->station_remote))
        return TB_STATUS_STATION_OUT_OF_STEP;
    tbi_ticket_take(step, command, city->station_remote, 1, TB_CLASS_NORMAL | TB_CHANNEL_VIDEO << 4,
                group * TB_CLASSES + TB_CLASS_NORMAL);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_TICKET_ADD(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_ADD, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (ticket->matters_left + 1 >= TB_TICKET_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    if (command->matters[0] >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    if (ticket->station == city->station_remote) {
        if (tbi_matter(city, command->matters[0])->remote_group >= TB_GROUPS_MAX)
            return TB_STATUS_REMOTE_MISSING;
    } else if (!tbi_matter_at(city, command->matters[0], ticket->station)) {
        return TB_STATUS_MATTER_ELSEWHERE;
    }
    tbi_more(city, index)->matters[ticket->matters_left++] = command->matters[0];
    struct tb_event *event =
        tbi_emit_at_server(step, TB_EVENT_MATTER_ADDED, index, ticket->server);
    event->value = ticket->matters_left + 1;
    return TB_STATUS_OK;
}

/* ---- leaving
 * ---------------------------------------------------------------------------------- */

enum tb_status tbi_do_TICKET_CANCEL(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_CANCEL, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    uint32_t server = ticket->state == TB_TICKET_CALLED ? ticket->server : TB_NONE;
    int64_t since = ticket->state == TB_TICKET_BOOKED ? 0 : age(step, ticket);
    if (ticket->state == TB_TICKET_WAITING)
        tbi_leave(step, index);
    if (ticket->state == TB_TICKET_PARKED || ticket->state == TB_TICKET_ABSENT)
        tbi_away_remove(city, index);
    if (ticket->state == TB_TICKET_BOOKED) {
        tbi_book_give_back(city, index);
        tbi_station(city, ticket->station)->booked--;
    }
    if (server != TB_NONE) {
        tbi_calls_remove(city, tbi_server(city, server));
        tbi_station(city, ticket->station)->called--;
    }
    tbi_emit_at_server(step, TB_EVENT_CANCELLED, index, server)->value = since;
    tbi_near_flush(step);
    tbi_ticket_end(step, index);
    if (server != TB_NONE)
        tbi_server_release(step, server, true);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_TICKET_ABANDON(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t index;
    enum tb_status status = citizen_ticket(step->city, command, TB_TICKET_BY_ABANDON, &index);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    if (ticket->wait_ms > 0)
        tbi_estimate_left(step->city, index, step->now - ticket->changed_at);
    tbi_leave(step, index);
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_ABANDONED, index);
    event->value = age(step, ticket);
    tbi_near_flush(step);
    tbi_ticket_end(step, index);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_TICKET_PARK(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_PARK, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (tbi_station(city, ticket->station)->over)
        return TB_STATUS_HALL_CLOSED;
    int64_t keep_us = tbi_rule(city, ticket->station, TB_RULE_park_keep_us);
    tb_time until = keep_us > 0 ? step->now + keep_us : TB_NEVER;
    tbi_leave(step, index);
    ticket->state = TB_TICKET_PARKED;
    ticket->changed_at = step->now;
    tbi_away_add(city, index);
    tbi_timer_set(city, index, until);
    tbi_emit_ticket(step, TB_EVENT_PARKED, index)->value = until;
    tbi_near_flush(step);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_TICKET_RESUME(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_RESUME, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (tbi_station(city, ticket->station)->over)
        return TB_STATUS_HALL_CLOSED;
    if (ticket->resumed >= tbi_rule(city, ticket->station, TB_RULE_return_max))
        return TB_STATUS_RETURNS_TOO_MANY;
    uint32_t group = tbi_ticket_group(city, ticket, ticket->matter);
    tbi_away_remove(city, index);
    tbi_timer_clear(city, index);
    ticket->resumed++;
    ticket->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_RETURNED);
    tbi_emit_ticket(step, TB_EVENT_RETURNED, index)->value = age(step, ticket);
    tbi_rejoin(step, index, group);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_TICKET_ACK(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_ACKNOWLEDGE, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    if ((ticket->flags & (TBI_TICKET_SILENT | TBI_TICKET_ACKED)) != TBI_TICKET_SILENT)
        return TB_STATUS_TICKET_STATE;
    ticket->flags |= TBI_TICKET_ACKED;
    tbi_server_ack_over(city, ticket->server);
    tbi_emit_at_server(step, TB_EVENT_ACKNOWLEDGED, index, ticket->server);
    return TB_STATUS_OK;
}

/* ---- moving
 * ----------------------------------------------------------------------------------- */

enum tb_status tbi_transfer_check(const struct tbi_step *step, const struct tb_command *command,
                                  const struct tbi_ticket *ticket)
{
    const struct tb_city *city = step->city;
    if (ticket->station == city->station_remote)
        return TB_STATUS_STATION_KIND;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    const struct tbi_station *station = tbi_station(city, command->station);
    if (station->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    if (command->matters[0] >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    if (!tbi_matter_at(city, command->matters[0], command->station))
        return TB_STATUS_MATTER_ELSEWHERE;
    bool same = command->station == ticket->station;
    if (same ? station->over : !station->accepts)
        return TB_STATUS_HALL_CLOSED;
    if (!same && !tbi_in_step(step, command->station))
        return TB_STATUS_STATION_OUT_OF_STEP;
    return TB_STATUS_OK;
}

void tbi_transfer(struct tbi_step *step, uint32_t index, uint32_t station, uint32_t matter,
                  uint32_t server)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    uint32_t from = ticket->station;
    uint32_t group = tbi_matter(city, matter)->group;
    if (station != from) {
        ticket->station = (uint16_t)station;
        ticket->number = ++tbi_station(city, station)->number_last;
    }
    ticket->matter = (uint16_t)matter;
    ticket->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_RETURNED);
    struct tb_event *event = tbi_emit_at_server(step, TB_EVENT_TRANSFERRED, index, server);
    event->value = age(step, ticket);
    event->value2 = from;
    tbi_near_flush(step);
    tbi_rejoin(step, index, group);
}

enum tb_status tbi_do_TICKET_TRANSFER(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index;
    enum tb_status status = citizen_ticket(city, command, TB_TICKET_BY_TRANSFER, &index);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    status = tbi_transfer_check(step, command, ticket);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t server = TB_NONE;
    if (ticket->state == TB_TICKET_WAITING)
        tbi_leave(step, index);
    else
        server = tbi_window_let_go(step, index);
    tbi_transfer(step, index, command->station, command->matters[0], server);
    if (server != TB_NONE)
        tbi_server_release(step, server, true);
    return TB_STATUS_OK;
}

/* ---- time, and looking
 * ------------------------------------------------------------------------- */

bool tbi_ticket_expire_one(struct tbi_step *step, uint32_t station_index)
{
    struct tb_city *city = step->city;
    struct tbi_station *station = tbi_station(city, station_index);
    uint32_t index = station->away.head;
    enum tb_event_kind kind = TB_EVENT_EXPIRED;
    if (station->waiting_lines) {
        index = tbi_station_line(station, tbi_lowest(station->waiting_lines))->head;
        tbi_leave(step, index);
        step->near = TB_NONE; /* nobody wants "three ahead of you" while the hall closes */
    } else if (index != TB_NONE) {
        tbi_away_remove(city, index);
        if (tbi_ticket(city, index)->state == TB_TICKET_ABSENT)
            kind = TB_EVENT_MISSED;
    } else {
        return false;
    }
    struct tb_event *event = tbi_emit_ticket(step, kind, index);
    event->value = kind == TB_EVENT_EXPIRED ? age(step, tbi_ticket(city, index)) : 0;
    tbi_ticket_end(step, index);
    return true;
}

void tbi_ticket_timer(struct tbi_step *step, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    if (ticket->state == TB_TICKET_BOOKED) {
        tbi_book_timer(step, index);
        return;
    }
    tb_assert(ticket->state == TB_TICKET_PARKED || ticket->state == TB_TICKET_ABSENT);
    bool parked = ticket->state == TB_TICKET_PARKED;
    tbi_away_remove(step->city, index);
    struct tb_event *event =
        tbi_emit_ticket(step, parked ? TB_EVENT_ABANDONED : TB_EVENT_MISSED, index);
    event->value = parked ? age(step, ticket) : 0;
    tbi_ticket_end(step, index);
}

enum tb_status tbi_do_TICKET_INFO(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t index = tbi_ticket_find(city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_TICKET_UNKNOWN;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tb_event *event = tbi_answer(step, TB_EVENT_TICKET, ticket->station);
    event->ref = tbi_ticket_ref(city, index);
    event->server = ticket->server;
    event->number = ticket->number;
    event->queue = ticket->queue;
    event->matter = ticket->matter;
    if (ticket->state != TB_TICKET_WAITING)
        return TB_STATUS_OK;
    int64_t ahead = 0;
    for (uint32_t at = ticket->prev; at != TB_NONE && ahead < 99; ahead++)
        at = tbi_ticket(city, at)->prev;
    struct tb_wait wait;
    tbi_estimate(city, ticket->station, ticket->queue, &wait);
    event->value = ahead;
    event->value2 = wait.half_us;
    return TB_STATUS_OK;
}
