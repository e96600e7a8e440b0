/* What citizens do: come, take a number, wait or leave, go to the window, rate. */
#include <stdlib.h>
#include <string.h>

#include "model/life.h"

enum { NOSHOW_AFTER_S = 60 }; /* a clerk whose hall has no call timeout waits so long */

static void timer_about(struct tbs_model *m, uint32_t station, enum timer_kind kind,
                        struct tbs_visit *visit, tb_time at_us)
{
    tbs_timer_set(m, (struct tbs_timer){.at_us = at_us,
                                        .station = (uint16_t)station,
                                        .kind = (uint8_t)kind,
                                        .about = (uint64_t)(uintptr_t)visit});
}

/* A visit to collect a result is over. */
void tbs_collector_ended(struct tbs_model *m, const struct tbs_visit *visit, tb_time at_us)
{
    const tb_ref ref = m->cases[visit->index].ref;

    if (visit->outcome == TBS_OUTCOME_SERVED) {
        const struct tb_command collect = {.kind = TB_CASE_COLLECT, .ref = ref};
        tbs_todo(m, &collect);
    } else { /* in vain: it is sent to him */
        tbs_later(m, (struct tbs_timer){.at_us = at_us + TB_DAYS(1),
                                        .station = visit->station,
                                        .kind = TIMER_MAIL,
                                        .about = ref});
    }
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void patient_push(struct tbs_model *m, struct agenda *a, struct tbs_visit *visit)
{
    if (a->patient_to - a->patient_from == a->patient_room) {
        const uint32_t room = a->patient_room * 2 + (a->patient_room == 0) * 64;
        struct tbs_visit **queue = malloc(room * sizeof(struct tbs_visit *));
        tbs_assert(queue != NULL);
        for (uint32_t i = a->patient_from; i != a->patient_to; i++) {
            queue[i & (room - 1)] = a->patient[i & (a->patient_room - 1)];
        }
        free(a->patient);
        a->patient = queue;
        a->patient_room = room;
    }
    if (a->patient_from == a->patient_to) {
        a->patient_at_us = visit->place_at_us + m->patience_floor_us;
    }
    a->patient[a->patient_to++ & (a->patient_room - 1)] = visit;
}

/* Still in line after the step that put him there: how long will he bear it? */
static inline void patience_begins(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    if (!(visit->flags & TBS_VISIT_WAITING) || visit->patience_us == TB_NEVER) {
        return;
    }
    if (m->patience_floor_us > 0 && visit->place_at_us == now) {
        patient_push(m, tbs_agenda(m, visit->station), visit);
    } else {
        timer_about(m, visit->station, TIMER_PATIENCE, visit,
                    visit->place_at_us + visit->patience_us);
    }
}

/* ---- arriving -------------------------------------------------------------------------------- */

static void refused(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    tbs_citizen_ended(m, visit, TBS_OUTCOME_REFUSED, now);
}

/* Finds the hall closed: the opening hours are on the door. */
static void door_waits(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    const struct tb_calendar *calendar =
        &m->config.calendars[m->config.stations[visit->station].calendar];
    const struct tb_day_kind *kind = &calendar->kinds[m->stations[visit->station].kind_today];

    for (uint32_t i = 0; i < kind->period_count; i++) {
        const tb_time opens_at_us = m->day_at_us + kind->periods[i].opens_us;
        if (opens_at_us > now) {
            if (opens_at_us - now <= m->scenario->people.door_wait_us) {
                visit->flags |= TBS_VISIT_ELSEWHERE;
                timer_about(m, visit->station, TIMER_ARRIVE, visit, opens_at_us);
                return;
            }
            break;
        }
    }
    refused(m, visit, now);
}

/* Sees the lines and turns round? */
static bool balks(struct tbs_model *m, const struct tbs_visit *visit)
{
    const struct tb_people *people = &m->scenario->people;
    const uint32_t group = m->config.matters[visit->matter].group;

    if (people->line_most > 0 && m->stations[visit->station].waiting[group] >= people->line_most) {
        return true;
    }
    if (tbs_has(visit, TBS_TRAIT_BALKS)) {
        struct tb_wait wait;
        const enum tb_status status =
            tb_city_wait(m->city, visit->station, group * TB_CLASSES + visit->class_, &wait);
        return status == TB_STATUS_OK && wait.half_us > people->balk_wait_us;
    }
    return false;
}

static void takes_number(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    struct tb_command take = {
        .kind = TB_TICKET_TAKE,
        .station = visit->station,
        .class_ = visit->class_,
        .matter_count = visit->matter_count,
        .channel = tbs_has(visit, TBS_TRAIT_MOBILE)  ? TB_CHANNEL_MOBILE
                   : tbs_has(visit, TBS_TRAIT_KIOSK) ? TB_CHANNEL_KIOSK
                                                     : TB_CHANNEL_WALK_IN,
        .flags = tbs_has(visit, TBS_TRAIT_MOBILE) ? TB_FLAG_SILENT : 0,
    };
    memcpy(take.matters, visit->matters, sizeof take.matters);
    m->subject = visit;
    tbs_step(m, visit->station, now, &take);
    if (m->refusal == TB_STATUS_OK) {
        patience_begins(m, visit, now);
    } else if (m->refusal == TB_STATUS_HALL_CLOSED) {
        door_waits(m, visit, now);
    } else if (m->refusal == TB_STATUS_QUOTA_EXHAUSTED) {
        refused(m, visit, now);
    } else if (m->error[0] == '\0') {
        tbs_fail(m, "hall %s refused matter %s: %s", m->scenario->halls[visit->station].label.id,
                 m->scenario->matters[visit->matter].label.id,
                 tb_status_sentence((uint32_t)m->refusal));
    }
}

static void asks_video(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    const struct tb_command request = {
        .kind = TB_KIOSK_REQUEST, .station = visit->station, .matters = {visit->matter}};

    m->subject = visit;
    tbs_step(m, visit->station, now, &request);
    if (m->refusal != TB_STATUS_OK) { /* no window of the city is to be had: the hall's own */
        takes_number(m, visit, now);
    } else {
        patience_begins(m, visit, now);
    }
}

static void checks_in(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    const struct tb_command check_in = {.kind = TB_BOOK_CHECK_IN, .ref = visit->ref};

    m->subject = visit;
    tbs_step(m, visit->station, now, &check_in);
    if (m->refusal == TB_STATUS_OK) {
        patience_begins(m, visit, now);
    } else if (m->refusal == TB_STATUS_BOOKING_EARLY) {
        const tb_time early_us = tb_city_rule(m->city, visit->station, TB_RULE_book_early_us);
        timer_about(m, visit->station, TIMER_CHECK_IN, visit, visit->slot_at_us - early_us);
    } else if (m->refusal == TB_STATUS_TICKET_UNKNOWN) { /* too late: like everybody else */
        visit->ref = 0;
        takes_number(m, visit, now);
    } else {
        refused(m, visit, now);
    }
}

static uint16_t other_hall(const struct tbs_model *m, const struct tbs_visit *visit)
{
    const struct tb_matter *matter = &m->config.matters[visit->matter];
    const uint64_t number = tbs_luck(visit->luck, TBS_HALL_CHOICE, 0);
    uint32_t which = (uint32_t)(((number >> 32) * (matter->hall_count - 1)) >> 32);

    which += matter->halls[which] >= visit->home;
    return matter->halls[which < matter->hall_count ? which : matter->hall_count - 1];
}

void tbs_citizen_arrives(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    if (!(visit->flags & TBS_VISIT_ARRIVED)) {
        visit->flags |= TBS_VISIT_ARRIVED;
        visit->arrival_at_us = now;
        if (tbs_has(visit, TBS_TRAIT_OTHER)) {
            visit->station = other_hall(m, visit);
        }
    }
    if (visit->ref != 0 && tbs_has(visit, TBS_TRAIT_BOOKED)) {
        checks_in(m, visit, now);
    } else if (balks(m, visit)) {
        refused(m, visit, now);
    } else if (tbs_has(visit, TBS_TRAIT_VIDEO)) {
        asks_video(m, visit, now);
    } else {
        takes_number(m, visit, now);
    }
}

/* Asks the city where to go, and goes there. */
static void asks_advice(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    const struct tb_scenario_hall *home = &m->scenario->halls[visit->home];
    const struct tb_command suggest = {
        .kind = TB_HALL_SUGGEST, .matters = {visit->matter}, .extra = (uint16_t)home->zone};
    m->answer.kind = TB_EVENT_NONE;
    tbs_step(m, visit->home, now, &suggest);
    tb_time travel_us = visit->arrival_at_us - now;
    if (m->answer.kind == TB_EVENT_SUGGESTED) {
        travel_us = m->answer.value;
        visit->station = m->answer.station;
        const struct tb_command head = {
            .kind = TB_HALL_HEAD, .station = visit->station, .value = travel_us};
        tbs_step(m, visit->station, now, &head);
        tbs_tally_advised(m->tally, visit->station != visit->home);
    }
    timer_about(m, visit->station, TIMER_ARRIVE, visit, now + travel_us);
}

/* Books the slot he likes, or the next free one of that day. */
void tbs_citizen_books(struct tbs_model *m, struct tbs_visit *visit, tb_time now)
{
    const tb_time day_at_us = tbs_day_starts_at_us(m->scenario, visit->day);
    const uint32_t kind = tb_scenario_day_kind(m->scenario, visit->home, visit->day);
    tb_time slot_at_us = visit->slot_at_us;

    m->subject = visit;
    while (m->error[0] == '\0') {
        struct tb_command make = {.kind = TB_BOOK_MAKE,
                                  .station = visit->station,
                                  .matter_count = visit->matter_count,
                                  .value = slot_at_us};
        memcpy(make.matters, visit->matters, sizeof make.matters);
        tbs_step(m, visit->station, now, &make);
        if (m->refusal == TB_STATUS_OK) {
            break;
        }
        const int64_t next =
            tbs_slot_next_us(m->scenario, visit->home, kind, slot_at_us - day_at_us + 1);
        if (next < 0) {
            return; /* nothing left that day: comes without */
        }
        slot_at_us = day_at_us + next;
    }
    if (visit->arrival_at_us != TB_NEVER) {
        visit->arrival_at_us += slot_at_us - visit->slot_at_us;
    }
    visit->slot_at_us = slot_at_us;
}

/* ---- called ---------------------------------------------------------------------------------- */

/* Called, and must walk: or is not there at all. */
void tbs_citizen_walks(struct tbs_model *m, struct tbs_visit *visit, const struct tb_event *event)
{
    const struct tb_people *people = &m->scenario->people;
    const bool away = tbs_has(visit, TBS_TRAIT_AWAY) && !(visit->flags & TBS_VISIT_WENT);
    struct window *window = &m->windows[event->server];

    if (away) {
        const bool by_core = tb_city_rule(m->city, event->station, TB_RULE_call_timeout_us) > 0;
        tbs_pending(m, event->server, PHASE_AWAY,
                    by_core ? TB_NEVER : event->at_us + TB_SECONDS(NOSHOW_AFTER_S));
        return;
    }
    const int64_t walk_us =
        people->walk_mean_us == 0
            ? 0
            : tbs_luck_exponential_us(tbs_luck(visit->luck, TBS_RECALL, 0), people->walk_mean_us);
    const bool silent = (event->flags & TB_EVENT_FLAG_SILENT) != 0;
    window->walked_at_us = event->at_us + walk_us;
    if (silent && tbs_has(visit, TBS_TRAIT_ACKS)) {
        tbs_pending(m, event->server, PHASE_ACK, event->at_us + walk_us / 2);
    } else if (silent && tb_city_rule(m->city, event->station, TB_RULE_ack_timeout_us) > 0) {
        tbs_pending(m, event->server, PHASE_AWAY, TB_NEVER); /* until the loudspeaker calls him */
    } else {
        tbs_pending(m, event->server, PHASE_WALK, window->walked_at_us);
    }
}

/* Nobody confirmed the silent call: the clerk calls out, and he comes. */
void tbs_citizen_told(struct tbs_model *m, const struct tb_event *event)
{
    struct window *window = &m->windows[event->server];
    const struct tbs_visit *visit = window->visit;
    const bool away = tbs_has(visit, TBS_TRAIT_AWAY) && !(visit->flags & TBS_VISIT_WENT);

    if (window->phase == PHASE_AWAY && !away) {
        const tb_time walk_us = window->walked_at_us - window->busy_at_us;
        tbs_pending(m, event->server, PHASE_WALK, event->at_us + walk_us);
    }
}

/* Did not come: may be back later. */
void tbs_citizen_missed(struct tbs_model *m, struct tbs_visit *visit, const struct tb_event *event)
{
    tbs_assert(visit != NULL);
    visit->flags |= TBS_VISIT_WENT | TBS_VISIT_PARTS;
    tbs_tally_no_show(m->tally, visit->station);
    tbs_window_freed(m, event->server, event->at_us);
    if (event->value != 0 && tbs_has(visit, TBS_TRAIT_RETURNS)) {
        const int64_t back_us = tbs_luck_exponential_us(tbs_luck(visit->luck, TBS_RECALL, 1),
                                                        m->scenario->people.absent_return_mean_us);
        timer_about(m, visit->station, TIMER_RESUME, visit, event->at_us + back_us);
    }
}

/* ---- served ---------------------------------------------------------------------------------- */

/* One of several matters is done: the next one begins here, or he is sent to another line. */
void tbs_citizen_goes_on(struct tbs_model *m, struct tbs_visit *visit, const struct tb_event *event)
{
    tbs_assert(visit != NULL);
    visit->matters_done++;
    tbs_assert(visit->matters_done < visit->matter_count);
    /* Who comes out of a live city (live.h) may carry one more than fit in a command. */
    visit->matter = visit->matters[visit->matters_done % TB_COMMAND_MATTERS_MAX];
    visit->service_us = tbs_luck_draw_us(tbs_demand_service(m->demand, visit->matter),
                                         tbs_luck(visit->luck, TBS_SERVICE, visit->matters_done));
    tbs_service_begins(m, visit, event->server, event->at_us);
}

static int64_t stars_of(const struct tbs_visit *visit, uint64_t number)
{
    return tbs_has(visit, TBS_TRAIT_BAD) ? 1 + (number >> 63) : 4 + ((number >> 62) > 0);
}

void tbs_citizen_rates(struct tbs_model *m, const struct tbs_visit *visit, tb_ref ref,
                       tb_time at_us)
{
    const bool later = tbs_has(visit, TBS_TRAIT_RATES_LATER);

    if (!later && !tbs_has(visit, TBS_TRAIT_RATES)) {
        return;
    }
    const uint64_t number = tbs_luck(visit->luck, TBS_RATING, 0);
    if (!later) {
        const struct tb_command give = {
            .kind = TB_RATE_GIVE, .ref = ref, .value = stars_of(visit, number)};
        tbs_todo(m, &give);
        return;
    }
    const tb_time due_us = tb_city_rule(m->city, visit->station, TB_RULE_rate_follow_us);
    const tb_time end_us = tb_city_rule(m->city, visit->station, TB_RULE_rate_end_us);
    const double when = tbs_unit(number << 2) * (double)(end_us - due_us);
    tbs_later(m, (struct tbs_timer){.at_us = at_us + due_us + tbs_us_nearest(when),
                                    .station = visit->station,
                                    .kind = TIMER_FOLLOW,
                                    .detail = (uint8_t)stars_of(visit, number),
                                    .about = ref});
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void collects(struct tbs_model *m, const struct tbs_timer *timer)
{
    const uint32_t slot = tb_ref_index(timer->about);
    const struct matter_case *c = &m->cases[slot];

    if (c->ref != timer->about) {
        return; /* withdrawn meanwhile */
    }
    struct tbs_visit *visit = tbs_extra(m);
    visit->arrival_at_us = timer->at_us;
    visit->station = timer->station;
    visit->home = c->home;
    visit->index = slot;
    visit->matter = visit->matters[0] = c->matter;
    visit->class_ = c->class_;
    visit->luck = tbs_luck(c->luck, TBS_COLLECT, 1);
    visit->traits =
        TBS_TRAIT_COLLECT | TBS_TRAIT_SETTLED |
        tbs_rating_traits(&m->scenario->people, tbs_luck(visit->luck, TBS_RATING, 1));
    visit->service_us = tbs_luck_draw_us(tbs_demand_collect(m->demand, c->matter),
                                         tbs_luck(visit->luck, TBS_SERVICE, 0));
    tbs_citizen_arrives(m, visit, timer->at_us);
}

void tbs_citizen_timer(struct tbs_model *m, const struct tbs_timer *timer)
{
    struct tbs_visit *visit = (struct tbs_visit *)(uintptr_t)timer->about;
    struct tb_command command = {0};

    switch ((enum timer_kind)timer->kind) {
    case TIMER_PATIENCE:
        if (!(visit->flags & TBS_VISIT_WAITING) || visit->flags & TBS_VISIT_WENT ||
            visit->called_at_us != TB_NEVER) {
            return;
        }
        command = (struct tb_command){.kind = TB_TICKET_ABANDON, .ref = visit->ref};
        break;
    case TIMER_RESUME:
        if (visit->outcome != TBS_OUTCOME_OPEN) {
            return; /* too late: his number is no longer kept */
        }
        command = (struct tb_command){.kind = TB_TICKET_RESUME, .ref = visit->ref};
        break;
    case TIMER_FOLLOW:
        command = (struct tb_command){
            .kind = TB_RATE_FOLLOW, .ref = timer->about, .value = timer->detail};
        break;
    case TIMER_ARRIVE:
    case TIMER_CHECK_IN:
        tbs_citizen_arrives(m, visit, timer->at_us);
        return;
    case TIMER_ASK:
        asks_advice(m, visit, timer->at_us);
        return;
    case TIMER_BOOK:
        tbs_citizen_books(m, visit, timer->at_us);
        return;
    case TIMER_COLLECT:
        collects(m, timer);
        return;
    case TIMER_SUPPLY:
    case TIMER_OUTSIDE:
    case TIMER_MAIL:
    case TIMER_DIRECT:
    case TIMER_BREAK:
    case TIMER_SHIFT:
    case TIMER_KIND_COUNT:
        tbs_assert(timer->kind <= TIMER_FOLLOW);
        return;
    }
    tbs_step(m, timer->station, timer->at_us, &command);
}
