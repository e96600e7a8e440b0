/* A scenario: a folder that describes a city and its demand, read into one structure. The
 * scheduler takes the `config` out of it; a simulation reads all of it.
 *
 * tb_scenario_load is the only reader of the format (sim/scenarios/README.md describes it). It
 * collects every mistake with file, line and column, and gives a scenario only when there is
 * none: a broken folder never half-loads.
 *
 * Units     Instants and durations in microseconds; volumes in thousandths of a case (_milli);
 *           shares 0 .. 1.
 * Indices   Count from 0 in the order of the tables. Stations are numbered halls first, then
 *           desks, then the remote station if there is one, so hall h is station h. Servers are
 *           the windows, hall by hall, then the approvers, desk by desk, as in `config`.
 * Owner     The scenario owns everything it points to, in one arena; tb_scenario_free frees all
 *           of it.
 * Memory    Out of memory stops the program by tb_assert: nothing useful can follow at start-up.
 * Threads   Once loaded and set, any number of threads may read one. Load, set and free belong
 *           to one thread.
 * Progress  Blocking (files). */
#ifndef TONGBAN_SCENARIO_H
#define TONGBAN_SCENARIO_H

#include <stdio.h>

#include "tongban/config.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Mistakes ----------------------------------------------------------------------------- */

/* One mistake. Lines and columns count from 1, columns in characters (in a table: of the cell's
 * first one); 0: the whole file, or the whole line. */
struct tb_scenario_problem {
    const char *file; /* as given: folder and name */
    uint32_t line, column;
    const char *zh, *en;                 /* what is wrong */
    const char *allowed_zh, *allowed_en; /* what is allowed; "" where there is nothing to say */
};

/* All mistakes of a load or a set, in the order of files, lines, columns. Zero it before the
 * first use. */
struct tb_scenario_problems {
    struct tb_scenario_problem *problems;
    uint32_t count;
    void *memory; /* private */
};
void tb_scenario_problems_free(struct tb_scenario_problems *problems);

/* "FILE:LINE:COLUMN: what is wrong; allowed: what is allowed" in one language, without line or
 * column where there is none. Written as snprintf does: the length is that of the whole text. */
enum tb_language {
    TB_LANGUAGE_ZH = 1,
    TB_LANGUAGE_EN = 2,
    TB_LANGUAGE_BOTH = 3, /* for print: Chinese, and English on a line below it */
};
int tb_scenario_problem_text(const struct tb_scenario_problem *problem, enum tb_language language,
                             char *text, size_t bytes);

/* All of them, a line each (both languages: two), and how many they are if they are several. */
void tb_scenario_problems_print(const struct tb_scenario_problems *problems,
                                enum tb_language language, FILE *file);

/* ---- Names, durations --------------------------------------------------------------------- */

struct tb_label {
    const char *id;      /* as tables refer to it */
    const char *zh, *en; /* never NULL: each is the other one, or the id, where it is not given */
};

/* Laws of durations, in the order and by the names of the simulation's kernel. */
enum tb_law {
    TB_LAW_DETERMINISTIC = 0,
    TB_LAW_UNIFORM = 1,
    TB_LAW_NORMAL = 2,
    TB_LAW_EXPONENTIAL = 3,
    TB_LAW_ERLANG = 4,
    TB_LAW_GAMMA = 5,
    TB_LAW_LOGNORMAL = 6,
    TB_LAW_HYPEREXPONENTIAL = 7,
    TB_LAW_COUNT = 8,
};
const char *tb_law_name(enum tb_law law); /* "lognormal". Pure. */

struct tb_duration {
    enum tb_law law;
    int64_t mean_us;
    double cv; /* standard deviation / mean, within the law's domain */
};

/* ---- The city ----------------------------------------------------------------------------- */

enum tb_level { TB_LEVEL_CITY, TB_LEVEL_COUNTY, TB_LEVEL_TOWN, TB_LEVEL_VILLAGE, TB_LEVEL_COUNT };

/* Where a matter may be handled for people of elsewhere: bits. None: only in the citizen's own
 * hall. */
#define TB_SCOPE_CITY 1u           /* in any hall of the city that handles it */
#define TB_SCOPE_CROSS_CITY 2u     /* also for people of other cities of the province */
#define TB_SCOPE_CROSS_PROVINCE 4u /* also for people of other provinces */

struct tb_scenario_group {
    struct tb_label label;
};

struct tb_scenario_hall {
    struct tb_label label;
    uint32_t trade; /* into trades */
    enum tb_level level;
    uint32_t zone;     /* where the people live whose own hall it is; TB_NONE without zones */
    double x, y;       /* place on the tile map of the report, y northward; NAN: not given */
    uint32_t calendar; /* into config.calendars */
    uint32_t window_first, window_count; /* servers */
    const struct tb_scenario_group *groups; /* names; count in config.stations[hall].group_count */
    const struct tb_label *skills; /* names of its skill sets: as config.stations[hall].profiles */
    uint64_t volume_milli; /* cases or visitors (demand.unit) a year, or on an ordinary day */
    uint32_t arrivals;     /* into arrivals: profile of the day */
    uint32_t mix;          /* into mixes: what its people come for; TB_NONE: nobody comes */
};

struct tb_scenario_desk {
    struct tb_label label;
    uint32_t trade; /* TB_NONE: of no trade */
    uint32_t calendar;
    uint32_t approver_first, approver_count; /* servers */
    bool help; /* a help desk: its servers are teams */
};

/* A window or an approver. */
struct tb_scenario_server {
    struct tb_label label;
    uint32_t station;
    double speed; /* how fast it works: a service of 10 min takes 10 min / speed */
};

struct tb_scenario_matter {
    struct tb_label label;
    uint32_t trade;
    uint32_t family; /* into families */
    struct tb_duration service;
    uint32_t scope;         /* TB_SCOPE_ bits */
    uint32_t levels;        /* bit enum tb_level: on which levels' lists it stands */
    uint64_t weight;        /* of the demand of its trade: only ratios count */
    double settled_share;   /* of its own, or that of people */
    uint64_t direct_milli;  /* cases a year opened without a visit (online, help desk) */
    bool help;              /* those are opened by HELP.OPEN, the others by CASE.OPEN */
};

/* Parallel to config.routes[r].steps[i]. */
struct tb_scenario_step {
    struct tb_duration work; /* approver's time at a desk; time until an outside leg is back (by the
                                clock); nothing for a fork */
};
struct tb_scenario_route {
    struct tb_label label;
    const struct tb_scenario_step *steps;
};

/* ---- Demand ------------------------------------------------------------------------------- */

/* What the people of a hall come for: matters with the chance of each. Halls of one trade that
 * handle the same matters share a mix. Chances sum to 1. */
struct tb_mix {
    const uint16_t *matters; /* ascending */
    const double *chance;
    uint32_t count;
    double service_mean_us; /* of the whole mix */
    double service_cv;
};

/* Arrivals over a day: rate constant in each piece; shares of a day sum to 1. */
struct tb_arrivals_piece {
    int64_t from_us, to_us; /* offsets from the day's start */
    double share;
};
struct tb_arrivals_day {
    const struct tb_arrivals_piece *pieces; /* in order, not overlapping */
    uint32_t count;                         /* 0: nobody comes on such a day */
};
struct tb_arrivals {
    struct tb_label label;
    struct tb_arrivals_day days[TB_DAY_KINDS_MAX]; /* by day kind */
};

enum tb_day_mark { TB_DAY_PLAIN, TB_DAY_HOLIDAY, TB_DAY_MAKE_UP };

/* A date. Every calendar of the config has exactly these days, though their kinds may differ. */
struct tb_scenario_day {
    int32_t year, month, day;
    uint32_t weekday; /* 0: Monday */
    uint32_t kind;    /* of most calendars; a hall's own: tb_scenario_day_kind */
    enum tb_day_mark mark;
    const char *name; /* "National Day", or "" */
};

enum tb_demand_unit { TB_DEMAND_CASES, TB_DEMAND_VISITORS };

/* Expected cases of hall h on day d are
 *     scale x volume_milli(h) / 1000 x parts[calendar(h)][d] / parts_total,
 * in whole numbers but for the scale. Over the demand year (days year_first .. year_last) the
 * parts of a calendar sum to exactly parts_total: the expected year is exactly the volume.
 * (With volumes for an ordinary day: parts_total / parts is the day's factor, and there is no
 * demand year.) */
struct tb_demand {
    enum tb_demand_unit unit;
    bool a_day; /* volumes are for an ordinary day instead of a year */
    double scale;
    double day_cv;   /* a day's factor for the whole city: gamma of mean 1 */
    uint32_t year_first, year_last; /* days; TB_NONE where a_day */
    uint64_t parts_total;
    const uint64_t *const *parts; /* [calendar][day] */
};

/* ---- People, plan, promise ---------------------------------------------------------------- */

#define TB_PEOPLE_SHARE(name) double name;
#define TB_PEOPLE_FACTOR(name) double name;
#define TB_PEOPLE_COUNT(name) int64_t name;
#define TB_PEOPLE_US(name) int64_t name##_us;
#define TB_PEOPLE(kind, name, ...) TB_PEOPLE_##kind(name)
struct tb_people {
#include "tongban/people.def"
};
#undef TB_PEOPLE
#undef TB_PEOPLE_SHARE
#undef TB_PEOPLE_FACTOR
#undef TB_PEOPLE_COUNT
#undef TB_PEOPLE_US

/* A shift as the planner wrote it. config.plan opens the window at from_us and closes it at
 * to_us + people.stay (or where its next shift begins); who drives the staff closes it from
 * to_us on, as soon as nobody waits for it. */
struct tb_shift {
    uint32_t server;
    uint32_t day_kind;
    uint32_t profile;
    int64_t from_us, to_us;
};

/* What a station does on one date instead of its plan for that kind of day (a roster: other people
 * each day). The core's plan knows kinds of day only, so who drives it writes such a day's plan
 * when the day begins, by PLAN.CLEAR and PLAN.SET, and that of the kind again afterwards. */
struct tb_plan_date {
    uint32_t day, station;
    uint32_t shift_first, shift_count; /* into shifts, behind the first shift_count of them */
};

/* The service level that the city promises: so many wait no longer than this. */
struct tb_promise {
    int64_t wait_us;
    double share;
};

/* Where a number comes from. Numbers of scenario.yaml have a row each; those of a table are
 * told by column. */
struct tb_source {
    char mark;              /* 'P' published, 'A' assumed, '?' not said */
    struct tb_label label;  /* what; the id is the key, "people.green_share" or "halls.csv x" */
    const char *value;      /* as written; of a table: how many numbers */
    const char *file;
    uint32_t line;
};

/* A file that was read. */
struct tb_scenario_file {
    const char *path;
    const char *encoding; /* "UTF-8", "UTF-8 with BOM", "GB18030" */
    bool crlf;
    uint32_t rows; /* of a table, without its header; lines of scenario.yaml */
};

/* ---- The scenario ------------------------------------------------------------------------- */

struct tb_scenario {
    struct tb_label label;
    const char *note_zh, *note_en; /* "" where none */
    int64_t utc_offset_us;         /* local time is UTC and so much more */
    uint64_t hash;                 /* XXH3 of every byte that was read and every set */

    /* What tb_city_init wants. Its id is of what is in it and of the ids of stations, servers and
     * matters: two scenarios that differ in demand, people or names alone have the same. The
     * upper half is of the ids alone. */
    struct tb_config config;

    const struct tb_label *trades;
    const struct tb_label *families;
    const struct tb_label *zones;
    const struct tb_label *day_kinds;
    const struct tb_label *calendars;
    const struct tb_scenario_hall *halls;
    const struct tb_scenario_desk *desks;
    const struct tb_scenario_server *servers;  /* config's numbering */
    const struct tb_scenario_matter *matters;  /* parallel to config.matters */
    const struct tb_scenario_route *routes;    /* parallel to config.routes */
    const struct tb_scenario_day *days;
    const struct tb_mix *mixes;
    const struct tb_arrivals *arrivals;
    const struct tb_shift *shifts; /* by server, day kind, time; behind them those of plan_dates */
    const struct tb_plan_date *plan_dates; /* by day, station */
    const struct tb_source *sources;
    const struct tb_scenario_file *files;
    uint32_t trade_count, family_count, zone_count, day_kind_count, calendar_count;
    uint32_t hall_count, desk_count, window_count, server_count;
    uint32_t matter_count, route_count, day_count, mix_count, arrivals_count;
    uint32_t shift_count, plan_date_count, source_count, file_count;
    uint32_t remote_station; /* TB_STATION_NONE: there is none */

    struct tb_demand demand;
    struct tb_people people;
    struct tb_promise promise;

    void *memory; /* private */
};

/* Reads the folder `dir` (and those it extends) and checks everything. NULL where there is any
 * mistake; all of them are added to *problems, which the caller frees. The scenario is the
 * caller's, to be given to tb_scenario_free. */
struct tb_scenario *tb_scenario_load(const char *dir, struct tb_scenario_problems *problems);

/* The same with what comes from a command line: overrides "name=value" as for tb_scenario_set,
 * and a table that stands in for the folder's plans.csv (NULL: none). */
struct tb_scenario *tb_scenario_load_with(const char *dir, const char *const *sets,
                                          uint32_t set_count, const char *plan_path,
                                          struct tb_scenario_problems *problems);

/* Overrides one value of a loaded scenario: "overtake_max=5" (a rule of every station),
 * "police.overtake_max=5" (of a trade, hall or desk), "green_share=10%" (a row of people.def),
 * "demand.scale=1.6", "promise.wait=10min". False with a mistake added (file "--set"); then
 * nothing changed. Everything that follows from the value (plan, sizes, hash) is made anew:
 * pointers taken from the scenario before are stale. */
bool tb_scenario_set(struct tb_scenario *scenario, const char *assignment,
                     struct tb_scenario_problems *problems);

void tb_scenario_free(struct tb_scenario *scenario); /* NULL is allowed */

/* ---- Questions ---------------------------------------------------------------------------- */

/* Expected cases (matters brought), and expected visitors, of a hall on a day. Pure. Visitors
 * are cases / (1 + several_share x (several_count - 1)) where volumes are cases, and the other
 * way round where they are visitors. */
double tb_scenario_cases(const struct tb_scenario *scenario, uint32_t hall, uint32_t day);
double tb_scenario_visitors(const struct tb_scenario *scenario, uint32_t hall, uint32_t day);

/* The kind of a day in the calendar of a station. Pure. */
uint32_t tb_scenario_day_kind(const struct tb_scenario *scenario, uint32_t station, uint32_t day);

/* The day with this date, or the one that the instant falls into; TB_NONE outside the calendar.
 * Pure. */
uint32_t tb_scenario_day_find(const struct tb_scenario *scenario, int32_t year, int32_t month,
                              int32_t day);
uint32_t tb_scenario_day_at(const struct tb_scenario *scenario, tb_time at_us);

/* By id: the index, or TB_NONE. O(n). Pure. */
uint32_t tb_scenario_station_find(const struct tb_scenario *scenario, const char *id);
uint32_t tb_scenario_matter_find(const struct tb_scenario *scenario, const char *id);

/* Windows that the plan has open at this offset of a day of this kind. Pure. */
uint32_t tb_scenario_windows_open(const struct tb_scenario *scenario, uint32_t hall,
                                  uint32_t day_kind, int64_t offset_us);

/* What a station does on this date instead; NULL: its plan for that kind of day. The entries of
 * shift i are config.plan[2 i] and [2 i + 1], there for shifts of dates too. O(log n). Pure. */
const struct tb_plan_date *tb_scenario_plan_date(const struct tb_scenario *scenario,
                                                 uint32_t station, uint32_t day);

/* A row of people.def by its index; NULL outside. Pure. */
struct tb_people_row {
    const char *name, *zh, *help;
};
const struct tb_people_row *tb_people_row(uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
