/* plan.h: how many windows each hall needs in each half hour of a kind of day.
 *
 * The promise is judged by the real core on simulated days: of all visits with a number, the share
 * that is called within wait_us, who leaves or still waits at the end counting as not kept; it must
 * hold for each hall over its days of that kind with the confidence asked for, shown on seeds that
 * the search has not seen.
 *
 * Method: modified offered load (Jennings, Mandelbaum, Massey, Whitt: Server staffing to meet
 * time-varying demand, 1996) and Erlang A (Garnett, Mandelbaum, Reiman: Designing a call center
 * with impatient customers, 2002) give the start; simulation on common random numbers replaces it
 * step by step (Feldman, Mandelbaum, Massey, Whitt: Staffing of time-varying queues to achieve
 * time-stable performance, 2008), with a fast approximate line as control for the core's answer; a
 * sequential test (Kim, Nelson: A fully sequential procedure for indifference-zone selection, 2001,
 * in spirit: look after each batch, at levels that sum to the error allowed) decides.
 *
 * At closing time: who holds a number is served on for as long as people.stay and the rule overtime
 * say, and a window whose shift ends first finishes its customer, in this plan as in any
 * simulation. These hours are worked too: window hours are those of the plan and this overtime
 * together, for this plan as for Erlang C's, and their sum is what the search makes least; no plan
 * gains by leaving work for after closing. A hall that is open has at least one window.
 *
 * Units: half hours count from midnight; waits in seconds where people read them. Owner: scenarios
 * are borrowed and must outlive what was made of them. Threads: a lab belongs to one thread,
 * different labs are independent. Out of memory stops the program. Blocking. */
#ifndef TBS_PLAN_PLAN_H
#define TBS_PLAN_PLAN_H

#include <stdatomic.h>
#include <stdio.h>

#include "model/model.h"

enum { TBS_PLAN_SLOTS = 48, TBS_PLAN_DAYS_MAX = 64, TBS_PLAN_CURVE_MAX = 32 };
#define TBS_PLAN_SLOT_US TB_MINUTES(30)

/* ---- days -------------------------------------------------------------------------------------
 */

/* Days that are planned for together: at most TBS_PLAN_DAYS_MAX of them, spread over the demand
 * year; a replication is one pass through all of them. */
struct tbs_plan_days {
    uint32_t kind;    /* day kind */
    uint32_t weekday; /* only these: 1 Monday .. 7 Sunday; 0: any */
    uint32_t count;
    uint32_t days[TBS_PLAN_DAYS_MAX]; /* scenario days */
};

/* By a day kind's id, or mon .. sun: the ordinary days of that weekday. False: there is none. */
bool tbs_plan_days_find(const struct tb_scenario *scenario, const char *name,
                        struct tbs_plan_days *days);

/* ---- one hall ---------------------------------------------------------------------------------
 */

struct tbs_staffing {
    uint16_t windows[TBS_PLAN_SLOTS];
};

/* What the rest of the city does to a hall: visits for each own one, and visits that only collect.
 */
struct tbs_flow {
    double factor;  /* of visitors who really come; 1: nothing known */
    double collect; /* visits that collect, for each other visit */
    double shape[TBS_PLAN_SLOTS]; /* share of the day's visits that come then; all 0: as the hall's
                                     own people do */
};

struct tbs_day_figures {
    double visits;     /* with a number, a day */
    double within;     /* of those, called in time: share */
    double left;       /* of those, gave up or expired: share */
    double delayed;    /* of those, not called at once: share */
    double wait_mean_s, wait_p50_s, wait_p90_s; /* of the called ones */
};

struct tbs_lab_result {
    struct tbs_day_figures day;
    struct tbs_day_figures slots[TBS_PLAN_SLOTS]; /* by instant of arrival */
    /* In time at the very beginning and the very end of each half hour, if that was asked for. */
    struct tbs_end {
        double within, error;
    } ends[TBS_PLAN_SLOTS][2];
    double within_error, left_error; /* standard errors of the day's shares, by days */
    double slot_error[TBS_PLAN_SLOTS]; /* the same of within of the half hours */
    double wait_share_s; /* the wait that the promise's share of all visits does not exceed; NAN:
                            too many left */
    uint32_t days;       /* simulated */
    double window_hours;   /* planned, a day */
    double overtime_hours; /* worked beyond the plan, a day, for those who are judged */
};

struct tbs_lab;

/* `windows_max` 0: as many as the hall has. `flow` NULL: nothing from elsewhere. NULL: the hall is
 * never open on such days, or has no demand. */
struct tbs_lab *tbs_lab_create(const struct tb_scenario *scenario, uint32_t hall,
                               const struct tbs_plan_days *days, uint32_t windows_max,
                               const struct tbs_flow *flow, int64_t promise_us);
void tbs_lab_free(struct tbs_lab *lab);

uint32_t tbs_lab_windows_max(const struct tbs_lab *lab);
/* Is the hall open in any part of this half hour? hours: how much of it. */
bool tbs_lab_open(const struct tbs_lab *lab, uint32_t slot, double *hours);
double tbs_lab_hours(const struct tbs_lab *lab, const struct tbs_staffing *staffing);
/* The scenario's own plan of that day, as windows in each half hour (the most at any time). */
void tbs_lab_own(const struct tbs_lab *lab, struct tbs_staffing *staffing);

/* The first `count` windows to be opened, as plans.csv writes them: 3, or 1 2 7. */
void tbs_lab_windows_print(const struct tbs_lab *lab, uint32_t count, FILE *out);

/* Runs the hall for at least so many days (rounded up to whole passes) under this seed, from
 * replication `first` on; the same citizens for any windows. Windows above the maximum, or in half
 * hours when the hall is closed, are ignored. */
void tbs_staffing_evaluate(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                           uint32_t first, uint32_t days, struct tbs_lab_result *result);

/* What became of one day's visits, by which two plans are compared day by day. */
struct tbs_day_sum {
    double visits, within, left, called, wait_s;
};

/* The same, with each day's sums: [result->days]; the caller's, to be freed. */
struct tbs_day_sum *tbs_staffing_days(struct tbs_lab *lab, const struct tbs_staffing *staffing,
                                      uint64_t seed, uint32_t first, uint32_t days,
                                      struct tbs_lab_result *result);

/* What each hall gets from elsewhere, by a simulation of the city over some weeks; [hall_count]. */
void tbs_flows_measure(const struct tb_scenario *scenario, const struct tbs_plan_days *days,
                       uint64_t seed, struct tbs_flow *flows);

/* ---- a plan -----------------------------------------------------------------------------------
 */

struct tbs_plan_options {
    struct tbs_plan_days days;
    int64_t wait_us;
    double share;
    double left_most;     /* share that may leave; 1: not asked */
    double confidence;    /* 0.5 .. 0.999 */
    uint32_t hall;        /* TB_NONE: all */
    uint32_t windows_max; /* 0: as many as the hall has */
    double budget_hours;  /* 0: the promise is given; else the best one for so many window hours,
                             overtime included */
    uint32_t slot_from, slot_to; /* only these half hours, for the people who come in them, as noon
                                    windows; the others stay as the scenario has them. 0, 0: all */
    bool flat;            /* the same windows all day */
    double effort;        /* 1; at 2 twice as many days are simulated: closer to the least */
    bool each;            /* the promise holds in each half hour, not only over the day */
    bool always;          /* and at its beginning and its end: at any time */
    double zone; /* of each: with a window fewer the half hour would be below share + zone */
    bool needs_only;      /* neither a curve of what hours are worth nor Erlang C's plan */
    uint64_t seed;
    uint32_t threads;   /* at least 1 */
    uint32_t city_days; /* on which the plan is shown in the whole city; 0: it is not */
};
/* 90% within the scenario's promise, 95% confidence, seed 1, one thread. */
void tbs_plan_options_init(struct tbs_plan_options *options, const struct tb_scenario *scenario);

/* One more window, or some, in a half hour, and the share in time with it: by the replay,
 * corrected. The steps lead from one window in each half hour through the plan to all that help. */
struct tbs_plan_step {
    uint32_t slot, windows;
    double hours; /* of this step */
    double within;
};

/* A hall as the whole city has it: with all other halls, advice, video and collection visits. */
struct tbs_city_figures {
    double days, visits, within, within_error, left;
};

/* A point of the city's curve. */
struct tbs_plan_point {
    double hours, within;
};

enum tbs_plan_state {
    TBS_PLAN_CLOSED,     /* not open on such days */
    TBS_PLAN_KEPT,       /* with the confidence asked for */
    TBS_PLAN_UNPROVEN,   /* not shown to be kept: too close to tell, `result` is of the last try */
    TBS_PLAN_IMPOSSIBLE, /* shown not to be kept with all windows: `result` is what these give */
    TBS_PLAN_STOPPED,    /* not finished */
};

struct tbs_plan_hall {
    enum tbs_plan_state state;
    struct tbs_staffing needs;
    struct tbs_staffing erlang_c; /* stationary, each half hour on its own, the same promise */
    struct tbs_flow flow;
    struct tbs_lab_result result;          /* on days that no decision has seen before */
    /* At Erlang C's own service: the fewest hours that serve as many in time, same citizens. */
    struct tbs_staffing equal;
    struct tbs_lab_result result_erlang_c, result_equal;
    /* That the promise holds in this hall, by all days on which the core ran these windows. */
    double kept_probability;
    uint32_t windows_erlang_c; /* it asks for so many at most; it gets those that the hall has */
    bool erlang_c_short;       /* that is fewer */
    double hours, hours_now;   /* planned */
    double hours_erlang_c, hours_equal; /* with overtime */
    /* UNPROVEN, IMPOSSIBLE: what all windows can promise: this share within the wait; or the share
     * asked for within this wait (NAN: within none); and that so many leave at most. */
    double nearest_share, nearest_wait_s, nearest_left;
    uint32_t windows_most;   /* IMPOSSIBLE: with so many windows in each half hour, */
    uint32_t windows_enough; /* and with so many it is kept; 0: with none (no skill, no time) */
    double next_gain; /* share that the best half hour of one more window would add */
    uint32_t days_run;
    struct tbs_plan_step *steps;
    uint32_t step_count, steps_taken; /* taken: by a budget */
    struct tbs_staffing least;        /* before the first step */
    double hours_least, within_least;
    double steps_bias; /* to be added to within of all steps */
    double visits; /* a day */
    struct tbs_city_figures city;
};

struct tbs_plan {
    const struct tb_scenario *scenario;
    struct tbs_plan_options options;
    struct tbs_plan_hall *halls; /* [hall_count] */
    uint32_t hall_count;
    uint32_t kept, unproven, impossible; /* halls */
    uint32_t erlang_c_short;             /* halls with fewer windows than Erlang C asks for */
    struct tbs_plan_point curve[TBS_PLAN_CURVE_MAX];
    uint32_t curve_count;
    double hours_least;  /* with one window in each hall as long as it is open */
    /* Of what the budget buys: the share that all halls keep at once, and that of all visits, both
     * together with the confidence asked for; else as asked, and NAN. */
    double promise_best, promise_city;
    /* With overtime: the plan's, Erlang C's, at Erlang C's service; the scenario's own, without. */
    double window_hours, window_hours_erlang_c, window_hours_equal, window_hours_now;
    double planned_hours, overtime_hours; /* of window_hours */
    double within, within_erlang_c, within_equal, left; /* of all visits */
    /* The least of the halls in state KEPT, and that all of these keep the promise (their days are
     * independent); 0 if there are none, NAN with a budget. Halls where it is impossible are
     * counted apart. */
    double promise_kept_probability, kept_probability_all;
    /* In the whole city: days; halls at the promise or above, and below by two errors. */
    bool city_run;
    uint32_t city_days, city_kept, city_broken;
    double city_within;
    double wall_s;
    uint32_t week_days; /* such days in a week: 1 unless the caller says so */
    bool stopped;
};

/* ---- one hall searched ------------------------------------------------------------------------
 */

/* Told after each step of a hall's search. */
struct tbs_plan_told {
    const char *phase; /* "search": proposed by theory and replay; "check": asked the core */
    uint32_t step;     /* from 1 on */
    const struct tbs_staffing *staffing;
    double window_hours;
    const struct tbs_lab_result *result; /* the core's word on it */
    bool kept;                           /* "check": the promise is kept with confidence */
};

/* The fewest windows of one hall, as tbs_plan_search finds them; options->hall is ignored, `flow`
 * may be NULL. The scenario may have been changed or cut to one hall for a what-if: only what
 * concerns this hall is read. `tell` and `stop` may be NULL; stopped within a fraction of a second.
 * False: never open on such days, or nobody comes; *hall is then TBS_PLAN_CLOSED. *hall is given to
 * tbs_plan_hall_clear afterwards in any case. */
bool tbs_plan_hall_find(const struct tb_scenario *scenario, uint32_t hall_index,
                        const struct tbs_plan_options *options, const struct tbs_flow *flow,
                        void (*tell)(void *, const struct tbs_plan_told *), void *context,
                        const atomic_bool *stop, struct tbs_plan_hall *hall);
void tbs_plan_hall_clear(struct tbs_plan_hall *hall);

/* ---- all halls --------------------------------------------------------------------------------
 */

struct tbs_plan_progress {
    uint32_t hall, done, count; /* the hall that was just finished */
    double hours;
};

/* Progress is called by one thread at a time; it and `stop` may be NULL. */
struct tbs_plan *tbs_plan_search(const struct tb_scenario *scenario,
                                 const struct tbs_plan_options *options,
                                 void (*progress)(void *, const struct tbs_plan_progress *),
                                 void *context, const atomic_bool *stop);
void tbs_plan_free(struct tbs_plan *plan);

/* Of one plan, or of several of one scenario for different kinds of days (a week).
 *
 * plan.json; of a week: sums over its days, and `days`, the plans. needs.csv:
 * hall,day,from,to,windows: a row for each half hour of each hall. plan.csv: the same in the format
 * of plans.csv; halls, desks and kinds of day that the plans say nothing of as they were. */
void tbs_plan_json(const struct tbs_plan *const *plans, uint32_t count, FILE *out);
void tbs_plan_needs_csv(const struct tbs_plan *const *plans, uint32_t count, FILE *out);
void tbs_plan_plan_csv(const struct tbs_plan *const *plans, uint32_t count, FILE *out);
/* Rows of plans.csv, without its heading: the scenario's own shifts of kinds of days but those left
 * out ([shift_count]; NULL: none); what a station does on a date. */
void tbs_shifts_csv(const struct tb_scenario *scenario, const bool *left_out, FILE *out);
void tbs_date_csv(const struct tb_scenario *scenario, const struct tb_plan_date *date, FILE *out);
/* Writes the three into a folder, whole or not at all. False: *error says why. */
bool tbs_plan_write(const struct tbs_plan *const *plans, uint32_t count, const char *folder,
                    char error[768]);

#endif
