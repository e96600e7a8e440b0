/* tally.h: what is counted while a city runs: whole numbers only, so that parts of a run,
 * replications and threads add up to the same bytes in any order.
 *
 * A tally has two parts. The *batch* is what every figure and its interval is made of: by station
 * and type of day, and the city's. It is read and cleared after each replication, or each few weeks
 * of one long run. The *picture* is only drawn for the whole run: half hours, and the distribution
 * of waits.
 *
 * Waits end with the call, or are cut short (censored) when he leaves or expires. Threads: a tally
 * belongs to one thread. Out of memory stops the program. */
#ifndef TBS_MODEL_TALLY_H
#define TBS_MODEL_TALLY_H

#include "model/bins.h"
#include "model/visit.h"
#include "report/results.h"
#include "tongban/scenario.h"

/* Of a station on one type of day. Cases are matters brought; visits are people with a number. */
#define TBS_STATION_COUNTS(X)                                                                      \
    X(ARRIVED)      /* cases */                                                                    \
    X(SERVED)       /* cases */                                                                    \
    X(LEFT)         /* cases */                                                                    \
    X(EXPIRED)      /* cases */                                                                    \
    X(REFUSED)      /* cases */                                                                    \
    X(OPEN)         /* cases still there when the run ended */                                     \
    X(CALLED)       /* visits */                                                                   \
    X(GAVE_UP)      /* visits whose wait was cut short */                                          \
    X(WITHIN)       /* visits called within the promise */                                         \
    X(WAIT_US)      /* sum of the waits of those called */                                         \
    X(STAFFED_US)   /* windows */                                                                  \
    X(BUSY_US)      /* windows */                                                                  \
    X(REMOTE)       /* cases served over video by its windows */                                   \
    X(NO_SHOWS)     /* calls not answered */                                                       \
    X(APPOINTMENTS) /* that fell due */                                                            \
    X(UNKEPT)       /* of those, not kept */                                                       \
    X(TASKS)        /* desks: tasks that came */                                                   \
    X(TASKS_DONE)                                                                                  \
    X(TASKS_ON_TIME)                                                                               \
    X(TASKS_LATE)     /* done late, or overdue at the end */                                       \
    X(TASKS_RETURNED) /* for correction */                                                         \
    X(TASKS_OPEN)     /* at the end */                                                             \
    X(SOJOURN_US)     /* working time of those done */

/* Of the city. */
#define TBS_CITY_COUNTS(X)                                                                         \
    X(RATED)                                                                                       \
    X(RATED_LATER)                                                                                 \
    X(BAD)                                                                                         \
    X(FOLLOW_DUE)                                                                                  \
    X(LAPSED)                                                                                      \
    X(STARS_1)                                                                                     \
    X(STARS_2)                                                                                     \
    X(STARS_3)                                                                                     \
    X(STARS_4)                                                                                     \
    X(STARS_5)                                                                                     \
    X(COULD_CHOOSE) /* had a city-wide matter */                                                   \
    X(ADVISED)      /* asked, and went where the advice said */                                    \
    X(ELSEWHERE)    /* of those, to another hall than their own */                                 \
    X(VISITS_SERVED)

/* Of a hall's half hour. */
#define TBS_SLOT_COUNTS(X)                                                                         \
    X(ARRIVED) /* cases */                                                                         \
    X(SERVED)  /* cases called then, and served */                                                 \
    X(LEFT)    /* cases that left then */                                                          \
    X(CALLED)  /* visits that arrived then and were called */                                      \
    X(WAIT_US) /* of those */                                                                      \
    X(STAFFED_US)                                                                                  \
    X(BUSY_US)                                                                                     \
    X(WAITING_US) /* people in line */

#define X(name) TBS_STATION_##name,
enum tbs_station_count { TBS_STATION_COUNTS(X) TBS_STATION_COUNT };
#undef X
#define X(name) TBS_OF_CITY_##name,
enum tbs_city_count { TBS_CITY_COUNTS(X) TBS_OF_CITY_COUNT };
#undef X
#define X(name) TBS_OF_SLOT_##name,
enum tbs_slot_count { TBS_SLOT_COUNTS(X) TBS_OF_SLOT_COUNT };
#undef X

enum { TBS_AGE_EDGES = 6 }; /* of open tasks, in working hours: see tbs_age_edge_h */
extern const double tbs_age_edge_h[TBS_AGE_EDGES];

/* Waits: those that ended with a call, and those cut short. */
struct tbs_waits {
    uint32_t called[TBS_BINS];
    uint32_t left[TBS_BINS];
};

/* A few waits touch few of a thousand bins: a bit for each 16 of them, which are a cache line. */
enum { TBS_LINE = 16, TBS_LINES = TBS_BINS / TBS_LINE };

struct tbs_lines {
    uint64_t called[2], left[2];
};

_Static_assert(TBS_BINS % TBS_LINE == 0 && TBS_LINES <= 128, "lines are whole, with a bit each");

struct tbs_station_tally {
    uint64_t count[TBS_DAY_TYPE_COUNT][TBS_STATION_COUNT];
    struct tbs_lines lines[TBS_DAY_TYPE_COUNT]; /* in which bins were touched */
    struct tbs_waits *waits;              /* [TBS_DAY_TYPE_COUNT]; desks: working time of tasks */
    uint64_t ages[TBS_AGE_EDGES];         /* desks: open tasks at the end */
};

struct tbs_slot_tally {
    uint64_t count[TBS_OF_SLOT_COUNT];
};

struct tbs_tally {
    /* The batch. */
    uint32_t station_count;
    struct tbs_station_tally *stations;
    uint64_t city[TBS_OF_CITY_COUNT];
    uint64_t overtaken_max;
    uint64_t days[TBS_DAY_TYPE_COUNT]; /* counted by who runs the days */

    /* The picture; slots NULL: it is not drawn. Waits stand apart, those of one type of day side by
     * side: they are tens of megabytes, and what is never touched costs nothing. */
    uint32_t hall_count, slot_first, slot_count;
    struct tbs_slot_tally *slots; /* [hall][day type][slot] */
    uint32_t *slot_called;        /* [day type][hall][slot][TBS_BINS] */
    uint32_t *slot_left;          /* the same */
    bool shared;                  /* they are another tally's */

    /* The day at hand. */
    const struct tb_scenario *scenario;
    tb_time day_at_us;
    int64_t promise_us;
    enum tbs_day_type day_type;
    struct tbs_waits *waits; /* of all stations */
};

enum tbs_day_type tbs_day_type(const struct tb_scenario *scenario, uint32_t day);

struct tbs_tally *tbs_tally_create(const struct tb_scenario *scenario, bool picture);
void tbs_tally_free(struct tbs_tally *tally);
void tbs_tally_clear(struct tbs_tally *tally);                            /* the batch */
void tbs_tally_add(struct tbs_tally *sum, const struct tbs_tally *tally); /* the batch */
/* After the batches of `tally` were added, too: they say which bins were touched. */
void tbs_tally_add_picture(struct tbs_tally *sum, const struct tbs_tally *tally);
/* Draws into the picture of another one from now on, which outlives it and belongs to the same
 * thread. Only for a tally made without a picture. */
void tbs_tally_share_picture(struct tbs_tally *tally, const struct tbs_tally *owner);

static inline struct tbs_slot_tally *tbs_tally_slot(const struct tbs_tally *tally, uint32_t hall,
                                                    enum tbs_day_type type, uint32_t slot)
{
    return &tally->slots[((size_t)hall * TBS_DAY_TYPE_COUNT + type) * tally->slot_count + slot];
}

/* No bin from here on was touched. */
static inline uint32_t tbs_tally_bin_end(const struct tbs_station_tally *station,
                                         enum tbs_day_type type)
{
    const struct tbs_lines *lines = &station->lines[type];
    const uint64_t low = lines->called[0] | lines->left[0];
    const uint64_t high = lines->called[1] | lines->left[1];
    const uint32_t end = high != 0 ? 128 - (uint32_t)__builtin_clzll(high)
                         : low != 0 ? 64 - (uint32_t)__builtin_clzll(low)
                                    : 0;
    return end * TBS_LINE;
}

/* Takes the lowest line out of the set; TBS_LINES: it is empty. */
static inline uint32_t tbs_line_take(uint64_t set[2])
{
    const uint32_t word = set[0] == 0;
    const uint64_t rest = set[word];

    set[word] = rest & (rest - 1);
    return rest == 0 ? TBS_LINES : word * 64 + (uint32_t)__builtin_ctzll(rest);
}

static inline void tbs_bins_add(uint32_t *sum, const uint32_t *bins, const uint64_t lines[2])
{
    uint64_t set[2] = {lines[0], lines[1]};

    for (uint32_t line; (line = tbs_line_take(set)) < TBS_LINES;) {
        for (uint32_t i = line * TBS_LINE; i < (line + 1) * TBS_LINE; i++) {
            sum[i] += bins[i];
        }
    }
}

/* Where the waits of a hall's half hour begin in slot_called and slot_left. */
static inline size_t tbs_tally_slot_bins(const struct tbs_tally *tally, uint32_t hall,
                                         enum tbs_day_type type, uint32_t slot)
{
    return (((size_t)type * tally->hall_count + hall) * tally->slot_count + slot) * TBS_BINS;
}

/* ---- the model says ---- */
void tbs_tally_day(struct tbs_tally *tally, uint32_t day, tb_time day_at_us);
/* They are over; those carried on elsewhere are left out. Also counts how busy windows were with
 * those served in one part. */
void tbs_tally_visits(struct tbs_tally *tally, const struct tbs_visit *visits, uint32_t n);
void tbs_tally_busy(struct tbs_tally *tally, uint32_t station, tb_time from_us, tb_time to_us);
void tbs_tally_staffed(struct tbs_tally *tally, uint32_t station, tb_time from_us, tb_time to_us);
void tbs_tally_rated(struct tbs_tally *tally, uint32_t event_kind, int64_t stars);
void tbs_tally_advised(struct tbs_tally *tally, bool elsewhere);
void tbs_tally_no_show(struct tbs_tally *tally, uint32_t station);
void tbs_tally_task(struct tbs_tally *tally, uint32_t station);
void tbs_tally_task_done(struct tbs_tally *tally, uint32_t station, int64_t work_us, bool on_time);
void tbs_tally_task_returned(struct tbs_tally *tally, uint32_t station);
void tbs_tally_task_open(struct tbs_tally *tally, uint32_t station, int64_t age_us, bool overdue);

#endif
