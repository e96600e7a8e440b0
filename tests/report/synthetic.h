/* Results that look like a simulated year of the reference city, made without a simulator: for
 * the tests of the report only. Waits come from a rough formula, noise from a counter. */
#ifndef TEST_REPORT_SYNTHETIC_H
#define TEST_REPORT_SYNTHETIC_H

#include "report/results.h"

struct synthetic_options {
    uint64_t seed;
    uint32_t replications;
    int saturday_windows_more;  /* on top of the Saturday plan, in every city-level hall */
    bool hostile;               /* names that attack HTML, CSV and spreadsheets */
};

/* 58 halls in ten trades, 18 half hours, 12 desks. Free with tbs_results_free. */
struct tbs_results *synthetic_city(const struct synthetic_options *options);

/* The smallest result: one hall, one replication, no Saturday, no desk, nothing known. */
struct tbs_results *synthetic_smallest(void);

extern const char *const synthetic_hostile_names[5];

#endif
