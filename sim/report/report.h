/* Turns results into the files that people read.
 *
 *   summary.json           the headline figures; keys in README.md
 *   halls.csv              a row a hall
 *   intervals.csv          a row a hall, day type and half hour, and the city's own rows
 *   desks.csv              a row a back-office department
 *   replications.csv       a row a replication: what compare pairs
 *   hall-replications.csv  a row a replication and hall
 *   results.xlsx           the same for Excel, with number formats and charts
 *   report.html            one self-contained page, Chinese with an English switch
 *
 * Whole files only: each is written under a temporary name in the same folder, synced, and then
 * renamed; a full disk or a kill never leaves half a file under a final name. Same results, same
 * bytes (wall_s and cases_per_s aside, which are the last keys of summary.json and stand nowhere
 * else).
 *
 * Errors: 0 is success, -1 is failure with *error filled. Threads: any, on different folders.
 * All of it blocks on the file system.
 */
#ifndef TBS_REPORT_REPORT_H
#define TBS_REPORT_REPORT_H

#include <stdio.h>

#include "report/results.h"

struct tbs_report_error {
    int errno_value;            /* 0: not the system's error */
    char path[512];             /* the file concerned; "" if none */
    char text[768];             /* path, what went wrong, and what to do: for a person */
};

enum tbs_report_language { TBS_REPORT_ZH, TBS_REPORT_EN };

/* Writes all files into dir, which is created if it is missing (its parent must exist). With
 * other != NULL report.html shows both runs side by side with paired differences (other is the
 * base: "before"). The results are read only. */
int tbs_report_write(const struct tbs_results *results, const struct tbs_results *other,
                     const char *dir, struct tbs_report_error *error);

/* tongban compare: reads summary.json, replications.csv and hall-replications.csv of two output
 * folders (before, after), pairs the replications by number, prints to out what changed and
 * whether it is more than noise, and writes compare.html into html_dir (NULL: no page), telling
 * first where. Refuses runs that can't be read or paired (-1): another seed, period, or version of
 * the files. TBS_REPORT_UNWRITTEN: the page could not be written. */
enum { TBS_REPORT_UNWRITTEN = -2 };
int tbs_report_compare(const char *before_dir, const char *after_dir, const char *html_dir,
                       enum tbs_report_language language, FILE *out,
                       struct tbs_report_error *error);

/* Refuses results that no writer could print sensibly: missing names, edges out of order, an
 * index out of range. tbs_report_write calls it first. */
int tbs_results_check(const struct tbs_results *results, struct tbs_report_error *error);

/* Whether replications of the two runs may be paired: same seed, same period, and at least one
 * replication each. 0, or -1 with the reason and what to do. */
int tbs_results_pairable(const struct tbs_results *before, const struct tbs_results *after,
                         struct tbs_report_error *error);

#endif
