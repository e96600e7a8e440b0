/* arguments.h: the command line of `tongban plan`; private to the folder. Mistakes are told in the
 * language of the terminal. */
#ifndef TBS_PLAN_ARGUMENTS_H
#define TBS_PLAN_ARGUMENTS_H

#include "plan/plan.h"
#include "run/options.h"

/* X(name, value, "what it takes", "what it does" in Chinese and in English), as in run/arguments.h.
 */
#define TBS_PLAN_ARGUMENTS(X)                                                                      \
    X(day, required, "DAY", "日类型（saturday、workday）、mon .. sun 或 week（缺省 saturday）",    \
      "kind of day (saturday, workday), mon .. sun, week (default saturday)")                      \
    X(promise, required, "TEXT", "\"90% 15分钟内\"（缺省为方案的承诺）",                           \
      "\"90% within 15 min\" (default: the scenario's)")                                           \
    X(abandon, required, "SHARE", "并且中途离开的不超过：5%",                                  \
      "and no more than so many leave: 5%")                                                        \
    X(desks, no, "", "审批岗的人数：--promise \"99% 按时办结\"",                                   \
      "the approvers of desks: --promise \"99% of cases on time\"")                                \
    X(hours, required, "FROM-TO", "只排这些时段的窗口：中午 12:00-14:00",                          \
      "only the windows of these hours: 12:00-14:00 at noon")                                      \
    X(confidence, required, "SHARE", "守住承诺的置信度（缺省 95%）",                               \
      "that the promise is kept (default 95%)")                                                    \
    X(hall, required, "HALL", "只排这个大厅", "only this hall")                                    \
    X(budget, required, "HOURS", "这么多窗口小时能买到的最好承诺",                                 \
      "the best promise that so many window hours buy")                                            \
    X(windows, required, "N", "每厅最多几个窗口（缺省为现有窗口）",                                \
      "at most so many windows a hall (default: as many as it has)")                               \
    X(each, no, "", "承诺在每个半小时都成立，不只是全天",                                          \
      "the promise holds in each half hour, not only over the day")                                \
    X(always, no, "", "并且任何时刻都成立：每个半小时的开头和结尾也算",                            \
      "and at any time: at the beginning and end of each half hour too")                           \
    X(flat, no, "", "全天窗口数不变", "the same number of windows all day")                        \
    X(effort, required, "N", "模拟 N 倍的日子：更接近最少（缺省 1）",                              \
      "simulate N times as many days: closer to the least (default 1)")                            \
    X(alone, no, "", "不再把方案放进整座城市验证",                                                 \
      "don't show the plan in the whole city afterwards")                                          \
    X(seed, required, "N", "随机数种子（缺省 1）", "of the random streams (default 1)")            \
    X(threads, required, "N", "线程数（缺省每个 CPU 一个）",                                 \
      "threads (default: one for each CPU)")                                                       \
    X(set, required, "NAME=VALUE", "改一条规则或习惯的值；可写多次",                               \
      "another value for a rule or a habit; may be repeated")                                      \
    X(out, required, "DIR", "把 needs.csv、plan.csv、plan.json 写到这里",                          \
      "write needs.csv, plan.csv and plan.json there")                                             \
    X(json, no, "", "输出 plan.json", "print plan.json")                                           \
    X(help, no, "", "本说明", "this")

struct tbs_plan_arguments {
    const char *scenario;
#define X(name, value, takes, zh, en) const char *name;
    TBS_PLAN_ARGUMENTS(X)
#undef X
    struct tbs_option_sets sets; /* texts: to be freed */
};

/* 0; 2 with the mistake printed; -1 when help was printed. */
int tbs_plan_arguments_read(struct tbs_plan_arguments *arguments, int argc, char **argv);

/* What they say of this scenario; 0, or 2 with the mistake printed. */
int tbs_plan_options_read(const struct tbs_plan_arguments *arguments,
                          const struct tb_scenario *scenario, struct tbs_plan_options *options);

/* Prints `what 'value'; allowed`, the last one if there is any; 2. */
int tbs_plan_wrong(const char *what, const char *value, const char *allowed);

#endif
