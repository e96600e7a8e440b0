/* day.h: one hall's day with so many windows in each half hour, and what if: the workbench's ruler.
 *
 * A hall is cut out of the scenario with its own people, rules, queues and windows, and its days of
 * one kind run through on the real core. The same citizens come for any windows and any what-if
 * (common random numbers), so two answers differ by what was changed, not by chance. What happens
 * between halls (collection visits, people who choose another hall) is not in it: `tongban simulate
 * --plan` runs the whole city.
 *
 * What if: surge: so much of the demand more; sick: so many windows fewer in each half hour, one at
 * least staying open; closed: the people of a closed hall come to the other halls of its trade, in
 * proportion to their volumes; from, to: open only in these half hours, the people of the others
 * coming within them.
 *
 * Units: half hours from midnight, waits in seconds. Owner: the scenario is borrowed. Threads: any
 * number, on different answers. Out of memory stops the program. Blocking. */
#ifndef TBS_WEB_DAY_H
#define TBS_WEB_DAY_H

#include <stdatomic.h>

#include "tongban/scenario.h"

enum { TBS_WEB_SLOTS = 48, TBS_WEB_DAYS_MAX = 64, TBS_WEB_CLOSED_MAX = 16, TBS_WEB_DAYS = 40 };

struct tbs_web_whatif {
    double surge; /* 0.2: 20% more people */
    uint32_t sick;
    uint32_t closed[TBS_WEB_CLOSED_MAX]; /* halls */
    uint32_t closed_count;
    uint32_t from, to; /* half hours; 0, TBS_WEB_SLOTS: as the scenario has it */
};

struct tbs_web_question {
    uint32_t hall, kind;
    uint16_t windows[TBS_WEB_SLOTS];
    struct tbs_web_whatif whatif;
    uint64_t seed;
    uint32_t days; /* at most TBS_WEB_DAYS_MAX, spread over the days of that kind */
};

/* Shares are of the visits with a number; NAN where nobody came. */
struct tbs_web_figures {
    double visits, within, left, wait_mean_s, wait_p50_s, wait_p90_s;
};

/* Figures that two plans are compared by, one value a day. */
enum tbs_web_measure { TBS_WEB_WITHIN, TBS_WEB_LEFT, TBS_WEB_WAIT, TBS_WEB_MEASURE_COUNT };

struct tbs_web_answer {
    struct tbs_web_figures day, slots[TBS_WEB_SLOTS]; /* by instant of arrival */
    double window_hours;
    uint32_t days;
    double by_day[TBS_WEB_MEASURE_COUNT][TBS_WEB_DAYS_MAX];
};

/* Is the hall open in this half hour of such days? hours: how long (NULL: not asked). */
bool tbs_web_open(const struct tb_scenario *scenario, uint32_t hall, uint32_t kind,
                  const struct tbs_web_whatif *whatif, uint32_t slot, double *hours);

/* The scenario's own plan: the most windows at any time of each half hour. */
void tbs_web_own(const struct tb_scenario *scenario, uint32_t hall, uint32_t kind,
                 uint16_t windows[TBS_WEB_SLOTS]);

/* False: not open on such days, or nobody comes, or the hall is one of the closed. */
bool tbs_web_evaluate(const struct tb_scenario *scenario, const struct tbs_web_question *question,
                      struct tbs_web_answer *answer);

/* ---- search.c: the fewest windows that keep the promise ---------------------------------------
 * Adds a window where most people wait too long until the promise holds with two standard errors
 * in hand, then takes away each one that is not needed, dearest half hour first; the plan is told
 * anew after each step. Greedy, so near the least and not proven to be it. */

struct tbs_web_search {
    uint16_t windows[TBS_WEB_SLOTS];
    struct tbs_web_answer answer; /* at the end on a seed that the search has not seen */
    uint32_t step;
    bool kept; /* false at the end: not even all windows are enough */
    const char *phase; /* "add", "remove", "check" */
};

/* False: as tbs_web_evaluate, or stopped (*stop). `tell` may be NULL. */
bool tbs_web_search(const struct tb_scenario *scenario, const struct tbs_web_question *start,
                    double share, struct tbs_web_search *search,
                    void (*tell)(void *context, const struct tbs_web_search *search), void *context,
                    const atomic_bool *stop);

#endif
