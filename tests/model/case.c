/* R10: cases on their routes, and DESK.*, HELP.*. */
#include "inside.h"

#include <stdlib.h>

static const struct tb_route *route_of(const struct model *m, const struct m_case *c)
{
    return &m->config.routes[c->route];
}

/* As many tickets may be needed when a step is done. */
uint32_t m_steps(const struct model *m, uint32_t route)
{
    return m->config.routes[route].step_count;
}

static bool any(const bool *steps)
{
    for (uint32_t i = 0; i < TB_STEPS_MAX; i++)
        if (steps[i])
            return true;
    return false;
}

static uint32_t bits(const bool *steps)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < TB_STEPS_MAX; i++)
        mask |= (uint32_t)steps[i] << i;
    return mask;
}

static struct tb_event *say_case(struct model *m, uint32_t kind, const struct m_case *c,
                                 int64_t value, int64_t value2)
{
    struct tb_event *e = m_say_station(m, kind, c->station, value, value2);
    e->ref = c->ref;
    e->number = c->number;
    e->matter = (uint16_t)c->matter;
    return e;
}

/* An event of an outside or fork step: of the case, at the step's station. */
static void say_step(struct model *m, uint32_t kind, const struct m_case *c, uint32_t step,
                     int64_t value2)
{
    struct tb_event *e = m_say_station(m, kind, route_of(m, c)->steps[step].station, step, value2);
    e->ref = c->ref;
    e->matter = (uint16_t)c->matter;
}

/* ---- steps begin --------------------------------------------------------------------------- */
struct m_case *m_case_new(struct model *m, uint32_t matter, uint32_t station, uint32_t number,
                          enum tb_class class_, uint64_t citizen, tb_time now)
{
    struct m_case *c = calloc(1, sizeof *c);
    tb_assert(c != NULL);
    c->ref = m_ref_new(m, TB_REF_CASE);
    c->matter = matter;
    c->route = m->config.matters[matter].route;
    c->station = station;
    c->number = number;
    c->class_ = class_ == TB_CLASS_GREEN ? TB_CLASS_GREEN : TB_CLASS_NORMAL;
    c->citizen = citizen;
    c->state = TB_CASE_ACTIVE;
    c->opened_at = now;
    const struct tb_route *route = route_of(m, c);
    c->due_at = m_work_after(m_calendar(m, route->steps[0].station), now, route->due_work_us);
    m_list_add(&m->cases, c);
    return c;
}

void m_case_opened(struct model *m, const struct m_case *c, tb_ref ticket)
{
    say_case(m, TB_EVENT_CASE_OPENED, c, c->due_at, (int64_t)ticket);
}

static void task_timers(struct model *m, struct m_ticket *t, tb_time now)
{
    if (t->due_at == TB_NEVER)
        return;
    int64_t warn_us = m_rule(m, t->station, TB_RULE_due_warn_us);
    tb_time warn_at = m_work_before(m_calendar(m, t->station), t->due_at, warn_us);
    if (warn_us != 0 && warn_at > now)
        m_timer_set(m, &t->own, M_TIMER_WARN, warn_at);
    else
        m_timer_set(m, &t->own, M_TIMER_OVERDUE, t->due_at);
}

static void task_begin(struct model *m, struct m_case *c, uint32_t step, enum tb_class class_,
                       tb_time now)
{
    const struct tb_step *s = &route_of(m, c)->steps[step];
    struct m_ticket *t = m_ticket_new(m, s->station);
    t->task = true;
    t->case_ = c;
    t->step = step;
    t->matters[0] = (uint16_t)c->matter;
    t->matter_count = 1;
    t->class_ = c->class_;
    t->channel = TB_CHANNEL_CASE;
    t->citizen = c->citizen;
    t->place_at = now;
    t->due_at = c->step_due_at[step];
    task_timers(m, t, now);
    m_join(m, t, s->group * TB_CLASSES + class_, now);
    m_say_ticket(m, TB_EVENT_TASK_QUEUED, t, step, t->due_at);
    m_settle(m, t, now);
}

static void step_done(struct model *m, struct m_case *c, uint32_t step, tb_time now);

static void step_begin(struct model *m, struct m_case *c, uint32_t step, bool corrected,
                       tb_time now)
{
    const struct tb_step *s = &route_of(m, c)->steps[step];
    c->active[step] = true;
    if (s->kind == TB_STEP_FORK) {
        say_step(m, TB_EVENT_TASK_DONE, c, step, 0);
        step_done(m, c, step, now);
        return;
    }
    c->step_due_at[step] = m_work_after(m_calendar(m, s->station), now, s->due_work_us);
    if (s->kind == TB_STEP_OUTSIDE)
        say_step(m, TB_EVENT_TASK_OUTSIDE, c, step, c->step_due_at[step]);
    else
        task_begin(m, c, step, corrected ? TB_CLASS_RETURNED : c->class_, now);
}

/* After its TASK_DONE: what follows begins. */
static void step_done(struct model *m, struct m_case *c, uint32_t step, tb_time now)
{
    const struct tb_route *route = route_of(m, c);
    const struct tb_step *s = &route->steps[step];
    c->active[step] = false;
    c->done[step] = true;
    for (uint32_t i = 0; i < s->next_count; i++) {
        bool reverse = BROKEN(12) && s->kind == TB_STEP_FORK;
        uint32_t next = s->next[reverse ? s->next_count - 1u - i : i];
        c->joined[next]++;
        if (c->joined[next] == route->steps[next].joins)
            step_begin(m, c, next, false, now);
    }
}

/* Nothing under way any more? */
static void case_look(struct model *m, struct m_case *c, tb_time now)
{
    if (any(c->active)) {
        c->state = TB_CASE_ACTIVE;
    } else if (any(c->correction)) {
        c->state = TB_CASE_CORRECTION;
    } else if (m->config.matters[c->matter].collect) {
        c->state = TB_CASE_READY;
        say_case(m, TB_EVENT_CASE_READY, c, c->due_at - now, 0);
    } else {
        say_case(m, TB_EVENT_CASE_FINISHED, c, c->due_at - now, 0);
        m_list_remove(&m->cases, c);
    }
}

void m_case_begin(struct model *m, struct m_case *c, tb_time now)
{
    step_begin(m, c, 0, false, now);
    case_look(m, c, now);
}

/* The case is over: waiting tasks vanish, newest first; those at an approver know no case any more.
 */
static void case_end(struct model *m, struct m_case *c, tb_time now)
{
    for (uint32_t i = m->tickets.count; i-- > 0;) {
        struct m_ticket *t = m_ticket_at(m, i);
        if (t->case_ != c)
            continue;
        t->case_ = NULL;
        t->own.what = M_TIMER_NONE;
        if (t->state != TB_TICKET_WAITING)
            continue;
        m_say_ticket(m, TB_EVENT_TASK_DROPPED, t, t->step, 0);
        t->state = TB_TICKET_CANCELLED;
        m_leave(m, t, now);
        m_end(m, t);
    }
    m_list_remove(&m->cases, c);
}

/* ---- CASE.* -------------------------------------------------------------------------------- */
enum tb_status m_case_open(struct model *m, const struct tb_command *c, tb_time now)
{
    uint32_t matter = c->matters[0];
    if (matter >= m->config.matter_count)
        return TB_STATUS_MATTER_UNKNOWN;
    uint32_t route = m->config.matters[matter].route;
    if (route == TB_MATTER_NONE)
        return TB_STATUS_ROUTE_MISSING;
    if (c->class_ != TB_CLASS_NORMAL && c->class_ != TB_CLASS_GREEN)
        return TB_STATUS_CLASS_INVALID;
    if (m->cases.count == m->config.cases_max)
        return TB_STATUS_CASES_FULL;
    if (m_tickets_free(m) < m_steps(m, route))
        return TB_STATUS_TICKETS_FULL;
    struct m_case *case_ = m_case_new(m, matter, m->config.routes[route].steps[0].station, 0,
                                      c->class_, c->citizen, now);
    m_case_opened(m, case_, 0);
    m_case_begin(m, case_, now);
    return TB_STATUS_OK;
}

enum tb_status m_case_supply(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    if (!any(case_->correction))
        return TB_STATUS_CASE_STATE;
    uint32_t steps = bits(case_->correction);
    if (m_tickets_free(m) < (uint32_t)__builtin_popcount(steps))
        return TB_STATUS_TICKETS_FULL;
    say_case(m, TB_EVENT_CASE_SUPPLIED, case_, steps, 0);
    for (uint32_t i = 0; i < TB_STEPS_MAX; i++) {
        if (!(steps >> i & 1))
            continue;
        case_->correction[i] = false;
        step_begin(m, case_, i, true, now);
    }
    case_look(m, case_, now);
    return TB_STATUS_OK;
}

enum tb_status m_case_outside(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    if (case_->state == TB_CASE_READY)
        return TB_STATUS_CASE_STATE;
    const struct tb_route *route = route_of(m, case_);
    if (c->value < 0 || c->value >= route->step_count || !case_->active[c->value] ||
        route->steps[c->value].kind != TB_STEP_OUTSIDE)
        return TB_STATUS_STEP_INVALID;
    if (m_tickets_free(m) < route->step_count)
        return TB_STATUS_TICKETS_FULL;
    uint32_t step = (uint32_t)c->value;
    say_step(m, TB_EVENT_TASK_DONE, case_, step, 0);
    step_done(m, case_, step, now);
    case_look(m, case_, now);
    return TB_STATUS_OK;
}

enum tb_status m_case_withdraw(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    say_case(m, TB_EVENT_CASE_WITHDRAWN, case_, 0, 0);
    case_end(m, case_, now);
    return TB_STATUS_OK;
}

enum tb_status m_case_collect(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    if (case_->state != TB_CASE_READY)
        return TB_STATUS_CASE_STATE;
    say_case(m, TB_EVENT_CASE_COLLECTED, case_, 0, 0);
    m_list_remove(&m->cases, case_);
    return TB_STATUS_OK;
}

enum tb_status m_case_info(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    const struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    say_case(m, TB_EVENT_CASE, case_, case_->state, case_->due_at);
    return TB_STATUS_OK;
}

/* ---- DESK.*, HELP.* ------------------------------------------------------------------------ */
/* S; transition FINISH; STATION_KIND unless a task. */
static enum tb_status find_task(const struct model *m, const struct tb_command *c,
                                struct m_ticket **t)
{
    if (c->server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    if (!m_server_may(m->servers[c->server].state, TB_SERVER_BY_FINISH))
        return TB_STATUS_SERVER_STATE;
    *t = m->servers[c->server].ticket;
    return (*t)->task ? TB_STATUS_OK : TB_STATUS_STATION_KIND;
}

/* The task whose case has ended meanwhile; true if it was one. */
static bool dropped(struct model *m, struct m_ticket *t)
{
    if (t->case_ != NULL)
        return false;
    m_say_ticket(m, TB_EVENT_TASK_DROPPED, t, t->step, 0);
    m_end(m, t);
    return true;
}

enum tb_status m_desk_approve(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find_task(m, c, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (t->case_ && m_tickets_free(m) < m_steps(m, t->case_->route))
        return TB_STATUS_TICKETS_FULL;
    if (!dropped(m, t)) {
        struct m_case *case_ = t->case_;
        uint32_t step = t->step;
        m_say_ticket(m, TB_EVENT_TASK_DONE, t, step, t->due_at - now);
        m->tasks_done++;
        m_end(m, t);
        step_done(m, case_, step, now);
        case_look(m, case_, now);
    }
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

enum tb_status m_desk_correct(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find_task(m, c, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (!dropped(m, t)) {
        struct m_case *case_ = t->case_;
        m_say_ticket(m, TB_EVENT_CASE_CORRECTION, t, t->step, (int64_t)case_->ref);
        case_->active[t->step] = false;
        case_->correction[t->step] = true;
        m_end(m, t);
        case_look(m, case_, now);
    }
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

enum tb_status m_desk_reject(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find_task(m, c, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (!dropped(m, t)) {
        struct m_case *case_ = t->case_;
        m_say_ticket(m, TB_EVENT_CASE_REJECTED, t, t->step, (int64_t)case_->ref);
        m_end(m, t);
        case_end(m, case_, now);
    }
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

enum tb_status m_help_assign(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    struct m_case *case_ = m_case_find(m, c->ref);
    if (case_ == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    if (!m_server_may(m->servers[c->server].state, TB_SERVER_BY_CALL))
        return TB_STATUS_SERVER_STATE;
    struct m_ticket *newest = NULL;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        struct m_ticket *t = m_ticket_at(m, i);
        if (t->case_ == case_ && t->state == TB_TICKET_WAITING &&
            t->station == m->servers[c->server].station)
            newest = t;
    }
    return newest ? m_call_this(m, c->server, newest, now) : TB_STATUS_CASE_STATE;
}

enum tb_status model_case(const struct model *m, tb_ref ref, struct tb_case_view *out)
{
    const struct m_case *c = m_case_find(m, ref);
    if (c == NULL)
        return TB_STATUS_CASE_UNKNOWN;
    *out = (struct tb_case_view){
        .ref = c->ref,
        .citizen = c->citizen,
        .state = c->state,
        .matter = c->matter,
        .route = c->route,
        .station = c->station,
        .number = c->number,
        .opened_at_us = c->opened_at,
        .due_at_us = c->due_at,
        .steps_active = bits(c->active),
        .steps_correction = bits(c->correction),
        .steps_done = bits(c->done),
    };
    return TB_STATUS_OK;
}
