/* textbook.h: scenarios in the forms of queueing theory, built by hand: one long day without
 * opening hours, exponential or other services, nobody's habits unless asked for. Fields may be
 * changed between textbook_new and the run. May use: public headers. Must never: read files. */
#ifndef TESTS_SIM_TEXTBOOK_H
#define TESTS_SIM_TEXTBOOK_H

#include "tongban/scenario.h"

struct textbook_spec {
    uint32_t halls;   /* all alike; 0 counts as 1 */
    uint32_t windows; /* of each hall */
    double per_hour;  /* visitors of each hall */
    struct tb_duration service;
    uint32_t days; /* of day_hours each; 0 counts as 1 */
    double day_hours;
    uint32_t desks; /* approval steps on a route through all of them, one after another, or side by
                       side */
    uint32_t approvers; /* of each desk */
    bool parallel;
    struct tb_duration work;
    const double
        *profile; /* [profile_count] relative rates of equal parts of the day; NULL: flat */
    uint32_t profile_count;
};

struct tb_scenario *textbook_new(const struct textbook_spec *spec);
void textbook_free(struct tb_scenario *scenario);

/* Rules of all stations. */
struct tb_rules *textbook_rules(struct tb_scenario *scenario);

#endif
