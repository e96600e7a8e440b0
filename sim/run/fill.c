/* From what a run found to the structure that reports are written from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/law.h"
#include "report/metric.h"
#include "run/inside.h"

/* Edges of the reported distribution, in seconds: fine where people are called almost at once. */
static const double edge_s[] = {0,    10,   20,   30,   45,   60,   90,   120,  180,  240,  300,
                                360,  420,  480,  540,  600,  720,  840,  960,  1080, 1200, 1500,
                                1800, 2100, 2400, 2700, 3000, 3300, 3600, 4500, 5400, 7200, 10800};
enum { EDGES = sizeof edge_s / sizeof edge_s[0] };

struct filler {
    const struct outcome *outcome;
    struct tbs_results *results;
    double *values; /* [sample_count] of one figure */
};

enum { FEW = 10 }; /* fewer samples make a half-width that is a rough guess */

/* ---- figures --------------------------------------------------------------------------------- */

/* Half-width of the mean of n values, by Student's t. */
static double half_width(struct filler *f, size_t n)
{
    double mean = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        mean += f->values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (f->values[i] - mean) * (f->values[i] - mean);
    }
    return tbs_student_quantile(0.975, (double)(n - 1)) *
           sqrt(squares / ((double)n * (double)(n - 1)));
}

/* What a batch's share of a sum has above or below its share of what was expected: the spread of
 * seasons and holidays, which are data, is no luck. */
static void residuals_make(struct filler *f, double whole, int type)
{
    const struct outcome *o = f->outcome;

    for (uint32_t i = 0; i < o->sample_count; i++) {
        f->values[i] -= whole * o->samples[i].expected[type];
    }
}

/* A figure of the values at hand, some of which may be NAN. `whole` is that of the whole run where
 * samples are its batches; batches of a
 * COUNT or HOURS add up to the run. `key` tells the type of day. */
static struct tbs_figure figure_make(struct filler *f, double whole, enum tbs_unit unit,
                                     const char *key)
{
    const struct outcome *o = f->outcome;
    struct tbs_figure figure = {.value = whole, .half_width = NAN};
    const bool batches = o->batches, sums = unit == TBS_UNIT_COUNT || unit == TBS_UNIT_HOURS;
    const int type = strncmp(key, "workday_", 8) == 0    ? TBS_DAY_WORKDAY
                     : strncmp(key, "saturday_", 9) == 0 ? TBS_DAY_SATURDAY
                                                         : TBS_DAY_TYPE_COUNT;
    double mean = 0;
    size_t n = 0;

    if (batches && sums) {
        residuals_make(f, whole, type);
    }
    for (uint32_t i = 0; i < o->sample_count; i++) {
        if (!isnan(f->values[i])) {
            mean += f->values[i];
            f->values[n++] = f->values[i];
        }
    }
    figure.n = (uint32_t)n;
    if (n > 0 && !batches) {
        figure.value = mean / (double)n;
    }
    if (n >= 2) {
        /* The sum of n batches has n times the half-width of their mean. */
        figure.half_width = half_width(f, n) * (batches && sums ? (double)n : 1);
        figure.too_few = n < FEW;
    }
    return figure;
}

static void city_fill(struct filler *f)
{
    const struct outcome *o = f->outcome;
    struct tbs_waits *scratch = malloc(sizeof *scratch);
    double whole[TBS_CITY_METRIC_COUNT];

    tbs_assert(scratch != NULL);
    tbs_figures_city(o->sum, scratch, whole);
    free(scratch);
    for (int m = 0; m < TBS_CITY_METRIC_COUNT; m++) {
        for (uint32_t i = 0; i < o->sample_count; i++) {
            f->values[i] = o->samples[i].city[m];
        }
        f->results->city[m] =
            figure_make(f, whole[m], tbs_city_metrics[m].unit, tbs_city_metrics[m].key);
    }
    struct tbs_figure *most = &f->results->city[TBS_CITY_OVERTAKEN_MAX];
    *most = (struct tbs_figure){.value = whole[TBS_CITY_OVERTAKEN_MAX], .half_width = NAN};
    if (o->batches) {
        memcpy(f->results->replication, whole, sizeof whole);
        return;
    }
    for (uint32_t i = 0; i < o->replications; i++) {
        memcpy(&f->results->replication[(size_t)i * TBS_CITY_METRIC_COUNT], o->samples[i].city,
               sizeof o->samples[i].city);
    }
}

static void hall_figures_fill(struct filler *f, uint32_t hall)
{
    const struct outcome *o = f->outcome;
    const size_t halls = o->scenario->hall_count;
    double *rows = f->results->replication_hall;
    double whole[TBS_HALL_METRIC_COUNT];

    tbs_figures_hall(o->sum, hall, whole);
    for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++) {
        for (uint32_t i = 0; i < o->sample_count; i++) {
            f->values[i] = o->samples[i].halls[(size_t)hall * TBS_HALL_METRIC_COUNT + (size_t)m];
        }
        f->results->halls[hall].figure[m] =
            figure_make(f, whole[m], tbs_hall_metrics[m].unit, tbs_hall_metrics[m].key);
    }
    for (uint32_t i = 0; i < f->results->shape.replication_count; i++) {
        const double *from =
            o->batches ? whole : &o->samples[i].halls[(size_t)hall * TBS_HALL_METRIC_COUNT];
        memcpy(&rows[(i * halls + hall) * TBS_HALL_METRIC_COUNT], from, sizeof whole);
    }
}

static void desk_fill(struct filler *f, uint32_t desk)
{
    const struct outcome *o = f->outcome;
    const struct tb_scenario *s = o->scenario;
    struct tbs_desk_result *result = &f->results->desks[desk];
    double whole[TBS_DESK_METRIC_COUNT];

    tbs_figures_desk(o->sum, s->hall_count + desk, whole);
    for (int m = 0; m < TBS_DESK_METRIC_COUNT; m++) {
        for (uint32_t i = 0; i < o->sample_count; i++) {
            f->values[i] = o->samples[i].desks[(size_t)desk * TBS_DESK_METRIC_COUNT + (size_t)m];
        }
        /* What is so at the end of the run is not a sum of batches. */
        const bool state = m == TBS_DESK_BACKLOG_AT_END;
        const enum tbs_unit unit = tbs_desk_metrics[m].unit;
        result->figure[m] =
            figure_make(f, whole[m], unit == TBS_UNIT_COUNT ? unit : TBS_UNIT_SHARE, "");
        if (state && o->batches) {
            result->figure[m] = (struct tbs_figure){.value = whole[m], .half_width = NAN};
        }
    }
    for (uint32_t a = 0; a < TBS_AGE_EDGES; a++) {
        result->age_count[a] =
            (double)o->sum->stations[s->hall_count + desk].ages[a] / o->replications;
    }
}

/* ---- half hours and distributions ------------------------------------------------------------ */

struct slot_sum {
    struct tbs_slot_tally counts;
    struct tbs_waits waits;
};

static void slot_fill(struct filler *f, uint32_t hall, enum tbs_day_type type, uint32_t slot,
                      const struct tbs_slot_tally *tally, const uint32_t *called,
                      const uint32_t *left, uint32_t bin_end)
{
    struct tbs_slot_result *result = tbs_results_slot(f->results, hall, type, slot);
    const double days = (double)f->results->day_count[type] * f->outcome->replications;
    double figures[TBS_SLOT_METRIC_COUNT];

    tbs_figures_slot(tally, called, left, bin_end, days, figures);
    for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++) {
        result->figure[m] = (struct tbs_figure){.value = figures[m], .half_width = NAN};
    }
    tbs_spread_figures(f->outcome->spread, hall, type, slot, tally, &f->outcome->weight, days,
                       called, left, bin_end, result->figure);
}

/* A half hour of every hall, and of the city. */
static void slot_fill_all(struct filler *f, enum tbs_day_type type, uint32_t slot,
                          struct slot_sum *city)
{
    const struct tbs_tally *sum = f->outcome->sum;
    uint32_t end = 0;

    memset(city, 0, sizeof *city);
    for (uint32_t h = 0; h < sum->hall_count; h++) {
        const struct tbs_slot_tally *one = tbs_tally_slot(sum, h, type, slot);
        const size_t bins = tbs_tally_slot_bins(sum, h, type, slot);
        const uint32_t *called = &sum->slot_called[bins], *left = &sum->slot_left[bins];
        const uint32_t here = tbs_tally_bin_end(&sum->stations[h], type);
        slot_fill(f, h, type, slot, one, called, left, here);
        for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
            city->counts.count[c] += one->count[c];
        }
        for (uint32_t i = 0; i < here; i++) {
            city->waits.called[i] += called[i];
            city->waits.left[i] += left[i];
        }
        end = here > end ? here : end;
    }
    slot_fill(f, sum->hall_count, type, slot, &city->counts, city->waits.called, city->waits.left,
              end);
}

static void slots_fill(struct filler *f)
{
    const struct tbs_tally *sum = f->outcome->sum;
    struct slot_sum *city = malloc(sizeof *city);

    tbs_assert(city != NULL);
    f->results->slot_from_min = sum->slot_first * 30;
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        for (uint32_t slot = 0; slot < sum->slot_count; slot++) {
            slot_fill_all(f, (enum tbs_day_type)type, slot, city);
        }
    }
    free(city);
}

static void waits_fill(struct filler *f)
{
    struct tbs_results *r = f->results;
    struct tbs_waits *waits = malloc(sizeof *waits);
    const double runs = f->outcome->replications;

    tbs_assert(waits != NULL);
    for (uint32_t e = 0; e < EDGES; e++) {
        r->bin_edge_s[e] = edge_s[e];
    }
    r->bin_edge_s[EDGES] = INFINITY;
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        memset(waits, 0, sizeof *waits);
        const uint32_t end = tbs_waits_of_city(f->outcome->sum, (enum tbs_day_type)type, waits);
        for (uint32_t e = 0; e < EDGES; e++) {
            r->wait_count[type][e] = r->left_count[type][e] = 0;
        }
        uint32_t e = 0;
        for (uint32_t i = 0; i < end; i++) {
            const double middle_s =
                1e-6 * ((double)tbs_bin_edge_us(i) + (double)tbs_bin_edge_us(i + 1)) / 2;
            while (middle_s >= r->bin_edge_s[e + 1]) {
                e++;
            }
            r->wait_count[type][e] += waits->called[i] / runs;
            r->left_count[type][e] += waits->left[i] / runs;
        }
    }
    free(waits);
}

static void ratings_fill(struct filler *f)
{
    const uint64_t *n = f->outcome->sum->city;
    const double runs = f->outcome->replications;
    struct tbs_rating_result *rating = &f->results->rating;

    for (int i = 0; i < 5; i++) {
        rating->score_count[i] = (double)n[TBS_OF_CITY_STARS_1 + i] / runs;
    }
    rating->at_window = (double)n[TBS_OF_CITY_RATED] / runs;
    rating->at_followup = (double)n[TBS_OF_CITY_RATED_LATER] / runs;
    rating->unrated =
        (double)n[TBS_OF_CITY_VISITS_SERVED] / runs - rating->at_window - rating->at_followup;
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct tbs_name name_of(struct tbs_results *r, const struct tb_label *label)
{
    return (struct tbs_name){
        .id = tbs_results_text(r, label->id),
        .zh = tbs_results_text(r, label->zh),
        .en = tbs_results_text(r, label->en),
    };
}

/* Windows that have a shift on any day of this type in the run. */
static void windows_count(const struct outcome *o, enum tbs_day_type type, uint32_t *windows)
{
    const struct tb_scenario *s = o->scenario;
    bool *kinds = calloc((size_t)s->hall_count * TB_DAY_KINDS_MAX, sizeof *kinds);
    uint32_t counted = TB_NONE; /* the server counted last: shifts are in order of servers */

    tbs_assert(kinds != NULL);
    memset(windows, 0, s->hall_count * sizeof *windows);
    for (uint32_t d = o->options->day_first; d < o->options->day_first + o->days; d++) {
        for (uint32_t h = 0; h < s->hall_count && tbs_day_type(s, d) == type; h++) {
            kinds[h * TB_DAY_KINDS_MAX + tb_scenario_day_kind(s, h, d)] = true;
        }
    }
    for (uint32_t i = 0; i < s->shift_count; i++) {
        const struct tb_shift *shift = &s->shifts[i];
        const uint32_t station = s->servers[shift->server].station;
        if (station < s->hall_count && shift->server != counted &&
            kinds[station * TB_DAY_KINDS_MAX + shift->day_kind]) {
            windows[station]++;
            counted = shift->server;
        }
    }
    free(kinds);
}

static void halls_fill(struct filler *f)
{
    const struct tb_scenario *s = f->outcome->scenario;
    struct tbs_results *r = f->results;
    uint32_t *workday = malloc((s->hall_count + 1) * sizeof *workday);
    uint32_t *saturday = malloc((s->hall_count + 1) * sizeof *saturday);

    tbs_assert(workday != NULL);
    tbs_assert(saturday != NULL);
    windows_count(f->outcome, TBS_DAY_WORKDAY, workday);
    windows_count(f->outcome, TBS_DAY_SATURDAY, saturday);
    for (uint32_t t = 0; t < s->trade_count; t++) {
        r->trades[t] = name_of(r, &s->trades[t]);
    }
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const struct tb_scenario_hall *hall = &s->halls[h];
        struct tbs_hall_result *to = &r->halls[h];
        to->name = name_of(r, &hall->label);
        to->trade_index = hall->trade;
        to->level = (enum tbs_level)hall->level;
        to->windows = workday[h];
        to->windows_saturday = saturday[h];
        to->x = hall->x;
        to->y = hall->y;
        hall_figures_fill(f, h);
    }
    free(workday);
    free(saturday);
    for (uint32_t d = 0; d < s->desk_count; d++) {
        r->desks[d].name = name_of(r, &s->desks[d].label);
        r->desks[d].approvers = s->desks[d].approver_count;
        desk_fill(f, d);
    }
}

static const char *date_text(struct tbs_results *r, const struct tb_scenario_day *day)
{
    char text[48];

    snprintf(text, sizeof text, "%04d-%02d-%02d", day->year, day->month, day->day);
    return tbs_results_text(r, text);
}

/* "people.green_share = 8%  (8% in scenario.yaml, line 40)": key, name and value. */
static void assumptions_fill(struct filler *f)
{
    const struct tb_scenario *s = f->outcome->scenario;
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->source_count; i++) {
        const struct tb_source *source = &s->sources[i];
        char text[512];
        if (source->mark != 'P' && source->mark != 'A') {
            continue;
        }
        struct tbs_assumption *row = &f->results->assumptions[n++];
        row->mark = source->mark;
        snprintf(text, sizeof text, "%s: %s", source->label.zh, source->value);
        row->zh = tbs_results_text(f->results, text);
        snprintf(text, sizeof text, "%s: %s", source->label.en, source->value);
        row->en = tbs_results_text(f->results, text);
    }
}

static void run_fill(struct filler *f)
{
    const struct outcome *o = f->outcome;
    const struct tb_scenario *s = o->scenario;
    const struct tbs_run_options *options = o->options;
    const uint32_t first = options->day_first + options->warm_up_days;
    struct tbs_results *r = f->results;

    r->scenario = name_of(r, &s->label);
    if (options->plan != NULL) {
        r->plan = name_of(r, options->plan);
    }
    r->period_from = date_text(r, &s->days[first]);
    r->period_to = date_text(r, &s->days[first + o->days - 1]);
    for (uint32_t d = first; d < first + o->days; d++) {
        bool open = false;
        for (uint32_t h = 0; h < s->hall_count && !open; h++) {
            const uint32_t kind = tb_scenario_day_kind(s, h, d);
            open = s->config.calendars[s->config.stations[h].calendar].kinds[kind].period_count > 0;
        }
        r->day_count[tbs_day_type(s, d)] += open;
    }
    r->seed = options->seed;
    r->replications_asked = options->replications;
    r->command = tbs_results_text(r, options->command);
    r->version = tbs_results_text(r, options->version);
    r->demand_hash = tbs_demand_hash(s, options);
    r->promise_s = 1e-6 * (double)s->promise.wait_us;
    r->promise_share = s->promise.share;
    r->state_hash = o->hash;
    r->wall_s = o->wall_s;
}

struct tbs_results *tbs_results_fill(const struct outcome *outcome)
{
    const struct tb_scenario *s = outcome->scenario;
    uint32_t assumptions = 0;

    for (uint32_t i = 0; i < s->source_count; i++) {
        assumptions += s->sources[i].mark == 'P' || s->sources[i].mark == 'A';
    }
    const bool picture = outcome->options->picture;
    const struct tbs_results_shape shape = {
        .trade_count = s->trade_count,
        .hall_count = s->hall_count,
        .desk_count = s->desk_count,
        .slot_count = picture ? outcome->sum->slot_count : 0,
        .bin_count = EDGES,
        .age_edge_count = TBS_AGE_EDGES,
        .replication_count = outcome->replications,
        .assumption_count = assumptions,
    };
    struct filler f = {.outcome = outcome, .results = tbs_results_create(&shape)};
    tbs_assert(f.results != NULL);
    f.values = malloc((outcome->sample_count + 1) * sizeof *f.values);
    tbs_assert(f.values != NULL);
    memcpy(f.results->age_edge_h, tbs_age_edge_h, sizeof tbs_age_edge_h);
    run_fill(&f);
    city_fill(&f);
    halls_fill(&f);
    if (picture) {
        slots_fill(&f);
    }
    waits_fill(&f);
    ratings_fill(&f);
    assumptions_fill(&f);
    f.results->cases_per_s =
        f.results->city[TBS_CITY_CASES_ARRIVED].value * outcome->replications / outcome->wall_s;
    free(f.values);
    return f.results;
}
