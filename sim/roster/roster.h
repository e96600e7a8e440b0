/* roster.h: from windows needed per half hour to people and their shifts.
 *
 * A *post* is a skill at a hall; a *need* is how many people a post wants in a half hour of a day;
 * a *shift* is a run of half hours of work with at most one break. A *roster* gives each person at
 * most one post and shift a day, so that every need is met, every rule of rule.def kept, and the
 * cost (hours; Saturdays at saturday_pay) least.
 *
 * Method. Set covering by shifts (Dantzig 1954) with people alike counted, not named, so that the
 * program has no symmetry between them; then named people are put to the counted shifts (the
 * decomposition into days and tours of Burns and Carter 1985, Van den Bergh et al. 2013):
 *   1. per island of posts that share people: integers n[people alike, day, post, shift]; their
 *      rules are those of the persons, summed up. Every roster is a solution of it, so its
 *      bound holds for rosters: the gap is told against this bound and is honest.
 *   2. per group of people alike: who works when, by a program of feasibility. If the counted
 *      shifts can be given to nobody, both programs are solved as one, from the bound of the first.
 * If there is no roster, rules are taken away one by one while it stays impossible (deletion
 * filter, Chinneck and Dravnieks 1991): the rest is a smallest set that clashes; and elastic
 * needs (a price on each window that is missing) tell where and how many people are missing.
 *
 * Days are those of the period, in order; half hours count from midnight. Owner: who fills a
 * problem frees what it points to; tbs_roster_free frees a roster. Blocking. */
#ifndef TBS_ROSTER_ROSTER_H
#define TBS_ROSTER_ROSTER_H

#include <stddef.h>
#include <stdint.h>

#include "roster/mip.h"

enum { TBS_HALF_HOURS = 48 };

#define TBS_ROSTER_RULE(name, ...) TBS_RULE_##name,
enum tbs_roster_rule {
#include "roster/rule.def"
    TBS_RULE_COUNT
};
#undef TBS_ROSTER_RULE

enum tbs_roster_unit { TBS_RULE_HOURS, TBS_RULE_CLOCK, TBS_RULE_COUNTED, TBS_RULE_PERCENT };

struct tbs_roster_rule_row {
    const char *name, *zh, *en;
    enum tbs_roster_unit unit;
    int standard, least, most;
};
extern const struct tbs_roster_rule_row tbs_roster_rules[TBS_RULE_COUNT];

struct tbs_contract {
    const char *id;
    int rule[TBS_RULE_COUNT];
};

struct tbs_post {
    uint32_t hall, profile; /* of the scenario */
    const char *hall_id, *hall_zh, *skill_id, *skill_zh;
};

struct tbs_person {
    const char *id, *name;
    uint32_t contract;
    bool saturday;      /* may work on Saturdays */
    int saturdays;      /* worked in this quarter before the period */
    const bool *posts;  /* [post_count] that he can fill */
    const bool *away;   /* [day_count] */
};

struct tbs_roster_day {
    int year, month, day, weekday; /* 0: Monday */
    uint32_t number;               /* in the scenario's calendar */
    int week, quarter;             /* counted from any start */
    bool saturday;                 /* and no make-up workday */
};

struct tbs_roster_problem {
    const struct tbs_contract *contracts;
    const struct tbs_post *posts;
    const struct tbs_person *people;
    const struct tbs_roster_day *days;
    const uint16_t *need; /* [day][post][TBS_HALF_HOURS] */
    int contract_count, post_count, person_count, day_count;
};

static inline const uint16_t *tbs_need(const struct tbs_roster_problem *p, int day, int post)
{
    return &p->need[((size_t)day * p->post_count + post) * TBS_HALF_HOURS];
}

/* Half hours as bits; a break is a hole. */
struct tbs_shift_form {
    uint64_t works;
    int from, to, hours; /* half hours: begins, ends, works (breaks not counted) */
};

struct tbs_duty {
    int post; /* -1: off */
    struct tbs_shift_form shift;
};

/* What may be lifted to find a clash; SHORT: needs may be missed at a price. */
#define TBS_ROSTER_CLASHES(X)                                                                      \
    X(WEEK_HOURS, "week_hours 每周工时", "week_hours: hours a week")                               \
    X(WEEK_DAYS, "week_days 每周天数", "week_days: days a week")                                   \
    X(ROW_DAYS, "row_days 连续工作天数", "row_days: days in a row")                                \
    X(REST_DAYS, "rest_days 周六后补休", "rest_days: a day off after a Saturday")                  \
    X(SATURDAY_MOST, "saturday_most 每季度周六数", "saturday_most: Saturdays a quarter")           \
    X(SATURDAY_SPREAD, "saturday_spread 周六公平", "saturday_spread: fairness of Saturdays")       \
    X(SATURDAY_NO, "staff.csv 周六：不排周六的人", "staff.csv saturday: who doesn't work then") \
    X(AWAY, "staff.csv 请假", "staff.csv away: leave")                                             \
    X(SKILLS, "staff.csv 技能", "staff.csv skills: who can fill which post")                       \
    X(SHIFTS, "shift_least..shift_most 班长", "shift_least, shift_most: lengths of shifts")        \
    X(BREAKS, "stretch_most、break_* 休息", "stretch_most, break_*: breaks")

#define X(ID, zh, en) TBS_CLASH_##ID,
enum tbs_clash { TBS_ROSTER_CLASHES(X) TBS_CLASH_COUNT };
#undef X

struct tbs_roster_progress {
    int island, island_count;
    const char *step; /* "shifts", "people", "whole" */
    double cost, bound; /* half hours; cost TBS_MIP_NONE: no roster yet */
};

struct tbs_roster_options {
    enum tbs_mip_solver solver;
    double gap, time_s;
    bool may_be_short; /* needs may be missed, as few as possible */
    uint32_t lifted;   /* bits 1 << enum tbs_clash: rules not to be kept */
    void (*progress)(void *context, const struct tbs_roster_progress *progress);
    void *progress_context;
};

/* A half hour of a day at a post where people are missing. */
struct tbs_shortage {
    int day, post, from, to, missing;
};

struct tbs_roster {
    enum tbs_mip_status status;
    double cost, bound;     /* half hours, Saturdays at saturday_pay; missing ones at their price */
    double gap;             /* (cost - bound) / cost */
    double wall_s;
    int island_count, variable_count, whole_count; /* islands; integers; islands solved as one */
    int blocked;            /* INFEASIBLE, UNKNOWN: a post of the island in question */
    struct tbs_duty *duty;  /* [person][day]; NULL without a roster */
    int person_count, day_count;
    struct tbs_shortage *shortages; /* may_be_short: where */
    int shortage_count;
};

/* A roster, or its status says why there is none. The roster is freed by tbs_roster_free. */
void tbs_roster_solve(const struct tbs_roster_problem *problem,
                      const struct tbs_roster_options *options, struct tbs_roster *roster);
/* The same, but hardly ever empty-handed: where neither a roster nor a proof that there is none is
 * found in time, people may be missing after all, as few as possible (in as much time again, a
 * minute at least). True: so it was tried. */
bool tbs_roster_solve_anyway(const struct tbs_roster_problem *problem,
                             const struct tbs_roster_options *options, struct tbs_roster *roster);
void tbs_roster_free(struct tbs_roster *roster);

/* Why there is none: clashes (bits) that together make it impossible; a set of which no part
 * alone does. `alone`: those of them whose lifting alone would be enough. 0: too few people
 * for the needs under any rules. */
struct tbs_roster_why {
    uint32_t clashes, alone;
    bool sure; /* every step was decided within its time */
};
void tbs_roster_explain(const struct tbs_roster_problem *problem,
                        const struct tbs_roster_options *options, struct tbs_roster_why *why);
const char *tbs_clash_name(enum tbs_clash clash, bool zh);

/* The shifts that a contract allows, shortest first; the count. Those longer than stretch_most
 * have one break, the others none. *forms is the caller's. */
int tbs_shift_forms(const struct tbs_contract *contract, uint32_t lifted,
                    struct tbs_shift_form **forms);

/* An independent look: every need and every rule, from the duties alone. The number of breaches;
 * the first ones are written to `told` (room bytes), one a line. */
int tbs_roster_check(const struct tbs_roster_problem *problem, const struct tbs_roster *roster,
                     bool may_be_short, char *told, size_t room);

#endif
