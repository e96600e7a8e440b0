/* compare.h: what citizens see of a roster: the plan of the needs against the plan that the roster
 * keeps, on the same citizens (common random numbers). */
#ifndef TBS_ROSTER_COMPARE_H
#define TBS_ROSTER_COMPARE_H

#include "kernel/interval.h"
#include "roster/input.h"

enum tbs_roster_figure {
    TBS_SEEN_WITHIN,  /* share served within the promise */
    TBS_SEEN_WAIT,    /* mean wait, seconds */
    TBS_SEEN_LEFT,    /* share that left */
    TBS_SEEN_WINDOWS, /* window hours */
    TBS_SEEN_COUNT
};

/* Of the rostered halls together; means with 95% half-widths over replications. */
struct tbs_roster_seen {
    struct tbs_interval needs[TBS_SEEN_COUNT], roster[TBS_SEEN_COUNT], change[TBS_SEEN_COUNT];
    unsigned reps;
};

/* Runs both over the period. False: *error says why. */
bool tbs_roster_compare(const struct tbs_input *input, const char *scenario_path,
                        const char *plan_path, unsigned long reps, uint64_t seed,
                        struct tbs_roster_seen *seen, char *error, size_t room);

#endif
