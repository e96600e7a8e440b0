/* top.h: `tongban top`: a running city in a terminal. Threads: the calling one. */
#ifndef TBI_TOP_TOP_H
#define TBI_TOP_TOP_H

/* Exit status: 0 ended by the user (or --once), 1 the scheduler cannot be reached, 2 usage. */
int tbi_cmd_top(int argc, char **argv);

#endif
