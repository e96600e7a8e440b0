/* A station's day: who will come, what was put off until today, and at its end what became of
 * everybody. */
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

/* ---- timers of coming days ------------------------------------------------------------------- */

static uint32_t days_ahead(const struct tbs_model *m, tb_time at_us)
{
    const struct tb_scenario *s = m->scenario;
    uint32_t ahead = (uint32_t)((at_us - m->day_at_us) / TB_DAYS(1));

    /* Days are data: they need not last 24 hours, nor follow each other: plans simulate Saturdays
     * alone. What rings on a later day than its own is about a visit that is no more. */
    if (ahead >= s->day_count - m->day) {
        ahead = s->day_count - m->day - 1;
    }
    while (m->day + ahead + 1 < s->day_count &&
           at_us >= tbs_day_starts_at_us(s, m->day + ahead + 1)) {
        ahead++;
    }
    while (ahead > 0 && at_us < tbs_day_starts_at_us(s, m->day + ahead)) {
        ahead--;
    }
    return ahead < LATER_DAYS ? ahead : LATER_DAYS - 1;
}

static void later_reserve(struct later *later, uint32_t room)
{
    if (room > later->room) {
        later->room = room + room / 2 + 8;
        later->timers = realloc(later->timers, later->room * sizeof *later->timers);
        tbs_assert(later->timers != NULL);
    }
}

static void later_add(struct agenda *a, uint32_t day, const struct tbs_timer *timer)
{
    if (a->later == NULL) {
        a->later = calloc(LATER_DAYS, sizeof *a->later);
        tbs_assert(a->later != NULL);
    }
    struct later *later = &a->later[day % LATER_DAYS];
    later_reserve(later, later->count + 1);
    later->timers[later->count++] = *timer;
}

void tbs_later(struct tbs_model *m, struct tbs_timer timer)
{
    struct agenda *a = tbs_agenda(m, timer.station);

    if (timer.at_us < m->day_end_us) {
        tbs_timer_set(m, timer);
        return;
    }
    if (timer.at_us >= m->run_end_us) {
        return; /* the run is over by then */
    }
    later_add(a, m->day + days_ahead(m, timer.at_us), &timer);
}

void tbs_today(struct tbs_model *m, struct tbs_timer timer)
{
    struct agenda *a = tbs_agenda(m, timer.station);

    later_add(a, m->day, &timer);
    tbs_orders_add(&a->put_off, timer.at_us, a->later[m->day % LATER_DAYS].count - 1);
}

/* What was put off until today comes in order; what is still too far ahead is put off again. */
static void put_off_begins(struct tbs_model *m, struct agenda *a)
{
    a->put_off.count = a->due.count = a->put_off_next = 0;
    a->put_off_at_us = TB_NEVER;
    if (a->later == NULL) {
        return;
    }
    struct later *today = &a->later[m->day % LATER_DAYS];
    const struct later *yesterday = &a->later[(m->day + LATER_DAYS - 1) % LATER_DAYS];
    ((struct later *)yesterday)->count = 0;
    for (uint32_t i = 0; i < today->count; i++) {
        const struct tbs_timer *timer = &today->timers[i];
        if (timer->at_us < m->day_end_us) {
            tbs_orders_add(&a->put_off, timer->at_us, i);
        } else {
            later_add(a, m->day + days_ahead(m, timer->at_us), timer);
        }
    }
}

/* All in order at once: one at a time, each would be waited for. */
static void put_off_order(struct tbs_model *m, struct agenda *a)
{
    tbs_orders_sort(&a->put_off);
    later_reserve(&a->due, a->put_off.count);
    a->due.count = a->put_off.count;
    for (uint32_t i = 0; i < a->due.count; i++) {
        a->due.timers[i] = a->later[m->day % LATER_DAYS].timers[a->put_off.items[i].item];
    }
    a->put_off_at_us = a->due.count > 0 ? a->due.timers[0].at_us : TB_NEVER;
}

void tbs_agenda_begin(struct tbs_model *m, struct agenda *a)
{
    a->arrivals.count = a->arrival = 0;
    if (a->timers.count == 0) {
        tbs_timers_clear(&a->timers, m->day_at_us);
    }
    put_off_begins(m, a);
}

void tbs_agenda_ready(struct tbs_model *m, struct agenda *a)
{
    /* The walk-ins of one hall are in order already. */
    if (!m->by_station || tbs_demand_books(m->demand)) {
        tbs_orders_sort(&a->arrivals);
    }
    put_off_order(m, a);
    a->arrival_at_us = a->arrivals.count > 0 ? a->arrivals.items[0].at_us : TB_NEVER;
}

void tbs_agenda_end(struct agenda *a)
{
    a->patient_from = a->patient_to;
    a->patient_at_us = a->arrival_at_us = TB_NEVER;
    /* Timers about today's visits are void: the hall's day is over for them. */
    if (a->timers.count > 0) {
        tbs_timers_keep(&a->timers, TIMER_RESUME + 1);
    }
}

/* ---- visits outside the days' arrays --------------------------------------------------------- */

struct tbs_visit *tbs_extra(struct tbs_model *m)
{
    struct tbs_visit *visit;

    if (m->spare_count > 0) {
        visit = m->spare[--m->spare_count];
    } else {
        visit = aligned_alloc(64, sizeof *visit);
        tbs_assert(visit != NULL);
    }
    if (m->extra_count == m->extra_room) {
        m->extra_room = m->extra_room * 2 + 64;
        m->extras = realloc(m->extras, m->extra_room * sizeof(struct tbs_visit *));
        m->spare = realloc(m->spare, m->extra_room * sizeof(struct tbs_visit *));
        tbs_assert(m->extras != NULL);
        tbs_assert(m->spare != NULL);
    }
    m->extras[m->extra_count++] = visit;
    *visit = (struct tbs_visit){
        .place_at_us = TB_NEVER,
        .called_at_us = TB_NEVER,
        .started_at_us = TB_NEVER,
        .ended_at_us = TB_NEVER,
        .server = TB_NONE,
        .patience_us = TB_NEVER,
        .slot_at_us = TB_NEVER,
    };
    return visit;
}

static void visits_over(struct tbs_model *m, const struct tbs_visit *visits, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tbs_visit *visit = &visits[i];
        if ((visit->flags & (TBS_VISIT_TICKET | TBS_VISIT_CARRIED)) == TBS_VISIT_TICKET) {
            m->stations[tbs_ticket_station(m, visit)].outcomes[visit->outcome]++;
        }
    }
    tbs_tally_visits(m->tally, visits, n);
    for (uint32_t i = 0; i < n && m->options.ticket != NULL; i++) {
        if (!(visits[i].flags & TBS_VISIT_CARRIED)) {
            m->options.ticket(m->options.ticket_context, &visits[i]);
        }
    }
}

/* Those that have ended are counted, their memory is used again. */
void tbs_extras_count(struct tbs_model *m, uint32_t station)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < m->extra_count; i++) {
        struct tbs_visit *visit = m->extras[i];
        if (visit->outcome == TBS_OUTCOME_OPEN || (m->by_station && visit->station != station)) {
            m->extras[kept++] = visit;
        } else {
            visits_over(m, visit, 1);
            m->spare[m->spare_count++] = visit;
        }
    }
    m->extra_count = kept;
}

/* ---- the day begins -------------------------------------------------------------------------- */

/* Puts a day's appointments on the days on which they are made: 1 to `ahead` days before. What
 * would have been made before the run began, or is made on the day itself, is made now. */
static void bookings_plan(struct tbs_model *m, uint32_t station, struct tbs_day *day)
{
    const struct station *st = &m->stations[station];

    for (uint32_t i = day->walk_ins; i < day->count; i++) {
        const uint64_t number = tbs_luck(day->visits[i].luck, TBS_APPOINTMENT, 0);
        const uint32_t lead = 1 + (uint32_t)(((number >> 32) * st->ahead) >> 32);
        if (st->ahead == 0 || day->day < m->day + lead) {
            tbs_citizen_books(m, &day->visits[i], m->day_at_us);
            continue;
        }
        const uint32_t on = day->day - lead;
        const tb_time from_us = tbs_day_starts_at_us(m->scenario, on);
        const tb_time length_us = tbs_day_ends_at_us(m->scenario, on) - from_us;
        const double part = (double)(number & 0xffffffffu) * 0x1p-32;
        tbs_later(m, (struct tbs_timer){
                         .at_us = from_us + (tb_time)(part * (double)length_us),
                         .station = (uint16_t)station,
                         .kind = TIMER_BOOK,
                         .about = (uint64_t)(uintptr_t)&day->visits[i],
                     });
    }
}

static struct tbs_day *day_of(struct tbs_model *m, uint32_t station, uint32_t day)
{
    struct station *st = &m->stations[station];

    return st->days == NULL ? &m->shared_day : &st->days[day % (st->ahead + 1)];
}

static void day_make(struct tbs_model *m, uint32_t station, uint32_t day)
{
    struct tbs_day *made = day_of(m, station, day);

    if (day >= m->day_last) {
        made->count = made->walk_ins = 0;
        return;
    }
    tbs_demand_day(m->demand, m->seed, m->replication, station, day, &m->sweep, made);
    bookings_plan(m, station, made);
}

/* Who asks for advice does so before he would set out. */
static void askers_plan(struct tbs_model *m, uint32_t station)
{
    const struct tbs_day *today = m->stations[station].today;
    const struct tb_config *config = &m->config;
    const uint32_t zone = m->scenario->halls[station].zone;

    if (m->scenario->people.advice_share <= 0 || zone >= config->zone_count) {
        return;
    }
    const tb_time travel_us =
        TB_SECONDS(config->travel_s[(size_t)zone * config->station_count + station]);
    for (uint32_t i = 0; i < today->walk_ins; i++) {
        struct tbs_visit *visit = &today->visits[i];
        if (visit->traits & TBS_TRAIT_ADVISED) {
            const tb_time at_us = visit->arrival_at_us - travel_us;
            visit->flags |= TBS_VISIT_ELSEWHERE;
            tbs_today(m,
                          (struct tbs_timer){.at_us = at_us > m->day_at_us ? at_us : m->day_at_us,
                                             .station = (uint16_t)station,
                                             .kind = TIMER_ASK,
                                             .about = (uint64_t)(uintptr_t)visit});
        }
    }
}

static void arrivals_add(struct agenda *a, const struct tbs_day *today)
{
    tbs_orders_reserve(&a->arrivals, a->arrivals.count + today->count);
    for (uint32_t i = 0; i < today->count; i++) {
        struct tbs_visit *visit = &today->visits[i];
        if (visit->arrival_at_us != TB_NEVER && !(visit->flags & TBS_VISIT_ELSEWHERE)) {
            tbs_orders_add(&a->arrivals, visit->arrival_at_us, (uint64_t)(uintptr_t)visit);
        }
    }
}

static void today_begins(struct tbs_model *m, uint32_t station)
{
    struct station *st = &m->stations[station];

    if (st->days == NULL) {
        day_make(m, station, m->day);
    } else if (m->day == m->options.day_first) {
        for (uint32_t d = 0; d <= st->ahead; d++) {
            day_make(m, station, m->day + d);
        }
    } else {
        day_make(m, station, m->day + st->ahead);
    }
    st->today = day_of(m, station, m->day);
    askers_plan(m, station);
    arrivals_add(tbs_agenda(m, station), st->today);
}

void tbs_day_begin(struct tbs_model *m, uint32_t station)
{
    if (station < m->scenario->hall_count) {
        today_begins(m, station);
    }
    tbs_staff_day(m, station, m->day_at_us);
}

/* ---- the day ends ---------------------------------------------------------------------------- */

/* Who is still at a window goes on in a place of his own: today's arrays are used again. */
void tbs_day_carry(struct tbs_model *m, uint32_t station)
{
    struct station *st = &m->stations[station];

    for (uint32_t i = st->server_first; i < st->server_first + st->server_count; i++) {
        struct window *window = &m->windows[i];
        struct tbs_visit *visit = window->visit;
        if (visit != NULL && visit->outcome == TBS_OUTCOME_OPEN &&
            !(visit->flags & TBS_VISIT_CARRIED)) {
            struct tbs_visit *copy = tbs_extra(m);
            *copy = *visit;
            visit->flags |= TBS_VISIT_CARRIED;
            copy->flags |= TBS_VISIT_PARTS;
            window->visit = copy;
            m->seats[tb_ref_index(window->ticket)] = copy;
        }
        if (window->staffed_at_us != TB_NEVER) {
            tbs_tally_staffed(m->tally, station, window->staffed_at_us, m->day_end_us);
            window->staffed_at_us = m->day_end_us;
        }
        if (window->taken) {
            tbs_tally_busy(m->tally, station, window->busy_at_us, m->day_end_us);
            window->busy_at_us = m->day_end_us;
        }
    }
}

void tbs_day_end(struct tbs_model *m, uint32_t station)
{
    struct station *st = &m->stations[station];

    if (st->today != NULL) {
        visits_over(m, st->today->visits, st->today->count);
    }
    if (st->kind != TB_STATION_HALL) {
        st->work_us = tbs_work_us(m, station, m->day_end_us);
    }
}

/* The core's own counts must agree with what became of everybody: who got a number was served,
 * left, expired, or is still there. */
void tbs_day_check(struct tbs_model *m, uint32_t station)
{
    const struct station *st = &m->stations[station];
    struct tb_station_load load;

    if (st->kind == TB_STATION_DESK || m->error[0] != '\0') {
        return;
    }
    const enum tb_status status = tb_city_station_load(m->city, station, m->day_end_us, &load);
    tbs_assert(status == TB_STATUS_OK);
    const uint64_t entered = load.counts[TB_EVENT_TAKEN] + load.counts[TB_EVENT_CHECKED_IN];
    const uint64_t there = load.waiting + load.called + load.serving + load.parked;
    const uint64_t left = load.counts[TB_EVENT_ABANDONED] + load.counts[TB_EVENT_CANCELLED] +
                          load.counts[TB_EVENT_MISSED] - st->unkept;
    tbs_assert(st->outcomes[TBS_OUTCOME_SERVED] == load.counts[TB_EVENT_FINISHED]);
    tbs_assert(st->outcomes[TBS_OUTCOME_LEFT] == left);
    tbs_assert(st->outcomes[TBS_OUTCOME_EXPIRED] == load.counts[TB_EVENT_EXPIRED]);
    tbs_assert(st->inside == there);
    tbs_assert(entered ==
               load.counts[TB_EVENT_FINISHED] + left + load.counts[TB_EVENT_EXPIRED] + there);
}
