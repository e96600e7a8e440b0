/* WINDOW.*: what staff does. */
#include "inside.h"

#include <stdlib.h>

/* S; transition. */
static enum tb_status find(const struct model *m, uint32_t server, enum tb_server_cause cause,
                           struct m_server **w)
{
    if (server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    *w = &m->servers[server];
    return m_server_may((*w)->state, cause) ? TB_STATUS_OK : TB_STATUS_SERVER_STATE;
}

static uint32_t profile_count(const struct model *m, const struct m_server *w)
{
    return m->stations[w->station].config->profile_count;
}

static bool busy(const struct m_server *w)
{
    return w->state == TB_SERVER_CALLED || w->state == TB_SERVER_SERVING;
}

/* ---- open, close, pause, continue, skill --------------------------------------------------- */
enum tb_status m_window_open(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_OPEN, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (busy(w) && !w->closing && !w->pausing)
        return TB_STATUS_SERVER_STATE;
    if (c->value >= 0 && c->value >= profile_count(m, w))
        return TB_STATUS_PROFILE_UNKNOWN;
    if (busy(w)) {
        w->closing = w->pausing = false;
        m_say_server(m, TB_EVENT_WINDOW_OPENED, c->server, w->profile);
        return TB_STATUS_OK;
    }
    if (c->value >= 0)
        w->profile = (uint32_t)c->value;
    w->state = TB_SERVER_WRAP;
    w->changed_at = now;
    m_say_server(m, TB_EVENT_WINDOW_OPENED, c->server, w->profile);
    if (m_rule(m, w->station, TB_RULE_auto_next))
        m_get_ready(m, c->server, now, true);
    return TB_STATUS_OK;
}

enum tb_status m_window_close(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_CLOSE, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (busy(w)) {
        w->closing = true;
        w->pausing = false;
        m_say_server(m, TB_EVENT_WINDOW_LATER, c->server, 1);
        return TB_STATUS_OK;
    }
    w->state = TB_SERVER_CLOSED;
    w->changed_at = now;
    m_say_server(m, TB_EVENT_WINDOW_CLOSED, c->server, 0);
    return TB_STATUS_OK;
}

enum tb_status m_window_pause(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_PAUSE, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (busy(w)) {
        if (w->closing && !BROKEN(9))
            return TB_STATUS_SERVER_STATE;
        w->closing = false;
        w->pausing = true;
        m_say_server(m, TB_EVENT_WINDOW_LATER, c->server, 2);
        return TB_STATUS_OK;
    }
    w->state = TB_SERVER_PAUSED;
    w->changed_at = now;
    m_say_server(m, TB_EVENT_WINDOW_PAUSED, c->server, 0);
    return TB_STATUS_OK;
}

enum tb_status m_window_continue(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_CONTINUE, &w);
    if (status != TB_STATUS_OK)
        return status;
    m_get_free(m, c->server, now, false);
    return TB_STATUS_OK;
}

enum tb_status m_window_skill(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    struct m_server *w = &m->servers[c->server];
    if (c->value < 0 || c->value >= profile_count(m, w))
        return TB_STATUS_PROFILE_UNKNOWN;
    w->profile = (uint32_t)c->value;
    m_say_server(m, TB_EVENT_WINDOW_SKILLED, c->server, w->profile);
    if (w->state == TB_SERVER_READY)
        m_get_ready(m, c->server, now, false);
    return TB_STATUS_OK;
}

/* ---- calls --------------------------------------------------------------------------------- */
enum tb_status m_window_next(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_NEXT, &w);
    if (status != TB_STATUS_OK)
        return status;
    m_get_ready(m, c->server, now, true);
    return TB_STATUS_OK;
}

/* From SKILL_MISSING on. */
enum tb_status m_call_this(struct model *m, uint32_t server, struct m_ticket *t, tb_time now)
{
    const struct m_server *w = &m->servers[server];
    const struct tb_profile *p = &m->stations[w->station].config->profiles[w->profile];
    uint64_t lines = 0;
    if (t->station == m->remote)
        lines = p->remote;
    else if (t->station == w->station)
        lines = p->serves | p->helps;
    if (!(lines & (uint64_t)1 << t->queue))
        return TB_STATUS_SKILL_MISSING;
    if (m_overtake_bound(m, server, t))
        return TB_STATUS_OVERTAKE_BOUND;
    m_call(m, server, t, now, true);
    return TB_STATUS_OK;
}

enum tb_status m_window_call(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    struct m_ticket *t = m_ticket_find(m, c->ref);
    if (t == NULL)
        return TB_STATUS_TICKET_UNKNOWN;
    if (!m_server_may(m->servers[c->server].state, TB_SERVER_BY_CALL))
        return TB_STATUS_SERVER_STATE;
    if (!m_ticket_may(t->state, TB_TICKET_BY_CALL))
        return TB_STATUS_TICKET_STATE;
    return m_call_this(m, c->server, t, now);
}

enum tb_status m_window_recall(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_RECALL, &w);
    if (status != TB_STATUS_OK)
        return status;
    struct m_ticket *t = w->ticket;
    t->calls++;
    m_deadline_set(m, t, now);
    m_say_ticket(m, TB_EVENT_RECALLED, t, t->calls, 0)->flags |=
        t->silent ? TB_EVENT_FLAG_SILENT : 0;
    return TB_STATUS_OK;
}

enum tb_status m_window_start(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_START, &w);
    if (status != TB_STATUS_OK)
        return status;
    struct m_ticket *t = w->ticket;
    m_say_ticket(m, TB_EVENT_STARTED, t, now - t->changed_at, 0);
    t->call.what = M_TIMER_NONE;
    t->state = TB_TICKET_SERVING;
    w->state = TB_SERVER_SERVING;
    t->changed_at = w->changed_at = now;
    return TB_STATUS_OK;
}

/* ---- the end of a service ------------------------------------------------------------------ */
static bool lines_of_group(const struct model *m, const struct m_server *w, uint32_t station,
                           uint32_t group)
{
    const struct tb_profile *p = &m->stations[w->station].config->profiles[w->profile];
    uint64_t lines = station == m->remote ? p->remote : p->serves | p->helps;
    return (station == m->remote || station == w->station) &&
           (lines >> group * TB_CLASSES & ((1u << TB_CLASSES) - 1));
}

/* Takes away the matter at hand and those after it that cannot be done here. */
static void matter_drop(const struct model *m, struct m_ticket *t)
{
    do {
        for (uint32_t i = 1; i < t->matter_count; i++)
            t->matters[i - 1] = t->matters[i];
        t->matter_count--;
    } while (t->matter_count > 0 && !m_matter_possible(m, t->matters[0], t->station));
}

static tb_ref visit_new(struct model *m, const struct m_ticket *t, tb_time now)
{
    int64_t follow = m_rule(m, t->station, TB_RULE_rate_follow_us);
    if (follow == 0 || m->visits.count == m->config.visits_max)
        return 0;
    struct m_visit *v = calloc(1, sizeof *v);
    tb_assert(v != NULL);
    v->ref = m_ref_new(m, TB_REF_VISIT);
    v->station = t->station;
    v->number = t->number;
    v->matter = t->matters[0];
    v->server = t->server;
    v->follow_at = now + follow;
    v->lapse_at = now + m_rule(m, t->station, TB_RULE_rate_end_us);
    v->set = ++m->set_count;
    m_list_add(&m->visits, v);
    return v->ref;
}

/* The next matter needs another line: R9. */
static void matter_moves(struct model *m, struct m_ticket *t, tb_time now)
{
    uint32_t server = t->server;
    m_let_go(m, t);
    m_join(m, t, m_group_of(m, t) * TB_CLASSES + TB_CLASS_RETURNED, now);
    m_say_ticket(m, TB_EVENT_TRANSFERRED, t, m_age(t, now), t->station)->server = server;
    m_settle(m, t, now);
}

enum tb_status m_window_finish(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_FINISH, &w);
    if (status != TB_STATUS_OK)
        return status;
    struct m_ticket *t = w->ticket;
    if (t->task)
        return TB_STATUS_STATION_KIND;
    uint32_t matter = t->matters[0];
    bool opens = m->config.matters[matter].route != TB_MATTER_NONE && !(c->flags & TB_FLAG_SETTLED);
    if (opens && m->cases.count == m->config.cases_max)
        return TB_STATUS_CASES_FULL;
    if (opens && m_tickets_free(m) < m_steps(m, m->config.matters[matter].route))
        return TB_STATUS_TICKETS_FULL;

    struct m_case *opened = NULL;
    if (opens)
        opened = m_case_new(m, matter, t->station, t->number, t->class_, t->citizen, now);
    tb_ref ticket = t->ref;
    struct m_ticket done = *t;
    matter_drop(m, t);
    bool here = t->matter_count > 0 && lines_of_group(m, w, t->station, m_group_of(m, t));
    if (t->matter_count > 0) {
        m_say_ticket(m, TB_EVENT_MATTER_DONE, &done, now - done.changed_at,
                     opened ? (int64_t)opened->ref : 0);
    } else {
        tb_ref visit = visit_new(m, &done, now);
        m_say_ticket(m, TB_EVENT_FINISHED, &done, now - done.changed_at, (int64_t)visit);
        m_end(m, t);
    }
    if (here)
        t->changed_at = w->changed_at = now;
    if (opened) {
        m_case_opened(m, opened, ticket);
        m_case_begin(m, opened, now);
    }
    if (here)
        return TB_STATUS_OK;
    if (w->ticket != NULL)
        matter_moves(m, t, now);
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

enum tb_status m_window_no_show(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_NO_SHOW, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (w->ticket->task)
        return TB_STATUS_STATION_KIND;
    m_no_show(m, w->ticket, now);
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

/* A ticket or task goes back to its line from the window. */
void m_task_back(struct model *m, struct m_ticket *t, tb_time now)
{
    uint32_t server = t->server;
    if (t->task && t->case_ == NULL) {
        m_say_ticket(m, TB_EVENT_TASK_DROPPED, t, t->step, 0);
        m_end(m, t);
        return;
    }
    m_let_go(m, t);
    m_join(m, t, m_group_of(m, t) * TB_CLASSES + TB_CLASS_RETURNED, now);
    m_say_ticket(m, TB_EVENT_RETURNED, t, m_age(t, now), 0)->server = server;
    m_settle(m, t, now);
}

enum tb_status m_window_return(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_RETURN, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (m->stations[w->ticket->station].over)
        return TB_STATUS_HALL_CLOSED;
    m_task_back(m, w->ticket, now);
    m_get_free(m, c->server, now, m_wants(m));
    return TB_STATUS_OK;
}

enum tb_status m_window_transfer(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_server *w;
    enum tb_status status = find(m, c->server, TB_SERVER_BY_RETURN, &w);
    if (status != TB_STATUS_OK)
        return status;
    if (w->ticket->task)
        return TB_STATUS_STATION_KIND;
    return m_transfer(m, w->ticket, c, now, m_wants(m));
}

enum tb_status model_server(const struct model *m, uint32_t server, struct tb_server_view *out)
{
    if (server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    const struct m_server *w = &m->servers[server];
    *out = (struct tb_server_view){
        .station = w->station,
        .profile = w->profile,
        .state = w->state,
        .closing = w->closing,
        .pausing = w->pausing,
        .ticket = w->ticket ? w->ticket->ref : 0,
        .changed_at_us = w->changed_at,
    };
    return TB_STATUS_OK;
}
