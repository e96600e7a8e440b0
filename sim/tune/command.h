/* command.h: `tongban tune`. Exit status 0; 1 a run failed; 2 the command line or the scenario. */
#ifndef TBS_TUNE_COMMAND_H
#define TBS_TUNE_COMMAND_H

int tbs_cmd_tune(int argc, char **argv);

#endif
