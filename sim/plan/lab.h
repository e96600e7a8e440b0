/* lab.h: what is private to this folder: a hall alone, the fast line beside it, theory, the search
 * of one hall. */
#ifndef TBS_PLAN_LAB_H
#define TBS_PLAN_LAB_H

#include "model/bins.h"
#include "plan/plan.h"

enum { TBS_LAB_WINDOWS = 256 };

/* Citizens as the core met them. */
struct tbs_guest {
    tb_time place_at_us; /* offset from the day's start */
    int64_t busy_us, patience_us;
};

struct tbs_recording {
    struct tbs_guest *guests;
    uint32_t count, room;
    uint32_t *day_first; /* [day_count + 1] */
    uint32_t day_count;
};

/* Of the visits that arrived in one half hour, or in all that are judged; sums over days, and of
 * products of a day's sums, for the errors. */
struct tbs_sum {
    double visits, within, left, delayed, called, wait_s;
    double visits2, visits_within, within2, visits_left, left2;
};

struct tbs_lab {
    const struct tb_scenario *whole;
    uint32_t hall_index, windows_max;
    struct tbs_plan_days plan_days;
    const struct tb_day_kind *kind;
    int64_t promise_us;
    double promise_share; /* for wait_share_s; 90% unless set */
    struct tbs_flow flow;
    double visits_most; /* expected on the busiest of the days */
    uint32_t judge_from, judge_to; /* half hours in which people come for whom the promise is */
    uint16_t order[TBS_LAB_WINDOWS]; /* the n-th window to be opened */

    /* The cut scenario and what it points to. */
    struct tb_scenario cut;
    struct tb_calendar calendar;
    struct tb_day days[TBS_PLAN_DAYS_MAX];
    struct tb_scenario_day cut_days[TBS_PLAN_DAYS_MAX];
    uint64_t parts[TBS_PLAN_DAYS_MAX];
    const uint64_t *parts_row;
    struct tb_scenario_matter *matters;
    struct tb_matter *kinds;
    struct tb_mix mix;
    uint16_t *mix_matters;
    double *mix_chance;
    struct tb_station station;
    struct tb_rules rules;
    struct tb_scenario_hall hall;
    struct tb_scenario_server *servers;
    uint16_t *profiles;
    struct tb_profile *skill_sets;
    struct tb_shift *shifts;
    struct tb_plan_entry *entries;

    struct tb_arrivals arrivals; /* if flow.shape says when people come */
    struct tb_arrivals_piece *pieces;

    struct tbs_demand *demand;
    struct tbs_tally *tally;

    /* The run at hand. */
    struct tbs_model *model;
    struct tbs_staffing staffing; /* as the model has it */
    uint64_t seed;
    uint32_t pass, passes_done, day_at;
    struct tbs_sum day, slots[TBS_PLAN_SLOTS];
    bool watch_ends; /* the beginnings and ends of half hours too, by weights (evaluate.c) */
    struct tbs_sum ends[TBS_PLAN_SLOTS][2];
    uint32_t (*waits)[TBS_BINS]; /* [TBS_PLAN_SLOTS] */
    /* [cut.day_count]: visits, within, left, called, their waits in seconds */
    float (*today)[TBS_PLAN_SLOTS][5];
    float (*ends_today)[TBS_PLAN_SLOTS][2][2]; /* weights, and weights of those in time */
    struct tbs_day_sum *by_day; /* of all days of the run; NULL: not wanted */
    double beyond_us; /* worked outside the plan, for those who came in judged half hours */
    uint16_t rank[TBS_LAB_WINDOWS];
    struct tbs_recording *recording;
};

void *tbs_plan_zeroed(size_t count, size_t size);

/* ---- replay.c: citizens as the core met them, through a plain line ------------------------ */

struct tbs_share {
    double visits, within, left, delayed; /* sums over all days */
    double slot_visits[TBS_PLAN_SLOTS], slot_within[TBS_PLAN_SLOTS];
    double beyond_us; /* served after the end of a shift */
};

void tbs_recording_free(struct tbs_recording *recording);
void tbs_replay(const struct tbs_lab *lab, const struct tbs_recording *recording,
                const struct tbs_staffing *staffing, struct tbs_share *share);

/* ---- evaluate.c --------------------------------------------------------------------------- */

/* Shifts of the window that is the n-th to be opened, cut to the opening hours; servers are counted
 * within the hall. How many; room for TBS_PLAN_SLOTS. */
uint32_t tbs_lab_shifts(const struct tbs_lab *lab, const struct tbs_staffing *staffing, uint32_t n,
                        struct tb_shift *shifts);
/* A run begins, goes on for so many days more (whole passes), and tells what it found so far. Who
 * came is written down in *recording (NULL: not). */
void tbs_lab_begin(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                   uint32_t first, struct tbs_recording *recording);
void tbs_lab_more(struct tbs_lab *lab, uint32_t days);
void tbs_lab_tell(const struct tbs_lab *lab, struct tbs_lab_result *result);
/* All three. */
void tbs_lab_run(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                 uint32_t first, uint32_t days, struct tbs_lab_result *result,
                 struct tbs_recording *recording);

/* ---- load.c ------------------------------------------------------------------------------- */

/* Arrivals an hour in each half hour, of the mean day; mean service in hours. */
void tbs_load_rates(const struct tbs_lab *lab, double rate[TBS_PLAN_SLOTS], double *service_h);
void tbs_load_start(const struct tbs_lab *lab, const struct tbs_plan_options *options,
                    struct tbs_staffing *staffing);
void tbs_load_erlang_c(const struct tbs_lab *lab, const struct tbs_plan_options *options,
                       struct tbs_staffing *staffing);

/* ---- search.c ----------------------------------------------------------------------------- */

struct tbs_listener {
    void (*tell)(void *, const struct tbs_plan_told *);
    void *context;
};

/* Fills the hall but for flow. `listener` may be NULL. */
void tbs_hall_search(struct tbs_lab *lab, const struct tbs_plan_options *options,
                     const struct tbs_listener *listener, const atomic_bool *stop,
                     struct tbs_plan_hall *hall);

/* ---- flow.c ------------------------------------------------------------------------------- */

/* As tbs_flows_measure, in threads. */
void tbs_flows_run(const struct tb_scenario *scenario, const struct tbs_plan_options *options,
                   const atomic_bool *stop, struct tbs_flow *flows);

/* ---- apply.c ------------------------------------------------------------------------------ */

/* The shifts that the plan gives a hall, in the scenario's numbering; room for
 * window_count * TBS_PLAN_SLOTS, with as many windows as the plan may use. */
uint32_t tbs_plan_shifts(const struct tbs_plan *plan, uint32_t hall, struct tb_shift *shifts);

/* ---- write.c ------------------------------------------------------------------------------ */

const char *tbs_clock_text(int64_t us, char text[16]); /* "08:30" */
/* needs.csv, plan.csv, plan.json, whole or not at all. */
bool tbs_plan_files(const void *plan, void (*needs)(const void *, FILE *),
                    void (*rows)(const void *, FILE *), void (*json)(const void *, FILE *),
                    const char *folder, char error[768]);

/* ---- budget.c ----------------------------------------------------------------------------- */

double tbs_steps_within(const struct tbs_plan_hall *hall, uint32_t step);
void tbs_curve_make(struct tbs_plan *plan);
/* Every hour to the hall that is served worst, as long as the budget has one. */
void tbs_budget_spread(struct tbs_plan *plan, double budget_hours);

#endif
