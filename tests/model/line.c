/* R3 to R8 and R13: joining a line, which ticket, which window, getting free, calls, no-shows. */
#include "inside.h"

#include <stdlib.h>

static const struct tb_profile *profile_of(const struct model *m, uint32_t server)
{
    const struct m_server *w = &m->servers[server];
    return &m->stations[w->station].config->profiles[w->profile];
}

static uint64_t line_bit(uint32_t queue)
{
    return (uint64_t)1 << queue;
}

static bool is_desk(const struct model *m, uint32_t station)
{
    return m->stations[station].config->kind == TB_STATION_DESK;
}

int64_t m_age(const struct m_ticket *t, tb_time now)
{
    return now > t->place_at ? now - t->place_at : 0;
}

int64_t m_wants(const struct model *m)
{
    return m->command != NULL && (m->command->flags & TB_FLAG_NEXT);
}

/* How many wait in any of these lines of the station. */
uint32_t m_waiting(const struct model *m, uint32_t station, uint64_t lines)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        count +=
            t->state == TB_TICKET_WAITING && t->station == station && (lines & line_bit(t->queue));
    }
    return count;
}

static bool waits_in(const struct m_ticket *t, uint32_t station, uint64_t lines)
{
    return t->state == TB_TICKET_WAITING && t->station == station && (lines & line_bit(t->queue));
}

/* ---- R4 ------------------------------------------------------------------------------------ */
static tb_time key_of(const struct model *m, const struct m_ticket *t)
{
    return is_desk(m, t->station) ? t->due_at : t->place_at;
}

/* Does a stand before b in the line of both? */
bool m_before(const struct model *m, const struct m_ticket *a, const struct m_ticket *b)
{
    uint32_t class_ = a->queue % TB_CLASSES;
    bool first_come =
        !is_desk(m, a->station) && (class_ == TB_CLASS_NORMAL || class_ == TB_CLASS_GREEN);
    if (!first_come && key_of(m, a) != key_of(m, b))
        return key_of(m, a) < key_of(m, b);
    return a->join < b->join;
}

/* The lines that the window may take from now, all of *station; 0: none. */
uint64_t m_may_take(const struct model *m, uint32_t server, uint32_t *station)
{
    const struct tb_profile *p = profile_of(m, server);
    *station = m->servers[server].station;
    uint64_t lines = p->serves;
    if (BROKEN(8) || m_waiting(m, *station, p->serves) <= p->help_below)
        lines |= p->helps;
    if (m_waiting(m, *station, lines) == 0 && m->remote != TB_NONE && p->remote != 0) {
        *station = m->remote;
        lines = p->remote;
    }
    return lines;
}

static const struct m_ticket *line_oldest(const struct model *m, uint32_t station, uint32_t queue)
{
    const struct m_ticket *oldest = NULL;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        if (waits_in(t, station, line_bit(queue)) && (oldest == NULL || t->join < oldest->join))
            oldest = t;
    }
    return oldest;
}

static struct m_ticket *line_first(const struct model *m, uint32_t station, uint32_t queue)
{
    struct m_ticket *first = NULL;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        struct m_ticket *t = m_ticket_at(m, i);
        if (waits_in(t, station, line_bit(queue)) && (first == NULL || m_before(m, t, first)))
            first = t;
    }
    return first;
}

/* Of the lines' oldest joiners that have been overtaken K times, the one that joined first. */
static struct m_ticket *overtaken_most(const struct model *m, uint32_t station, uint64_t lines)
{
    int64_t bound = m_rule(m, station, TB_RULE_overtake_max) + BROKEN(2);
    const struct m_ticket *best = NULL;
    for (uint32_t q = 0; q < TB_QUEUES_MAX; q++) {
        const struct m_ticket *t = lines & line_bit(q) ? line_oldest(m, station, q) : NULL;
        if (t && t->overtaken >= bound && (best == NULL || t->join < best->join))
            best = t;
    }
    return (struct m_ticket *)best;
}

/* Wide: a due time may be TB_NEVER. */
__int128 m_score(const struct model *m, const struct m_ticket *t)
{
    uint32_t class_ = t->queue % TB_CLASSES;
    int64_t credit = m_rule(m, t->station, TB_RULE_credit_normal_us + class_);
    if (BROKEN(6) && class_ == TB_CLASS_GREEN)
        credit = 0;
    return (__int128)key_of(m, t) - credit;
}

static bool better(const struct model *m, const struct m_ticket *a, const struct m_ticket *b)
{
    int64_t a_tier = m_rule(m, a->station, TB_RULE_tier_normal + a->queue % TB_CLASSES);
    int64_t b_tier = m_rule(m, b->station, TB_RULE_tier_normal + b->queue % TB_CLASSES);
    if (a_tier != b_tier)
        return a_tier < b_tier;
    if (m_score(m, a) != m_score(m, b))
        return m_score(m, a) < m_score(m, b);
    return BROKEN(1) ? a->join > b->join : a->join < b->join;
}

struct m_ticket *m_choose(const struct model *m, uint32_t server)
{
    uint32_t station;
    uint64_t lines = m_may_take(m, server, &station);
    struct m_ticket *best = overtaken_most(m, station, lines);
    if (best)
        return best;
    for (uint32_t q = 0; q < TB_QUEUES_MAX; q++) {
        struct m_ticket *t = lines & line_bit(q) ? line_first(m, station, q) : NULL;
        if (t && (best == NULL || better(m, t, best)))
            best = t;
    }
    return best;
}

/* Would calling t now break the bound for somebody who joined before? */
bool m_overtake_bound(const struct model *m, uint32_t server, const struct m_ticket *t)
{
    uint32_t station;
    uint64_t lines = m_may_take(m, server, &station);
    if (station != t->station)
        return false;
    for (uint32_t q = 0; q < TB_QUEUES_MAX; q++) {
        const struct m_ticket *oldest = lines & line_bit(q) ? line_oldest(m, station, q) : NULL;
        if (oldest && oldest->join < t->join &&
            oldest->overtaken >= m_rule(m, station, TB_RULE_overtake_max))
            return true;
    }
    return false;
}

static void overtake(struct model *m, uint32_t server, const struct m_ticket *called)
{
    uint32_t station;
    uint64_t lines = m_may_take(m, server, &station);
    for (uint32_t i = 0; station == called->station && i < m->tickets.count; i++) {
        struct m_ticket *t = m_ticket_at(m, i);
        if (t == called || !waits_in(t, station, lines) || t->join >= called->join)
            continue;
        if (t->overtaken >= m_rule(m, station, TB_RULE_overtake_max))
            m->broken = "a ticket is overtaken more than K times";
        t->overtaken++;
    }
}

/* ---- R7: calls ----------------------------------------------------------------------------- */
void m_deadline_set(struct model *m, struct m_ticket *t, tb_time now)
{
    int64_t timeout = m_rule(m, t->station, TB_RULE_call_timeout_us);
    int64_t ack = m_rule(m, t->station, TB_RULE_ack_timeout_us);
    t->give_up_at = timeout == 0 ? TB_NEVER : now + timeout;
    t->call.what = M_TIMER_NONE;
    if (t->silent && !t->acknowledged && ack != 0 && (timeout == 0 || ack < timeout))
        m_timer_set(m, &t->call, M_TIMER_ACK, now + ack);
    else if (timeout != 0)
        m_timer_set(m, &t->call, M_TIMER_CALL, t->give_up_at);
}

/* stood: t stood in its line before, so that others come nearer. */
void m_call(struct model *m, uint32_t server, struct m_ticket *t, tb_time now, bool stood)
{
    struct m_server *w = &m->servers[server];
    tb_assert(t->state == TB_TICKET_WAITING && w->ticket == NULL);
    overtake(m, server, t);
    int64_t waited = t->task ? now - t->changed_at : m_age(t, now);
    bool starts = m_rule(m, t->station, TB_RULE_auto_start) != 0;
    t->server = server;
    w->ticket = t;
    t->state = starts ? TB_TICKET_SERVING : TB_TICKET_CALLED;
    w->state = starts ? TB_SERVER_SERVING : TB_SERVER_CALLED;
    w->changed_at = t->changed_at = now;
    t->acknowledged = false;
    t->calls = 1;
    t->repeats = 0;
    if (!starts)
        m_deadline_set(m, t, now);
    m_say_ticket(m, TB_EVENT_CALLED, t, waited, t->overtaken)->flags =
        (uint8_t)((starts ? TB_EVENT_FLAG_STARTED : 0) | (t->silent ? TB_EVENT_FLAG_SILENT : 0));
    if (stood)
        m_leave(m, t, now);
}

/* ---- R3, R5 -------------------------------------------------------------------------------- */
void m_join(struct model *m, struct m_ticket *t, uint32_t queue, tb_time now)
{
    t->state = TB_TICKET_WAITING;
    t->queue = queue;
    t->join = ++m->stations[t->station].join;
    t->overtaken = 0;
    t->changed_at = now;
    t->call.what = M_TIMER_NONE;
    if (!t->task)
        t->own.what = M_TIMER_NONE;
}

static uint32_t flexible(const struct tb_profile *p)
{
    return (uint32_t)(__builtin_popcountll(p->serves) + __builtin_popcountll(p->helps) +
                      __builtin_popcountll(p->remote));
}

static bool may_serve(const struct model *m, uint32_t server, uint32_t station, uint32_t queue)
{
    const struct tb_profile *p = profile_of(m, server);
    if (station == m->remote)
        return p->remote & line_bit(queue);
    return m->servers[server].station == station && ((p->serves | p->helps) & line_bit(queue));
}

/* The ready window that gets a ticket of this line; TB_NONE if there is none. */
static uint32_t window_for(const struct model *m, uint32_t station, uint32_t queue)
{
    uint32_t best = TB_NONE;
    for (uint32_t s = 0; s < m->server_count; s++) {
        if (m->servers[s].state != TB_SERVER_READY || !may_serve(m, s, station, queue))
            continue;
        if (best == TB_NONE) {
            best = s;
            continue;
        }
        uint32_t a = flexible(profile_of(m, s)), b = flexible(profile_of(m, best));
        if (a != b ? (a < b) != BROKEN(5) : m->servers[s].ready_set < m->servers[best].ready_set)
            best = s;
    }
    return best;
}

void m_settle(struct model *m, struct m_ticket *t, tb_time now)
{
    if (m->stations[t->station].over) {
        m_say_ticket(m, TB_EVENT_EXPIRED, t, m_age(t, now), 0);
        m_end(m, t);
        return;
    }
    uint32_t server = window_for(m, t->station, t->queue);
    if (server != TB_NONE)
        m_call(m, server, t, now, false);
}

/* R13: t has left its line (its fields are still those of that line, but for its state). */
void m_leave(struct model *m, const struct m_ticket *t, tb_time now)
{
    (void)now;
    uint32_t class_ = t->queue % TB_CLASSES;
    int64_t n = m_rule(m, t->station, TB_RULE_remind_ahead);
    if (n == 0 || m->stations[t->station].config->kind != TB_STATION_HALL ||
        (class_ != TB_CLASS_NORMAL && class_ != TB_CLASS_GREEN))
        return;
    n += BROKEN(11);
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *u = m_ticket_at(m, i);
        if (u == t || !waits_in(u, t->station, line_bit(t->queue)) || u->join < t->join)
            continue;
        int64_t ahead = 0;
        for (uint32_t k = 0; k < m->tickets.count; k++) {
            const struct m_ticket *v = m_ticket_at(m, k);
            ahead += v != t && waits_in(v, t->station, line_bit(t->queue)) && v->join < u->join;
        }
        if (ahead == n)
            m_say_ticket(m, TB_EVENT_NEAR, u, n, 0);
    }
}

/* ---- R6 ------------------------------------------------------------------------------------ */
void m_get_ready(struct model *m, uint32_t server, tb_time now, bool say_ready)
{
    struct m_server *w = &m->servers[server];
    w->state = TB_SERVER_READY;
    w->changed_at = now;
    w->ready_set = ++m->set_count;
    struct m_ticket *t = m_choose(m, server);
    if (t)
        m_call(m, server, t, now, true);
    else if (say_ready)
        m_say_server(m, TB_EVENT_WINDOW_READY, server, 0);
}

void m_get_free(struct model *m, uint32_t server, tb_time now, bool wants_next)
{
    struct m_server *w = &m->servers[server];
    tb_assert(w->ticket == NULL);
    w->changed_at = now;
    if (w->closing) {
        w->state = TB_SERVER_CLOSED;
        m_say_server(m, TB_EVENT_WINDOW_CLOSED, server, 0);
    } else if (w->pausing) {
        w->state = TB_SERVER_PAUSED;
        m_say_server(m, TB_EVENT_WINDOW_PAUSED, server, 0);
    } else if (wants_next || m_rule(m, w->station, TB_RULE_auto_next)) {
        m_get_ready(m, server, now, true);
    } else {
        w->state = TB_SERVER_WRAP;
        m_say_server(m, TB_EVENT_WINDOW_WRAP, server, 0);
    }
    w->closing = w->pausing = false;
}

/* Parts ticket and window; the window's state is that of nobody until it gets free. */
void m_let_go(struct model *m, struct m_ticket *t)
{
    struct m_server *w = &m->servers[t->server];
    tb_assert(w->ticket == t);
    w->ticket = NULL;
    w->state = TB_SERVER_WRAP;
    t->server = TB_NONE;
    t->call.what = M_TIMER_NONE;
}

void m_end(struct model *m, struct m_ticket *t)
{
    if (t->server != TB_NONE)
        m_let_go(m, t);
    m_list_remove(&m->tickets, t);
}

/* ---- R8 ------------------------------------------------------------------------------------ */
void m_no_show(struct model *m, struct m_ticket *t, tb_time now)
{
    int64_t keep = m_rule(m, t->station, TB_RULE_absent_keep_us);
    if (keep == 0 || m->stations[t->station].over) {
        m_say_ticket(m, TB_EVENT_NO_SHOW, t, 0, 0);
        m_say_ticket(m, TB_EVENT_MISSED, t, 0, 0);
        m_end(m, t);
        return;
    }
    m_say_ticket(m, TB_EVENT_NO_SHOW, t, now + keep, 0);
    m_let_go(m, t);
    t->state = TB_TICKET_ABSENT;
    t->away_set = ++m->set_count;
    t->changed_at = now;
    m_timer_set(m, &t->own, M_TIMER_ABSENT, now + keep);
}
