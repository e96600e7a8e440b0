/* balance.h: what balancing over the halls of a city is worth: waits without advice, with so many
 * who follow it, and with windows of all halls pooled by live video; the same citizens in every
 * row. */
#ifndef TBS_TUNE_BALANCE_H
#define TBS_TUNE_BALANCE_H

#include "tune/tune.h"

enum { TBS_BALANCE_FIGURES = 5 };
extern const enum tbs_city_metric tbs_balance_figures[TBS_BALANCE_FIGURES];

struct tbs_balance_row {
    const char *zh, *en, *advice, *video;
    struct tbs_interval value[TBS_BALANCE_FIGURES], change[TBS_BALANCE_FIGURES]; /* to row 0 */
};

/* Fills the rows, *count of them, in memory of the program's own (static). False: error. */
bool tbs_balance_run(const struct tbs_trial *trial, uint64_t seed, uint32_t reps,
                     struct tbs_balance_row **rows, int *count, char *error, size_t room);

#endif
