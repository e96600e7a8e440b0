/* lab.h: what is private to this folder: a hall alone, the fast line beside it, theory, the search
 * of one hall. */
#ifndef TBS_PLAN_LAB_H
#define TBS_PLAN_LAB_H

#include "plan/plan.h"

enum { TBS_LAB_WINDOWS = 256 };

struct tbs_lab {
    const struct tb_scenario *whole;
    uint32_t hall_index, windows_max;
    struct tbs_plan_days plan_days;
    const struct tb_day_kind *kind;
    int64_t promise_us;
    struct tbs_flow flow;
    double visits_most; /* expected on the busiest of the days */
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

    struct tbs_demand *demand;
    struct tbs_tally *tally;
};

void *tbs_plan_zeroed(size_t count, size_t size);

/* ---- replay.c: citizens as the core met them, through a plain line ------------------------ */

struct tbs_guest {
    tb_time place_at_us; /* offset from the day's start */
    int64_t busy_us, patience_us;
};

struct tbs_recording {
    struct tbs_guest *guests;
    uint32_t count, room;
    uint32_t *day_first; /* [day_count + 1] */
    uint32_t day_count, day_room;
};

struct tbs_share {
    double visits, within, left, delayed; /* sums over all days */
    double slot_visits[TBS_PLAN_SLOTS], slot_within[TBS_PLAN_SLOTS];
};

void tbs_recording_free(struct tbs_recording *recording);
void tbs_replay(const struct tbs_lab *lab, const struct tbs_recording *recording,
                const struct tbs_staffing *staffing, struct tbs_share *share);

/* ---- evaluate.c --------------------------------------------------------------------------- */

/* As tbs_staffing_evaluate; also writes down who came. */
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

#endif
