/* tickets.h: the file of tickets: a row a visit that got a number, or came and got none.
 *
 *     number,hall,queue,window,arrival_at,called_at,started_at,finished_at,outcome,overtaken
 *
 * Instants are local, ISO 8601 with microseconds, empty where it never came to that; `queue` is
 * group:class, `window` the window's own number in its hall, empty where nobody called. In the
 * order of days, then halls. Written under a temporary name and renamed when it is whole. Threads:
 * one. */
#ifndef TBS_RUN_TICKETS_H
#define TBS_RUN_TICKETS_H

#include "run/run.h"

struct tbs_tickets;

/* NULL with *error filled where the file can't be made. Copies the path. */
struct tbs_tickets *tbs_tickets_open(const char *path, const struct tb_scenario *scenario,
                                     struct tbs_run_error *error);
void tbs_tickets_add(struct tbs_tickets *tickets, const struct tbs_visit *visit);

/* Frees; keeps the file or drops it. False with *error filled where it could not be written. */
bool tbs_tickets_close(struct tbs_tickets *tickets, bool keep, struct tbs_run_error *error);

#endif
