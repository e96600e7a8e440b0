#include "compare/compare.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"
#include "run/arguments.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char *const usage[] = {
    "usage: tongban compare BEFORE AFTER [--out DIR] [--lang zh|en]\n"
    "\n"
    "BEFORE and AFTER are folders that `tongban simulate --out` wrote, with the same seed and\n"
    "period and with --reps: replications with equal numbers met the same citizens, so each pair\n"
    "differs by the plan alone. Prints what changed, and whether it is more than noise.\n"
    "\n"
    "  --out DIR     write compare.html there as well\n"
    "  --lang zh|en  of what is printed (default: by LC_ALL, LC_MESSAGES, LANG)\n"
    "  --help        this\n",
    "用法：tongban compare 前 后 [--out 文件夹] [--lang zh|en]\n"
    "\n"
    "“前”和“后”是 `tongban simulate --out` 写出的两个文件夹，种子和日期相同，并用 --reps 重复：\n"
    "编号相同的重复里来的是同一批办事人，所以每一对只差在方案上。\n"
    "打印出什么变了，变化是否超出随机波动。\n"
    "\n"
    "  --out 文件夹  同时写出 compare.html\n"
    "  --lang zh|en  打印用的语言（默认看 LC_ALL、LC_MESSAGES、LANG）\n"
    "  --help        本说明\n",
};

struct request {
    const char *folders[2]; /* before, after */
    const char *out;        /* NULL: no page */
    enum tbs_report_language language;
    bool help;
};

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "tongban compare: %s%s%s; `tongban compare --help` tells more\n", what,
            value[0] != '\0' ? " " : "", value);
    return EXIT_USAGE;
}

static bool language_read(const char *text, enum tbs_report_language *language)
{
    *language = strcmp(text, "zh") == 0 ? TBS_REPORT_ZH : TBS_REPORT_EN;
    return *language == TBS_REPORT_ZH || strcmp(text, "en") == 0;
}

/* 0, or 2 with the mistake printed. */
static int request_read(struct request *request, int argc, char **argv)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"lang", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int got;

    *request = (struct request){.language = tbs_reads_chinese() ? TBS_REPORT_ZH : TBS_REPORT_EN};
    optind = 0; /* anew: a program may read several command lines */
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (got == 'o') {
            request->out = optarg;
        } else if (got == 'h') {
            request->help = true;
        } else if (got != 'l') {
            return usage_error(got == ':' ? "a value is missing after" : "there is no option",
                               argv[optind - 1]);
        } else if (!language_read(optarg, &request->language)) {
            return usage_error("--lang is zh or en, not", optarg);
        }
    }
    if (request->help) {
        return 0;
    }
    if (argc - optind != 2) {
        return argc - optind < 2 ? usage_error("which two folders, before and after?", "")
                                 : usage_error("two folders, not also", argv[optind + 2]);
    }
    request->folders[0] = argv[optind];
    request->folders[1] = argv[optind + 1];
    return 0;
}

int tbs_cmd_compare(int argc, char **argv)
{
    struct tbs_report_error error = {0};
    struct request request;

    if (request_read(&request, argc, argv) != 0) {
        return EXIT_USAGE;
    }
    if (request.help) {
        fputs(usage[request.language == TBS_REPORT_EN ? 0 : 1], stdout);
        return 0;
    }
    const int status = tbs_report_compare(request.folders[0], request.folders[1], request.out,
                                          request.language, stdout, &error);
    if (status != 0) {
        fprintf(stderr, "tongban compare: %s\n", error.text);
        return status == TBS_REPORT_UNWRITTEN ? EXIT_FAILED : EXIT_USAGE;
    }
    return 0;
}
