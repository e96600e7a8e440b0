/* options.h: reads the options of a subcommand out of a table of them, and its one scenario. Used
 * by the planner's commands; those of simulate (arguments.h) also keep the line that repeats a
 * run. Mistakes are printed in the language of the terminal. */
#ifndef TBS_RUN_OPTIONS_H
#define TBS_RUN_OPTIONS_H

#include <stdint.h>

enum tbs_option_takes { TBS_OPTION_no, TBS_OPTION_required }; /* a value, as getopt names them */

struct tbs_option {
    const char *name;
    enum tbs_option_takes takes;
    const char **value; /* gets the last value; "" if the option takes none */
};

/* Every value of the option `set`; room for argc of them, the caller's. */
struct tbs_option_sets {
    const char **texts;
    uint32_t count;
};

/* The values are borrowed from argv. sets may be NULL. 0, or 2 with the mistake printed. */
int tbs_options_read(const char *command, const struct tbs_option *options, uint32_t count,
                     int argc, char **argv, struct tbs_option_sets *sets);

/* After that: the scenario, which stands alone. 0, or 2 with the mistake printed. */
int tbs_options_scenario(const char *command, int argc, char **argv, const char **scenario);

/* Prints "tongban COMMAND: what value; ... --help tells more", the last part in the language of the
 * terminal, as `what` should be (tbs_say); 2. */
int tbs_options_wrong(const char *command, const char *what, const char *value);

#endif
