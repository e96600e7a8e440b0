/* arguments.h: the command line of `tongban roster`; private to the folder. */
#ifndef TBS_ROSTER_ARGUMENTS_H
#define TBS_ROSTER_ARGUMENTS_H

#include "roster/input.h"

/* X(name, variable, value, "what it takes", "what it does") */
#define TBS_ROSTER_ARGUMENTS(X)                                                                    \
    X("staff", staff, required, "FILE", "who there is (default: staff.csv of the scenario)")       \
    X("needs", needs, required, "FILE", "needs.csv of a plan, or a plans.csv (default: its own)")  \
    X("rules", rules, required, "FILE", "contract,rule,value; `--rules help` lists the rules")     \
    X("month", month, required, "2021-06", "the period: a month (default: the first whole one)")   \
    X("from", from, required, "DATE", "the period's first day")                                    \
    X("to", to, required, "DATE", "its last day, inclusive")                                       \
    X("trade", trade, required, "NAME", "only the halls of this trade")                            \
    X("gap", gap, required, "1%", "how far from the least cost it may be (default 1%)")            \
    X("time-limit", time_limit, required, "60s", "how long to look for it (default 60s)")          \
    X("short", may_be_short, no, "", "where people are missing, miss as few as possible")          \
    X("solver", solver, required, "NAME", "cbc or glpk (default cbc)")                             \
    X("reps", reps, required, "N", "replications of the comparison (default 10; 0: none)")         \
    X("seed", seed, required, "N", "of the comparison (default 1)")                                \
    X("out", out, required, "DIR", "roster.xlsx, roster.csv, plan.csv, roster.json go there")      \
    X("json", json, no, "", "print roster.json")                                                   \
    X("help", help, no, "", "this")

struct tbs_roster_arguments {
    const char *scenario;
#define X(name, variable, value, takes, does) const char *variable;
    TBS_ROSTER_ARGUMENTS(X)
#undef X
    double gap_share, time_s;
    unsigned long reps_count, seed_number;
};

/* 0; 2 with the mistake printed; -1 when help was printed. */
int tbs_roster_arguments_read(struct tbs_roster_arguments *arguments, int argc, char **argv);

/* The period within the scenario's days; false with the mistake printed. */
bool tbs_roster_period(const struct tbs_roster_arguments *arguments,
                       const struct tb_scenario *scenario, uint32_t *first, uint32_t *count);

#endif
