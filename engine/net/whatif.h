/* whatif.h: CITY.WHATIF: the live city is copied between two steps, and a thread of its own has the
 * copy simulated, while the service goes on.
 *
 *     CITY.WHATIF police-city1 OPEN 7 10:30                 window 7 opens at half past ten
 *     CITY.WHATIF police-city1 OPEN 7 10:30 UNTIL 12:00 SURGE 1.3 FROM 11:00
 *     CITY.WHATIF police-city1 SICK 2 RUNS 500 SEED 7       two clerks go home now
 *
 * One hall at a time: what the same change does to others is asked of each of them. Nobody comes
 * from another hall, or goes there, because waits have changed (model/live.h), so where people
 * follow advice a window more looks somewhat better than it will be, and a window less worse.
 *
 * Times are HH:MM of the city's today, or NOW. The answer is a map: `before` and `after` the
 * change, each figure as [value, half-width of its 95% interval]; the number of replications (fewer
 * than 200 if the second is over, unless RUNS was said) and the milliseconds. One is computed at a
 * time; another is refused with BUSY meanwhile. The asking connection reads on when it has its
 * answer, others are not touched: what the service pays is the copy.
 *
 * Who simulates is given from outside: the server knows nothing of the simulator. */
#ifndef TBI_NET_WHATIF_H
#define TBI_NET_WHATIF_H

#include "tongban/whatif.h"

/* Before tbi_cmd_serve; NULL: the server refuses what-ifs. */
void tbi_whatif_hook(tb_whatif_run *run);

struct tbi_server;
struct tbi_session;
struct tbi_request;
struct tbi_whatif;

/* NULL: there is no hook. The copy's memory is touched here, so that no copy has to wait for it. */
struct tbi_whatif *tbi_whatif_start(const struct tbi_server *server);
void tbi_whatif_stop(struct tbi_whatif *whatif);
bool tbi_whatif_busy(const struct tbi_whatif *whatif); /* one is being computed */
int tbi_whatif_fd(const struct tbi_whatif *whatif); /* readable: an answer is there */

/* The server's thread: a question, and the answer to it once it is there. */
void tbi_whatif_ask(struct tbi_server *server, struct tbi_session *session,
                    const struct tbi_request *request);
void tbi_whatif_answer(struct tbi_server *server);

#endif
