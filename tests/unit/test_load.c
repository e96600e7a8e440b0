/* The published load with one thread. What several threads see is proven in tests/explore and
 * tests/stress.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ring/load.h"

static struct tbi_load load;

/* Reads, and checks that the words are those of this version: version, version + 1, ... */
static void expect(uint64_t wanted_version)
{
    uint64_t words[TBI_LOAD_WORDS];
    uint64_t version = 999;

    cr_assert(tbi_load_read(&load, words, &version));
    cr_assert_eq(version, wanted_version);
    for (unsigned i = 0; i < TBI_LOAD_WORDS; i++) {
        cr_assert_eq(words[i], version == 0 ? 0 : version * 100 + i);
    }
}

static void write_version(uint64_t version)
{
    uint64_t words[TBI_LOAD_WORDS];

    for (unsigned i = 0; i < TBI_LOAD_WORDS; i++) {
        words[i] = version * 100 + i;
    }
    tbi_load_write(&load, words);
}

Test(load, nothing_written_is_version_0)
{
    memset(&load, 0xee, sizeof load);
    tbi_load_init(&load);
    expect(0);
}

Test(load, read_gives_the_last_write)
{
    tbi_load_init(&load);
    for (uint64_t version = 1; version < 10; version++) {
        write_version(version);
        expect(version);
        expect(version);
    }
}

/* A writer that stops after any of its stores, simulated by making only these stores. */
Test(load, unfinished_write_does_not_hide_the_last_one)
{
    tbi_load_init(&load);
    for (uint64_t version = 0; version < 4; version++) {
        struct tbi_load_half *next = &load.half[(version + 1) % 2];
        for (int done = 0; done < TBI_LOAD_WORDS; done++) {
            tbi_atomic_store_release(TBI_L2, &next->word[done], UINT64_MAX);
            expect(version);
        }
        write_version(version + 1);
    }
}

Test(load, halls_have_lines_of_their_own)
{
    static struct tbi_load halls[2];

    cr_assert_eq((uintptr_t)&halls[0] % TBI_LINE_BYTES, 0);
    cr_assert_eq((uintptr_t)&halls[1] % TBI_LINE_BYTES, 0);
    cr_assert_eq(sizeof halls[0].half[0].word, 56);
}
