/* trial.c: one setting, simulated. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "tune/tune.h"

#define TBS_KNOB(name, set, values, zh, en) {#name, set, values, zh, en},
const struct tbs_knob tbs_knobs[TBS_KNOB_COUNT] = {
#include "tune/knob.def"
};
#undef TBS_KNOB

/* Windows of a hall that work with another skill set than the trade's first. */
static uint32_t specialised(const struct tb_scenario *s, uint32_t hall)
{
    uint32_t count = 0;

    for (uint32_t w = 0; w < s->halls[hall].window_count; w++) {
        count += s->config.stations[hall].servers[w] != 0;
    }
    return count;
}

/* Is this window one of the last `count` specialised ones of its hall? */
static bool changes(const struct tb_scenario *s, uint32_t hall, uint32_t window, uint32_t count)
{
    uint32_t after = 0;

    for (uint32_t w = window + 1; w < s->halls[hall].window_count; w++) {
        after += s->config.stations[hall].servers[w] != 0;
    }
    return s->config.stations[hall].servers[window] != 0 && after < count;
}

void tbs_generalists_plan(const struct tb_scenario *s, double share, FILE *out)
{
    const int64_t minute = TB_MINUTES(1);

    fprintf(out, "hall,day,from,to,windows,skill\n");
    for (uint32_t h = 0; h < s->hall_count + s->desk_count; h++) {
        /* Without a row all its windows would always be open. */
        fprintf(out, "%s,%s,00:00,00:30,0,\n",
                h < s->hall_count ? s->halls[h].label.id : s->desks[h - s->hall_count].label.id,
                s->day_kinds[0].id);
    }
    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        const uint32_t at = s->servers[shift->server].station;
        const bool hall = at < s->hall_count;
        const uint32_t first =
            hall ? s->halls[at].window_first : s->desks[at - s->hall_count].approver_first;
        const uint32_t number = shift->server - first;
        const bool all_round =
            hall && changes(s, at, number, (uint32_t)(share * specialised(s, at) + 0.5));

        fprintf(out, "%s,%s,%02d:%02d,%02d:%02d,%u~%u,%s\n",
                hall ? s->halls[at].label.id : s->desks[at - s->hall_count].label.id,
                s->day_kinds[shift->day_kind].id, (int)(shift->from_us / minute / 60),
                (int)(shift->from_us / minute % 60), (int)(shift->to_us / minute / 60),
                (int)(shift->to_us / minute % 60), number + 1, number + 1,
                hall ? s->halls[at].skills[all_round ? 0 : shift->profile].id : "");
    }
}

static void problem_tell(const struct tb_scenario_problems *problems, char *error, size_t room)
{
    tb_scenario_problem_text(&problems->problems[0], TB_LANGUAGE_EN, error, room);
}

/* The scenario with all that the setting says but the plan. */
static struct tb_scenario *load(const struct tbs_trial *trial, const struct tbs_setting *setting,
                                const char *plan, char *error, size_t room)
{
    char text[TBS_KNOB_COUNT][64];
    const char *sets[TBS_KNOB_COUNT];
    struct tb_scenario_problems problems = {0};
    uint32_t count = 0;

    for (int k = 0; k < TBS_KNOB_COUNT; k++) {
        if (k != TBS_KNOB_generalists && setting->value[k][0] != '\0') {
            snprintf(text[count], sizeof text[count], "%s=%s", tbs_knobs[k].set,
                     setting->value[k]);
            sets[count] = text[count];
            count++;
        }
    }
    struct tb_scenario *s = tb_scenario_load_with(trial->scenario, sets, count, plan, &problems);
    if (s == NULL) {
        problem_tell(&problems, error, room);
    }
    tb_scenario_problems_free(&problems);
    return s;
}

static struct tb_scenario *load_with_plan(const struct tbs_trial *trial,
                                          const struct tbs_setting *setting, char *error,
                                          size_t room)
{
    const char *share = setting->value[TBS_KNOB_generalists];
    struct tb_scenario *s = load(trial, setting, NULL, error, room);

    if (s == NULL || share[0] == '\0') {
        return s;
    }
    char path[] = "/tmp/tongban-tune-XXXXXX.csv";
    const int fd = mkstemps(path, 4);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        snprintf(error, room, "%s can't be written", path);
        tb_scenario_free(s);
        return NULL;
    }
    tbs_generalists_plan(s, atof(share) / 100, file);
    tb_scenario_free(s);
    s = fclose(file) == 0 ? load(trial, setting, path, error, room) : NULL;
    unlink(path);
    return s;
}

bool tbs_trial_run(const struct tbs_trial *trial, const struct tbs_setting *setting, uint64_t seed,
                   uint32_t reps, double *values, char *error, size_t room)
{
    struct tbs_run_options options;
    struct tbs_run_error why = {{0}};
    struct tb_scenario *s = load_with_plan(trial, setting, error, room);

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
