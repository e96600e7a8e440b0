/* replay.c: the same commands at the same times; the city does the rest. */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

int tbi_log_replay_open(struct tbi_log_replay *replay, struct tb_city *city)
{
    *replay = (struct tbi_log_replay){.city = city, .now = INT64_MIN};
    replay->events = calloc(TBI_LOG_EVENTS, sizeof *replay->events);
    replay->commands = aligned_alloc(64, TBI_LOG_BATCH_MAX * sizeof *replay->commands);
    if (replay->events != NULL && replay->commands != NULL)
        return 0;
    tbi_log_replay_close(replay);
    return -ENOMEM;
}

void tbi_log_replay_close(struct tbi_log_replay *replay)
{
    free(replay->events);
    free(replay->commands);
    replay->events = NULL;
    replay->commands = NULL;
}

static void step(struct tbi_log_replay *replay, tb_time now, uint32_t count)
{
    const struct tb_command *commands = replay->commands;
    struct tb_step_result result = {.more = true};

    while (result.more) {
        result = tb_city_step(replay->city, now, commands, count, replay->events, TBI_LOG_EVENTS);
        commands += result.commands;
        count -= result.commands;
        if (replay->take != NULL && result.events != 0)
            replay->take(replay->context, replay->events, result.events);
    }
}

static int differs(const struct tbi_log_read *read, const char *path, const char *what,
                   uint64_t was, uint64_t is, char *error)
{
    char name[64];

    tbi_log_segment_name(read->segment, name);
    return tbi_log_say(error, -EPROTO,
                       "%s/%s: replay of entry %" PRIu64 " (group at offset %" PRIu64
                       ") gives %s %016" PRIx64 " instead of %016" PRIx64
                       ": not the program or the scenario that wrote the log. Take those back. "
                       "重放结果与当时不一致：程序或场景与写日志时不同，请换回原来的版本",
                       path, name, read->head.lsn, read->offset, what, is, was);
}

int tbi_log_replay_entry(struct tbi_log_replay *replay, const struct tbi_log_read *read,
                         const char *path, char *error)
{
    const struct tbi_log_entry *head = &read->head;
    uint64_t hash;

    if (head->kind == TBI_LOG_NAME)
        return 0;
    replay->now = head->now;
    replay->entries++;
    if (head->kind == TBI_LOG_BATCH) {
        tbi_log_read_batch(read, replay->commands, NULL);
        replay->command_count += head->count;
    }
    step(replay, head->now, head->kind == TBI_LOG_BATCH ? head->count : 0);
    const uint64_t sequence = tb_city_sequence(replay->city);
    if (sequence != head->value)
        return differs(read, path, "event number", head->value, sequence, error);
    if (head->kind == TBI_LOG_HASH) {
        memcpy(&hash, read->data, sizeof hash);
        if (hash != tb_city_hash(replay->city))
            return differs(read, path, "city hash", hash, tb_city_hash(replay->city), error);
    }
    return 0;
}

/* ---- snapshots ---- */

static bool head_read(int dir, const char *name, struct tbi_log_snapshot *head, uint64_t *bytes)
{
    uint8_t block[TBI_LOG_BLOCK];

    if (tbi_log_read_all(dir, name, block, sizeof block, bytes) != 0 || *bytes < sizeof block ||
        !tbi_log_block_good(block))
        return false;
    memcpy(head, block, sizeof *head);
    return head->magic == TBI_LOG_SNAPSHOT_MAGIC && head->version == TBI_LOG_VERSION &&
           head->bytes <= *bytes - TBI_LOG_BLOCK;
}

/* Reads and checks all of one; a sentence where it is no good. */
static const char *load(int dir, const char *name, uint64_t lsn, struct tb_city *city,
                        size_t block_bytes, const struct tbi_log_snapshot *head, uint64_t bytes)
{
    const char *why = NULL;

    if (head->lsn != lsn || head->config_id != tb_city_config_id(city))
        return "of another log or scenario 属于其他日志或场景";
    uint8_t *whole =
        aligned_alloc(TBI_LOG_BLOCK, (bytes + TBI_LOG_BLOCK - 1) / TBI_LOG_BLOCK * TBI_LOG_BLOCK);
    if (whole == NULL)
        return "no memory for it 内存不足";
    uint64_t again;
    const uint8_t *data = whole + TBI_LOG_BLOCK;
    if (tbi_log_read_all(dir, name, whole, bytes, &again) != 0 || again != bytes)
        why = "cannot be read 无法读取";
    else if (XXH3_64bits(data, bytes - TBI_LOG_BLOCK) != head->data_checksum ||
             tb_city_load(city, block_bytes, data, head->bytes) != TB_STATUS_OK)
        why = "damaged 已损坏";
    free(whole);
    return why;
}

void tbi_log_snapshot_load(int dir, const char *path, const struct tbi_log_files *files,
                           struct tb_city *city, size_t block_bytes, uint64_t lsn_max,
                           uint64_t sequence_max, struct tbi_log_snapshot *head,
                           void (*warn)(void *context, const char *line), void *context)
{
    char name[64], line[TBI_LOG_ERROR_MAX];
    uint64_t bytes;

    for (uint32_t i = files->snapshot_count; i-- != 0;) {
        const uint64_t lsn = files->snapshots[i];
        if (lsn > lsn_max)
            continue;
        tbi_log_snapshot_name(lsn, name);
        const char *why = "its header is damaged 头部损坏";
        if (head_read(dir, name, head, &bytes)) {
            if (head->sequence >= sequence_max)
                continue;
            why = load(dir, name, lsn, city, block_bytes, head, bytes);
            if (why == NULL)
                return;
        }
        snprintf(line, sizeof line,
                 "%s/%s: %s; an older one or the whole log is used "
                 "改用更早的快照或全部日志",
                 path, name, why);
        if (warn != NULL)
            warn(context, line);
    }
    *head = (struct tbi_log_snapshot){0};
}
