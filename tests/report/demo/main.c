/* Writes the reports that the browser check looks at: demo FOLDER.
 *   FOLDER/plain   one run        FOLDER/small    the smallest run
 *   FOLDER/both    two runs       FOLDER/hostile  names that attack the page
 *   FOLDER/compare compare.html   FOLDER/one      one replication: no intervals
 *   FOLDER/saturday  only Saturdays */
#include <stdio.h>
#include <stdlib.h>

#include "report/report.h"
#include "report/synthetic.h"

static void write_or_exit(struct tbs_results *results, struct tbs_results *other,
                          const char *folder, const char *name)
{
    struct tbs_report_error error;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (tbs_report_write(results, other, path, &error) != 0) {
        fprintf(stderr, "demo: %s\n", error.text);
        exit(1);
    }
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: demo FOLDER\n");
        return 2;
    }
    const char *folder = arguments[1];
    struct tbs_results *plain =
        synthetic_city(&(struct synthetic_options){.seed = 42, .replications = 20});
    struct tbs_results *more = synthetic_city(&(struct synthetic_options){
        .seed = 42, .replications = 20, .saturday_windows_more = 1});
    struct tbs_results *hostile = synthetic_city(
        &(struct synthetic_options){.seed = 42, .replications = 3, .hostile = true});
    struct tbs_results *one =
        synthetic_city(&(struct synthetic_options){.seed = 42, .replications = 1});
    struct tbs_results *small = synthetic_smallest();
    write_or_exit(plain, NULL, folder, "plain");
    write_or_exit(more, plain, folder, "both");
    write_or_exit(hostile, NULL, folder, "hostile");
    write_or_exit(one, NULL, folder, "one");
    one->day_count[TBS_DAY_WORKDAY] = 0;
    write_or_exit(one, NULL, folder, "saturday");
    write_or_exit(small, NULL, folder, "small");
    char before[1024], after[1024], html[1024];
    snprintf(before, sizeof before, "%s/plain", folder);
    snprintf(after, sizeof after, "%s/both", folder);
    snprintf(html, sizeof html, "%s/compare", folder);
    struct tbs_report_error error;
    if (tbs_report_compare(before, after, html, TBS_REPORT_ZH, stdout, &error) != 0) {
        fprintf(stderr, "demo: %s\n", error.text);
        return 1;
    }
    tbs_results_free(plain);
    tbs_results_free(more);
    tbs_results_free(hostile);
    tbs_results_free(one);
    tbs_results_free(small);
    return 0;
}
