/* WINDOW.*: what windows and approvers do; next, start and finish: life.c. */
#include "server.h"
#include "step.h"

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
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_CALL);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    if (tbi_ticket_next((enum tb_ticket_state)ticket->state, TB_TICKET_BY_CALL) < 0)
        return TB_STATUS_TICKET_STATE;
    return tbi_window_call(step, command->server, index);
}

enum tb_status tbi_do_WINDOW_RECALL(struct tbi_step *step, const struct tb_command *command)
{
    enum tb_status status = tbi_window_check(step->city, command->server, TB_SERVER_BY_RECALL);
    if (status == TB_STATUS_OK)
        tbi_server_recall(step, command->server, false);
    return status;
}

enum tb_status tbi_do_WINDOW_NO_SHOW(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_NO_SHOW);
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
        tbi_calls_remove(city, tbi_server(city, server));
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
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_RETURN);
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
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_RETURN);
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
