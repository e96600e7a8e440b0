/* Cases (R10): steps through the back office, by approvers, outside parties and forks.
 *
 * A case knows its steps as bits: under way, awaiting correction, done; and counts for each how
 * many of its
 * predecessors are done. A step at a desk is a ticket, a task, in the case's list (newest
 * first). A task
 * at an approver outlives its case: more->case_index is then TB_NONE, and it is dropped when he
 * is done. */
#include "pool.h"
#include "step.h"

static const struct tbi_route *case_route(const struct tb_city *city, uint32_t case_)
{
    return tbi_route(city, tbi_case_(city, case_)->route);
}

static void case_fill(const struct tb_city *city, uint32_t case_, struct tb_event *event)
{
    const struct tbi_case *of = tbi_case_(city, case_);
    event->ref = tbi_case_ref(city, case_);
    event->number = of->number;
    event->matter = of->matter;
}

static struct tb_event *case_say(struct tbi_step *step, enum tb_event_kind kind, uint32_t case_)
{
    struct tb_event *event = tbi_emit(step, kind, tbi_case_(step->city, case_)->station);
    case_fill(step->city, case_, event);
    return event;
}

/* For a step that is no task: the case's reference, the step's station. */
static struct tb_event *step_say(struct tbi_step *step, enum tb_event_kind kind, uint32_t case_,
                                 uint32_t which)
{
    const struct tb_step *of = &case_route(step->city, case_)->steps[which];
    struct tb_event *event = tbi_emit(step, kind, of->station);
    event->ref = tbi_case_ref(step->city, case_);
    event->matter = tbi_case_(step->city, case_)->matter;
    event->value = which;
    return event;
}

/* May a completion touch all that it could reach? */
static bool case_in_step(const struct tbi_step *step, uint32_t case_)
{
    if (step->only == TB_NONE)
        return true;
    const struct tbi_route *route = case_route(step->city, case_);
    for (uint32_t i = 0; i < route->step_count; i++)
        if (!tbi_in_step(step, route->steps[i].station))
            return false;
    return tbi_in_step(step, tbi_case_(step->city, case_)->station);
}

/* ---- Steps begin ---------------------------------------------------------------------------- */

static void task_timer_begin(struct tbi_step *step, uint32_t index, tb_time due_at)
{
    struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    if (due_at == TB_NEVER)
        return; /* beyond the calendar: nothing will ever be late */
    int64_t warn_us = tbi_rule(step->city, ticket->station, TB_RULE_due_warn_us);
    if (warn_us != 0) {
        uint32_t calendar = tbi_station(step->city, ticket->station)->calendar;
        tb_time warn_at = tbi_calendar_back(step->city, calendar, due_at, warn_us);
        if (warn_at > step->now) {
            tbi_timer_set(step->city, index, warn_at);
            return;
        }
    }
    ticket->flags |= TBI_TICKET_WARNED;
    tbi_timer_set(step->city, index, due_at);
}

static void task_begin(struct tbi_step *step, uint32_t case_, uint32_t which, enum tb_class class_,
                       tb_time due_at)
{
    struct tb_city *city = step->city;
    struct tbi_case *of = tbi_case_(city, case_);
    const struct tb_step *desk = &case_route(city, case_)->steps[which];
    uint32_t index = tbi_ticket_new(city);
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    struct tbi_ticket_more *more = tbi_more(city, index);
    uint32_t queue = desk->group * TB_CLASSES + class_;
    ticket->station = desk->station;
    ticket->queue = (uint8_t)queue;
    ticket->origin = (uint8_t)(of->class_ | TB_CHANNEL_CASE << 4);
    ticket->server = TB_NONE;
    ticket->place_at = step->now;
    ticket->citizen = of->citizen;
    ticket->matter = of->matter;
    more->step = (uint16_t)which;
    more->key_us = due_at;
    more->case_index = case_;
    more->case_next = of->task;
    of->task = index;
    struct tb_event *event = tbi_emit_ticket(step, TB_EVENT_TASK_QUEUED, index);
    event->value = which;
    event->value2 = due_at;
    task_timer_begin(step, index, due_at);
    tbi_join(step, index, queue);
}

/* True: a fork, which is done at once. */
static bool step_begin(struct tbi_step *step, uint32_t case_, uint32_t which, enum tb_class class_)
{
    struct tb_city *city = step->city;
    struct tbi_case *of = tbi_case_(city, case_);
    const struct tb_step *row = &case_route(city, case_)->steps[which];
    if (row->kind == TB_STEP_FORK) {
        of->done |= (uint16_t)tbi_bit(which);
        step_say(step, TB_EVENT_TASK_DONE, case_, which);
        return true;
    }
    tb_time due_at = tbi_calendar_add(city, tbi_station(city, row->station)->calendar, step->now,
                                      row->due_work_us);
    of->active |= (uint16_t)tbi_bit(which);
    if (row->kind == TB_STEP_OUTSIDE)
        step_say(step, TB_EVENT_TASK_OUTSIDE, case_, which)->value2 = due_at;
    else
        task_begin(step, case_, which, class_, due_at);
    return false;
}

/* Counts one predecessor more; true if now all that the step waits for are done. */
static bool step_joins(struct tbi_case *of, uint32_t which, uint32_t joins)
{
    of->arrivals += 1ull << 4 * which;
    return (of->arrivals >> 4 * which & 15) == joins;
}

/* A step is done: what follows begins, forks depth first. The stack holds edges of the route. */
static void steps_follow(struct tbi_step *step, uint32_t case_, uint32_t done)
{
    struct tbi_case *of = tbi_case_(step->city, case_);
    const struct tbi_route *route = case_route(step->city, case_);
    enum tb_class class_ = (enum tb_class)of->class_;
    uint8_t stack[TB_STEPS_MAX * TB_FORK_MAX];
    uint32_t depth = 0;
    for (;;) {
        for (uint32_t i = route->steps[done].next_count; i-- > 0;) {
            tb_assert(depth < sizeof stack);
            stack[depth++] = route->steps[done].next[i];
        }
        bool fork = false;
        while (depth > 0 && !fork) {
            done = stack[--depth];
            if (step_joins(of, done, route->steps[done].joins))
                fork = step_begin(step, case_, done, class_);
        }
        if (!fork)
            return;
    }
}

/* ---- A case ends, or waits
 * -------------------------------------------------------------------- */

static void case_settle(struct tbi_step *step, uint32_t case_)
{
    struct tb_city *city = step->city;
    struct tbi_case *of = tbi_case_(city, case_);
    if (of->active != 0 || of->correction != 0) {
        of->state = of->active != 0 ? TB_CASE_ACTIVE : TB_CASE_CORRECTION;
        return;
    }
    tb_assert(of->task == TB_NONE);
    bool collect = tbi_matter(city, of->matter)->collect;
    struct tb_event *event =
        case_say(step, collect ? TB_EVENT_CASE_READY : TB_EVENT_CASE_FINISHED, case_);
    event->value = of->due_at - step->now;
    if (collect)
        of->state = TB_CASE_READY;
    else
        tbi_case_free(city, case_);
}

/* Rejected or withdrawn: waiting tasks vanish, those at an approver are left to him. */
static void case_end(struct tbi_step *step, uint32_t case_)
{
    struct tb_city *city = step->city;
    uint32_t next;
    for (uint32_t index = tbi_case_(city, case_)->task; index != TB_NONE; index = next) {
        struct tbi_ticket_more *more = tbi_more(city, index);
        next = more->case_next;
        tbi_timer_clear(city, index);
        if (tbi_ticket(city, index)->state != TB_TICKET_WAITING) {
            more->case_index = TB_NONE;
            more->case_next = TB_NONE;
            continue;
        }
        tbi_leave(step, index);
        tbi_emit_ticket(step, TB_EVENT_TASK_DROPPED, index)->value = more->step;
        tbi_ticket_free(city, index);
    }
    tbi_case_free(city, case_);
}

/* ---- For other files
 * --------------------------------------------------------------------------- */

enum tb_status tbi_case_room(const struct tb_city *city, uint32_t matter)
{
    uint32_t route = tbi_matter(city, matter)->route;
    tb_assert(route != TB_MATTER_NONE);
    if (tbi_pool_left(&city->cases) == 0)
        return TB_STATUS_CASES_FULL;
    return tbi_pool_left(&city->tickets) < tbi_route(city, route)->step_count
               ? TB_STATUS_TICKETS_FULL
               : TB_STATUS_OK;
}

void tbi_case_open(struct tbi_step *step, uint32_t ticket, uint32_t matter, enum tb_class class_,
                   uint64_t citizen, uint32_t station, uint32_t number)
{
    struct tb_city *city = step->city;
    uint32_t case_ = tbi_case_new(city);
    struct tbi_case *of = tbi_case_(city, case_);
    of->state = TB_CASE_ACTIVE;
    of->class_ = class_ == TB_CLASS_GREEN ? TB_CLASS_GREEN : TB_CLASS_NORMAL;
    of->route = tbi_matter(city, matter)->route;
    of->matter = (uint16_t)matter;
    of->station = (uint16_t)station;
    of->number = number;
    of->citizen = citizen;
    of->opened_at = step->now;
    of->task = TB_NONE;
    const struct tbi_route *route = tbi_route(city, of->route);
    of->due_at = tbi_calendar_add(city, tbi_station(city, route->steps[0].station)->calendar,
                                  step->now, route->due_work_us);
    struct tb_event *event = case_say(step, TB_EVENT_CASE_OPENED, case_);
    event->value = of->due_at;
    event->value2 = ticket == TB_NONE ? 0 : (int64_t)tbi_ticket_ref(city, ticket);
    if (step_begin(step, case_, 0, (enum tb_class)of->class_))
        steps_follow(step, case_, 0);
    case_settle(step, case_);
}

uint32_t tbi_case_task_at(const struct tb_city *city, uint32_t case_, uint32_t station)
{
    uint32_t index = tbi_case_(city, case_)->task;
    for (; index != TB_NONE; index = tbi_more(city, index)->case_next) {
        const struct tbi_ticket *ticket = tbi_ticket(city, index);
        if (ticket->state == TB_TICKET_WAITING && ticket->station == station)
            break;
    }
    return index;
}

void tbi_case_timer(struct tbi_step *step, uint32_t index)
{
    struct tb_city *city = step->city;
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    const struct tbi_ticket_more *more = tbi_more(city, index);
    tb_assert(more->case_index != TB_NONE);
    bool warned = ticket->flags & TBI_TICKET_WARNED;
    struct tb_event *event = tbi_emit_at_server(
        step, warned ? TB_EVENT_TASK_OVERDUE : TB_EVENT_TASK_WARNED, index,
        ticket->state == TB_TICKET_WAITING ? TB_NONE : ticket->server);
    event->value = more->step;
    event->value2 = more->key_us;
    ticket->flags |= TBI_TICKET_WARNED;
    tbi_timer_set(city, index, warned ? TB_NEVER : more->key_us);
}

/* ---- CASE.*, HELP.OPEN
 * -------------------------------------------------------------------------- */

enum tb_status tbi_do_CASE_OPEN(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    uint32_t matter = command->matters[0];
    if (matter >= city->size.matters)
        return TB_STATUS_MATTER_UNKNOWN;
    uint32_t route = tbi_matter(city, matter)->route;
    if (route == TB_MATTER_NONE)
        return TB_STATUS_ROUTE_MISSING;
    if (command->class_ != TB_CLASS_NORMAL && command->class_ != TB_CLASS_GREEN)
        return TB_STATUS_CLASS_INVALID;
    enum tb_status status = tbi_case_room(city, matter);
    if (status != TB_STATUS_OK)
        return status;
    tbi_case_open(step, TB_NONE, matter, (enum tb_class)command->class_, command->citizen,
                  tbi_route(city, route)->steps[0].station, 0);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HELP_OPEN(struct tbi_step *step, const struct tb_command *command)
{
    return tbi_do_CASE_OPEN(step, command);
}

enum tb_status tbi_do_CASE_SUPPLY(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t case_ = tbi_case_find(city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    struct tbi_case *of = tbi_case_(city, case_);
    uint64_t steps = of->correction;
    if (steps == 0)
        return TB_STATUS_CASE_STATE;
    if (tbi_pool_left(&city->tickets) < (uint32_t)__builtin_popcountll(steps))
        return TB_STATUS_TICKETS_FULL;
    of->correction = 0;
    case_say(step, TB_EVENT_CASE_SUPPLIED, case_)->value = (int64_t)steps;
    for (uint64_t m = steps; m != 0; m &= m - 1)
        step_begin(step, case_, tbi_lowest(m), TB_CLASS_RETURNED);
    case_settle(step, case_);
    return TB_STATUS_OK;
}

/* Done: no longer under way, and what follows begins. */
static void step_done(struct tbi_step *step, uint32_t case_, uint32_t which)
{
    struct tbi_case *of = tbi_case_(step->city, case_);
    of->active &= (uint16_t)~tbi_bit(which);
    of->done |= (uint16_t)tbi_bit(which);
    steps_follow(step, case_, which);
    case_settle(step, case_);
}

enum tb_status tbi_do_CASE_OUTSIDE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t case_ = tbi_case_find(city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    const struct tbi_case *of = tbi_case_(city, case_);
    if (of->state == TB_CASE_READY)
        return TB_STATUS_CASE_STATE;
    const struct tbi_route *route = case_route(city, case_);
    if (command->value < 0 || command->value >= route->step_count)
        return TB_STATUS_STEP_INVALID;
    uint32_t which = (uint32_t)command->value;
    if (route->steps[which].kind != TB_STEP_OUTSIDE || !(of->active & tbi_bit(which)))
        return TB_STATUS_STEP_INVALID;
    if (tbi_pool_left(&city->tickets) < route->step_count)
        return TB_STATUS_TICKETS_FULL;
    step_say(step, TB_EVENT_TASK_DONE, case_, which);
    step_done(step, case_, which);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_CASE_WITHDRAW(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t case_ = tbi_case_find(step->city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    case_say(step, TB_EVENT_CASE_WITHDRAWN, case_);
    case_end(step, case_);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_CASE_COLLECT(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t case_ = tbi_case_find(step->city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    if (tbi_case_(step->city, case_)->state != TB_CASE_READY)
        return TB_STATUS_CASE_STATE;
    case_say(step, TB_EVENT_CASE_COLLECTED, case_);
    tbi_case_free(step->city, case_);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_CASE_INFO(struct tbi_step *step, const struct tb_command *command)
{
    uint32_t case_ = tbi_case_find(step->city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    const struct tbi_case *of = tbi_case_(step->city, case_);
    struct tb_event *event = tbi_answer(step, TB_EVENT_CASE, of->station);
    case_fill(step->city, case_, event);
    event->value = of->state;
    event->value2 = of->due_at;
    return TB_STATUS_OK;
}

/* ---- DESK.*, HELP.ASSIGN, HELP.CLOSE
 * --------------------------------------------------------------- */

/* S; transition FINISH; STATION_KIND unless a task. */
static enum tb_status task_find(const struct tb_city *city, const struct tb_command *command,
                                uint32_t *ticket)
{
    if (command->server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    const struct tbi_server *server = tbi_server(city, command->server);
    if (tbi_server_next((enum tb_server_state)server->state, TB_SERVER_BY_FINISH) < 0)
        return TB_STATUS_SERVER_STATE;
    *ticket = server->ticket;
    return tbi_ticket_is_task(tbi_ticket(city, *ticket)) ? TB_STATUS_OK : TB_STATUS_STATION_KIND;
}

/* May the end of the approver's task touch all that it could reach? */
static enum tb_status task_in_step(const struct tbi_step *step, uint32_t ticket)
{
    uint32_t case_ = tbi_more(step->city, ticket)->case_index;
    return case_ == TB_NONE || case_in_step(step, case_) ? TB_STATUS_OK
                                                         : TB_STATUS_STATION_OUT_OF_STEP;
}

/* The approver is done with it: off the case's list, and gone. */
static void task_end(struct tb_city *city, uint32_t index)
{
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const struct tbi_ticket_more *more = tbi_more(city, index);
    tb_assert(ticket->state == TB_TICKET_SERVING);
    if (more->case_index != TB_NONE) {
        uint32_t *link = &tbi_case_(city, more->case_index)->task;
        while (*link != index) {
            tb_assert(*link != TB_NONE);
            link = &tbi_more(city, *link)->case_next;
        }
        *link = more->case_next;
    }
    tbi_timer_clear(city, index);
    tbi_station(city, ticket->station)->serving--;
    tbi_ticket_free(city, index);
}

/* The event of the end of an approver's task. Its case: TB_NONE if it has ended; then it is
 * dropped. */
static struct tb_event *task_say_end(struct tbi_step *step, const struct tb_command *command,
                                     uint32_t ticket, enum tb_event_kind kind)
{
    const struct tbi_ticket_more *more = tbi_more(step->city, ticket);
    bool dropped = more->case_index == TB_NONE;
    struct tb_event *event = tbi_emit_at_server(step, dropped ? TB_EVENT_TASK_DROPPED : kind,
                                                ticket, command->server);
    event->value = more->step;
    if (!dropped)
        event->value2 = kind == TB_EVENT_TASK_DONE
                            ? more->key_us - step->now
                            : (int64_t)tbi_case_ref(step->city, more->case_index);
    return event;
}

enum tb_status tbi_do_DESK_APPROVE(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t ticket;
    enum tb_status status = task_find(city, command, &ticket);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t case_ = tbi_more(city, ticket)->case_index;
    uint32_t which = tbi_more(city, ticket)->step;
    if (case_ != TB_NONE && tbi_pool_left(&city->tickets) < case_route(city, case_)->step_count)
        return TB_STATUS_TICKETS_FULL;
    status = task_in_step(step, ticket);
    if (status != TB_STATUS_OK)
        return status;
    task_say_end(step, command, ticket, TB_EVENT_TASK_DONE);
    task_end(city, ticket);
    if (case_ != TB_NONE)
        step_done(step, case_, which);
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HELP_CLOSE(struct tbi_step *step, const struct tb_command *command)
{
    return tbi_do_DESK_APPROVE(step, command);
}

enum tb_status tbi_do_DESK_CORRECT(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t ticket;
    enum tb_status status = task_find(city, command, &ticket);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t case_ = tbi_more(city, ticket)->case_index;
    uint64_t bit = tbi_bit(tbi_more(city, ticket)->step);
    task_say_end(step, command, ticket, TB_EVENT_CASE_CORRECTION);
    task_end(city, ticket);
    if (case_ != TB_NONE) {
        struct tbi_case *of = tbi_case_(city, case_);
        of->active &= (uint16_t)~bit;
        of->correction |= (uint16_t)bit;
        case_settle(step, case_);
    }
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_DESK_REJECT(struct tbi_step *step, const struct tb_command *command)
{
    struct tb_city *city = step->city;
    uint32_t ticket;
    enum tb_status status = task_find(city, command, &ticket);
    if (status != TB_STATUS_OK)
        return status;
    status = task_in_step(step, ticket);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t case_ = tbi_more(city, ticket)->case_index;
    task_say_end(step, command, ticket, TB_EVENT_CASE_REJECTED);
    task_end(city, ticket);
    if (case_ != TB_NONE)
        case_end(step, case_);
    tbi_server_release(step, command->server, command->flags & TB_FLAG_NEXT);
    return TB_STATUS_OK;
}

enum tb_status tbi_do_HELP_ASSIGN(struct tbi_step *step, const struct tb_command *command)
{
    const struct tb_city *city = step->city;
    if (command->server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    uint32_t case_ = tbi_case_find(city, command->ref);
    if (case_ == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    const struct tbi_server *server = tbi_server(city, command->server);
    if (tbi_server_next((enum tb_server_state)server->state, TB_SERVER_BY_CALL) < 0)
        return TB_STATUS_SERVER_STATE;
    uint32_t task = tbi_case_task_at(city, case_, server->station);
    if (task == TB_NONE)
        return TB_STATUS_CASE_STATE;
    return tbi_window_call(step, command->server, task);
}
