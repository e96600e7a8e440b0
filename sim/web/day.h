/* day.h: one hall's day with so many windows in each half hour, and what if: the workbench's ruler.
 *
 * What if makes another scenario of what concerns the hall (whatif.c); sim/plan's lab then runs the
 * hall on the real core, with what the rest of the city sends to it, and its search finds the
 * fewest windows: the page, `tongban plan` and their guarantee are one. The same citizens come for
 * any windows and any what-if (common random numbers), so two answers differ by what was changed.
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

#include <pthread.h>

#include "plan/plan.h"

enum { TBS_WEB_SLOTS = TBS_PLAN_SLOTS, TBS_WEB_CLOSED_MAX = 16 };

/* A scenario, and what its halls get from elsewhere, measured once for each kind of day. */
struct tbs_web_city {
    const struct tb_scenario *scenario;
    pthread_mutex_t mutex;
    struct tbs_flow *flows[TB_DAY_KINDS_MAX]; /* [hall]; NULL: not yet */
    atomic_bool stop;                         /* of the measuring ahead */
};

void tbs_web_city_init(struct tbs_web_city *city, const struct tb_scenario *scenario);
void tbs_web_city_end(struct tbs_web_city *city);
/* All kinds of day ahead of any question, so that none has to wait for it; for a thread. */
void *tbs_web_city_measure(void *city);

struct tbs_web_whatif {
    double surge; /* 0.2: 20% more people */
    uint32_t sick;
    uint32_t closed[TBS_WEB_CLOSED_MAX]; /* halls */
    uint32_t closed_count;
    uint32_t from, to; /* half hours; 0, TBS_WEB_SLOTS: as the scenario has it */
};

struct tbs_web_question {
    uint32_t hall, kind;
    struct tbs_staffing staffing; /* as planned: the sick still among them */
    struct tbs_web_whatif whatif;
};

struct tbs_web_answer {
    struct tbs_lab_result result;
    struct tbs_day_sum *days; /* [result.days] */
    double window_hours;      /* as planned */
};

/* A lab of the hall as the scenario has it; NULL: never open on such days, or nobody comes. */
struct tbs_lab *tbs_web_lab(struct tbs_web_city *city, uint32_t hall, uint32_t kind);

/* False: not open on such days, or nobody comes, or the hall is one of the closed. */
bool tbs_web_evaluate(struct tbs_web_city *city, const struct tbs_web_question *question,
                      struct tbs_web_answer *answer);
void tbs_web_answer_free(struct tbs_web_answer *answer);

/* Figures that two plans are compared by: differences of what the answers say, with intervals by
 * the days, which both have in common. */
enum tbs_web_measure { TBS_WEB_WITHIN, TBS_WEB_LEFT, TBS_WEB_WAIT, TBS_WEB_MEASURE_COUNT };
struct tbs_web_difference {
    double value, half_width; /* 95%; infinite: too few days */
    bool real;                /* at 5% */
};
struct tbs_web_difference tbs_web_compare(const struct tbs_web_answer *a,
                                          const struct tbs_web_answer *b, enum tbs_web_measure);

/* The fewest windows that keep the promise with 95% confidence, as tbs_plan_hall_find. Where people
 * are sick, so many more are planned; needs, hours and what is told say what is planned. False: as
 * tbs_web_evaluate. *found: to tbs_plan_hall_clear in any case. */
bool tbs_web_search(struct tbs_web_city *city, const struct tbs_web_question *question,
                    double share, void (*tell)(void *context, const struct tbs_plan_told *told),
                    void *context, const atomic_bool *stop, struct tbs_plan_hall *found);

/* ---- whatif.c ------------------------------------------------------------------------------- */

/* The scenario as it would be for one hall; what it points to is its own or the whole one's. */
struct tbs_web_changed {
    struct tb_scenario scenario;
    struct tb_scenario_hall *halls;
    struct tb_calendar *calendars;
    struct tb_arrivals *arrivals;
    struct tb_arrivals_piece *pieces;
};

/* False: the hall is closed all that day, or nobody comes. Freed in any case. */
bool tbs_web_change(const struct tb_scenario *scenario, const struct tbs_web_question *question,
                    struct tbs_web_changed *changed);
void tbs_web_changed_free(struct tbs_web_changed *changed);

#endif
