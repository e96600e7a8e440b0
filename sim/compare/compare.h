/* compare.h: the subcommand `tongban compare`, a row of the table in engine/tongban.c. */
#ifndef TBS_COMPARE_COMPARE_H
#define TBS_COMPARE_COMPARE_H

/* argv[0] is the command's own name. Exit status: 0 done, 1 the page could not be written, 2 the
 * command line is wrong, or the runs can't be read or paired (then nothing was written). */
int tbs_cmd_compare(int argc, char **argv);

#endif
