/* libFuzzer target: any bytes are a segment of a log or, where the first byte is odd, a snapshot.
 * What is mutated is sealed again, so that what lies behind the checksums is reached: headers,
 * entries, commands. The reader must end, and what it gives must be whole; replay must refuse or
 * leave a city that verifies. The first inputs are a log that the program wrote itself, put into
 * the first folder of the command line. `make fuzz` builds and runs it. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "log/replay.h"
#include "log/world.h"

enum { FILE_BYTES = 64 << 10, HEAD = sizeof(struct tbi_log_group), GROUPS_MAX = 16, SNAPSHOT = 1 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most); /* libFuzzer's own */

static struct small *small;
static uint8_t *fresh;
static char folder[64];
static int dir = -1;

static void clean(void)
{
    world_remove(folder);
}

/* ---- the first inputs ---- */

/* Takes the file out of the folder, and puts it behind its letter into the corpus. */
static void seed_put(const char *name, char letter, const char *corpus)
{
    static uint8_t bytes[1 + 16 * FILE_BYTES];
    char path[512];
    uint64_t count, again;

    snprintf(path, sizeof path, "%s/written-%c", corpus, letter);
    tb_assert(tbi_log_read_all(dir, name, bytes + 1, 0, &count) == 0 && count < sizeof bytes);
    tb_assert(tbi_log_read_all(dir, name, bytes + 1, count, &again) == 0 && again == count);
    bytes[0] = (uint8_t)letter;
    while (letter % 2 != SNAPSHOT && bytes[count] == 0)
        count--; /* not yet written */
    FILE *out = fopen(path, "w");
    tb_assert(out != NULL && fwrite(bytes, 1, count + 1, out) == count + 1 && fclose(out) == 0);
}

static void seeds_put(const char *corpus)
{
    struct world *world = world_open(folder, TBI_LOG_ALWAYS);
    char name[64];

    tb_assert(world->log != NULL);
    tb_assert(tbi_log_name(world->log, world->small->now, 1, "boss@supervisor") == 0);
    for (int i = 0; i < 12; i++) {
        tb_assert(world_batch(world) != 0);
        if (i % 3 == 2)
            world_flush(world);
    }
    world_snapshot(world);
    tbi_log_snapshot_name(tbi_log_lsn(world->log), name);
    seed_put(name, 'a', corpus);
    tb_assert(unlinkat(dir, name, 0) == 0);
    world_close(world);
    tbi_log_segment_name(1, name);
    seed_put(name, 'b', corpus);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *corpus = NULL;
    struct stat about;

    world_folder("/tmp", folder);
    atexit(clean);
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    tb_assert(dir >= 0);
    for (int i = *argc - 1; i > 0; i--)
        if ((*argv)[i][0] != '-' && stat((*argv)[i], &about) == 0 && S_ISDIR(about.st_mode))
            corpus = (*argv)[i];
    if (corpus != NULL)
        seeds_put(corpus);
    small = small_config();
    small->bytes = tb_city_bytes(&small->config);
    small->city = aligned_alloc(TB_CITY_ALIGN, (small->bytes + 63) / 64 * 64);
    fresh = malloc(small->bytes);
    tb_assert(small->city != NULL && fresh != NULL);
    tb_assert(tb_city_init(small->city, small->bytes, &small->config) == TB_STATUS_OK);
    memcpy(fresh, small->city, small->bytes);
    return 0;
}

/* ---- mutation ---- */

/* The groups of a segment that lie wholly in it, as their heads say; how many. */
static uint32_t groups_of(const uint8_t *file, size_t size, size_t at[GROUPS_MAX])
{
    struct tbi_log_group head;
    uint32_t count = 0;

    for (size_t from = TBI_LOG_BLOCK; from + HEAD < size && count < GROUPS_MAX;) {
        memcpy(&head, file + from, HEAD);
        if (head.used <= HEAD || head.used > size - from ||
            tbi_log_group_whole(head.used) > size - from)
            break;
        at[count++] = from;
        from += tbi_log_group_whole(head.used);
    }
    return count;
}

static void seal(uint8_t letter, uint8_t *file, size_t size)
{
    size_t at[GROUPS_MAX];
    uint64_t chain = 0;

    if (size < TBI_LOG_BLOCK)
        return;
    if (letter % 2 == SNAPSHOT) {
        const uint64_t checksum = XXH3_64bits(file + TBI_LOG_BLOCK, size - TBI_LOG_BLOCK);
        memcpy(file + offsetof(struct tbi_log_snapshot, data_checksum), &checksum, 8);
    }
    tbi_log_block_seal(file, TBI_LOG_BLOCK);
    const uint32_t count = letter % 2 == SNAPSHOT ? 0 : groups_of(file, size, at);
    for (uint32_t i = 0; i < count; i++) {
        struct tbi_log_group head;

        memcpy(&head, file + at[i], HEAD);
        head.chain = chain;
        tbi_log_group_seal(file + at[i], head.used, head);
        memcpy(&chain, file + at[i], sizeof chain);
    }
}

/* These bytes only: nothing behind them moves. */
static void mutate(uint8_t *at, size_t size)
{
    const size_t left = size == 0 ? 0 : LLVMFuzzerMutate(at, size, size);
    memset(at + left, 0, size - left);
}

/* One entry of a group, or (`pick` chooses) all of them, or the group's head. */
static void group_mutate(uint8_t *group, unsigned pick)
{
    struct tbi_log_group head;
    struct tbi_log_entry entry;
    uint32_t from = HEAD;

    memcpy(&head, group, HEAD);
    if (pick % 8 == 0)
        mutate(group + offsetof(struct tbi_log_group, lsn), HEAD - 32);
    if (pick % 8 <= 1)
        mutate(group + HEAD, head.used - HEAD);
    if (pick % 8 <= 1)
        return;
    for (unsigned skip = pick / 8 % 5;; skip--) {
        if (from + sizeof entry > head.used)
            return;
        memcpy(&entry, group + from, sizeof entry);
        const uint64_t bytes = tbi_log_entry_bytes(entry.kind, entry.count);
        if (bytes == 0 || bytes > head.used - from)
            return;
        if (skip == 0) {
            const uint32_t past = pick % 8 == 2 ? 0 : sizeof entry;
            mutate(group + from + past, past == 0 ? sizeof entry : bytes - past);
            return;
        }
        from += (uint32_t)bytes;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    const bool snapshot = size > 0 && data[0] % 2 == SNAPSHOT;
    const unsigned how = seed % 16, pick = seed / 16;
    size_t at[GROUPS_MAX];

    const uint32_t count = size == 0 || snapshot ? 0 : groups_of(data + 1, size - 1, at);
    if (how < 2 || size <= TBI_LOG_BLOCK)
        size = LLVMFuzzerMutate(data, size, most);
    else if (how == 2)
        mutate(data + 1, sizeof(struct tbi_log_snapshot));
    else if (count > 0)
        group_mutate(data + 1 + at[pick % count], pick / count);
    else
        mutate(data + 1 + TBI_LOG_BLOCK, size - 1 - TBI_LOG_BLOCK);
    if (how > 0 && size > 0)
        seal(data[0], data + 1, size - 1);
    return size;
}

/* ---- what must hold ---- */

static void snapshot_read(const uint8_t *data, size_t size)
{
    struct tbi_log_snapshot head = {.lsn = 0};
    struct tbi_log_files files;
    char name[64];

    memcpy(&head, data, size < sizeof head ? size : sizeof head);
    tbi_log_snapshot_name(head.lsn, name);
    const int file = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    tb_assert(file >= 0 && tbi_log_write_all(file, data, size, 0) == 0);
    close(file);
    tb_assert(tbi_log_files_list(dir, &files) == 0);
    tbi_log_snapshot_load(dir, folder, &files, small->city, small->bytes, UINT64_MAX, UINT64_MAX,
                          &head, NULL, NULL);
    tbi_log_files_free(&files);
    tb_assert(tb_city_verify(small->city) == NULL);
    tb_assert(unlinkat(dir, name, 0) == 0);
}

static void segment_read(const uint8_t *data, size_t size)
{
    struct tbi_log_reader reader;
    struct tbi_log_replay replay;
    struct tbi_log_read read;
    char error[TBI_LOG_ERROR_MAX];

    const int file = openat(dir, "segment-000000000001.log", O_RDWR | O_CREAT | O_TRUNC, 0600);
    tb_assert(file >= 0 && tbi_log_write_all(file, data, size, 0) == 0);
    tb_assert(ftruncate(file, FILE_BYTES) == 0);
    close(file);
    tb_assert(tbi_log_replay_open(&replay, small->city) == 0);
    int status = tbi_log_reader_open(&reader, folder, dir, 0, 1, error);
    while (status >= 0 && (status = tbi_log_reader_next(&reader, &read, error)) == 1) {
        tb_assert(read.data >= reader.bytes && read.data < reader.bytes + FILE_BYTES);
        if (tbi_log_replay_entry(&replay, &read, folder, error) != 0)
            break;
    }
    tb_assert(tb_city_verify(small->city) == NULL);
    tbi_log_replay_close(&replay);
    tbi_log_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    memcpy(small->city, fresh, small->bytes);
    if (data[0] % 2 == SNAPSHOT)
        snapshot_read(data + 1, size - 1);
    else if (size <= FILE_BYTES)
        segment_read(data + 1, size - 1);
    return 0;
}
