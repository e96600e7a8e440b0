/* patch.c: what was found, as a scenario that extends the one it was found for. */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "report/file.h"
#include "tune/tune.h"

/* A folder that is still to be made lies in one that is there. False: it has no place. */
static bool place_of(const char *folder, char place[PATH_MAX])
{
    char *text = strdup(folder), *name = strdup(folder), whole[PATH_MAX];
    bool fine = realpath(folder, place) != NULL;

    tbs_assert(text != NULL);
    tbs_assert(name != NULL);
    if (!fine && realpath(dirname(text), whole) != NULL) {
        fine = snprintf(place, PATH_MAX, "%s/%s", strcmp(whole, "/") == 0 ? "" : whole,
                        basename(name)) < PATH_MAX;
    }
    free(text);
    free(name);
    return fine;
}

/* The way from one folder to another, so that both can be moved together. */
static void way_print(const char *from, const char *to, FILE *out)
{
    char own[PATH_MAX], there[PATH_MAX];
    size_t same = 0;

    if (!place_of(from, own) || !place_of(to, there)) {
        fputs(to, out);
        return;
    }
    for (size_t i = 0;; i++) {
        if ((own[i] == '/' || own[i] == '\0') && (there[i] == '/' || there[i] == '\0')) {
            same = i;
        }
        if (own[i] != there[i] || own[i] == '\0') {
            break;
        }
    }
    for (const char *c = own + same; *c != '\0'; c++) {
        fputs(*c == '/' ? "../" : "", out);
    }
    fputs(there[same] == '/' ? there + same + 1 : "", out);
}

static void name_print(const char *key, const char *name, const char *more, FILE *out)
{
    fprintf(out, "  %s: \"", key);
    for (const char *c = name; *c != '\0'; c++) {
        fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    }
    fprintf(out, "%s\"\n", more);
}

static void yaml_print(const struct tbs_trial *trial, const struct tbs_setting *setting,
                       const char *folder, const struct tb_scenario *s, FILE *out)
{
    bool any = false;

    fprintf(out, "# 由 tongban tune 找到。 Found by tongban tune.\nextends: ");
    way_print(folder, trial->scenario, out);
    fputc('\n', out);
    fprintf(out, "name:\n");
    name_print("zh", s->label.zh, "（调参）", out);
    name_print("en", s->label.en, ", tuned", out);
    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        if (tbs_knobs[k].set[0] != '\0' && setting->value[k][0] != '\0') {
            fprintf(out, "%s  - %s = %s\n", any ? "" : "set:\n", tbs_knobs[k].set,
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
        yaml_print(trial, setting, folder, s, stream);
        failed = put(&files, "scenario.yaml", stream, &bytes, &count, error);
        if (failed == 0 && tbs_setting_has_plan(setting)) {
            stream = open_memstream(&bytes, &count);
            tbs_assert(stream != NULL);
            tbs_setting_plan(s, setting, stream);
            failed = put(&files, "plans.csv", stream, &bytes, &count, error);
        }
        if (failed == 0 && tbs_setting_has_plan(setting)) {
            stream = open_memstream(&bytes, &count);
            tbs_assert(stream != NULL);
            tbs_setting_skills(s, stream);
            failed = put(&files, "skills.csv", stream, &bytes, &count, error);
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
