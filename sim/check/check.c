#include "check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/summary.h"

static const char usage[] =
    "usage: tongban check DIR [--json] [--set NAME=VALUE]... [--plan FILE]\n"
    "用法：tongban check 方案文件夹 [--json] [--set 名称=值]... [--plan 方案文件]\n"
    "\n"
    "Reads a scenario folder and prints what it holds, or every mistake in it.\n"
    "读入方案文件夹，列出其内容；如有错误，逐条列出所在文件、行、列、错在哪里、应写什么。\n"
    "exit status 退出码: 0 没有错误 no mistake, 2 有错误 mistakes\n";

struct options {
    const char *dir, *plan;
    const char **sets;
    uint32_t set_count;
    bool json, help;
};

/* False: the command line is wrong. */
static bool options_read(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const bool has_next = i + 1 < argc;

        if (strcmp(word, "--json") == 0)
            o->json = true;
        else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            o->help = true;
        else if (strcmp(word, "--set") == 0 && has_next)
            o->sets[o->set_count++] = argv[++i];
        else if (strcmp(word, "--plan") == 0 && has_next)
            o->plan = argv[++i];
        else if (word[0] != '-' && o->dir == NULL)
            o->dir = word;
        else
            return false;
    }
    return o->help || o->dir != NULL;
}

int tbs_cmd_check(int argc, char **argv)
{
    struct options options = {.sets = calloc((size_t)argc, sizeof *options.sets)};
    struct tb_scenario_problems problems = {0};

    if (options.sets == NULL || !options_read(argc, argv, &options)) {
        fputs(usage, stderr);
        free(options.sets);
        return 2;
    }
    if (options.help) {
        fputs(usage, stdout);
        free(options.sets);
        return 0;
    }
    struct tb_scenario *scenario = tb_scenario_load_with(options.dir, options.sets,
                                                         options.set_count, options.plan,
                                                         &problems);
    if (options.json)
        tbs_check_json(options.dir, scenario, &problems, stdout);
    else if (scenario != NULL)
        tbs_check_summary(scenario, stdout);
    else
        tbs_check_problems(&problems, stdout);
    const int status = scenario != NULL ? 0 : 2;
    tb_scenario_free(scenario);
    tb_scenario_problems_free(&problems);
    free(options.sets);
    return status;
}
