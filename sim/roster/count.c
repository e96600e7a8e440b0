/* count.c: the program of counted shifts of an island. */
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "roster/inside.h"

/* ---- which shifts are worth a column --------------------------------------------------------- */

/* Of two shifts the one that covers less of what is wanted and takes as long is left out. */
static int useful_forms(const struct group *g, uint64_t wanted, int *useful)
{
    int count = 0;

    for (int f = 0; f < g->form_count; f++) {
        const uint64_t covers = g->forms[f].works & wanted;
        bool good = covers != 0;
        int kept = 0;

        for (int k = 0; k < count && good; k++) {
            const struct tbs_shift_form *other = &g->forms[useful[k]];
            good = (covers & ~other->works) != 0 || other->hours > g->forms[f].hours;
        }
        for (int k = 0; k < count && good; k++) {
            const struct tbs_shift_form *other = &g->forms[useful[k]];
            if ((other->works & wanted & ~covers) != 0 || other->hours < g->forms[f].hours) {
                useful[kept++] = useful[k];
            }
        }
        if (good) {
            useful[kept++] = f;
            count = kept;
        }
    }
    return count;
}

static uint64_t wanted_at(const struct tbs_roster_problem *p, int day, int post)
{
    uint64_t wanted = 0;

    for (int s = 0; s < TBS_HALF_HOURS; s++) {
        wanted |= (uint64_t)(tbs_need(p, day, post)[s] > 0) << s;
    }
    return wanted;
}

static int members_there(const struct team *team, const struct group *g, int day)
{
    int there = 0;

    for (int i = 0; i < g->member_count; i++) {
        there += tbs_may_work(team, g->members[i], day);
    }
    return there;
}

static void choices_add(struct count_model *m, int group, int day, int post, int *useful)
{
    const struct group *g = &m->team->groups[group];
    const struct tbs_roster_day *at = &m->team->problem->days[day];
    const int pay = at->saturday ? g->contract->rule[TBS_RULE_saturday_pay] : COST_SCALE;
    const int there = members_there(m->team, g, day);
    const int count =
        there == 0 ? 0 : useful_forms(g, wanted_at(m->team->problem, day, post), useful);

    for (int k = 0; k < count; k++) {
        if (m->choice_count == m->choice_room) {
            m->choice_room = 2 * m->choice_room + 1024;
            m->choices = realloc(m->choices, (size_t)m->choice_room * sizeof *m->choices);
            tbs_assert(m->choices != NULL);
        }
        const double cost = (double)g->forms[useful[k]].hours * pay;
        m->choices[m->choice_count++] = (struct choice){
            group, day, post, useful[k], tbs_mip_column(&m->mip, 0, there, cost)};
    }
}

static void choices_make(struct count_model *m)
{
    const struct team *t = m->team;
    const int days = t->problem->day_count;

    m->first = malloc(((size_t)t->group_count * days + 1) * sizeof *m->first);
    tbs_assert(m->first != NULL);
    for (int g = 0; g < t->group_count; g++) {
        int *useful = malloc(((size_t)t->groups[g].form_count + 1) * sizeof *useful);
        tbs_assert(useful != NULL);
        for (int d = 0; d < days; d++) {
            m->first[(size_t)g * days + d] = m->choice_count;
            for (int k = 0; k < t->problem->post_count && t->groups[g].island == m->island; k++) {
                if (t->groups[g].posts[k] && t->island_of[k] == m->island) {
                    choices_add(m, g, d, k, useful);
                }
            }
        }
        free(useful);
    }
    m->first[(size_t)t->group_count * days] = m->choice_count;
}

/* ---- needs ----------------------------------------------------------------------------------- */

static void short_add(struct count_model *m, int row, int day, int post, int slot, int need)
{
    const int column = tbs_mip_column(&m->mip, 0, need, SHORT_PRICE);

    if (m->short_count == 0) {
        m->short_first = column;
    }
    tbs_assert(column == m->short_first + m->short_count);
    m->shorts = realloc(m->shorts, ((size_t)m->short_count + 1) * sizeof *m->shorts);
    tbs_assert(m->shorts != NULL);
    m->shorts[m->short_count++] = (struct tbs_shortage){day, post, slot, slot + 1, 0};
    tbs_mip_put(&m->mip, row, column, 1);
}

/* A half hour in which the same shifts work as in the one before and no more are wanted adds
 * nothing, unless what is missing is to be counted. */
static void needs_of_day(struct count_model *m, int day, const int *row_of)
{
    const struct team *t = m->team;
    const int days = t->problem->day_count;

    for (int g = 0; g < t->group_count; g++) {
        const int *first = &m->first[(size_t)g * days + day];
        for (int c = first[0]; c < first[1]; c++) {
            const struct choice *choice = &m->choices[c];
            const uint64_t works = t->groups[g].forms[choice->form].works;
            for (int s = 0; s < TBS_HALF_HOURS; s++) {
                const int row = row_of[choice->post * TBS_HALF_HOURS + s];
                if (row >= 0 && (works >> s & 1) != 0) {
                    tbs_mip_put(&m->mip, row, choice->column, 1);
                }
            }
        }
    }
}

static void needs_add(struct count_model *m)
{
    const struct tbs_roster_problem *p = m->team->problem;
    int *row_of = malloc(((size_t)p->post_count + 1) * TBS_HALF_HOURS * sizeof *row_of);

    tbs_assert(row_of != NULL);
    for (int d = 0; d < p->day_count; d++) {
        for (int k = 0; k < p->post_count; k++) {
            for (int s = 0; s < TBS_HALF_HOURS; s++) {
                const int need = tbs_need(p, d, k)[s];
                const bool wanted = need > 0 && m->team->island_of[k] == m->island;
                const int row = wanted ? tbs_mip_row(&m->mip, need, TBS_MIP_NONE) : -1;
                row_of[k * TBS_HALF_HOURS + s] = row;
                if (wanted && m->team->options->may_be_short) {
                    short_add(m, row, d, k, s, need);
                }
            }
        }
        needs_of_day(m, d, row_of);
    }
    free(row_of);
}

/* ---- rules ----------------------------------------------------------------------------------- */

struct count_put {
    struct count_model *model;
    int group;
};

static void count_put(void *context, int row, int day, bool hours)
{
    const struct count_put *put = context;
    struct count_model *m = put->model;
    const struct team *t = m->team;
    const int *first = &m->first[(size_t)put->group * t->problem->day_count + day];

    for (int c = first[0]; c < first[1]; c++) {
        const struct tbs_shift_form *form = &t->groups[put->group].forms[m->choices[c].form];
        tbs_mip_put(&m->mip, row, m->choices[c].column, hours ? form->hours : 1);
    }
}

void tbs_count_open(struct count_model *m, const struct team *team, int island)
{
    *m = (struct count_model){.team = team, .island = island};
    choices_make(m);
    needs_add(m);
    for (int g = 0; g < team->group_count; g++) {
        if (team->groups[g].island == island) {
            struct count_put put = {m, g};
            const struct rule_rows rows = {
                team, &team->groups[g], team->groups[g].members, team->groups[g].member_count,
                &m->mip, count_put, &put};
            tbs_rule_rows(&rows);
        }
    }
}

void tbs_count_close(struct count_model *m)
{
    tbs_mip_free(&m->mip);
    free(m->choices);
    free(m->first);
    free(m->shorts);
}
