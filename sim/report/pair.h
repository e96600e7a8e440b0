/* Paired differences of two runs that met the same citizens (common random numbers). */
#ifndef TBS_REPORT_PAIR_H
#define TBS_REPORT_PAIR_H

#include <stddef.h>

#include "report/metric.h"

enum tbs_verdict {
    TBS_VERDICT_UNKNOWN,        /* fewer than two pairs, no value, or equal by chance */
    TBS_VERDICT_SAME,           /* equal in every replication */
    TBS_VERDICT_NOISE,          /* the interval of the difference holds 0 */
    TBS_VERDICT_BETTER,
    TBS_VERDICT_WORSE,
    TBS_VERDICT_CHANGED,        /* more than noise, and neither way is better */
};

extern const char *const tbs_verdict_names[];   /* unknown, same, noise, ... */
extern const char *const tbs_verdict_names_zh[];
extern const char *const tbs_verdict_names_en[];

struct tbs_paired {
    double before, after;       /* means over the pairs */
    double difference;          /* after - before */
    double half_width;          /* of the difference; NAN when unknown */
    uint32_t n;                 /* pairs with both values known */
    enum tbs_verdict verdict;
};

/* Pairs before[i * before_stride] with after[i * after_stride], i < count; pairs with a NAN are
 * left out. confidence is 0.95 for one figure on its own; when m figures are judged at once give
 * 1 - 0.05 / m, so that all m verdicts together hold with 95% (Bonferroni). Better and worse need
 * an interval: too few pairs that all differ by the very same amount give none. */
struct tbs_paired tbs_pair(const double *before, size_t before_stride, const double *after,
                           size_t after_stride, uint32_t count, double confidence,
                           enum tbs_better better);

/* How many replications two runs have in common. */
uint32_t tbs_pair_count(const struct tbs_results *before, const struct tbs_results *after);

/* One figure of the city, with 95%. */
struct tbs_paired tbs_pair_city(const struct tbs_results *before, const struct tbs_results *after,
                                enum tbs_city_metric metric);

/* One figure of the hall that after has at hall_index; all halls together hold with 95%. Halls
 * are the same when their ids are; n is 0 when before has no such hall. */
struct tbs_paired tbs_pair_hall(const struct tbs_results *before, const struct tbs_results *after,
                                uint32_t hall_index, enum tbs_hall_metric metric);

#endif
