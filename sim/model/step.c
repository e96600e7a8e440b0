/* The step through the core, and what people learn from its events: one handler a kind, in a table;
 * kinds without a row are of no interest to anybody. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/life.h"

typedef void handler(struct tbs_model *m, const struct tb_event *event);

static inline struct tbs_visit *visit_of(const struct tbs_model *m, const struct tb_event *event)
{
    return m->seats[tb_ref_index(event->ref)];
}

/* ---- into a line, and out of it -------------------------------------------------------------- */

static void on_taken(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = m->subject;

    if (event->station == m->scenario->remote_station) {
        visit->flags |= TBS_VISIT_REMOTE | TBS_VISIT_PARTS;
    }
    tbs_seat_takes(m, visit, event, event->at_us);
}

static void on_booked(struct tbs_model *m, const struct tb_event *event)
{
    m->seats[tb_ref_index(event->ref)] = m->subject;
    m->subject->ref = event->ref;
}

static void on_checked_in(struct tbs_model *m, const struct tb_event *event)
{
    const tb_time slot_at_us = event->value2;

    tbs_seat_takes(m, visit_of(m, event), event,
                   slot_at_us > event->at_us ? slot_at_us : event->at_us);
}

/* Back to a line: of the same hall, or of another one with a new number. */
static void on_returned(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = visit_of(m, event);

    if (visit == NULL) {
        tbs_office_event(m, event);
        return;
    }
    visit->flags |= TBS_VISIT_PARTS;
    if (event->server != TB_NONE) {
        tbs_window_freed(m, event->server, event->at_us);
    }
    tbs_line_leaves(m, visit);
    tbs_line_joins(m, visit, event->queue);
}

static void on_called(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = visit_of(m, event);
    struct window *window = &m->windows[event->server];

    window->ticket = event->ref;
    window->visit = visit;
    window->busy_at_us = event->at_us;
    window->taken = true;
    window->idle = false;
    if (visit == NULL) {
        tbs_office_called(m, event);
        return;
    }
    tbs_line_leaves(m, visit);
    tbs_citizen_called(m, visit, event);
}

static void on_ended(struct tbs_model *m, const struct tb_event *event)
{
    static const uint8_t outcomes[TB_EVENT_COUNT] = {
        [TB_EVENT_ABANDONED] = TBS_OUTCOME_LEFT,
        [TB_EVENT_CANCELLED] = TBS_OUTCOME_LEFT,
        [TB_EVENT_EXPIRED] = TBS_OUTCOME_EXPIRED,
    };
    struct tbs_visit *visit = visit_of(m, event);

    tbs_line_leaves(m, visit);
    tbs_citizen_ended(m, visit, (enum tbs_outcome)outcomes[event->kind], event->at_us);
}

/* A no-show that is final: of a call, or of an appointment. */
static void on_missed(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = visit_of(m, event);

    if (visit->flags & TBS_VISIT_TICKET) {
        tbs_citizen_ended(m, visit, TBS_OUTCOME_LEFT, event->at_us);
    } else {
        m->stations[event->station].unkept++;
        visit->ref = 0; /* too late: comes without an appointment, or not at all */
        m->seats[tb_ref_index(event->ref)] = NULL;
    }
}

/* ---- at the window --------------------------------------------------------------------------- */

static void on_started(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = m->windows[event->server].visit;

    if (visit != NULL) {
        tbs_citizen_started(m, visit, event->server, event->at_us);
    }
}

static void on_no_show(struct tbs_model *m, const struct tb_event *event)
{
    tbs_citizen_missed(m, m->windows[event->server].visit, event);
}

static void on_matter_done(struct tbs_model *m, const struct tb_event *event)
{
    tbs_citizen_goes_on(m, m->windows[event->server].visit, event);
}

static void on_finished(struct tbs_model *m, const struct tb_event *event)
{
    struct tbs_visit *visit = m->windows[event->server].visit;

    tbs_assert(visit != NULL);
    visit->matters_done++;
    tbs_citizen_ended(m, visit, TBS_OUTCOME_SERVED, event->at_us);
    tbs_window_freed(m, event->server, event->at_us);
    if (event->value2 != 0) {
        tbs_citizen_rates(m, visit, (tb_ref)event->value2, event->at_us);
    }
}

static void on_ack_late(struct tbs_model *m, const struct tb_event *event)
{
    tbs_citizen_told(m, event);
}

static void on_rated(struct tbs_model *m, const struct tb_event *event)
{
    tbs_tally_rated(m->tally, event->kind, event->value);
}

static void on_refused(struct tbs_model *m, const struct tb_event *event)
{
    m->refusal = (enum tb_status)event->value;
    if (m->refusal == TB_STATUS_TICKETS_FULL || m->refusal == TB_STATUS_CASES_FULL) {
        tbs_fail(m, "%s: %s", tb_status_sentence((uint32_t)event->value),
                 tb_status_remedy((uint32_t)event->value));
    }
}

static void on_suggested(struct tbs_model *m, const struct tb_event *event)
{
    if (event->flags & TB_EVENT_FLAG_ANSWER) {
        m->answer = *event;
    }
}

static handler *const handlers[TB_EVENT_COUNT] = {
    [TB_EVENT_REFUSED] = on_refused,
    [TB_EVENT_TAKEN] = on_taken,
    [TB_EVENT_CALLED] = on_called,
    [TB_EVENT_ACK_LATE] = on_ack_late,
    [TB_EVENT_STARTED] = on_started,
    [TB_EVENT_MATTER_DONE] = on_matter_done,
    [TB_EVENT_FINISHED] = on_finished,
    [TB_EVENT_NO_SHOW] = on_no_show,
    [TB_EVENT_RETURNED] = on_returned,
    [TB_EVENT_TRANSFERRED] = on_returned,
    [TB_EVENT_CANCELLED] = on_ended,
    [TB_EVENT_ABANDONED] = on_ended,
    [TB_EVENT_EXPIRED] = on_ended,
    [TB_EVENT_MISSED] = on_missed,
    [TB_EVENT_WINDOW_OPENED] = tbs_window_event,
    [TB_EVENT_WINDOW_CLOSED] = tbs_window_event,
    [TB_EVENT_WINDOW_PAUSED] = tbs_window_event,
    [TB_EVENT_WINDOW_READY] = tbs_window_event,
    [TB_EVENT_WINDOW_WRAP] = tbs_window_event,
    [TB_EVENT_SUGGESTED] = on_suggested,
    [TB_EVENT_BOOKED] = on_booked,
    [TB_EVENT_CHECKED_IN] = on_checked_in,
    [TB_EVENT_CASE_OPENED] = tbs_office_event,
    [TB_EVENT_TASK_QUEUED] = tbs_office_event,
    [TB_EVENT_TASK_OUTSIDE] = tbs_office_event,
    [TB_EVENT_TASK_DONE] = tbs_office_event,
    [TB_EVENT_TASK_DROPPED] = tbs_office_event,
    [TB_EVENT_CASE_CORRECTION] = tbs_office_event,
    [TB_EVENT_CASE_SUPPLIED] = tbs_office_event,
    [TB_EVENT_CASE_READY] = tbs_office_event,
    [TB_EVENT_CASE_REJECTED] = tbs_office_event,
    [TB_EVENT_RATED] = on_rated,
    [TB_EVENT_FOLLOW_DUE] = on_rated,
    [TB_EVENT_FOLLOWED] = on_rated,
    [TB_EVENT_FOLLOW_LAPSED] = on_rated,
};

static inline void react(struct tbs_model *m, const struct tb_event *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct tb_event *event = &events[i];
        handler *const handle = handlers[event->kind];
        if (__builtin_expect(m->options.event != NULL, 0)) {
            m->options.event(m->options.event_context, event);
        }
        if (handle != NULL) {
            handle(m, event);
        }
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

void tbs_step(struct tbs_model *m, uint32_t station, tb_time now, const struct tb_command *command)
{
    uint32_t left = command != NULL;
    struct tb_step_result done;

    m->refusal = TB_STATUS_OK;
    if (__builtin_expect(m->options.command != NULL, 0) && command != NULL) {
        m->options.command(m->options.command_context, now, command);
    }
    do {
        done = core_step(m, station, now, command, left);
        left -= done.commands;
        react(m, m->events, done.events);
    } while (done.more || left > 0);
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
void tbs_todo_do(struct tbs_model *m, uint32_t station, tb_time now)
{
    for (uint32_t i = 0; i < m->todo_count; i++) {
        const struct tb_command command = m->todo[i];
        tbs_step(m, station, now, &command);
    }
    m->todo_count = 0;
}

void tbs_fail(struct tbs_model *m, const char *format, ...)
{
    va_list arguments;

    if (m->error[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(m->error, sizeof m->error, format, arguments);
        va_end(arguments);
    }
}
