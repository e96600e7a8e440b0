/* build.h: from texts to a scenario. One file a part, in the order in which they need each other:
 *
 *   settings.c  single values: people, promise, booking, limits; rules of stations
 *   calendar.c  kinds of day, opening hours, days
 *   trade.c     trades, zones, and of each trade the groups and the skill sets
 *   station.c   halls, windows, desks: stations and servers
 *   route.c     routes
 *   matter.c    matters, and what the people of a hall come for
 *   demand.c    arrivals over a day, volumes; days.c spreads them over the days
 *   plan.c      shifts
 *   config.c    what tb_city_init wants
 *   identity.c  its id
 *
 * Every part goes on after a mistake with something harmless in its place, so that all mistakes
 * are found; what was built with any is thrown away. Nothing here changes the folder. */
#ifndef TBI_SCENARIO_BUILD_H
#define TBI_SCENARIO_BUILD_H

#include "folder.h"
#include "names.h"
#include "schema.h"
#include "value.h"

enum { TBI_CALENDARS_MAX = 64, TBI_DAYS_MAX = 40000 };

/* A skill group as a row of groups.csv. */
struct tbi_group {
    struct tb_label label;
    uint32_t quota;
    double slot; /* appointments a window and slot */
};

/* A trade: its groups and skill sets, in the order of the stations' tables. */
struct tbi_trade {
    struct tb_label label;
    struct tbi_group *groups;
    struct tbi_names group_names;
    uint32_t group_count;
    struct tb_profile *profiles;
    struct tb_label *skill_labels; /* by profile */
    bool *videos; /* by profile: takes live video too */
    struct tbi_names skill_names;
    uint32_t profile_count;
    uint32_t remote_group; /* TB_GROUPS_MAX: none of its matters goes by video */
    uint32_t mix[TB_LEVEL_COUNT];
};

/* How many numbers of a column, or which single values, are published or assumed. */
struct tbi_marks {
    uint32_t published, assumed, unmarked;
};

struct tbi_build {
    const struct tbi_folder *folder;
    struct tb_scenario_problems *problems;
    struct tbi_arena *arena; /* of the scenario */
    struct tb_scenario *out; /* what is being made */

    struct tbi_names trade_names, zone_names, kind_names, calendar_names, hall_names, desk_names;
    struct tbi_names matter_names, family_names, route_names, arrivals_names;
    struct tbi_trade *trades;
    uint32_t server_capacity;
    struct tb_calendar *calendars;
    bool days_wrong;   /* the calendar's dates are: what lies outside them means nothing */
    int64_t day_first; /* days since 1970 of the calendar's first date */
    int64_t working_day_us[TBI_CALENDARS_MAX]; /* by calendar: what "1wd" is; 0: never opens */
    int64_t kind_ppm[TB_DAY_KINDS_MAX];        /* demand on such a day, in millionths */
    struct tb_scenario_hall *halls;
    struct tb_scenario_desk *desks;
    struct tb_scenario_server *servers;
    uint32_t *server_profiles; /* by server */
    struct tb_matter *matters; /* of the config */
    struct tb_scenario_matter *matter_rows;
    struct tb_rules *rules;    /* by station */
    int64_t slot_us;
    uint32_t slot_days;
    double slot_scale; /* times the appointments of groups.csv */
    int64_t limits[4];         /* tickets, cases, visits, requests; -1: to be computed */
    struct tb_source *sources;
    uint32_t source_count, source_capacity;
    struct tbi_marks marks[TBI_COLUMN_COUNT];
    bool *override_used;
    struct tb_route *routes; /* of the config */
    struct tb_scenario_route *route_rows;
};

/* The parts, in order. */
void tbi_build_settings(struct tbi_build *b);
void tbi_build_calendar(struct tbi_build *b);
void tbi_build_trades(struct tbi_build *b);
void tbi_build_stations(struct tbi_build *b);
void tbi_build_routes(struct tbi_build *b);
void tbi_build_matters(struct tbi_build *b);
void tbi_build_demand(struct tbi_build *b);
void tbi_build_days(struct tbi_build *b); /* of the demand */
void tbi_build_rules(struct tbi_build *b);
void tbi_build_plan(struct tbi_build *b);
void tbi_build_config(struct tbi_build *b);
void tbi_build_sources(struct tbi_build *b);
uint64_t tbi_build_identity(const struct tb_scenario *scenario); /* config.id */

/* ---- cells
 * -------------------------------------------------------------------------------------- */

/* A row of a table. Readers of its cells add a mistake and give `normal` where a cell is wrong,
 * and give `normal` where it is empty. */
struct tbi_row {
    struct tbi_build *b;
    const struct tbi_table *table;
    uint32_t row;
};
static inline struct tbi_row tbi_row(struct tbi_build *b, enum tbi_table_kind kind, uint32_t row)
{
    return (struct tbi_row){b, &b->folder->tables[kind], row};
}
static inline uint32_t tbi_row_count(const struct tbi_build *b, enum tbi_table_kind kind)
{
    return b->folder->tables[kind].row_count;
}

struct tbi_at tbi_row_at(struct tbi_row row, enum tbi_column column);
uint32_t tbi_row_line(struct tbi_row row);
const char *tbi_row_text(struct tbi_row row, enum tbi_column column); /* "" if empty */
void tbi_row_wrong(struct tbi_row row, enum tbi_column column, enum tbi_wrong wrong, const char *a,
                   const char *b, const char *c);
int64_t tbi_row_whole(struct tbi_row row, enum tbi_column column, int64_t least, int64_t most,
                      int64_t normal);
double tbi_row_real(struct tbi_row row, enum tbi_column column, double least, double most,
                    double normal);
int64_t tbi_row_fixed(struct tbi_row row, enum tbi_column column, int64_t unit, int64_t least,
                      int64_t most, int64_t normal);
int64_t tbi_row_duration(struct tbi_row row, enum tbi_column column, int64_t least, int64_t most,
                         int64_t working_day_us, int64_t normal);
int64_t tbi_row_clock(struct tbi_row row, enum tbi_column column);
bool tbi_row_date(struct tbi_row row, enum tbi_column column, int64_t *days);
bool tbi_row_yes(struct tbi_row row, enum tbi_column column, bool normal);
/* Index in names; `what` for the message, "Chinese\fEnglish". TB_NONE: wrong, or empty. */
uint32_t tbi_row_name(struct tbi_row row, enum tbi_column column, const struct tbi_names *names,
                      const char *what);
/* Adds the row's id to names. False: empty, of a wrong shape or there already (a mistake). */
bool tbi_row_id(struct tbi_row row, enum tbi_column column, struct tbi_names *names);
struct tb_label tbi_row_label(struct tbi_row row, enum tbi_column id, enum tbi_column zh,
                              enum tbi_column en);
/* mean, cv and law; mean `normal` where the cell is empty. */
struct tb_duration tbi_row_law(struct tbi_row row, enum tbi_column mean, enum tbi_column cv,
                               enum tbi_column law, int64_t normal);
/* The index of a word among `words` (each "english|Chinese|..."); `normal` if empty. */
uint32_t tbi_row_word(struct tbi_row row, enum tbi_column column, const char *const *words,
                      uint32_t count, uint32_t normal);
extern const char *const tbi_level_words[TB_LEVEL_COUNT];
uint32_t tbi_word_find(const char *const *words, uint32_t count, const char *text);

/* ---- texts wherever they stand
 * --------------------------------------------------------------------- */

/* Adds a mistake and gives false where the text is wrong. */
bool tbi_parse_whole(struct tbi_build *b, struct tbi_at at, const char *text, int64_t least,
                     int64_t most, int64_t *out);
bool tbi_parse_fixed(struct tbi_build *b, struct tbi_at at, const char *text, int64_t unit,
                     int64_t least, int64_t most, int64_t *out);
bool tbi_parse_real(struct tbi_build *b, struct tbi_at at, const char *text, double least,
                    double most, double *out);
bool tbi_parse_duration(struct tbi_build *b, struct tbi_at at, const char *text, int64_t least,
                        int64_t most, int64_t working_day_us, int64_t *out);
bool tbi_parse_date(struct tbi_build *b, struct tbi_at at, const char *text, int64_t *days);
uint32_t tbi_parse_name(struct tbi_build *b, struct tbi_at at, const char *text,
                        const struct tbi_names *names, const char *what);

struct tb_label tbi_label(const char *id, const char *zh, const char *en);

/* ---- single values
 * ------------------------------------------------------------------------------------ */

/* A single value as it was given, without its mark: the last override, or the document's. text
 * NULL: not given. Notes where it comes from, once. */
struct tbi_given {
    const char *text;
    struct tbi_at at;
};
struct tbi_given tbi_given(struct tbi_build *b, const struct tbi_value_row *row);
static inline struct tbi_given tbi_given_scalar(struct tbi_build *b, enum tbi_scalar scalar)
{
    return tbi_given(b, tbi_schema_scalar(scalar));
}
/* A text of the document that is in a list; without its mark. `path` to point at it. */
struct tbi_given tbi_given_entry(struct tbi_build *b, const char *text, const char *zh,
                                 const char *en, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Labels of a list of scenario.yaml (trades, zones, day_kinds), their ids added to names. */
struct tb_label *tbi_build_names(struct tbi_build *b, const char *list,
                                 const struct tbi_name_entry *entries, uint32_t count,
                                 uint32_t count_max, struct tbi_names *names);

/* ---- which stations
 * ------------------------------------------------------------------------------------ */

/* Marks the stations that a word means: a hall, a desk, a trade (its halls), trade/level,
 * "halls", "desks" or "*". False: none is called so (a mistake). */
bool tbi_select(struct tbi_build *b, struct tbi_at at, const char *text, bool *stations);

#endif
