/* The rows of metric.def as tables that writers walk. Constant data; any thread. */
#ifndef TBS_REPORT_METRIC_H
#define TBS_REPORT_METRIC_H

#include <stdio.h>

#include "report/results.h"

enum tbs_unit { TBS_UNIT_COUNT, TBS_UNIT_SHARE, TBS_UNIT_SECONDS, TBS_UNIT_HOURS };
enum tbs_better { TBS_BETTER_LOWER, TBS_BETTER_HIGHER, TBS_BETTER_NEITHER };

struct tbs_metric {
    const char *key;
    enum tbs_unit unit;
    enum tbs_better better;
    const char *zh, *en;
    const char *note_zh, *note_en;
};

/* Names of the enumerators as the page's data have them. */
extern const char *const tbs_unit_names[];
extern const char *const tbs_better_names[];
extern const char *const tbs_level_names[];         /* city, county, town, village */
extern const char *const tbs_level_names_zh[];
extern const char *const tbs_day_names[];           /* workday, saturday */
extern const char *const tbs_day_names_zh[];

extern const struct tbs_metric tbs_city_metrics[TBS_CITY_METRIC_COUNT];
extern const struct tbs_metric tbs_hall_metrics[TBS_HALL_METRIC_COUNT];
extern const struct tbs_metric tbs_slot_metrics[TBS_SLOT_METRIC_COUNT];
extern const struct tbs_metric tbs_desk_metrics[TBS_DESK_METRIC_COUNT];

/* Prints value rounded to what its unit deserves, without trailing zeros; nothing for NAN
 * and infinities. */
void tbs_metric_print(FILE *out, enum tbs_unit unit, double value);

/* The value rounded as tbs_metric_print prints it. NAN stays NAN. */
double tbs_metric_round(enum tbs_unit unit, double value);

#endif
