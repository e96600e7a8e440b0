/* whole.h: a long file that appears under its name only when it is complete.
 *
 * Rows go to a temporary file in the same folder; tbs_whole_close syncs and renames it, or removes
 * it. A full disk or a kill never leaves half a file under the final name. Threads: one. Blocking.
 */
#ifndef TBS_RUN_WHOLE_H
#define TBS_RUN_WHOLE_H

#include <stdio.h>

#include "run/run.h"

struct tbs_whole {
    FILE *out; /* written by the owner */
    char *path;
    char *temporary; /* NULL: written in place */
    char *buffer;
};

/* False with *error filled where the file can't be made. What is there already and is no regular
 * file (a pipe, a terminal, /dev/stdout) is written to as it is, and never replaced. */
bool tbs_whole_open(struct tbs_whole *whole, const char *path, struct tbs_run_error *error);

/* Keeps the file or drops it, and frees. False with *error filled if it could not be kept. */
bool tbs_whole_close(struct tbs_whole *whole, bool keep, struct tbs_run_error *error);

/* Text as a CSV cell: quoted where it must be. Returned memory is the caller's. */
char *tbs_csv_cell(const char *text);

#endif
