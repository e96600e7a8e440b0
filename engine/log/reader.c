/* reader.c: from group to group; at the first that isn't good it decides: the end, torn last
 * writes, or damage. Damage is whatever isn't good and has a good group behind it that was sent off
 * when it was durable, and whatever was once written whole. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int damage(const struct tbi_log_reader *reader, uint64_t segment, uint64_t offset,
                  const char *why, char *error)
{
    char name[64];

    tbi_log_segment_name(segment, name);
    return tbi_log_say(error, -EBADMSG,
                       "%s/%s: damaged at offset %" PRIu64 ", entry %" PRIu64 ": %s. "
                       "Nothing was changed. `tongban log verify %s` checks every file; put the "
                       "file back from a copy, or begin a new --data folder. "
                       "日志损坏，未作任何改动：请用 tongban log verify 查看，"
                       "用备份恢复该文件，或另建数据目录",
                       reader->path, name, offset, reader->lsn, why, reader->path);
}

static int segment_head_read(int dir, uint64_t index, uint8_t block[TBI_LOG_BLOCK], uint64_t *bytes)
{
    char name[64];

    tbi_log_segment_name(index, name);
    return tbi_log_read_all(dir, name, block, TBI_LOG_BLOCK, bytes);
}

/* Reads a segment into memory and checks its header; the verdict, or -errno. */
static int segment_load(struct tbi_log_reader *reader, uint32_t at, char *error)
{
    const uint64_t index = reader->files.segments[at];
    const char *why = "";
    char name[64];
    struct tbi_log_segment head;
    struct stat about;

    tbi_log_segment_name(index, name);
    if (fstatat(reader->dir, name, &about, 0) != 0)
        return tbi_log_say(error, -errno, "%s/%s: cannot be read 无法读取", reader->path, name);
    if ((uint64_t)about.st_size > reader->room || reader->bytes == NULL) {
        const uint64_t room = (uint64_t)about.st_size + TBI_LOG_BLOCK;
        free(reader->bytes);
        reader->bytes = malloc(room);
        reader->room = room;
        if (reader->bytes == NULL)
            return tbi_log_say(error, -ENOMEM, "%s/%s", reader->path, name);
    }
    uint64_t bytes;
    const int status = tbi_log_read_all(reader->dir, name, reader->bytes, reader->room, &bytes);
    if (status != 0)
        return tbi_log_say(error, status, "%s/%s: cannot be read 无法读取", reader->path, name);
    reader->at = at;
    reader->segment = index;
    reader->offset = TBI_LOG_BLOCK;
    const enum tbi_log_verdict verdict = tbi_log_segment_judge(reader->bytes, &why);
    if (verdict == TBI_LOG_DAMAGED)
        return damage(reader, index, 0, why, error);
    reader->headed = verdict == TBI_LOG_GOOD;
    if (!reader->headed)
        return (int)verdict;
    memcpy(&head, reader->bytes, sizeof head);
    if (head.bytes != bytes)
        return damage(reader, index, bytes < head.bytes ? bytes : head.bytes,
                      "the file is not as long as it was made 文件长度与建立时不符", error);
    if (head.index != index)
        return damage(reader, index, 0, "the file has another's name 文件名与内容不符", error);
    if (reader->config_id != 0 && head.config_id != reader->config_id)
        return tbi_log_say(error, -ESTALE,
                           "%s/%s: written for config %016" PRIx64 ", not for %016" PRIx64
                           ": the scenario was changed since. Take the old one back, or begin a "
                           "new --data folder. 日志属于另一版场景：请恢复原场景，或另建数据目录",
                           reader->path, name, head.config_id, reader->config_id);
    reader->config_id = head.config_id;
    return (int)verdict;
}

/* Where does entry `lsn` lie: the last segment that begins no later. */
static int segment_find(const struct tbi_log_reader *reader, uint64_t lsn, uint32_t *at)
{
    uint8_t block[TBI_LOG_BLOCK];
    const char *why;
    uint64_t bytes;

    *at = 0;
    for (uint32_t i = reader->files.segment_count; lsn != 0 && i-- != 0;) {
        struct tbi_log_segment head;
        *at = i;
        if (segment_head_read(reader->dir, reader->files.segments[i], block, &bytes) != 0)
            continue; /* segment_load will say it */
        memcpy(&head, block, sizeof head);
        if (tbi_log_segment_judge(block, &why) == TBI_LOG_GOOD && head.lsn <= lsn)
            return 0;
        if (tbi_log_segment_judge(block, &why) == TBI_LOG_DAMAGED && i == 0)
            return 0;
        if (i == 0 && tbi_log_segment_judge(block, &why) == TBI_LOG_GOOD)
            return -ENOENT;
    }
    return 0;
}

int tbi_log_reader_open(struct tbi_log_reader *reader, const char *path, int dir,
                        uint64_t config_id, uint64_t lsn, char *error)
{
    *reader = (struct tbi_log_reader){.dir = dir, .config_id = config_id, .lsn = 1};
    snprintf(reader->path, sizeof reader->path, "%s", path);
    int status = tbi_log_files_list(dir, &reader->files);
    if (status != 0)
        return tbi_log_say(error, status, "%s: cannot be listed 无法读取目录", path);
    reader->ended = reader->files.segment_count == 0;
    if (reader->ended)
        return 0;
    uint32_t at = 0;
    status = segment_find(reader, lsn, &at);
    if (status != 0)
        return tbi_log_say(error, status,
                           "%s: entry %" PRIu64 " is older than the oldest segment kept "
                           "早于所保留的日志",
                           path, lsn);
    reader->lsn = lsn == 0 ? 1 : lsn;
    status = segment_load(reader, at, error);
    if (status < 0)
        return status;
    if (status == TBI_LOG_GOOD) {
        struct tbi_log_segment head;
        memcpy(&head, reader->bytes, sizeof head);
        reader->lsn = head.lsn;
        reader->chain = head.chain;
    }
    reader->all_bytes = (reader->files.segment_count - at) * (reader->room - TBI_LOG_BLOCK);
    return 0;
}

/* A good group at or after `offset` of this segment, not under way together with entry `lsn`? */
static bool stands(const struct tbi_log_reader *reader, uint64_t offset, uint64_t lsn)
{
    for (uint64_t o = offset; o < reader->room; o += TBI_LOG_BLOCK)
        if (tbi_log_group_stands(reader->bytes + o, reader->room - o) &&
            !tbi_log_group_hangs(reader->bytes + o, lsn))
            return true;
    return false;
}

/* One anywhere after `offset` of this segment, or in a later one? */
static int behind(struct tbi_log_reader *reader, uint64_t offset, bool *found, char *error)
{
    const uint32_t here = reader->at;
    const uint64_t lsn = reader->lsn;

    *found = stands(reader, offset + TBI_LOG_BLOCK, lsn);
    for (uint32_t i = here + 1; i < reader->files.segment_count && !*found; i++) {
        const int verdict = segment_load(reader, i, error);
        if (verdict < 0)
            return verdict;
        /* a header and the first group are one write: without the one the other was cut, too */
        *found = stands(reader, TBI_LOG_BLOCK + (reader->headed ? 0 : TBI_LOG_BLOCK), lsn);
    }
    if (reader->at == here)
        return 0;
    reader->lsn = lsn;
    const int verdict = segment_load(reader, here, error);
    return verdict < 0 ? verdict : 0;
}

/* Nothing good comes here. What follows decides. `torn`: the bytes are of a cut write. */
static int finish(struct tbi_log_reader *reader, bool torn, const char *why, char *error)
{
    const uint64_t offset = reader->offset;
    bool found;

    const int status = behind(reader, offset, &found, error);
    if (status < 0)
        return status;
    reader->offset = offset;
    if (found)
        return damage(reader, reader->segment, offset,
                      torn ? why : "a group is missing here 此处缺少一组记录", error);
    if (torn) {
        uint64_t end = reader->room;
        while (end > offset && reader->bytes[end - 1] == 0)
            end--;
        reader->torn_bytes = end - offset;
    }
    reader->ended = true;
    return 0;
}

/* On to the next segment, which must go on where this one ends. 1: it does; 0: the end. */
static int segment_next(struct tbi_log_reader *reader, char *error)
{
    const uint64_t before = reader->segment;
    const uint32_t at = reader->at + 1;
    struct tbi_log_segment head;
    uint8_t block[TBI_LOG_BLOCK];
    const char *why;
    uint64_t bytes;

    if (at == reader->files.segment_count)
        return 0;
    const uint64_t index = reader->files.segments[at];
    int status = segment_head_read(reader->dir, index, block, &bytes);
    if (status != 0)
        return tbi_log_say(error, status, "%s: segment %" PRIu64 " cannot be read 无法读取",
                           reader->path, index);
    if (tbi_log_segment_judge(block, &why) == TBI_LOG_EMPTY ||
        tbi_log_segment_judge(block, &why) == TBI_LOG_TORN)
        return 0; /* made in advance, or its first write was cut: finish() looks behind */
    if (index != before + 1)
        return damage(reader, index, 0, "the segment before it is missing 缺少前一段", error);
    status = segment_load(reader, at, error);
    if (status < 0)
        return status;
    memcpy(&head, reader->bytes, sizeof head);
    if (head.lsn != reader->lsn || head.chain != reader->chain)
        return damage(reader, index, 0, "it does not follow the segment before it 与前一段不衔接",
                      error);
    reader->read_bytes += reader->room - TBI_LOG_BLOCK;
    return 1;
}

/* 1: reader stands before a group's entries; 0: the end. */
static int group_next(struct tbi_log_reader *reader, char *error)
{
    const char *why = "";

    for (;;) {
        const uint64_t room = reader->offset < reader->room ? reader->room - reader->offset : 0;
        const enum tbi_log_verdict verdict =
            tbi_log_group_judge(reader->bytes + (room == 0 ? 0 : reader->offset), room,
                                reader->chain, reader->lsn, &why);
        if (verdict == TBI_LOG_DAMAGED)
            return damage(reader, reader->segment, reader->offset, why, error);
        if (verdict == TBI_LOG_GOOD)
            break;
        if (verdict == TBI_LOG_EMPTY) {
            const int moved = segment_next(reader, error);
            if (moved < 0)
                return moved;
            if (moved == 1)
                continue;
        }
        return finish(reader, verdict == TBI_LOG_TORN, why, error);
    }
    struct tbi_log_group head;
    memcpy(&head, reader->bytes + reader->offset, sizeof head);
    reader->group_offset = reader->offset;
    reader->entry_offset = reader->offset + sizeof head;
    reader->entries_left = head.entry_count;
    reader->offset += head.bytes;
    reader->chain = head.checksum;
    return 1;
}

int tbi_log_reader_next(struct tbi_log_reader *reader, struct tbi_log_read *out, char *error)
{
    if (reader->ended)
        return 0;
    if (reader->segment == 0 || reader->bytes == NULL)
        return 0;
    if (reader->entries_left == 0) {
        const int status = reader->headed ? group_next(reader, error)
                                          : finish(reader, true, "the header is missing 缺少段头",
                                                   error); /* made, but never used */
        if (status <= 0)
            return status;
    }
    memcpy(&out->head, reader->bytes + reader->entry_offset, sizeof out->head);
    out->data = reader->bytes + reader->entry_offset + sizeof out->head;
    out->segment = reader->segment;
    out->offset = reader->group_offset;
    reader->entry_offset += tbi_log_entry_bytes(out->head.kind, out->head.count);
    reader->entries_left--;
    reader->lsn = out->head.lsn + 1;
    return 1;
}

void tbi_log_reader_close(struct tbi_log_reader *reader)
{
    tbi_log_files_free(&reader->files);
    free(reader->bytes);
    reader->bytes = NULL;
}

void tbi_log_read_batch(const struct tbi_log_read *read, struct tb_command *commands,
                        uint32_t *actors)
{
    const size_t commands_bytes = read->head.count * sizeof *commands;

    tb_assert(read->head.kind == TBI_LOG_BATCH);
    tb_assert(read->head.count <= TBI_LOG_BATCH_MAX);
    memcpy(commands, read->data, commands_bytes);
    if (actors != NULL) {
        memcpy(actors, read->data + commands_bytes, read->head.count * sizeof *actors);
        for (uint32_t i = 0; i < read->head.count; i++)
            actors[i] ^= TBI_LOG_ACTOR_MASK;
    }
}
