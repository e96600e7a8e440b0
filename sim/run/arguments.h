/* arguments.h: the command line of `tongban simulate` and `tongban generate`. One row an option:
 * its name, what it takes, and the sentence of --help. */
#ifndef TBS_RUN_ARGUMENTS_H
#define TBS_RUN_ARGUMENTS_H

#include "run/run.h"

/* X(name, value, "what it takes", "what it does"); value: required or no, as getopt names them.
 */
#define TBS_ARGUMENTS(X)                                                                           \
    X(from, required, "DATE", "first day, 2021-05-22 (default: the demand year's)")                \
    X(to, required, "DATE", "last day, inclusive")                                                 \
    X(days, required, "N", "that many days from the first one")                                    \
    X(seed, required, "N", "of the random streams (default 1)")                                    \
    X(reps, required, "N", "replications (default 1)")                                             \
    X(threads, required, "N", "threads for replications (default: one for each CPU)")              \
    X(warmup, required, "N", "run the first N days without counting them")                         \
    X(until, required, "WHAT", "more replications until e.g. \"wait_p90 +-2%\"")                   \
    X(set, required, "NAME=VALUE", "another value for a rule or a habit; may be repeated")         \
    X(plan, required, "FILE", "another plans.csv")                                                 \
    X(trace, required, "FILE", "citizens from a file instead of drawn ones")                       \
    X(tickets, required, "FILE", "write one row a ticket")                                         \
    X(out, required, "DIR", "write the report and its tables there (generate: the file)")          \
    X(json, no, "", "print summary.json")                                                          \
    X(verify, no, "", "look through the whole city after every day (slow)")                        \
    X(help, no, "", "this")

struct tbs_arguments {
    const char *command;  /* argv[0] */
    const char *scenario; /* folder */
#define X(name, value, takes, does) const char *name;
    TBS_ARGUMENTS(X)
#undef X
    const char **sets;
    uint32_t set_count;
    char plan_name[256]; /* of --plan: the file's name without folder and ending */
    struct tb_label plan_label;
    char line[4096]; /* reproduces the run; without --threads and --out */
};

/* Exit status 0, or 2 with the mistake printed, or -1 when --help was printed. */
int tbs_arguments_read(struct tbs_arguments *arguments, int argc, char **argv, const char *usage);
void tbs_arguments_free(struct tbs_arguments *arguments);

/* Loads the scenario and fills the options; prints every mistake. NULL: exit with status 2. */
struct tb_scenario *tbs_arguments_load(const struct tbs_arguments *arguments,
                                       struct tbs_run_options *options);

/* Does the person at this terminal read Chinese? By LC_ALL, LC_MESSAGES, LANG. */
bool tbs_reads_chinese(void);
enum tb_language tbs_language(void);
const char *tbs_say(const char *zh, const char *en); /* the one of the two that he reads */

#endif
