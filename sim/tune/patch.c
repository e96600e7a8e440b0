/* patch.c: what was found, as a scenario that extends the one it was found for. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "report/file.h"
#include "tune/tune.h"

static void yaml_print(const struct tbs_trial *trial, const struct tbs_setting *setting,
                       const struct tb_scenario *s, FILE *out)
{
    char whole[PATH_MAX];
    bool any = false;

    fprintf(out, "# 由 tongban tune 找到。 Found by tongban tune.\nextends: %s\n",
            realpath(trial->scenario, whole) != NULL ? whole : trial->scenario);
    fprintf(out, "name:\n  zh: \"%s（调参）\"\n  en: \"%s, tuned\"\n", s->label.zh, s->label.en);
    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        if (k != TBS_KNOB_generalists && setting->value[k][0] != '\0') {
            fprintf(out, "%s  - %s = %s\n", any ? "" : "set:\n", tbs_knobs[k].name,
                    setting->value[k]);
            any = true;
        }
    }
}

static int put(struct tbs_files *files, const char *name, FILE *stream, char **bytes,
               size_t *count, struct tbs_report_error *error)
{
    fclose(stream);
    const int failed = tbs_files_put(files, name, *bytes, *count, error);
    free(*bytes);
    return failed;
}

int tbs_patch_write(const struct tbs_trial *trial, const struct tbs_setting *setting,
                    const char *folder, struct tbs_report_error *error)
{
    const char *share = setting->value[TBS_KNOB_generalists];
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load(trial->scenario, &problems);
    struct tbs_files files;
    char *bytes = NULL;
    size_t count = 0;
    int failed = -1;

    tb_scenario_problems_free(&problems);
    if (s != NULL && tbs_files_open(&files, folder, error) == 0) {
        FILE *stream = open_memstream(&bytes, &count);
        tbs_assert(stream != NULL);
        yaml_print(trial, setting, s, stream);
        failed = put(&files, "scenario.yaml", stream, &bytes, &count, error);
        if (failed == 0 && share[0] != '\0') {
            stream = open_memstream(&bytes, &count);
            tbs_assert(stream != NULL);
            tbs_generalists_plan(s, atof(share) / 100, stream);
            failed = put(&files, "plans.csv", stream, &bytes, &count, error);
        }
        if (failed == 0) {
            failed = tbs_files_publish(&files, error);
        } else {
            tbs_files_drop(&files);
        }
    }
    tb_scenario_free(s);
    return failed;
}
