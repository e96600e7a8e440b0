/* The promises, looked for in the model's own data after a step. */
#include "inside.h"

#include <stdlib.h>

/* Promise 1: each called or serving ticket is at one window, and each busy window has one ticket.
 */
static const char *check_windows(const struct model *m)
{
    for (uint32_t i = 0; i < m->server_count; i++) {
        const struct m_server *w = &m->servers[i];
        bool busy = w->state == TB_SERVER_CALLED || w->state == TB_SERVER_SERVING;
        if (busy != (w->ticket != NULL))
            return "a busy window has no ticket, or an idle one has";
        if (busy && w->ticket->server != i)
            return "a window has a ticket that is elsewhere";
        if ((w->closing || w->pausing) && !busy)
            return "an idle window still wants to close";
        for (uint32_t k = 0; busy && k < i; k++)
            if (m->servers[k].ticket == w->ticket)
                return "a ticket is at two windows";
    }
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        bool at = t->state == TB_TICKET_CALLED || t->state == TB_TICKET_SERVING;
        if (at != (t->server != TB_NONE) || (at && m->servers[t->server].ticket != t))
            return "a called ticket is at no window";
        if (t->state == TB_TICKET_FREE || t->state >= TB_TICKET_DONE)
            return "a ticket that has ended is still there";
    }
    return NULL;
}

/* Promise 2: no ready window beside a ticket that it may take. */
static const char *check_ready(const struct model *m)
{
    for (uint32_t i = 0; i < m->server_count; i++)
        if (m->servers[i].state == TB_SERVER_READY && m_choose(m, i) != NULL)
            return "a ready window and a ticket that it may take wait side by side";
    return NULL;
}

/* Tickets in a hall whose day is over neither wait nor are parked. */
static const char *check_over(const struct model *m)
{
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        bool here = t->state == TB_TICKET_WAITING || t->state == TB_TICKET_PARKED ||
                    t->state == TB_TICKET_ABSENT;
        if (here && m->stations[t->station].over)
            return "somebody still waits in a hall whose day is over";
        if (t->task != (m->stations[t->station].config->kind == TB_STATION_DESK))
            return "a task outside a desk, or a citizen in one";
    }
    return NULL;
}

/* Nothing lost: what came in is there or has ended. */
static const char *check_conserved(const struct model *m)
{
    static const uint32_t in[] = {TB_EVENT_TAKEN, TB_EVENT_BOOKED, TB_EVENT_TASK_QUEUED};
    static const uint32_t out[] = {
        TB_EVENT_FINISHED, TB_EVENT_CANCELLED,    TB_EVENT_ABANDONED,       TB_EVENT_EXPIRED,
        TB_EVENT_MISSED,   TB_EVENT_TASK_DROPPED, TB_EVENT_CASE_CORRECTION, TB_EVENT_CASE_REJECTED};
    uint64_t came = 0, went = 0;
    for (uint32_t s = 0; s < m->config.station_count; s++) {
        for (uint32_t i = 0; i < sizeof in / sizeof in[0]; i++)
            came += m->stations[s].counts[in[i]];
        for (uint32_t i = 0; i < sizeof out / sizeof out[0]; i++)
            went += m->stations[s].counts[out[i]];
    }
    went += m->tasks_done;
    return came == went + m->tickets.count ? NULL : "tickets were lost, or came from nowhere";
}

const char *model_check(struct model *m)
{
    const char *broken = m->broken;
    if (broken == NULL)
        broken = check_windows(m);
    if (broken == NULL)
        broken = check_ready(m);
    if (broken == NULL)
        broken = check_over(m);
    if (broken == NULL)
        broken = check_conserved(m);
    return broken;
}
