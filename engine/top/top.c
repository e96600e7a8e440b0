/* The command line of `tongban top`. */
#include "top.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inside.h"

enum { EXIT_USAGE = 2, URL_MAX = 512 };

static int usage(const char *wrong, const char *what)
{
    if (wrong != NULL)
        fprintf(stderr, "top: %s '%s'\n", wrong, what);
    fprintf(stderr,
            "usage: tongban top [PORT|URL] [--every SECONDS] [--once] [--lang zh|en]\n"
            "Shows a scheduler that was started with --http PORT (7401 unless said otherwise).\n"
            "显示一个以 --http 端口 启动的调度服务；--once 只打印一次。\n");
    return EXIT_USAGE;
}

/* 7401, http://host:7401 and the whole address of /city are all good. False: none of them. */
static bool url_make(char url[URL_MAX], const char *place)
{
    char *end;
    const long port = strtol(place, &end, 10);

    if (*end == '\0' && port > 0 && port < 65536)
        return snprintf(url, URL_MAX, "http://127.0.0.1:%ld/city", port) < URL_MAX;
    if (strncmp(place, "http://", 7) != 0 && strncmp(place, "https://", 8) != 0)
        return false;
    const char *path = strchr(strstr(place, "://") + 3, '/');
    return snprintf(url, URL_MAX, "%s%s", place, path == NULL       ? "/city"
                                                 : path[1] == '\0' ? "city"
                                                                   : "") < URL_MAX;
}

static int once(const char *url, bool chinese)
{
    struct tbi_top_city city = {0};
    char error[TBI_TOP_ERROR_MAX], text[TBI_TOP_ROW_MAX];

    if (!tbi_top_fetch(url, &city, error)) {
        fprintf(stderr, "top: %s\n", error);
        return 1;
    }
    tbi_top_sort(&city, TBI_TOP_BY_WAIT);
    tbi_top_title(text, &city, chinese);
    puts(text);
    tbi_top_head(text, chinese);
    puts(text);
    for (size_t i = 0; i < city.count; i++) {
        tbi_top_row(text, &city.stations[i], chinese);
        puts(text);
    }
    tbi_top_free(&city);
    return 0;
}

int tbi_cmd_top(int argc, char **argv)
{
    const char *place = "7401", *lang = getenv("LANG");
    bool one = !isatty(STDOUT_FILENO);
    double every_s = 1;
    char url[URL_MAX];

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--once") == 0) {
            one = true;
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            every_s = strtod(argv[++i], NULL);
            if (!(every_s >= 0.1 && every_s <= 3600))
                return usage("--every wants seconds, 0.1 to 3600, not", argv[i]);
        } else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
            lang = argv[++i];
            if (strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0)
                return usage("--lang wants zh or en, not", lang);
        } else if (argv[i][0] == '-') {
            return usage("there is no option", argv[i]);
        } else {
            place = argv[i];
        }
    }
    if (!url_make(url, place))
        return usage("neither a port nor an address http://HOST:PORT:", place);
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_ALL, "C.UTF-8");
    const bool chinese = lang != NULL && strncmp(lang, "zh", 2) == 0;
    int status = 0;
    if (one)
        status = once(url, chinese);
    else
        tbi_top_screen(url, every_s, chinese);
    return status;
}
