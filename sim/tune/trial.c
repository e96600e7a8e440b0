/* trial.c: one setting, simulated. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "report/report.h"
#include "tune/tune.h"

#define TBS_KNOB(name, set, values, zh, en) {#name, set, values, zh, en},
const struct tbs_knob tbs_knobs[TBS_KNOB_COUNT] = {
#include "tune/knob.def"
};
#undef TBS_KNOB

static void problem_tell(const struct tb_scenario_problems *problems, char *error, size_t room)
{
    tb_scenario_problem_text(&problems->problems[0], TB_LANGUAGE_EN, error, room);
}

struct tb_scenario *tbs_trial_load_patched(const struct tbs_trial *trial,
                                           const struct tbs_setting *setting, char *error,
                                           size_t room)
{
    static const char *const files[] = {"scenario.yaml", "plans.csv", "skills.csv"};
    char folder[] = "/tmp/tongban-tune-XXXXXX", path[64];
    struct tb_scenario_problems problems = {0};
    struct tbs_report_error failed = {0};
    struct tb_scenario *s = NULL;

    if (mkdtemp(folder) == NULL) {
        snprintf(error, room, "%s can't be made", folder);
        return NULL;
    }
    if (tbs_patch_write(trial, setting, folder, &failed) != 0) {
        snprintf(error, room, "%s", failed.text);
    } else if ((s = tb_scenario_load(folder, &problems)) == NULL) {
        problem_tell(&problems, error, room);
    }
    tb_scenario_problems_free(&problems);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
    return s;
}

struct tb_scenario *tbs_trial_load(const struct tbs_trial *trial,
                                   const struct tbs_setting *setting, char *error, size_t room)
{
    char text[TBS_KNOB_COUNT][64];
    const char *sets[TBS_KNOB_COUNT];
    struct tb_scenario_problems problems = {0};
    uint32_t count = 0;

    if (tbs_setting_has_plan(setting)) {
        return tbs_trial_load_patched(trial, setting, error, room);
    }
    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        if (setting->value[k][0] != '\0') {
            snprintf(text[count], sizeof text[count], "%s=%s", tbs_knobs[k].set,
                     setting->value[k]);
            sets[count] = text[count];
            count++;
        }
    }
    struct tb_scenario *s = tb_scenario_load_with(trial->scenario, sets, count, NULL, &problems);
    if (s == NULL) {
        problem_tell(&problems, error, room);
    }
    tb_scenario_problems_free(&problems);
    return s;
}

bool tbs_trial_run(const struct tbs_trial *trial, const struct tbs_setting *setting, uint64_t seed,
                   uint32_t reps, double *values, char *error, size_t room)
{
    struct tbs_run_options options;
    struct tbs_run_error why = {{0}};
    struct tb_scenario *s = tbs_trial_load(trial, setting, error, room);

    if (s == NULL) {
        return false;
    }
    tbs_run_options_init(&options, s);
    options.day_first = trial->day_first;
    options.day_count = trial->day_count;
    options.seed = seed;
    options.replications = reps;
    options.threads = trial->threads < reps ? trial->threads : reps;
    options.picture = false;
    options.stop = trial->stop;
    struct tbs_results *results = tbs_run(s, &options, &why);
    const bool fine = results != NULL && results->shape.replication_count == reps;
    if (fine) {
        memcpy(values, results->replication,
               (size_t)reps * TBS_CITY_METRIC_COUNT * sizeof *values);
    } else {
        snprintf(error, room, "%s", results == NULL ? why.text : "stopped");
    }
    tbs_results_free(results);
    tb_scenario_free(s);
    return fine;
}
