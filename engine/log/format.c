/* format.c: makes groups and blocks, and tells a torn write from damage. */
#include "format.h"

#include <string.h>
#include <xxhash.h>

enum { HEAD = sizeof(struct tbi_log_group), ENTRY = sizeof(struct tbi_log_entry) };

uint64_t tbi_log_entry_bytes(uint32_t kind, uint32_t count)
{
    uint64_t data;

    if (count > (kind == TBI_LOG_BATCH ? TBI_LOG_BATCH_MAX : TBI_LOG_NAME_MAX))
        return 0;
    if (kind == TBI_LOG_BATCH)
        data = (uint64_t)count * (sizeof(struct tb_command) + sizeof(uint32_t));
    else if (kind == TBI_LOG_NAME)
        data = count;
    else if (kind == TBI_LOG_HASH)
        data = 2 * sizeof(uint64_t);
    else
        return 0;
    return ENTRY + (data + ENTRY - 1) / ENTRY * ENTRY;
}

bool tbi_log_is_zero(const uint8_t *at, size_t bytes)
{
    return bytes == 0 || (at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0);
}

static uint64_t block_checksum(const uint8_t *block)
{
    return XXH3_64bits(block + sizeof(uint64_t), TBI_LOG_BLOCK - sizeof(uint64_t));
}

void tbi_log_block_seal(void *block, size_t head_bytes)
{
    memset((uint8_t *)block + head_bytes, TBI_LOG_FILL, TBI_LOG_BLOCK - head_bytes);
    const uint64_t checksum = block_checksum(block);
    memcpy(block, &checksum, sizeof checksum);
}

bool tbi_log_block_good(const void *block)
{
    const uint64_t checksum = block_checksum(block);
    return memcmp(block, &checksum, sizeof checksum) == 0;
}

uint32_t tbi_log_group_whole(uint32_t used)
{
    return (used / TBI_LOG_BLOCK + 1) * TBI_LOG_BLOCK;
}

static uint64_t head_checksum(const uint8_t *group)
{
    return XXH3_64bits(group + 2 * sizeof(uint64_t), HEAD - 2 * sizeof(uint64_t));
}

static uint64_t group_checksum(const uint8_t *group, uint32_t bytes)
{
    return XXH3_64bits(group + sizeof(uint64_t), bytes - sizeof(uint64_t));
}

uint32_t tbi_log_group_seal(void *group, uint32_t used, struct tbi_log_group head)
{
    const uint32_t bytes = tbi_log_group_whole(used);

    head.magic = TBI_LOG_GROUP_MAGIC;
    head.bytes = bytes;
    head.used = used;
    tb_assert(used > HEAD);
    tb_assert(bytes <= TBI_LOG_GROUP_MAX);
    memset((uint8_t *)group + used, TBI_LOG_FILL, bytes - used);
    memcpy(group, &head, HEAD);
    head.head_checksum = head_checksum(group);
    memcpy(group, &head, HEAD);
    head.checksum = group_checksum(group, bytes);
    memcpy(group, &head, HEAD);
    return bytes;
}

static bool head_good(const uint8_t *at, size_t room, struct tbi_log_group *head)
{
    if (room < TBI_LOG_BLOCK)
        return false;
    memcpy(head, at, HEAD);
    return head->magic == TBI_LOG_GROUP_MAGIC && head->head_checksum == head_checksum(at) &&
           head->bytes == tbi_log_group_whole(head->used) && head->bytes <= TBI_LOG_GROUP_MAX;
}

bool tbi_log_group_stands(const uint8_t *at, size_t room)
{
    struct tbi_log_group head;
    return head_good(at, room, &head) && head.bytes <= room &&
           head.checksum == group_checksum(at, head.bytes);
}

bool tbi_log_group_hangs(const uint8_t *at, uint64_t lsn)
{
    struct tbi_log_group head;

    memcpy(&head, at, HEAD);
    return head.lsn > lsn && head.lsn - lsn <= head.unsettled;
}

/* A crash leaves sectors that were not written as they were: zero. What has no sectors (a file in
 * memory) may be cut at any byte, so an end of zeros counts too: no group ends with one. */
static bool torn(const uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i + TBI_LOG_SECTOR <= bytes; i += TBI_LOG_SECTOR) {
        if (tbi_log_is_zero(at + i, TBI_LOG_SECTOR))
            return true;
    }
    return at[bytes - 1] == 0;
}

/* The entries must tile the group exactly; whoever reads them later relies on it. */
static bool entries_good(const uint8_t *at, const struct tbi_log_group *head)
{
    uint64_t offset = HEAD;

    for (uint32_t i = 0; i < head->entry_count; i++) {
        struct tbi_log_entry entry;
        if (offset + ENTRY > head->used)
            return false;
        memcpy(&entry, at + offset, ENTRY);
        const uint64_t bytes = tbi_log_entry_bytes(entry.kind, entry.count);
        if (bytes == 0 || bytes > head->used - offset || entry.lsn != head->lsn + i)
            return false;
        offset += bytes;
    }
    return offset == head->used && head->entry_count != 0;
}

enum tbi_log_verdict tbi_log_group_judge(const uint8_t *at, size_t room, uint64_t chain,
                                         uint64_t lsn, const char **why)
{
    struct tbi_log_group head;

    if (room < TBI_LOG_BLOCK || tbi_log_is_zero(at, room))
        return TBI_LOG_EMPTY;
    *why = "the header of the group is damaged 组头损坏";
    if (!head_good(at, room, &head)) {
        const size_t most = 2 * (size_t)TBI_LOG_GROUP_MAX; /* and one that hangs on it */
        const size_t reach = room < most ? room : most;
        if (!tbi_log_is_zero(at + HEAD, TBI_LOG_SECTOR - HEAD))
            return TBI_LOG_DAMAGED;
        *why = "something lies beyond the end of the log 日志末尾之后有数据";
        return tbi_log_is_zero(at + reach, room - reach) ? TBI_LOG_TORN : TBI_LOG_DAMAGED;
    }
    *why = "the group reaches beyond the file 记录组超出文件";
    if (head.bytes > room)
        return TBI_LOG_DAMAGED;
    *why = "the checksum is wrong 校验和不符";
    if (head.checksum != group_checksum(at, head.bytes))
        return torn(at, head.bytes) ? TBI_LOG_TORN : TBI_LOG_DAMAGED;
    *why = "it does not follow the group before it: one is missing 与前一组不衔接，缺少记录";
    if (head.chain != chain || head.lsn != lsn)
        return TBI_LOG_DAMAGED;
    *why = "the entries do not fill the group 组内记录不完整";
    return entries_good(at, &head) ? TBI_LOG_GOOD : TBI_LOG_DAMAGED;
}

enum tbi_log_verdict tbi_log_segment_judge(const uint8_t *block, const char **why)
{
    struct tbi_log_segment head;

    memcpy(&head, block, sizeof head);
    *why = "the header of the segment is damaged 段头损坏";
    if (tbi_log_is_zero(block, TBI_LOG_BLOCK))
        return TBI_LOG_EMPTY;
    if (!tbi_log_block_good(block))
        return torn(block, TBI_LOG_BLOCK) ? TBI_LOG_TORN : TBI_LOG_DAMAGED;
    *why = "no segment of a version that this program knows 段的版本不受支持";
    const bool known = head.magic == TBI_LOG_SEGMENT_MAGIC && head.version == TBI_LOG_VERSION;
    return known ? TBI_LOG_GOOD : TBI_LOG_DAMAGED;
}
