/* inside.h: what the files of sim/roster that build programs share; private to them. */
#ifndef TBS_ROSTER_INSIDE_H
#define TBS_ROSTER_INSIDE_H

#include "roster/roster.h"

/* Costs inside programs are half hours times 100, so that they are whole. */
enum { COST_SCALE = 100, SHORT_PRICE = 100 * 100 /* of a missing window and half hour */ };

/* People alike: same contract, posts, Saturdays. */
struct group {
    const struct tbs_contract *contract;
    const bool *posts;
    bool saturday;
    int island;
    int *members, member_count; /* people */
    struct tbs_shift_form *forms;
    int form_count;
    int lengths[TBS_HALF_HOURS], length_count; /* different hours of its forms */
};

/* So many of a group on a day at a post in a shift: an integer of the program. */
struct choice {
    int group, day, post, form, column;
};

struct team {
    const struct tbs_roster_problem *problem;
    const struct tbs_roster_options *options;
    struct group *groups;
    int *island_of; /* by post; -1: nobody is wanted there */
    int group_count, island_count;
};

/* An island's program of counted shifts. */
struct count_model {
    const struct team *team;
    int island;
    struct tbs_mip mip;
    struct choice *choices; /* by group and day */
    int choice_count, choice_room;
    int *first; /* [group_count * day_count + 1]: choices of a group and day */
    int short_first; /* columns of missing windows, where they are allowed */
    struct tbs_shortage *shorts; /* what each of them is */
    int short_count;
};

void tbs_team_open(struct team *team, const struct tbs_roster_problem *problem,
               const struct tbs_roster_options *options);
void tbs_team_close(struct team *team);

static inline bool lifted(const struct team *team, enum tbs_clash clash)
{
    return (team->options->lifted >> clash & 1) != 0;
}

/* May this person work on this day, leave and Saturdays considered? */
bool tbs_may_work(const struct team *team, int person, int day);

void tbs_count_open(struct count_model *model, const struct team *team, int island);
void tbs_count_close(struct count_model *model);

/* Rules of the people of a group, taken together, as rows: put adds what they do on a day to a
 * row, each duty as 1 or as its hours. For one person these are his rules. */
struct rule_rows {
    const struct team *team;
    const struct group *group;
    const int *members;
    int member_count;
    struct tbs_mip *mip;
    void (*put)(void *context, int row, int day, bool hours);
    void *context;
};
void tbs_rule_rows(const struct rule_rows *rows);

/* Named people: x[member][day][length] of a group within a program. */
struct people_model {
    const struct team *team;
    const struct group *group;
    struct tbs_mip *mip;
    int *column; /* -1: may not work */
};
static inline int *people_column(const struct people_model *m, int member, int day, int length)
{
    return &m->column[((size_t)member * m->team->problem->day_count + day) *
                          m->group->length_count +
                      length];
}
void tbs_people_open(struct people_model *model, const struct team *team,
                       const struct group *group, struct tbs_mip *mip);
void tbs_people_close(struct people_model *model);

#endif
