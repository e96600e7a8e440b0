/* trace.h: citizens from a file, recorded or generated, and the writer of such files.
 *
 *     arrival_at,hall,matter,class,service_s,patience_s[,appointment_at]
 *
 * Columns are found by the names in the first row, in any order. `arrival_at` and `appointment_at`
 * are local time, ISO 8601, or seconds from the start of the scenario's calendar; an appointment
 * with an empty arrival_at is one that is not kept. `hall` and `matter` are ids of the scenario,
 * `class` is normal or green, an empty patience_s is patience without end. UTF-8, with or without a
 * byte order mark. What a trace does not say (channel, several matters, ratings) is drawn as for
 * any citizen.
 *
 * A trace is read whole or not at all: every mistake is listed. Out of memory stops the program. */
#ifndef TBS_RUN_TRACE_H
#define TBS_RUN_TRACE_H

#include "model/demand.h"
#include "run/run.h"

struct tbs_trace_problem {
    uint32_t line, column; /* from 1; column: the cell; 0: the whole line */
    char text[160];        /* what is wrong, and what is allowed */
};

struct tbs_trace_problems {
    struct tbs_trace_problem *problems; /* the caller frees */
    uint32_t count, room;
    uint64_t beyond; /* not kept: more than TBS_TRACE_PROBLEMS_MAX */
};
enum { TBS_TRACE_PROBLEMS_MAX = 1000 };

/* NULL if there is any mistake; all are added to *problems (zeroed before). A file that can't be
 * read is one problem on line 0. */
struct tbs_trace *tbs_trace_read(const char *path, const struct tb_scenario *scenario,
                                 struct tbs_trace_problems *problems);
void tbs_trace_free(struct tbs_trace *trace);

/* Writes the citizens that these options would draw; "-" is standard output. The rows written, or
 * -1 with *error filled. */
int64_t tbs_trace_write(const char *path, const struct tb_scenario *scenario,
                        const struct tbs_run_options *options, struct tbs_run_error *error);

#endif
