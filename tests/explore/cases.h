/* cases.h: the lists of cases, each ended by a row without a name. */
#ifndef TEST_EXPLORE_CASES_H
#define TEST_EXPLORE_CASES_H

#include "explore.h"

/* Of the real code: each must pass. */
extern const struct explore_case ring_cases[];
extern const struct explore_case load_cases[];
extern const struct explore_case wake_cases[];

/* Of wrong code that looks right: each must fail, or else the explorer isn't worth its name. */
extern const struct explore_case wrong_cases[];
extern const struct explore_case wrong_load_cases[];
extern const struct explore_case wrong_wake_cases[];

/* Small programs whose outcomes the C11 model fixes. */
struct litmus {
    struct explore_case test;
    uint32_t outcomes; /* all of them and no others: bit r1 + 4 * r2 + 16 * ... ; see litmus.c */
};
extern const struct litmus litmus_cases[];
/* The outcomes that the last exploration saw. */
uint32_t litmus_outcomes(void);

#endif
