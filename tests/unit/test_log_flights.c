/* Two groups of the log under way at once: a crash may cut either, or both, and what was good
 * behind a cut one never comes back; but damage in one that was durable is told from that. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/world.h"

enum { BLOCK = 4096, SECTOR = 512, BATCHES = 12 };

static char folder[64], path[128];

static void begin(void)
{
    world_folder("/tmp", folder);
    snprintf(path, sizeof path, "%s/segment-000000000001.log", folder);
}

static void end(void)
{
    world_remove(folder);
}

TestSuite(log_flights, .init = begin, .fini = end);

/* Where the city stood, and up to where the file was written. */
struct stand {
    uint64_t lsn, hash;
    size_t bytes;
};

struct file {
    uint8_t bytes[64 << 10];
    struct stand before, first, second, behind; /* the pair is first and second */
};

static void ordered(struct world *world, struct stand *stand)
{
    struct tbi_log_counts counts;

    for (int i = 0; i < BATCHES; i++)
        cr_assert_neq(world_batch(world), 0);
    const uint64_t durable = tbi_log_durable(world->log);
    const uint32_t count = tbi_log_submit(world->log, &world->ring, 1000);
    cr_assert_eq(count, 1);
    world->in_flight += count;
    io_uring_submit(&world->ring);
    cr_assert_eq(tbi_log_durable(world->log), durable, "what lands is not heard of before");
    tbi_log_counts(world->log, &counts);
    stand->lsn = tbi_log_lsn(world->log);
    stand->hash = tb_city_hash(world->small->city);
}

static void landed(struct world *world, struct stand *stand)
{
    struct tbi_log_counts counts;

    world_flush(world);
    tbi_log_counts(world->log, &counts);
    stand->bytes = counts.bytes;
}

/* `settled`: groups before the pair; the one behind it was sent off when both were durable. */
static void file_make(struct file *file, uint32_t settled)
{
    struct world *world = world_open(folder, TBI_LOG_ALWAYS);

    cr_assert(world->log != NULL, "%s", world->error);
    file->before = (struct stand){.hash = tb_city_hash(world->small->city)};
    for (uint32_t i = 0; i < settled; i++) {
        ordered(world, &file->before);
        landed(world, &file->before);
    }
    ordered(world, &file->first);
    ordered(world, &file->second);
    landed(world, &file->second);
    const int in = open(path, O_RDONLY);
    cr_assert_eq(read(in, file->bytes, sizeof file->bytes), (ssize_t)sizeof file->bytes);
    close(in);
    size_t at = file->before.bytes > 0 ? file->before.bytes : BLOCK;
    uint32_t group_bytes;
    memcpy(&group_bytes, file->bytes + at + 40, sizeof group_bytes);
    file->first.bytes = at + group_bytes;
    cr_assert_lt(file->first.bytes, file->second.bytes);
    ordered(world, &file->behind);
    landed(world, &file->behind);
    world_drop(world);
}

static void file_write(const uint8_t *bytes, size_t at, size_t count)
{
    const int out = open(path, O_WRONLY | O_CREAT, 0600);

    cr_assert_eq(pwrite(out, bytes + at, count, (off_t)at), (ssize_t)count);
    close(out);
}

/* Opens, finds the city as it stood, goes on, and finds that again: so nothing old came back. */
static void stands(const struct stand *stand, const char *what, size_t at)
{
    struct world *world = world_open(folder, TBI_LOG_ALWAYS);

    cr_assert(world->log != NULL, "%s at %zu: %s", what, at, world->error);
    cr_assert_eq(world->recovery.lsn, stand->lsn, "%s at %zu: %lu", what, at, world->recovery.lsn);
    cr_assert_eq(tb_city_hash(world->small->city), stand->hash, "%s at %zu", what, at);
    cr_assert_neq(world_batch(world), 0);
    const uint64_t hash = tb_city_hash(world->small->city);
    world_flush(world);
    world_drop(world);
    world = world_open(folder, TBI_LOG_ALWAYS);
    cr_assert(world->log != NULL, "%s at %zu, again: %s", what, at, world->error);
    cr_assert_eq(world->recovery.lsn, stand->lsn + 1, "%s at %zu, again", what, at);
    cr_assert_eq(tb_city_hash(world->small->city), hash, "%s at %zu, again", what, at);
    world_drop(world);
}

static void refused(const char *what, size_t offset)
{
    char place[32];
    struct world *world = world_open(folder, TBI_LOG_ALWAYS);

    cr_assert_null(world->log, "%s at %zu went unseen", what, offset);
    cr_assert_eq(world->status, -EBADMSG, "%s", world->error);
    snprintf(place, sizeof place, "offset %zu", offset);
    cr_assert(strstr(world->error, place) != NULL, "%s: %s", what, world->error);
    world_drop(world);
}

static void sectors_cut(struct file *file, size_t from, size_t to, const struct stand *stand,
                        const char *what)
{
    static uint8_t bytes[sizeof file->bytes];

    for (size_t at = from; at < to; at += SECTOR) {
        memcpy(bytes, file->bytes, sizeof bytes);
        memset(bytes + at, 0, SECTOR);
        file_write(bytes, 0, sizeof bytes);
        stands(stand, what, at);
    }
}

Test(log_flights, either_or_both_are_cut_and_nothing_comes_back)
{
    static struct file file;
    static uint8_t bytes[sizeof file.bytes];

    file_make(&file, 2);
    sectors_cut(&file, file.before.bytes, file.first.bytes, &file.before, "the first torn");
    sectors_cut(&file, file.first.bytes, file.second.bytes, &file.first, "the second torn");
    for (size_t at = file.first.bytes; at < file.second.bytes; at += SECTOR) {
        memcpy(bytes, file.bytes, sizeof bytes);
        memset(bytes + at, 0, SECTOR);
        memset(bytes + file.before.bytes + (at - file.first.bytes) % BLOCK, 0, SECTOR);
        file_write(bytes, 0, sizeof bytes);
        stands(&file.before, "both torn", at);
    }
    memcpy(bytes, file.bytes, sizeof bytes);
    memset(bytes + file.before.bytes, 0, file.first.bytes - file.before.bytes);
    file_write(bytes, 0, sizeof bytes);
    stands(&file.before, "the first never came", file.before.bytes);
    file_write(file.bytes, 0, sizeof file.bytes);
    stands(&file.second, "both whole", 0);
}

Test(log_flights, a_segments_header_and_first_group_are_cut_with_the_second_group_behind)
{
    static struct file file;
    static uint8_t bytes[sizeof file.bytes];

    file_make(&file, 0);
    for (size_t at = 0; at < file.first.bytes; at += SECTOR) {
        memcpy(bytes, file.bytes, sizeof bytes);
        memset(bytes + at, 0, SECTOR);
        file_write(bytes, 0, sizeof bytes);
        stands(&file.before, "torn", at);
    }
    memset(bytes, 0, file.first.bytes);
    memcpy(bytes + file.first.bytes, file.bytes + file.first.bytes, BLOCK);
    file_write(bytes, 0, sizeof bytes);
    stands(&file.before, "never came", 0);
}

Test(log_flights, a_bit_that_flipped_is_damage_in_either)
{
    static struct file file;
    static uint8_t bytes[sizeof file.bytes];

    file_make(&file, 2);
    for (size_t at = file.before.bytes; at < file.second.bytes; at += 61) {
        memcpy(bytes, file.bytes, sizeof bytes);
        bytes[at] ^= 4;
        file_write(bytes, 0, sizeof bytes);
        refused("a flipped bit", at < file.first.bytes ? file.before.bytes : file.first.bytes);
    }
}

/* The group behind the pair says that both had landed: what is missing of them was durable. */
Test(log_flights, what_was_durable_is_damaged_and_not_torn)
{
    static struct file file;
    static uint8_t all[sizeof file.bytes], bytes[sizeof file.bytes];

    file_make(&file, 2);
    const int in = open(path, O_RDONLY);
    cr_assert_eq(read(in, all, sizeof all), (ssize_t)sizeof all);
    close(in);
    for (size_t at = file.before.bytes; at < file.second.bytes; at += SECTOR) {
        memcpy(bytes, all, sizeof bytes);
        memset(bytes + at, 0, SECTOR);
        file_write(bytes, 0, sizeof bytes);
        refused("a missing sector", at < file.first.bytes ? file.before.bytes : file.first.bytes);
    }
    file_write(all, 0, sizeof all);
    stands(&file.behind, "all whole", 0);
}
