/* show.c: `tongban log verify` and `tongban log show`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tool.h"

/* ---- verify ---- */

/* A sentence where a snapshot is no good. */
static const char *snapshot_check(const struct tbi_log_tool *tool, uint64_t lsn)
{
    char name[64];
    uint8_t block[TBI_LOG_BLOCK];
    uint64_t bytes;
    struct tbi_log_snapshot head;

    tbi_log_snapshot_name(lsn, name);
    if (tbi_log_read_all(tool->folder, name, block, sizeof block, &bytes) != 0)
        return "cannot be read 无法读取";
    memcpy(&head, block, sizeof head);
    if (bytes < TBI_LOG_BLOCK || !tbi_log_block_good(block) || head.magic != TBI_LOG_SNAPSHOT_MAGIC)
        return "its header is damaged 头部损坏";
    if (head.config_id != tool->meta.config_id || head.lsn != lsn)
        return "of another log 属于其他日志";
    uint8_t *all = malloc(bytes);
    const bool well = all != NULL &&
                      tbi_log_read_all(tool->folder, name, all, bytes, &bytes) == 0 &&
                      XXH3_64bits(all + TBI_LOG_BLOCK, bytes - TBI_LOG_BLOCK) == head.data_checksum;
    free(all);
    return well ? NULL : "damaged 已损坏";
}

static int snapshots_verify(const struct tbi_log_tool *tool, const struct tbi_log_files *files,
                            uint64_t last_lsn)
{
    int status = 0;
    char name[64];

    for (uint32_t i = 0; i < files->snapshot_count; i++) {
        const char *why = snapshot_check(tool, files->snapshots[i]);
        if (why == NULL && files->snapshots[i] > last_lsn)
            why =
                "newer than the end of the log: segments are missing 日志在其之前结束，缺少日志段";
        if (why == NULL)
            continue;
        tbi_log_snapshot_name(files->snapshots[i], name);
        printf("%s/%s: %s\n", tool->dir, name, why);
        status = 1;
    }
    return status;
}

int tbi_log_tool_verify(struct tbi_log_tool *tool)
{
    struct tbi_log_reader reader;
    struct tbi_log_read read;
    uint64_t entries = 0, commands = 0;

    int status =
        tbi_log_reader_open(&reader, tool->dir, tool->folder, tool->meta.config_id, 0, tool->error);
    while (status >= 0 && (status = tbi_log_reader_next(&reader, &read, tool->error)) == 1) {
        entries++;
        commands += read.head.kind == TBI_LOG_BATCH ? read.head.count : 0;
    }
    if (status < 0)
        printf("%s\n", tool->error);
    int bad = snapshots_verify(tool, &reader.files, status < 0 ? UINT64_MAX : reader.lsn - 1);
    if (reader.torn_bytes != 0)
        printf("%s: an unfinished last write of %" PRIu64 " bytes, never acknowledged; the next "
               "start cuts it 末尾有一次未写完的写入，下次启动时截去\n",
               tool->dir, reader.torn_bytes);
    bad |= status < 0;
    printf("%s: %u segments, %u snapshots, entries to %" PRIu64 " (%" PRIu64 " read), %" PRIu64
           " commands: %s\n",
           tool->dir, reader.files.segment_count, reader.files.snapshot_count, reader.lsn - 1,
           entries, commands, bad ? "DAMAGED 有损坏" : "well 完好");
    tbi_log_reader_close(&reader);
    return bad;
}

/* ---- show ---- */

static bool actor_wanted(const struct tbi_log_tool *tool, uint32_t actor)
{
    char text[16];

    if (tool->actor == NULL)
        return true;
    const char *name = tbi_log_tool_name(tool, actor, text);
    return strcmp(name, tool->actor) == 0 || (name[0] == '#' && strcmp(name + 1, tool->actor) == 0);
}

static void field(const char *name, int64_t value)
{
    if (value != 0)
        printf(" %s=%" PRId64, name, value);
}

/* The fields that the row of the command speaks of, in their words. */
static void command_print(const struct tbi_log_tool *tool, const struct tb_command *c,
                          const struct tb_command_row *row)
{
    char text[16];
    const char *takes = row->arguments;

    if (strstr(takes, "station") != NULL)
        printf(" station=%s", tbi_log_tool_station(tool, c->station, text));
    if (strstr(takes, "server") != NULL)
        printf(" server=%s", tbi_log_tool_server(tool, c->server, text));
    if (strstr(takes, "matter") != NULL) {
        const uint32_t count =
            strstr(takes, "matter...") == NULL || c->matter_count == 0 ? 1 : c->matter_count;
        for (uint32_t i = 0; i < count && i < TB_COMMAND_MATTERS_MAX; i++)
            printf("%s%s", i == 0 ? " matter=" : ",",
                   tbi_log_tool_matter(tool, c->matters[i], text));
    }
    if (c->ref != 0)
        printf(" ref=%" PRIu64, c->ref);
    field("value", c->value);
    field("class", c->class_);
    field("channel", c->channel);
    field("group", c->group);
    field("extra", c->extra);
    if (c->citizen != 0)
        printf(" citizen=%016" PRIx64, c->citizen);
    if (c->request_id != 0)
        printf(" request=%016" PRIx64, c->request_id);
    printf("%s%s%s\n", (c->flags & TB_FLAG_SILENT) != 0 ? " SILENT" : "",
           (c->flags & TB_FLAG_NEXT) != 0 ? " NEXT" : "",
           (c->flags & TB_FLAG_SETTLED) != 0 ? " SETTLED" : "");
}

static void batch_print(const struct tbi_log_tool *tool, const struct tbi_log_read *read)
{
    static struct tb_command commands[TBI_LOG_BATCH_MAX];
    static uint32_t actors[TBI_LOG_BATCH_MAX];
    char time[48], text[16];

    tbi_log_read_batch(read, commands, actors);
    tbi_log_tool_time(tool, read->head.now, time);
    for (uint32_t i = 0; i < read->head.count; i++) {
        const struct tb_command_row *row = tb_command_row(commands[i].kind);
        if (row == NULL || !actor_wanted(tool, actors[i]) ||
            (tool->command != NULL && strcasecmp(tool->command, row->name) != 0) ||
            (tool->ref != 0 && tool->ref != commands[i].ref))
            continue;
        printf("%" PRIu64 " %s %s %s", read->head.lsn, time,
               tbi_log_tool_name(tool, actors[i], text), row->name);
        command_print(tool, &commands[i], row);
    }
}

int tbi_log_tool_show(struct tbi_log_tool *tool)
{
    struct tbi_log_reader reader;
    struct tbi_log_read read;

    if (tool->command != NULL && tb_command_kind(tool->command, strlen(tool->command)) == 0) {
        fprintf(stderr, "log: there is no command '%s' 没有此命令\n", tool->command);
        return 2;
    }
    if (!tbi_log_tool_scenario(tool, true))
        fprintf(stderr, "log: the scenario is not at hand: UTC, and numbers instead of names "
                        "场景不可用：时间为 UTC，以编号代替名称\n");
    int status = tbi_log_reader_open(&reader, tool->dir, tool->folder, tool->meta.config_id, 0,
                                     tool->error); /* from the oldest, for the names' sake */
    while (status >= 0 && (status = tbi_log_reader_next(&reader, &read, tool->error)) == 1 &&
           read.head.lsn <= tool->to) {
        if (read.head.kind == TBI_LOG_NAME)
            tbi_log_tool_name_keep(tool, &read);
        else if (read.head.kind == TBI_LOG_BATCH && read.head.lsn >= tool->from)
            batch_print(tool, &read);
    }
    tbi_log_reader_close(&reader);
    if (status < 0)
        fprintf(stderr, "log: %s\n", tool->error);
    return status < 0;
}
