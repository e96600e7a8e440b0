/* cut.h: private to this folder: a scenario of one hall, cut out of a whole one. */
#ifndef TBS_WEB_CUT_H
#define TBS_WEB_CUT_H

#include "web/day.h"

#define TBS_WEB_SLOT_US TB_MINUTES(30)

struct tbs_web_cut {
    struct tb_scenario scenario; /* what follows is what it points to */
    struct tb_calendar calendar;
    struct tb_day days[TBS_WEB_DAYS_MAX];
    struct tb_scenario_day dates[TBS_WEB_DAYS_MAX];
    uint64_t parts[TBS_WEB_DAYS_MAX];
    const uint64_t *parts_row;
    struct tb_scenario_matter *matters;
    struct tb_matter *kinds;
    uint16_t *mix_matters;
    struct tb_mix mix;
    struct tb_arrivals arrivals;
    struct tb_arrivals_piece *pieces;
    struct tb_rules rules;
    struct tb_station station;
    struct tb_profile profiles[TB_PROFILES_MAX]; /* without video */
    struct tb_scenario_hall hall;
    struct tb_scenario_server *servers;
    struct tb_shift *shifts;
    struct tb_plan_entry *entries;
};

/* NULL: as tbs_web_evaluate. */
struct tbs_web_cut *tbs_web_cut_create(const struct tb_scenario *scenario,
                                       const struct tbs_web_question *question);
void tbs_web_cut_free(struct tbs_web_cut *cut);

#endif
