/* output.h: a roster as files. Each writes into an open stream and returns nothing: the caller
 * looks at ferror, and gives the files their names together (report/file.h). */
#ifndef TBS_ROSTER_OUTPUT_H
#define TBS_ROSTER_OUTPUT_H

#include <stdio.h>

#include "roster/input.h"

/* One row a person and duty. */
void tbs_roster_csv(const struct tbs_input *input, const struct tbs_roster *roster, FILE *out);

/* plans.csv as `simulate --plan` and the scheduler load it: the needs by kind of day as they were,
 * and for each date of the period the windows that people were rostered for. Halls, desks and
 * dates that were not rostered go by their kind of day. */
void tbs_roster_plan(const struct tbs_input *input, const struct tbs_roster *roster, FILE *out);

/* A sheet a hall, people by days, to be printed; one with who is where on each day; one with the
 * sums of each person. 0 or an errno. */
int tbs_roster_workbook(const struct tbs_input *input, const struct tbs_roster *roster, FILE *out);

/* First half hour of the break and the one after it; equal: no break. */
void tbs_shift_break(const struct tbs_shift_form *form, int *from, int *to);

/* What a person did in the period. */
struct tbs_roster_sums {
    int half_hours, days, saturdays; /* Saturdays: of the period only */
};
struct tbs_roster_sums tbs_roster_sum(const struct tbs_input *input,
                                      const struct tbs_roster *roster, int person);

static inline const struct tbs_duty *tbs_duty_of(const struct tbs_roster *roster, int person,
                                                 int day)
{
    return &roster->duty[(size_t)person * (size_t)roster->day_count + (size_t)day];
}

#endif
