/* What if? The rest of a live city's day in one hall, without and with a change.
 *
 * This is the contract between who is asked (the scheduler, which knows nothing of simulation) and
 * who answers (a simulation, which knows nothing of sockets): plain data and one function.
 *
 * Units: microseconds, shares 0 .. 1, seconds where a field ends in _s. Owner: the caller's, all of
 * it. */
#ifndef TONGBAN_WHATIF_H
#define TONGBAN_WHATIF_H

#include "tongban/scenario.h"

#ifdef __cplusplus
extern "C" {
#endif

enum tb_whatif_kind {
    TB_WHATIF_OPEN,  /* a window opens, until until_us */
    TB_WHATIF_CLOSE, /* a window closes after whom it serves and the plan leaves it shut */
    TB_WHATIF_SHUT,  /* the hall gives out no more numbers; who waits is served */
    TB_WHATIF_SURGE, /* from then on `factor` times as many people come */
    TB_WHATIF_SICK,  /* `count` of those at the windows go home; who, differs by replication */
};

struct tb_whatif_change {
    enum tb_whatif_kind kind;
    uint32_t server;          /* OPEN, CLOSE */
    uint32_t count;           /* SICK */
    double factor;            /* SURGE */
    tb_time at_us, until_us;  /* until_us: OPEN, CLOSE; TB_NEVER: the rest of the day */
};

enum {
    TB_WHATIF_CHANGES_MAX = 8,
    TB_WHATIF_RUNS_MAX = 10000,
    TB_WHATIF_ERROR_MAX = 256
};

struct tb_whatif_ask {
    const struct tb_scenario *scenario;
    const struct tb_city *city; /* a copy that nobody steps meanwhile */
    tb_time now;
    uint32_t hall;
    struct tb_whatif_change changes[TB_WHATIF_CHANGES_MAX];
    uint32_t change_count;
    uint64_t seed;
    uint32_t runs;           /* replications of each of the two */
    int64_t limit_us;        /* no replication begins after so long; 0: no limit */
    double level;            /* how many people come, in terms of the scenario; 0: learnt */
    /* No replication begins when it says true; called by the thread that answers. NULL: never. */
    bool (*stopped)(const void *context);
    const void *context;
};

/* A mean over replications and the half-width of its 95% interval; NAN: not to be told. */
struct tb_whatif_figure {
    double value, half_width;
};

/* Of everybody who waits now or comes later today. */
struct tb_whatif_side {
    struct tb_whatif_figure wait_mean_s, wait_p50_s, wait_p90_s;
    struct tb_whatif_figure within;  /* share called within the promise */
    struct tb_whatif_figure left;    /* share that left or was sent away */
    struct tb_whatif_figure served;  /* people */
};

struct tb_whatif_answer {
    struct tb_whatif_side before, after;
    struct tb_whatif_figure wait_change_s; /* of the mean: after - before, in pairs */
    double p_value;                        /* to see as much if nothing changed */
    uint32_t runs;                         /* done of each of the two */
    double level;                          /* mean of what was used */
    uint32_t numbers;                      /* given out today */
    double expected;                       /* by now, in the scenario */
    uint32_t waiting;                      /* now */
    int64_t took_us;
    char error[TB_WHATIF_ERROR_MAX]; /* one line for a person; "" where it went well */
};

/* False: *answer holds nothing but the error. */
typedef bool tb_whatif_run(const struct tb_whatif_ask *ask, struct tb_whatif_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
