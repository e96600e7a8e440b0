/* TICKET.* and RATE.*: what a citizen does. */
#include "inside.h"

#include <stdlib.h>

static struct m_ticket *ticket_new(struct model *m, uint32_t station)
{
    struct m_ticket *t = calloc(1, sizeof *t);
    tb_assert(t != NULL);
    t->ref = m_ref_new(m, TB_REF_TICKET);
    t->station = station;
    t->server = TB_NONE;
    t->due_at = TB_NEVER;
    m_list_add(&m->tickets, t);
    return t;
}

struct m_ticket *m_ticket_new(struct model *m, uint32_t station)
{
    return ticket_new(m, station);
}

uint32_t m_command_matters(const struct tb_command *c)
{
    return c->matter_count == 0 ? 1 : c->matter_count;
}

/* M of the table, for each matter of the command at this station. */
enum tb_status m_matters_check(const struct model *m, const struct tb_command *c, uint32_t station,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (c->matters[i] >= m->config.matter_count)
            return TB_STATUS_MATTER_UNKNOWN;
        if (!m_matter_handled(m, c->matters[i], station))
            return TB_STATUS_MATTER_ELSEWHERE;
    }
    return TB_STATUS_OK;
}

bool m_quota_exhausted(const struct model *m, uint32_t station, uint32_t group)
{
    const struct m_station *s = &m->stations[station];
    return s->quota[group] != 0 && s->used[group] >= s->quota[group];
}

enum tb_status m_hall_check(const struct model *m, uint32_t station)
{
    if (station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    if (m->stations[station].config->kind != TB_STATION_HALL)
        return TB_STATUS_STATION_KIND;
    return TB_STATUS_OK;
}

/* Numbers count up within a station's day; promise 1 is looked after here. */
void m_number_give(struct model *m, struct m_ticket *t)
{
    struct m_station *s = &m->stations[t->station];
    t->number = ++s->number;
    if (t->number >= s->numbers_max) {
        uint32_t room = t->number * 2 + 64;
        s->numbers = realloc(s->numbers, room);
        tb_assert(s->numbers != NULL);
        for (uint32_t i = s->numbers_max; i < room; i++)
            s->numbers[i] = 0;
        s->numbers_max = room;
    }
    if (s->numbers[t->number]++)
        m->broken = "a number is given twice in a day";
}

/* ---- TICKET.TAKE --------------------------------------------------------------------------- */
static enum tb_status take_check(const struct model *m, const struct tb_command *c)
{
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    if (!m_accepts(m, c->station))
        return TB_STATUS_HALL_CLOSED;
    if (m_command_matters(c) > TB_COMMAND_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    status = m_matters_check(m, c, c->station, m_command_matters(c));
    if (status != TB_STATUS_OK)
        return status;
    if (c->class_ != TB_CLASS_NORMAL && c->class_ != TB_CLASS_GREEN)
        return TB_STATUS_CLASS_INVALID;
    if (c->channel != TB_CHANNEL_WALK_IN && c->channel != TB_CHANNEL_KIOSK &&
        c->channel != TB_CHANNEL_MOBILE)
        return TB_STATUS_CHANNEL_INVALID;
    if (m_quota_exhausted(m, c->station, m->config.matters[c->matters[0]].group))
        return TB_STATUS_QUOTA_EXHAUSTED;
    return m_tickets_free(m) == 0 ? TB_STATUS_TICKETS_FULL : TB_STATUS_OK;
}

enum tb_status m_ticket_take(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = take_check(m, c);
    if (status != TB_STATUS_OK)
        return status;
    struct m_ticket *t = ticket_new(m, c->station);
    t->matter_count = m_command_matters(c);
    for (uint32_t i = 0; i < t->matter_count; i++)
        t->matters[i] = c->matters[i];
    t->class_ = c->class_;
    t->channel = c->channel;
    t->citizen = c->citizen;
    t->silent = c->flags & TB_FLAG_SILENT;
    t->place_at = now;
    uint32_t group = m->config.matters[t->matters[0]].group;
    m->stations[c->station].used[group]++;
    m_number_give(m, t);
    m_join(m, t, group * TB_CLASSES + t->class_, now);
    int64_t wait = m_wait_told(m, t->station, t->queue);
    m_say_ticket(m, TB_EVENT_TAKEN, t, wait, wait);
    m_settle(m, t, now);
    return TB_STATUS_OK;
}

/* ---- the others ---------------------------------------------------------------------------- */
/* T; task; transition. */
static enum tb_status find(const struct model *m, const struct tb_command *c,
                           enum tb_ticket_cause cause, struct m_ticket **t)
{
    *t = m_ticket_find(m, c->ref);
    if (*t == NULL)
        return TB_STATUS_TICKET_UNKNOWN;
    if ((*t)->task)
        return TB_STATUS_STATION_KIND;
    return m_ticket_may((*t)->state, cause) ? TB_STATUS_OK : TB_STATUS_TICKET_STATE;
}

enum tb_status m_ticket_add(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_ADD, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (t->matter_count == TB_TICKET_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    if (c->matters[0] >= m->config.matter_count)
        return TB_STATUS_MATTER_UNKNOWN;
    if (t->station == m->remote) {
        if (m->config.matters[c->matters[0]].remote_group == TB_GROUPS_MAX)
            return TB_STATUS_REMOTE_MISSING;
    } else if (!m_matter_handled(m, c->matters[0], t->station)) {
        return TB_STATUS_MATTER_ELSEWHERE;
    }
    t->matters[t->matter_count++] = c->matters[0];
    m_say_ticket(m, TB_EVENT_MATTER_ADDED, t, t->matter_count, 0);
    return TB_STATUS_OK;
}

enum tb_status m_ticket_cancel(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_CANCEL, &t);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t server = t->server;
    bool booked = t->state == TB_TICKET_BOOKED, waited = t->state == TB_TICKET_WAITING;
    m_say_ticket(m, TB_EVENT_CANCELLED, t, booked ? 0 : m_age(t, now), 0);
    t->state = TB_TICKET_CANCELLED;
    if (waited)
        m_leave(m, t, now);
    if (booked)
        m_book_give_back(m, t);
    m_end(m, t);
    if (server != TB_NONE)
        m_get_free(m, server, now, true);
    return TB_STATUS_OK;
}

enum tb_status m_book_cancel(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t = m_ticket_find(m, c->ref);
    if (t != NULL && !t->task && t->state != TB_TICKET_BOOKED)
        return TB_STATUS_TICKET_STATE;
    return m_ticket_cancel(m, c, now);
}

enum tb_status m_ticket_abandon(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_ABANDON, &t);
    if (status != TB_STATUS_OK)
        return status;
    m_say_ticket(m, TB_EVENT_ABANDONED, t, m_age(t, now), 0);
    t->state = TB_TICKET_ABANDONED;
    m_leave(m, t, now);
    m_end(m, t);
    return TB_STATUS_OK;
}

enum tb_status m_ticket_park(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_PARK, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (m->stations[t->station].over)
        return TB_STATUS_HALL_CLOSED;
    int64_t keep = m_rule(m, t->station, TB_RULE_park_keep_us);
    t->state = TB_TICKET_PARKED;
    t->away_set = ++m->set_count;
    t->changed_at = now;
    if (keep != 0)
        m_timer_set(m, &t->own, M_TIMER_PARK, now + keep);
    m_say_ticket(m, TB_EVENT_PARKED, t, keep == 0 ? TB_NEVER : now + keep, 0);
    m_leave(m, t, now);
    return TB_STATUS_OK;
}

/* The group of the matter at hand, at the ticket's station. */
uint32_t m_group_of(const struct model *m, const struct m_ticket *t)
{
    if (t->task)
        return t->queue / TB_CLASSES;
    const struct tb_matter *matter = &m->config.matters[t->matters[0]];
    return t->station == m->remote ? matter->remote_group : matter->group;
}

enum tb_status m_ticket_resume(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_RESUME, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (m->stations[t->station].over)
        return TB_STATUS_HALL_CLOSED;
    if (t->resumes >= (uint32_t)m_rule(m, t->station, TB_RULE_return_max))
        return TB_STATUS_RETURNS_TOO_MANY;
    t->resumes++;
    if (BROKEN(7))
        t->place_at = now;
    m_join(m, t, m_group_of(m, t) * TB_CLASSES + TB_CLASS_RETURNED, now);
    m_say_ticket(m, TB_EVENT_RETURNED, t, m_age(t, now), 0);
    m_settle(m, t, now);
    return TB_STATUS_OK;
}

enum tb_status m_ticket_ack(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_ACKNOWLEDGE, &t);
    if (status != TB_STATUS_OK)
        return status;
    if (!t->silent || t->acknowledged)
        return TB_STATUS_TICKET_STATE;
    t->acknowledged = true;
    if (t->call.what == M_TIMER_ACK) {
        t->call.what = M_TIMER_NONE;
        if (t->give_up_at != TB_NEVER)
            m_timer_set(m, &t->call, M_TIMER_CALL, t->give_up_at);
    }
    m_say_ticket(m, TB_EVENT_ACKNOWLEDGED, t, 0, 0);
    return TB_STATUS_OK;
}

/* ---- transfer ------------------------------------------------------------------------------ */
static enum tb_status transfer_check(const struct model *m, const struct m_ticket *t,
                                     const struct tb_command *c)
{
    if (t->station == m->remote)
        return TB_STATUS_STATION_KIND;
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    status = m_matters_check(m, c, c->station, 1);
    if (status != TB_STATUS_OK)
        return status;
    if (c->station == t->station ? m->stations[c->station].over : !m_accepts(m, c->station))
        return TB_STATUS_HALL_CLOSED;
    return TB_STATUS_OK;
}

enum tb_status m_transfer(struct model *m, struct m_ticket *t, const struct tb_command *c,
                          tb_time now, bool wants_next)
{
    enum tb_status status = transfer_check(m, t, c);
    if (status != TB_STATUS_OK)
        return status;
    struct m_ticket was = *t;
    if (was.server != TB_NONE)
        m_let_go(m, t);
    t->matters[0] = c->matters[0];
    if (c->station != t->station) {
        t->station = c->station;
        m_number_give(m, t);
    }
    m_join(m, t, m_group_of(m, t) * TB_CLASSES + TB_CLASS_RETURNED, now);
    m_say_ticket(m, TB_EVENT_TRANSFERRED, t, m_age(t, now), was.station)->server = was.server;
    if (was.state == TB_TICKET_WAITING)
        m_leave(m, &was, now);
    m_settle(m, t, now);
    if (was.server != TB_NONE)
        m_get_free(m, was.server, now, wants_next);
    return TB_STATUS_OK;
}

enum tb_status m_ticket_transfer(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_TRANSFER, &t);
    return status != TB_STATUS_OK ? status : m_transfer(m, t, c, now, true);
}

enum tb_status m_ticket_info(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    const struct m_ticket *t = m_ticket_find(m, c->ref);
    if (t == NULL)
        return TB_STATUS_TICKET_UNKNOWN;
    int64_t ahead = 0;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *u = m_ticket_at(m, i);
        ahead += t->state == TB_TICKET_WAITING && u->state == TB_TICKET_WAITING &&
                 u->station == t->station && u->queue == t->queue && u->join < t->join;
    }
    int64_t wait = t->state == TB_TICKET_WAITING ? m_wait(m, t->station, t->queue) : 0;
    m_say_ticket(m, TB_EVENT_TICKET, t, ahead > 99 ? 99 : ahead, wait);
    return TB_STATUS_OK;
}

/* ---- RATE ---------------------------------------------------------------------------------- */
static void say_visit(struct model *m, uint32_t kind, const struct m_visit *v, int64_t value)
{
    struct tb_event *e = m_say_station(m, kind, v->station, value, 0);
    e->ref = v->ref;
    e->number = v->number;
    e->matter = (uint16_t)v->matter;
}

enum tb_status m_rate_give(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    struct m_visit *v = m_visit_find(m, c->ref);
    if (v == NULL)
        return TB_STATUS_VISIT_UNKNOWN;
    if (c->value < 1 || c->value > 5)
        return TB_STATUS_VALUE_INVALID;
    say_visit(m, TB_EVENT_RATED, v, c->value);
    m_list_remove(&m->visits, v);
    return TB_STATUS_OK;
}

enum tb_status m_rate_follow(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    struct m_visit *v = m_visit_find(m, c->ref);
    if (v == NULL)
        return TB_STATUS_VISIT_UNKNOWN;
    if (!v->due)
        return TB_STATUS_VISIT_STATE;
    if (c->value < 0 || c->value > 5)
        return TB_STATUS_VALUE_INVALID;
    say_visit(m, TB_EVENT_FOLLOWED, v, c->value);
    m_list_remove(&m->visits, v);
    return TB_STATUS_OK;
}

/* ---- views --------------------------------------------------------------------------------- */
enum tb_status model_ticket(const struct model *m, tb_ref ref, struct tb_ticket_view *out)
{
    const struct m_ticket *t = m_ticket_find(m, ref);
    if (t == NULL)
        return TB_STATUS_TICKET_UNKNOWN;
    *out = (struct tb_ticket_view){
        .ref = t->ref,
        .citizen = t->citizen,
        .state = t->state,
        .station = t->station,
        .queue = t->queue,
        .server = t->server,
        .number = t->number,
        .join = t->join,
        .place_at_us = t->place_at,
        .changed_at_us = t->changed_at,
        .matter = t->matters[0],
        .matters_left = t->matter_count - 1,
        .class_ = t->class_,
        .channel = t->channel,
        .case_ref = t->case_ ? t->case_->ref : 0,
    };
    return TB_STATUS_OK;
}
