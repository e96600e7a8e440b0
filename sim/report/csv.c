/* The CSV files: UTF-8 with a byte order mark, so that Chinese Excel opens them as they are;
 * RFC 4180 quoting (libcsv) and CRLF. Columns carry the keys of metric.def; a half-width follows
 * its figure as KEY_half_width. Names are printed as they are, whatever they begin with. */
#include <csv.h>
#include <math.h>
#include <string.h>

#include "report/metric.h"
#include "report/writers.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void text_print(FILE *out, const char *text)
{
    if (text == NULL)
        text = "";
    csv_fwrite(out, text, strlen(text));
    fputc(',', out);
}

static void name_print(FILE *out, const struct tbs_name *name)
{
    text_print(out, name->id);
    text_print(out, name->zh);
    text_print(out, name->en);
}

static void metric_header(FILE *out, const struct tbs_metric *metric, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(out, "%s%s,%s_half_width", i == 0 ? "" : ",", metric[i].key, metric[i].key);
    fputs("\r\n", out);
}

static void figures_print(FILE *out, const struct tbs_metric *metric,
                          const struct tbs_figure *figure, int count)
{
    for (int i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', out);
        tbs_metric_print(out, metric[i].unit, figure[i].value);
        fputc(',', out);
        tbs_metric_print(out, metric[i].unit, figure[i].half_width);
    }
    fputs("\r\n", out);
}

int tbs_halls_csv_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    (void)other;
    fputs(BYTE_ORDER_MARK "hall,hall_zh,hall_en,trade,trade_zh,trade_en,level,windows,"
          "windows_saturday,", out);
    metric_header(out, tbs_hall_metrics, TBS_HALL_METRIC_COUNT);
    for (uint32_t i = 0; i < r->shape.hall_count; i++) {
        const struct tbs_hall_result *hall = &r->halls[i];
        name_print(out, &hall->name);
        name_print(out, &r->trades[hall->trade_index]);
        fprintf(out, "%s,%u,%u,", tbs_level_names[hall->level], hall->windows,
                hall->windows_saturday);
        figures_print(out, tbs_hall_metrics, hall->figure, TBS_HALL_METRIC_COUNT);
    }
    return 0;
}

/* The city's own rows come first, with an empty hall. */
int tbs_intervals_csv_print(const struct tbs_results *r, const struct tbs_results *other,
                            FILE *out)
{
    (void)other;
    static const struct tbs_name city = {"", "全市", "The city"};
    uint32_t hall_count = r->shape.hall_count;
    fputs(BYTE_ORDER_MARK "hall,hall_zh,hall_en,day_type,from,", out);
    metric_header(out, tbs_slot_metrics, TBS_SLOT_METRIC_COUNT);
    for (uint32_t row = 0; row <= hall_count; row++) {
        uint32_t hall = row == 0 ? hall_count : row - 1;
        for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++)
            for (uint32_t slot = 0; slot < r->shape.slot_count; slot++) {
                uint32_t minute = r->slot_from_min + 30 * slot;
                name_print(out, hall == hall_count ? &city : &r->halls[hall].name);
                fprintf(out, "%s,%02u:%02u,", tbs_day_names[day], minute / 60, minute % 60);
                figures_print(out, tbs_slot_metrics,
                              tbs_results_slot(r, hall, day, slot)->figure,
                              TBS_SLOT_METRIC_COUNT);
            }
    }
    return 0;
}

int tbs_desks_csv_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    (void)other;
    fputs(BYTE_ORDER_MARK "desk,desk_zh,desk_en,approvers,", out);
    for (uint32_t i = 0; i < r->shape.age_edge_count; i++)
        fprintf(out, "open_from_%gh,", r->age_edge_h[i]);
    metric_header(out, tbs_desk_metrics, TBS_DESK_METRIC_COUNT);
    for (uint32_t i = 0; i < r->shape.desk_count; i++) {
        const struct tbs_desk_result *desk = &r->desks[i];
        name_print(out, &desk->name);
        fprintf(out, "%u,", desk->approvers);
        for (uint32_t age = 0; age < r->shape.age_edge_count; age++) {
            tbs_metric_print(out, TBS_UNIT_COUNT, desk->age_count[age]);
            fputc(',', out);
        }
        figures_print(out, tbs_desk_metrics, desk->figure, TBS_DESK_METRIC_COUNT);
    }
    return 0;
}

static void replication_header(FILE *out, const struct tbs_metric *metric, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(out, ",%s", metric[i].key);
    fputs("\r\n", out);
}

/* Not rounded for people: compare subtracts these, and 15 digits lose nothing that matters. */
static void replication_values(FILE *out, const double *value, int count)
{
    for (int i = 0; i < count; i++) {
        fputc(',', out);
        if (!isnan(value[i]))
            fprintf(out, "%.15g", value[i]);
    }
    fputs("\r\n", out);
}

int tbs_replications_csv_print(const struct tbs_results *r, const struct tbs_results *other,
                               FILE *out)
{
    (void)other;
    fputs(BYTE_ORDER_MARK "replication", out);
    replication_header(out, tbs_city_metrics, TBS_CITY_METRIC_COUNT);
    for (uint32_t i = 0; i < r->shape.replication_count; i++) {
        fprintf(out, "%u", i);
        replication_values(out, r->replication + (size_t)i * TBS_CITY_METRIC_COUNT,
                           TBS_CITY_METRIC_COUNT);
    }
    return 0;
}

int tbs_hall_replications_csv_print(const struct tbs_results *r, const struct tbs_results *other,
                                    FILE *out)
{
    (void)other;
    fputs(BYTE_ORDER_MARK "replication,hall", out);
    replication_header(out, tbs_hall_metrics, TBS_HALL_METRIC_COUNT);
    const double *value = r->replication_hall;
    for (uint32_t i = 0; i < r->shape.replication_count; i++)
        for (uint32_t hall = 0; hall < r->shape.hall_count; hall++) {
            fprintf(out, "%u,", i);
            csv_fwrite(out, r->halls[hall].name.id, strlen(r->halls[hall].name.id));
            replication_values(out, value, TBS_HALL_METRIC_COUNT);
            value += TBS_HALL_METRIC_COUNT;
        }
    return 0;
}
