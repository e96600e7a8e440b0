/* command.h: `tongban roster`. Exit status 0; 1 no roster; 2 the command line or the input. */
#ifndef TBS_ROSTER_COMMAND_H
#define TBS_ROSTER_COMMAND_H

int tbs_cmd_roster(int argc, char **argv);

#endif
