/* HALL.*, KIOSK.REQUEST, PLAN.*, CITY.*: halls, plans and rules as a whole. */
#include "inside.h"

#include <stdlib.h>

bool m_matter_handled(const struct model *m, uint32_t matter, uint32_t station)
{
    const struct tb_matter *x = &m->config.matters[matter];
    for (uint32_t i = 0; i < x->hall_count; i++)
        if (x->halls[i] == station)
            return true;
    return false;
}

/* Can a ticket of this station go on with that matter? */
bool m_matter_possible(const struct model *m, uint32_t matter, uint32_t station)
{
    if (station == m->remote)
        return m->config.matters[matter].remote_group != TB_GROUPS_MAX;
    return m_matter_handled(m, matter, station);
}

/* ---- HALL.* -------------------------------------------------------------------------------- */
static enum tb_status no_desk_check(const struct model *m, uint32_t station)
{
    if (station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    return m->stations[station].config->kind == TB_STATION_DESK ? TB_STATUS_STATION_KIND
                                                                : TB_STATUS_OK;
}

enum tb_status m_hall_open(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    enum tb_status status = no_desk_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    if (!m->stations[c->station].closed_by)
        return TB_STATUS_HALL_CLOSED;
    m->stations[c->station].closed_by = false;
    m_say_station(m, TB_EVENT_HALL_OPENED, c->station, -1, 0);
    return TB_STATUS_OK;
}

enum tb_status m_hall_close(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = no_desk_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    struct m_station *s = &m->stations[c->station];
    if (s->closed_by || s->over)
        return TB_STATUS_HALL_CLOSED;
    if (c->value != 0 && c->value != 1)
        return TB_STATUS_VALUE_INVALID;
    s->closed_by = true;
    m_say_station(m, TB_EVENT_HALL_CLOSED, c->station, -1, 0);
    if (c->value == 1)
        m_expire_all(m, c->station, now);
    return TB_STATUS_OK;
}

/* Open windows that serve the line, and who waits in it and in all the lines that these serve. */
uint32_t model_line_windows(const struct model *m, uint32_t station, uint32_t queue,
                            uint32_t *ahead)
{
    uint32_t windows = 0;
    uint64_t lines = UINT64_C(1) << queue;
    for (uint32_t i = 0; i < m->server_count; i++) {
        const struct m_server *w = &m->servers[i];
        const struct tb_profile *p = &m->stations[w->station].config->profiles[w->profile];
        uint64_t serves = 0;
        if (station == m->remote)
            serves = p->remote;
        else if (w->station == station)
            serves = p->serves;
        if (w->state == TB_SERVER_CLOSED || w->state == TB_SERVER_PAUSED || !(serves >> queue & 1))
            continue;
        windows++;
        lines |= serves;
    }
    *ahead = m_waiting(m, station, lines);
    return windows;
}

int64_t m_wait(const struct model *m, uint32_t station, uint32_t queue)
{
    uint32_t ahead;
    return model_line_windows(m, station, queue, &ahead) ? 0 : TB_WAIT_UNKNOWN;
}

int64_t m_wait_told(const struct model *m, uint32_t station, uint32_t queue)
{
    return m_rule(m, station, TB_RULE_estimate) ? m_wait(m, station, queue) : TB_WAIT_UNKNOWN;
}

/* The first instant from `at` on at which the station is open by today's hours. */
static tb_time open_from(const struct model *m, uint32_t station, tb_time at)
{
    const struct m_station *s = &m->stations[station];
    if (s->day < 0)
        return TB_NEVER;
    const struct tb_day_kind *kind = m_day_kind(m, station, s->day);
    const tb_time start = m_day_start(m_calendar(m, station), (uint32_t)s->day);
    for (uint32_t p = 0; p < kind->period_count; p++) {
        const tb_time opens = start + kind->periods[p].opens_us;
        if (at < start + kind->periods[p].closes_us)
            return at < opens ? opens : at;
    }
    return TB_NEVER;
}

/* Will this window serve the line at that instant? What the plan has for it until then decides,
 * its last entry over those before; without any, what it does now. */
static bool serves_at(const struct model *m, uint32_t server, uint32_t queue, tb_time at)
{
    const struct m_server *w = &m->servers[server];
    const struct m_station *s = &m->stations[w->station];
    const struct m_plan_entry *last = NULL;
    for (uint32_t i = 0; i < m->plan.count; i++) {
        const struct m_plan_entry *e = m->plan.items[i];
        if (!e->pending || e->entry.server != server ||
            m_day_start(m_calendar(m, w->station), (uint32_t)s->day) + e->entry.offset_us > at)
            continue;
        if (!last || e->entry.offset_us > last->entry.offset_us ||
            (e->entry.offset_us == last->entry.offset_us && e->set > last->set))
            last = e;
    }
    bool open = w->state != TB_SERVER_CLOSED && w->state != TB_SERVER_PAUSED;
    uint32_t profile = w->profile;
    if (last) {
        open = last->entry.action == TB_PLAN_OPEN ||
               (last->entry.action == TB_PLAN_CONTINUE && w->state != TB_SERVER_CLOSED);
        profile = last->entry.action == TB_PLAN_OPEN ? last->entry.profile : profile;
    }
    return open && s->config->profiles[profile].serves >> queue & 1;
}

bool model_may_suggest(const struct model *m, uint32_t station, uint32_t queue, tb_time arrives_at)
{
    const tb_time at = open_from(m, station, arrives_at);
    if (m->stations[station].closed_by || at == TB_NEVER)
        return false;
    for (uint32_t i = 0; i < m->server_count; i++)
        if (m->servers[i].station == station && serves_at(m, i, queue, at))
            return true;
    return false;
}

/* Estimates decide the order: the model only says whether there is any advice. compare.c checks
 * which. */
enum tb_status m_hall_suggest(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->matters[0] >= m->config.matter_count)
        return TB_STATUS_MATTER_UNKNOWN;
    if (c->extra >= m->config.zone_count)
        return TB_STATUS_ZONE_UNKNOWN;
    const struct tb_matter *matter = &m->config.matters[c->matters[0]];
    uint32_t advised = 0;
    for (uint32_t i = 0; i < matter->hall_count && advised < 3; i++) {
        uint32_t station = matter->halls[i];
        uint32_t queue = matter->group * TB_CLASSES + TB_CLASS_NORMAL;
        int64_t travel_s = m->config.travel_s[c->extra * m->config.station_count + station];
        if (!model_may_suggest(m, station, queue, now + TB_SECONDS(travel_s)))
            continue;
        m_say_station(m, TB_EVENT_SUGGESTED, station, 0, 0)->matter = c->matters[0];
        advised++;
    }
    return advised == 0 ? TB_STATUS_ADVICE_MISSING : TB_STATUS_OK;
}

/* The minutes that are not over yet. */
uint32_t m_heading(const struct model *m, uint32_t station, tb_time now)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->headings.count; i++) {
        const struct m_heading *h = m->headings.items[i];
        count += h->station == station && h->minute >= now / TB_MINUTES(1);
    }
    return count;
}

enum tb_status m_hall_head(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    if (c->value < 0 || c->value >= TB_MINUTES(64))
        return TB_STATUS_VALUE_INVALID;
    for (uint32_t i = m->headings.count; i-- > 0;) {
        struct m_heading *old = m->headings.items[i];
        if (old->station == c->station && old->minute < now / TB_MINUTES(1))
            m_list_remove(&m->headings, old);
    }
    struct m_heading *h = calloc(1, sizeof *h);
    tb_assert(h != NULL);
    *h = (struct m_heading){c->station, (now + c->value) / TB_MINUTES(1)};
    m_list_add(&m->headings, h);
    m_say_station(m, TB_EVENT_HEADED, c->station, m_heading(m, c->station, now), 0);
    return TB_STATUS_OK;
}

enum tb_status m_hall_wait(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    enum tb_status status = m_hall_check(m, c->station);
    if (status == TB_STATUS_OK)
        status = m_matters_check(m, c, c->station, 1);
    if (status != TB_STATUS_OK)
        return status;
    if (c->class_ >= TB_CLASSES)
        return TB_STATUS_CLASS_INVALID;
    uint32_t queue = m->config.matters[c->matters[0]].group * TB_CLASSES + c->class_, ahead;
    model_line_windows(m, c->station, queue, &ahead);
    int64_t wait = m_wait(m, c->station, queue);
    struct tb_event *e = m_say_station(m, TB_EVENT_WAIT, c->station, wait, wait);
    e->matter = c->matters[0];
    e->queue = (uint8_t)queue;
    e->number = ahead;
    return TB_STATUS_OK;
}

enum tb_status m_hall_quota(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    struct m_station *s = &m->stations[c->station];
    if (c->group >= s->config->group_count)
        return TB_STATUS_GROUP_UNKNOWN;
    if (c->value < 0 || c->value > 1000000000)
        return TB_STATUS_VALUE_INVALID;
    s->quota[c->group] = (uint32_t)c->value;
    m_say_station(m, TB_EVENT_QUOTA_SET, c->station, c->value, s->used[c->group]);
    return TB_STATUS_OK;
}

static uint32_t windows_open(const struct model *m, uint32_t station)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->server_count; i++) {
        const struct m_server *w = &m->servers[i];
        count +=
            w->station == station && w->state != TB_SERVER_CLOSED && w->state != TB_SERVER_PAUSED;
    }
    return count;
}

enum tb_status m_hall_info(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    if (c->station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    m_say_station(m, TB_EVENT_HALL, c->station, m_waiting(m, c->station, UINT64_MAX),
                  windows_open(m, c->station))
        ->number = m->stations[c->station].number;
    return TB_STATUS_OK;
}

enum tb_status m_kiosk_request(struct model *m, const struct tb_command *c, tb_time now)
{
    enum tb_status status = m_hall_check(m, c->station);
    if (status != TB_STATUS_OK)
        return status;
    if (!m_accepts(m, c->station))
        return TB_STATUS_HALL_CLOSED;
    if (c->matters[0] >= m->config.matter_count)
        return TB_STATUS_MATTER_UNKNOWN;
    uint32_t group = m->config.matters[c->matters[0]].remote_group;
    if (m->remote == TB_NONE || group == TB_GROUPS_MAX)
        return TB_STATUS_REMOTE_MISSING;
    if (!m_accepts(m, m->remote))
        return TB_STATUS_HALL_CLOSED;
    if (m_quota_exhausted(m, m->remote, group))
        return TB_STATUS_QUOTA_EXHAUSTED;
    if (m_tickets_free(m) == 0)
        return TB_STATUS_TICKETS_FULL;
    struct m_ticket *t = m_ticket_new(m, m->remote);
    t->matters[0] = c->matters[0];
    t->matter_count = 1;
    t->channel = TB_CHANNEL_VIDEO;
    t->citizen = c->citizen;
    t->place_at = now;
    m->stations[m->remote].used[group]++;
    m_number_give(m, t);
    m_join(m, t, group * TB_CLASSES + TB_CLASS_NORMAL, now);
    int64_t wait = m_wait_told(m, t->station, t->queue);
    m_say_ticket(m, TB_EVENT_TAKEN, t, wait, wait);
    m_settle(m, t, now);
    return TB_STATUS_OK;
}

/* ---- PLAN.* -------------------------------------------------------------------------------- */
static uint32_t plan_count(const struct model *m, uint32_t station, uint32_t day_kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->plan.count; i++) {
        const struct m_plan_entry *e = m->plan.items[i];
        count += m->servers[e->entry.server].station == station && e->entry.day_kind == day_kind;
    }
    return count;
}

enum tb_status m_plan_set(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->server >= m->server_count)
        return TB_STATUS_SERVER_UNKNOWN;
    uint32_t station = m->servers[c->server].station;
    const struct m_station *s = &m->stations[station];
    const struct tb_calendar *calendar = m_calendar(m, station);
    if (c->group >= calendar->kind_count || c->class_ >= TB_PLAN_ACTION_COUNT || c->value < 0 ||
        c->value > TB_HOURS(24))
        return TB_STATUS_VALUE_INVALID;
    if (c->class_ == TB_PLAN_OPEN && c->extra >= s->config->profile_count)
        return TB_STATUS_PROFILE_UNKNOWN;
    if (plan_count(m, station, c->group) >= s->config->plan_entries_max)
        return TB_STATUS_PLAN_FULL;
    struct m_plan_entry *e = calloc(1, sizeof *e);
    tb_assert(e != NULL);
    e->entry = (struct tb_plan_entry){.server = c->server,
                                      .day_kind = c->group,
                                      .offset_us = c->value,
                                      .action = c->class_,
                                      .profile = c->extra};
    e->set = ++m->set_count;
    e->pending = s->day >= 0 && calendar->days[s->day].kind == c->group &&
                 m_day_start(calendar, (uint32_t)s->day) + c->value > now &&
                 m_plan_in_day(m, station, &e->entry);
    m_list_add(&m->plan, e);
    m_say_server(m, TB_EVENT_PLAN_SET, c->server, plan_count(m, station, c->group));
    return TB_STATUS_OK;
}

enum tb_status m_plan_clear(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    if (c->station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    if (c->group >= m_calendar(m, c->station)->kind_count)
        return TB_STATUS_VALUE_INVALID;
    int64_t removed = plan_count(m, c->station, c->group);
    for (uint32_t i = m->plan.count; i-- > 0;) {
        struct m_plan_entry *e = m->plan.items[i];
        if (m->servers[e->entry.server].station == c->station && e->entry.day_kind == c->group)
            m_list_remove(&m->plan, e);
    }
    m_say_station(m, TB_EVENT_PLAN_CLEARED, c->station, removed, 0);
    return TB_STATUS_OK;
}

/* ---- CITY.* -------------------------------------------------------------------------------- */
enum tb_status m_city_rule(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)now;
    bool all = c->station == TB_STATION_NONE;
    if (!all && c->station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    if (c->extra >= TB_RULE_COUNT)
        return TB_STATUS_RULE_UNKNOWN;
    const struct tb_rule_row *row = tb_rule_row(c->extra);
    if (c->value < row->least || c->value > row->most)
        return TB_STATUS_VALUE_INVALID;
    if (c->extra == TB_RULE_call_timeout_us && c->value != 0 && c->value < TB_SECONDS(1))
        return TB_STATUS_VALUE_INVALID;
    int64_t old = m_rule(m, all ? 0 : c->station, c->extra);
    for (uint32_t i = 0; i < m->config.station_count; i++)
        if (all || i == c->station)
            m->stations[i].rules.value[c->extra] = c->value;
    m_say_station(m, TB_EVENT_RULE_SET, c->station, c->value, old);
    return TB_STATUS_OK;
}

enum tb_status m_city_day(struct model *m, const struct tb_command *c, tb_time now)
{
    if (c->extra >= m->config.calendar_count)
        return TB_STATUS_CALENDAR_UNKNOWN;
    struct tb_calendar *calendar = &m->calendars[c->extra];
    if (c->value < 0 || c->value >= calendar->day_count)
        return TB_STATUS_CALENDAR_UNKNOWN;
    if (c->group >= calendar->kind_count)
        return TB_STATUS_VALUE_INVALID;
    if (m_day_start(calendar, (uint32_t)c->value) <= now)
        return TB_STATUS_TIME_BACKWARDS;
    struct tb_day *day = (struct tb_day *)&calendar->days[c->value];
    uint32_t old = day->kind;
    day->kind = c->group;
    m_say_station(m, TB_EVENT_DAY_SET, TB_STATION_NONE, c->value, old);
    return TB_STATUS_OK;
}

enum tb_status m_city_info(struct model *m, const struct tb_command *c, tb_time now)
{
    (void)c;
    (void)now;
    m_say_station(m, TB_EVENT_CITY, TB_STATION_NONE, m->tickets.count, m->cases.count);
    return TB_STATUS_OK;
}

int64_t model_rule(const struct model *m, uint32_t station, uint32_t rule)
{
    return m_rule(m, station, rule);
}

enum tb_status model_station_load(const struct model *m, uint32_t station, tb_time now,
                                  struct tb_station_load *out)
{
    if (station >= m->config.station_count)
        return TB_STATUS_STATION_UNKNOWN;
    const struct m_station *s = &m->stations[station];
    *out = (struct tb_station_load){.day = s->day,
                                    .number_last = s->number,
                                    .accepts = m_accepts(m, station),
                                    .windows_open = windows_open(m, station),
                                    .heading = m_heading(m, station, now)};
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        if (t->station != station)
            continue;
        out->waiting += t->state == TB_TICKET_WAITING;
        out->called += t->state == TB_TICKET_CALLED;
        out->serving += t->state == TB_TICKET_SERVING;
        out->booked += t->state == TB_TICKET_BOOKED;
        out->parked += t->state == TB_TICKET_PARKED || t->state == TB_TICKET_ABSENT;
    }
    for (uint32_t i = 0; i < m->server_count; i++)
        out->windows_ready +=
            m->servers[i].station == station && m->servers[i].state == TB_SERVER_READY;
    for (uint32_t k = 0; k < TB_EVENT_COUNT; k++)
        out->counts[k] = s->counts[k];
    return TB_STATUS_OK;
}
