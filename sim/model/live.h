/* live.h: one hall's rest of the day, from a city that is live.
 *
 * The city is copied and run on, with the model's citizens and clerks. What the city knows holds:
 * who waits, who is served since when, who is booked, which windows are open, the plan and the
 * rules as they stand. What it does not know is drawn anew until it agrees with what is known: a
 * service that has lasted five minutes is one of those that last longer, a citizen who has waited
 * ten minutes one of those who bear it, a booked one who is not there yet one of those who come
 * later or never. Of the scenario's demand come those who arrive from now on. How many there are
 * is learnt from the numbers given out so far: the day's factor is gamma with mean 1 and the
 * scenario's day_cv, so given n numbers where e were expected it is gamma too, of shape
 * 1 / cv^2 + n and rate 1 / cv^2 + e.
 *
 * Alone: the hall's people come to it, and nobody from elsewhere does by advice or habit. Cases end
 * at the window, but who is to collect a result that is ready may come and do so. People on their
 * second matter take as long as on the first; who parked his number stays away.
 *
 * Owner: scenario and city are borrowed until tbs_live_close. Threads: one. Out of memory stops
 * the program. */
#ifndef TBS_MODEL_LIVE_H
#define TBS_MODEL_LIVE_H

#include "model/tally.h"
#include "tongban/whatif.h"

struct tbs_live;

/* NULL: *error says why. */
struct tbs_live *tbs_live_open(const struct tb_whatif_ask *ask, char error[TB_WHATIF_ERROR_MAX]);
void tbs_live_close(struct tbs_live *live);

/* One replication, without or with the ask's changes, under the same luck. Adds to the tally; false
 * with *error if something went wrong. */
bool tbs_live_run(struct tbs_live *live, uint32_t replication, bool changed,
                  struct tbs_tally *tally, char error[TB_WHATIF_ERROR_MAX]);

/* How many people come in this replication, in terms of the scenario. */
double tbs_live_level(const struct tbs_live *live, uint32_t replication);

uint32_t tbs_live_numbers(const struct tbs_live *live);  /* given out today */
double tbs_live_expected(const struct tbs_live *live);   /* by now, in the scenario */

#endif
