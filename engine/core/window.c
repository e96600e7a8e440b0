/* WINDOW.*: what windows and approvers do. */
#include "step.h"

/* The window of a command in a state that allows it. */
static enum tb_status window_check(const struct tb_city *city, uint32_t server,
                                   enum tb_server_cause cause)
{
    if (server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    if (tbi_server_next((enum tb_server_state)tbi_server(city, server)->state, cause) < 0)
        return TB_STATUS_SERVER_STATE;
    return TB_STATUS_OK;
}

static enum tb_status window_plan(struct tbi_step *step, const struct tb_command *command,
                                  enum tb_plan_action action, int64_t profile)
{
    if (command->server >= step->city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    return tbi_server_plan(step, command->server, action, profile);
}

enum tb_status tbi_do_WINDOW_OPEN(struct tbi_step *step, const struct tb_command *command)
{
    return window_plan(step, command, TB_PLAN_OPEN, command->value);
}

enum tb_status tbi_do_WINDOW_CLOSE(struct tbi_step *step, const struct tb_command *command)
{
    return window_plan(step, command, TB_PLAN_CLOSE, -1);
}

enum tb_status tbi_do_WINDOW_PAUSE(struct tbi_step *step, const struct tb_command *command)
{
    return window_plan(step, command, TB_PLAN_PAUSE, -1);
}

enum tb_status tbi_do_WINDOW_CONTINUE(struct tbi_step *step, const struct tb_command *command)
{
    return window_plan(step, command, TB_PLAN_CONTINUE, -1);
}

enum tb_status tbi_do_WINDOW_NEXT(struct tbi_step *step, const struct tb_command *command)
{
    enum tb_status status = window_check(step->city, command->server, TB_SERVER_BY_NEXT);
    if (status == TB_STATUS_OK)
        tbi_server_ready(step, command->server);
    return status;
}

enum tb_status tbi_do_WINDOW_SKILL(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    const struct tbi_server *server = tbi_server(city, command->server);
    if (command->value < 0 ||
        command->value >= tbi_station(city, server->station)->profile_count)
        return TB_STATUS_PROFILE_UNKNOWN;
    tbi_server_skill(step, command->server, (uint32_t)command->value);
    return TB_STATUS_OK;
}

/* ---- calling
 * ---------------------------------------------------------------------------------- */

enum tb_status tbi_window_call(struct tbi_step *step, uint32_t server_index, uint32_t index)
{
    struct tb_city *city = step->city;
    const struct tbi_server *server = tbi_server(city, server_index);
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const struct tbi_profile *profile = tbi_server_profile(city, server);
    uint64_t lines = 0;
    if (ticket->station == server->station)
        lines = profile->serves | profile->helps;
    else if (ticket->station == city->station_remote)
        lines = profile->remote;
    if (!(lines & tbi_bit(ticket->queue)))
        return TB_STATUS_SKILL_MISSING;
    struct tbi_choice choice = tbi_choose_ticket(city, server_index);
    const struct tbi_station *station = tbi_station(city, ticket->station);
    uint64_t eligible = choice.station == ticket->station ? choice.eligible : 0;
    for (uint64_t m = eligible & station->starving_lines; m; m &= m - 1)
        if (tbi_station_line(station, tbi_lowest(m))->head_join < ticket->join)
            return TB_STATUS_OVERTAKE_BOUND;
    if (!tbi_in_step(step, ticket->station))
        return TB_STATUS_STATION_OUT_OF_STEP;
    tbi_server_take(step, server_index, index, &choice, TB_EXPLAIN_CHOSEN);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_WINDOW_CALL(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    uint32_t index = tbi_ticket_find(city, command->ref);
    if (index == TB_NONE)
        return TB_STATUS_TICKET_UNKNOWN;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_CALL);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (tbi_ticket_next((enum tb_ticket_state)ticket->state, TB_TICKET_BY_CALL) < 0)
        return TB_STATUS_TICKET_STATE;
    return tbi_window_call(step, command->server, index);
}

enum tb_status tbi_do_WINDOW_RECALL(struct tbi_step *step, const struct tb_command *command)
{
    enum tb_status status = window_check(step->city, command->server, TB_SERVER_BY_RECALL);
    if (status == TB_STATUS_OK)
        tbi_server_recall(step, command->server, false);
    return status;
}

enum tb_status tbi_do_WINDOW_START(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_START);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_server *server = tbi_server(city, command->server);
    struct tbi_ticket *ticket = tbi_ticket(city, server->ticket);
    struct tbi_station *station = tbi_station(city, ticket->station);
    tbi_server_calls_remove(city, command->server);
    station->called--;
    station->serving++;
    tbi_emit_whole(step, TB_EVENT_STARTED, station, ticket, server->ticket, command->server,
                   step->now - ticket->changed_at, 0);
    ticket->state = TB_TICKET_SERVING;
    ticket->changed_at = step->now;
    server->state = TB_SERVER_SERVING;
    server->changed_at = step->now;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_WINDOW_NO_SHOW(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_NO_SHOW);
    if (status != TB_STATUS_OK)
        return status;
    if (tbi_ticket_is_task(tbi_ticket(city, tbi_server(city, command->server)->ticket)))
        return TB_STATUS_STATION_KIND;
    tbi_server_no_show(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

/* ---- the ticket goes elsewhere
 * ------------------------------------------------------------------ */

uint32_t tbi_window_let_go(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    uint32_t server = ticket->server;
    tb_assert(tbi_server(city, server)->ticket == index);
    if (ticket->state == TB_TICKET_CALLED) {
        tbi_server_calls_remove(city, server);
        station->called--;
    } else {
        tb_assert(ticket->state == TB_TICKET_SERVING);
        station->serving--;
    }
    return server;
}

void tbi_window_put_back(struct tbi_step *step, uint32_t server, bool wants_next)
{
    struct tb_city *city = step->city;
    uint32_t index = tbi_server(city, server)->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    tbi_window_let_go(step, index);
    if (tbi_ticket_is_task(ticket) && tbi_more(city, index)->case_index == TB_NONE) {
        tbi_emit_at_server(step, TB_EVENT_TASK_DROPPED, index, server)->value =
            tbi_more(city, index)->step;
        tbi_ticket_end(step, index);
    } else {
        uint32_t group = ticket->queue / TB_CLASSES;
        if (!tbi_ticket_is_task(ticket))
            group = tbi_ticket_group(city, ticket, ticket->matter);
        ticket->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_RETURNED);
        tbi_emit_at_server(step, TB_EVENT_RETURNED, index, server)->value =
            step->now > ticket->place_at ? step->now - ticket->place_at : 0;
        tbi_rejoin(step, index, group);
    }
    tbi_server_release(step, server, wants_next);
}

enum tb_status tbi_do_WINDOW_RETURN(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_RETURN);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t index = tbi_server(city, command->server)->ticket;
    if (tbi_station(city, tbi_ticket(city, index)->station)->over)
        return TB_STATUS_HALL_CLOSED;
    tbi_window_put_back(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_WINDOW_TRANSFER(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_RETURN);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t index = tbi_server(city, command->server)->ticket;
    if (tbi_ticket_is_task(tbi_ticket(city, index)))
        return TB_STATUS_STATION_KIND;
    status = tbi_transfer_check(step, command, tbi_ticket(city, index));
    if (status != TB_STATUS_OK)
        return status;
    tbi_window_let_go(step, index);
    tbi_transfer(step, index, command->station, command->matters[0], command->server);
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

/* ---- finishing (R9) -------------------------------------------------------------------------- */

/* The next matter of the ticket that is handled where it stands; TB_MATTER_NONE: that was the
 * last. */
static uint32_t matter_next(struct tb_city *city, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_ticket_more *more = tbi_more(city, index);
    while (ticket->matters_left > 0) {
        uint32_t matter = more->matters[0];
        ticket->matters_left--;
        memmove(more->matters, more->matters + 1, ticket->matters_left * sizeof more->matters[0]);
        bool here = ticket->station == city->station_remote
                        ? tbi_matter(city, matter)->remote_group < TB_GROUPS_MAX
                        : tbi_matter_at(city, matter, ticket->station);
        if (here)
            return matter;
    }
    return TB_MATTER_NONE;
}

static bool window_has_group(const struct tb_city *city, const struct tbi_server *server,
                             const struct tbi_ticket *ticket, uint32_t group)
{
    const struct tbi_profile *profile = tbi_server_profile(city, server);
    uint64_t lines = ticket->station == server->station ? profile->serves | profile->helps
                                                        : profile->remote;
    return lines >> (group * TB_CLASSES) & ((1u << TB_CLASSES) - 1);
}

static void finish_visit(struct tbi_step *step, uint32_t server, int64_t served_us, bool opens)
{
    struct tb_city *city = step->city;
    uint32_t index = tbi_server(city, server)->ticket;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    const tb_ref visit = tbi_visit_add(step, station, ticket);
    tbi_emit_whole(step, TB_EVENT_FINISHED, station, ticket, index, server, served_us,
                   (int64_t)visit);
    station->serving--;
    if (opens)
        tbi_case_open(step, index, ticket->matter, tbi_ticket_class(ticket), ticket->citizen,
                      ticket->station, ticket->number);
    tbi_ticket_end(step, index);
}

static enum tb_status finish_check(const struct tbi_step *step, const struct tb_command *command,
                                   bool *opens)
{
    const struct tb_city *city = step->city;
    enum tb_status status = window_check(city, command->server, TB_SERVER_BY_FINISH);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket =
        tbi_ticket(city, tbi_server(city, command->server)->ticket);
    if (tbi_ticket_is_task(ticket))
        return TB_STATUS_STATION_KIND;
    const struct tbi_matter *matter = tbi_matter(city, ticket->matter);
    *opens = matter->route != TB_MATTER_NONE && !(command->flags & TB_FLAG_SETTLED);
    if (!*opens)
        return TB_STATUS_OK;
    status = tbi_case_room(city, ticket->matter);
    if (status != TB_STATUS_OK || step->only == TB_NONE)
        return status;
    const struct tbi_route *route = tbi_route(city, matter->route);
    for (uint32_t i = 0; i < route->step_count; i++)
        if (!tbi_in_step(step, route->steps[i].station))
            return TB_STATUS_STATION_OUT_OF_STEP;
    return TB_STATUS_OK;
}

enum tb_status tbi_do_WINDOW_FINISH(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    bool opens = false;
    enum tb_status status = finish_check(step, command, &opens);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_server *server = tbi_server(city, command->server);
    uint32_t index = server->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    int64_t served_us = step->now - ticket->changed_at;
    uint32_t done = ticket->matter;
    tbi_estimate_served(tbi_station(city, ticket->station), tbi_ticket_group(city, ticket, done),
                        served_us);
    uint32_t next = ticket->matters_left == 0 ? TB_MATTER_NONE : matter_next(city, index);
    if (next == TB_MATTER_NONE) {
        finish_visit(step, command->server, served_us, opens);
        tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
        return TB_STATUS_OK;
    }
    tbi_emit_at_server(step, TB_EVENT_MATTER_DONE, index, command->server)->value = served_us;
    if (opens) {
        struct tb_event *event = step->out - 1;
        tbi_case_open(step, index, done, tbi_ticket_class(ticket), ticket->citizen,
                      ticket->station, ticket->number);
        event->value2 = (int64_t)event[1].ref; /* CASE_OPENED follows at once */
    }
    uint32_t group = tbi_ticket_group(city, ticket, next);
    ticket->matter = (uint16_t)next;
    if (window_has_group(city, server, ticket, group)) {
        ticket->changed_at = step->now;
        server->changed_at = step->now;
        return TB_STATUS_OK;
    }
    tbi_window_let_go(step, index);
    ticket->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_RETURNED);
    struct tb_event *event =
        tbi_emit_at_server(step, TB_EVENT_TRANSFERRED, index, command->server);
    event->value = step->now > ticket->place_at ? step->now - ticket->place_at : 0;
    event->value2 = ticket->station;
    tbi_rejoin(step, index, group);
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}
