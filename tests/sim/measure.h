/* measure.h: runs a textbook scenario day by day and gives the days' figures as samples. Days of a
 * textbook are independent: a hall is empty each morning. May use: sim/, public headers. Must
 * never: read files. */
#ifndef TESTS_SIM_MEASURE_H
#define TESTS_SIM_MEASURE_H

#include "kernel/interval.h"
#include "model/model.h"

enum { MEASURE_DAYS_MAX = 64 };

struct measure {
    /* In: options but for the days; NULL: none. Called after each day with its tally. */
    struct tbs_model_options options;
    void (*day)(void *context, uint32_t day, const struct tbs_tally *tally);
    void *context;
    const struct tbs_trace *trace; /* NULL: citizens are drawn */
    /* Out, by day; station 0. */
    double wait_s[MEASURE_DAYS_MAX];       /* mean of those called */
    double waited_s[MEASURE_DAYS_MAX];     /* mean of all with a number, till called or gone */
    double left[MEASURE_DAYS_MAX];         /* share of arrivals */
    double refused[MEASURE_DAYS_MAX];      /* share of arrivals */
    double busy[MEASURE_DAYS_MAX];         /* windows, on average */
    double sojourn_s[8][MEASURE_DAYS_MAX]; /* at each desk */
    double desk_busy[8][MEASURE_DAYS_MAX];
    uint32_t days;
};

/* Runs all days but the last of the scenario's calendar (which has none to follow). */
void measure_run(struct measure *measure, const struct tb_scenario *scenario, uint64_t seed);

/* Is `exact` within the half-width of 99.9% around the mean of the days? Prints both if not. */
bool measure_holds(const char *what, const double *values, uint32_t count, double exact);

#endif
