/* command.h: `tongban workbench`. Exit status 0; 1 can't be served; 2 the command line or the
 * scenario is wrong. */
#ifndef TBS_WEB_COMMAND_H
#define TBS_WEB_COMMAND_H

int tbs_cmd_workbench(int argc, char **argv);

#endif
