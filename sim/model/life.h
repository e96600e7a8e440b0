/* life.h: what happens on every visit, inline: into a line and out of it, called, served, ended.
 * Private to this folder. */
#ifndef TBS_MODEL_LIFE_H
#define TBS_MODEL_LIFE_H

#include "model/state.h"

static inline bool tbs_has(const struct tbs_visit *visit, uint32_t traits)
{
    return (visit->traits & traits) != 0;
}

/* ---- lines ---- */

static inline void tbs_line_joins(struct tbs_model *m, struct tbs_visit *visit, uint32_t queue)
{
    visit->flags |= TBS_VISIT_WAITING;
    visit->queue = (uint8_t)queue;
    m->stations[tbs_ticket_station(m, visit)].waiting[queue / TB_CLASSES]++;
}

static inline void tbs_line_leaves(struct tbs_model *m, struct tbs_visit *visit)
{
    if (visit->flags & TBS_VISIT_WAITING) {
        visit->flags &= (uint8_t)~TBS_VISIT_WAITING;
        m->stations[tbs_ticket_station(m, visit)].waiting[visit->queue / TB_CLASSES]--;
    }
}

/* He has a number now, and waits. */
static inline void tbs_seat_takes(struct tbs_model *m, struct tbs_visit *visit,
                                  const struct tb_event *event, tb_time place_at_us)
{
    m->seats[tb_ref_index(event->ref)] = visit;
    visit->ref = event->ref;
    visit->number = event->number;
    visit->place_at_us = place_at_us;
    visit->flags |= TBS_VISIT_TICKET;
    m->stations[tbs_ticket_station(m, visit)].inside++;
    tbs_line_joins(m, visit, event->queue);
}

/* ---- windows ---- */

/* Nobody is at the window any more. Its pending instant is void: whoever is called next sets
 * another; if nobody is, tbs_window_rests. What is simple, one call and one service, is counted
 * with the visit. */
static inline void tbs_window_freed(struct tbs_model *m, uint32_t server, tb_time at_us)
{
    struct window *window = &m->windows[server];

    if (window->visit == NULL || window->visit->flags & TBS_VISIT_PARTS) {
        tbs_tally_busy(m->tally, window->station, window->busy_at_us, at_us);
    }
    window->visit = NULL;
    window->taken = false;
    window->phase = PHASE_FREE;
}

static inline void tbs_window_rests(struct tbs_model *m, uint32_t server)
{
    if (m->windows[server].phase == PHASE_FREE) {
        tbs_pending(m, server, PHASE_FREE, TB_NEVER);
    }
}

static inline void tbs_service_begins(struct tbs_model *m, struct tbs_visit *visit, uint32_t server,
                                      tb_time at_us)
{
    const double pace = m->windows[server].pace;
    const int64_t service_us =
        pace == 1 ? visit->service_us : tbs_us_nearest((double)visit->service_us * pace);

    tbs_pending(m, server, PHASE_SERVE, at_us + service_us);
}

static inline void tbs_citizen_started(struct tbs_model *m, struct tbs_visit *visit,
                                       uint32_t server, tb_time at_us)
{
    if (visit->started_at_us == TB_NEVER) {
        visit->started_at_us = at_us;
    }
    tbs_service_begins(m, visit, server, at_us);
}

static inline void tbs_citizen_called(struct tbs_model *m, struct tbs_visit *visit,
                                      const struct tb_event *event)
{
    if (visit->called_at_us == TB_NEVER) {
        visit->called_at_us = event->at_us;
    }
    if (event->value2 > visit->overtaken) {
        visit->overtaken = (uint8_t)event->value2;
    }
    visit->server = event->server;
    if (event->flags & TB_EVENT_FLAG_STARTED) {
        tbs_citizen_started(m, visit, event->server, event->at_us);
    } else {
        tbs_citizen_walks(m, visit, event);
    }
}

/* ---- the end ---- */

static inline void tbs_citizen_ended(struct tbs_model *m, struct tbs_visit *visit,
                                     enum tbs_outcome outcome, tb_time at_us)
{
    tbs_assert(visit->outcome == TBS_OUTCOME_OPEN);
    visit->outcome = (uint8_t)outcome;
    visit->ended_at_us = at_us;
    m->stations[tbs_ticket_station(m, visit)].inside -= (visit->flags & TBS_VISIT_TICKET) != 0;
    if (tbs_has(visit, TBS_TRAIT_COLLECT)) {
        tbs_collector_ended(m, visit, at_us);
    }
}

#endif
