/* Making a model, what it says, and which function answers which command. */
#include "inside.h"

#include <stdlib.h>
#include <string.h>

int model_broken;

const char *model_break_name(int broken)
{
    static const char *const names[MODEL_BREAK_COUNT + 1] = {
        [1] = "of equal age + credit the last joiner wins",
        [2] = "the overtaking bound is K + 1",
        [3] = "tickets' timers before the plan",
        [4] = "a command of the same instant wins over a timeout",
        [5] = "the most flexible window gets the ticket",
        [6] = "a green ticket has no credit",
        [7] = "RESUME changes the place to now",
        [8] = "helps without regard to its own line",
        [9] = "an asked PAUSE overrides an asked CLOSE",
        [10] = "the number counter is not reset at a day's start",
        [11] = "NEAR one place too late",
        [12] = "fork steps begin their nexts in reverse order",
        [13] = "a given back place is lost",
        [14] = "working time counts closed hours",
    };
    return broken >= 1 && broken <= MODEL_BREAK_COUNT ? names[broken] : NULL;
}

/* ---- lists --------------------------------------------------------------------------------------
 */
void m_list_add(struct m_list *list, void *item)
{
    if (list->count == list->room) {
        list->room = list->room * 2 + 16;
        list->items = realloc(list->items, list->room * sizeof list->items[0]);
        tb_assert(list->items != NULL);
    }
    list->items[list->count++] = item;
}

void m_list_remove(struct m_list *list, void *item)
{
    uint32_t i = 0;
    while (i < list->count && list->items[i] != item)
        i++;
    tb_assert(i < list->count);
    free(item);
    memmove(&list->items[i], &list->items[i + 1], (list->count - i - 1) * sizeof(void *));
    list->count--;
}

static void list_free(struct m_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    tb_assert(memory != NULL);
    return memory;
}

/* ---- life ---------------------------------------------------------------------------------------
 */
static void station_init(struct model *m, uint32_t station)
{
    struct m_station *s = &m->stations[station];
    s->config = &m->config.stations[station];
    if (s->config->rules)
        s->rules = *s->config->rules;
    else
        tb_rules_init(&s->rules);
    s->day = -1;
    s->over = s->config->kind != TB_STATION_DESK;
    for (uint32_t g = 0; g < s->config->group_count; g++)
        s->quota[g] = s->config->groups[g].quota;
    if (s->config->kind == TB_STATION_REMOTE)
        m->remote = station;
    for (uint32_t i = 0; i < s->config->server_count; i++) {
        struct m_server *w = &m->servers[m->server_count++];
        w->station = station;
        w->profile = s->config->servers[i];
        w->state = TB_SERVER_CLOSED;
    }
}

struct model *model_new(const struct tb_config *config)
{
    struct model *m = zeroed(1, sizeof *m);
    m->config = *config;
    m->changed_at = INT64_MIN;
    m->remote = TB_NONE;
    m->calendars = zeroed(config->calendar_count, sizeof m->calendars[0]);
    for (uint32_t i = 0; i < config->calendar_count; i++) {
        m->calendars[i] = config->calendars[i];
        struct tb_day *days = zeroed(config->calendars[i].day_count, sizeof days[0]);
        memcpy(days, config->calendars[i].days, config->calendars[i].day_count * sizeof days[0]);
        m->calendars[i].days = days;
    }
    uint32_t server_count = 0;
    for (uint32_t i = 0; i < config->station_count; i++)
        server_count += config->stations[i].server_count;
    m->stations = zeroed(config->station_count, sizeof m->stations[0]);
    m->servers = zeroed(server_count, sizeof m->servers[0]);
    for (uint32_t i = 0; i < config->station_count; i++)
        station_init(m, i);
    for (uint32_t i = 0; i < config->plan_count; i++) {
        struct m_plan_entry *e = zeroed(1, sizeof *e);
        e->entry = config->plan[i];
        e->set = ++m->set_count;
        m_list_add(&m->plan, e);
    }
    return m;
}

void model_free(struct model *m)
{
    for (uint32_t i = 0; i < m->config.calendar_count; i++)
        free((void *)m->calendars[i].days);
    for (uint32_t i = 0; i < m->config.station_count; i++)
        free(m->stations[i].numbers);
    list_free(&m->tickets);
    list_free(&m->cases);
    list_free(&m->visits);
    list_free(&m->plan);
    list_free(&m->places);
    list_free(&m->headings);
    list_free(&m->requests);
    free(m->calendars);
    free(m->stations);
    free(m->servers);
    free(m->events);
    free(m);
}

/* ---- what it says -------------------------------------------------------------------------- */
const struct tb_event *model_events(const struct model *m, uint32_t *count)
{
    *count = m->event_count;
    return m->events;
}

void model_events_clear(struct model *m)
{
    m->event_count = 0;
}

static struct tb_event *event_new(struct model *m)
{
    if (m->event_count == m->event_room) {
        m->event_room = m->event_room * 2 + 64;
        m->events = realloc(m->events, m->event_room * sizeof m->events[0]);
        tb_assert(m->events != NULL);
    }
    struct tb_event *e = &m->events[m->event_count++];
    *e = (struct tb_event){.at_us = m->now,
                           .tag = m->tag,
                           .station = TB_STATION_NONE,
                           .server = TB_NONE,
                           .matter = TB_MATTER_NONE};
    return e;
}

struct tb_event *m_say(struct model *m, uint32_t kind, uint32_t station)
{
    struct tb_event *e = event_new(m);
    e->kind = (uint16_t)kind;
    e->station = (uint16_t)station;
    if (!m->query) {
        e->sequence = ++m->sequence;
        if (station != TB_STATION_NONE)
            m->stations[station].counts[kind]++;
    }
    return e;
}

struct tb_event *m_say_station(struct model *m, uint32_t kind, uint32_t station, int64_t value,
                               int64_t value2)
{
    struct tb_event *e = m_say(m, kind, station);
    e->value = value;
    e->value2 = value2;
    return e;
}

struct tb_event *m_say_server(struct model *m, uint32_t kind, uint32_t server, int64_t value)
{
    struct tb_event *e = m_say(m, kind, m->servers[server].station);
    e->server = server;
    e->value = value;
    return e;
}

struct tb_event *m_say_ticket(struct model *m, uint32_t kind, const struct m_ticket *t,
                              int64_t value, int64_t value2)
{
    struct tb_event *e = m_say(m, kind, t->station);
    e->ref = t->ref;
    e->server = t->server;
    e->number = t->number;
    e->matter = t->matters[0];
    e->queue = (uint8_t)t->queue;
    e->value = value;
    e->value2 = value2;
    return e;
}

/* ---- finding ------------------------------------------------------------------------------- */
tb_ref m_ref_new(struct model *m, enum tb_ref_kind kind)
{
    tb_assert(m->made < 256);
    return (tb_ref)kind << 60 | m->serial << 8 | m->made++;
}

struct m_ticket *m_ticket_at(const struct model *m, uint32_t i)
{
    return m->tickets.items[i];
}

struct m_ticket *m_ticket_find(const struct model *m, tb_ref ref)
{
    for (uint32_t i = 0; i < m->tickets.count; i++)
        if (m_ticket_at(m, i)->ref == ref)
            return m_ticket_at(m, i);
    return NULL;
}

struct m_case *m_case_find(const struct model *m, tb_ref ref)
{
    for (uint32_t i = 0; i < m->cases.count; i++)
        if (((struct m_case *)m->cases.items[i])->ref == ref)
            return m->cases.items[i];
    return NULL;
}

struct m_visit *m_visit_find(const struct model *m, tb_ref ref)
{
    for (uint32_t i = 0; i < m->visits.count; i++)
        if (((struct m_visit *)m->visits.items[i])->ref == ref)
            return m->visits.items[i];
    return NULL;
}

int64_t m_rule(const struct model *m, uint32_t station, enum tb_rule rule)
{
    return m->stations[station].rules.value[rule];
}

uint32_t m_tickets_free(const struct model *m)
{
    return m->config.tickets_max - m->tickets.count;
}

bool m_ticket_may(enum tb_ticket_state state, enum tb_ticket_cause cause)
{
#define TB_TICKET_TRANSITION(from, by, to)                                                         \
    if (state == TB_TICKET_##from && cause == TB_TICKET_BY_##by)                                   \
        return true;
#include "tongban/transition.def"
#undef TB_TICKET_TRANSITION
    return false;
}

bool m_server_may(enum tb_server_state state, enum tb_server_cause cause)
{
#define TB_SERVER_TRANSITION(from, by, to)                                                         \
    if (state == TB_SERVER_##from && cause == TB_SERVER_BY_##by)                                   \
        return true;
#include "tongban/transition.def"
#undef TB_SERVER_TRANSITION
    return false;
}

/* ---- commands ------------------------------------------------------------------------------ */
static m_command_fn *const handlers[TB_COMMAND_COUNT] = {
    [TB_TICKET_TAKE] = m_ticket_take,
    [TB_TICKET_ADD] = m_ticket_add,
    [TB_TICKET_CANCEL] = m_ticket_cancel,
    [TB_TICKET_ABANDON] = m_ticket_abandon,
    [TB_TICKET_PARK] = m_ticket_park,
    [TB_TICKET_RESUME] = m_ticket_resume,
    [TB_TICKET_ACK] = m_ticket_ack,
    [TB_TICKET_TRANSFER] = m_ticket_transfer,
    [TB_TICKET_INFO] = m_ticket_info,
    [TB_WINDOW_OPEN] = m_window_open,
    [TB_WINDOW_CLOSE] = m_window_close,
    [TB_WINDOW_PAUSE] = m_window_pause,
    [TB_WINDOW_CONTINUE] = m_window_continue,
    [TB_WINDOW_NEXT] = m_window_next,
    [TB_WINDOW_CALL] = m_window_call,
    [TB_WINDOW_RECALL] = m_window_recall,
    [TB_WINDOW_START] = m_window_start,
    [TB_WINDOW_FINISH] = m_window_finish,
    [TB_WINDOW_NO_SHOW] = m_window_no_show,
    [TB_WINDOW_RETURN] = m_window_return,
    [TB_WINDOW_TRANSFER] = m_window_transfer,
    [TB_WINDOW_SKILL] = m_window_skill,
    [TB_HALL_OPEN] = m_hall_open,
    [TB_HALL_CLOSE] = m_hall_close,
    [TB_HALL_SUGGEST] = m_hall_suggest,
    [TB_HALL_HEAD] = m_hall_head,
    [TB_HALL_WAIT] = m_hall_wait,
    [TB_HALL_QUOTA] = m_hall_quota,
    [TB_HALL_INFO] = m_hall_info,
    [TB_BOOK_MAKE] = m_book_make,
    [TB_BOOK_CHECK_IN] = m_book_check_in,
    [TB_BOOK_MOVE] = m_book_move,
    [TB_BOOK_CANCEL] = m_book_cancel,
    [TB_BOOK_SLOT] = m_book_slot,
    [TB_CASE_OPEN] = m_case_open,
    [TB_CASE_SUPPLY] = m_case_supply,
    [TB_CASE_OUTSIDE] = m_case_outside,
    [TB_CASE_WITHDRAW] = m_case_withdraw,
    [TB_CASE_COLLECT] = m_case_collect,
    [TB_CASE_INFO] = m_case_info,
    [TB_DESK_APPROVE] = m_desk_approve,
    [TB_DESK_CORRECT] = m_desk_correct,
    [TB_DESK_REJECT] = m_desk_reject,
    [TB_KIOSK_REQUEST] = m_kiosk_request,
    [TB_HELP_OPEN] = m_case_open,
    [TB_HELP_ASSIGN] = m_help_assign,
    [TB_HELP_CLOSE] = m_desk_approve,
    [TB_RATE_GIVE] = m_rate_give,
    [TB_RATE_FOLLOW] = m_rate_follow,
    [TB_PLAN_SET] = m_plan_set,
    [TB_PLAN_CLEAR] = m_plan_clear,
    [TB_CITY_RULE] = m_city_rule,
    [TB_CITY_DAY] = m_city_day,
    [TB_CITY_INFO] = m_city_info,
};

static const struct m_request *request_find(const struct model *m, uint64_t id)
{
    for (uint32_t i = 0; id != 0 && i < m->requests.count; i++) {
        const struct m_request *r = m->requests.items[i];
        if (r->id == id)
            return r;
    }
    return NULL;
}

static void request_remember(struct model *m, const struct tb_command *c, uint32_t answer)
{
    if (c->request_id == 0 || m->config.requests_max == 0)
        return;
    if (m->requests.count == m->config.requests_max)
        m_list_remove(&m->requests, m->requests.items[0]);
    struct m_request *r = zeroed(1, sizeof *r);
    r->id = c->request_id;
    r->command = *c;
    r->answer = m->events[answer];
    m_list_add(&m->requests, r);
}

static bool same_request(const struct tb_command *a, const struct tb_command *b)
{
    struct tb_command x = *a, y = *b;
    x.tag = y.tag = 0;
    return memcmp(&x, &y, sizeof x) == 0;
}

static void refuse(struct model *m, enum tb_status status)
{
    struct tb_event *e = event_new(m);
    e->kind = TB_EVENT_REFUSED;
    e->flags = TB_EVENT_FLAG_ANSWER;
    e->value = status;
}

static void command(struct model *m, tb_time now, const struct tb_command *c, uint64_t serial)
{
    m->command = c;
    m->now = now;
    m->tag = c->tag;
    m->serial = serial;
    m->made = 0;
    if (c->kind == TB_COMMAND_NONE || c->kind >= TB_COMMAND_COUNT) {
        refuse(m, TB_STATUS_COMMAND_UNKNOWN);
        return;
    }
    const struct m_request *before = request_find(m, c->request_id);
    if (before && !same_request(&before->command, c)) {
        refuse(m, TB_STATUS_REQUEST_MISMATCH);
        return;
    }
    if (before) {
        struct tb_event *e = event_new(m);
        *e = before->answer;
        e->tag = c->tag;
        e->flags |= TB_EVENT_FLAG_REPEATED;
        return;
    }
    m->query = tb_command_row(c->kind)->effect == TB_EFFECT_QUERY;
    uint32_t answer = m->event_count;
    enum tb_status status = TB_STATUS_TIME_BACKWARDS;
    if (m->query || now >= m->changed_at)
        status = handlers[c->kind](m, c, now);
    if (status != TB_STATUS_OK) {
        tb_assert(m->event_count == answer);
        refuse(m, status);
    } else {
        tb_assert(m->event_count > answer);
        m->events[answer].flags |= TB_EVENT_FLAG_ANSWER;
        if (!m->query) {
            m->changed_at = now;
            request_remember(m, c, answer);
        }
    }
    m->query = false;
    m->command = NULL;
}

void model_command(struct model *m, tb_time now, const struct tb_command *c, uint64_t serial)
{
    command(m, now, c, serial);
    model_advance(m, now);
}

void model_step(struct model *m, tb_time now, const struct tb_command *commands, uint32_t n,
                uint64_t first_serial)
{
    model_advance(m, now);
    for (uint32_t i = 0; i < n; i++)
        model_command(m, now, &commands[i], first_serial + i);
}

uint32_t model_home(const struct model *m, const struct tb_command *c)
{
    const struct m_ticket *t = m_ticket_find(m, c->ref);
    const struct m_visit *v = m_visit_find(m, c->ref);
    if ((c->kind >= TB_CASE_OPEN && c->kind <= TB_CASE_INFO) || c->kind == TB_HELP_OPEN ||
        c->kind == TB_HALL_SUGGEST || c->kind > TB_CITY_RULE || c->kind == TB_COMMAND_NONE)
        return TB_NONE;
    if (c->kind == TB_RATE_GIVE || c->kind == TB_RATE_FOLLOW)
        return v ? v->station : TB_NONE;
    if ((c->kind > TB_TICKET_TAKE && c->kind <= TB_TICKET_INFO) ||
        (c->kind >= TB_BOOK_CHECK_IN && c->kind <= TB_BOOK_CANCEL))
        return t ? t->station : TB_NONE;
    if ((c->kind >= TB_WINDOW_OPEN && c->kind <= TB_WINDOW_SKILL) || c->kind == TB_PLAN_SET ||
        (c->kind >= TB_DESK_APPROVE && c->kind <= TB_DESK_REJECT) || c->kind == TB_HELP_ASSIGN ||
        c->kind == TB_HELP_CLOSE)
        return c->server < m->server_count ? m->servers[c->server].station : TB_NONE;
    return c->station < m->config.station_count ? c->station : TB_NONE;
}
