/* The two drivers: who acts next. */
#include "model/state.h"

/* ---- the agenda ---------------------------------------------------------------------------- */

/* Nobody leaves before the patience floor, so who waits stands in a plain queue until then; only
 * who still waits after it gets a timer. */
static void patient_promote(struct agenda *a, int64_t floor_us, tb_time until)
{
    /* With nothing else to come `until` is TB_NEVER, and so is the instant of an empty queue. */
    while (a->patient_from != a->patient_to && a->patient_at_us <= until) {
        struct tbs_visit *visit = a->patient[a->patient_from++ & (a->patient_room - 1)];
        if (visit->flags & TBS_VISIT_WAITING) {
            tbs_timers_push(&a->timers,
                            (struct tbs_timer){.at_us = visit->place_at_us + visit->patience_us,
                                               .station = visit->station,
                                               .kind = TIMER_PATIENCE,
                                               .about = (uint64_t)(uintptr_t)visit});
        }
        a->patient_at_us =
            a->patient_from == a->patient_to
                ? TB_NEVER
                : a->patient[a->patient_from & (a->patient_room - 1)]->place_at_us + floor_us;
    }
}

static inline tb_time earliest(tb_time a, tb_time b)
{
    return a < b ? a : b;
}

static inline tb_time agenda_at_us(const struct tbs_model *m, struct agenda *a)
{
    for (;;) {
        const tb_time at_us =
            earliest(earliest(tbs_minima_at(&a->windows), tbs_timers_at(&a->timers)),
                     earliest(a->arrival_at_us, a->put_off_at_us));
        if (a->patient_at_us > at_us || a->patient_at_us == TB_NEVER) {
            return at_us;
        }
        patient_promote(a, m->patience_floor_us, at_us);
    }
}

static void timer_rings(struct tbs_model *m, const struct tbs_timer *timer)
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
        tbs_citizen_timer(m, timer);
        return;
    case TIMER_SUPPLY:
    case TIMER_OUTSIDE:
    case TIMER_MAIL:
    case TIMER_DIRECT:
        tbs_office_timer(m, timer);
        return;
    case TIMER_BREAK:
    case TIMER_SHIFT:
        tbs_staff_timer(m, timer);
        return;
    case TIMER_KIND_COUNT:
        break;
    }
    tbs_assert(timer->kind < TIMER_KIND_COUNT);
}

/* A day's visits and timers lie where they were made, up to a week ago and long out of the caches;
 * in which order they will be wanted is known, so they are fetched a few steps ahead. */
enum { AHEAD = 6 };

static inline void visit_fetch(const struct tbs_visit *visit)
{
    __builtin_prefetch(visit, 1);
    __builtin_prefetch((const char *)visit + 64, 1);
}

static inline bool is_about_visit(const struct tbs_timer *timer)
{
    return timer->kind <= TIMER_CHECK_IN;
}

static inline struct tbs_visit *arrival_take(struct agenda *a)
{
    const struct tbs_order *items = a->arrivals.items;
    struct tbs_visit *visit = (struct tbs_visit *)(uintptr_t)items[a->arrival].item;

    if (a->arrival + AHEAD < a->arrivals.count) {
        visit_fetch((const struct tbs_visit *)(uintptr_t)items[a->arrival + AHEAD].item);
    }
    a->arrival++;
    a->arrival_at_us = a->arrival < a->arrivals.count ? items[a->arrival].at_us : TB_NEVER;
    return visit;
}

static inline const struct tbs_timer *put_off_take(const struct tbs_model *m, struct agenda *a)
{
    const struct tbs_timer *timer = &a->due.timers[a->put_off_next++];

    if (a->put_off_next + AHEAD <= a->due.count) {
        const struct tbs_timer *ahead = timer + AHEAD;
        if (is_about_visit(ahead)) {
            visit_fetch((const struct tbs_visit *)(uintptr_t)ahead->about);
        } else if (ahead->kind == TIMER_COLLECT) {
            __builtin_prefetch(&m->cases[tb_ref_index(ahead->about)]);
        }
    }
    a->put_off_at_us = a->put_off_next < a->due.count ? timer[1].at_us : TB_NEVER;
    return timer;
}

/* Does what is next, which is at `at_us`. */
static inline void agenda_act(struct tbs_model *m, struct agenda *a, uint32_t s, tb_time at_us)
{
    if (tbs_minima_at(&a->windows) == at_us) {
        tbs_window_acts(m, a->server_first + tbs_minima_first(&a->windows), at_us);
    } else if (a->put_off_at_us == at_us) {
        timer_rings(m, put_off_take(m, a));
    } else if (tbs_timers_at(&a->timers) == at_us) {
        const struct tbs_timer timer = tbs_timers_pop(&a->timers);
        const struct tbs_timer *next = tbs_timers_peek(&a->timers);
        if (next != NULL && is_about_visit(next)) {
            visit_fetch((const struct tbs_visit *)(uintptr_t)next->about);
        }
        timer_rings(m, &timer);
    } else {
        tbs_assert(a->arrival_at_us == at_us);
        tbs_citizen_arrives(m, arrival_take(a), at_us);
    }
    if (m->todo_count > 0) {
        tbs_todo_do(m, s, at_us);
    }
}

/* ---- the drivers --------------------------------------------------------------------------- */

static void core_acts(struct tbs_model *m, uint32_t s, tb_time at_us)
{
    tbs_step(m, s, at_us, NULL);
    if (m->todo_count > 0) {
        tbs_todo_do(m, s, at_us);
    }
}

/* What the core does at the day's last instant (the hall closes, those who wait expire, the next
 * day starts) still belongs to the day; what people do then does not. */
static inline void drive(struct tbs_model *m, uint32_t s, bool by_station)
{
    struct agenda *a = &m->agendas[by_station ? s : 0];

    while (m->error[0] == '\0') {
        const tb_time own = agenda_at_us(m, a);
        const tb_time until = earliest(own, m->day_end_us);
        const tb_time core = by_station ? tb_station_deadline_at(m->city, s)
                                        : tb_city_deadline_by(m->city, until + 1);
        if (core <= until) {
            core_acts(m, s, core);
        } else if (own < m->day_end_us) {
            agenda_act(m, a, s, own);
        } else {
            return;
        }
    }
}

void tbs_drive_station(struct tbs_model *m, uint32_t station)
{
    drive(m, station, true);
}

void tbs_drive_city(struct tbs_model *m)
{
    drive(m, 0, false);
}
