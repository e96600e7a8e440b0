/* The front-desk life: a number is taken, called, served, and gone. What nearly all commands are,
 * and what each of them goes through, stands here in one piece, so that the compiler sees it whole:
 * TICKET.TAKE, WINDOW.NEXT, WINDOW.START, WINDOW.FINISH, and below them, for all other commands,
 * joining and leaving a line, a call, a window that gets free.
 *
 * Whoever has looked up a station, a window or a ticket hands its address on. */
#include "choose.h"
#include "estimate.h"
#include "line.h"
#include "server.h"
#include "visit.h"

/* All that is called from here is to be part of it, but for what is noinline. */
#define WHOLE __attribute__((flatten))

/* ---- a call (R7) ----------------------------------------------------------------------------- */

/* The window (WRAP, or READY and taken off its list by this) calls the ticket (WAITING, out of its
 * line). */
static inline void call(struct tbi_step *step, struct tbi_station *station,
                        struct tbi_server *server, uint32_t index, struct tbi_ticket *ticket,
                        uint32_t ticket_index, uint32_t overtaken)
{
    const tb_time now = step->now;
    const int64_t *rule = tbi_station_rules(station);
    const bool starts = rule[TB_RULE_auto_start] != 0;
    const tb_time since = tbi_ticket_is_task(ticket) ? ticket->changed_at : ticket->place_at;
    tb_assert(ticket->state == TB_TICKET_WAITING);
    if (server->state == TB_SERVER_READY)
        tbi_ready_remove(step->city, index);
    tb_assert(server->ticket == TB_NONE);
    if (ticket->wait_ms > 0)
        tbi_estimate_learn(station, ticket, now - ticket->changed_at);
    server->ticket = ticket_index;
    server->state = starts ? TB_SERVER_SERVING : TB_SERVER_CALLED;
    server->repeats = 0;
    server->changed_at = now;
    ticket->state = starts ? TB_TICKET_SERVING : TB_TICKET_CALLED;
    ticket->server = index;
    ticket->changed_at = now;
    ticket->calls = 1;
    ticket->flags &= (uint8_t)~TBI_TICKET_ACKED;
    struct tb_event *event = tbi_emit_whole(step, TB_EVENT_CALLED, station, ticket, ticket_index,
                                            index, now > since ? now - since : 0, overtaken);
    if (ticket->flags & TBI_TICKET_SILENT)
        event->flags |= TB_EVENT_FLAG_SILENT;
    if (starts) {
        event->flags |= TB_EVENT_FLAG_STARTED;
        station->serving++;
        return;
    }
    station->called++;
    tbi_call_deadline(step, station, ticket, server, index);
}

/* Those in the lines `eligible` who joined before the ticket that is called are overtaken by it. */
static __attribute__((noinline)) void overtake(struct tb_city *city, struct tbi_station *station,
                                               uint64_t eligible, uint32_t join)
{
    const int64_t most = tbi_station_rules(station)[TB_RULE_overtake_max];
    for (uint64_t m = eligible & station->waiting_lines; m; m &= m - 1) {
        uint32_t queue = tbi_lowest(m);
        struct tbi_line *line = tbi_station_line(station, queue);
        if (line->head_join >= join)
            continue;
        tb_assert(line->overtakes < most && line->overtakes < TB_OVERTAKE_MAX);
        tbi_overtakes(city, station->line_first + queue)->join[line->overtakes++] = join;
        if (line->overtakes >= most)
            station->starving_lines |= tbi_bit(queue);
    }
}

static inline uint32_t overtaken(const struct tb_city *city, const struct tbi_station *station,
                                 const struct tbi_ticket *ticket)
{
    const struct tbi_line *line = tbi_station_line(station, ticket->queue);
    if (line->overtakes == 0)
        return 0;
    const uint32_t *join = tbi_overtakes(city, station->line_first + ticket->queue)->join;
    uint32_t count = 0;
    for (uint32_t i = 0; i < line->overtakes; i++)
        count += join[i] > ticket->join;
    return count;
}

/* Takes a waiting ticket out of its line and calls it. */
static inline void take(struct tbi_step *step, struct tbi_server *server, uint32_t server_index,
                        uint32_t index, const struct tbi_choice *choice,
                        enum tb_explain_reason reason)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    if (step->explanations)
        tbi_explain_call(step, server_index, index, reason);
    const uint32_t times = overtaken(city, station, ticket);
    if (choice->oldest_join < ticket->join && choice->station == ticket->station)
        overtake(city, station, choice->eligible, ticket->join);
    tbi_line_leave(step, station, ticket, index);
    call(step, station, server, server_index, ticket, index, times);
    tbi_near_flush(step);
}

/* ---- a window gets free (R6) ----------------------------------------------------------------- */

static inline void ready(struct tbi_step *step, struct tbi_server *server, uint32_t index)
{
    tb_assert(server->state == TB_SERVER_WRAP);
    tb_assert(server->ticket == TB_NONE);
    const struct tbi_choice choice = tbi_choice(step->city, index);
    if (choice.ticket != TB_NONE) {
        take(step, server, index, choice.ticket, &choice, choice.reason);
        return;
    }
    tbi_ready_add(step->city, index);
    server->changed_at = step->now;
    tbi_server_say(step, index, TB_EVENT_WINDOW_READY, 0);
}

static inline void release(struct tbi_step *step, struct tbi_server *server, uint32_t index,
                           bool wants_next)
{
    tb_assert(server->deadline_at == TB_NEVER);
    server->ticket = TB_NONE;
    server->state = TB_SERVER_WRAP;
    server->changed_at = step->now;
    if (server->closing || server->pausing)
        tbi_server_stop_now(step, index);
    else if (wants_next || tbi_rule(step->city, server->station, TB_RULE_auto_next))
        tbi_server_ready(step, index);
    else
        tbi_server_say(step, index, TB_EVENT_WINDOW_WRAP, 0);
}

/* ---- TICKET.TAKE ----------------------------------------------------------------------------- */

/* The ticket stands in line, or goes to a ready window at once. */
static inline void stand(struct tbi_step *step, struct tbi_station *station,
                         struct tbi_ticket *ticket, uint32_t index, uint32_t queue)
{
    struct tb_city *city = step->city;
    uint32_t server = TB_NONE;
    tb_assert(queue < station->group_count * TB_CLASSES);
    if ((station->ready_profiles & tbi_station_line(station, queue)->profiles) ||
        ticket->station == city->station_remote)
        server = tbi_choose_server(city, ticket->station, queue);
    if (server == TB_NONE) {
        tbi_line_append(city, station, ticket, index, queue);
        return;
    }
    if (step->explanations)
        tbi_explain_call(step, server, index, TB_EXPLAIN_FLEXIBLE);
    tbi_server_call(step, server, index, 0);
}

static inline void take_number(struct tbi_step *step, const struct tb_command *command,
                               struct tbi_station *station, uint32_t station_index, uint32_t count,
                               uint8_t origin, uint32_t queue)
{
    struct tb_city *city = step->city;
    const uint32_t index = tbi_ticket_new(city);
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    const bool silent = command->flags & TB_FLAG_SILENT && origin >> 4 != TB_CHANNEL_VIDEO;
    struct tb_wait wait = {TB_WAIT_UNKNOWN, TB_WAIT_UNKNOWN, 0, 0};
    tb_assert(!station->over);
    *ticket = (struct tbi_ticket){
        .place_at = step->now,
        .changed_at = step->now,
        .name = ticket->name,
        .join = ++station->join_last,
        .server = TB_NONE,
        .number = ++station->number_last,
        .station = (uint16_t)station_index,
        .queue = (uint8_t)queue,
        .state = TB_TICKET_WAITING,
        .origin = origin,
        .flags = silent ? TBI_TICKET_FRESH | TBI_TICKET_SILENT : TBI_TICKET_FRESH,
        .matter = command->matters[0],
        .matters_left = (uint8_t)(count - 1),
        .citizen = command->citizen,
    };
    for (uint32_t i = 1; i < count; i++)
        tbi_more(city, index)->matters[i - 1] = command->matters[i];
    tbi_station_group(station, queue / TB_CLASSES)->used++;
    if (tbi_station_rules(station)[TB_RULE_estimate])
        tbi_estimate_begin(station, ticket, queue, &wait);
    tbi_emit_whole(step, TB_EVENT_TAKEN, station, ticket, index, TB_NONE, wait.half_us,
                   wait.nine_in_ten_us);
    stand(step, station, ticket, index, queue);
}

WHOLE enum tb_status tbi_do_TICKET_TAKE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    if (command->station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    struct tbi_station *station = tbi_station(city, command->station);
    tbi_station_fetch(station);
    if (station->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    if (!station->accepts)
        return TB_STATUS_HALL_CLOSED;
    enum tb_status status = tbi_matters_check(city, command, command->station);
    if (status != TB_STATUS_OK)
        return status;
    if (command->class_ > TB_CLASS_GREEN)
        return TB_STATUS_CLASS_INVALID;
    if (command->channel > TB_CHANNEL_MOBILE)
        return TB_STATUS_CHANNEL_INVALID;
    uint32_t group = tbi_matter(city, command->matters[0])->group;
    if (!tbi_quota_left(station, group))
        return TB_STATUS_QUOTA_EXHAUSTED;
    if (tbi_pool_left(&city->tickets) == 0)
        return TB_STATUS_TICKETS_FULL;
    take_number(
        step, command, station, command->station, command->matter_count ? command->matter_count : 1,
        (uint8_t)(command->class_ | command->channel << 4), group * TB_CLASSES + command->class_);
    return TB_STATUS_OK;
}

/* ---- WINDOW.NEXT, WINDOW.START --------------------------------------------------------------- */

WHOLE enum tb_status tbi_do_WINDOW_NEXT(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_NEXT);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_server *server = tbi_server(city, command->server);
    if (city->size.stations >= TBI_FETCH_STATIONS)
        tbi_fetch_next(city, server);
    ready(step, server, command->server);
    return TB_STATUS_OK;
}

WHOLE enum tb_status tbi_do_WINDOW_START(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_START);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_server *server = tbi_server(city, command->server);
    const uint32_t index = server->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    const tb_time now = step->now, called_at = ticket->changed_at;
    tbi_calls_remove(city, server);
    station->called--;
    station->serving++;
    ticket->state = TB_TICKET_SERVING;
    ticket->changed_at = now;
    server->state = TB_SERVER_SERVING;
    server->changed_at = now;
    tbi_emit_whole(step, TB_EVENT_STARTED, station, ticket, index, command->server, now - called_at,
                   0);
    return TB_STATUS_OK;
}

/* ---- WINDOW.FINISH (R9) ---------------------------------------------------------------------- */

/* The next matter of the ticket that is handled where it stands; TB_MATTER_NONE: that was the
 * last. */
static __attribute__((noinline)) uint32_t matter_next(struct tb_city *city, uint32_t index)
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
    uint64_t lines =
        ticket->station == server->station ? profile->serves | profile->helps : profile->remote;
    return lines >> (group * TB_CLASSES) & ((1u << TB_CLASSES) - 1);
}

static enum tb_status finish_check(const struct tbi_step *step, const struct tb_command *command,
                                   bool *opens)
{
    const struct tb_city *city = step->city;
    enum tb_status status = tbi_window_check(city, command->server, TB_SERVER_BY_FINISH);
    if (status != TB_STATUS_OK)
        return status;
    const struct tbi_ticket *ticket = tbi_ticket(city, tbi_server(city, command->server)->ticket);
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

/* The matter `done` is, and the ticket carries another. */
static __attribute__((noinline)) void finish_matter(struct tbi_step *step,
                                                    const struct tb_command *command, uint32_t next,
                                                    int64_t served_us, bool opens)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, command->server);
    const uint32_t index = server->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    const uint32_t done = ticket->matter;
    tbi_emit_at_server(step, TB_EVENT_MATTER_DONE, index, command->server)->value = served_us;
    if (opens) {
        struct tb_event *event = step->out - 1;
        tbi_case_open(step, index, done, tbi_ticket_class(ticket), ticket->citizen, ticket->station,
                      ticket->number);
        event->value2 = (int64_t)event[1].ref; /* CASE_OPENED follows at once */
    }
    const uint32_t group = tbi_ticket_group(city, ticket, next);
    ticket->matter = (uint16_t)next;
    if (window_has_group(city, server, ticket, group)) {
        ticket->changed_at = step->now;
        server->changed_at = step->now;
        return;
    }
    tbi_window_let_go(step, index);
    ticket->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_RETURNED);
    struct tb_event *event = tbi_emit_at_server(step, TB_EVENT_TRANSFERRED, index, command->server);
    event->value = step->now > ticket->place_at ? step->now - ticket->place_at : 0;
    event->value2 = ticket->station;
    tbi_rejoin(step, index, group);
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
}

WHOLE enum tb_status tbi_do_WINDOW_FINISH(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    bool opens = false;
    enum tb_status status = finish_check(step, command, &opens);
    if (status != TB_STATUS_OK)
        return status;
    struct tbi_server *server = tbi_server(city, command->server);
    const uint32_t index = server->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    const int64_t served_us = step->now - ticket->changed_at;
    tbi_estimate_served(station, tbi_ticket_group(city, ticket, ticket->matter), served_us);
    const uint32_t next = ticket->matters_left == 0 ? TB_MATTER_NONE : matter_next(city, index);
    if (next != TB_MATTER_NONE) {
        finish_matter(step, command, next, served_us, opens);
        return TB_STATUS_OK;
    }
    const tb_ref visit = tbi_visit_add(step, station, ticket);
    tbi_emit_whole(step, TB_EVENT_FINISHED, station, ticket, index, command->server, served_us,
                   (int64_t)visit);
    station->serving--;
    if (opens)
        tbi_case_open(step, index, ticket->matter, tbi_ticket_class(ticket), ticket->citizen,
                      ticket->station, ticket->number);
    tbi_ticket_end(step, index);
    release(step, server, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

/* ---- for all other commands ------------------------------------------------------------------ */

void tbi_ticket_take(struct tbi_step *step, const struct tb_command *command, uint32_t station,
                     uint32_t count, uint8_t origin, uint32_t queue)
{
    take_number(step, command, tbi_station(step->city, station), station, count, origin, queue);
}

/* The station is over: nobody joins. */
static void join_over(struct tbi_step *step, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_EXPIRED, index);
    event->value = step->now > ticket->place_at ? step->now - ticket->place_at : 0;
    tbi_ticket_end(step, index);
}

void tbi_join(struct tbi_step *step, uint32_t index, uint32_t queue)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    struct tbi_station *station = tbi_station(step->city, ticket->station);
    ticket->queue = (uint8_t)queue;
    ticket->state = TB_TICKET_WAITING;
    ticket->server = TB_NONE;
    ticket->changed_at = step->now;
    ticket->join = ++station->join_last;
    if (station->over)
        join_over(step, index);
    else
        stand(step, station, ticket, index, queue);
}

void tbi_leave(struct tbi_step *step, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    tbi_line_leave(step, tbi_station(step->city, ticket->station), ticket, index);
}

void tbi_server_call(struct tbi_step *step, uint32_t index, uint32_t ticket_index,
                     uint32_t overtaken)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, ticket_index);
    call(step, tbi_station(step->city, ticket->station), tbi_server(step->city, index), index,
         ticket, ticket_index, overtaken);
}

void tbi_server_take(struct tbi_step *step, uint32_t server, uint32_t index,
                     const struct tbi_choice *choice, enum tb_explain_reason reason)
{
    take(step, tbi_server(step->city, server), server, index, choice, reason);
}

void tbi_server_ready(struct tbi_step *step, uint32_t index)
{
    ready(step, tbi_server(step->city, index), index);
}

void tbi_server_release(struct tbi_step *step, uint32_t index, bool wants_next)
{
    release(step, tbi_server(step->city, index), index, wants_next);
}
