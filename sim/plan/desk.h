/* desk.h: how many approvers (or teams) each desk needs on a kind of day, so that a share of the
 * cases that pass it is finished within the case's own working-hour limit.
 *
 * A case counts at each desk of its route, and as late when it is finished after its due time, or
 * not at all in the weeks after; rejected and withdrawn ones don't count. Cases also wait for
 * citizens who correct something and for outside parties, which no approver can hurry: a desk whose
 * cases are late with all its approvers is told as impossible (or as too close to tell), and gets
 * the fewest that do as well as all; the share of its own steps on time is told besides, and shows
 * whose fault it is. The same number works as long as the desk is open: dues are
 * working days, so within a day only the hours matter.
 *
 * Method: offered load gives the start (what comes, less than which no number of days clears); then
 * the whole city is run, all desks at once, each desk going up or down by itself with the error of
 * its share by days; the last word has a year that decided nothing. Blocking. */
#ifndef TBS_PLAN_DESK_H
#define TBS_PLAN_DESK_H

#include "plan/plan.h"

struct tbs_desk_need {
    uint32_t approvers, now, all; /* needed; in the scenario's plan on such days; at the desk */
    double hours, hours_now;      /* a day */
    double cases, steps;          /* that come, a day of the week */
    double on_time, error;        /* cases: share, and its standard error, on days that decided
                                     nothing */
    double steps_on_time;         /* share */
    double busy;                  /* share of the approvers' time */
    enum tbs_plan_state state;
};

struct tbs_desk_plan {
    const struct tb_scenario *scenario;
    uint32_t kind; /* of day */
    double share, confidence;
    uint64_t seed;
    struct tbs_desk_need *desks; /* [desk_count] */
    double steps_on_time, case_on_time; /* of all steps; of all cases */
    double hours, hours_now, wall_s;
    uint32_t impossible, unproven, rounds; /* desks */
    bool stopped;
    char error[512]; /* why the city could not be run; empty: it could, or the caller stopped it */
};

struct tbs_desk_plan *tbs_desk_plan_search(const struct tb_scenario *scenario, uint32_t kind,
                                           double share, double confidence, uint64_t seed,
                                           uint32_t threads, const atomic_bool *stop);
void tbs_desk_plan_free(struct tbs_desk_plan *plan);

void tbs_desk_json(const struct tbs_desk_plan *plan, FILE *out);
void tbs_desk_needs_csv(const struct tbs_desk_plan *plan, FILE *out);
void tbs_desk_plan_csv(const struct tbs_desk_plan *plan, FILE *out);
bool tbs_desk_write(const struct tbs_desk_plan *plan, const char *folder, char error[768]);

#endif
