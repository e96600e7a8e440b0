/* A window's life, but for what every visit goes through (life.c): where it stands (server.h);
 * open, closed, paused; nobody came. The same for an approver. */
#include "server.h"

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

void tbi_ready_add(struct tb_city *city, uint32_t index)
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

void tbi_ready_remove(struct tb_city *city, uint32_t index)
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

/* How far back from the end of the city's list a call may belong: past so many. */
#define SHARED_STEPS_MAX 32

static bool call_before(const struct tbi_server *a, const struct tbi_server *b)
{
    return a->deadline_at != b->deadline_at ? a->deadline_at < b->deadline_at
                                            : a->call_station < b->call_station;
}

/* Behind `prev` on the list. */
static void calls_link(struct tb_city *city, struct tbi_list *calls, uint32_t index, uint32_t prev,
                       uint32_t next)
{
    struct tbi_server *server = tbi_server(city, index);
    server->prev = prev;
    server->next = next;
    *(next == TB_NONE ? &calls->tail : &tbi_server(city, next)->prev) = index;
    *(prev == TB_NONE ? &calls->head : &tbi_server(city, prev)->next) = index;
}

static void calls_insert_own(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    struct tbi_list *calls = &tbi_station(city, server->call_station)->calls;
    uint32_t prev = calls->tail, next = TB_NONE;
    while (prev != TB_NONE && tbi_server(city, prev)->deadline_at > server->deadline_at) {
        next = prev;
        prev = tbi_server(city, prev)->prev;
    }
    server->call_shared = false;
    calls_link(city, calls, index, prev, next);
    if (prev == TB_NONE)
        tbi_due_set(city, server->call_station, TBI_DUE_CALL, server->deadline_at);
}

/* Every station gets its own. */
static __attribute__((noinline, cold)) void calls_part(struct tb_city *city)
{
    uint32_t index = city->calls.head;
    city->calls = (struct tbi_list){TB_NONE, TB_NONE};
    while (index != TB_NONE) {
        const uint32_t next = tbi_server(city, index)->next;
        calls_insert_own(city, index);
        index = next;
    }
}

void tbi_calls_insert(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    if (tbi_station(city, server->call_station)->calls.head != TB_NONE) {
        calls_insert_own(city, index);
        return;
    }
    uint32_t prev = city->calls.tail, next = TB_NONE;
    for (uint32_t steps = 0; prev != TB_NONE && call_before(server, tbi_server(city, prev));
         steps++) {
        if (steps == SHARED_STEPS_MAX) {
            calls_part(city);
            calls_insert_own(city, index);
            return;
        }
        next = prev;
        prev = tbi_server(city, prev)->prev;
    }
    server->call_shared = true;
    calls_link(city, &city->calls, index, prev, next);
    if (server->deadline_at < *tbi_due_soonest(city))
        *tbi_due_soonest(city) = server->deadline_at;
}

void tbi_calls_act(struct tbi_step *step)
{
    struct tb_city *city = step->city;
    const uint32_t index = city->calls.head;
    tbi_time_begin(step);
    step->now = tbi_server(city, index)->deadline_at;
    tbi_time_passed(step);
    tbi_server_call_timeout(step, index);
}

bool tbi_calls_before(const struct tb_city *city, tb_time at, uint32_t station)
{
    const tb_time call_at = tbi_calls_at(city);
    if (call_at != at || at == TB_NEVER)
        return call_at < at;
    const uint32_t called = tbi_server(city, city->calls.head)->call_station;
    return called < station ||
           (called == station && TBI_DUE_CALL < tbi_time_kind(city, station));
}

/* The first of a station's on the city's list. */
static uint32_t shared_of(const struct tb_city *city, uint32_t station)
{
    uint32_t index = city->calls.head;
    while (index != TB_NONE && tbi_server(city, index)->call_station != station)
        index = tbi_server(city, index)->next;
    return index;
}

tb_time tbi_calls_first_of(const struct tb_city *city, uint32_t station)
{
    const uint32_t index = shared_of(city, station);
    return index == TB_NONE ? TB_NEVER : tbi_server(city, index)->deadline_at;
}

bool tbi_calls_due_of(struct tb_city *city, uint32_t station, tb_time now)
{
    if (tbi_calls_at(city) > now || tbi_calls_first_of(city, station) > now)
        return false;
    /* In its turn before those of others, as the city would step it? */
    if (shared_of(city, station) == city->calls.head)
        return true;
    calls_part(city);
    return false;
}

/* The acknowledgement came, or will not: what is left is the call's own deadline. */
void tbi_server_ack_over(struct tb_city *city, uint32_t index)
{
    struct tbi_server *server = tbi_server(city, index);
    const uint32_t station = server->call_station;
    if (!server->ack_phase)
        return;
    tbi_calls_remove(city, server);
    server->ack_phase = false;
    tbi_calls_add(city, tbi_station(city, station), station, server, index, server->give_up_at);
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
        tbi_ready_remove(city, index);
    bool was_open = server_is_open(server);
    server->state = (uint8_t)state;
    server->changed_at = step->now;
    server->closing = server->pausing = false;
    if (was_open != server_is_open(server))
        tbi_estimate_server(city, index, !was_open, server->profile);
}

void tbi_server_stop_now(struct tbi_step *step, uint32_t index)
{
    const bool closes = tbi_server(step->city, index)->closing;
    server_set(step, index, closes ? TB_SERVER_CLOSED : TB_SERVER_PAUSED);
    tbi_server_say(step, index, closes ? TB_EVENT_WINDOW_CLOSED : TB_EVENT_WINDOW_PAUSED, 0);
}

static void server_open(struct tbi_step *step, uint32_t index, int64_t profile)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    if (server->state != TB_SERVER_CLOSED) {
        server->closing = server->pausing = false;
        tbi_server_say(step, index, TB_EVENT_WINDOW_OPENED, server->profile);
        return;
    }
    if (profile >= 0)
        server->profile = (uint16_t)profile;
    server_set(step, index, TB_SERVER_WRAP);
    tbi_server_say(step, index, TB_EVENT_WINDOW_OPENED, server->profile);
    if (tbi_rule(city, server->station, TB_RULE_auto_next))
        tbi_server_ready(step, index);
}

static enum tb_status server_stop(struct tbi_step *step, uint32_t index, bool close)
{
    struct tbi_server *server = tbi_server(step->city, index);
    if (server->ticket == TB_NONE) {
        server_set(step, index, close ? TB_SERVER_CLOSED : TB_SERVER_PAUSED);
        tbi_server_say(step, index, close ? TB_EVENT_WINDOW_CLOSED : TB_EVENT_WINDOW_PAUSED, 0);
        return TB_STATUS_OK;
    }
    if (!close && server->closing)
        return TB_STATUS_SERVER_STATE;
    server->closing = close;
    server->pausing = !close;
    tbi_server_say(step, index, TB_EVENT_WINDOW_LATER, close ? 1 : 2);
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
        tbi_server_say(step, index, TB_EVENT_WINDOW_WRAP, 0);
    return TB_STATUS_OK;
}

void tbi_server_skill(struct tbi_step *step, uint32_t index, uint32_t profile)
{
    struct tb_city *city = step->city;
    struct tbi_server *server = tbi_server(city, index);
    bool ready = server->state == TB_SERVER_READY;
    if (ready)
        tbi_ready_remove(city, index);
    if (server_is_open(server))
        tbi_estimate_server(city, index, false, server->profile);
    server->profile = (uint16_t)profile;
    if (server_is_open(server))
        tbi_estimate_server(city, index, true, server->profile);
    tbi_server_say(step, index, TB_EVENT_WINDOW_SKILLED, profile);
    if (!ready)
        return;
    struct tbi_choice choice = tbi_choose_ticket(city, index);
    if (choice.ticket != TB_NONE) {
        tbi_server_take(step, index, choice.ticket, &choice, choice.reason);
        return;
    }
    tbi_ready_add(city, index);
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
    tbi_calls_remove(city, tbi_server(city, index));
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
    struct tbi_server *server = tbi_server(city, index);
    struct tbi_ticket *ticket = tbi_ticket(city, server->ticket);
    tbi_calls_remove(city, server);
    server->repeats += by_itself;
    ticket->calls += ticket->calls < UINT8_MAX;
    struct tb_event *event =
        tbi_emit_at_server(step, TB_EVENT_RECALLED, server->ticket, index);
    event->value = ticket->calls;
    event->flags |= ticket->flags & TBI_TICKET_SILENT ? TB_EVENT_FLAG_SILENT : 0;
    tbi_call_deadline(step, tbi_station(city, ticket->station), ticket, server, index);
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
    } else if (server->repeats < tbi_rule(city, ticket->station, TB_RULE_recall_max)) {
        tbi_server_recall(step, index, true);
    } else if (tbi_ticket_is_task(ticket)) {
        tbi_window_put_back(step, index, true);
    } else {
        tbi_server_no_show(step, index, true);
    }
}
