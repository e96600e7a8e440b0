/* fit.h: `tongban fit`: a recorded log becomes a trace and plans, and the simulation is held
 * against it. Exit status 0, 1 failed, 2 the command line or the log is wrong (then nothing is
 * written). Blocking; one thread. */
#ifndef TBS_FIT_FIT_H
#define TBS_FIT_FIT_H

int tbs_cmd_fit(int argc, char **argv);

#endif
