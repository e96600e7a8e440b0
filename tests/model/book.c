/* R11: appointments. Places are counted slot by slot. */
#include "inside.h"

#include <stdlib.h>

struct m_places *m_places_find(const struct model *m, uint32_t station, uint32_t group,
                               tb_time slot_at)
{
    for (uint32_t i = 0; i < m->places.count; i++) {
        struct m_places *p = m->places.items[i];
        if (p->station == station && p->group == group && p->slot_at == slot_at)
            return p;
    }
    return NULL;
}

static uint32_t places_taken(const struct model *m, uint32_t station, uint32_t group,
                             tb_time slot_at)
{
    const struct m_places *p = m_places_find(m, station, group, slot_at);
    return p ? p->count : 0;
}

static void place_take(struct model *m, uint32_t station, uint32_t group, tb_time slot_at)
{
    struct m_places *p = m_places_find(m, station, group, slot_at);
    if (p == NULL) {
        p = calloc(1, sizeof *p);
        tb_assert(p != NULL);
        *p = (struct m_places){station, group, 0, slot_at};
        m_list_add(&m->places, p);
    }
    p->count++;
}

static uint32_t ticket_group(const struct m_ticket *t)
{
    return t->queue / TB_CLASSES;
}

void m_book_give_back(struct model *m, const struct m_ticket *t)
{
    struct m_places *p = m_places_find(m, t->station, ticket_group(t), t->slot_at);
    tb_assert(p != NULL && p->count > 0);
    if (BROKEN(13))
        return;
    p->count--;
    if (p->count == 0)
        m_list_remove(&m->places, p);
}

/* The day in which this instant lies; -1: none. */
static int32_t day_of(const struct tb_calendar *c, tb_time at)
{
    for (uint32_t d = 0; d < c->day_count; d++)
        if (at >= m_day_start(c, d) && at < m_day_end(c, d))
            return (int32_t)d;
    return -1;
}

bool m_slot_valid(const struct model *m, uint32_t station, uint32_t group, tb_time slot_at,
                  tb_time now)
{
    const struct m_station *s = &m->stations[station];
    const struct tb_calendar *c = m_calendar(m, station);
    if (s->config->groups[group].slot_capacity == 0 || s->config->slot_us == 0 || slot_at <= now)
        return false;
    int32_t day = day_of(c, slot_at);
    if (day < 0 || day < s->day || day - s->day >= (int32_t)s->config->horizon_days)
        return false;
    int64_t offset = slot_at - m_day_start(c, (uint32_t)day);
    if (offset % s->config->slot_us != 0)
        return false;
    const struct tb_day_kind *kind = m_day_kind(m, station, day);
    for (uint32_t p = 0; p < kind->period_count; p++)
        if (offset >= kind->periods[p].opens_us &&
            offset + s->config->slot_us <= kind->periods[p].closes_us)
            return true;
    return false;
}

static void timers(struct model *m, struct m_ticket *t, tb_time now)
{
    int64_t remind = m_rule(m, t->station, TB_RULE_book_remind_us);
    if (remind != 0 && t->slot_at - remind > now)
        m_timer_set(m, &t->own, M_TIMER_REMIND, t->slot_at - remind);
    else
        m_timer_set(m, &t->own, M_TIMER_LATE,
                    t->slot_at + m_rule(m, t->station, TB_RULE_book_late_us));
}

static void say_booking(struct model *m, uint32_t kind, const struct m_ticket *t)
{
    uint32_t group = ticket_group(t);
    m_say_ticket(m, kind, t, t->slot_at,
                 (int64_t)m->stations[t->station].config->groups[group].slot_capacity -
                     places_taken(m, t->station, group, t->slot_at));
}

enum tb_status m_book_make(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t count = m_command_matters(c);
    if (count > TB_COMMAND_MATTERS_MAX)
        return TB_STATUS_MATTERS_TOO_MANY;
    status = m_matters_check(m, c, c->station, count);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t group = m->config.matters[c->matters[0]].group;
    if (!m_slot_valid(m, c->station, group, c->value, now))
        return TB_STATUS_SLOT_INVALID;
    if (places_taken(m, c->station, group, c->value) >=
        m->stations[c->station].config->groups[group].slot_capacity)
        return TB_STATUS_SLOT_FULL;
    if (m_tickets_free(m) == 0)
        return TB_STATUS_TICKETS_FULL;

    struct m_ticket *t = m_ticket_new(m, c->station);
    t->state = TB_TICKET_BOOKED;
    t->matter_count = count;
    for (uint32_t i = 0; i < count; i++)
        t->matters[i] = c->matters[i];
    t->class_ = TB_CLASS_APPOINTMENT;
    t->channel = TB_CHANNEL_BOOKED;
    t->citizen = c->citizen;
    t->queue = group * TB_CLASSES + TB_CLASS_APPOINTMENT;
    t->slot_at = t->place_at = c->value;
    t->changed_at = now;
    place_take(m, c->station, group, c->value);
    timers(m, t, now);
    say_booking(m, TB_EVENT_BOOKED, t);
    return TB_STATUS_OK;
}

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

enum tb_status m_book_check_in(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_CHECK_IN, &t);
    if (status != TB_STATUS_OK)
        return status;
    struct m_station *s = &m->stations[t->station];
    if (s->over)
        return TB_STATUS_HALL_CLOSED;
    if (now < t->slot_at - m_rule(m, t->station, TB_RULE_book_early_us) ||
        day_of(m_calendar(m, t->station), t->slot_at) != s->day)
        return TB_STATUS_BOOKING_EARLY;
    if (m_quota_exhausted(m, t->station, ticket_group(t)))
        return TB_STATUS_QUOTA_EXHAUSTED;
    s->used[ticket_group(t)]++;
    m_number_give(m, t);
    t->place_at = t->slot_at > now ? t->slot_at : now;
    m_join(m, t, t->queue, now);
    m_say_ticket(m, TB_EVENT_CHECKED_IN, t, m_wait_told(m, t->station, t->queue), t->slot_at);
    m_settle(m, t, now);
    return TB_STATUS_OK;
}

enum tb_status m_book_move(struct model *m, const struct tb_command *c, tb_time now)
{
    struct m_ticket *t;
    enum tb_status status = find(m, c, TB_TICKET_BY_MOVE, &t);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t group = ticket_group(t);
    if (!m_slot_valid(m, t->station, group, c->value, now))
        return TB_STATUS_SLOT_INVALID;
    uint32_t own = c->value == t->slot_at;
    if (places_taken(m, t->station, group, c->value) - own >=
        m->stations[t->station].config->groups[group].slot_capacity)
        return TB_STATUS_SLOT_FULL;
    m_book_give_back(m, t);
    t->slot_at = t->place_at = c->value;
    place_take(m, t->station, group, t->slot_at);
    timers(m, t, now);
    say_booking(m, TB_EVENT_BOOK_MOVED, t);
    return TB_STATUS_OK;
}

enum tb_status m_book_slot(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = m_hall_check(m, c->station);
    if (status == TB_STATUS_OK)
        status = m_matters_check(m, c, c->station, 1);
    if (status != TB_STATUS_OK)
        return status;
    uint32_t group = m->config.matters[c->matters[0]].group;
    if (!m_slot_valid(m, c->station, group, c->value, now))
        return TB_STATUS_SLOT_INVALID;
    int64_t capacity = m->stations[c->station].config->groups[group].slot_capacity;
    struct tb_event *e =
        m_say_station(m, TB_EVENT_SLOT, c->station,
                      capacity - places_taken(m, c->station, group, c->value), capacity);
    e->matter = c->matters[0];
    e->queue = (uint8_t)(group * TB_CLASSES + TB_CLASS_APPOINTMENT);
    return TB_STATUS_OK;
}
