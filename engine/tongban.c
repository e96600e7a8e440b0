/* The program: one table of subcommands, and nothing else.
 *
 * A subcommand is a function int (int argc, char **argv); argv[0] is its own name. It returns the
 * exit status of the program: 0 done, 1 failed, 2 the command line (or the input) is wrong.
 */
#include <stdio.h>
#include <string.h>

#include "access/passwd.h"
#include "check/check.h"
#include "compare/compare.h"
#include "drive/command.h"
#include "fit/fit.h"
#include "log/log.h"
#include "net/serve.h"
#include "net/whatif.h"
#include "plan/command.h"
#include "roster/command.h"
#include "run/command.h"
#include "top/top.h"
#include "tune/command.h"
#include "version.h"
#include "web/command.h"
#include "whatif/whatif.h"

struct command {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
};

static int command_help(int argc, char **argv);
static int command_version(int argc, char **argv);

/* One row a subcommand, in the order in which `tongban help` shows them. */
static const struct command commands[] = {
    {"help", "this list", command_help},
    {"check", "what is in a scenario folder, or every mistake in it", tbs_cmd_check},
    {"simulate", "run a scenario and write its report", tbs_cmd_simulate},
    {"generate", "write the citizens of a scenario as a trace", tbs_cmd_generate},
    {"roster", "from windows needed per half hour to people and shifts", tbs_cmd_roster},
    {"tune", "find the values of rules that serve an objective best", tbs_cmd_tune},
    {"compare", "two runs: what changed, and whether it is more than noise", tbs_cmd_compare},
    {"serve", "the scheduler on a socket", tbi_cmd_serve},
    {"top", "a running scheduler in a terminal", tbi_cmd_top},
    {"drive", "a simulated day lived on a running scheduler, and compared", tbs_cmd_drive},
    {"fit", "a recorded log: a trace, plans, and how the simulation agrees with it", tbs_cmd_fit},
    {"log", "the scheduler's command log: verify, show, replay, export", tbi_cmd_log},
    {"plan", "the fewest windows of each hall and half hour that keep a promise", tbs_cmd_plan},
    {"workbench", "a page to plan on: windows, waits, what if, plans", tbs_cmd_workbench},
    {"protocol", "commands, errors and events of the scheduler, as Markdown", tbi_cmd_protocol},
    {"passwd", "make a line of the scheduler's access file", tbi_cmd_passwd},
    {"version", "version, compiler and the commit it was built from", command_version},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0], EXIT_USAGE = 2 };

static void commands_print(FILE *out)
{
    fprintf(out, "usage: tongban COMMAND [ARGUMENTS]\n\ncommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    }
}

static int command_help(int argc, char **argv)
{
    (void)argc, (void)argv;
    commands_print(stdout);
    return 0;
}

static int command_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("tongban 0.1 (commit %s, gcc %s)\n", TBI_COMMIT, __VERSION__);
    return 0;
}

static const struct command *command_find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        commands_print(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    const struct command *command = command_find(name);
    if (command == NULL) {
        fprintf(stderr, "tongban: there is no command '%s'; `tongban help` lists them\n", name);
        return EXIT_USAGE;
    }
    tbi_whatif_hook(tbs_whatif);
    return command->run(argc - 1, argv + 1);
}
