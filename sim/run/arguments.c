#include "run/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base.h"
#include "report/metric.h"

enum { EXIT_USAGE = 2, REPLICATIONS_MAX = 1000000, THREADS_MAX = 1024 };

#define X(name, value, takes, does) ARGUMENT_##name,
enum argument { TBS_ARGUMENTS(X) ARGUMENT_COUNT };
#undef X

bool tbs_reads_chinese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return strncmp(value, "zh", 2) == 0;
        }
    }
    return false;
}

const char *tbs_say(const char *zh, const char *en)
{
    return tbs_reads_chinese() ? zh : en;
}

static int usage_error(const struct tbs_arguments *a, const char *what, const char *value)
{
    fprintf(stderr, "tongban %s: %s%s%s; `tongban %s --help` tells more\n", a->command, what,
            value[0] != '\0' ? " " : "", value, a->command);
    return EXIT_USAGE;
}

static void help_print(const struct tbs_arguments *a, const char *usage)
{
    printf("usage: tongban %s %s\n\n", a->command, usage);
#define X(name, value, takes, does) printf("  --%-8s %-11s %s\n", #name, takes, does);
    TBS_ARGUMENTS(X)
#undef X
}

/* Adds a word to the line that reproduces the run, quoted for a shell where it must be. */
static void line_add(struct tbs_arguments *a, const char *word)
{
    const size_t at = strlen(a->line), room = sizeof a->line - at;
    const bool plain = word[0] != '\0' && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
                                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                            "0123456789_-+=./:,%@")] == '\0';

    snprintf(a->line + at, room, plain ? "%s%s" : "%s'%s'", at > 0 ? " " : "", word);
}

static void argument_set(struct tbs_arguments *a, enum argument which, const char *value)
{
    static const char *const flags[] = {
#define X(name, value, takes, does) "--" #name,
        TBS_ARGUMENTS(X)
#undef X
    };
    const char **const places[] = {
#define X(name, value, takes, does) &a->name,
        TBS_ARGUMENTS(X)
#undef X
    };

    *places[which] = value != NULL ? value : "";
    if (which == ARGUMENT_set) {
        a->sets = realloc(a->sets, (a->set_count + 1) * sizeof *a->sets);
        tbs_assert(a->sets != NULL);
        a->sets[a->set_count++] = value;
    }
    if (which != ARGUMENT_threads && which != ARGUMENT_out && which != ARGUMENT_json) {
        line_add(a, flags[which]);
        if (value != NULL) {
            line_add(a, value);
        }
    }
}

/* A plan is called by its file: "plans/noon.csv" is noon. */
static void plan_name(struct tbs_arguments *a)
{
    const char *slash = strrchr(a->plan, '/');
    const char *name = slash != NULL ? slash + 1 : a->plan;
    const char *dot = strrchr(name, '.');
    const int length = dot != NULL && dot > name ? (int)(dot - name) : (int)strlen(name);

    snprintf(a->plan_name, sizeof a->plan_name, "%.*s", length, name);
    a->plan_label = (struct tb_label){a->plan_name, a->plan_name, a->plan_name};
}

int tbs_arguments_read(struct tbs_arguments *a, int argc, char **argv, const char *usage)
{
#define X(name, value, takes, does) {#name, value##_argument, NULL, ARGUMENT_##name},
    static const struct option options[] = {TBS_ARGUMENTS(X){NULL, 0, NULL, 0}};
#undef X
    char line[sizeof a->line];
    int got;

    memset(a, 0, sizeof *a);
    a->command = argv[0];
    optind = 0; /* anew: a program may read several command lines */
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (got == '?' || got == ':') {
            return usage_error(a, got == '?' ? "there is no option" : "a value is missing after",
                               argv[optind - 1]);
        }
        argument_set(a, (enum argument)got, optarg);
    }
    if (a->plan != NULL) {
        plan_name(a);
    }
    if (a->help != NULL) {
        help_print(a, usage);
        return -1;
    }
    if (optind + 1 != argc) {
        return usage_error(a, optind == argc ? "which scenario?" : "one scenario, not also",
                           optind == argc ? "" : argv[optind + 1]);
    }
    a->scenario = argv[optind];
    snprintf(line, sizeof line, "%s", a->line);
    a->line[0] = '\0';
    line_add(a, "tongban");
    line_add(a, a->command);
    line_add(a, a->scenario);
    const size_t at = strlen(a->line);
    snprintf(a->line + at, sizeof a->line - at, "%s%.*s", line[0] != '\0' ? " " : "",
             (int)(sizeof a->line - at - 2), line);
    return 0;
}

void tbs_arguments_free(struct tbs_arguments *a)
{
    free(a->sets);
    a->sets = NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool number_read(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *value >= least && *value <= most;
}

/* Takes an option that is a number; false with the mistake printed. */
static bool number_take(const struct tbs_arguments *a, const char *name, const char *text,
                        uint64_t least, uint64_t most, uint64_t *value)
{
    char what[96];

    if (text == NULL || number_read(text, least, most, value)) {
        return true;
    }
    snprintf(what, sizeof what, "--%s takes a whole number, %llu to %llu, not", name,
             (unsigned long long)least, (unsigned long long)most);
    usage_error(a, what, text);
    return false;
}

static bool date_take(const struct tbs_arguments *a, const char *name, const char *text,
                      const struct tb_scenario *s, uint32_t *day)
{
    char what[160];
    int year, month, mday, end = 0;

    if (text == NULL) {
        return true;
    }
    const struct tb_scenario_day *first = &s->days[0], *last = &s->days[s->day_count - 1];
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &mday, &end) == 3 && text[end] == '\0') {
        *day = tb_scenario_day_find(s, year, month, mday);
        if (*day != TB_NONE) {
            return true;
        }
    }
    snprintf(what, sizeof what, "--%s takes a date from %04d-%02d-%02d to %04d-%02d-%02d, not",
             name, first->year, first->month, first->day, last->year, last->month, last->day);
    usage_error(a, what, text);
    return false;
}

static bool period_take(const struct tbs_arguments *a, const struct tb_scenario *s,
                        struct tbs_run_options *options)
{
    uint32_t from = options->day_first, to = options->day_first + options->day_count - 1;
    uint64_t days = 0, warm_up = 0;

    if (!date_take(a, "from", a->from, s, &from) || !date_take(a, "to", a->to, s, &to) ||
        !number_take(a, "days", a->days, 1, 1000000, &days) ||
        !number_take(a, "warmup", a->warmup, 0, 1000000, &warm_up)) {
        return false;
    }
    if (a->from != NULL && a->to == NULL && from > to) {
        to = s->day_count - 1;
    }
    if (days > 0) {
        if (from + days > s->day_count) {
            usage_error(a, "the calendar has not so many days: --days", a->days);
            return false;
        }
        to = from + (uint32_t)days - 1;
    }
    if (from > to) {
        usage_error(a, "the last day is before the first one", "");
        return false;
    }
    options->day_first = from;
    options->day_count = to - from + 1;
    if (warm_up >= options->day_count) {
        usage_error(a, "nothing is left to count after --warmup", a->warmup);
        return false;
    }
    options->warm_up_days = (uint32_t)warm_up;
    return true;
}

/* "wait_p90 +-2%": a figure by its key, without its unit if that is clear. */
static bool until_take(const struct tbs_arguments *a, struct tbs_until *until)
{
    char key[64], rest[8];
    double per_cent;

    if (a->until == NULL) {
        return true;
    }
    if (sscanf(a->until, "%63s +-%lf%7s", key, &per_cent, rest) != 3 || strcmp(rest, "%") != 0 ||
        !(per_cent > 0)) {
        usage_error(a, "--until takes a figure and how narrow, like \"wait_p90 +-2%\", not",
                    a->until);
        return false;
    }
    for (int i = 0; i < TBS_CITY_METRIC_COUNT; i++) {
        const char *name = tbs_city_metrics[i].key;
        const size_t length = strlen(key);
        if (strncmp(name, key, length) == 0 &&
            (name[length] == '\0' || strcmp(name + length, "_s") == 0)) {
            *until = (struct tbs_until){(enum tbs_city_metric)i, per_cent / 100};
            return true;
        }
    }
    usage_error(a, "--until names a key of summary.json, not", key);
    return false;
}

static bool options_take(const struct tbs_arguments *a, const struct tb_scenario *s,
                         struct tbs_run_options *options)
{
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t seed = 1, reps = a->until != NULL ? 10000 : 1, threads = cpus > 0 ? (uint64_t)cpus : 1;

    if (!period_take(a, s, options) || !until_take(a, &options->until) ||
        !number_take(a, "seed", a->seed, 0, UINT64_MAX, &seed) ||
        !number_take(a, "reps", a->reps, 1, REPLICATIONS_MAX, &reps) ||
        !number_take(a, "threads", a->threads, 1, THREADS_MAX, &threads)) {
        return false;
    }
    options->seed = seed;
    options->replications = (uint32_t)reps;
    options->threads = (uint32_t)(threads < reps ? threads : reps);
    options->tickets_path = a->tickets;
    options->plan = a->plan != NULL ? &a->plan_label : NULL;
    options->verify = a->verify != NULL;
    options->command = a->line;
    options->version = "0.1";
    return true;
}

enum tb_language tbs_language(void)
{
    return tbs_reads_chinese() ? TB_LANGUAGE_ZH : TB_LANGUAGE_EN;
}

/* Files that are not plain UTF-8 are named with what they were read as: GB18030 is a guess. */
static void encodings_print(const struct tb_scenario *s)
{
    for (uint32_t i = 0; i < s->file_count; i++) {
        const struct tb_scenario_file *file = &s->files[i];
        if (file->crlf || strcmp(file->encoding, "UTF-8") != 0) {
            fprintf(stderr, "%s: %s%s\n", file->path, file->encoding, file->crlf ? ", CRLF" : "");
        }
    }
}

struct tb_scenario *tbs_arguments_load(const struct tbs_arguments *a,
                                       struct tbs_run_options *options)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario =
        tb_scenario_load_with(a->scenario, a->sets, a->set_count, a->plan, &problems);

    if (scenario == NULL) {
        tb_scenario_problems_print(&problems, tbs_language(), stderr);
    } else {
        tbs_run_options_init(options, scenario);
        if (options_take(a, scenario, options)) {
            encodings_print(scenario);
        } else {
            tb_scenario_free(scenario);
            scenario = NULL;
        }
    }
    tb_scenario_problems_free(&problems);
    return scenario;
}
