/* command.c: the command line of `tongban log`, and what its parts share. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

static const char usage[] =
    "usage: tongban log verify|show|replay|export|adopt DIR [OPTIONS]\n"
    "用法：tongban log verify|show|replay|export|adopt 数据目录 [选项]\n"
    "\n"
    "  verify   checks every byte of log and snapshots, names damage   逐字节检查，指出损坏之处\n"
    "  show     prints commands: time, actor, command   列出命令：时间、操作人、内容\n"
    "           --from LSN --to LSN --command TICKET.TAKE --actor NAME|N --ref N\n"
    "  replay   runs the log through the scheduler, prints the city's hash   重放并给出城市散列\n"
    "           --to LSN, --explain EVENT|ticket:NUMBER   why a past call went to whom 解释叫号\n"
    "  export   --csv FILE (a row an event), --xes FILE (IEEE 1849 event log)   导出\n"
    "  adopt    the city goes on with an edited --scenario: rules, quotas, plan, coming days are\n"
    "           carried over; says what can't be   城市沿用修改后的场景（规则、限额、排班、日历）\n"
    "\n"
    "  --scenario DIR   where the scenario is now, if it was moved   场景目录（若已移动）\n"
    "Exit status 退出码: 0 well 正常, 1 damaged or failed 损坏或失败, 2 wrong command line "
    "用法错误\n";

/* ---- options ---- */

struct option_row {
    const char *name;
    size_t offset;
    bool number;
};

#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, offsetof(struct tbi_log_tool, field), false                                          \
    }
#define NUMBER(name, field)                                                                        \
    {                                                                                              \
        name, offsetof(struct tbi_log_tool, field), true                                           \
    }
static const struct option_row rows[] = {
    TEXT("--scenario", scenario_path),
    TEXT("--command", command),
    TEXT("--actor", actor),
    TEXT("--explain", explain),
    TEXT("--csv", csv),
    TEXT("--xes", xes),
    NUMBER("--from", from),
    NUMBER("--to", to),
    NUMBER("--ref", ref),
};

static bool option_take(struct tbi_log_tool *tool, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *at = (char *)tool + rows[i].offset, *end;
        if (strcmp(name, rows[i].name) != 0)
            continue;
        if (!rows[i].number) {
            *(const char **)at = value;
            return true;
        }
        errno = 0;
        *(uint64_t *)at = strtoull(value, &end, 0);
        if (*value >= '0' && *value <= '9' && *end == 0 && errno == 0)
            return true;
        fprintf(stderr, "log: %s wants a number, not '%s' 需要数字\n", name, value);
        return false;
    }
    fprintf(stderr, "log: there is no option '%s' 没有此选项\n", name);
    return false;
}

int tbi_cmd_log(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct tbi_log_tool *tool);
    } parts[] = {{"verify", tbi_log_tool_verify},
                 {"show", tbi_log_tool_show},
                 {"replay", tbi_log_tool_replay},
                 {"export", tbi_log_tool_export},
                 {"adopt", tbi_log_tool_adopt}};
    struct tbi_log_tool tool = {.from = 1, .to = UINT64_MAX};
    int (*run)(struct tbi_log_tool * tool) = NULL;

    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 3 && i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(argv[1], parts[i].name) == 0)
            run = parts[i].run;
    }
    if (run == NULL || argc % 2 == 0) {
        fputs(usage, stderr);
        return 2;
    }
    tool.dir = argv[2];
    for (int i = 3; i < argc; i += 2) {
        if (!option_take(&tool, argv[i], argv[i + 1]))
            return 2;
    }
    tool.folder = tbi_log_dir_open(tool.dir, false, tool.error);
    if (tool.folder < 0) {
        fprintf(stderr, "log: %s\n", tool.error);
        return 2;
    }
    if (tbi_log_meta_read(tool.folder, &tool.meta) != 0) {
        fprintf(stderr,
                "log: %s/meta: missing or damaged; is this a --data folder? "
                "缺少或损坏：这是数据目录吗？\n",
                tool.dir);
        return run == tbi_log_tool_verify ? 1 : 2;
    }
    const int status = run(&tool);
    close(tool.folder);
    tb_scenario_free(tool.scenario);
    free(tool.city);
    for (uint32_t i = 0; i < tool.name_count; i++)
        free(tool.names[i]);
    free(tool.names);
    return status;
}

/* ---- scenario ---- */

bool tbi_log_tool_scenario(struct tbi_log_tool *tool, bool quiet)
{
    struct tb_scenario_problems problems = {0};
    const char *path = tool->scenario_path != NULL ? tool->scenario_path : tool->meta.scenario;

    tool->scenario = tb_scenario_load(path, &problems);
    if (!quiet)
        tb_scenario_problems_print(&problems, TB_LANGUAGE_BOTH, stderr);
    tb_scenario_problems_free(&problems);
    if (tool->scenario == NULL && !quiet)
        fprintf(stderr,
                "log: %s: the scenario cannot be loaded; --scenario says where it is now "
                "场景无法读取，请用 --scenario 指定\n",
                path);
    if (tool->scenario == NULL)
        return false;
    const struct tb_config *config = &tool->scenario->config;
    if (config->id != tool->meta.config_id && config->id != tool->meta.adopted) {
        if (!quiet)
            fprintf(stderr,
                    "log: %s is config %016" PRIx64 ", the log is of %016" PRIx64
                    ": the scenario was changed since; --scenario wants the one that was served "
                    "场景与写日志时不同，请用 --scenario 指定当时的场景\n",
                    path, config->id, tool->meta.config_id);
        tb_scenario_free(tool->scenario);
        tool->scenario = NULL;
        return false;
    }
    tool->adopted = config->id != tool->meta.config_id;
    ((struct tb_config *)(uintptr_t)config)->id = tool->meta.config_id; /* the tool's own copy */
    tool->city_bytes = tb_city_bytes(config);
    tool->city = aligned_alloc(TB_CITY_ALIGN, (tool->city_bytes + 63) / 64 * 64);
    if (tool->city != NULL && tb_city_init(tool->city, tool->city_bytes, config) == TB_STATUS_OK)
        return true;
    fprintf(stderr, "log: no memory for the city 内存不足\n");
    return false;
}

/* ---- words ---- */

void tbi_log_tool_name_keep(struct tbi_log_tool *tool, const struct tbi_log_read *read)
{
    const uint64_t actor = read->head.value;

    if (actor >= 1 << 24) /* no program numbers so many */
        return;
    if (actor >= tool->name_count) {
        const uint32_t count = (uint32_t)(actor + 1) * 2;
        char **names = realloc(tool->names, count * sizeof *names);
        tb_assert(names != NULL);
        memset(names + tool->name_count, 0, (count - tool->name_count) * sizeof *names);
        tool->names = names;
        tool->name_count = count;
    }
    free(tool->names[actor]);
    tool->names[actor] = strndup((const char *)read->data, read->head.count);
}

const char *tbi_log_tool_name(const struct tbi_log_tool *tool, uint32_t actor, char text[16])
{
    if (actor < tool->name_count && tool->names[actor] != NULL)
        return tool->names[actor];
    snprintf(text, 16, actor == TB_NONE ? "-" : "#%u", actor);
    return text;
}

void tbi_log_tool_time(const struct tbi_log_tool *tool, tb_time at_us, char text[48])
{
    const int64_t offset_us = tool->scenario != NULL ? tool->scenario->utc_offset_us : 0;
    const int64_t local_us = at_us + offset_us;
    const int64_t minutes = (offset_us < 0 ? -offset_us : offset_us) / TB_MINUTES(1);
    const int64_t us = ((local_us % 1000000) + 1000000) % 1000000;
    const time_t seconds = (time_t)((local_us - us) / 1000000);
    struct tm parts;
    char date[24];

    if (gmtime_r(&seconds, &parts) == NULL || strftime(date, sizeof date, "%FT%T", &parts) == 0) {
        snprintf(text, 48, "%" PRId64, at_us);
        return;
    }
    snprintf(text, 48, "%s.%06d%c%02d:%02d", date, (int)us, offset_us < 0 ? '-' : '+',
             (int)(minutes / 60), (int)(minutes % 60));
}

static const char *label(const struct tbi_log_tool *tool, uint32_t index, uint32_t count,
                         const char *id, char text[16])
{
    if (tool->scenario != NULL && index < count && id != NULL)
        return id;
    snprintf(text, 16, "%u", index);
    return text;
}

const char *tbi_log_tool_station(const struct tbi_log_tool *tool, uint32_t station, char text[16])
{
    const struct tb_scenario *s = tool->scenario;
    const uint32_t halls = s != NULL ? s->hall_count : 0, desks = s != NULL ? s->desk_count : 0;
    const char *id = station < halls           ? s->halls[station].label.id
                     : station < halls + desks ? s->desks[station - halls].label.id
                                               : NULL;

    return label(tool, station, halls + desks, id, text);
}

const char *tbi_log_tool_server(const struct tbi_log_tool *tool, uint32_t server, char text[16])
{
    const uint32_t count = tool->scenario != NULL ? tool->scenario->server_count : 0;
    return label(tool, server, count,
                 server < count ? tool->scenario->servers[server].label.id : NULL, text);
}

const char *tbi_log_tool_matter(const struct tbi_log_tool *tool, uint32_t matter, char text[16])
{
    const uint32_t count = tool->scenario != NULL ? tool->scenario->matter_count : 0;
    return label(tool, matter, count,
                 matter < count ? tool->scenario->matters[matter].label.id : NULL, text);
}
