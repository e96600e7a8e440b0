/* arguments.h: the command line of `tongban roster`; private to the folder. */
#ifndef TBS_ROSTER_ARGUMENTS_H
#define TBS_ROSTER_ARGUMENTS_H

#include "roster/input.h"

/* X(name, variable, value, "what it takes", "what it does" in Chinese and in English) */
#define TBS_ROSTER_ARGUMENTS(X)                                                                    \
    X("staff", staff, required, "FILE", "有哪些人（缺省为方案的 staff.csv）",                      \
      "who there is (default: staff.csv of the scenario)")                                         \
    X("needs", needs, required, "FILE", "plan 写出的 needs.csv，或 plans.csv（缺省为方案自己的）", \
      "needs.csv of a plan, or a plans.csv (default: its own)")                                    \
    X("rules", rules, required, "FILE", "合同、规则、值的表；`--rules help` 列出规则",             \
      "contract,rule,value; `--rules help` lists the rules")                                       \
    X("month", month, required, "2021-06", "排哪个月（缺省为第一个完整的月）",                     \
      "the period: a month (default: the first whole one)")                                        \
    X("from", from, required, "DATE", "起始日",                                                    \
      "the period's first day")                                                                    \
    X("to", to, required, "DATE", "截止日（含）",                                                  \
      "its last day, inclusive")                                                                   \
    X("trade", trade, required, "NAME", "只排这个行业的大厅",                                      \
      "only the halls of this trade")                                                              \
    X("gap", gap, required, "1%", "离最低成本最多差多少（缺省 1%）",                               \
      "how far from the least cost it may be (default 1%)")                                        \
    X("time-limit", time_limit, required, "60s", "最多找多久（缺省 60s）",                         \
      "how long to look for it (default 60s)")                                                     \
    X("short", may_be_short, no, "", "人手不够时，缺得最少",                                       \
      "where people are missing, miss as few as possible")                                         \
    X("solver", solver, required, "NAME", "cbc 或 glpk（缺省 cbc）",                               \
      "cbc or glpk (default cbc)")                                                                 \
    X("reps", reps, required, "N", "比较时重复几次（缺省 10；0 不比较）",                          \
      "replications of the comparison (default 10; 0: none)")                                      \
    X("seed", seed, required, "N", "比较的随机数种子（缺省 1）",                                   \
      "of the comparison (default 1)")                                                             \
    X("out", out, required, "DIR", "把 roster.xlsx、roster.csv、plan.csv、roster.json 写到这里",   \
      "roster.xlsx, roster.csv, plan.csv, roster.json go there")                                   \
    X("json", json, no, "", "输出 roster.json",                                                    \
      "print roster.json")                                                                         \
    X("help", help, no, "", "本说明",                                                              \
      "this")

struct tbs_roster_arguments {
    const char *scenario;
#define X(name, variable, value, takes, zh, en) const char *variable;
    TBS_ROSTER_ARGUMENTS(X)
#undef X
    double gap_share, time_s;
    unsigned long reps_count, seed_number;
};

/* Mistakes are told in the language of the terminal.
 *
 * 0; 2 with the mistake printed; -1 when help was printed. */
int tbs_roster_arguments_read(struct tbs_roster_arguments *arguments, int argc, char **argv);

/* The period within the scenario's days; false with the mistake printed. */
bool tbs_roster_period(const struct tbs_roster_arguments *arguments,
                       const struct tb_scenario *scenario, uint32_t *first, uint32_t *count);

#endif
