/* team.c: people alike, and islands of posts that share people. */
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "roster/inside.h"

static bool alike(const struct team *t, const struct group *g, const struct tbs_person *person,
                  const bool *posts)
{
    return g->contract == &t->problem->contracts[person->contract] &&
           g->saturday == (person->saturday || lifted(t, TBS_CLASH_SATURDAY_NO)) &&
           memcmp(g->posts, posts, (size_t)t->problem->post_count * sizeof *posts) == 0;
}

/* With skills lifted whoever fills one post of a hall fills all of them. */
static const bool *posts_of(const struct team *t, const struct tbs_person *person, bool *wide)
{
    const struct tbs_roster_problem *p = t->problem;

    if (!lifted(t, TBS_CLASH_SKILLS)) {
        return person->posts;
    }
    for (int a = 0; a < p->post_count; a++) {
        wide[a] = false;
        for (int b = 0; b < p->post_count; b++) {
            wide[a] |= person->posts[b] && p->posts[a].hall == p->posts[b].hall;
        }
    }
    return wide;
}

static struct group *group_add(struct team *t, const struct tbs_person *person, const bool *posts)
{
    const size_t bytes = (size_t)t->problem->post_count * sizeof *posts;
    struct group *g = &t->groups[t->group_count++];
    bool *own = malloc(bytes + 1);

    *g = (struct group){.contract = &t->problem->contracts[person->contract],
                        .saturday = person->saturday || lifted(t, TBS_CLASH_SATURDAY_NO),
                        .members = malloc((size_t)t->problem->person_count * sizeof(int))};
    tbs_assert(own != NULL && g->members != NULL);
    memcpy(own, posts, bytes);
    g->posts = own;
    g->form_count = tbs_shift_forms(g->contract, t->options->lifted, &g->forms);
    for (int f = 0; f < g->form_count; f++) {
        bool known = false;
        for (int l = 0; l < g->length_count; l++) {
            known |= g->lengths[l] == g->forms[f].hours;
        }
        if (!known) {
            g->lengths[g->length_count++] = g->forms[f].hours;
        }
    }
    return g;
}

static void groups_make(struct team *t)
{
    const struct tbs_roster_problem *p = t->problem;
    bool *wide = malloc((size_t)p->post_count + 1);

    t->groups = calloc((size_t)p->person_count + 1, sizeof *t->groups);
    tbs_assert(t->groups != NULL && wide != NULL);
    for (int i = 0; i < p->person_count; i++) {
        const bool *posts = posts_of(t, &p->people[i], wide);
        struct group *g = NULL;

        for (int k = 0; k < t->group_count && g == NULL; k++) {
            g = alike(t, &t->groups[k], &p->people[i], posts) ? &t->groups[k] : NULL;
        }
        g = g != NULL ? g : group_add(t, &p->people[i], posts);
        g->members[g->member_count++] = i;
    }
    free(wide);
}

static bool wanted(const struct tbs_roster_problem *p, int post)
{
    for (int d = 0; d < p->day_count; d++) {
        for (int s = 0; s < TBS_HALF_HOURS; s++) {
            if (tbs_need(p, d, post)[s] > 0) {
                return true;
            }
        }
    }
    return false;
}

/* Posts that one group fills get one label, until nothing changes; then labels are numbered. */
static void islands_make(struct team *t)
{
    const struct tbs_roster_problem *p = t->problem;
    int *label = malloc(((size_t)p->post_count + 1) * sizeof *label);
    bool changed = true;

    tbs_assert(label != NULL);
    for (int k = 0; k < p->post_count; k++) {
        label[k] = wanted(p, k) ? k : -1;
    }
    while (changed) {
        changed = false;
        for (int g = 0; g < t->group_count; g++) {
            int least = p->post_count;
            for (int k = 0; k < p->post_count; k++) {
                if (t->groups[g].posts[k] && label[k] >= 0 && label[k] < least) {
                    least = label[k];
                }
            }
            for (int k = 0; k < p->post_count; k++) {
                if (t->groups[g].posts[k] && label[k] > least) {
                    label[k] = least;
                    changed = true;
                }
            }
        }
    }
    t->island_of = malloc(((size_t)p->post_count + 1) * sizeof *t->island_of);
    tbs_assert(t->island_of != NULL);
    for (int k = 0; k < p->post_count; k++) {
        t->island_of[k] = label[k] < 0     ? -1
                          : label[k] == k ? t->island_count++
                                          : t->island_of[label[k]];
    }
    for (int g = 0; g < t->group_count; g++) {
        t->groups[g].island = -1;
        for (int k = 0; k < p->post_count; k++) {
            if (t->groups[g].posts[k] && t->island_of[k] >= 0) {
                t->groups[g].island = t->island_of[k];
            }
        }
    }
    free(label);
}

void tbs_team_open(struct team *t, const struct tbs_roster_problem *problem,
               const struct tbs_roster_options *options)
{
    *t = (struct team){.problem = problem, .options = options};
    groups_make(t);
    islands_make(t);
}

void tbs_team_close(struct team *t)
{
    for (int g = 0; g < t->group_count; g++) {
        free((void *)t->groups[g].posts);
        free(t->groups[g].members);
        free(t->groups[g].forms);
    }
    free(t->groups);
    free(t->island_of);
}

bool tbs_may_work(const struct team *t, int person, int day)
{
    const struct tbs_person *who = &t->problem->people[person];

    return (!who->away[day] || lifted(t, TBS_CLASH_AWAY)) &&
           (!t->problem->days[day].saturday || who->saturday ||
            lifted(t, TBS_CLASH_SATURDAY_NO));
}
