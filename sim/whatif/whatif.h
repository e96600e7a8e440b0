/* whatif.h: the answer to a what-if. Threads: any; a call shares nothing with another. Blocking for
 * as long as the ask says. */
#ifndef TBS_WHATIF_WHATIF_H
#define TBS_WHATIF_WHATIF_H

#include "tongban/whatif.h"

bool tbs_whatif(const struct tb_whatif_ask *ask, struct tb_whatif_answer *answer);

#endif
