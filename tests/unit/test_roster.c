/* Rosters: every rule by the independent checker on random teams; the optimum of small ones by
 * trying all; impossible ones name the rules that clash. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/random.h"
#include "roster/roster.h"

enum { PEOPLE = 60, DAYS = 26, POSTS = 5 };

struct sample {
    struct tbs_roster_problem problem;
    struct tbs_contract contracts[2];
    struct tbs_post posts[POSTS];
    struct tbs_person people[PEOPLE];
    struct tbs_roster_day days[DAYS];
    bool fills[PEOPLE][POSTS], away[PEOPLE][DAYS];
    uint16_t need[DAYS * POSTS * TBS_HALF_HOURS];
};

static uint64_t luck;

static int below(int count)
{
    luck = luck * 6364136223846793005u + 1442695040888963407u;
    return (int)((luck >> 33) % (uint64_t)count);
}

static void standard(struct tbs_contract *contract, const char *id)
{
    contract->id = id;
    for (int r = 0; r < TBS_RULE_COUNT; r++) {
        contract->rule[r] = tbs_roster_rules[r].standard;
    }
}

/* Weeks of six days from a Monday on; one post fewer people wanted on Saturdays. */
static void sample_open(struct sample *s, int people, int days, int posts)
{
    memset(s, 0, sizeof *s);
    standard(&s->contracts[0], "full");
    standard(&s->contracts[1], "part");
    s->contracts[1].rule[TBS_RULE_shift_least] = 6;
    s->contracts[1].rule[TBS_RULE_shift_most] = 8;
    s->contracts[1].rule[TBS_RULE_week_hours] = 40;
    s->problem = (struct tbs_roster_problem){
        .contracts = s->contracts, .posts = s->posts, .people = s->people, .days = s->days,
        .need = s->need, .contract_count = 2, .post_count = posts, .person_count = people,
        .day_count = days};
    for (int i = 0; i < people; i++) {
        s->people[i] = (struct tbs_person){.id = "p", .name = "p", .saturday = true,
                                           .posts = s->fills[i], .away = s->away[i]};
        s->fills[i][0] = true;
    }
    for (int d = 0; d < days; d++) {
        s->days[d] = (struct tbs_roster_day){.weekday = d % 6, .week = d / 6,
                                             .quarter = d / 18, .saturday = d % 6 == 5};
    }
}

static void want(struct sample *s, int day, int post, int from, int to, int count)
{
    for (int h = from; h < to; h++) {
        s->need[(day * s->problem.post_count + post) * TBS_HALF_HOURS + h] = (uint16_t)count;
    }
}

static void solve(const struct sample *s, struct tbs_roster *roster, bool may_be_short)
{
    const struct tbs_roster_options options = {
        .gap = 0.0, .time_s = 20, .may_be_short = may_be_short};

    tbs_roster_solve(&s->problem, &options, roster);
}

/* ---- every rule ------------------------------------------------------------------------------ */

static void draw_team(struct sample *s)
{
    const int people = 5 + below(6), posts = 1 + below(2);

    sample_open(s, people, 6 * (2 + below(2)), posts);
    for (int i = 0; i < people; i++) {
        s->people[i].contract = below(3) == 0;
        s->people[i].saturday = below(6) > 0;
        s->people[i].saturdays = below(3);
        for (int k = 1; k < posts; k++) {
            s->fills[i][k] = below(2) == 0;
        }
        for (int d = 0; d < s->problem.day_count; d++) {
            s->away[i][d] = below(12) == 0;
        }
    }
    s->contracts[0].rule[TBS_RULE_row_days] = 4 + below(3);
    s->contracts[0].rule[TBS_RULE_rest_days] = below(6);
    s->contracts[1].rule[TBS_RULE_week_days] = 3 + below(3);
    for (int d = 0; d < s->problem.day_count; d++) {
        for (int k = 0; k < posts; k++) {
            const int count = (people + k) / (2 * posts) - (d % 6 == 5) * (people / 4);
            want(s, d, k, 17, 24, count > 0 ? count : 1);
            want(s, d, k, 24, 28, below(2));
            want(s, d, k, 28, 35, count > 0 ? count : 1);
        }
    }
}

Test(long_roster, every_rule_is_kept_on_random_teams)
{
    static struct sample s;

    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct tbs_roster roster;
        char told[500];

        luck = seed;
        draw_team(&s);
        const struct tbs_roster_options options = {
            .gap = 0.5, .time_s = 60, .may_be_short = true};
        tbs_roster_solve(&s.problem, &options, &roster);
        cr_assert(roster.duty != NULL, "seed %d: no roster, status %d", (int)seed, roster.status);
        cr_expect_eq(tbs_roster_check(&s.problem, &roster, true, told, sizeof told), 0,
                     "seed %d: %s", (int)seed, told);
        cr_expect(roster.bound <= roster.cost + 1e-6, "seed %d", (int)seed);
        tbs_roster_free(&roster);
    }
}

/* The checker must see each kind of breach: else the test above would prove nothing. */
Test(roster, checker_sees_breaches)
{
    static struct sample s;
    struct tbs_roster roster;
    char told[500];
    int seen = 0;

    luck = 5;
    draw_team(&s);
    const struct tbs_roster_options options = {.gap = 0.5, .time_s = 60, .may_be_short = true};
    tbs_roster_solve(&s.problem, &options, &roster);
    cr_assert(roster.duty != NULL);
    const int count = roster.person_count * roster.day_count;
    for (int at = 0; at < count; at++) { /* anyone's shift taken away, or given to a free one */
        struct tbs_duty *duty = &roster.duty[at], kept = *duty;

        *duty = kept.post < 0 ? (struct tbs_duty){0, {.works = 0x3f, .to = 6, .hours = 6}}
                              : (struct tbs_duty){.post = -1};
        seen += tbs_roster_check(&s.problem, &roster, true, told, sizeof told) > 0;
        *duty = kept;
    }
    cr_expect_gt(seen, count * 2 / 3, "%d of %d", seen, count);
    tbs_roster_free(&roster);
}

/* ---- size ------------------------------------------------------------------------------------ */

/* One hall of 60 people, five skills, most people with two of them, a sixth part-time, a quarter
 * away for some days, a month of six-day weeks: within 1 % of optimal, well within a minute. */
static void draw_month(struct sample *s)
{
    sample_open(s, 60, 26, 5);
    s->contracts[1].rule[TBS_RULE_shift_least] = 7;
    for (int i = 0; i < 60; i++) {
        const int leave = below(4) == 0 ? below(26) : 26;

        s->people[i].contract = i % 6 == 0;
        s->people[i].saturday = i % 10 != 1;
        s->people[i].saturdays = below(2);
        for (int k = 0; k < 5; k++) {
            s->fills[i][k] = k == i % 5 || (i % 2 == 1 && k == (i + 1) % 5) || i % 4 == 0;
        }
        for (int d = leave; d < 26 && d < leave + 5; d++) {
            s->away[i][d] = true;
        }
    }
    for (int d = 0; d < 26; d++) {
        s->days[d].quarter = 0;
        for (int k = 0; k < 5; k++) {
            for (int h = 17; h < 35; h++) {
                const bool noon = h >= 24 && h < 28, edge = h < 19 || h > 32;
                const int full = (d % 6 == 5 ? 3 : 8) - (edge ? 2 : 0);
                const int count = (noon ? (k == 0 ? 2 : 0) : full) - ((h + k) % 3 == 0);
                want(s, d, k, h, h + 1, count > 0 ? count : 0);
            }
        }
    }
}

Test(stress_roster, sixty_people_for_a_month_within_one_percent_in_a_minute)
{
    static struct sample s;
    const struct tbs_roster_options options = {.gap = 0.01, .time_s = 60};
    struct tbs_roster roster;
    char told[500];

    luck = 1;
    draw_month(&s);
    tbs_roster_solve(&s.problem, &options, &roster);
    cr_assert(roster.duty != NULL, "status %d", roster.status);
    cr_expect_leq(roster.gap, 0.01);
    cr_expect_lt(roster.wall_s, 60);
    cr_expect_eq(tbs_roster_check(&s.problem, &roster, false, told, sizeof told), 0, "%s", told);
    tbs_roster_free(&roster);
}

/* A solver that is out of time before its first solution has proven nothing. */
Test(long_roster, too_little_time_is_no_proof_that_there_is_none)
{
    static struct sample s;
    struct tbs_roster_options options = {.gap = 0.01, .time_s = 0.2};
    struct tbs_roster roster;

    luck = 1;
    draw_month(&s);
    for (int i = 0; i < 4; i++, options.time_s *= 2) {
        tbs_roster_solve(&s.problem, &options, &roster);
        cr_expect_neq(roster.status, TBS_MIP_INFEASIBLE, "in %g s", options.time_s);
        tbs_roster_free(&roster);
    }
}

/* ---- optimum --------------------------------------------------------------------------------- */

struct brute {
    const struct sample *s;
    struct tbs_roster roster;
    struct tbs_duty *schedules[PEOPLE]; /* [count][day] that keep the rules of one person */
    int *costs[PEOPLE], counts[PEOPLE];
    int best;
};

static int cost_of(const struct sample *s, int person, int day, const struct tbs_duty *duty)
{
    const int *rule = s->contracts[s->people[person].contract].rule;

    return duty->post < 0 ? 0
                          : duty->shift.hours *
                                (s->days[day].saturday ? rule[TBS_RULE_saturday_pay] : 100);
}

/* Is this schedule of one person within his rules, nobody else being there? */
static bool alone_fine(const struct brute *b, int person, const struct tbs_duty *duties)
{
    struct sample one = *b->s;
    struct tbs_roster roster = {.person_count = 1, .day_count = one.problem.day_count,
                                .duty = (struct tbs_duty *)duties};
    struct tbs_shortage shorts[DAYS * POSTS];
    char told[8];

    one.problem.people = &b->s->people[person];
    one.problem.person_count = 1;
    for (int d = 0; d < one.problem.day_count; d++) {
        for (int k = 0; k < one.problem.post_count; k++) {
            shorts[roster.shortage_count++] =
                (struct tbs_shortage){d, k, 0, TBS_HALF_HOURS, 1000};
        }
    }
    roster.shortages = shorts;
    return tbs_roster_check(&one.problem, &roster, true, told, sizeof told) == 0;
}

static void schedules_make(struct brute *b, int person, int day, struct tbs_duty *duties, int cost)
{
    const struct tbs_roster_problem *p = &b->s->problem;
    struct tbs_shift_form *forms;

    if (day == p->day_count) {
        if (alone_fine(b, person, duties)) {
            const int at = b->counts[person]++;
            const size_t size = (size_t)p->day_count * sizeof *duties;
            b->schedules[person] = realloc(b->schedules[person], (size_t)(at + 1) * size);
            b->costs[person] = realloc(b->costs[person], (size_t)(at + 1) * sizeof(int));
            memcpy(&b->schedules[person][at * p->day_count], duties, size);
            b->costs[person][at] = cost;
        }
        return;
    }
    duties[day] = (struct tbs_duty){.post = -1};
    schedules_make(b, person, day + 1, duties, cost);
    const int count = tbs_shift_forms(&b->s->contracts[b->s->people[person].contract], 0, &forms);
    for (int k = 0; k < p->post_count; k++) {
        for (int f = 0; f < count && b->s->fills[person][k]; f++) {
            duties[day] = (struct tbs_duty){k, forms[f]};
            schedules_make(b, person, day + 1, duties,
                           cost + cost_of(b->s, person, day, &duties[day]));
        }
    }
    free(forms);
}

static void combine(struct brute *b, int person, int cost)
{
    const struct tbs_roster_problem *p = &b->s->problem;
    char told[8];

    if (cost >= b->best) {
        return;
    }
    if (person == p->person_count) {
        if (tbs_roster_check(p, &b->roster, false, told, sizeof told) == 0) {
            b->best = cost;
        }
        return;
    }
    for (int i = 0; i < b->counts[person]; i++) {
        memcpy(&b->roster.duty[person * p->day_count], &b->schedules[person][i * p->day_count],
               (size_t)p->day_count * sizeof *b->roster.duty);
        combine(b, person + 1, cost + b->costs[person][i]);
    }
}

/* The least cost, in hundredths of a half hour; 1 << 30: impossible. */
static int brute_force(const struct sample *s)
{
    const struct tbs_roster_problem *p = &s->problem;
    struct brute b = {.s = s, .best = 1 << 30};
    struct tbs_duty duties[DAYS];

    b.roster = (struct tbs_roster){.person_count = p->person_count, .day_count = p->day_count};
    b.roster.duty = calloc((size_t)p->person_count * p->day_count, sizeof *b.roster.duty);
    for (int i = 0; i < p->person_count; i++) {
        schedules_make(&b, i, 0, duties, 0);
    }
    combine(&b, 0, 0);
    for (int i = 0; i < p->person_count; i++) {
        free(b.schedules[i]);
        free(b.costs[i]);
    }
    free(b.roster.duty);
    return b.best;
}

/* Four days around a Saturday, two shifts or three, two or three people. */
static void draw_small(struct sample *s)
{
    const int people = 2 + below(2), posts = people == 2 ? 1 + below(2) : 1;

    sample_open(s, people, 4, posts);
    for (int c = 0; c < 2; c++) {
        int *rule = s->contracts[c].rule;
        rule[TBS_RULE_shift_least] = 2;
        rule[TBS_RULE_shift_most] = people == 2 ? 3 : 2;
        rule[TBS_RULE_shift_from] = 16;
        rule[TBS_RULE_shift_to] = 19;
        rule[TBS_RULE_row_days] = 2 + below(3);
        rule[TBS_RULE_rest_days] = below(3);
        rule[TBS_RULE_week_hours] = 4 + below(6);
        rule[TBS_RULE_saturday_most] = 1 + below(2);
    }
    for (int i = 0; i < people; i++) {
        s->people[i].contract = below(4) == 0;
        s->people[i].saturday = below(5) > 0;
        s->people[i].saturdays = below(2);
        if (posts > 1) {
            s->fills[i][1] = below(2) == 0;
        }
        for (int d = 0; d < 4; d++) {
            s->away[i][d] = below(10) == 0;
        }
    }
    for (int d = 0; d < 4; d++) { /* Friday, Saturday, Monday, Tuesday */
        s->days[d] = (struct tbs_roster_day){.weekday = d < 2 ? 4 + d : d - 2, .week = d / 2,
                                             .saturday = d == 1};
        for (int k = 0; k < posts; k++) {
            const int from = 16 + below(2);
            want(s, d, k, from, from + 1 + below(2), below(5) > 0);
        }
    }
}

Test(roster, small_optimum_equals_trying_all)
{
    static struct sample s;
    int possible = 0, impossible = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct tbs_roster roster;

        luck = seed * 977;
        draw_small(&s);
        const int best = brute_force(&s);
        solve(&s, &roster, false);
        if (best == 1 << 30) {
            impossible++;
            cr_expect_eq(roster.status, TBS_MIP_INFEASIBLE, "seed %d: status %d, impossible",
                         (int)seed, roster.status);
        } else {
            possible++;
            cr_expect_eq(roster.status, TBS_MIP_OPTIMAL, "seed %d: status %d, best %d",
                         (int)seed, roster.status, best);
            cr_expect_float_eq(roster.cost * 100, best, 1e-6, "seed %d: %g, best %d", (int)seed,
                               roster.cost * 100, best);
        }
        tbs_roster_free(&roster);
    }
    cr_expect(possible >= 15 && impossible >= 10, "%d, %d", possible, impossible);
}

Test(roster, both_solvers_find_the_same_optimum)
{
    static struct sample s;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct tbs_roster cbc, glpk;
        struct tbs_roster_options options = {.time_s = 20};

        luck = seed * 977;
        draw_small(&s);
        tbs_roster_solve(&s.problem, &options, &cbc);
        options.solver = TBS_MIP_GLPK;
        tbs_roster_solve(&s.problem, &options, &glpk);
        cr_expect_eq(cbc.status, glpk.status, "seed %d", (int)seed);
        cr_expect_float_eq(cbc.cost, glpk.cost, 1e-6, "seed %d: %g, %g", (int)seed, cbc.cost,
                           glpk.cost);
        tbs_roster_free(&cbc);
        tbs_roster_free(&glpk);
    }
}

/* ---- clashes --------------------------------------------------------------------------------- */

/* Two people, two weeks, one wanted all week and both on Saturday, and a day off after it. */
Test(roster, impossible_names_the_rules_that_clash)
{
    static struct sample s;
    const struct tbs_roster_options options = {.time_s = 20};
    struct tbs_roster_why why;
    struct tbs_roster roster;

    sample_open(&s, 2, 12, 1);
    for (int c = 0; c < 2; c++) {
        s.contracts[c].rule[TBS_RULE_week_days] = 6;
        s.contracts[c].rule[TBS_RULE_week_hours] = 100;
        s.contracts[c].rule[TBS_RULE_rest_days] = 6;
        s.contracts[c].rule[TBS_RULE_row_days] = 12;
    }
    for (int d = 0; d < 12; d++) {
        want(&s, d, 0, 17, 24, 2);
        want(&s, d, 0, 28, 35, 2);
    }
    solve(&s, &roster, false);
    cr_assert_eq(roster.status, TBS_MIP_INFEASIBLE);
    tbs_roster_explain(&s.problem, &options, &why);
    cr_expect_eq(why.clashes, 1u << TBS_CLASH_REST_DAYS, "%x", why.clashes);
    cr_expect_eq(why.alone, 1u << TBS_CLASH_REST_DAYS);
    tbs_roster_free(&roster);

    want(&s, 3, 0, 17, 24, 3); /* three of two: no rule is to blame */
    tbs_roster_explain(&s.problem, &options, &why);
    cr_expect_eq(why.clashes, 0, "%x", why.clashes);

    solve(&s, &roster, true);
    cr_assert(roster.duty != NULL);
    int missing = 0;
    for (int i = 0; i < roster.shortage_count; i++) {
        missing += roster.shortages[i].missing;
    }
    cr_expect_eq(missing, 7 + 28, "%d", missing); /* the third one, and a day off each */
    tbs_roster_free(&roster);
}
