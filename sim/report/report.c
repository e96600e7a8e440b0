/* Everything into one folder, at once. */
#include "report/report.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "report/file.h"
#include "report/writers.h"

/* In the order in which they get their names: who finds summary.json finds all the rest. */
static const struct tbs_report_file report_files[] = {
    {"halls.csv", tbs_halls_csv_print},
    {"intervals.csv", tbs_intervals_csv_print},
    {"desks.csv", tbs_desks_csv_print},
    {"replications.csv", tbs_replications_csv_print},
    {"hall-replications.csv", tbs_hall_replications_csv_print},
    {"results.xlsx", tbs_workbook_print},
    {"report.html", tbs_page_print},
    {"summary.json", tbs_summary_print},
};

int tbs_report_file_put(struct tbs_files *files, const struct tbs_report_file *file,
                        const struct tbs_results *results, const struct tbs_results *other,
                        struct tbs_report_error *error)
{
    char *bytes = NULL;
    size_t count = 0;
    FILE *out = open_memstream(&bytes, &count);
    if (out == NULL)
        return tbs_report_fail(error, ENOMEM, "prepare", files->folder, file->name);
    int failed = file->print(results, other, out);
    if (ferror(out) && failed == 0)
        failed = ENOMEM;
    if (fclose(out) != 0 && failed == 0)
        failed = ENOMEM;
    int status = failed != 0
                     ? tbs_report_fail(error, failed, "prepare", files->folder, file->name)
                     : tbs_files_put(files, file->name, bytes, count, error);
    free(bytes);
    return status;
}

static int all_put(const struct tbs_results *results, const struct tbs_results *other,
                   const char *dir, struct tbs_report_error *error)
{
    struct tbs_files files;
    if (tbs_files_open(&files, dir, error) != 0)
        return -1;
    for (size_t i = 0; i < sizeof report_files / sizeof report_files[0]; i++)
        if (tbs_report_file_put(&files, &report_files[i], results, other, error) != 0) {
            tbs_files_drop(&files);
            return -1;
        }
    return tbs_files_publish(&files, error);
}

int tbs_report_write(const struct tbs_results *results, const struct tbs_results *other,
                     const char *dir, struct tbs_report_error *error)
{
    if (tbs_results_check(results, error) != 0)
        return -1;
    if (other != NULL && (tbs_results_check(other, error) != 0 ||
                          tbs_results_pairable(other, results, error) != 0))
        return -1;
    /* A decimal comma must never get into a file, whatever the caller's locale. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return tbs_report_fail(error, ENOMEM, "prepare", dir, NULL);
    locale_t earlier = uselocale(plain);
    int status = all_put(results, other, dir, error);
    uselocale(earlier);
    freelocale(plain);
    return status;
}
