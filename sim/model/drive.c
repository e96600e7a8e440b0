/* The two drivers: who acts next, and the step through the core. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/state.h"

void tbs_fail(struct tbs_model *m, const char *format, ...)
{
    va_list arguments;

    if (m->error[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(m->error, sizeof m->error, format, arguments);
        va_end(arguments);
    }
}

/* ---- the step ------------------------------------------------------------------------------ */

static inline struct tb_step_result core_step(struct tbs_model *m, uint32_t station, tb_time now,
                                              const struct tb_command *commands, uint32_t n)
{
    const uint32_t max = sizeof m->events / sizeof m->events[0];

    tbs_assert(m->by_station || now >= m->now_us);
    m->now_us = now;
    return m->by_station ? tb_station_step(m->city, station, now, commands, n, m->events, max)
                         : tb_city_step(m->city, now, commands, n, m->events, max);
}

static inline void step_one(struct tbs_model *m, uint32_t station, tb_time now,
                            const struct tb_command *command)
{
    uint32_t left = command != NULL;
    struct tb_step_result done;

    m->refusal = TB_STATUS_OK;
    do {
        done = core_step(m, station, now, command, left);
        left -= done.commands;
        tbs_react(m, m->events, done.events);
    } while (done.more || left > 0);
}

void tbs_step(struct tbs_model *m, uint32_t station, tb_time now, const struct tb_command *command)
{
    step_one(m, station, now, command);
}

void tbs_todo(struct tbs_model *m, const struct tb_command *command)
{
    if (m->todo_count == m->todo_room) {
        m->todo_room = m->todo_room * 2 + 16;
        m->todo = realloc(m->todo, m->todo_room * sizeof *m->todo);
        tbs_assert(m->todo != NULL);
    }
    m->todo[m->todo_count++] = *command;
}

/* What follows at once from the events of a step: ratings, a case handed over. */
static void todo_do(struct tbs_model *m, uint32_t station, tb_time now)
{
    for (uint32_t i = 0; i < m->todo_count; i++) {
        const struct tb_command command = m->todo[i];
        step_one(m, station, now, &command);
    }
    m->todo_count = 0;
}

/* ---- a station's agenda -------------------------------------------------------------------- */

/* Nobody leaves before the patience floor, so who waits stands in a plain queue until then; only
 * who still waits after it gets a timer. */
static void patient_promote(struct station *st, int64_t least_us, tb_time until)
{
    while (st->patient_at_us <= until) {
        struct tbs_visit *visit = st->patient[st->patient_from++ & (st->patient_room - 1)];
        if (visit->flags & TBS_VISIT_WAITING) {
            tbs_timers_push(&st->timers,
                            (struct tbs_timer){.at_us = visit->place_at_us + visit->patience_us,
                                               .kind = TIMER_PATIENCE,
                                               .about = (uint64_t)(uintptr_t)visit});
        }
        st->patient_at_us =
            st->patient_from == st->patient_to
                ? TB_NEVER
                : st->patient[st->patient_from & (st->patient_room - 1)]->place_at_us + least_us;
    }
}

static inline tb_time earliest(tb_time a, tb_time b)
{
    return a < b ? a : b;
}

static inline tb_time station_next_us(struct tbs_model *m, struct station *st)
{
    for (;;) {
        const tb_time at_us =
            earliest(earliest(tbs_minima_at(&st->windows), tbs_timers_at(&st->timers)),
                     earliest(st->arrival_at_us, st->booked_at_us));
        if (st->patient_at_us > at_us || st->patient_at_us == TB_NEVER) {
            return at_us;
        }
        patient_promote(st, m->patience_floor_us, at_us);
    }
}

void tbs_station_wakes(struct tbs_model *m, uint32_t station, tb_time at_us)
{
    if (!m->by_station && at_us < tbs_minima_of(&m->agenda, station)) {
        tbs_minima_set(&m->agenda, station, at_us);
    }
}

static void walk_in_next(struct station *st)
{
    const struct tbs_day *today = st->today;

    do {
        st->walk_in++;
    } while (st->walk_in < today->walk_ins &&
             today->visits[st->walk_in].flags & TBS_VISIT_ELSEWHERE);
    st->arrival_at_us =
        st->walk_in < today->walk_ins ? today->visits[st->walk_in].arrival_at_us : TB_NEVER;
}

static void booked_next(struct station *st)
{
    st->booked++;
    st->booked_at_us = st->booked < st->booked_count
                           ? st->today->visits[st->booked_order[st->booked]].arrival_at_us
                           : TB_NEVER;
}

static void timer_rings(struct tbs_model *m, uint32_t s, const struct tbs_timer *timer)
{
    switch ((enum timer_kind)timer->kind) {
    case TIMER_PATIENCE:
    case TIMER_ARRIVE:
    case TIMER_ASK:
    case TIMER_RESUME:
    case TIMER_BOOK:
    case TIMER_CHECK_IN:
    case TIMER_FOLLOW:
    case TIMER_COLLECT:
        tbs_citizen_timer(m, s, timer);
        return;
    case TIMER_SUPPLY:
    case TIMER_OUTSIDE:
    case TIMER_MAIL:
    case TIMER_DIRECT:
        tbs_office_timer(m, s, timer);
        return;
    case TIMER_BREAK:
    case TIMER_SHIFT:
        tbs_staff_timer(m, s, timer);
        return;
    case TIMER_KIND_COUNT:
        break;
    }
    tbs_assert(timer->kind < TIMER_KIND_COUNT);
}

/* Does what is next at this station, which is at `at_us`. */
static inline void station_act(struct tbs_model *m, uint32_t s, tb_time at_us)
{
    struct station *st = &m->stations[s];

    if (tbs_minima_at(&st->windows) == at_us) {
        tbs_window_acts(m, st->server_first + tbs_minima_first(&st->windows), at_us);
    } else if (tbs_timers_at(&st->timers) == at_us) {
        const struct tbs_timer timer = tbs_timers_pop(&st->timers);
        timer_rings(m, s, &timer);
    } else if (st->arrival_at_us == at_us) {
        struct tbs_visit *visit = &st->today->visits[st->walk_in];
        walk_in_next(st);
        tbs_citizen_arrives(m, visit, at_us);
    } else {
        tbs_assert(st->booked_at_us == at_us);
        struct tbs_visit *visit = &st->today->visits[st->booked_order[st->booked]];
        booked_next(st);
        tbs_citizen_arrives(m, visit, at_us);
    }
    if (m->todo_count > 0) {
        todo_do(m, s, at_us);
    }
}

/* ---- the drivers --------------------------------------------------------------------------- */

/* What the core does at the day's last instant (the hall closes, those who wait expire, the next
 * day starts) still belongs to the day; what people do then does not. */
static void core_acts(struct tbs_model *m, uint32_t s, tb_time at_us)
{
    step_one(m, s, at_us, NULL);
    if (m->todo_count > 0) {
        todo_do(m, s, at_us);
    }
}

void tbs_drive_station(struct tbs_model *m, uint32_t s)
{
    struct station *st = &m->stations[s];

    while (m->error[0] == '\0') {
        const tb_time own = station_next_us(m, st);
        const tb_time core = tb_station_deadline_at(m->city, s);
        if (core <= own || own >= m->day_end_us) {
            if (core > m->day_end_us) {
                return;
            }
            core_acts(m, s, core);
        } else {
            station_act(m, s, own);
        }
    }
}

void tbs_drive_city(struct tbs_model *m)
{
    while (m->error[0] == '\0') {
        const tb_time own = tbs_minima_at(&m->agenda);
        const tb_time core = tb_city_deadline_at(m->city);
        if (core <= own || own >= m->day_end_us) {
            if (core > m->day_end_us) {
                return;
            }
            core_acts(m, 0, core);
            continue;
        }
        const uint32_t s = tbs_minima_first(&m->agenda);
        struct station *st = &m->stations[s];
        /* What is noted of a station is never too late, but may be too early. */
        if (station_next_us(m, st) == own) {
            station_act(m, s, own);
        }
        tbs_minima_set(&m->agenda, s, station_next_us(m, st));
    }
}
