/* R2: service days, opening periods and the day's end; working time (R10). */
#include "inside.h"

#include <stdlib.h>
#include <string.h>

const struct tb_calendar *m_calendar(const struct model *m, uint32_t station)
{
    return &m->calendars[m->config.stations[station].calendar];
}

const struct tb_day_kind *m_day_kind(const struct model *m, uint32_t station, int32_t day)
{
    const struct tb_calendar *c = m_calendar(m, station);
    return &c->kinds[c->days[day].kind];
}

tb_time m_day_start(const struct tb_calendar *c, uint32_t day)
{
    return c->days[day].starts_at_us;
}

tb_time m_day_end(const struct tb_calendar *c, uint32_t day)
{
    return day + 1 < c->day_count ? c->days[day + 1].starts_at_us
                                  : c->days[day].starts_at_us + TB_HOURS(24);
}

bool m_accepts(const struct model *m, uint32_t station)
{
    return m->stations[station].open && !m->stations[station].closed_by;
}

/* The next instant of the station's calendar. */
tb_time m_calendar_next(const struct model *m, uint32_t station)
{
    const struct m_station *s = &m->stations[station];
    const struct tb_calendar *c = m_calendar(m, station);
    if (s->day >= 0) {
        const struct tb_day_kind *kind = m_day_kind(m, station, s->day);
        tb_time start = m_day_start(c, (uint32_t)s->day);
        if (s->phase < 2 * kind->period_count) {
            uint32_t p = s->phase / 2;
            return start + (s->phase % 2 ? kind->periods[p].closes_us : kind->periods[p].opens_us);
        }
        if (s->phase == 2 * kind->period_count && kind->period_count > 0 &&
            s->config->kind != TB_STATION_DESK)
            return s->over_at;
    }
    uint32_t next = (uint32_t)(s->day + 1);
    return next < c->day_count ? m_day_start(c, next) : TB_NEVER;
}

/* An entry of the plan behind the day's end never acts. */
bool m_plan_in_day(const struct model *m, uint32_t station, const struct tb_plan_entry *entry)
{
    const struct tb_calendar *c = m_calendar(m, station);
    uint32_t day = (uint32_t)m->stations[station].day;
    return m_day_start(c, day) + entry->offset_us < m_day_end(c, day);
}

static void day_start(struct model *m, uint32_t station)
{
    struct m_station *s = &m->stations[station];
    s->day++;
    s->phase = 0;
    s->open = false;
    s->closed_by = false;
    if (!BROKEN(10))
        s->number = 0;
    memset(s->used, 0, sizeof s->used);
    if (s->numbers)
        memset(s->numbers, 0, s->numbers_max);
    const struct tb_day_kind *kind = m_day_kind(m, station, s->day);
    s->over = kind->period_count == 0 && s->config->kind != TB_STATION_DESK;
    uint32_t day_kind = m_calendar(m, station)->days[s->day].kind;
    for (uint32_t i = 0; i < m->plan.count; i++) {
        struct m_plan_entry *e = m->plan.items[i];
        if (m->servers[e->entry.server].station == station)
            e->pending = e->entry.day_kind == day_kind && m_plan_in_day(m, station, &e->entry);
    }
    m_say_station(m, TB_EVENT_DAY_STARTED, station, s->day, day_kind);
}

/* What the calendar does at its next instant, which is `at`. */
void m_calendar_act(struct model *m, uint32_t station, tb_time at)
{
    struct m_station *s = &m->stations[station];
    uint32_t periods = s->day < 0 ? 0 : m_day_kind(m, station, s->day)->period_count;
    if (s->day >= 0 && s->phase < 2 * periods) {
        uint32_t p = s->phase / 2;
        s->open = s->phase % 2 == 0;
        m_say_station(m, s->open ? TB_EVENT_HALL_OPENED : TB_EVENT_HALL_CLOSED, station, p, 0);
        s->phase++;
        if (s->phase == 2 * periods) {
            tb_time end = m_day_end(m_calendar(m, station), (uint32_t)s->day);
            s->over_at = at + m_rule(m, station, TB_RULE_overtime_us);
            if (s->over_at > end)
                s->over_at = end;
        }
        return;
    }
    if (s->day >= 0 && s->phase == 2 * periods && periods > 0 &&
        s->config->kind != TB_STATION_DESK) {
        s->phase++;
        s->over = true;
        m_say_station(m, TB_EVENT_DAY_OVER, station, m_waiting(m, station, UINT64_MAX), 0);
        m_expire_all(m, station, at);
        return;
    }
    day_start(m, station);
}

/* ---- who still waits expires --------------------------------------------------------------- */
/* The order of R2: lines by index, in a line by joining, then who went away, first gone first. */
static bool expires_before(const struct m_ticket *a, const struct m_ticket *b)
{
    bool a_waits = a->state == TB_TICKET_WAITING, b_waits = b->state == TB_TICKET_WAITING;
    if (a_waits != b_waits)
        return a_waits;
    if (a_waits)
        return a->queue != b->queue ? a->queue < b->queue : a->join < b->join;
    return a->away_set < b->away_set;
}

/* Time-driven work, also where HALL.CLOSE began it. */
void m_expire_all(struct model *m, uint32_t station, tb_time at)
{
    m->tag = 0;
    for (;;) {
        struct m_ticket *first = NULL;
        for (uint32_t i = 0; i < m->tickets.count; i++) {
            struct m_ticket *t = m_ticket_at(m, i);
            bool here = t->station == station &&
                        (t->state == TB_TICKET_WAITING || t->state == TB_TICKET_PARKED ||
                         t->state == TB_TICKET_ABSENT);
            if (here && (first == NULL || expires_before(t, first)))
                first = t;
        }
        if (first == NULL)
            return;
        if (first->state == TB_TICKET_ABSENT)
            m_say_ticket(m, TB_EVENT_MISSED, first, 0, 0);
        else
            m_say_ticket(m, TB_EVENT_EXPIRED, first, m_age(first, at), 0);
        m_end(m, first);
    }
}

/* ---- working time -------------------------------------------------------------------------- */
tb_time m_work_after(const struct tb_calendar *c, tb_time from, int64_t work_us)
{
    for (uint32_t d = 0; d < c->day_count; d++) {
        const struct tb_day_kind *kind = &c->kinds[c->days[d].kind];
        for (uint32_t p = 0; p < kind->period_count; p++) {
            tb_time opens = m_day_start(c, d) + kind->periods[p].opens_us;
            tb_time closes = m_day_start(c, d) + kind->periods[p].closes_us;
            if (closes <= from)
                continue;
            tb_time begin = opens > from ? opens : from;
            if (BROKEN(14))
                return begin + work_us;
            if (closes - begin >= work_us)
                return begin + work_us;
            work_us -= closes - begin;
        }
    }
    return TB_NEVER;
}

tb_time m_work_before(const struct tb_calendar *c, tb_time due, int64_t work_us)
{
    for (uint32_t d = c->day_count; d-- > 0;) {
        const struct tb_day_kind *kind = &c->kinds[c->days[d].kind];
        for (uint32_t p = kind->period_count; p-- > 0;) {
            tb_time opens = m_day_start(c, d) + kind->periods[p].opens_us;
            tb_time closes = m_day_start(c, d) + kind->periods[p].closes_us;
            if (opens >= due)
                continue;
            tb_time end = closes < due ? closes : due;
            if (end - opens >= work_us)
                return end - work_us;
            work_us -= end - opens;
        }
    }
    return INT64_MIN;
}
