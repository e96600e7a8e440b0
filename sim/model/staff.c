/* What clerks and approvers do: start, finish, give up who does not come, rest, go home. The plan
 * opens and closes windows in the core by itself; only who is away for the day is taken off today's
 * plan. */
#include "model/life.h"

/* ---- at the window --------------------------------------------------------------------------- */

/* The pending instant of a window has come. */
void tbs_window_acts(struct tbs_model *m, uint32_t server, tb_time now)
{
    struct window *window = &m->windows[server];
    struct tb_command command = {.server = server, .flags = TB_FLAG_NEXT};

    switch ((enum phase)window->phase) {
    case PHASE_ACK:
        command.kind = TB_TICKET_ACK;
        command.ref = window->ticket;
        tbs_pending(m, server, PHASE_WALK, window->walked_at_us);
        break;
    case PHASE_WALK:
        command.kind = TB_WINDOW_START;
        window->phase = PHASE_FREE; /* until he is served; refused: for good */
        break;
    case PHASE_AWAY:
        command.kind = TB_WINDOW_NO_SHOW;
        break;
    case PHASE_SERVE: {
        const struct tbs_visit *visit = window->visit;
        command.kind = TB_WINDOW_FINISH;
        command.flags |=
            visit->traits & TBS_TRAIT_SETTLED << visit->matters_done ? TB_FLAG_SETTLED : 0;
        m->subject = window->visit;
        break;
    }
    case PHASE_TASK:
        tbs_office_decides(m, server, now);
        tbs_window_rests(m, server);
        return;
    case PHASE_BREAK:
        command.kind = TB_WINDOW_CONTINUE;
        tbs_pending(m, server, PHASE_FREE, TB_NEVER);
        window->staffed_at_us = now;
        break;
    case PHASE_FREE: /* who was walking to it was given up meanwhile */
        tbs_window_rests(m, server);
        return;
    }
    tbs_step(m, window->station, now, &command);
    tbs_window_rests(m, server);
}

static void close_now(struct tbs_model *m, uint32_t server)
{
    const struct tb_command close = {.kind = TB_WINDOW_CLOSE, .server = server};

    tbs_todo(m, &close);
}

static void unstaffed(struct tbs_model *m, struct window *window, tb_time at_us)
{
    if (window->staffed_at_us != TB_NEVER) {
        tbs_tally_staffed(m->tally, window->station, window->staffed_at_us, at_us);
        window->staffed_at_us = TB_NEVER;
    }
}

/* ---- shifts ---------------------------------------------------------------------------------- */

static int64_t offset_us(const struct tbs_model *m, tb_time at_us)
{
    return at_us - m->day_at_us;
}

uint32_t tbs_shift_find(const struct tbs_model *m, uint32_t server, tb_time at_us)
{
    const struct tb_scenario *s = m->scenario;
    const struct station *st = &m->stations[m->windows[server].station];
    const struct tb_plan_date *date = st->date;
    const uint32_t first = date != NULL ? date->shift_first : m->shift_first[server];
    const uint32_t end = date != NULL ? first + date->shift_count : m->shift_first[server + 1];

    for (uint32_t i = first; i < end; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        if (shift->server == server && shift->day_kind == st->kind_today &&
            shift->from_us <= offset_us(m, at_us) &&
            offset_us(m, at_us) < shift->to_us) {
            return i;
        }
    }
    return TB_NONE;
}

/* A break after so much work on average, not of all at once: 75 to 125 per cent of it. */
static int64_t break_after_us(const struct tbs_model *m, uint32_t server)
{
    const struct tbs_key key =
        tbs_key(m->seed, TBS_BREAK, m->server_entities[server], m->replication);
    const uint64_t number =
        tbs_random_at(key, (uint64_t)m->day << 4 | (m->windows[server].shift & 15));

    return tbs_us_nearest((double)m->scenario->people.break_after_us *
                          (0.75 + 0.5 * tbs_unit(number)));
}

static void on_opened(struct tbs_model *m, uint32_t server, tb_time at_us)
{
    struct window *window = &m->windows[server];
    const uint32_t shift = tbs_shift_find(m, server, at_us);

    if (window->staffed_at_us == TB_NEVER) {
        window->staffed_at_us = at_us;
    }
    window->leaving = false;
    if (tb_city_rule(m->city, window->station, TB_RULE_auto_next) == 0) {
        const struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = server};
        tbs_todo(m, &next); /* the clerk asks; refused where he serves on */
    }
    if (shift == window->shift || shift == TB_NONE) {
        return;
    }
    window->shift = shift;
    window->rested = false;
    if (m->scenario->people.stay_us > 0) {
        tbs_timer_set(m,
                      (struct tbs_timer){.at_us = m->day_at_us + m->scenario->shifts[shift].to_us,
                                         .station = (uint16_t)window->station,
                                         .kind = TIMER_SHIFT,
                                         .about = server});
    }
    if (m->scenario->people.break_length_us > 0) {
        const tb_time break_at_us = at_us + break_after_us(m, server);
        if (break_at_us < m->day_at_us + m->scenario->shifts[shift].to_us) {
            tbs_timer_set(m, (struct tbs_timer){.at_us = break_at_us,
                                                .station = (uint16_t)window->station,
                                                .kind = TIMER_BREAK,
                                                .about = (uint64_t)shift << 32 | server});
        }
    }
}

void tbs_window_event(struct tbs_model *m, const struct tb_event *event)
{
    struct window *window = &m->windows[event->server];

    window->idle = event->kind == TB_EVENT_WINDOW_READY;
    switch (event->kind) {
    case TB_EVENT_WINDOW_OPENED:
        on_opened(m, event->server, event->at_us);
        return;
    case TB_EVENT_WINDOW_READY:
        if (window->leaving) {
            close_now(m, event->server);
        }
        return;
    case TB_EVENT_WINDOW_WRAP: { /* without auto_next the clerk asks */
        const struct tb_command next = {.kind = TB_WINDOW_NEXT, .server = event->server};
        tbs_todo(m, &next);
        return;
    }
    case TB_EVENT_WINDOW_PAUSED:
        unstaffed(m, window, event->at_us);
        window->rested = true;
        tbs_pending(m, event->server, PHASE_BREAK,
                    event->at_us + m->scenario->people.break_length_us);
        return;
    default: /* closed */
        unstaffed(m, window, event->at_us);
        window->shift = TB_NONE;
        tbs_pending(m, event->server, PHASE_FREE, TB_NEVER);
        return;
    }
}

void tbs_staff_timer(struct tbs_model *m, const struct tbs_timer *timer)
{
    const uint32_t server = (uint32_t)timer->about;
    struct window *window = &m->windows[server];

    if (window->staffed_at_us == TB_NEVER || window->shift == TB_NONE) {
        return;
    }
    if (timer->kind == TIMER_BREAK) {
        if (!window->rested && window->shift == timer->about >> 32) {
            const struct tb_command pause = {.kind = TB_WINDOW_PAUSE, .server = server};
            tbs_step(m, timer->station, timer->at_us, &pause);
        }
        return;
    }
    if (m->day_at_us + m->scenario->shifts[window->shift].to_us == timer->at_us) {
        window->leaving = true;
        if (window->idle) {
            const struct tb_command close = {.kind = TB_WINDOW_CLOSE, .server = server};
            tbs_step(m, timer->station, timer->at_us, &close);
        }
    }
}

/* ---- today's plan ---------------------------------------------------------------------------- */

/* Writes the plan of today's kind of day of a station anew: that of the date, if there is one,
 * without those who are away. */
static void plan_write(struct tbs_model *m, uint32_t station, tb_time now)
{
    const struct station *st = &m->stations[station];
    const struct tb_plan_date *date = st->date;
    const struct tb_command clear = {.kind = TB_PLAN_CLEAR,
                                     .station = (uint16_t)station,
                                     .group = (uint16_t)st->kind_today};
    const uint32_t first = date != NULL ? 2 * date->shift_first : 0;
    const uint32_t count = date != NULL ? 2 * date->shift_count : m->config.plan_count;

    tbs_step(m, station, now, &clear);
    for (uint32_t i = first; i < first + count; i++) {
        const struct tb_plan_entry *entry = &m->config.plan[i];
        if (entry->day_kind != st->kind_today || entry->server < st->server_first ||
            entry->server >= st->server_first + st->server_count ||
            m->windows[entry->server].sick) {
            continue;
        }
        const struct tb_command set = {.kind = TB_PLAN_SET,
                                       .server = entry->server,
                                       .value = entry->offset_us,
                                       .group = (uint16_t)st->kind_today,
                                       .class_ = (uint8_t)entry->action,
                                       .extra = (uint16_t)entry->profile};
        tbs_step(m, station, now, &set);
    }
}

/* Is anybody away? */
static bool sick_draw(struct tbs_model *m, const struct station *st)
{
    const double share = m->scenario->people.sick_share;
    bool sick = false;

    for (uint32_t i = st->server_first; i < st->server_first + st->server_count && share > 0; i++) {
        const struct tbs_key key =
            tbs_key(m->seed, TBS_SICK, m->server_entities[i], m->replication);
        m->windows[i].sick = tbs_unit(tbs_random_at(key, m->day)) < share;
        sick |= m->windows[i].sick;
    }
    return sick;
}

void tbs_staff_day(struct tbs_model *m, uint32_t station, tb_time now)
{
    struct station *st = &m->stations[station];
    const uint32_t bit = 1u << st->kind_today;
    const bool sick = sick_draw(m, st);

    st->date = tb_scenario_plan_date(m->scenario, station, m->day);
    if (sick || st->date != NULL || st->rewritten_kinds & bit) {
        plan_write(m, station, now);
        st->rewritten_kinds = sick || st->date != NULL ? st->rewritten_kinds | bit
                                                       : st->rewritten_kinds & ~bit;
    }
}
