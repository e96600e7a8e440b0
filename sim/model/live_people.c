/* Those who are in a hall when its city is copied: at windows, in line, booked, away, to collect.
 *
 * What the city does not know of them is drawn again and again until it agrees with what is known.
 * Each is given his luck in the order of the city's slots, so he has the same with and without a
 * change. */
#include <string.h>

#include "model/live_inside.h"

/* Who fits after so many draws is taken as the last draw says. */
enum { DRAWS_MAX = 1000 };

static const struct tb_people *people_of(const struct tbs_live *live)
{
    return &live->scenario->people;
}

static bool chance(struct tbs_live *live, double share)
{
    return tbs_random_chance(&live->random, share);
}

static int64_t exponential_us(struct tbs_live *live, int64_t mean_us)
{
    return tbs_us_nearest(tbs_exponential(&live->random) * (double)mean_us);
}

/* What is left of a service that has lasted so long. */
static int64_t service_left_us(struct tbs_live *live, uint32_t matter, double pace, int64_t so_far)
{
    const struct tbs_distribution *law = tbs_demand_service(live->demand, matter);
    int64_t drawn = 0;

    for (int i = 0; i < DRAWS_MAX; i++) {
        drawn = tbs_us_nearest((double)tbs_draw_us(law, &live->random) * pace);
        if (drawn >= so_far) {
            return drawn - so_far;
        }
    }
    return drawn; /* longer than its law knows: it begins anew */
}

/* Exponential beyond the least: what is left of it does not depend on how long he waits. */
static int64_t patience_us(struct tbs_live *live, int64_t waited_us)
{
    const struct tb_people *p = people_of(live);
    const int64_t least = p->patience_least_us > waited_us ? p->patience_least_us : waited_us;

    return p->patience_mean_us == TB_NEVER || p->patience_least_us == TB_NEVER
               ? TB_NEVER
               : least + exponential_us(live, p->patience_mean_us);
}

/* ---- tickets --------------------------------------------------------------------------------- */

static struct tbs_visit *visit_make(struct tbs_live *live, const struct tb_ticket_view *t)
{
    struct tbs_model *m = live->model;
    struct tbs_visit *visit = tbs_extra(m);

    visit->arrival_at_us = t->place_at_us;
    visit->place_at_us = t->place_at_us;
    visit->luck = tbs_random_u64(&live->random);
    visit->traits = TBS_LIVE_SETTLED | (t->channel == TB_CHANNEL_MOBILE ? TBS_TRAIT_MOBILE : 0);
    visit->flags = TBS_VISIT_ARRIVED | TBS_VISIT_TICKET;
    visit->station = visit->home = (uint16_t)live->hall;
    visit->class_ = (uint8_t)(t->class_ == TB_CLASS_GREEN ? TB_CLASS_GREEN : TB_CLASS_NORMAL);
    visit->queue = (uint8_t)t->queue;
    visit->ref = t->ref;
    visit->number = t->number;
    visit->day = live->day;
    visit->matter_count = (uint8_t)(1 + t->matters_left);
    visit->matter = (uint16_t)t->matter;
    for (int i = 0; i < TB_COMMAND_MATTERS_MAX; i++) {
        visit->matters[i] = (uint16_t)t->matter;
    }
    if (t->station != live->hall) {
        visit->flags |= TBS_VISIT_REMOTE | TBS_VISIT_CARRIED;
    }
    m->seats[tb_ref_index(t->ref)] = visit;
    return visit;
}

static void is_inside(struct tbs_live *live, const struct tb_ticket_view *t)
{
    live->model->stations[t->station].inside++;
}

static void at_window(struct tbs_live *live, const struct tb_ticket_view *t,
                      struct tbs_visit *visit)
{
    struct window *window = &live->model->windows[t->server];

    visit->flags |= TBS_VISIT_CARRIED | TBS_VISIT_PARTS; /* his wait is over */
    visit->called_at_us = t->changed_at_us;
    visit->server = t->server;
    window->visit = visit;
    window->ticket = t->ref;
    window->busy_at_us = live->now;
    window->taken = true;
    window->idle = false;
    is_inside(live, t);
}

static void is_served(struct tbs_live *live, const struct tb_ticket_view *t,
                      struct tbs_visit *visit)
{
    const double pace = live->model->windows[t->server].pace;

    at_window(live, t, visit);
    visit->started_at_us = t->changed_at_us;
    tbs_pending(live->model, t->server, PHASE_SERVE,
                live->now + service_left_us(live, t->matter, pace, live->now - t->changed_at_us));
}

/* On his way, or not coming: the longer he is called, the more likely the latter. */
static void is_called(struct tbs_live *live, const struct tb_ticket_view *t,
                      struct tbs_visit *visit)
{
    const struct tb_people *p = people_of(live);
    const int64_t so_far = live->now - t->changed_at_us;
    bool away = false;
    int64_t walk_us = 0;

    at_window(live, t, visit);
    for (int i = 0; i < DRAWS_MAX; i++) {
        away = chance(live, p->absent_share);
        walk_us = exponential_us(live, p->walk_mean_us);
        if (away || walk_us >= so_far) {
            break;
        }
    }
    visit->service_us =
        tbs_draw_us(tbs_demand_service(live->demand, t->matter), &live->random);
    if (away) {
        visit->traits |= TBS_TRAIT_AWAY | (chance(live, p->absent_return_share) ?
                                               TBS_TRAIT_RETURNS : 0);
        const bool by_core =
            tb_city_rule(live->model->city, live->hall, TB_RULE_call_timeout_us) > 0;
        tbs_pending(live->model, t->server, PHASE_AWAY,
                    by_core ? TB_NEVER : live->now + TB_SECONDS(60));
        return;
    }
    tbs_pending(live->model, t->server, PHASE_WALK,
                live->now + (walk_us > so_far ? walk_us - so_far : 0));
}

static void waits(struct tbs_live *live, const struct tb_ticket_view *t, struct tbs_visit *visit)
{
    const struct tb_people *p = people_of(live);
    struct tbs_model *m = live->model;
    const int64_t waited_us = live->now > t->place_at_us ? live->now - t->place_at_us : 0;

    visit->service_us =
        tbs_draw_us(tbs_demand_service(live->demand, t->matter), &live->random);
    visit->patience_us = patience_us(live, waited_us);
    const bool away = t->class_ != TB_CLASS_APPOINTMENT && chance(live, p->absent_share);
    const bool returns = chance(live, p->absent_return_share);
    const bool acks = chance(live, p->mobile_ack_share);
    is_inside(live, t);
    tbs_line_joins(m, visit, t->queue);
    if (t->queue % TB_CLASSES == TB_CLASS_RETURNED) { /* came back: not his first wait */
        visit->flags |= TBS_VISIT_CARRIED | TBS_VISIT_PARTS | TBS_VISIT_WENT;
        visit->called_at_us = t->place_at_us;
        return;
    }
    visit->traits |= (away ? TBS_TRAIT_AWAY : 0) | (away && returns ? TBS_TRAIT_RETURNS : 0) |
                     (acks ? TBS_TRAIT_ACKS : 0);
    if (visit->patience_us != TB_NEVER && t->station == live->hall) {
        tbs_timer_set(m, (struct tbs_timer){.at_us = t->place_at_us + visit->patience_us,
                                            .station = (uint16_t)live->hall,
                                            .kind = TIMER_PATIENCE,
                                            .about = (uint64_t)(uintptr_t)visit});
    }
}

/* Is not there yet: comes later, or never. */
static void is_booked(struct tbs_live *live, const struct tb_ticket_view *t,
                      struct tbs_visit *visit)
{
    const struct tb_people *p = people_of(live);
    tb_time at_us = live->now;

    visit->flags = 0;
    visit->traits |= TBS_TRAIT_BOOKED;
    visit->place_at_us = visit->arrival_at_us = TB_NEVER;
    visit->slot_at_us = t->place_at_us;
    visit->service_us =
        tbs_draw_us(tbs_demand_service(live->demand, t->matter), &live->random);
    visit->patience_us = patience_us(live, 0);
    for (int i = 0; i < DRAWS_MAX; i++) {
        if (chance(live, p->appointment_absent_share)) {
            visit->traits |= TBS_TRAIT_ABSENT;
            return;
        }
        at_us = t->place_at_us - p->appointment_early_us -
                tbs_us_nearest(tbs_normal(&live->random) * (double)p->appointment_early_sd_us);
        if (at_us >= live->now) {
            break;
        }
    }
    tbs_timer_set(live->model, (struct tbs_timer){.at_us = at_us > live->now ? at_us : live->now,
                                                  .station = (uint16_t)live->hall,
                                                  .kind = TIMER_CHECK_IN,
                                                  .about = (uint64_t)(uintptr_t)visit});
}

/* Did not come when called: is back later, or never. */
static void is_absent(struct tbs_live *live, const struct tb_ticket_view *t,
                      struct tbs_visit *visit)
{
    const struct tb_people *p = people_of(live);

    visit->flags |= TBS_VISIT_CARRIED | TBS_VISIT_PARTS | TBS_VISIT_WENT;
    visit->called_at_us = t->changed_at_us;
    visit->service_us =
        tbs_draw_us(tbs_demand_service(live->demand, t->matter), &live->random);
    is_inside(live, t);
    for (int i = 0; i < DRAWS_MAX; i++) {
        const tb_time at_us = t->changed_at_us + exponential_us(live, p->absent_return_mean_us);
        if (!chance(live, p->absent_return_share)) {
            return;
        }
        if (at_us >= live->now) {
            tbs_timer_set(live->model, (struct tbs_timer){.at_us = at_us,
                                                          .station = (uint16_t)live->hall,
                                                          .kind = TIMER_RESUME,
                                                          .about = (uint64_t)(uintptr_t)visit});
            return;
        }
    }
}

static void ticket_take(struct tbs_live *live, const struct tb_ticket_view *t)
{
    struct tbs_visit *visit = visit_make(live, t);

    switch (t->state) {
    case TB_TICKET_BOOKED:
        is_booked(live, t, visit);
        return;
    case TB_TICKET_WAITING:
        waits(live, t, visit);
        return;
    case TB_TICKET_CALLED:
        is_called(live, t, visit);
        return;
    case TB_TICKET_SERVING:
        is_served(live, t, visit);
        return;
    case TB_TICKET_PARKED:
        visit->flags |= TBS_VISIT_CARRIED | TBS_VISIT_PARTS;
        is_inside(live, t);
        return;
    case TB_TICKET_ABSENT:
        is_absent(live, t, visit);
        return;
    case TB_TICKET_FREE:
    case TB_TICKET_DONE:
    case TB_TICKET_CANCELLED:
    case TB_TICKET_ABANDONED:
    case TB_TICKET_EXPIRED:
    case TB_TICKET_MISSED:
        break;
    default:
        break;
    }
    tbs_assert(t->state <= TB_TICKET_ABSENT);
}

/* ---- clerks ---------------------------------------------------------------------------------- */

static void clerk_take(struct tbs_live *live, uint32_t server)
{
    struct tbs_model *m = live->model;
    struct window *window = &m->windows[server];
    const uint32_t shift = tbs_shift_find(m, server, live->now);
    const tb_time since_us =
        shift == TB_NONE ? live->now : m->day_at_us + m->scenario->shifts[shift].from_us;
    const struct tb_event opened = {
        .kind = TB_EVENT_WINDOW_OPENED, .server = server, .at_us = since_us};
    struct tb_server_view view;

    tb_city_server(m->city, server, &view);
    if (view.state == TB_SERVER_CLOSED) {
        return;
    }
    tbs_window_event(m, &opened);
    window->staffed_at_us = live->now;
    window->idle = view.state == TB_SERVER_READY;
    if (view.state == TB_SERVER_PAUSED) {
        const tb_time back_us = view.changed_at_us + people_of(live)->break_length_us;
        window->rested = true;
        window->staffed_at_us = TB_NEVER;
        tbs_pending(m, server, PHASE_BREAK, back_us > live->now ? back_us : live->now);
    } else if (view.state == TB_SERVER_WRAP) {
        const struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = server};
        tbs_todo(m, &next);
    }
}

/* Of the shifts at hand: a break that is over, an end that has come. */
static void past_forget(struct tbs_live *live)
{
    struct tbs_timers *timers = &tbs_agenda(live->model, live->hall)->timers;

    while (timers->count > 0 && tbs_timers_at(timers) < live->now) {
        const struct tbs_timer timer = tbs_timers_pop(timers);
        struct window *window = &live->model->windows[(uint32_t)timer.about];
        if (timer.kind == TIMER_BREAK) {
            window->rested = true;
        } else if (timer.kind == TIMER_SHIFT) {
            window->leaving = true;
        }
    }
}

/* ---- results to collect ---------------------------------------------------------------------- */

/* Comes today, from now on? As the model has it: once the case has been ready for so long, on the
 * first of a day's instants of arrival. It has been ready since before today, say. */
static void collector_take(struct tbs_live *live, const struct tb_case_view *view)
{
    struct tbs_model *m = live->model;
    const struct tb_people *p = people_of(live);
    const uint32_t slot = tb_ref_index(view->ref);

    m->cases[slot] = (struct matter_case){
        .ref = view->ref,
        .luck = tbs_random_u64(&live->random),
        .home = (uint16_t)live->hall,
        .matter = (uint16_t)view->matter,
    };
    for (int i = 0; i < DRAWS_MAX; i++) {
        const int64_t after_us = exponential_us(live, p->collect_after_us);
        const bool visits = chance(live, m->collect_chance);
        const double u = tbs_unit(tbs_random_u64(&live->random));
        if (after_us >= TB_DAYS(1)) {
            return; /* another day */
        }
        const tb_time from_us = live->day_at_us + after_us;
        const tb_time at_us = visits ? tbs_visit_instant(m, live->hall, from_us, u) : from_us;
        if (at_us < live->now) {
            continue; /* would have come */
        }
        if (visits && at_us < live->day_end_us) {
            tbs_timer_set(m, (struct tbs_timer){.at_us = at_us,
                                                .station = (uint16_t)live->hall,
                                                .kind = TIMER_COLLECT,
                                                .about = view->ref});
        }
        return;
    }
}

void tbs_live_people(struct tbs_live *live, uint32_t replication)
{
    struct tbs_model *m = live->model;
    const struct station *st = &m->stations[live->hall];

    tbs_random_open(&live->random, tbs_station_key(live->demand, live->ask->seed, TBS_LIVE,
                                                   live->hall, 3, replication));
    for (uint32_t i = 0; i < st->server_count; i++) {
        clerk_take(live, st->server_first + i);
    }
    past_forget(live);
    for (uint32_t i = 0; i < live->ticket_count; i++) {
        ticket_take(live, &live->tickets[i]);
    }
    for (uint32_t i = 0; i < live->case_count; i++) {
        collector_take(live, &live->cases[i]);
    }
    for (uint32_t i = 0; i < st->server_count; i++) {
        const uint32_t server = st->server_first + i;
        if (m->windows[server].leaving && m->windows[server].idle) {
            const struct tb_command close = {.kind = TB_WINDOW_CLOSE, .server = server};
            tbs_todo(m, &close);
        }
    }
    tbs_todo_do(m, live->hall, live->now);
}
