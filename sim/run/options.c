#include "run/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kernel/base.h"
#include "run/arguments.h"

enum { EXIT_USAGE = 2, OPTIONS_MAX = 32 };

int tbs_options_wrong(const char *command, const char *what, const char *value)
{
    fprintf(stderr,
            tbs_say("tongban %s: %s%s%s；详见 `tongban %s --help`\n",
                    "tongban %s: %s%s%s; `tongban %s --help` tells more\n"),
            command, what, value[0] != '\0' ? " " : "", value, command);
    return EXIT_USAGE;
}

int tbs_options_read(const char *command, const struct tbs_option *options, uint32_t count,
                     int argc, char **argv, struct tbs_option_sets *sets)
{
    struct option rows[OPTIONS_MAX + 1] = {{0}};
    int got, which = 0;

    tbs_assert(count <= OPTIONS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (struct option){options[i].name, (int)options[i].takes, NULL, 0};
    }
    optind = 0;
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":", rows, &which)) != -1) {
        if (got == '?') {
            return tbs_options_wrong(command, tbs_say("没有这个选项", "there is no option"),
                                     argv[optind - 1]);
        }
        /* `--out --json`: a folder called --json is never meant. */
        if (got == ':' || (optarg != NULL && strncmp(optarg, "--", 2) == 0)) {
            char name[64];
            snprintf(name, sizeof name, "--%s",
                     got == ':' ? argv[optind - 1] + 2 : options[which].name);
            return tbs_options_wrong(command,
                                     tbs_say("选项后面缺少值：", "a value is missing after"), name);
        }
        *options[which].value = optarg != NULL ? optarg : "";
        if (sets != NULL && strcmp(options[which].name, "set") == 0) {
            sets->texts[sets->count++] = optarg;
        }
    }
    return 0;
}

int tbs_options_scenario(const char *command, int argc, char **argv, const char **scenario)
{
    if (optind + 1 == argc) {
        *scenario = argv[optind];
        return 0;
    }
    return optind == argc
               ? tbs_options_wrong(
                     command, tbs_say("没有写方案（文件夹）", "no scenario (a folder) is given"),
                     "")
               : tbs_options_wrong(command,
                                   tbs_say("只能有一个方案，不能还有", "one scenario, not also"),
                                   argv[optind + 1]);
}
