/* The writers, one a file. Private to sim/report.
 *
 * Each prints a whole file to out (a memory stream: it can only run out of memory) and returns 0,
 * or an errno value. They read the results, keep nothing, and expect the thread's locale to be
 * "C" (tbs_report_write sees to that). other is what the page compares with (before; results:
 * after), or NULL; the rest ignore it. */
#ifndef TBS_REPORT_WRITERS_H
#define TBS_REPORT_WRITERS_H

#include <jansson.h>
#include <stdio.h>

#include "report/file.h"

/* Goes up when a key of summary.json or a column changes its meaning. */
#define TBS_SUMMARY_FORMAT 1

typedef int tbs_printer(const struct tbs_results *results, const struct tbs_results *other,
                        FILE *out);

tbs_printer tbs_summary_print;
tbs_printer tbs_halls_csv_print;
tbs_printer tbs_intervals_csv_print;
tbs_printer tbs_desks_csv_print;
tbs_printer tbs_replications_csv_print;
tbs_printer tbs_hall_replications_csv_print;
tbs_printer tbs_workbook_print;
tbs_printer tbs_page_print;

struct tbs_report_file {
    const char *name;
    tbs_printer *print;
};

/* Prints one file and puts it into the set. 0 or -1. */
int tbs_report_file_put(struct tbs_files *files, const struct tbs_report_file *file,
                        const struct tbs_results *results, const struct tbs_results *other,
                        struct tbs_report_error *error);

/* A double as JSON: null for NAN and infinities, an integer when it is whole. */
json_t *tbs_json_number(double value);
json_t *tbs_json_text(const char *value); /* NULL: null */
json_t *tbs_json_name(const struct tbs_name *value);
/* 64 bits don't fit a JSON reader's double: seeds and hashes are strings, by PRIu64 or PRIx64. */
json_t *tbs_json_word(const char *format, uint64_t value);

#endif
