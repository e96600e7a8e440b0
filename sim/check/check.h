/* check.h: the subcommand `tongban check DIR [--json] [--set NAME=VALUE]... [--plan FILE]`.
 *
 * Reads a scenario folder and prints either what it holds or every mistake in it, in Chinese
 * and in English, to standard output; with --json as one JSON object. Returns the exit status:
 * 0 no mistake, 2 mistakes, or a wrong command line. It may use include and jansson; it must
 * never read the format itself. Threads: none. */
#ifndef TBS_CHECK_CHECK_H
#define TBS_CHECK_CHECK_H

int tbs_cmd_check(int argc, char **argv);

#endif
