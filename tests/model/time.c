/* R1: what time alone brings, found by looking at everything, one thing after the other. */
#include "inside.h"

#include <stdlib.h>

/* One thing that is due. */
struct due {
    tb_time at;
    uint32_t station;
    enum m_kind kind;
    uint32_t server; /* of a plan entry; else 0 */
    uint64_t set;
    void *item; /* ticket, visit or plan entry */
};

void m_timer_set(struct model *m, struct m_timer *timer, enum m_timer_what what, tb_time at)
{
    *timer = (struct m_timer){what, at, ++m->set_count};
}

static uint32_t kind_order(enum m_kind kind)
{
    if (BROKEN(3) && kind == M_TICKET_TIMER)
        return M_CALENDAR;
    return kind;
}

static bool due_before(const struct due *a, const struct due *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->station != b->station)
        return a->station < b->station;
    if (a->kind != b->kind)
        return kind_order(a->kind) < kind_order(b->kind);
    return a->server != b->server ? a->server < b->server : a->set < b->set;
}

static void consider(struct due *best, uint32_t only, struct due candidate)
{
    if (candidate.at == TB_NEVER || (only != TB_NONE && candidate.station != only))
        return;
    if (best->at == TB_NEVER || due_before(&candidate, best))
        *best = candidate;
}

static void consider_plan(const struct model *m, struct due *best, uint32_t only)
{
    for (uint32_t i = 0; i < m->plan.count; i++) {
        struct m_plan_entry *e = m->plan.items[i];
        if (!e->pending)
            continue;
        uint32_t station = m->servers[e->entry.server].station;
        tb_time start = m_day_start(m_calendar(m, station), (uint32_t)m->stations[station].day);
        consider(best, only,
                 (struct due){.at = start + e->entry.offset_us,
                              .station = station,
                              .kind = M_PLAN,
                              .server = e->entry.server,
                              .set = e->set,
                              .item = e});
    }
}

static void consider_tickets(const struct model *m, struct due *best, uint32_t only)
{
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        struct m_ticket *t = m_ticket_at(m, i);
        if (t->call.what != M_TIMER_NONE)
            consider(best, only,
                     (struct due){t->call.at, t->station, M_CALL_TIMER, 0, t->call.set, t});
        if (t->own.what != M_TIMER_NONE)
            consider(best, only,
                     (struct due){t->own.at, t->station, M_TICKET_TIMER, 0, t->own.set, t});
    }
}

/* The first of all, of one station or (TB_NONE) of all; .at is TB_NEVER if there is none. */
static struct due next_due(const struct model *m, uint32_t only)
{
    struct due best = {.at = TB_NEVER};
    for (uint32_t s = 0; s < m->config.station_count; s++)
        consider(&best, only, (struct due){.at = m_calendar_next(m, s), .station = s});
    consider_plan(m, &best, only);
    consider_tickets(m, &best, only);
    for (uint32_t i = 0; i < m->visits.count; i++) {
        struct m_visit *v = m->visits.items[i];
        if (!v->due)
            consider(&best, only,
                     (struct due){v->follow_at, v->station, M_FOLLOW_DUE, 0, v->set, v});
        consider(&best, only, (struct due){v->lapse_at, v->station, M_FOLLOW_LAPSED, 0, v->set, v});
    }
    return best;
}

/* ---- doing it ------------------------------------------------------------------------------ */
/* A plan entry is the WINDOW command of its action; a refusal is not said. */
static void plan_act(struct model *m, struct m_plan_entry *e, tb_time at)
{
    static m_command_fn *const acts[TB_PLAN_ACTION_COUNT] = {
        [TB_PLAN_OPEN] = m_window_open,
        [TB_PLAN_CLOSE] = m_window_close,
        [TB_PLAN_PAUSE] = m_window_pause,
        [TB_PLAN_CONTINUE] = m_window_continue,
    };
    struct tb_command c = {.server = e->entry.server, .value = e->entry.profile};
    e->pending = false;
    (void)acts[e->entry.action](m, &c, at);
}

static void call_timer_act(struct model *m, struct m_ticket *t, tb_time at)
{
    uint32_t server = t->server;
    if (t->call.what == M_TIMER_ACK) {
        m_say_ticket(m, TB_EVENT_ACK_LATE, t, 0, 0);
        m_timer_set(m, &t->call, M_TIMER_NONE, TB_NEVER);
        if (t->give_up_at != TB_NEVER)
            m_timer_set(m, &t->call, M_TIMER_CALL, t->give_up_at);
        return;
    }
    if (t->repeats < (uint32_t)m_rule(m, t->station, TB_RULE_recall_max)) {
        t->repeats++;
        t->calls++;
        m_say_ticket(m, TB_EVENT_RECALLED, t, t->calls, 0)->flags |=
            t->silent ? TB_EVENT_FLAG_SILENT : 0;
        m_deadline_set(m, t, at);
        return;
    }
    if (t->task) {
        m_task_back(m, t, at);
    } else {
        m_no_show(m, t, at);
    }
    m_get_free(m, server, at, true);
}

static void task_timer_act(struct model *m, struct m_ticket *t)
{
    bool warn = t->own.what == M_TIMER_WARN;
    m_say_ticket(m, warn ? TB_EVENT_TASK_WARNED : TB_EVENT_TASK_OVERDUE, t, t->step, t->due_at);
    if (warn)
        m_timer_set(m, &t->own, M_TIMER_OVERDUE, t->due_at);
    else
        t->own.what = M_TIMER_NONE;
}

static void ticket_timer_act(struct model *m, struct m_ticket *t, tb_time at)
{
    switch (t->own.what) {
    case M_TIMER_PARK:
        m_say_ticket(m, TB_EVENT_ABANDONED, t, m_age(t, at), 0);
        m_end(m, t);
        return;
    case M_TIMER_ABSENT:
    case M_TIMER_LATE:
        m_say_ticket(m, TB_EVENT_MISSED, t, 0, 0);
        m_end(m, t);
        return;
    case M_TIMER_REMIND:
        m_say_ticket(m, TB_EVENT_BOOK_REMINDED, t, t->slot_at, 0);
        m_timer_set(m, &t->own, M_TIMER_LATE,
                    t->slot_at + m_rule(m, t->station, TB_RULE_book_late_us));
        return;
    case M_TIMER_WARN:
    case M_TIMER_OVERDUE:
        task_timer_act(m, t);
        return;
    case M_TIMER_NONE:
    case M_TIMER_ACK:
    case M_TIMER_CALL:
        break;
    }
    tb_assert(!"a ticket's timer");
}

static void follow_act(struct model *m, struct m_visit *v, bool lapsed)
{
    struct tb_event *e = m_say_station(m, lapsed ? TB_EVENT_FOLLOW_LAPSED : TB_EVENT_FOLLOW_DUE,
                                       v->station, lapsed ? 0 : v->lapse_at, 0);
    e->ref = v->ref;
    e->number = v->number;
    e->matter = (uint16_t)v->matter;
    v->due = true;
    if (lapsed)
        m_list_remove(&m->visits, v);
}

void model_advance(struct model *m, tb_time now)
{
    m->tag = 0;
    m->command = NULL;
    if (BROKEN(4) && now > INT64_MIN)
        now--;
    for (struct due d = next_due(m, TB_NONE); d.at <= now && d.at != TB_NEVER;
         d = next_due(m, TB_NONE)) {
        tb_time at = d.at;
        m->now = at;
        if (at > m->changed_at)
            m->changed_at = at;
        switch (d.kind) {
        case M_CALENDAR:
            m_calendar_act(m, d.station, at);
            break;
        case M_PLAN:
            plan_act(m, d.item, at);
            break;
        case M_CALL_TIMER:
            call_timer_act(m, d.item, at);
            break;
        case M_TICKET_TIMER:
            ticket_timer_act(m, d.item, at);
            break;
        case M_FOLLOW_DUE:
            follow_act(m, d.item, false);
            break;
        case M_FOLLOW_LAPSED:
            follow_act(m, d.item, true);
            break;
        }
    }
}

tb_time model_deadline_at(const struct model *m)
{
    return next_due(m, TB_NONE).at;
}

tb_time model_station_deadline_at(const struct model *m, uint32_t station)
{
    return next_due(m, station).at;
}
