/* command.h: the subcommand `tongban plan`; a row of the table in engine/tongban.c. Exit status: 0
 * done, 1 the promise can't be kept everywhere (files are written all the same) or failed, 2 the
 * command line or the scenario is wrong. */
#ifndef TBS_PLAN_COMMAND_H
#define TBS_PLAN_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

int tbs_cmd_plan(int argc, char **argv);

/* "90% within 15 min", "90% 15min", "90% / 900 s": true with share and wait. Pure. */
bool tbs_promise_read(const char *text, double *share, int64_t *wait_us);

/* "99% of cases on time", "99%", "99% 按时": likewise. */
bool tbs_on_time_read(const char *text, double *share);

#endif
