/* summary.h: what `tongban check` prints. Nothing here is changed; all goes to `out`. */
#ifndef TBS_CHECK_SUMMARY_H
#define TBS_CHECK_SUMMARY_H

#include <stdio.h>

#include "tongban/scenario.h"

void tbs_check_summary(const struct tb_scenario *scenario, FILE *out);

/* A mistake is two lines: PLACE: Chinese, then indented, English. */
void tbs_check_problems(const struct tb_scenario_problems *problems, FILE *out);

/* {"ok", "folder", "files", "summary", "problems"}; scenario is NULL where there are mistakes. */
void tbs_check_json(const char *dir, const struct tb_scenario *scenario,
                    const struct tb_scenario_problems *problems, FILE *out);

#endif
