/* run.h: a scenario, simulated: replications in threads, batches of one long run, results.
 *
 * Replications 0 .. n-1 differ by their streams alone; each thread has a city of its own, and what
 * they find is summed in whole numbers or kept by replication number, so the results are the same
 * bytes whatever the number of threads. Intervals come from replications; with one replication from
 * batches: its days, or weeks where the run is long.
 *
 * Stopping (*stop becomes true, as by Ctrl-C): no further replication begins, those under way end;
 * a run of one replication ends with the day at hand. The results of what was finished are given,
 * and replications_asked and period_to tell how far it came.
 *
 * Owner: the scenario and the trace are borrowed during the call; results are the caller's, for
 * tbs_results_free. Threads: tbs_run may be called by several threads on different options.
 * Blocking. */
#ifndef TBS_RUN_RUN_H
#define TBS_RUN_RUN_H

#include <stdatomic.h>

#include "model/demand.h"
#include "report/results.h"

/* "wait_p90 +-2%": more replications until the half-width is as small. */
struct tbs_until {
    enum tbs_city_metric metric;
    double relative; /* of the value; 0: nothing is asked */
};

struct tbs_run_progress {
    double done;           /* 0 .. 1 of what is known to be to do */
    double cases;          /* arrived so far */
    uint32_t replications; /* finished */
};

struct tbs_run_options {
    uint32_t day_first, day_count; /* scenario days */
    uint64_t seed;
    uint32_t replications; /* at least 1 */
    uint32_t threads;      /* at least 1 */
    uint32_t
        warm_up_days; /* run, but not counted, before day_first is counted: part of day_count */
    struct tbs_until until;
    const struct tbs_trace *trace; /* NULL: citizens are drawn */
    const char *tickets_path;      /* one row a ticket of replication 0; NULL: none */
    bool verify;                   /* look through the whole city after every day: slow */
    bool picture;                  /* half hours and the distribution of waits are wanted */
    const struct tb_label *plan;   /* NULL: the scenario's own */
    const char *command;           /* for the record */
    const char *version;
    const atomic_bool *stop; /* NULL: never */
    /* Called now and then by one of the threads; NULL: not. */
    void (*progress)(void *context, const struct tbs_run_progress *progress);
    void *progress_context;
};

/* Fills what a caller need not choose: the scenario's demand year (or all its days), seed 1, one
 * replication, one thread, with picture. */
void tbs_run_options_init(struct tbs_run_options *options, const struct tb_scenario *scenario);

struct tbs_run_error {
    char text[512]; /* for a person: what went wrong, and what to do */
};

/* NULL: nothing was finished, *error says why. */
struct tbs_results *tbs_run(const struct tb_scenario *scenario,
                            const struct tbs_run_options *options, struct tbs_run_error *error);

#endif
