/* A window's life: ready, called, released; the same for an approver. */
#include "step.h"

static void list_append(struct tb_city *city, struct tbi_list *list, uint32_t index, bool remote)
{
    struct tbi_server *server = tbi_server(city, index);
    uint32_t tail = list->tail;
    *(remote ? &server->remote_prev : &server->prev) = tail;
    *(remote ? &server->remote_next : &server->next) = TB_NONE;
    list->tail = index;
    if (tail == TB_NONE) {
        list->head = index;
        return;
    }
    struct tbi_server *last = tbi_server(city, tail);
    *(remote ? &last->remote_next : &last->next) = index;
}

static void list_remove(struct tb_city *city, struct tbi_list *list, uint32_t index, bool remote)
{
    const struct tbi_server *server = tbi_server(city, index);
    uint32_t prev = remote ? server->remote_prev : server->prev;
    uint32_t next = remote ? server->remote_next : server->next;
    if (prev == TB_NONE)
        list->head = next;
    else if (remote)
        tbi_server(city, prev)->remote_next = next;
    else
        tbi_server(city, prev)->next = next;
    if (next == TB_NONE)
        list->tail = prev;
    else if (remote)
        tbi_server(city, next)->remote_prev = prev;
    else
        tbi_server(city, next)->prev = prev;
}

static void ready_add(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    struct tbi_station *station = tbi_station(city, server->station);
    struct tbi_profile *profile = tbi_server_profile(city, server);
    server->state = TB_SERVER_READY;
    server->ready_order = ++city->ready_order;
    list_append(city, &profile->ready, index, false);
    profile->ready_count++;
    station->ready++;
    station->ready_profiles |= tbi_bit(server->profile);
    if (profile->remote_class == TB_NONE)
        return;
    list_append(city, &city->remote[profile->remote_class].ready, index, true);
    city->remote_ready |= tbi_bit(profile->remote_class);
}

static void ready_remove(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    struct tbi_station *station = tbi_station(city, server->station);
    struct tbi_profile *profile = tbi_server_profile(city, server);
    tb_assert(server->state == TB_SERVER_READY);
    list_remove(city, &profile->ready, index, false);
    station->ready--;
    if (--profile->ready_count == 0)
        station->ready_profiles &= ~tbi_bit(server->profile);
    server->state = TB_SERVER_WRAP;
    if (profile->remote_class == TB_NONE)
        return;
    struct tbi_remote_class *class_ = &city->remote[profile->remote_class];
    list_remove(city, &class_->ready, index, true);
    if (class_->ready.head == TB_NONE)
        city->remote_ready &= ~tbi_bit(profile->remote_class);
}

/* ---- calls and their deadlines ----------------------------------------------------------- */

/* In order of deadlines; as most last equally long, the place is almost always the end. */
static inline void calls_add(struct tb_city *city, struct tbi_station *station,
                             uint32_t station_index, struct tbi_server *server, uint32_t index,
                             tb_time at)
{
    struct tbi_list *calls = &station->calls;
    server->deadline_at = at;
    if (at == TB_NEVER)
        return;
    uint32_t prev = calls->tail, next = TB_NONE;
    while (prev != TB_NONE && tbi_server(city, prev)->deadline_at > at) {
        next = prev;
        prev = tbi_server(city, prev)->prev;
    }
    server->prev = prev;
    server->next = next;
    *(next == TB_NONE ? &calls->tail : &tbi_server(city, next)->prev) = index;
    if (prev != TB_NONE) {
        tbi_server(city, prev)->next = index;
        return;
    }
    calls->head = index;
    tbi_due_set(city, station_index, TBI_DUE_CALL, at);
}

/* The deadline of a call or of a repeated one: first the acknowledgement of a silent call, then
 * the call's own. */
static inline void call_deadline(struct tbi_step *step, struct tbi_station *station,
                                 const struct tbi_ticket *ticket, struct tbi_server *server,
                                 uint32_t index)
{
    const int64_t *rule = tbi_station_rules(station);
    int64_t call_us = rule[TB_RULE_call_timeout_us], ack_us = rule[TB_RULE_ack_timeout_us];
    bool silent = (ticket->flags & (TBI_TICKET_SILENT | TBI_TICKET_ACKED)) == TBI_TICKET_SILENT;
    server->changed_at = step->now;
    server->give_up_at = call_us > 0 ? step->now + call_us : TB_NEVER;
    server->ack_phase = silent && ack_us > 0 && (call_us == 0 || ack_us < call_us);
    calls_add(step->city, station, ticket->station, server, index,
              server->ack_phase ? step->now + ack_us : server->give_up_at);
}

/* The acknowledgement came, or will not: what is left is the call's own deadline. */
void tbi_server_ack_over(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    if (!server->ack_phase)
        return;
    tbi_server_calls_remove(city, index);
    server->ack_phase = false;
    const uint32_t station = tbi_ticket(city, server->ticket)->station;
    calls_add(city, tbi_station(city, station), station, server, index, server->give_up_at);
}

static inline void call(struct tbi_step *step, struct tbi_station *station,
                        struct tbi_server *server, uint32_t index, struct tbi_ticket *ticket,
                        uint32_t ticket_index, uint32_t overtaken)
{
    const tb_time now = step->now;
    tb_assert(ticket->state == TB_TICKET_WAITING);
    if (server->state == TB_SERVER_READY)
        ready_remove(step->city, index);
    tb_assert(server->ticket == TB_NONE);
    tb_time since = tbi_ticket_is_task(ticket) ? ticket->changed_at : ticket->place_at;
    if (ticket->wait_ms > 0)
        tbi_estimate_learn(station, ticket, now - ticket->changed_at);
    bool start = tbi_station_rules(station)[TB_RULE_auto_start] != 0;
    server->ticket = ticket_index;
    server->state = start ? TB_SERVER_SERVING : TB_SERVER_CALLED;
    server->changed_at = now;
    ticket->state = start ? TB_TICKET_SERVING : TB_TICKET_CALLED;
    ticket->server = index;
    ticket->changed_at = now;
    ticket->calls = 1;
    ticket->flags &= (uint8_t)~TBI_TICKET_ACKED;
    ++*(start ? &station->serving : &station->called);
    struct tb_event *event =
        tbi_emit_whole(step, TB_EVENT_CALLED, station, ticket, ticket_index, index,
                       now > since ? now - since : 0, overtaken);
    if (start)
        event->flags |= TB_EVENT_FLAG_STARTED;
    if (ticket->flags & TBI_TICKET_SILENT)
        event->flags |= TB_EVENT_FLAG_SILENT;
    if (!start)
        call_deadline(step, station, ticket, server, index);
}

void tbi_server_call(struct tbi_step *step, uint32_t index, uint32_t ticket_index,
                     uint32_t overtaken)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, ticket_index);
    call(step, tbi_station(step->city, ticket->station), tbi_server(step->city, index), index,
         ticket, ticket_index, overtaken);
}

/* Those in the lines `eligible` who joined before the ticket that is called are overtaken by it. */
static void overtake(struct tb_city *city, struct tbi_station *station, uint64_t eligible,
                     uint32_t join)
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

static uint32_t overtaken(const struct tb_city *city, const struct tbi_station *station,
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

static inline void take(struct tbi_step *step, uint32_t server, uint32_t index,
                        const struct tbi_choice *choice, enum tb_explain_reason reason)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    if (step->explanations)
        tbi_explain_call(step, server, index, reason);
    uint32_t times = overtaken(city, station, ticket);
    if (choice->oldest_join < ticket->join && choice->station == ticket->station)
        overtake(city, station, choice->eligible, ticket->join);
    tbi_leave(step, index);
    call(step, station, tbi_server(city, server), server, ticket, index, times);
    tbi_near_flush(step);
}

void tbi_server_take(struct tbi_step *step, uint32_t server, uint32_t index,
                     const struct tbi_choice *choice, enum tb_explain_reason reason)
{
    take(step, server, index, choice, reason);
}

void tbi_server_ready(struct tbi_step *step, uint32_t index)
{
    struct tbi_server *server = tbi_server(step->city, index);
    tb_assert(server->state == TB_SERVER_WRAP);
    tb_assert(server->ticket == TB_NONE);
    struct tbi_choice choice = tbi_choose_ticket(step->city, index);
    if (choice.ticket != TB_NONE) {
        take(step, index, choice.ticket, &choice, choice.reason);
        return;
    }
    ready_add(step->city, index);
    server->changed_at = step->now;
    tbi_emit(step, TB_EVENT_WINDOW_READY, server->station)->server = index;
}

/* ---- open, closed, paused
 * --------------------------------------------------------------------- */

static bool server_is_open(const struct tbi_server *server)
{
    return server->state != TB_SERVER_CLOSED && server->state != TB_SERVER_PAUSED;
}

static void server_set(struct tbi_step *step, uint32_t index, enum tb_server_state state)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    if (server->state == TB_SERVER_READY)
        ready_remove(city, index);
    bool was_open = server_is_open(server);
    server->state = (uint8_t)state;
    server->changed_at = step->now;
    server->closing = server->pausing = false;
    if (was_open != server_is_open(server))
        tbi_estimate_server(city, index, !was_open, server->profile);
}

static inline void server_say(struct tbi_step *step, uint32_t index, enum tb_event_kind kind,
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

void tbi_server_release(struct tbi_step *step, uint32_t index, bool wants_next)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    tb_assert(server->deadline_at == TB_NEVER);
    server->ticket = TB_NONE;
    server->state = TB_SERVER_WRAP;
    server->changed_at = step->now;
    if (server->closing) {
        server_set(step, index, TB_SERVER_CLOSED);
        server_say(step, index, TB_EVENT_WINDOW_CLOSED, 0);
    } else if (server->pausing) {
        server_set(step, index, TB_SERVER_PAUSED);
        server_say(step, index, TB_EVENT_WINDOW_PAUSED, 0);
    } else if (wants_next || tbi_rule(city, server->station, TB_RULE_auto_next)) {
        tbi_server_ready(step, index);
    } else {
        server_say(step, index, TB_EVENT_WINDOW_WRAP, 0);
    }
}

static void server_open(struct tbi_step *step, uint32_t index, int64_t profile)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    if (server->state != TB_SERVER_CLOSED) {
        server->closing = server->pausing = false;
        server_say(step, index, TB_EVENT_WINDOW_OPENED, server->profile);
        return;
    }
    if (profile >= 0)
        server->profile = (uint16_t)profile;
    server_set(step, index, TB_SERVER_WRAP);
    server_say(step, index, TB_EVENT_WINDOW_OPENED, server->profile);
    if (tbi_rule(city, server->station, TB_RULE_auto_next))
        tbi_server_ready(step, index);
}

static enum tb_status server_stop(struct tbi_step *step, uint32_t index, bool close)
{
    struct tbi_server *server = tbi_server(step->city, index);
    if (server->ticket == TB_NONE) {
        server_set(step, index, close ? TB_SERVER_CLOSED : TB_SERVER_PAUSED);
        server_say(step, index, close ? TB_EVENT_WINDOW_CLOSED : TB_EVENT_WINDOW_PAUSED, 0);
        return TB_STATUS_OK;
    }
    if (!close && server->closing)
        return TB_STATUS_SERVER_STATE;
    server->closing = close;
    server->pausing = !close;
    server_say(step, index, TB_EVENT_WINDOW_LATER, close ? 1 : 2);
    return TB_STATUS_OK;
}

enum tb_status tbi_server_plan(struct tbi_step *step, uint32_t index, enum tb_plan_action action,
                               int64_t profile)
{
    static const enum tb_server_cause cause[TB_PLAN_ACTION_COUNT] = {
        [TB_PLAN_OPEN] = TB_SERVER_BY_OPEN,
        [TB_PLAN_CLOSE] = TB_SERVER_BY_CLOSE,
        [TB_PLAN_PAUSE] = TB_SERVER_BY_PAUSE,
        [TB_PLAN_CONTINUE] = TB_SERVER_BY_CONTINUE,
    };
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    tb_assert(action < TB_PLAN_ACTION_COUNT);
    if (tbi_server_next((enum tb_server_state)server->state, cause[action]) < 0)
        return TB_STATUS_SERVER_STATE;
    if (action == TB_PLAN_OPEN) {
        if (server->state != TB_SERVER_CLOSED && !server->closing && !server->pausing)
            return TB_STATUS_SERVER_STATE;
        if (profile >= tbi_station(city, server->station)->profile_count)
            return TB_STATUS_PROFILE_UNKNOWN;
        server_open(step, index, profile);
        return TB_STATUS_OK;
    }
    if (action != TB_PLAN_CONTINUE)
        return server_stop(step, index, action == TB_PLAN_CLOSE);
    server_set(step, index, TB_SERVER_WRAP);
    if (tbi_rule(city, server->station, TB_RULE_auto_next))
        tbi_server_ready(step, index);
    else
        server_say(step, index, TB_EVENT_WINDOW_WRAP, 0);
    return TB_STATUS_OK;
}

void tbi_server_skill(struct tbi_step *step, uint32_t index, uint32_t profile)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    bool ready = server->state == TB_SERVER_READY;
    if (ready)
        ready_remove(city, index);
    if (server_is_open(server))
        tbi_estimate_server(city, index, false, server->profile);
    server->profile = (uint16_t)profile;
    if (server_is_open(server))
        tbi_estimate_server(city, index, true, server->profile);
    server_say(step, index, TB_EVENT_WINDOW_SKILLED, profile);
    if (!ready)
        return;
    struct tbi_choice choice = tbi_choose_ticket(city, index);
    if (choice.ticket != TB_NONE) {
        tbi_server_take(step, index, choice.ticket, &choice, choice.reason);
        return;
    }
    ready_add(city, index);
    server->changed_at = step->now;
}

/* ---- nobody came
 * -------------------------------------------------------------------------------- */

void tbi_server_no_show(struct tbi_step *step, uint32_t index, bool wants_next)
{
    struct tb_city *city = step->city;
    uint32_t ticket_index = tbi_server(city, index)->ticket;
    struct tbi_ticket *ticket = tbi_ticket(city, ticket_index);
    struct tbi_station *station = tbi_station(city, ticket->station);
    int64_t keep_us = tbi_rule(city, ticket->station, TB_RULE_absent_keep_us);
    tb_assert(ticket->state == TB_TICKET_CALLED);
    tbi_server_calls_remove(city, index);
    station->called--;
    bool ends = keep_us == 0 || station->over;
    struct tb_event *event = tbi_emit_at_server(step, TB_EVENT_NO_SHOW, ticket_index, index);
    event->value = ends ? 0 : step->now + keep_us;
    if (ends) {
        tbi_emit_at_server(step, TB_EVENT_MISSED, ticket_index, index);
        tbi_ticket_end(step, ticket_index);
    } else {
        ticket->state = TB_TICKET_ABSENT;
        ticket->changed_at = step->now;
        ticket->server = TB_NONE;
        tbi_away_add(city, ticket_index);
        tbi_timer_set(city, ticket_index, step->now + keep_us);
    }
    tbi_server_release(step, index, wants_next);
}

void tbi_server_recall(struct tbi_step *step, uint32_t index, bool by_itself)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, tbi_server(city, index)->ticket);
    tbi_server_calls_remove(city, index);
    uint8_t hand = ticket->calls & 15, own = ticket->calls >> 4;
    if (by_itself)
        own++;
    else if (hand < 15)
        hand++;
    ticket->calls = (uint8_t)(own << 4 | hand);
    struct tb_event *event =
        tbi_emit_at_server(step, TB_EVENT_RECALLED, tbi_server(city, index)->ticket, index);
    event->value = own + hand;
    event->flags |= ticket->flags & TBI_TICKET_SILENT ? TB_EVENT_FLAG_SILENT : 0;
    call_deadline(step, tbi_station(city, ticket->station), ticket, tbi_server(city, index),
                  index);
}

void tbi_server_call_timeout(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    const struct tbi_ticket *ticket = tbi_ticket(city, server->ticket);
    tb_assert(server->state == TB_SERVER_CALLED);
    if (server->ack_phase) {
        tbi_emit_at_server(step, TB_EVENT_ACK_LATE, server->ticket, index);
        tbi_server_ack_over(city, index);
    } else if (ticket->calls >> 4 < tbi_rule(city, ticket->station, TB_RULE_recall_max)) {
        tbi_server_recall(step, index, true);
    } else if (tbi_ticket_is_task(ticket)) {
        tbi_window_put_back(step, index, true);
    } else {
        tbi_server_no_show(step, index, true);
    }
}
