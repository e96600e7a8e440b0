/* names.h: halls and matters by their ids, for files with many rows: a sorted table and a binary
 * search. Threads: read only once made. */
#ifndef TBS_RUN_NAMES_H
#define TBS_RUN_NAMES_H

#include "tongban/scenario.h"

struct tbs_names;

struct tbs_names *tbs_names_of_halls(const struct tb_scenario *scenario);
struct tbs_names *tbs_names_of_matters(const struct tb_scenario *scenario);
void tbs_names_free(struct tbs_names *names);

/* The index, or TB_NONE. */
uint32_t tbs_names_find(const struct tbs_names *names, const char *id);

#endif
