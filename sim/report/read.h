/* Reads an output folder back, as far as comparing needs it. Private to sim/report. */
#ifndef TBS_REPORT_READ_H
#define TBS_REPORT_READ_H

#include "report/report.h"

/* Results from summary.json, halls.csv, replications.csv and hall-replications.csv: the run, the
 * city, the halls, the replications, the waits. No half hours, desks or assumptions (their counts
 * are 0). The caller frees them with tbs_results_free. NULL: *error says which file, line and
 * column is not as it was written, and what to do. */
struct tbs_results *tbs_results_read(const char *dir, struct tbs_report_error *error);

/* A CSV file as a table of texts; row 0 holds the headers. */
struct tbs_csv {
    char **cell;                /* [row_count][column_count + 1]; a NULL ends each row */
    size_t row_count, column_count;
    char path[512];
};

/* Reads and checks: every row has as many cells as the header. 0 or -1. */
int tbs_csv_read(struct tbs_csv *csv, const char *dir, const char *name,
                 struct tbs_report_error *error);
void tbs_csv_free(struct tbs_csv *csv);

/* The column with this header, or -1. */
int tbs_csv_column(const struct tbs_csv *csv, const char *header);

/* The text of a cell: never NULL ("" for column -1). Owned by the table. */
const char *tbs_csv_text(const struct tbs_csv *csv, size_t row, int column);

/* The number in a cell; an empty cell and column -1 give NAN. 0, or -1 for what is no number. */
int tbs_csv_number(const struct tbs_csv *csv, size_t row, int column, double *value,
                   struct tbs_report_error *error);

#endif
