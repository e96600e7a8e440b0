/* Random commands, aimed by the model's state: mostly at what is there and in a fitting state. */
#include "generate.h"
#include "inside.h"

#include <string.h>

void generator_init(struct generator *g, const struct world *world, const struct model *model,
                    uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->dice.state = seed;
    g->world = world;
    g->model = model;
    g->now = world->calendars[0].days[0].starts_at_us - dice_below(&g->dice, 3) * world->grid_us;
    if (dice_chance(&g->dice, 70))
        g->now += TB_MINUTES(10 + dice_below(&g->dice, 80));
    g->arrivals_percent = 20 + dice_below(&g->dice, 40);
    g->staff_percent = g->arrivals_percent + 10 + dice_below(&g->dice, 45);
    static const uint32_t usual[6] = {55, 13, 12, 8, 10, 2};
    for (uint32_t k = 0; k < 6; k++)
        g->arrivals[k] = dice_chance(&g->dice, 50) ? usual[k] : 1 + dice_below(&g->dice, 50);
    for (uint32_t k = 1; k < TB_COMMAND_COUNT; k++)
        g->weights[k] = 1 + dice_below(&g->dice, 10) * dice_below(&g->dice, 4);
    g->weights[TB_HALL_CLOSE] = g->weights[TB_CITY_RULE] = 1 + dice_below(&g->dice, 3);
    g->weights[TB_PLAN_CLEAR] = 1;
    if (dice_chance(&g->dice, 30))
        g->weights[TB_CITY_RULE] = 60;
}

static bool anything_open(const struct generator *g)
{
    for (uint32_t s = 0; s < g->world->config.station_count; s++)
        if (g->world->stations[s].kind == TB_STATION_HALL && m_accepts(g->model, s))
            return true;
    return false;
}

tb_time generator_time(struct generator *g)
{
    struct dice *d = &g->dice;
    int64_t grid = g->world->grid_us;
    uint32_t roll = dice_below(d, 1000);
    tb_time deadline = model_deadline_at(g->model);
    if (!anything_open(g) && deadline != TB_NEVER && deadline > g->now && dice_chance(d, 60))
        g->now = deadline;
    else if (roll < 500)
        return g->now;
    else if (roll < 760)
        g->now += grid;
    else if (roll < 850)
        g->now += grid * dice_below(d, 4);
    else if (roll < 930 && deadline != TB_NEVER && deadline > g->now)
        g->now = deadline;
    else if (roll < 960 && deadline != TB_NEVER && deadline > g->now + 1)
        g->now = deadline - 1 + dice_below(d, 3);
    else if (roll < 980)
        g->now += grid * dice_below(d, 20);
    else if (roll < 984)
        g->now += TB_HOURS(1 + dice_below(d, 4));
    else if (roll < 992)
        return g->now - (int64_t)dice_below(d, 4) * grid / 2;
    else
        g->now += dice_below(d, 1000);
    return g->now;
}

/* ---- aiming -------------------------------------------------------------------------------- */
static uint32_t states(uint32_t n, const enum tb_ticket_state *list)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < n; i++)
        mask |= 1u << list[i];
    return mask;
}
#define STATES(...)                                                                                \
    states(sizeof(enum tb_ticket_state[]){__VA_ARGS__} / sizeof(enum tb_ticket_state),             \
           (const enum tb_ticket_state[]){__VA_ARGS__})

static tb_ref remember(struct generator *g, tb_ref ref)
{
    g->past[g->past_count++ % GENERATOR_PAST] = ref;
    return ref;
}

static tb_ref bad_ref(struct generator *g)
{
    uint32_t n = g->past_count < GENERATOR_PAST ? g->past_count : GENERATOR_PAST;
    if (n > 0 && dice_chance(&g->dice, 80))
        return g->past[dice_below(&g->dice, n)];
    return dice_chance(&g->dice, 50) ? 0 : (tb_ref)dice_below(&g->dice, 16) << 60;
}

/* A ticket in one of these states, mostly; tasks only where they are wanted. */
static tb_ref ticket_ref(struct generator *g, uint32_t mask, bool tasks)
{
    const struct model *m = g->model;
    if (dice_chance(&g->dice, 4) || m->tickets.count == 0)
        return bad_ref(g);
    uint32_t start = dice_below(&g->dice, m->tickets.count);
    bool strict = dice_chance(&g->dice, 92);
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, (start + i) % m->tickets.count);
        if (!strict || ((mask >> t->state & 1) && (tasks || !t->task)))
            return remember(g, t->ref);
    }
    return m_ticket_at(m, start)->ref;
}

/* Is there any use in a command that names tickets (cases, visits) now? */
static bool worth(const struct generator *g, uint32_t kind)
{
    const struct model *m = g->model;
    if ((kind > TB_TICKET_TAKE && kind <= TB_TICKET_INFO) || kind == TB_BOOK_CHECK_IN ||
        kind == TB_BOOK_MOVE || kind == TB_BOOK_CANCEL)
        return m->tickets.count > 0;
    if ((kind > TB_CASE_OPEN && kind <= TB_CASE_INFO) || kind == TB_HELP_ASSIGN)
        return m->cases.count > 0;
    if (kind == TB_RATE_GIVE || kind == TB_RATE_FOLLOW)
        return m->visits.count > 0;
    if (kind == TB_TICKET_TAKE || kind == TB_KIOSK_REQUEST)
        return anything_open(g);
    if (kind == TB_CASE_OPEN || kind == TB_HELP_OPEN)
        return m->config.route_count > 0 && m->config.cases_max > 0;
    return true;
}

static tb_ref case_ref(struct generator *g)
{
    const struct model *m = g->model;
    if (dice_chance(&g->dice, 5) || m->cases.count == 0)
        return bad_ref(g);
    const struct m_case *c = m->cases.items[dice_below(&g->dice, m->cases.count)];
    return remember(g, c->ref);
}

static tb_ref visit_ref(struct generator *g)
{
    const struct model *m = g->model;
    if (dice_chance(&g->dice, 5) || m->visits.count == 0)
        return bad_ref(g);
    const struct m_visit *v = m->visits.items[dice_below(&g->dice, m->visits.count)];
    return remember(g, v->ref);
}

static uint32_t server_in(struct generator *g, uint32_t mask)
{
    const struct model *m = g->model;
    if (m->server_count == 0 || dice_chance(&g->dice, 2))
        return m->server_count + dice_below(&g->dice, 2);
    uint32_t start = dice_below(&g->dice, m->server_count);
    bool strict = dice_chance(&g->dice, 92);
    for (uint32_t i = 0; strict && i < m->server_count; i++) {
        uint32_t s = (start + i) % m->server_count;
        if (mask >> m->servers[s].state & 1)
            return s;
    }
    return start;
}

static uint16_t station_of(struct generator *g, enum tb_station_kind kind)
{
    uint32_t count = g->world->config.station_count;
    if (dice_chance(&g->dice, 2))
        return (uint16_t)(dice_chance(&g->dice, 50) ? count : TB_STATION_NONE);
    uint32_t start = dice_below(&g->dice, count);
    bool strict = dice_chance(&g->dice, 95);
    for (uint32_t i = 0; strict && i < count; i++)
        if (g->world->stations[(start + i) % count].kind == kind)
            return (uint16_t)((start + i) % count);
    return (uint16_t)start;
}

/* A matter that this station handles, mostly. */
static uint16_t matter_at(struct generator *g, uint32_t station)
{
    uint32_t count = g->world->config.matter_count;
    if (dice_chance(&g->dice, 1))
        return (uint16_t)(count + dice_below(&g->dice, 2));
    uint32_t start = dice_below(&g->dice, count);
    bool strict = dice_chance(&g->dice, 95) && station < g->world->config.station_count;
    for (uint32_t i = 0; strict && i < count; i++)
        if (m_matter_possible(g->model, (start + i) % count, station))
            return (uint16_t)((start + i) % count);
    return (uint16_t)start;
}

/* A matter with a route, or with video, mostly. */
static uint16_t matter_with(struct generator *g, bool route)
{
    uint32_t count = g->world->config.matter_count, start = dice_below(&g->dice, count);
    for (uint32_t i = 0; i < count && dice_chance(&g->dice, 95); i++) {
        const struct tb_matter *x = &g->world->matters[(start + i) % count];
        if (route ? x->route != TB_MATTER_NONE : x->remote_group != TB_GROUPS_MAX)
            return (uint16_t)((start + i) % count);
    }
    return matter_at(g, TB_NONE);
}

static void matters(struct generator *g, struct tb_command *c, uint32_t station)
{
    c->matter_count =
        dice_chance(&g->dice, 60) ? dice_below(&g->dice, 2) : 1 + dice_below(&g->dice, 4);
    if (dice_chance(&g->dice, 1))
        c->matter_count = 5;
    for (uint32_t i = 0; i < TB_COMMAND_MATTERS_MAX; i++)
        c->matters[i] = matter_at(g, station);
}

static uint8_t class_of(struct generator *g)
{
    return (uint8_t)(dice_chance(&g->dice, 97) ? dice_below(&g->dice, 2) : dice_below(&g->dice, 6));
}

/* A slot of a coming period, mostly; the group of the first matter does not count here. */
static tb_time slot_at(struct generator *g, uint32_t station)
{
    struct dice *d = &g->dice;
    if (station >= g->world->config.station_count || dice_chance(d, 5))
        return g->now + dice_below(d, 200) * g->world->grid_us;
    const struct tb_station *s = &g->world->stations[station];
    const struct tb_calendar *c = &g->world->calendars[s->calendar];
    int32_t day = g->model->stations[station].day + (int32_t)dice_below(d, s->horizon_days);
    if (day < 0 || day >= (int32_t)c->day_count || s->slot_us == 0)
        day = (int32_t)dice_below(d, c->day_count);
    int64_t slot_us = s->slot_us ? s->slot_us : TB_MINUTES(10);
    int64_t from = 0;
    if (g->now > c->days[day].starts_at_us && dice_chance(d, 90))
        from = (g->now - c->days[day].starts_at_us) / slot_us * slot_us;
    if (from > TB_HOURS(3))
        from = 0;
    return c->days[day].starts_at_us + from + slot_us * dice_below(d, 12);
}

static void plan_set(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    c->server = server_in(g, UINT32_MAX);
    c->group = (uint16_t)dice_below(d, 6);
    c->class_ = (uint8_t)dice_below(d, dice_chance(d, 3) ? 6 : 4);
    c->extra = (uint16_t)dice_below(d, g->world->profiles_max);
    c->value = dice_below(d, 40) * TB_MINUTES(5);
    if (c->server < g->model->server_count && dice_chance(d, 60)) {
        uint32_t station = g->model->servers[c->server].station;
        const struct tb_calendar *calendar = m_calendar(g->model, station);
        int32_t day = g->model->stations[station].day;
        if (day >= 0) {
            c->group = (uint16_t)calendar->days[day].kind;
            c->value =
                g->now - calendar->days[day].starts_at_us + g->world->grid_us * dice_below(d, 5);
        }
    }
    if (dice_chance(d, 2))
        c->value = dice_chance(d, 50) ? -1 : TB_HOURS(24) + dice_below(d, 2);
}

/* ---- fields of each kind ------------------------------------------------------------------- */
static void fill_ticket(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    switch (c->kind) {
    case TB_TICKET_TAKE:
        c->station = station_of(g, TB_STATION_HALL);
        matters(g, c, c->station);
        c->class_ = class_of(g);
        c->channel = (uint8_t)dice_below(d, dice_chance(d, 2) ? 7 : 3);
        c->flags = dice_chance(d, 30) ? TB_FLAG_SILENT : 0;
        return;
    case TB_TICKET_CANCEL:
        c->ref = ticket_ref(g,
                            STATES(TB_TICKET_BOOKED, TB_TICKET_WAITING, TB_TICKET_CALLED,
                                   TB_TICKET_PARKED, TB_TICKET_ABSENT),
                            false);
        return;
    case TB_TICKET_ABANDON:
    case TB_TICKET_PARK:
        c->ref = ticket_ref(g, STATES(TB_TICKET_WAITING), false);
        return;
    case TB_TICKET_RESUME:
        c->ref = ticket_ref(g, STATES(TB_TICKET_PARKED, TB_TICKET_ABSENT), false);
        return;
    case TB_TICKET_ACK:
        c->ref = ticket_ref(g, STATES(TB_TICKET_CALLED), false);
        return;
    default:
        c->ref = ticket_ref(g, STATES(TB_TICKET_WAITING, TB_TICKET_CALLED, TB_TICKET_SERVING),
                            c->kind == TB_TICKET_INFO);
        const struct m_ticket *t = m_ticket_find(g->model, c->ref);
        c->station =
            t && dice_chance(d, 50) ? (uint16_t)t->station : station_of(g, TB_STATION_HALL);
        c->matters[0] = matter_at(g, c->kind == TB_TICKET_ADD && t ? t->station : c->station);
        c->flags = dice_chance(d, 10) ? TB_FLAG_NEXT : 0;
    }
}

static tb_ref ticket_for(struct generator *g, uint32_t server)
{
    const struct model *m = g->model;
    if (server >= m->server_count || m->tickets.count == 0 || dice_chance(&g->dice, 10))
        return ticket_ref(g, STATES(TB_TICKET_WAITING), true);
    uint32_t start = dice_below(&g->dice, m->tickets.count);
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, (start + i) % m->tickets.count);
        if (t->state == TB_TICKET_WAITING &&
            (t->station == m->servers[server].station || t->station == m->remote))
            return t->ref;
    }
    return ticket_ref(g, STATES(TB_TICKET_WAITING), true);
}

static uint32_t server_mask(uint32_t kind)
{
    switch (kind) {
    case TB_WINDOW_OPEN:
        return 1u << TB_SERVER_CLOSED | 1u << TB_SERVER_CALLED | 1u << TB_SERVER_SERVING;
    case TB_WINDOW_CONTINUE:
        return 1u << TB_SERVER_PAUSED;
    case TB_WINDOW_NEXT:
        return 1u << TB_SERVER_WRAP;
    case TB_WINDOW_CALL:
    case TB_HELP_ASSIGN:
        return 1u << TB_SERVER_WRAP | 1u << TB_SERVER_READY;
    case TB_WINDOW_RECALL:
    case TB_WINDOW_START:
    case TB_WINDOW_NO_SHOW:
        return 1u << TB_SERVER_CALLED;
    case TB_WINDOW_FINISH:
    case TB_DESK_APPROVE:
    case TB_DESK_CORRECT:
    case TB_DESK_REJECT:
    case TB_HELP_CLOSE:
        return 1u << TB_SERVER_SERVING;
    case TB_WINDOW_RETURN:
    case TB_WINDOW_TRANSFER:
        return 1u << TB_SERVER_CALLED | 1u << TB_SERVER_SERVING;
    }
    return UINT32_MAX;
}

static void fill_window(struct generator *g, struct tb_command *c, uint32_t server)
{
    struct dice *d = &g->dice;
    c->server = server != TB_NONE ? server : server_in(g, server_mask(c->kind));
    c->flags = dice_chance(d, 40) ? TB_FLAG_NEXT : 0;
    if (c->kind == TB_WINDOW_FINISH && dice_chance(d, 30))
        c->flags |= TB_FLAG_SETTLED;
    uint32_t profiles = g->world->profiles_max + 1;
    if (c->server < g->model->server_count && dice_chance(d, 95))
        profiles = g->world->stations[g->model->servers[c->server].station].profile_count;
    c->value = (int64_t)dice_below(d, profiles + (c->kind != TB_WINDOW_SKILL)) -
               (c->kind != TB_WINDOW_SKILL);
    if (dice_chance(d, 1))
        c->value = dice_chance(d, 50) ? INT64_MIN : INT64_C(1) << 32;
    c->ref = c->kind == TB_HELP_ASSIGN ? case_ref(g) : ticket_for(g, c->server);
    c->station = station_of(g, TB_STATION_HALL);
    if (c->server < g->model->server_count && dice_chance(d, 50))
        c->station = (uint16_t)g->model->servers[c->server].station;
    c->matters[0] = matter_at(g, c->station);
}

static void fill_hall(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    c->station = station_of(g, TB_STATION_HALL);
    if ((c->kind == TB_HALL_OPEN || c->kind == TB_HALL_CLOSE) && dice_chance(d, 20))
        c->station = station_of(g, TB_STATION_REMOTE);
    if (c->kind == TB_HALL_INFO)
        c->station = station_of(g, dice_below(d, 3));
    c->matters[0] = c->kind == TB_KIOSK_REQUEST ? matter_with(g, false) : matter_at(g, c->station);
    c->class_ = (uint8_t)dice_below(d, dice_chance(d, 3) ? 6 : 4);
    c->extra = (uint16_t)dice_below(d, dice_chance(d, 3) ? 4 : 2);
    c->group = (uint16_t)dice_below(d, dice_chance(d, 5) ? 18 : g->world->groups_max);
    c->value = dice_below(d, 2);
    if (c->kind == TB_HALL_HEAD)
        c->value = dice_chance(d, 20) ? TB_MINUTES(64) - 1 + dice_below(d, 2)
                                      : dice_below(d, 64) * TB_MINUTES(1);
    if (c->kind == TB_HALL_QUOTA)
        c->value = dice_below(d, 12);
    if (dice_chance(d, 2))
        c->value = dice_chance(d, 50) ? -1 : INT64_C(1000000001);
}

static void fill_book(struct generator *g, struct tb_command *c)
{
    c->station = station_of(g, TB_STATION_HALL);
    matters(g, c, c->station);
    uint32_t station = c->station;
    if (c->kind == TB_BOOK_MOVE || c->kind == TB_BOOK_CHECK_IN || c->kind == TB_BOOK_CANCEL) {
        c->ref = ticket_ref(g, STATES(TB_TICKET_BOOKED), false);
        const struct m_ticket *t = m_ticket_find(g->model, c->ref);
        if (t)
            station = t->station;
    }
    bool by_ticket = c->ref != 0;
    uint32_t group =
        c->matters[0] < g->world->config.matter_count ? g->world->matters[c->matters[0]].group : 0;
    if (by_ticket && m_ticket_find(g->model, c->ref))
        group = m_ticket_find(g->model, c->ref)->queue / TB_CLASSES;
    bool known =
        station < g->world->config.station_count && group < g->world->stations[station].group_count;
    for (uint32_t tries = 0; tries < 8; tries++) {
        c->value = slot_at(g, station);
        if (!known || m_slot_valid(g->model, station, group, c->value, g->now))
            return;
    }
}

static void fill_case(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    c->matters[0] = matter_with(g, true);
    c->class_ = class_of(g);
    c->ref = case_ref(g);
    c->value = dice_below(d, 6);
    const struct m_case *x = m_case_find(g->model, c->ref);
    for (uint32_t i = 0; c->kind == TB_CASE_OUTSIDE && x && i < TB_STEPS_MAX; i++)
        if (x->active[i] && dice_chance(d, 60) &&
            g->model->config.routes[x->route].steps[i].kind == TB_STEP_OUTSIDE)
            c->value = i;
}

static void fill_city(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    switch (c->kind) {
    case TB_RATE_GIVE:
    case TB_RATE_FOLLOW:
        c->ref = visit_ref(g);
        c->value = (int64_t)dice_below(d, dice_chance(d, 5) ? 9 : 6) - dice_chance(d, 2);
        return;
    case TB_PLAN_SET:
        plan_set(g, c);
        return;
    case TB_PLAN_CLEAR:
        c->station = station_of(g, dice_below(d, 3));
        c->group = (uint16_t)dice_below(d, 6);
        return;
    case TB_CITY_RULE:
        c->station = station_of(g, dice_below(d, 3));
        if (dice_chance(d, 10))
            c->station = TB_STATION_NONE;
        c->extra = (uint16_t)dice_below(d, TB_RULE_COUNT + 2);
        if (c->extra < TB_RULE_COUNT)
            c->value = world_rule(g->world, d, c->extra);
        if (dice_chance(d, 3))
            c->value = dice_chance(d, 50) ? INT64_MAX : INT64_MIN;
        if (c->extra == TB_RULE_call_timeout_us && dice_chance(d, 20))
            c->value = dice_chance(d, 50) ? 1 : TB_SECONDS(1) - 1; /* too short */
        return;
    case TB_CITY_DAY:
        c->extra = (uint16_t)dice_below(d, dice_chance(d, 4) ? 3 : 2);
        c->value = (int64_t)dice_below(d, WORLD_DAYS + 1) - dice_chance(d, 3);
        c->group = (uint16_t)dice_below(d, 6);
        return;
    default:
        return;
    }
}

static void fill(struct generator *g, struct tb_command *c)
{
    if (c->kind <= TB_TICKET_INFO)
        fill_ticket(g, c);
    else if (c->kind <= TB_WINDOW_SKILL)
        fill_window(g, c, TB_NONE);
    else if (c->kind <= TB_HALL_INFO || c->kind == TB_KIOSK_REQUEST)
        fill_hall(g, c);
    else if (c->kind <= TB_BOOK_SLOT)
        fill_book(g, c);
    else if (c->kind <= TB_CASE_INFO || c->kind == TB_HELP_OPEN)
        fill_case(g, c);
    else if (c->kind <= TB_DESK_REJECT || c->kind == TB_HELP_ASSIGN || c->kind == TB_HELP_CLOSE)
        fill_window(g, c, TB_NONE);
    else
        fill_city(g, c);
}

/* ---- what comes next ----------------------------------------------------------------------- */
/* What the staff of some window would do next. */
static void staff(struct generator *g, struct tb_command *c)
{
    static const uint16_t acts[][6] = {
        [TB_SERVER_CLOSED] = {TB_WINDOW_OPEN, TB_WINDOW_OPEN, TB_WINDOW_OPEN, TB_WINDOW_OPEN,
                              TB_WINDOW_SKILL, TB_WINDOW_CLOSE},
        [TB_SERVER_WRAP] = {TB_WINDOW_NEXT, TB_WINDOW_NEXT, TB_WINDOW_NEXT, TB_WINDOW_NEXT,
                            TB_WINDOW_CALL, TB_WINDOW_CALL},
        [TB_SERVER_READY] = {TB_WINDOW_SKILL, TB_WINDOW_CALL, TB_WINDOW_PAUSE, TB_WINDOW_SKILL,
                             TB_WINDOW_CLOSE, TB_WINDOW_SKILL},
        [TB_SERVER_CALLED] = {TB_WINDOW_START, TB_WINDOW_START, TB_WINDOW_RECALL, TB_WINDOW_NO_SHOW,
                              TB_WINDOW_RETURN, TB_WINDOW_TRANSFER},
        [TB_SERVER_SERVING] = {TB_WINDOW_FINISH, TB_WINDOW_FINISH, TB_WINDOW_FINISH,
                               TB_WINDOW_FINISH, TB_WINDOW_RETURN, TB_WINDOW_TRANSFER},
        [TB_SERVER_PAUSED] = {TB_WINDOW_CONTINUE, TB_WINDOW_CONTINUE, TB_WINDOW_CONTINUE,
                              TB_WINDOW_CONTINUE, TB_WINDOW_CLOSE, TB_WINDOW_OPEN},
    };
    static const uint16_t task_acts[6] = {TB_DESK_APPROVE, TB_DESK_APPROVE, TB_HELP_CLOSE,
                                          TB_DESK_CORRECT, TB_DESK_REJECT,  TB_WINDOW_RETURN};
    uint32_t busy = 1u << TB_SERVER_CLOSED | 1u << TB_SERVER_WRAP | 1u << TB_SERVER_CALLED |
                    1u << TB_SERVER_SERVING | 1u << TB_SERVER_PAUSED;
    uint32_t server = server_in(g, dice_chance(&g->dice, 90) ? busy : UINT32_MAX);
    uint32_t roll = dice_below(&g->dice, 6);
    c->kind = TB_WINDOW_OPEN;
    if (server < g->model->server_count) {
        const struct m_server *w = &g->model->servers[server];
        c->kind = acts[w->state][roll];
        if (w->state == TB_SERVER_SERVING && w->ticket->task)
            c->kind = task_acts[roll];
        if ((w->state == TB_SERVER_CALLED || w->state == TB_SERVER_SERVING) &&
            dice_chance(&g->dice, 6))
            c->kind = TB_WINDOW_OPEN + dice_below(&g->dice, 3);
    }
    fill_window(g, c, server);
}

/* What somebody outside would do next with a ticket, a case or a visit. */
static void follow_up(struct generator *g, struct tb_command *c)
{
    static const uint16_t by_state[TB_TICKET_STATE_COUNT] = {
        [TB_TICKET_BOOKED] = TB_BOOK_CHECK_IN, [TB_TICKET_WAITING] = TB_TICKET_PARK,
        [TB_TICKET_CALLED] = TB_TICKET_ACK,    [TB_TICKET_SERVING] = TB_TICKET_ADD,
        [TB_TICKET_PARKED] = TB_TICKET_RESUME, [TB_TICKET_ABSENT] = TB_TICKET_RESUME,
    };
    const struct model *m = g->model;
    struct dice *d = &g->dice;
    uint32_t roll = dice_below(d, 10);
    if (roll < 4 && m->tickets.count > 0) {
        const struct m_ticket *t = m_ticket_at(m, dice_below(d, m->tickets.count));
        c->kind = by_state[t->state];
        if (t->task)
            c->kind = TB_HELP_ASSIGN;
        if (t->state == TB_TICKET_BOOKED && dice_chance(d, 20))
            c->kind = TB_BOOK_MOVE;
        fill(g, c);
        c->ref = t->ref;
        if (t->task && t->case_)
            c->ref = t->case_->ref;
    } else if (roll < 8 && m->cases.count > 0) {
        static const uint16_t kinds[] = {TB_CASE_SUPPLY, TB_CASE_COLLECT, TB_CASE_OUTSIDE};
        const struct m_case *x = m->cases.items[dice_below(d, m->cases.count)];
        c->kind = kinds[dice_below(d, 3)];
        if (x->state == TB_CASE_CORRECTION)
            c->kind = TB_CASE_SUPPLY;
        if (x->state == TB_CASE_READY)
            c->kind = TB_CASE_COLLECT;
        fill(g, c);
        c->ref = x->ref;
    } else if (m->visits.count > 0) {
        c->kind = dice_chance(d, 50) ? TB_RATE_GIVE : TB_RATE_FOLLOW;
        fill(g, c);
    } else {
        staff(g, c);
    }
}

static uint32_t arrival_kind(struct generator *g)
{
    static const uint16_t kinds[6] = {TB_TICKET_TAKE,   TB_BOOK_MAKE, TB_BOOK_CHECK_IN,
                                      TB_KIOSK_REQUEST, TB_CASE_OPEN, TB_HELP_OPEN};
    uint32_t total = 0, i = 0;
    for (uint32_t k = 0; k < 6; k++)
        total += g->arrivals[k];
    uint32_t roll = dice_below(&g->dice, total);
    while (roll >= g->arrivals[i])
        roll -= g->arrivals[i++];
    return kinds[i];
}

static uint32_t any_kind(struct generator *g)
{
    uint32_t total = 0;
    for (uint32_t k = 1; k < TB_COMMAND_COUNT; k++)
        total += g->weights[k];
    uint32_t roll = dice_below(&g->dice, total), k = 1;
    while (roll >= g->weights[k])
        roll -= g->weights[k++];
    return k;
}

static void request(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    if (!dice_chance(d, 20))
        return;
    if (g->sent_count > 0 && dice_chance(d, 30)) {
        uint64_t tag = c->tag;
        uint32_t n = g->sent_count < 8 ? g->sent_count : 8;
        *c = g->sent[dice_below(d, n)];
        if (dice_chance(d, 50))
            c->tag = tag;
        if (dice_chance(d, 20))
            c->citizen++;
        return;
    }
    c->request_id = ++g->request_last;
    g->sent[g->sent_count++ % 8] = *c;
}

void generator_command(struct generator *g, struct tb_command *c)
{
    struct dice *d = &g->dice;
    memset(c, 0, sizeof *c);
    c->tag = dice_roll(d) >> 40;
    c->citizen = dice_below(d, 1000);
    uint32_t roll = dice_below(d, 100);
    bool arrival = roll < g->arrivals_percent;
    if (!arrival && roll < g->staff_percent) {
        staff(g, c);
    } else if (roll >= 94) {
        follow_up(g, c);
    } else {
        for (uint32_t tries = 0; tries < 10; tries++) {
            c->kind = (uint16_t)(arrival ? arrival_kind(g) : any_kind(g));
            if (worth(g, c->kind) || dice_chance(d, 3))
                break;
        }
        fill(g, c);
    }
    if (dice_below(d, 2000) == 0)
        c->kind = dice_chance(d, 50) ? 0 : (uint16_t)(TB_COMMAND_COUNT + dice_below(d, 5));
    request(g, c);
}
