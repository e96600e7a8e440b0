#include "fit/fit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fit/log.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, IDLE_MIN = 15, IDLE_MIN_MOST = 24 * 60 };

static const char usage[] =
    "usage: tongban fit KIND LOG --out DIR [--scenario DIR] [--idle MINUTES]\n"
    "                   [--recorded | --tireless]\n"
    "用法：tongban fit 记录类型 记录文件 --out 文件夹 [--scenario 方案文件夹] [--idle 分钟]\n"
    "\n"
    "Makes of a recorded log a trace (DIR/calls.csv) and a plan a day (DIR/plans), replays each\n"
    "day, and prints recorded against simulated waits and who left (DIR/comparison.csv).\n"
    "由真实记录生成仿真的来客与每日班表，逐日重放，并列出记录与仿真的等候与流失。\n"
    "\n"
    "  KIND        bank: a telephone centre's calls (tab-separated; scenario sim/scenarios/bank)\n"
    "  --scenario  the rules, skills and calendar that the log belongs to\n"
    "  --idle      an agent without a call for so long (15 min) is not at work\n"
    "  --recorded  agents pause where they let a caller wait in the record: no prediction\n"
    "  --tireless  agents take the next call at once\n"
    "Without either, agents pause after a call as they did on the other half of the days.\n"
    "缺省时，座席在每通之后的停顿取自另一半日子：每一天的等候都不用它自己的记录来推断。\n";

struct request {
    const char *kind, *path, *out, *scenario;
    uint32_t idle_min;
    enum tbs_pauses pauses;
    bool help;
};

/* One row a kind of log. */
static const struct kind {
    const char *name, *scenario;
    bool (*read)(struct tbs_log *log, const char *path);
} kinds[] = {
    {"bank", "sim/scenarios/bank", tbs_bank_read},
};

static int mistake(const char *what, const char *value)
{
    fprintf(stderr, "tongban fit: %s%s; `tongban fit --help` tells more\n", what, value);
    return EXIT_USAGE;
}

static bool minutes_read(const char *text, uint32_t *minutes)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    *minutes = (uint32_t)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value <= IDLE_MIN_MOST;
}

static int request_read(struct request *r, int argc, char **argv)
{
    *r = (struct request){.idle_min = IDLE_MIN};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            r->help = true;
        } else if (strcmp(word, "--tireless") == 0) {
            r->pauses = TBS_PAUSES_NONE;
        } else if (strcmp(word, "--recorded") == 0) {
            r->pauses = TBS_PAUSES_RECORDED;
        } else if (word[0] == '-' && i + 1 == argc) {
            return mistake("there is no such option, or its value is missing: ", word);
        } else if (strcmp(word, "--out") == 0) {
            r->out = argv[++i];
        } else if (strcmp(word, "--scenario") == 0) {
            r->scenario = argv[++i];
        } else if (strcmp(word, "--idle") == 0) {
            if (!minutes_read(argv[++i], &r->idle_min)) {
                return mistake("--idle takes whole minutes, 0 to 1440, not ", argv[i]);
            }
        } else if (word[0] == '-') {
            return mistake("there is no option ", word);
        } else if (r->kind == NULL) {
            r->kind = word;
        } else if (r->path == NULL) {
            r->path = word;
        } else {
            return mistake("one log, not also ", word);
        }
    }
    if (!r->help && (r->path == NULL || r->out == NULL)) {
        return mistake(r->kind == NULL   ? "which kind of log?"
                       : r->path == NULL ? "which log?"
                                         : "where to? (--out DIR)",
                       "");
    }
    return 0;
}

static int problems_print(const struct tbs_log *log, const char *path)
{
    for (uint32_t i = 0; i < log->problem_count && i < TBS_FIT_PROBLEMS; i++) {
        fprintf(stderr, "%s:%u: %s\n", path, log->problems[i].line, log->problems[i].text);
    }
    if (log->problem_count > TBS_FIT_PROBLEMS) {
        fprintf(stderr, "%s: and %u mistakes more\n", path,
                log->problem_count - TBS_FIT_PROBLEMS);
    }
    return EXIT_USAGE;
}

/* All is well with the log and it fits the scenario: write, replay, compare. */
static int fit_run(struct tbs_log *log, const struct tbs_fit_place *place, const char *folder,
                   const struct request *r)
{
    struct tbs_run_error error = {{0}};
    const int32_t idle_s = (int32_t)r->idle_min * 60;
    struct tbs_fit_cell *cells =
        calloc((size_t)log->date_count * TBS_FIT_HOURS, sizeof *cells);

    tbs_assert(cells != NULL);
    tbs_force_find(log, idle_s, r->pauses == TBS_PAUSES_RECORDED);
    tbs_pause_draw(log, idle_s);
    tbs_patience_draw(log);
    const bool fine = tbs_fit_write(log, place, r->out, &error) &&
                      tbs_fit_replay(log, place, folder, r->out, r->pauses, cells, &error) &&
                      tbs_fit_judge(log, idle_s, r->pauses, cells, r->out, &error);
    free(cells);
    if (!fine) {
        fprintf(stderr, "tongban fit: %s\n", error.text);
        return EXIT_FAILED;
    }
    return 0;
}

static int fit(const struct kind *kind, const struct request *r)
{
    const char *folder = r->scenario != NULL ? r->scenario : kind->scenario;
    struct tb_scenario_problems problems = {0};
    struct tbs_fit_place place = {0};
    struct tbs_log log = {0};
    int status = EXIT_USAGE;

    struct tb_scenario *scenario = tb_scenario_load(folder, &problems);
    if (scenario == NULL) {
        fprintf(stderr, "%s: %s; `tongban check %s` tells more\n", folder, problems.problems[0].en,
                folder);
    } else if (!kind->read(&log, r->path) || !tbs_fit_place_find(&place, &log, scenario)) {
        status = problems_print(&log, r->path);
    } else {
        status = fit_run(&log, &place, folder, r);
    }
    tbs_fit_place_free(&place);
    tbs_log_free(&log);
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    return status;
}

int tbs_cmd_fit(int argc, char **argv)
{
    struct request request;

    if (request_read(&request, argc, argv) != 0) {
        return EXIT_USAGE;
    }
    if (request.help) {
        fputs(usage, stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, request.kind) == 0) {
            return fit(&kinds[i], &request);
        }
    }
    return mistake("the kinds of logs are: bank; not ", request.kind);
}
