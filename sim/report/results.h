/* Results of a simulated run: the contract between who simulates and who writes.
 *
 * A passive structure. sim/model fills it (all statistics are computed there, by kernel/stats.h);
 * sim/report writes it into files and computes nothing but ratios and paired differences.
 *
 * Units    Every figure is in the unit of its row in metric.def: counts, seconds, hours, shares
 *          of 1. Totals are those of ONE replication, averaged over the replications.
 * Unknown  NAN means "not defined here" (no wait where nobody came) and is written as null, an
 *          empty cell or a dash; it is never 0. tbs_results_create sets every double to NAN.
 * Owner    A struct tbs_results owns everything it points to. Give strings with
 *          tbs_results_text, which copies; free all with tbs_results_free.
 * Strings  UTF-8. Names are user data: they may hold any character, and are escaped by writers.
 * Threads  One thread fills it; any number may read it after that. Nothing here blocks.
 * Bytes    Nothing that depends on the thread count or on the machine belongs here, except
 *          wall_s and cases_per_s: the same seed must give the same bytes of every file.
 */
#ifndef TBS_REPORT_RESULTS_H
#define TBS_REPORT_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/metric.def"

#define TBS_METRIC_ENUM_CITY(ID, ...) TBS_CITY_##ID,
#define TBS_METRIC_ENUM_HALL(ID, ...) TBS_HALL_##ID,
#define TBS_METRIC_ENUM_SLOT(ID, ...) TBS_SLOT_##ID,
#define TBS_METRIC_ENUM_DESK(ID, ...) TBS_DESK_##ID,
enum tbs_city_metric { TBS_CITY_METRICS(TBS_METRIC_ENUM_CITY) TBS_CITY_METRIC_COUNT };
enum tbs_hall_metric { TBS_HALL_METRICS(TBS_METRIC_ENUM_HALL) TBS_HALL_METRIC_COUNT };
enum tbs_slot_metric { TBS_SLOT_METRICS(TBS_METRIC_ENUM_SLOT) TBS_SLOT_METRIC_COUNT };
enum tbs_desk_metric { TBS_DESK_METRICS(TBS_METRIC_ENUM_DESK) TBS_DESK_METRIC_COUNT };

enum tbs_day_type { TBS_DAY_WORKDAY, TBS_DAY_SATURDAY, TBS_DAY_TYPE_COUNT };
enum tbs_level { TBS_LEVEL_CITY, TBS_LEVEL_COUNTY, TBS_LEVEL_TOWN, TBS_LEVEL_VILLAGE };

/* A value with its 95% half-width. n counts the independent observations behind the half-width
 * (replications, or batches of one long run). half_width is NAN or INFINITY when there is none:
 * n < 2, or a figure that has none by nature (a maximum). too_few tells the reader that n is too
 * small for the half-width to be trusted; the filler decides. */
struct tbs_figure {
    double value;
    double half_width;
    uint32_t n;
    bool too_few;
};

struct tbs_name {
    const char *id;
    const char *zh;
    const char *en;             /* NULL: the Chinese name is shown */
};

struct tbs_hall_result {
    struct tbs_name name;
    uint32_t trade_index;       /* into trades */
    enum tbs_level level;
    uint32_t windows;           /* of the plan, on a workday */
    uint32_t windows_saturday;
    double x, y;                /* place on the map, any unit, y northward; NAN: unknown */
    struct tbs_figure figure[TBS_HALL_METRIC_COUNT];
};

/* The average day of one type: half hour by half hour. Half-widths may be NAN. */
struct tbs_slot_result {
    struct tbs_figure figure[TBS_SLOT_METRIC_COUNT];
};

struct tbs_desk_result {
    struct tbs_name name;
    uint32_t approvers;
    struct tbs_figure figure[TBS_DESK_METRIC_COUNT];
    double *age_count;          /* [age_edge_count]: open tasks at the end by age in working
                                 * hours; bucket i is [age_edge_h[i], age_edge_h[i + 1]), the
                                 * last one is open-ended */
};

/* Good and bad ratings; counts of one replication, averaged. */
struct tbs_rating_result {
    double score_count[5];      /* 1 very bad .. 5 very good */
    double at_window, at_followup, unrated;
};

/* Where a number of the scenario comes from: 'P' published, 'A' assumed. */
struct tbs_assumption {
    char mark;
    const char *zh;
    const char *en;             /* NULL: as in Chinese */
};

/* What decides the sizes of a result; given to tbs_results_create. */
struct tbs_results_shape {
    uint32_t trade_count;
    uint32_t hall_count;
    uint32_t desk_count;
    uint32_t slot_count;        /* half hours of a day that are reported */
    uint32_t bin_count;         /* of the waits' histogram */
    uint32_t age_edge_count;
    uint32_t replication_count; /* replications finished: numbers 0 .. count - 1, at least 1 */
    uint32_t assumption_count;
};

struct tbs_results {
    struct tbs_results_shape shape;

    /* What was run. */
    struct tbs_name scenario;
    struct tbs_name plan;       /* all NULL: the scenario's own plan */
    const char *period_from;    /* first day, "2021-05-22" */
    const char *period_to;      /* last day, inclusive */
    uint32_t day_count[TBS_DAY_TYPE_COUNT];
    uint64_t seed;
    uint32_t replications_asked;/* more than shape.replication_count: the run was stopped */
    const char *command;        /* reproduces this run; without --threads and --out */
    const char *version;
    uint64_t demand_hash;       /* of all that shapes the citizens; equal: the same citizens came.
                                 * 0: unknown */
    double promise_s;           /* the wait that the service level promises */
    double promise_share;       /* for which share of people it is the goal; NAN: no goal */
    struct tbs_assumption *assumptions;

    /* The city. */
    struct tbs_figure city[TBS_CITY_METRIC_COUNT];
    double *replication;        /* [replication_count][TBS_CITY_METRIC_COUNT], in the order of
                                 * replication numbers: what compare pairs */

    /* Halls. */
    struct tbs_name *trades;
    struct tbs_hall_result *halls;
    double *replication_hall;   /* [replication_count][hall_count][TBS_HALL_METRIC_COUNT] */

    /* Half hours: slot i starts slot_from_min + 30 i minutes after midnight. Index with
     * tbs_results_slot; hall == hall_count is the whole city. */
    uint32_t slot_from_min;
    struct tbs_slot_result *slots;

    /* Distribution of waits, city-wide, per day type; counts of one replication, averaged.
     * Bin i is [bin_edge_s[i], bin_edge_s[i + 1]); the last edge may be INFINITY. */
    double *bin_edge_s;                         /* [bin_count + 1] */
    double *wait_count[TBS_DAY_TYPE_COUNT];     /* [bin_count]: called, by their wait */
    double *left_count[TBS_DAY_TYPE_COUNT];     /* [bin_count]: left or expired, by their wait */

    /* Back office. */
    struct tbs_desk_result *desks;
    double *age_edge_h;                         /* [age_edge_count], first is 0 */

    struct tbs_rating_result rating;

    uint64_t state_hash;        /* of all replications' final cities */

    /* The machine's own timings: the only figures that differ between two equal runs. */
    double wall_s;
    double cases_per_s;

    void *memory;               /* private to results.c */
};

/* Allocates a result of this shape: counts 0, strings NULL, doubles NAN. NULL: out of memory. */
struct tbs_results *tbs_results_create(const struct tbs_results_shape *shape);

/* Copies text into the result's own memory; NULL gives NULL. Out of memory gives "" (and
 * tbs_results_check then names the field that is missing). */
const char *tbs_results_text(struct tbs_results *results, const char *text);

/* Frees all. NULL is allowed. */
void tbs_results_free(struct tbs_results *results);

/* The index of the hall with this id; hall_count if there is none. */
uint32_t tbs_results_find_hall(const struct tbs_results *results, const char *id);

/* The half hour of a hall (hall_count: the city). */
static inline struct tbs_slot_result *
tbs_results_slot(const struct tbs_results *r, uint32_t hall, enum tbs_day_type day, uint32_t slot)
{
    return &r->slots[((size_t)hall * TBS_DAY_TYPE_COUNT + day) * r->shape.slot_count + slot];
}

#endif
