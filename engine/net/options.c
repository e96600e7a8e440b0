#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, TCP_PORT, TLS_PORT, HTTP_PORT, COUNT, THREADS, NUMBER, DURABILITY };

struct row {
    const char *name;
    enum kind kind;
    size_t offset, bytes; /* of the member */
    const char *argument, *help, *zh;
};

static const struct row rows[] = {
#define TBI_OPTION(name, kind, member, argument, help, zh)                                         \
    {name,                                                                                         \
     kind,                                                                                         \
     offsetof(struct tbi_serve_options, member),                                                   \
     sizeof((struct tbi_serve_options *)0)->member,                                                \
     argument,                                                                                     \
     help,                                                                                         \
     zh},
#include "option.def"
#undef TBI_OPTION
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

void tbi_options_help(void)
{
    printf("usage: tongban serve SCENARIO [OPTIONS]\n用法：tongban serve 方案文件夹 [选项]\n\n"
           "The scheduler on a socket; every Redis client is a client of it.\n"
           "网络调度服务，任何语言的 Redis 客户端都可以直接使用。\n\n");
    for (int i = 0; i < ROW_COUNT; i++)
        printf("  --%s %s\n      %s\n      %s\n", rows[i].name, rows[i].argument, rows[i].help,
               rows[i].zh);
    printf("  --config FILE\n      lines of `name value` with these very names; # is a comment\n"
           "      配置文件，每行一项“名称 值”\n"
           "exit status 退出码: 0 stopped in order 正常停止, 1 failed 失败, 2 a setting is wrong "
           "设置有误\n");
}

static bool wrong(const char *where, const char *what, const char *text)
{
    fprintf(stderr, "serve: %s: %s '%s'; `tongban serve --help` explains each setting\n", where,
            what, text);
    return false;
}

static bool number_read(const char *text, int64_t most, int64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == 0 && *value >= 0 && *value <= most;
}

static bool set(struct tbi_serve_options *options, const char *where, const struct row *row,
                const char *text)
{
    char *member = (char *)options + row->offset;
    int64_t value = 0;

    switch (row->kind) {
    case TEXT:
        *(const char **)member = strdup(text);
        return true;
    case TCP_PORT:
    case TLS_PORT:
    case HTTP_PORT:
        if (!number_read(text, UINT16_MAX, &value))
            return wrong(where, "not a port", text);
        *(uint16_t *)member = (uint16_t)value;
        *(row->kind == TCP_PORT   ? &options->tcp
          : row->kind == TLS_PORT ? &options->tls
                                  : &options->http) = true;
        return true;
    case COUNT:
    case THREADS:
    case NUMBER:
        if (!number_read(text, INT32_MAX, &value))
            return wrong(where, "not a number", text);
        if (row->kind == COUNT && (value == 0 || value > 1000000))
            return wrong(where, "not between 1 and 1000000", text);
        if (row->kind == THREADS && (value == 0 || value > TBI_THREADS_MAX))
            return wrong(where, "not between 1 and 64", text);
        memcpy(member, &value, row->bytes); /* little endian: the low bytes come first */
        return true;
    case DURABILITY:
        if (strcmp(text, "off") == 0)
            value = -1;
        else if (strcmp(text, "always") != 0 && (!number_read(text, 60000, &value) || value == 0))
            return wrong(where, "neither always, off nor milliseconds", text);
        *(int *)member = (int)value;
        return true;
    }
    return false;
}

static const struct row *row_find(const char *name)
{
    for (int i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool file_read(const char *path, struct tbi_serve_options *options)
{
    FILE *file = fopen(path, "re");
    char line[1024], where[512], name[64], value[512];
    bool good = true;

    if (file == NULL)
        return wrong(path, strerror(errno), path);
    for (int number = 1; good && fgets(line, sizeof line, file) != NULL; number++) {
        line[strcspn(line, "#\r\n")] = 0;
        snprintf(where, sizeof where, "%.450s:%d", path, number);
        const int words = sscanf(line, "%63s %511[^\n]", name, value);
        if (words <= 0)
            continue;
        for (size_t end = words == 2 ? strlen(value) : 0; end > 0 && value[end - 1] == ' '; end--)
            value[end - 1] = 0;
        const struct row *row = row_find(name);
        if (row == NULL)
            good = wrong(where, "there is no setting", name);
        else
            good = words == 2 ? set(options, where, row, value)
                              : wrong(where, "a value is missing behind", name);
    }
    fclose(file);
    return good;
}

bool tbi_options_read(int argc, char **argv, struct tbi_serve_options *options)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--config") == 0 && !file_read(argv[i + 1], options))
            return false;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (options->scenario != NULL)
                return wrong("command line", "a second scenario", argv[i]);
            options->scenario = argv[i];
            continue;
        }
        const struct row *row = row_find(argv[i] + 2);
        if (row == NULL && strcmp(argv[i], "--config") != 0)
            return wrong("command line", "there is no option", argv[i]);
        if (++i == argc)
            return wrong("command line", "a value is missing behind", argv[i - 1]);
        if (row != NULL && !set(options, argv[i - 1], row, argv[i]))
            return false;
    }
    if (options->scenario == NULL)
        return wrong("command line", "no scenario folder among the arguments", "");
    return true;
}
