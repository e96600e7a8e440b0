/* api.h: what the workbench's page asks, and what it is told: JSON in, JSON out, no sockets.
 *
 * GET  /api/scenario           halls, kinds of days, opening hours, the scenario's own plan
 * POST /api/evaluate           {hall, day, windows[48], whatif?} -> the day and half hours
 * POST /api/compare            {hall, day, plans: [{windows, whatif?}, ...]} -> each, and
 *                              its differences to the first, with 95% intervals by days
 * POST /api/search             {hall, day, windows, whatif?, share} -> {job}; see job.h
 * POST /api/search/cancel      {job}
 * POST /api/plan.csv           {changes: [{hall, day, windows}, ...]} -> for simulate --plan
 * POST /api/roster.xlsx        the same and {from: "2021-06-01", days}: who works when
 *
 * hall and day are ids; whatif: {surge: 0.2, sick: 3, closed: [ids], from: 18, to: 24}.
 * A mistake is {error: {zh, en}} with status 400 (404: no such path, 405: the other method,
 * 413: too long).
 *
 * Threads: any number may ask at once. Owner: a reply's bytes are the caller's, to be freed. */
#ifndef TBS_WEB_API_H
#define TBS_WEB_API_H

#include <jansson.h>
#include <stddef.h>

#include "web/day.h"
#include "web/job.h"

enum { TBS_WEB_BODY_MAX = 1 << 20, TBS_WEB_COMPARE_MAX = 6 };

struct tbs_web {
    struct tbs_web_city city;
    const char *folder, *const *sets; /* what the scenario was read from */
    uint32_t set_count;
    const char *staff;  /* table of people; NULL: none, so no roster */
    struct tbs_job job;
};

struct tbs_web_reply {
    unsigned status; /* of HTTP */
    const char *type, *file; /* file: the name to be saved under; NULL: none */
    char *bytes;
    size_t count;
};

/* body NULL: a GET. */
void tbs_web_reply(struct tbs_web *web, const char *path, const char *body, size_t count,
                   struct tbs_web_reply *reply);

/* ---- for the other files of this folder ------------------------------------------------------ */

/* Says in both languages what is wrong; false, so that a reader can return it. */
bool tbs_web_wrong(struct tbs_web_reply *reply, const char *zh, const char *en);
void tbs_web_json(struct tbs_web_reply *reply, unsigned status, json_t *json);

/* read.c: false: reply says what is wrong. */
bool tbs_web_read_question(const struct tb_scenario *scenario, const json_t *hall_and_day,
                           const json_t *plan, struct tbs_web_question *question,
                           struct tbs_web_reply *reply);
json_t *tbs_web_answer_json(const struct tbs_lab_result *result, double window_hours);
json_t *tbs_web_windows_json(const struct tbs_staffing *staffing);

/* table.c: plan.csv and roster.xlsx. */
void tbs_web_plan_csv(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply);
void tbs_web_roster(struct tbs_web *web, const json_t *body, struct tbs_web_reply *reply);

#endif
