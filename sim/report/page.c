/* report.html: the template with its parts put in, and the run's data as JSON. The page's own
 * script draws everything; nothing is computed here but paired differences. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/asset.h"
#include "report/metric.h"
#include "report/pair.h"
#include "report/writers.h"

/* [value, half-width, n] and a 1 when n is too small. */
static json_t *figure(const struct tbs_metric *metric, const struct tbs_figure *value)
{
    json_t *array = json_array();
    json_array_append_new(array, tbs_json_number(tbs_metric_round(metric->unit, value->value)));
    json_array_append_new(array,
                          tbs_json_number(tbs_metric_round(metric->unit, value->half_width)));
    json_array_append_new(array, json_integer(value->n));
    if (value->too_few)
        json_array_append_new(array, json_integer(1));
    return array;
}

static json_t *figures(const struct tbs_metric *metric, const struct tbs_figure *value, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(array, figure(&metric[i], &value[i]));
    return array;
}

static json_t *numbers(const double *value, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(array, tbs_json_number(tbs_metric_round(TBS_UNIT_COUNT, value[i])));
    return array;
}

static json_t *metrics(const struct tbs_metric *metric, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "key", metric[i].key, "unit",
                             tbs_unit_names[metric[i].unit], "better",
                             tbs_better_names[metric[i].better], "zh", metric[i].zh, "en",
                             metric[i].en, "note_zh", metric[i].note_zh, "note_en",
                             metric[i].note_en));
    return array;
}

static json_t *run(const struct tbs_results *r)
{
    json_t *object = json_object();
    json_object_set_new(object, "scenario", tbs_json_name(&r->scenario));
    json_object_set_new(object, "plan", r->plan.id == NULL ? json_null() : tbs_json_name(&r->plan));
    json_object_set_new(object, "from", tbs_json_text(r->period_from));
    json_object_set_new(object, "to", tbs_json_text(r->period_to));
    json_object_set_new(object, "days", json_pack("[i,i]", r->day_count[TBS_DAY_WORKDAY],
                                                  r->day_count[TBS_DAY_SATURDAY]));
    json_object_set_new(object, "seed", tbs_json_word("%" PRIu64, r->seed));
    json_object_set_new(object, "replications", json_integer(r->shape.replication_count));
    json_object_set_new(object, "asked", json_integer(r->replications_asked));
    json_object_set_new(object, "command", tbs_json_text(r->command));
    json_object_set_new(object, "version", tbs_json_text(r->version));
    json_object_set_new(object, "state_hash", tbs_json_word("%016" PRIx64, r->state_hash));
    json_object_set_new(object, "promise_s", tbs_json_number(r->promise_s));
    json_object_set_new(object, "promise_share", tbs_json_number(r->promise_share));
    return object;
}

static json_t *assumptions(const struct tbs_results *r)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < r->shape.assumption_count; i++) {
        const struct tbs_assumption *row = &r->assumptions[i];
        char mark[2] = {row->mark, '\0'};
        json_array_append_new(array, json_pack("{s:s,s:o,s:o}", "mark", mark, "zh",
                                               tbs_json_text(row->zh), "en",
                                               tbs_json_text(row->en)));
    }
    return array;
}

static json_t *halls(const struct tbs_results *r)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < r->shape.hall_count; i++) {
        const struct tbs_hall_result *hall = &r->halls[i];
        json_t *row = tbs_json_name(&hall->name);
        json_object_set_new(row, "trade", json_integer(hall->trade_index));
        json_object_set_new(row, "level", json_integer(hall->level));
        json_object_set_new(row, "windows",
                            json_pack("[i,i]", hall->windows, hall->windows_saturday));
        json_object_set_new(row, "figures",
                            figures(tbs_hall_metrics, hall->figure, TBS_HALL_METRIC_COUNT));
        json_array_append_new(array, row);
    }
    return array;
}

/* One line of half hours: the values and the half-widths, or null when there are none. */
static json_t *line(const struct tbs_results *r, uint32_t hall, int day, int m)
{
    json_t *values = json_array(), *widths = json_array();
    bool known = false;
    for (uint32_t slot = 0; slot < r->shape.slot_count; slot++) {
        const struct tbs_figure *figure = &tbs_results_slot(r, hall, day, slot)->figure[m];
        enum tbs_unit unit = tbs_slot_metrics[m].unit;
        json_array_append_new(values, tbs_json_number(tbs_metric_round(unit, figure->value)));
        json_array_append_new(widths, tbs_json_number(tbs_metric_round(unit, figure->half_width)));
        known = known || isfinite(figure->half_width);
    }
    if (!known) {
        json_decref(widths);
        widths = json_null();
    }
    return json_pack("[o,o]", values, widths);
}

/* lines[hall][day][metric]; the city is the last hall. */
static json_t *slots(const struct tbs_results *r)
{
    json_t *lines = json_array();
    for (uint32_t hall = 0; hall <= r->shape.hall_count; hall++) {
        json_t *days = json_array();
        for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++) {
            json_t *row = json_array();
            for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++)
                json_array_append_new(row, line(r, hall, day, m));
            json_array_append_new(days, row);
        }
        json_array_append_new(lines, days);
    }
    return json_pack("{s:i,s:i,s:o}", "from", r->slot_from_min, "count", r->shape.slot_count,
                     "lines", lines);
}

static json_t *waits(const struct tbs_results *r)
{
    json_t *called = json_array(), *left = json_array();
    for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++) {
        json_array_append_new(called, numbers(r->wait_count[day], r->shape.bin_count));
        json_array_append_new(left, numbers(r->left_count[day], r->shape.bin_count));
    }
    return json_pack("{s:o,s:o,s:o}", "edges", numbers(r->bin_edge_s, r->shape.bin_count + 1),
                     "called", called, "left", left);
}

static json_t *desks(const struct tbs_results *r)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < r->shape.desk_count; i++) {
        const struct tbs_desk_result *desk = &r->desks[i];
        json_t *row = tbs_json_name(&desk->name);
        json_object_set_new(row, "approvers", json_integer(desk->approvers));
        json_object_set_new(row, "figures",
                            figures(tbs_desk_metrics, desk->figure, TBS_DESK_METRIC_COUNT));
        json_object_set_new(row, "ages", numbers(desk->age_count, r->shape.age_edge_count));
        json_array_append_new(array, row);
    }
    return json_pack("{s:o,s:o}", "ages", numbers(r->age_edge_h, r->shape.age_edge_count),
                     "rows", array);
}

static json_t *rating(const struct tbs_results *r)
{
    double counts[] = {r->rating.at_window, r->rating.at_followup, r->rating.unrated};
    return json_pack("{s:o,s:o}", "scores", numbers(r->rating.score_count, 5), "counts",
                     numbers(counts, 3));
}

/* [before, after, difference, half-width, n, verdict] */
static json_t *paired(const struct tbs_metric *metric, const struct tbs_paired *pair)
{
    const double values[] = {pair->before, pair->after, pair->difference, pair->half_width};
    json_t *array = json_array();
    for (int i = 0; i < 4; i++)
        json_array_append_new(array, tbs_json_number(tbs_metric_round(metric->unit, values[i])));
    json_array_append_new(array, json_integer(pair->n));
    json_array_append_new(array, json_string(tbs_verdict_names[pair->verdict]));
    return array;
}

/* city[metric], and halls[hall][metric] in the order of after's halls. */
static json_t *comparison(const struct tbs_results *after, const struct tbs_results *before)
{
    json_t *city = json_array(), *halls = json_array();
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        struct tbs_paired pair = tbs_pair_city(before, after, (enum tbs_city_metric)m);
        json_array_append_new(city, paired(&tbs_city_metrics[m], &pair));
    }
    for (uint32_t i = 0; i < after->shape.hall_count; i++) {
        json_t *row = json_array();
        for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++) {
            struct tbs_paired pair = tbs_pair_hall(before, after, i, (enum tbs_hall_metric)m);
            json_array_append_new(row, paired(&tbs_hall_metrics[m], &pair));
        }
        json_array_append_new(halls, row);
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:i,s:b}", "run", run(before), "waits", waits(before),
                     "city", city, "halls", halls, "pairs", (int)tbs_pair_count(before, after),
                     "same_demand", after->demand_hash == before->demand_hash);
}

static json_t *page_data(const struct tbs_results *r, const struct tbs_results *other)
{
    json_t *root = json_object(), *trades = json_array();
    for (uint32_t i = 0; i < r->shape.trade_count; i++)
        json_array_append_new(trades, tbs_json_name(&r->trades[i]));
    json_object_set_new(root, "run", run(r));
    json_object_set_new(root, "assumptions", assumptions(r));
    json_object_set_new(
        root, "metrics",
        json_pack("{s:o,s:o,s:o,s:o}", "city", metrics(tbs_city_metrics, TBS_CITY_METRIC_COUNT),
                  "hall", metrics(tbs_hall_metrics, TBS_HALL_METRIC_COUNT), "slot",
                  metrics(tbs_slot_metrics, TBS_SLOT_METRIC_COUNT), "desk",
                  metrics(tbs_desk_metrics, TBS_DESK_METRIC_COUNT)));
    json_object_set_new(root, "city", figures(tbs_city_metrics, r->city, TBS_CITY_METRIC_COUNT));
    json_object_set_new(root, "trades", trades);
    json_object_set_new(root, "halls", halls(r));
    json_object_set_new(root, "slots", slots(r));
    json_object_set_new(root, "waits", waits(r));
    json_object_set_new(root, "desks", desks(r));
    json_object_set_new(root, "rating", rating(r));
    json_object_set_new(root, "compare", other != NULL ? comparison(r, other) : json_null());
    return root;
}

/* Inside <script> a "</script>" or "<!--" would end the data: in JSON these characters stand
 * only in strings, where an escape means the same. */
static int escaped(const char *bytes, size_t count, void *out)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] == '<' || bytes[i] == '>' || bytes[i] == '&')
            fprintf(out, "\\u%04x", (unsigned)bytes[i]);
        else
            fputc(bytes[i], out);
    return 0;
}

static int data_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    json_t *data = page_data(r, other);
    fputs("<script type=\"application/json\" id=\"data\">", out);
    int failed = json_dump_callback(data, escaped, out,
                                    JSON_COMPACT | JSON_REAL_PRECISION(12));
    fputs("</script>", out);
    json_decref(data);
    return failed != 0 ? ENOMEM : 0;
}

static void asset_print(const char *marker, size_t length, FILE *out)
{
    for (const struct tbs_asset *asset = tbs_assets; asset->name != NULL; asset++)
        if (strlen(asset->name) == length && memcmp(asset->name, marker, length) == 0) {
            fprintf(out, "<%s>", asset->element);
            fwrite(asset->bytes, 1, (size_t)(asset->end - asset->bytes), out);
            fprintf(out, "</%s>", asset->element);
        }
}

/* A title for the browser's tab before any script has run. */
static void title_print(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        if (*text == '<' || *text == '>' || *text == '&')
            fprintf(out, "&#%d;", *text);
        else
            fputc(*text, out);
}

int tbs_page_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    static const char mark[] = "<!--@", mark_end[] = "-->";
    const char *at = tbs_asset_template;
    for (const char *marker; (marker = strstr(at, mark)) != NULL;) {
        fwrite(at, 1, (size_t)(marker - at), out);
        const char *word = marker + strlen(mark);
        size_t length = (size_t)(strstr(word, mark_end) - word);
        if (length == 4 && memcmp(word, "data", 4) == 0) {
            int failed = data_print(r, other, out);
            if (failed != 0)
                return failed;
        } else if (length == 5 && memcmp(word, "title", 5) == 0) {
            title_print(r->scenario.zh, out);
        } else {
            asset_print(word, length, out);
        }
        at = word + length + strlen(mark_end);
    }
    fputs(at, out);
    return 0;
}
