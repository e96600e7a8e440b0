/* rows.c: the rules of people as rows of a program; for one person, or summed over people alike. */
#include <stdlib.h>

#include "kernel/base.h"
#include "roster/inside.h"

/* Is anybody wanted on this day at a post that the group can fill? */
static bool duty_day(const struct rule_rows *r, int day)
{
    const struct tbs_roster_problem *p = r->team->problem;

    for (int k = 0; k < p->post_count; k++) {
        if (r->group->posts[k]) {
            for (int s = 0; s < TBS_HALF_HOURS; s++) {
                if (tbs_need(p, day, k)[s] > 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

static void day_rows(const struct rule_rows *r)
{
    for (int d = 0; d < r->team->problem->day_count; d++) {
        int there = 0;
        for (int m = 0; m < r->member_count; m++) {
            there += tbs_may_work(r->team, r->members[m], d);
        }
        r->put(r->context, tbs_mip_row(r->mip, -TBS_MIP_NONE, there), d, false);
    }
}

static void week_rows(const struct rule_rows *r)
{
    const struct tbs_roster_problem *p = r->team->problem;
    const int *rule = r->group->contract->rule;
    const int shortest = r->group->length_count > 0 ? r->group->lengths[0] : 1;
    const bool hours = !lifted(r->team, TBS_CLASH_WEEK_HOURS);
    int most = lifted(r->team, TBS_CLASH_WEEK_DAYS) ? 7 : rule[TBS_RULE_week_days];

    if (hours && most > rule[TBS_RULE_week_hours] / shortest) {
        most = rule[TBS_RULE_week_hours] / shortest; /* follows, and is sharper when summed */
    }
    for (int from = 0, to; from < p->day_count; from = to) {
        for (to = from; to < p->day_count && p->days[to].week == p->days[from].week; to++) {
        }
        const int days = tbs_mip_row(r->mip, -TBS_MIP_NONE, (double)most * r->member_count);
        for (int d = from; d < to; d++) {
            r->put(r->context, days, d, false);
        }
        if (hours && r->group->length_count > 0) {
            const int row = tbs_mip_row(r->mip, -TBS_MIP_NONE,
                                        (double)rule[TBS_RULE_week_hours] * r->member_count);
            for (int d = from; d < to; d++) {
                r->put(r->context, row, d, true);
            }
        }
    }
}

static void row_rows(const struct rule_rows *r)
{
    const int most = r->group->contract->rule[TBS_RULE_row_days];

    for (int from = 0; from + most < r->team->problem->day_count; from++) {
        const int row = tbs_mip_row(r->mip, -TBS_MIP_NONE, (double)most * r->member_count);
        for (int d = from; d <= from + most; d++) {
            r->put(r->context, row, d, false);
        }
    }
}

/* Who works on Saturday t is off on one of the weekdays after it on which he could have worked. */
static void rest_row(const struct rule_rows *r, int t)
{
    const struct tbs_roster_problem *p = r->team->problem;
    const int last = t + r->group->contract->rule[TBS_RULE_rest_days];
    int most = 0;

    for (int m = 0; m < r->member_count; m++) {
        int could = 0;
        for (int d = t + 1; d <= last; d++) {
            could += !p->days[d].saturday && duty_day(r, d) &&
                     tbs_may_work(r->team, r->members[m], d);
        }
        most += could > 0 ? could : tbs_may_work(r->team, r->members[m], t);
    }
    const int row = tbs_mip_row(r->mip, -TBS_MIP_NONE, most);
    r->put(r->context, row, t, false);
    for (int d = t + 1; d <= last; d++) {
        if (!p->days[d].saturday && duty_day(r, d)) {
            r->put(r->context, row, d, false);
        }
    }
}

static void saturday_rows(const struct rule_rows *r)
{
    const struct tbs_roster_problem *p = r->team->problem;
    const int most = r->group->contract->rule[TBS_RULE_saturday_most];
    const int first = p->day_count > 0 ? p->days[0].quarter : 0;
    const int last = p->day_count > 0 ? p->days[p->day_count - 1].quarter : -1;

    for (int q = first; q <= last; q++) {
        int left = 0;
        for (int m = 0; m < r->member_count; m++) {
            const int before = q == first ? p->people[r->members[m]].saturdays : 0;
            left += before < most ? most - before : 0;
        }
        const int row = tbs_mip_row(r->mip, -TBS_MIP_NONE, left);
        for (int d = 0; d < p->day_count; d++) {
            if (p->days[d].saturday && p->days[d].quarter == q) {
                r->put(r->context, row, d, false);
            }
        }
    }
}

void tbs_rule_rows(const struct rule_rows *r)
{
    const struct tbs_roster_problem *p = r->team->problem;
    const int rest = r->group->contract->rule[TBS_RULE_rest_days];

    day_rows(r);
    week_rows(r);
    if (!lifted(r->team, TBS_CLASH_ROW_DAYS)) {
        row_rows(r);
    }
    for (int t = 0; t + rest < p->day_count; t++) {
        if (rest > 0 && p->days[t].saturday && !lifted(r->team, TBS_CLASH_REST_DAYS)) {
            rest_row(r, t);
        }
    }
    if (!lifted(r->team, TBS_CLASH_SATURDAY_MOST)) {
        saturday_rows(r);
    }
}

/* ---- named people ---------------------------------------------------------------------------- */

struct person_put {
    const struct people_model *model;
    int member;
};

static void person_put(void *context, int row, int day, bool hours)
{
    const struct person_put *put = context;

    for (int l = 0; l < put->model->group->length_count; l++) {
        const int column = *people_column(put->model, put->member, day, l);
        if (column >= 0) {
            tbs_mip_put(put->model->mip, row, column, hours ? put->model->group->lengths[l] : 1);
        }
    }
}

/* Was he there on every Saturday of the quarter, or was nobody wanted? */
static bool always_there(const struct people_model *m, int person, int quarter)
{
    const struct tbs_roster_problem *p = m->team->problem;

    for (int d = 0; d < p->day_count; d++) {
        if (p->days[d].saturday && p->days[d].quarter == quarter &&
            !tbs_may_work(m->team, person, d)) {
            return false;
        }
    }
    return true;
}

/* Saturdays of people alike in a quarter, those before the period included, lie between two
 * columns that are at most so far apart. A wider gap from before must not become wider. */
static void spread_rows(const struct people_model *m, int quarter, bool first)
{
    const struct tbs_roster_problem *p = m->team->problem;
    const struct group *g = m->group;
    int fewest = first ? 1000 : 0, most = 0, spread = g->contract->rule[TBS_RULE_saturday_spread];

    for (int i = 0; i < g->member_count && first; i++) {
        const int before = p->people[g->members[i]].saturdays;
        fewest = before < fewest ? before : fewest;
        most = before > most ? before : most;
    }
    spread = most - fewest > spread ? most - fewest : spread;
    const int low = tbs_mip_column(m->mip, 0, 1000, 0), high = tbs_mip_column(m->mip, 0, 1000, 0);
    const int gap = tbs_mip_row(m->mip, -TBS_MIP_NONE, spread);
    tbs_mip_put(m->mip, gap, high, 1);
    tbs_mip_put(m->mip, gap, low, -1);
    for (int i = 0; i < g->member_count; i++) {
        struct person_put put = {m, i};
        const int before = first ? p->people[g->members[i]].saturdays : 0;
        const bool counts = always_there(m, g->members[i], quarter);
        const int below = tbs_mip_row(m->mip, -TBS_MIP_NONE, -before);
        const int above = counts ? tbs_mip_row(m->mip, -before, TBS_MIP_NONE) : -1;

        tbs_mip_put(m->mip, below, high, -1);
        if (counts) {
            tbs_mip_put(m->mip, above, low, -1);
        }
        for (int d = 0; d < p->day_count; d++) {
            if (p->days[d].saturday && p->days[d].quarter == quarter) {
                person_put(&put, below, d, false);
                if (counts) {
                    person_put(&put, above, d, false);
                }
            }
        }
    }
}

void tbs_people_open(struct people_model *m, const struct team *team, const struct group *group,
                       struct tbs_mip *mip)
{
    const struct tbs_roster_problem *p = team->problem;
    const size_t count = (size_t)group->member_count * p->day_count * group->length_count;

    *m = (struct people_model){.team = team, .group = group, .mip = mip};
    m->column = malloc((count + 1) * sizeof *m->column);
    tbs_assert(m->column != NULL);
    for (int i = 0; i < group->member_count; i++) {
        for (int d = 0; d < p->day_count; d++) {
            for (int l = 0; l < group->length_count; l++) {
                *people_column(m, i, d, l) =
                    tbs_may_work(team, group->members[i], d) ? tbs_mip_column(mip, 0, 1, 0) : -1;
            }
        }
    }
    for (int i = 0; i < group->member_count; i++) {
        struct person_put put = {m, i};
        const struct rule_rows rows = {team, group, &group->members[i], 1, mip, person_put, &put};
        tbs_rule_rows(&rows);
    }
    for (int q = p->days[0].quarter; q <= p->days[p->day_count - 1].quarter; q++) {
        if (!lifted(team, TBS_CLASH_SATURDAY_SPREAD)) {
            spread_rows(m, q, q == p->days[0].quarter);
        }
    }
}

void tbs_people_close(struct people_model *m)
{
    free(m->column);
}
