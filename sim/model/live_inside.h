/* live_inside.h: what live*.c share; private to this folder. */
#ifndef TBS_MODEL_LIVE_INSIDE_H
#define TBS_MODEL_LIVE_INSIDE_H

#include "model/life.h"
#include "model/live.h"

/* Every matter is settled at the window: no case begins. */
#define TBS_LIVE_SETTLED (TBS_TRAIT_SETTLED * 15u)

struct tbs_live {
    const struct tb_whatif_ask *ask;
    const struct tb_scenario *scenario;
    const struct tb_city *city;
    tb_time now, day_at_us, day_end_us;
    uint32_t hall, day, day_kind;

    /* What is known. */
    struct tb_ticket_view *tickets; /* in this hall, or waiting for a video window */
    struct tb_case_view *cases;     /* ready to be collected in this hall */
    struct tb_plan_entry *plan;     /* of this kind of day */
    uint32_t ticket_count, case_count, plan_count;
    uint32_t numbers, window_count;
    double expected;

    struct tb_scenario alone;
    struct tbs_demand *demand;
    struct tbs_model *model;
    uint64_t *keep;
    bool *shut; /* by window of the hall: the plan leaves it shut */
    uint32_t *order; /* of windows: who falls sick first */
    struct tbs_random random;
};

/* live.c: who comes from now on. */
void tbs_live_arrivals(struct tbs_live *live, uint32_t replication, bool changed);

/* live_people.c: those who are there, in the city as copied. */
void tbs_live_people(struct tbs_live *live, uint32_t replication);

#endif
