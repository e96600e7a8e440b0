/* progress.h: a bar with the rate and the time left, on a terminal only; and Ctrl-C.
 *
 * Threads: the bar is told by one thread. Signals: the handler only sets a flag. */
#ifndef TBS_RUN_PROGRESS_H
#define TBS_RUN_PROGRESS_H

#include "run/run.h"

struct tbs_bar {
    bool shown;
    double began_s, told_s;
};

/* Shows nothing where standard error is no terminal. */
void tbs_bar_begin(struct tbs_bar *bar);
void tbs_bar_tell(void *bar, const struct tbs_run_progress *progress);
void tbs_bar_end(struct tbs_bar *bar);

/* The first Ctrl-C asks the run to stop with what is finished; a second one ends the program. A
 * file that grows too large is an error like a full disk. */
extern atomic_bool tbs_stop;
void tbs_stop_on_signal(void);
/* The exit status of a run that was stopped: 128 + the signal; 0: it was not. */
int tbs_stop_status(void);

#endif
