/* An output folder, read back into results. */
#include "report/read.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/file.h"
#include "report/metric.h"
#include "report/writers.h"

struct folder {
    const char *dir;
    json_t *summary;
    struct tbs_csv halls, replications, hall_replications;
    struct tbs_report_error *error;
};

static void folder_close(struct folder *folder)
{
    json_decref(folder->summary);
    tbs_csv_free(&folder->halls);
    tbs_csv_free(&folder->replications);
    tbs_csv_free(&folder->hall_replications);
}

static int summary_open(struct folder *folder)
{
    char *bytes, path[512];
    size_t count;
    json_error_t wrong;
    if (tbs_file_read(folder->dir, "summary.json", &bytes, &count, folder->error) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/summary.json", folder->dir);
    folder->summary = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &wrong);
    free(bytes);
    if (folder->summary == NULL)
        return tbs_report_refuse(folder->error, path, "%s line %d column %d: %s; run the "
                                 "simulation again", path, wrong.line, wrong.column, wrong.text);
    json_int_t format = json_integer_value(json_object_get(folder->summary, "format"));
    if (format != TBS_SUMMARY_FORMAT)
        return tbs_report_refuse(folder->error, path, "%s has format %" JSON_INTEGER_FORMAT
                                 ", and this program reads format %d: run the simulation again "
                                 "with this program", path, format, TBS_SUMMARY_FORMAT);
    return 0;
}

static int folder_open(struct folder *folder)
{
    if (summary_open(folder) != 0 ||
        tbs_csv_read(&folder->halls, folder->dir, "halls.csv", folder->error) != 0 ||
        tbs_csv_read(&folder->replications, folder->dir, "replications.csv", folder->error) != 0 ||
        tbs_csv_read(&folder->hall_replications, folder->dir, "hall-replications.csv",
                     folder->error) != 0)
        return -1;
    size_t halls = folder->halls.row_count - 1, runs = folder->replications.row_count - 1;
    if (folder->hall_replications.row_count - 1 != halls * runs)
        return tbs_report_refuse(folder->error, folder->hall_replications.path,
                                 "%s has %zu rows, not one for each of %zu halls and %zu "
                                 "replications: the files of %s are not of one run",
                                 folder->hall_replications.path,
                                 folder->hall_replications.row_count - 1, halls, runs,
                                 folder->dir);
    return 0;
}

static double number(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void numbers(const json_t *array, double *value, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        value[i] = number(json_array_get(array, i));
}

static const char *text(struct tbs_results *r, const json_t *object, const char *key)
{
    return tbs_results_text(r, json_string_value(json_object_get(object, key)));
}

static uint64_t word(const json_t *object, const char *key, int base)
{
    const char *digits = json_string_value(json_object_get(object, key));
    return digits == NULL ? 0 : strtoull(digits, NULL, base);
}

static struct tbs_name name(struct tbs_results *r, const json_t *object)
{
    return (struct tbs_name){text(r, object, "id"), text(r, object, "zh"), text(r, object, "en")};
}

static uint32_t whole(const json_t *object, const char *key)
{
    return (uint32_t)json_integer_value(json_object_get(object, key));
}

static void run_fill(struct tbs_results *r, const json_t *summary)
{
    r->version = text(r, summary, "version");
    r->scenario = name(r, json_object_get(summary, "scenario"));
    r->plan = name(r, json_object_get(summary, "plan"));
    r->period_from = text(r, summary, "period_from");
    r->period_to = text(r, summary, "period_to");
    r->day_count[TBS_DAY_WORKDAY] = whole(summary, "workdays");
    r->day_count[TBS_DAY_SATURDAY] = whole(summary, "saturdays");
    r->seed = word(summary, "seed", 10);
    r->replications_asked = whole(summary, "replications_asked");
    r->command = text(r, summary, "command");
    r->demand_hash = word(summary, "demand_hash", 16);
    r->state_hash = word(summary, "state_hash", 16);
    r->promise_s = number(json_object_get(summary, "promise_s"));
    r->promise_share = number(json_object_get(summary, "promise_share"));
}

static bool listed(const json_t *array, const char *key)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (strcmp(json_string_value(json_array_get(array, i)) ?: "", key) == 0)
            return true;
    return false;
}

static void city_fill(struct tbs_results *r, const json_t *summary)
{
    for (int i = 0; i < TBS_CITY_METRIC_COUNT; i++) {
        const char *key = tbs_city_metrics[i].key;
        r->city[i] = (struct tbs_figure){
            .value = number(json_object_get(summary, key)),
            .half_width = number(json_object_get(json_object_get(summary, "intervals"), key)),
            .n = whole(json_object_get(summary, "samples"), key),
            .too_few = listed(json_object_get(summary, "too_few"), key)};
    }
    const json_t *waits = json_object_get(summary, "waits");
    numbers(json_object_get(waits, "edge_s"), r->bin_edge_s, r->shape.bin_count + 1);
    if (r->shape.bin_count > 0 && isnan(r->bin_edge_s[r->shape.bin_count]))
        r->bin_edge_s[r->shape.bin_count] = INFINITY;   /* JSON has none: null */
    for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++) {
        const json_t *counts = json_object_get(waits, tbs_day_names[day]);
        numbers(json_object_get(counts, "called"), r->wait_count[day], r->shape.bin_count);
        numbers(json_object_get(counts, "left"), r->left_count[day], r->shape.bin_count);
    }
    const json_t *ratings = json_object_get(summary, "ratings");
    numbers(json_object_get(ratings, "scores"), r->rating.score_count, 5);
    r->rating.at_window = number(json_object_get(ratings, "at_window"));
    r->rating.at_followup = number(json_object_get(ratings, "at_followup"));
    r->rating.unrated = number(json_object_get(ratings, "unrated"));
}

/* Trades in the order in which the halls name them first; there are no more than halls. */
static uint32_t trade_find(struct tbs_results *r, uint32_t *count, const struct tbs_csv *csv,
                           size_t row)
{
    const char *id = tbs_csv_text(csv, row, tbs_csv_column(csv, "trade"));
    for (uint32_t i = 0; i < *count; i++)
        if (strcmp(r->trades[i].id, id) == 0)
            return i;
    const char *zh = tbs_csv_text(csv, row, tbs_csv_column(csv, "trade_zh"));
    const char *en = tbs_csv_text(csv, row, tbs_csv_column(csv, "trade_en"));
    r->trades[*count] = (struct tbs_name){tbs_results_text(r, id), tbs_results_text(r, zh),
                                          tbs_results_text(r, en[0] != '\0' ? en : NULL)};
    return (*count)++;
}

static int figures_fill(struct tbs_figure *figure, const struct tbs_csv *csv, size_t row,
                        uint32_t n, struct tbs_report_error *error)
{
    for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++) {
        char header[128];
        const char *key = tbs_hall_metrics[m].key;
        snprintf(header, sizeof header, "%s_half_width", key);
        figure[m].n = n;
        if (tbs_csv_number(csv, row, tbs_csv_column(csv, key), &figure[m].value, error) != 0 ||
            tbs_csv_number(csv, row, tbs_csv_column(csv, header), &figure[m].half_width,
                           error) != 0)
            return -1;
    }
    return 0;
}

static int halls_fill(struct tbs_results *r, const struct tbs_csv *csv,
                      struct tbs_report_error *error)
{
    uint32_t trade_count = 0;
    for (size_t row = 1; row < csv->row_count; row++) {
        struct tbs_hall_result *hall = &r->halls[row - 1];
        const char *en = tbs_csv_text(csv, row, tbs_csv_column(csv, "hall_en"));
        const char *level = tbs_csv_text(csv, row, tbs_csv_column(csv, "level"));
        double windows, saturday;
        hall->name.id = tbs_results_text(r, tbs_csv_text(csv, row, tbs_csv_column(csv, "hall")));
        hall->name.zh =
            tbs_results_text(r, tbs_csv_text(csv, row, tbs_csv_column(csv, "hall_zh")));
        hall->name.en = tbs_results_text(r, en[0] != '\0' ? en : NULL);
        hall->trade_index = trade_find(r, &trade_count, csv, row);
        for (int i = 0; i <= TBS_LEVEL_VILLAGE; i++)
            if (strcmp(level, tbs_level_names[i]) == 0)
                hall->level = (enum tbs_level)i;
        if (tbs_csv_number(csv, row, tbs_csv_column(csv, "windows"), &windows, error) != 0 ||
            tbs_csv_number(csv, row, tbs_csv_column(csv, "windows_saturday"), &saturday,
                           error) != 0 ||
            figures_fill(hall->figure, csv, row, r->shape.replication_count, error) != 0)
            return -1;
        hall->windows = windows > 0 ? (uint32_t)windows : 0;
        hall->windows_saturday = saturday > 0 ? (uint32_t)saturday : 0;
    }
    r->shape.trade_count = trade_count;
    return 0;
}

/* Replication numbers count from 0; rows of a replication come in the halls' order. */
static int replications_fill(double *value, const struct tbs_csv *csv,
                             const struct tbs_metric *metric, int metric_count, size_t rows_each,
                             struct tbs_report_error *error)
{
    int columns[TBS_CITY_METRIC_COUNT + TBS_HALL_METRIC_COUNT];
    for (int m = 0; m < metric_count; m++)
        columns[m] = tbs_csv_column(csv, metric[m].key);
    for (size_t row = 1; row < csv->row_count; row++) {
        double replication;
        if (tbs_csv_number(csv, row, tbs_csv_column(csv, "replication"), &replication, error) != 0)
            return -1;
        if (replication != (double)((row - 1) / rows_each))
            return tbs_report_refuse(error, csv->path, "%s row %zu: replication %zu is expected "
                                     "here; run the simulation again", csv->path, row + 1,
                                     (row - 1) / rows_each);
        for (int m = 0; m < metric_count; m++)
            if (tbs_csv_number(csv, row, columns[m], value++, error) != 0)
                return -1;
    }
    return 0;
}

static struct tbs_results *results_make(struct folder *folder)
{
    const json_t *edges =
        json_object_get(json_object_get(folder->summary, "waits"), "edge_s");
    uint32_t edge_count = (uint32_t)json_array_size(edges);
    struct tbs_results_shape shape = {
        .trade_count = (uint32_t)folder->halls.row_count - 1,
        .hall_count = (uint32_t)folder->halls.row_count - 1,
        .bin_count = edge_count > 1 ? edge_count - 1 : 0,
        .replication_count = (uint32_t)folder->replications.row_count - 1};
    struct tbs_results *r = tbs_results_create(&shape);
    if (r == NULL) {
        tbs_report_refuse(folder->error, folder->dir, "out of memory while reading %s",
                          folder->dir);
        return NULL;
    }
    run_fill(r, folder->summary);
    city_fill(r, folder->summary);
    if (halls_fill(r, &folder->halls, folder->error) != 0 ||
        replications_fill(r->replication, &folder->replications, tbs_city_metrics,
                          TBS_CITY_METRIC_COUNT, 1, folder->error) != 0 ||
        replications_fill(r->replication_hall, &folder->hall_replications, tbs_hall_metrics,
                          TBS_HALL_METRIC_COUNT, shape.hall_count, folder->error) != 0 ||
        tbs_results_check(r, folder->error) != 0) {
        tbs_results_free(r);
        return NULL;
    }
    return r;
}

struct tbs_results *tbs_results_read(const char *dir, struct tbs_report_error *error)
{
    struct folder folder = {.dir = dir, .error = error};
    struct tbs_results *r = folder_open(&folder) == 0 ? results_make(&folder) : NULL;
    folder_close(&folder);
    return r;
}
