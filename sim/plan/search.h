/* search.h: private to this folder: the state of one hall's search, for propose.c (the replay's
 * word), search.c (the core's word) and worth.c (what hours are worth). */
#ifndef TBS_PLAN_SEARCH_H
#define TBS_PLAN_SEARCH_H

#include "plan/lab.h"

enum {
    TBS_SEARCH_VISITS = 8000, /* of the search's own days */
    TBS_RANK_VISITS = 2500,   /* by which half hours are compared */
};
/* Part of the error allowed that is kept for the plan with all windows. */
#define TBS_ERROR_ALL 0.25

struct tbs_search {
    struct tbs_lab *lab;
    const struct tbs_plan_options *options;
    const struct tbs_listener *listener;
    const atomic_bool *stop;
    uint32_t step;
    struct tbs_recording recording;
    struct tbs_recording rank; /* its first days: borrowed */
    /* Odds of not being served in time, and of leaving: core against replay. */
    double odds_late, odds_left, odds_slot[TBS_PLAN_SLOTS];
    double beyond; /* overtime, core against replay */
    /* How much better than promised a candidate must look to be shown good. */
    double pad_within, pad_left, pad_slot[TBS_PLAN_SLOTS];
    uint32_t days_run;
    uint32_t open[TBS_PLAN_SLOTS], open_count; /* half hours that are planned */
    double hours[TBS_PLAN_SLOTS];
};

struct tbs_guess {
    double within; /* share */
    double miss;   /* by how much the promise is missed; 0: kept */
    double hours;  /* of windows and overtime, a day: what is to be least */
};

/* The lab is borrowed; the recording is to be freed. */
void tbs_search_begin(struct tbs_search *s, struct tbs_lab *lab,
                      const struct tbs_plan_options *options, const atomic_bool *stop);
bool tbs_search_stopped(const struct tbs_search *s);
/* What the core says of so many visits, those whom the replay replays from now on. */
void tbs_search_record(struct tbs_search *s, const struct tbs_staffing *staffing, uint64_t seed,
                       uint32_t visits, struct tbs_lab_result *result);
/* The replay is corrected by what the core said of this staffing. */
void tbs_search_correct(struct tbs_search *s, const struct tbs_staffing *staffing,
                        const struct tbs_lab_result *result);
/* `count` of `visits` as odds that are neither 0 nor infinite; the share that such odds are. */
double tbs_odds(double count, double visits);
double tbs_share_of(double odds);
uint32_t tbs_search_days(const struct tbs_search *s, uint32_t visits);
void tbs_search_tell(struct tbs_search *s, const char *phase, const struct tbs_staffing *staffing,
                     const struct tbs_lab_result *result, bool kept);
/* By how many standard errors the promise is kept: the least of what was promised. */
double tbs_margin(const struct tbs_search *s, const struct tbs_lab_result *result);

struct tbs_recording tbs_first_days(const struct tbs_recording *recording, uint32_t visits);
struct tbs_guess tbs_guess_by(const struct tbs_search *s, const struct tbs_recording *recording,
                              const struct tbs_staffing *staffing);
struct tbs_guess tbs_guess_all(const struct tbs_search *s, const struct tbs_staffing *staffing);
struct tbs_guess tbs_guess_with(const struct tbs_search *s, struct tbs_staffing staffing,
                                uint32_t slot, int by);
/* The half hour where one window more helps most; TB_NONE: there is no room. */
uint32_t tbs_best_add(const struct tbs_search *s, const struct tbs_staffing *staffing);
/* The one that can spare a window best, with the promise kept; TB_NONE: none can. */
uint32_t tbs_best_remove(const struct tbs_search *s, const struct tbs_staffing *staffing);
void tbs_remove_while_kept(const struct tbs_search *s, struct tbs_staffing *staffing);
void tbs_add_until_kept(const struct tbs_search *s, struct tbs_staffing *staffing);
/* Windows moved to other half hours while that serves more in time, at most `moves` times. */
void tbs_swap(const struct tbs_search *s, struct tbs_staffing *staffing, uint32_t moves);
/* To a plan that keeps the promise by the replay, and to which no single step is better. */
void tbs_descend(const struct tbs_search *s, struct tbs_staffing *staffing);

/* ---- each.c ------------------------------------------------------------------------------- */

/* By how many standard errors half hour k is at the share or above, at any time asked about. */
double tbs_slot_margin(const struct tbs_search *s, const struct tbs_lab_result *result, uint32_t k,
                       double share);
/* From a staffing that is nearly right: the fewest windows with which each half hour keeps the
 * promise. Fills needs, result, kept_probability, state; the state is left as it is if stopped. */
void tbs_each_decide(struct tbs_search *s, struct tbs_staffing at, struct tbs_plan_hall *hall);

/* ---- worth.c ------------------------------------------------------------------------------ */

/* Fills steps, next_gain; Erlang C's plan and the fewest hours that serve as many in time as it.
 * Of a plan with the same windows all day only next_gain: its steps are days. */
void tbs_hall_worth(struct tbs_search *s, struct tbs_plan_hall *hall);
/* The same hours, moved to where they serve most in time, and judged on fresh seeds. */
void tbs_hall_polish(struct tbs_search *s, struct tbs_plan_hall *hall);

#endif
