/* command.h: the subcommands of the program that run a model. Each is a row of the table in
 * engine/tongban.c. argv[0] is the command's own name. Exit status: 0 done, 1 failed, 2 the command
 * line or the input is wrong (then nothing was written). */
#ifndef TBS_RUN_COMMAND_H
#define TBS_RUN_COMMAND_H

int tbs_cmd_simulate(int argc, char **argv);
int tbs_cmd_generate(int argc, char **argv);

#endif
