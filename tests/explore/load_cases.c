/* load_cases.c: the published load between its writer and its readers.
 *
 * Version n has the words 10 n + 1, 10 n + 2. A reader must see the words of one version, never go
 * back, and never miss a version that happened before. A writer that stops anywhere must not keep
 * readers from the newest complete version.
 *
 * Two words and two tries instead of seven and eight: what can go wrong between the first and the
 * last word goes wrong between two.
 */
#define TBI_LOAD_WORDS 2
#define TBI_LOAD_TRIES 2
#include "load.h"

#include "cases.h"

enum { WRITES = 3, READ_STEPS_MAX = TBI_LOAD_TRIES * (TBI_LOAD_WORDS + 2) };

static struct tbi_load load;
static uint64_t written; /* complete versions, as the writer counts them */

static void reset(void)
{
    written = 0;
    tbi_load_init(&load);
    explore_name(&load.half[0].version.word, "version");
    explore_name(&load.half[0].word[0].word, "even 0");
    explore_name(&load.half[0].word[1].word, "even 1");
    explore_name(&load.half[1].word[0].word, "odd 0");
    explore_name(&load.half[1].word[1].word, "odd 1");
}

static void write_next(void)
{
    uint64_t words[TBI_LOAD_WORDS] = {(written + 1) * 10 + 1, (written + 1) * 10 + 2};

    tbi_load_write(&load, words);
    written++;
}

static void writer(void)
{
    for (int i = 0; i < WRITES; i++) {
        write_next();
    }
}

static void writer_twice(void)
{
    write_next();
    write_next();
}

/* Reads once; the words must belong together. False if the reader was overtaken in each try. */
static bool read_one(uint64_t version_min, uint64_t *version)
{
    uint64_t words[TBI_LOAD_WORDS];
    unsigned start = explore_step_count();
    bool done = tbi_load_read(&load, words, version);

    explore_require(explore_step_count() - start <= READ_STEPS_MAX);
    if (done) {
        explore_require(*version >= version_min);
        for (unsigned i = 0; i < TBI_LOAD_WORDS; i++) {
            explore_require(words[i] == (*version == 0 ? 0 : *version * 10 + i + 1));
        }
    }
    return done;
}

static void reader(void)
{
    uint64_t version;

    read_one(0, &version);
}

static void reader_twice(void)
{
    uint64_t first, second;

    if (read_one(0, &first)) {
        read_one(first, &second);
    }
}

/* Once the writer has ended, or has stopped for ever, wherever that was: the first try succeeds. */
static void reader_afterwards(void)
{
    uint64_t version;

    explore_await(1);
    unsigned start = explore_step_count();
    while (!read_one(0, &version)) { /* only a version that is older than it seems */
    }
    explore_require(explore_step_count() - start <= WRITES * READ_STEPS_MAX);
}

/* A reader that never looked away sees the newest version, at once. */
static void check(void)
{
    uint64_t version;

    for (int t = 1; t <= 3; t++) {
        explore_require(explore_done(t) || explore_stopped(t) || t == 3);
    }
    explore_require(read_one(written, &version));
    explore_require(version == written);
}

const struct explore_case load_cases[] = {
    {"load: three writes, two reads", reset, {0, writer, reader_twice}, check, STOP_ALL},
    {"load: two readers", reset, {0, writer_twice, reader, reader}, check, STOP_ALL},
    {"load: read when the writer is gone", reset, {0, writer, reader_afterwards}, check, STOP_ALL},
    {0},
};

/* ---- Wrong: to rely on it that a read succeeds ---- */

static void reader_that_never_fails(void)
{
    uint64_t version;

    explore_require(read_one(0, &version));
}

const struct explore_case wrong_load_cases[] = {
    {"a reader that can't be overtaken", reset, {0, writer, reader_that_never_fails}, check, 0},
    {0},
};
