/* tune.h: the values of rules that serve a stated objective best, found by simulation.
 *
 * Method: coordinate search. For one rule after the other all its values race against the value
 * at hand, by successive halving (Karnin, Koren, Somekh 2013; Jamieson and Talwalkar 2016): every
 * value meets the same citizens (common random numbers), the worse half leaves, the rest meets
 * twice as many new ones. The last one takes the place of the value at hand only if the paired
 * difference is beyond noise (t test with Bonferroni's level over the values of the rule; Kim and
 * Nelson 2001 screen in the same way). Rounds go on until one changes nothing, or the budget is
 * spent; what is left of it is shared by the rules that are left in the round.
 *
 * A search that picks the best of many flatters itself; so what was found is judged on fresh seeds
 * that the search has never seen, and that interval alone is reported.
 *
 * Owner: scenario paths are borrowed. Threads: runs use all CPUs. Blocking. */
#ifndef TBS_TUNE_TUNE_H
#define TBS_TUNE_TUNE_H

#include <stdatomic.h>
#include <stdio.h>

#include "kernel/interval.h"
#include "report/metric.h"
#include "run/run.h"

#define TBS_KNOB(name, ...) TBS_KNOB_##name,
enum tbs_knob_name {
#include "tune/knob.def"
    TBS_KNOB_COUNT
};
#undef TBS_KNOB

enum { TBS_KNOB_VALUES_MAX = 8, TBS_KNOB_VALUE_BYTES = 16 };

struct tbs_knob {
    const char *name, *set, *values, *zh, *en;
};
extern const struct tbs_knob tbs_knobs[TBS_KNOB_COUNT];

/* A value for some of the knobs; "" leaves one as the scenario has it. */
struct tbs_setting {
    char value[TBS_KNOB_COUNT][TBS_KNOB_VALUE_BYTES];
};

struct tbs_trial {
    const char *scenario;             /* folder */
    uint32_t day_first, day_count;
    enum tbs_city_metric objective;
    uint32_t threads;
    const atomic_bool *stop;
};

/* Simulates a setting: replications of one seed; values[r * TBS_CITY_METRIC_COUNT + metric]. False
 * with the mistake in error: the scenario does not take a value, or the run failed. */
bool tbs_trial_run(const struct tbs_trial *trial, const struct tbs_setting *setting, uint64_t seed,
                   uint32_t reps, double *values, char *error, size_t room);

/* Does it ask for another plan? That plan, as plans.csv; the skill sets that this plan may name, as
 * skills.csv: the scenario's, and one for each class that windows can be kept for. */
bool tbs_setting_has_plan(const struct tbs_setting *setting);
void tbs_setting_plan(const struct tb_scenario *scenario, const struct tbs_setting *setting,
                      FILE *out);
void tbs_setting_skills(const struct tb_scenario *scenario, FILE *out);

/* The scenario as the setting makes it. NULL with the mistake in error. */
struct tb_scenario *tbs_trial_load(const struct tbs_trial *trial,
                                   const struct tbs_setting *setting, char *error, size_t room);
/* The same by way of a folder that extends the scenario, as tbs_patch_write makes it. */
struct tb_scenario *tbs_trial_load_patched(const struct tbs_trial *trial,
                                           const struct tbs_setting *setting, char *error,
                                           size_t room);

struct tbs_tune_options {
    bool knobs[TBS_KNOB_COUNT]; /* which may be turned */
    uint64_t seed;
    uint32_t budget_runs; /* replications that the search may spend */
    double budget_s;      /* or seconds; 0: no limit */
    uint32_t judge_reps;  /* fresh replications of the verdict */
    /* A step was taken, or not; NULL: not told. */
    void (*told)(void *context, enum tbs_knob_name knob, const char *value, bool taken,
                 struct tbs_interval gain, uint32_t runs);
    void *context;
};

struct tbs_tune_result {
    struct tbs_setting best;
    uint32_t runs, rounds;
    bool spent;                    /* the budget ended the search */
    double *base, *tuned;          /* fresh replications of both, as of tbs_trial_run; the caller
                                      frees base, tuned lies in it */
    uint32_t judge_reps;
};

bool tbs_tune(const struct tbs_trial *trial, const struct tbs_tune_options *options,
              struct tbs_tune_result *result, char *error, size_t room);

/* Writes the setting as a scenario that extends the one it was found for, into a folder: `check`,
 * `simulate` and the scheduler load it like any other. 0 or -1. */
struct tbs_report_error;
int tbs_patch_write(const struct tbs_trial *trial, const struct tbs_setting *setting,
                    const char *folder, struct tbs_report_error *error);

#endif
