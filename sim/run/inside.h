/* inside.h: what the parts of a run share; private to this folder. */
#ifndef TBS_RUN_INSIDE_H
#define TBS_RUN_INSIDE_H

#include "model/figures.h"
#include "model/model.h"
#include "run/run.h"
#include "run/spread.h"

/* The figures of one replication, or of one batch of a long run. */
struct sample {
    double city[TBS_CITY_METRIC_COUNT];
    double *halls; /* [hall_count][TBS_HALL_METRIC_COUNT] */
    double *desks; /* [desk_count][TBS_DESK_METRIC_COUNT] */
    /* Of a batch: its share of the cases that were to be expected in the run, on each type of day
     * and on all. */
    double expected[TBS_DAY_TYPE_COUNT + 1];
};

/* All that a run finds. */
struct outcome {
    const struct tb_scenario *scenario;
    const struct tbs_run_options *options;
    struct sample *samples; /* [sample_count] in order: replications, or batches */
    uint32_t sample_count, sample_room;
    uint32_t replications; /* finished */
    bool batches;          /* samples are batches of one run */
    struct tbs_tally *sum; /* of all replications, with the picture */
    struct tbs_spread *spread;       /* of its half hours; NULL: no picture */
    struct tbs_spread_weight weight; /* of the whole run */
    uint64_t hash;         /* of the final cities, by replication */
    uint32_t days;         /* counted in each replication */
    double wall_s;
    const void *first_worker; /* the one that tells the progress */
    char error[256];
};

/* fill.c: the results of an outcome. */
struct tbs_results *tbs_results_fill(const struct outcome *outcome);

/* sample.c */
void tbs_sample_take(struct outcome *outcome, uint32_t number, const struct tbs_tally *tally,
                     struct tbs_waits *scratch);
void tbs_samples_reserve(struct outcome *outcome, uint32_t count);
void tbs_samples_free(struct outcome *outcome);

/* hash.c: of all that shapes the citizens. */
uint64_t tbs_demand_hash(const struct tb_scenario *scenario, const struct tbs_run_options *options);

#endif
