/* command.h: `tongban drive`. Exit status: 0 the same, 1 it differs or failed, 2 the command line,
 * the scenario or the scheduler's clock is wrong. */
#ifndef TBS_DRIVE_COMMAND_H
#define TBS_DRIVE_COMMAND_H

int tbs_cmd_drive(int argc, char **argv);

#endif
