/* solve.c: islands one after the other: counted shifts, then named people, then both at once
 * where that fails. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/base.h"
#include "roster/inside.h"

enum { ANYWAY_S = 60 };

struct solving {
    struct team team;
    struct tbs_roster *roster;
    double began_s;
    int people_left; /* of islands not yet solved: time is shared by them */
    struct tbs_roster_progress progress;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void tell(void *context, double cost, double bound)
{
    struct solving *s = context;

    s->progress.cost = cost < TBS_MIP_NONE ? cost / COST_SCALE : cost;
    if (bound / COST_SCALE > s->progress.bound) {
        s->progress.bound = bound / COST_SCALE;
    }
    s->team.options->progress(s->team.options->progress_context, &s->progress);
}

static struct tbs_mip_options mip_options(struct solving *s, const char *step, double time_s)
{
    const struct tbs_roster_options *o = s->team.options;

    s->progress.step = step;
    return (struct tbs_mip_options){
        .solver = o->solver,
        .gap = o->gap,
        .time_s = time_s,
        .progress = o->progress != NULL ? tell : NULL,
        .progress_context = s,
    };
}

static double time_left(const struct solving *s)
{
    const double left = s->team.options->time_s - (now_s() - s->began_s);

    return left > 0.1 ? left : 0.1;
}

/* ---- who does which of the counted shifts ---------------------------------------------------- */

static struct tbs_duty *duty_of(struct solving *s, int person, int day)
{
    return &s->roster->duty[(size_t)person * s->roster->day_count + day];
}

static const struct tbs_duty *duty_before(struct solving *s, int person, int day)
{
    for (int d = day - 1; d >= 0; d--) {
        if (duty_of(s, person, d)->post >= 0) {
            return duty_of(s, person, d);
        }
    }
    return NULL;
}

/* Gives one of the counted shifts of so many hours, if possible where and when he was last. */
static void deal(struct solving *s, const struct count_model *m, int group, int day, int hours,
                 int person, int *left, bool same)
{
    const struct group *g = &s->team.groups[group];
    const int *first = &m->first[(size_t)group * s->roster->day_count + day];
    struct tbs_duty *duty = duty_of(s, person, day);
    const struct tbs_duty *before = duty_before(s, person, day);

    for (int c = first[0]; c < first[1] && duty->post < 0; c++) {
        const struct choice *choice = &m->choices[c];
        const struct tbs_shift_form *form = &g->forms[choice->form];
        const bool alike =
            before != NULL && before->post == choice->post && before->shift.works == form->works;
        if (left[c] > 0 && form->hours == hours && (alike || !same)) {
            left[c]--;
            *duty = (struct tbs_duty){choice->post, *form};
        }
    }
}

static void deal_all(struct solving *s, const struct count_model *m,
                     const struct people_model *people, int group, const double *x, int *left)
{
    const struct group *g = &s->team.groups[group];

    for (int pass = 0; pass < 2 * s->roster->day_count; pass++) {
        const int d = pass / 2;
        for (int i = 0; i < g->member_count; i++) {
            for (int l = 0; l < g->length_count; l++) {
                const int column = *people_column(people, i, d, l);
                if (column >= 0 && x[column] > 0.5) {
                    deal(s, m, group, d, g->lengths[l], g->members[i], left, pass % 2 == 0);
                }
            }
        }
    }
}

/* How many of a group work so many hours on a day. */
static int counted(const struct count_model *m, int group, int day, int hours, const int *left)
{
    const int *first = &m->first[(size_t)group * m->team->problem->day_count + day];
    int count = 0;

    for (int c = first[0]; c < first[1]; c++) {
        count += m->team->groups[group].forms[m->choices[c].form].hours == hours ? left[c] : 0;
    }
    return count;
}

static enum tbs_mip_status people_put(struct solving *s, const struct count_model *m, int group,
                                      int *left)
{
    const struct group *g = &s->team.groups[group];
    struct tbs_mip_options options = mip_options(s, "people", time_left(s) / 2);
    struct tbs_mip mip = {0};
    struct people_model people;
    struct tbs_mip_result result;

    tbs_people_open(&people, &s->team, g, &mip);
    for (int d = 0; d < s->roster->day_count; d++) {
        for (int l = 0; l < g->length_count; l++) {
            const int count = counted(m, group, d, g->lengths[l], left);
            const int row = tbs_mip_row(&mip, count, count);
            for (int i = 0; i < g->member_count; i++) {
                const int column = *people_column(&people, i, d, l);
                if (column >= 0) {
                    tbs_mip_put(&mip, row, column, 1);
                }
            }
        }
    }
    options.any = true;
    options.progress = NULL;
    tbs_mip_solve(&mip, &options, &result);
    s->roster->variable_count += mip.column_count;
    if (result.x != NULL) {
        deal_all(s, m, &people, group, result.x, left);
    }
    const enum tbs_mip_status status = result.x != NULL ? TBS_MIP_OPTIMAL : result.status;
    free(result.x);
    tbs_people_close(&people);
    tbs_mip_free(&mip);
    return status;
}

/* ---- both at once ---------------------------------------------------------------------------- */

static void link_add(struct count_model *m, const struct people_model *people, int group, int day,
                     int l)
{
    const struct group *g = people->group;
    const int *first = &m->first[(size_t)group * m->team->problem->day_count + day];
    const int row = tbs_mip_row(&m->mip, 0, 0);

    for (int i = 0; i < g->member_count; i++) {
        const int column = *people_column(people, i, day, l);
        if (column >= 0) {
            tbs_mip_put(&m->mip, row, column, 1);
        }
    }
    for (int c = first[0]; c < first[1]; c++) {
        if (g->forms[m->choices[c].form].hours == g->lengths[l]) {
            tbs_mip_put(&m->mip, row, m->choices[c].column, -1);
        }
    }
}

static int *counts_of(const struct count_model *m, const double *x)
{
    int *left = malloc(((size_t)m->choice_count + 1) * sizeof *left);

    tbs_assert(left != NULL);
    for (int c = 0; c < m->choice_count; c++) {
        left[c] = (int)lround(x[m->choices[c].column]);
    }
    return left;
}

static void whole_solve(struct solving *s, struct count_model *m, struct tbs_mip_result *result)
{
    struct team *t = &s->team;
    struct people_model *people = calloc((size_t)t->group_count + 1, sizeof *people);
    const struct tbs_mip_options options = mip_options(s, "whole", time_left(s));

    tbs_assert(people != NULL);
    s->roster->whole_count++;
    for (int g = 0; g < t->group_count; g++) {
        if (t->groups[g].island == m->island) {
            tbs_people_open(&people[g], t, &t->groups[g], &m->mip);
            for (int d = 0; d < s->roster->day_count; d++) {
                for (int l = 0; l < t->groups[g].length_count; l++) {
                    link_add(m, &people[g], g, d, l);
                }
            }
        }
    }
    tbs_mip_solve(&m->mip, &options, result);
    s->roster->variable_count += m->mip.column_count;
    int *left = result->x != NULL ? counts_of(m, result->x) : NULL;
    for (int g = 0; g < t->group_count; g++) {
        if (people[g].column != NULL && result->x != NULL) {
            deal_all(s, m, &people[g], g, result->x, left);
        }
        tbs_people_close(&people[g]);
    }
    free(left);
    free(people);
}

/* ---- an island ------------------------------------------------------------------------------- */

static void duties_clear(struct solving *s, int island)
{
    for (int g = 0; g < s->team.group_count; g++) {
        const struct group *group = &s->team.groups[g];
        for (int i = 0; i < group->member_count && group->island == island; i++) {
            for (int d = 0; d < s->roster->day_count; d++) {
                duty_of(s, group->members[i], d)->post = -1;
            }
        }
    }
}

static void shorts_take(struct solving *s, const struct count_model *m, const double *x)
{
    struct tbs_roster *r = s->roster;

    for (int k = 0; k < m->short_count; k++) {
        struct tbs_shortage one = m->shorts[k];
        one.missing = (int)lround(x[m->short_first + k]);
        if (one.missing > 0) {
            r->shortages = realloc(r->shortages,
                                   ((size_t)r->shortage_count + 1) * sizeof *r->shortages);
            tbs_assert(r->shortages != NULL);
            r->shortages[r->shortage_count++] = one;
        }
    }
}

/* False: the counted shifts can't be given to the people (or not in time). */
static bool people_put_all(struct solving *s, const struct count_model *m, const double *x)
{
    int *left = counts_of(m, x);
    bool fine = true;

    for (int g = 0; g < s->team.group_count && fine; g++) {
        fine = s->team.groups[g].island != m->island ||
               people_put(s, m, g, left) == TBS_MIP_OPTIMAL;
    }
    free(left);
    if (!fine) {
        duties_clear(s, m->island);
    }
    return fine;
}

static enum tbs_mip_status island_solve(struct solving *s, int island, double time_s)
{
    const struct tbs_mip_options options = mip_options(s, "shifts", time_s);
    struct tbs_mip_result result, whole;
    struct count_model m;

    s->progress.cost = TBS_MIP_NONE;
    s->progress.bound = 0;
    tbs_count_open(&m, &s->team, island);
    s->roster->variable_count += m.mip.column_count;
    tbs_mip_solve(&m.mip, &options, &result);
    enum tbs_mip_status status = result.status;
    double bound = result.bound;
    if (status != TBS_MIP_INFEASIBLE &&
        (result.x == NULL || !people_put_all(s, &m, result.x))) {
        whole_solve(s, &m, &whole);
        free(result.x);
        bound = whole.status != TBS_MIP_INFEASIBLE && whole.bound > bound ? whole.bound : bound;
        result = whole;
        status = whole.status;
    }
    if (result.x != NULL) {
        shorts_take(s, &m, result.x);
        s->roster->cost += result.cost / COST_SCALE;
        s->roster->bound += fmax(0, bound) / COST_SCALE;
    }
    free(result.x);
    tbs_count_close(&m);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static int island_people(const struct team *t, int island)
{
    int people = 1;

    for (int g = 0; g < t->group_count; g++) {
        people += t->groups[g].island == island ? t->groups[g].member_count : 0;
    }
    return people;
}

static void finish(struct solving *s, enum tbs_mip_status status)
{
    struct tbs_roster *r = s->roster;

    r->wall_s = now_s() - s->began_s;
    r->status = status;
    if (status == TBS_MIP_INFEASIBLE || status == TBS_MIP_UNKNOWN) {
        free(r->duty);
        r->duty = NULL;
        r->gap = INFINITY;
        return;
    }
    r->gap = r->cost > 0 ? (r->cost - r->bound) / r->cost : 0;
    r->status = r->gap <= s->team.options->gap + 1e-9 ? TBS_MIP_OPTIMAL : TBS_MIP_FEASIBLE;
}

void tbs_roster_solve(const struct tbs_roster_problem *problem,
                      const struct tbs_roster_options *options, struct tbs_roster *roster)
{
    struct solving s = {.roster = roster, .began_s = now_s()};
    enum tbs_mip_status status = TBS_MIP_OPTIMAL;

    tbs_assert(problem->day_count > 0);
    *roster = (struct tbs_roster){.person_count = problem->person_count,
                                  .day_count = problem->day_count, .blocked = -1};
    roster->duty = malloc(((size_t)problem->person_count * problem->day_count + 1) *
                          sizeof *roster->duty);
    tbs_assert(roster->duty != NULL);
    for (size_t i = 0; i < (size_t)problem->person_count * problem->day_count; i++) {
        roster->duty[i] = (struct tbs_duty){.post = -1};
    }
    tbs_team_open(&s.team, problem, options);
    roster->island_count = s.progress.island_count = s.team.island_count;
    for (int i = 0; i < s.team.island_count; i++) {
        s.people_left += island_people(&s.team, i);
    }
    for (int i = 0; i < s.team.island_count; i++) {
        const int here = island_people(&s.team, i);
        s.progress.island = i;
        /* Some of the time is kept for naming people. */
        status = island_solve(&s, i, 0.7 * time_left(&s) * here / s.people_left);
        s.people_left -= here;
        if (status == TBS_MIP_INFEASIBLE || status == TBS_MIP_UNKNOWN) {
            for (int k = problem->post_count - 1; k >= 0; k--) {
                roster->blocked = s.team.island_of[k] == i ? k : roster->blocked;
            }
            break;
        }
    }
    tbs_team_close(&s.team);
    finish(&s, status);
}

bool tbs_roster_solve_anyway(const struct tbs_roster_problem *problem,
                             const struct tbs_roster_options *options, struct tbs_roster *roster)
{
    struct tbs_roster_options short_too = *options;

    tbs_roster_solve(problem, options, roster);
    if (roster->status != TBS_MIP_UNKNOWN || options->may_be_short) {
        return false;
    }
    const double wall_s = roster->wall_s;
    tbs_roster_free(roster);
    short_too.may_be_short = true;
    short_too.time_s = fmax(options->time_s, ANYWAY_S);
    tbs_roster_solve(problem, &short_too, roster);
    roster->wall_s += wall_s;
    return true;
}

void tbs_roster_free(struct tbs_roster *roster)
{
    free(roster->duty);
    free(roster->shortages);
    *roster = (struct tbs_roster){0};
}
