#include "kernel/random.h"

#include <string.h>

#include <Random123/threefry.h>

enum { ROUNDS = 13, LANES = 8, WORDS = 4, BLOCKS_AT_ONCE = 2 * LANES };

static_assert(BLOCKS_AT_ONCE * WORDS == TBS_RANDOM_BUFFER, "a refill is two vectors of blocks");

/* GCC splits a vector that is wider than the CPU's registers. */
typedef uint64_t lanes_t __attribute__((vector_size(8 * LANES)));

/* Rotations of Threefry-4x64; its mixing partners swap from round to round. */
static const unsigned rotation[8][2] = {
    {14, 16}, {52, 57}, {23, 40}, {5, 37}, {25, 33}, {46, 12}, {58, 22}, {32, 32},
};
static const uint64_t key_parity = 0x1BD11BDAA9FC1A22u;

/* Two vectors of eight blocks, for one alone would wait for its own results. The same function as
 * the library's threefry4x64_R, arranged for vector registers; a test compares the two. */
static void blocks_fill(struct tbs_key key, uint64_t block, uint64_t out[TBS_RANDOM_BUFFER])
{
    const lanes_t lane = {0, 1, 2, 3, 4, 5, 6, 7};
    const uint64_t *k = key.word;
    const uint64_t schedule[5] = {k[0], k[1], k[2], k[3],
                                  key_parity ^ k[0] ^ k[1] ^ k[2] ^ k[3]};
    lanes_t x[2][WORDS];

    for (unsigned half = 0; half < 2; half++) {
        x[half][0] = lane + (block + LANES * half + schedule[0]);
        x[half][1] = (lanes_t){} + schedule[1];
        x[half][2] = (lanes_t){} + schedule[2];
        x[half][3] = (lanes_t){} + schedule[3];
    }
#pragma GCC unroll 16
    for (unsigned round = 0; round < ROUNDS; round++) {
        const unsigned first = round % 2 ? 3 : 1, second = round % 2 ? 1 : 3;
        const unsigned *by = rotation[round % 8];
#pragma GCC unroll 2
        for (unsigned half = 0; half < 2; half++) {
            lanes_t *w = x[half];
            w[0] += w[first];
            w[first] = (w[first] << by[0] | w[first] >> (64 - by[0])) ^ w[0];
            w[2] += w[second];
            w[second] = (w[second] << by[1] | w[second] >> (64 - by[1])) ^ w[2];
            if (round % 4 == 3) {
                const unsigned injection = round / 4 + 1;
#pragma GCC unroll 4
                for (unsigned word = 0; word < WORDS; word++)
                    w[word] += schedule[(injection + word) % 5];
                w[3] += (uint64_t)injection;
            }
        }
    }
    memcpy(out, x, sizeof x);
}

/* One block, by the library. */
static inline threefry4x64_ctr_t block_at(struct tbs_key key, uint64_t area, uint64_t block)
{
    const threefry4x64_ctr_t counter = {{block, area, 0, 0}};
    const threefry4x64_key_t name = {{key.word[0], key.word[1], key.word[2], key.word[3]}};

    return threefry4x64_R(ROUNDS, counter, name);
}

/* Few numbers of an area are needed, if any: one block at the end of the buffer. */
static void area_refill(struct tbs_random *random)
{
    const threefry4x64_ctr_t block = block_at(random->key, random->area, random->block);

    random->at = TBS_RANDOM_BUFFER - WORDS;
    memcpy(random->buffer + random->at, block.v, sizeof block.v);
    random->block++;
}

void tbs_random_refill(struct tbs_random *random)
{
    if (random->area != 0) {
        area_refill(random);
        return;
    }
    blocks_fill(random->key, random->block, random->buffer);
    random->block += BLOCKS_AT_ONCE;
    random->at = 0;
}

void tbs_random_open(struct tbs_random *random, struct tbs_key key)
{
    random->key = key;
    random->area = 0;
    random->block = 0;
    random->at = TBS_RANDOM_BUFFER;
}

void tbs_random_open_at(struct tbs_random *random, struct tbs_key key, uint64_t index)
{
    tbs_random_open_with(random, key, index, tbs_random_at(key, index));
}

void tbs_random_seek(struct tbs_random *random, uint64_t index)
{
    random->block = index / TBS_RANDOM_BUFFER * BLOCKS_AT_ONCE;
    tbs_random_refill(random);
    random->at = index % TBS_RANDOM_BUFFER;
}

uint64_t tbs_random_index(const struct tbs_random *random)
{
    return random->block * WORDS - TBS_RANDOM_BUFFER + random->at;
}

static inline uint64_t number_at(struct tbs_key key, uint64_t index)
{
    const uint64_t block = index / (LANES * WORDS) * LANES + index % LANES;

    return block_at(key, 0, block).v[index / LANES % WORDS];
}

uint64_t tbs_random_at(struct tbs_key key, uint64_t index)
{
    return number_at(key, index);
}

void tbs_random_fill_at(struct tbs_key key, uint64_t index, uint64_t *out, size_t count)
{
    struct tbs_random random;

    tbs_random_open(&random, key);
    if (count > 0 && index % TBS_RANDOM_BUFFER != 0) {
        tbs_random_seek(&random, index);
        while (count > 0 && random.at < TBS_RANDOM_BUFFER) {
            *out++ = random.buffer[random.at++];
            count--;
            index++;
        }
    }
    for (; count >= TBS_RANDOM_BUFFER; count -= TBS_RANDOM_BUFFER) {
        blocks_fill(key, index / WORDS, out);
        index += TBS_RANDOM_BUFFER;
        out += TBS_RANDOM_BUFFER;
    }
    if (count > 0) {
        blocks_fill(key, index / WORDS, random.buffer);
        memcpy(out, random.buffer, count * sizeof *out);
    }
}

void tbs_random_across(struct tbs_key key, uint64_t index, uint64_t *out, size_t count)
{
    const uint64_t block = index / (LANES * WORDS) * LANES + index % LANES;
    const unsigned word = index / LANES % WORDS;

    /* The choice of the word is written so that GCC makes vector code of the loop. */
    for (size_t i = 0; i < count; i++) {
        const threefry4x64_ctr_t x = block_at(key, 0, block);
        const uint64_t low = word & 1 ? x.v[1] : x.v[0], high = word & 1 ? x.v[3] : x.v[2];
        out[i] = word & 2 ? high : low;
        key.word[2]++;
    }
}
