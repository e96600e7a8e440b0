/* log.h: a telephone centre's recorded calls, and what is deduced from them; private to sim/fit.
 *
 * Seconds of a day count from its midnight and may pass 24 h. Owner: the log owns its arrays.
 * Out of memory stops the program by tbs_assert. Threads: one. */
#ifndef TBS_FIT_LOG_H
#define TBS_FIT_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel/base.h"
#include "run/run.h"
#include "tongban/scenario.h"

enum { TBS_FIT_NAME = 16, TBS_FIT_PROBLEMS = 20, TBS_FIT_HOURS = 24 };
#define TBS_FIT_NOBODY UINT32_MAX

/* One call that joined the line. */
struct tbs_call {
    uint32_t day;    /* into log.dates */
    uint32_t agent;  /* into log.agents; TBS_FIT_NOBODY: left, or the log names nobody */
    uint32_t type;   /* into log.types */
    int32_t enter_s; /* joins the line */
    int32_t wait_s;  /* in the line */
    int32_t start_s, service_s; /* 0 where not served */
    bool priority, served, menu_only;
    int32_t pause_s; /* of the agent after it, drawn */
    int64_t drawn_us; /* patience of the served (TB_NEVER: without end), service of the others */
};

/* The stretch of a day in which an agent is at work. */
struct tbs_force {
    uint32_t day, agent;
    int32_t from_s, to_s;
};

struct tbs_log {
    struct tbs_call *calls; /* by day, then enter_s, then line of the file */
    uint32_t count, room;
    int32_t *dates; /* yyyymmdd, ascending */
    uint32_t *first; /* [date_count + 1] into calls */
    uint32_t date_count;
    char (*agents)[TBS_FIT_NAME];
    char (*types)[TBS_FIT_NAME];
    uint32_t agent_count, type_count;
    struct tbs_force *forces; /* by day, agent, time */
    uint32_t force_count, force_room;
    bool *skills; /* [agent * type_count + type]: took two calls of it */
    uint32_t pauses; /* of agents, while a caller stood beside them */
    int64_t pauses_s;
    uint32_t pauses_seen, pauses_cut; /* after a call, learned from: to their end, censored */
    double pause_mean_s;              /* of those drawn */
    uint32_t rows, phantoms, menu_left, nameless; /* rows; left out; served by nobody named */
    struct {
        uint32_t line;
        char text[160];
    } problems[TBS_FIT_PROBLEMS];
    uint32_t problem_count; /* may exceed what is kept */
};

/* bank.c: reads a log; its mistakes are in log->problems. False: there are any. */
bool tbs_bank_read(struct tbs_log *log, const char *path);
void tbs_log_free(struct tbs_log *log);

/* force.c: fills log->skills and log->forces. An agent is at work from a call to his next one,
 * unless he took none for longer than idle_s, or (with `pauses`) somebody whom he could have taken
 * waited beside him: from then on he is not, until his next call. */
void tbs_force_find(struct tbs_log *log, int32_t idle_s, bool pauses);

/* What agents do after a call. */
enum tbs_pauses {
    TBS_PAUSES_LEARNED,  /* pauses of the other half of the days */
    TBS_PAUSES_RECORDED, /* away where they let a caller stand in the record */
    TBS_PAUSES_NONE,     /* the next call at once */
};

/* pause.c: fills pause_s, the same for the same log. */
void tbs_pause_draw(struct tbs_log *log, int32_t idle_s);

/* patience.c: fills drawn_us, the same for the same log. */
void tbs_patience_draw(struct tbs_log *log);

/* Where a log belongs in its scenario; names are the scenario's. */
struct tbs_fit_place {
    const char *hall;   /* the only one */
    const char **kinds; /* [date] kind of day */
    uint32_t *windows;  /* [agent] number of the window that bears his name */
    uint32_t *days;     /* [date] scenario day */
};

/* replay.c: finds it; false with the log's problems filled. Free with tbs_fit_place_free. */
bool tbs_fit_place_find(struct tbs_fit_place *place, struct tbs_log *log,
                        const struct tb_scenario *scenario);
void tbs_fit_place_free(struct tbs_fit_place *place);

/* log.h's own: a mistake of the log, not of one of its lines where line is 0. */
void tbs_log_wrong(struct tbs_log *log, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* write.c: calls.csv, calls-pauses.csv (service with the pause after it) and plans/DATE.csv in
 * folder `out`. False with *error filled. */
bool tbs_fit_write(const struct tbs_log *log, const struct tbs_fit_place *place, const char *out,
                   struct tbs_run_error *error);
void tbs_fit_plan_path(const struct tbs_log *log, uint32_t day, const char *out, char path[4096]);

/* What came of a set of calls. */
struct tbs_fit_sum {
    uint32_t calls, left;
    double wait_s; /* in the line, of all */
};
/* [day][hour of joining]: recorded and simulated. */
struct tbs_fit_cell {
    struct tbs_fit_sum recorded, simulated;
};

/* replay.c: reads the trace back and runs each day with its own plan of the scenario folder;
 * adds to cells[day * TBS_FIT_HOURS + hour].simulated. False with *error filled. */
bool tbs_fit_replay(const struct tbs_log *log, const struct tbs_fit_place *place,
                    const char *folder, const char *out, enum tbs_pauses pauses,
                    struct tbs_fit_cell *cells, struct tbs_run_error *error);

/* judge.c: adds what is recorded; writes comparison.csv; prints the tables and the reasons. */
bool tbs_fit_judge(const struct tbs_log *log, int32_t idle_s, enum tbs_pauses pauses,
                   struct tbs_fit_cell *cells, const char *out, struct tbs_run_error *error);

#endif
