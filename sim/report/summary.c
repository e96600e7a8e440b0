/* summary.json: flat keys for the headline figures, so that `jq .wait_p90_s` is a number. The
 * machine's own timings are the last two keys; all before them is the same for the same seed. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "report/metric.h"
#include "report/writers.h"

static void run_add(json_t *root, const struct tbs_results *r)
{
    json_object_set_new(root, "format", json_integer(TBS_SUMMARY_FORMAT));
    json_object_set_new(root, "version", tbs_json_text(r->version));
    json_object_set_new(root, "scenario", tbs_json_name(&r->scenario));
    json_object_set_new(root, "plan", r->plan.id == NULL ? json_null() : tbs_json_name(&r->plan));
    json_object_set_new(root, "period_from", tbs_json_text(r->period_from));
    json_object_set_new(root, "period_to", tbs_json_text(r->period_to));
    json_object_set_new(root, "workdays", json_integer(r->day_count[TBS_DAY_WORKDAY]));
    json_object_set_new(root, "saturdays", json_integer(r->day_count[TBS_DAY_SATURDAY]));
    json_object_set_new(root, "halls", json_integer(r->shape.hall_count));
    json_object_set_new(root, "seed", tbs_json_word("%" PRIu64, r->seed));
    json_object_set_new(root, "replications", json_integer(r->shape.replication_count));
    json_object_set_new(root, "replications_asked", json_integer(r->replications_asked));
    json_object_set_new(root, "command", tbs_json_text(r->command));
    json_object_set_new(root, "demand_hash", tbs_json_word("%016" PRIx64, r->demand_hash));
    json_object_set_new(root, "promise_s", tbs_json_number(r->promise_s));
    json_object_set_new(root, "promise_share", tbs_json_number(r->promise_share));
}

static void figures_add(json_t *root, const struct tbs_results *r)
{
    json_t *intervals = json_object();
    json_t *samples = json_object();
    json_t *too_few = json_array();
    for (int i = 0; i < TBS_CITY_METRIC_COUNT; i++) {
        const struct tbs_metric *metric = &tbs_city_metrics[i];
        const struct tbs_figure *figure = &r->city[i];
        json_object_set_new(root, metric->key, tbs_json_number(figure->value));
        json_object_set_new(intervals, metric->key, tbs_json_number(figure->half_width));
        json_object_set_new(samples, metric->key, json_integer(figure->n));
        if (figure->too_few)
            json_array_append_new(too_few, json_string(metric->key));
    }
    json_object_set_new(root, "intervals", intervals);
    json_object_set_new(root, "samples", samples);
    json_object_set_new(root, "too_few", too_few);
}

static json_t *numbers(const double *value, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(array, tbs_json_number(value[i]));
    return array;
}

static void distribution_add(json_t *root, const struct tbs_results *r)
{
    json_t *waits = json_object();
    json_object_set_new(waits, "edge_s", numbers(r->bin_edge_s, r->shape.bin_count + 1));
    for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++)
        json_object_set_new(
            waits, tbs_day_names[day],
            json_pack("{s:o,s:o}", "called", numbers(r->wait_count[day], r->shape.bin_count),
                      "left", numbers(r->left_count[day], r->shape.bin_count)));
    json_object_set_new(root, "waits", waits);
}

static void rating_add(json_t *root, const struct tbs_results *r)
{
    const struct tbs_rating_result *rating = &r->rating;
    json_object_set_new(root, "ratings",
                        json_pack("{s:o,s:o,s:o,s:o}", "scores", numbers(rating->score_count, 5),
                                  "at_window", tbs_json_number(rating->at_window), "at_followup",
                                  tbs_json_number(rating->at_followup), "unrated",
                                  tbs_json_number(rating->unrated)));
}

int tbs_summary_print(const struct tbs_results *r, const struct tbs_results *other, FILE *out)
{
    (void)other;
    json_t *root = json_object();
    if (root == NULL)
        return ENOMEM;
    run_add(root, r);
    figures_add(root, r);
    distribution_add(root, r);
    rating_add(root, r);
    json_object_set_new(root, "state_hash", tbs_json_word("%016" PRIx64, r->state_hash));
    json_object_set_new(root, "wall_s", tbs_json_number(r->wall_s));
    json_object_set_new(root, "cases_per_s", tbs_json_number(r->cases_per_s));
    int failed = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    json_decref(root);
    return failed != 0 ? ENOMEM : 0;
}
