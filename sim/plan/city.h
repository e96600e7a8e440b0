/* city.h: private to this folder: the whole city run on the days that are planned for; a plan put
 * into a scenario. */
#ifndef TBS_PLAN_CITY_H
#define TBS_PLAN_CITY_H

#include "plan/lab.h"

/* Of one hall. The first three are of the days planned for; those by half hour of all days on which
 * the hall has the same hours. */
struct tbs_city_hall {
    double own, comes, collects; /* citizens whose hall it is; who come; who come to collect */
    double own_slot[TBS_PLAN_SLOTS], comes_slot[TBS_PLAN_SLOTS]; /* with those who collect */
    /* With a number, in the half hours watched; and products of a day's sums. */
    double days, visits, within, left, visits2, visits_within, within2;
    double today[3]; /* while it runs */
    uint32_t day_at;
};

struct tbs_city_watch {
    int64_t wait_us;
    uint32_t slot_from, slot_to;
};

enum { TBS_CITY_ERROR = 512 };

/* One run of the whole city over the options' days. False: stopped, or it failed; *error (may be
 * NULL) then says why, and is empty if it was stopped. */
bool tbs_city_days(const struct tb_scenario *scenario, const struct tbs_model_options *options,
                   uint64_t seed, const atomic_bool *stop, char error[TBS_CITY_ERROR]);

/* Runs about day_count days of the kind, and all days between. halls: [hall_count], out. False:
 * stopped, or the run failed. */
bool tbs_city_run(const struct tb_scenario *scenario, const struct tbs_plan_days *days,
                  const struct tbs_city_watch *watch, uint32_t day_count, uint64_t seed,
                  uint32_t threads, const atomic_bool *stop, struct tbs_city_hall *halls);
void tbs_city_day_close(struct tbs_city_hall *hall);
/* Adds the days of `from`: of another part of a run, or of a hall that is alike. */
void tbs_city_hall_add(struct tbs_city_hall *to, const struct tbs_city_hall *from);
/* Standard error of within / visits. */
double tbs_city_error(const struct tbs_city_hall *hall);

/* Are the opening hours the same? */
bool tbs_same_hours(const struct tb_day_kind *a, const struct tb_day_kind *b);
/* Is this day one of those planned for, or one like them that was thinned out? */
bool tbs_plan_days_have(const struct tbs_plan_days *days, const struct tb_scenario *scenario,
                        uint32_t day);

/* ---- apply.c ------------------------------------------------------------------------------ */

/* A scenario with the plan in the place of its own, for the halls and the kind of day planned. */
struct tbs_applied {
    struct tb_scenario scenario;
    struct tb_station *stations;
    struct tb_shift *shifts;
    struct tb_plan_entry *entries;
};
/* False: the plan has more windows than a hall has. To be given to tbs_applied_free if true. */
bool tbs_plan_apply(const struct tbs_plan *plan, struct tbs_applied *applied);
/* Fills entries (two for each shift: room for them) and the config's plan by the shifts. */
void tbs_applied_entries(struct tbs_applied *applied);
void tbs_applied_free(struct tbs_applied *applied);

#endif
