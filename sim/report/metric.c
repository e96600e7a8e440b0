/* The metric tables, and the one place that decides how many digits a figure keeps. */
#include "report/metric.h"

#include <math.h>
#include <string.h>

const char *const tbs_unit_names[] = {"count", "share", "seconds", "hours"};
const char *const tbs_better_names[] = {"lower", "higher", "neither"};
const char *const tbs_level_names[] = {"city", "county", "town", "village"};
const char *const tbs_level_names_zh[] = {"市级", "县级", "镇级", "村级"};
const char *const tbs_day_names[] = {"workday", "saturday"};
const char *const tbs_day_names_zh[] = {"工作日", "周六"};

#define METRIC_ROW(ID, KEY, UNIT, BETTER, ZH, EN, NOTE_ZH, NOTE_EN) \
    {#KEY, TBS_UNIT_##UNIT, TBS_BETTER_##BETTER, ZH, EN, NOTE_ZH, NOTE_EN},

const struct tbs_metric tbs_city_metrics[] = {TBS_CITY_METRICS(METRIC_ROW)};
const struct tbs_metric tbs_hall_metrics[] = {TBS_HALL_METRICS(METRIC_ROW)};
const struct tbs_metric tbs_slot_metrics[] = {TBS_SLOT_METRICS(METRIC_ROW)};
const struct tbs_metric tbs_desk_metrics[] = {TBS_DESK_METRICS(METRIC_ROW)};

/* A hundredth of a case, of a second; a thousandth of an hour or of a per cent. */
static const int unit_decimals[] = {
    [TBS_UNIT_COUNT] = 2,
    [TBS_UNIT_SHARE] = 5,
    [TBS_UNIT_SECONDS] = 2,
    [TBS_UNIT_HOURS] = 3,
};

double tbs_metric_round(enum tbs_unit unit, double value)
{
    double scale = pow(10, unit_decimals[unit]);
    double rounded = round(value * scale) / scale;
    return rounded == 0 ? 0 : rounded;      /* never -0 */
}

void tbs_metric_print(FILE *out, enum tbs_unit unit, double value)
{
    if (!isfinite(value))
        return;
    char text[400];
    snprintf(text, sizeof text, "%.*f", unit_decimals[unit], tbs_metric_round(unit, value));
    if (strchr(text, '.') != NULL) {
        size_t length = strlen(text);
        while (text[length - 1] == '0')
            length--;
        if (text[length - 1] == '.')
            length--;
        text[length] = '\0';
    }
    fputs(text, out);
}
