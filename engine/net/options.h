/* options.h: the settings of `tongban serve`, from the command line and the config file.
 *
 * One table, option.def: a row is --name VALUE on the command line and "name VALUE" as a line of
 * the config file, where # begins a comment. The command line wins. Threads: one. */
#ifndef TBI_NET_OPTIONS_H
#define TBI_NET_OPTIONS_H

#include "serve.h"

/* False: wrong, and told on standard error. argv[1] on. Strings live as long as the program. */
bool tbi_options_read(int argc, char **argv, struct tbi_serve_options *options);

void tbi_options_help(void); /* on standard output */

#endif
