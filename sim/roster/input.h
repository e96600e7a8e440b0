/* input.h: a roster problem from a scenario's plan (the needs), a table of staff and one of rules.
 *
 * Owner: the input owns what the problem points to, and borrows the scenario; tbs_input_free frees
 * it. Mistakes are told to standard error, each with file, line and column. */
#ifndef TBS_ROSTER_INPUT_H
#define TBS_ROSTER_INPUT_H

#include "roster/roster.h"
#include "roster/table.h"
#include "tongban/scenario.h"

struct tbs_roster_ask {
    const char *staff_path, *rules_path; /* rules NULL: the standard ones */
    const char *trade;                   /* only its halls; NULL: all halls that have staff */
    uint32_t day_first, day_count;       /* of the scenario */
};

struct tbs_input {
    struct tbs_roster_problem problem;
    const struct tb_scenario *scenario;
    struct tbs_table staff, rules;
    struct tbs_contract *contracts;
    struct tbs_post *posts;
    struct tbs_person *people;
    struct tbs_roster_day *days;
    uint16_t *need;
    bool *fills, *away; /* [person][post], [person][day] */
    bool *halls;        /* [hall]: has staff */
    bool *places;       /* [staff row][hall] */
};

bool tbs_input_read(struct tbs_input *input, const struct tb_scenario *scenario,
                    const struct tbs_roster_ask *ask, struct tbs_mistakes *mistakes);
void tbs_input_free(struct tbs_input *input);

/* needs.csv (hall, day, start, windows) as a plan.csv in a temporary file, whose path the caller
 * frees and removes; its rows stand on the same lines. A file that is a plan already gives NULL,
 * and so does one with mistakes, which are told. */
char *tbs_needs_as_plan(const char *path, struct tbs_mistakes *mistakes);

#endif
