/* random.h: counter-based random streams.
 *
 * A stream is named by its key (seed, purpose, entity, replication) and is an endless row of
 * 64-bit numbers; number n is a function of the key and n alone. So streams need no hand-over and
 * no storage, two plans meet the same citizens, and adding a hall changes nobody else's luck.
 *
 * The function is Threefry-4x64 with 13 rounds of Random123 (Salmon, Moraes, Dror, Shaw: Parallel
 * random numbers: as easy as 1, 2, 3, SC 2011), which passes all of TestU01's BigCrush from 12
 * rounds on; the library's own known answers exist for 13. Chosen by measurement, ns a 64-bit
 * number on one core of an AMD EPYC (Zen 4): Threefry-4x64-13 0.50, with the default 20 rounds
 * 0.76; Philox-4x32-10 0.72, with its least safe 7 rounds 0.53. ARS-7 needs AES instructions and
 * is slow where there are none. Threefry's additions, rotations and exclusive-ors run in the
 * vector registers of every CPU, and its key of four words takes the four parts of a stream's name
 * as they are: two different names can't collide.
 *
 * Order: block b of area a is the function of the counter (b, a, 0, 0), four words. Area 0 is the
 * stream: number n is word (n / 8) % 4 of block (n / 32) * 8 + n % 8, so that eight blocks are
 * computed side by side. Area n + 1 belongs to number n of the stream alone: what is drawn by
 * index (tbs_random_open_at) and needs more than one number takes the others from there, block by
 * block.
 *
 * Threads: a struct tbs_random belongs to one thread; tbs_random_at and its kin are pure. Nothing
 * here allocates, fails, or waits. */
#ifndef TBS_KERNEL_RANDOM_H
#define TBS_KERNEL_RANDOM_H

#include "kernel/base.h"

#define X(name, number, what) TBS_##name = number,
enum tbs_purpose {
#include "kernel/purpose.def"
};
#undef X

/* The name of a stream. */
struct tbs_key {
    uint64_t word[4];
};

static inline struct tbs_key tbs_key(uint64_t seed, enum tbs_purpose purpose, uint64_t entity,
                                     uint64_t replication)
{
    return (struct tbs_key){{seed, (uint64_t)purpose, entity, replication}};
}

enum { TBS_RANDOM_BUFFER = 64 };

/* A stream being read: 640 bytes, refilled 64 numbers at a time. Use the functions, not the
 * fields. */
struct tbs_random {
    _Alignas(64) uint64_t buffer[TBS_RANDOM_BUFFER];
    struct tbs_key key;
    uint64_t area;
    uint64_t block; /* first block of the next refill */
    uint64_t at;    /* next unread number of the buffer */
};

/* Stands before number 0 of the stream. */
void tbs_random_open(struct tbs_random *random, struct tbs_key key);

/* Stands before a number that is a function of index alone, however many numbers follow: the first
 * is tbs_random_at(key, index). For draws that belong to the index-th citizen. */
void tbs_random_open_at(struct tbs_random *random, struct tbs_key key, uint64_t index);

/* The same when the number is at hand already. Touches one cache line of the buffer. */
static inline void tbs_random_open_with(struct tbs_random *random, struct tbs_key key,
                                        uint64_t index, uint64_t number)
{
    random->buffer[TBS_RANDOM_BUFFER - 1] = number;
    random->key = key;
    random->area = index + 1;
    random->block = 0;
    random->at = TBS_RANDOM_BUFFER - 1;
}

/* Stands before number index of the stream. A day of a hall starts at index day << 20, so that a
 * day that needs more numbers leaves the next one as it was. */
void tbs_random_seek(struct tbs_random *random, uint64_t index);

/* Which number comes next. */
uint64_t tbs_random_index(const struct tbs_random *random);

void tbs_random_refill(struct tbs_random *random);

static inline uint64_t tbs_random_u64(struct tbs_random *random)
{
    if (__builtin_expect(random->at == TBS_RANDOM_BUFFER, 0))
        tbs_random_refill(random);
    return random->buffer[random->at++];
}

/* Number index of the stream, about 8 ns; and count of them from index on, about 0.5 ns each. */
uint64_t tbs_random_at(struct tbs_key key, uint64_t index);
void tbs_random_fill_at(struct tbs_key key, uint64_t index, uint64_t *out, size_t count);

/* Number index of count streams that differ by their entity: key.word[2], key.word[2] + 1, ... */
void tbs_random_across(struct tbs_key key, uint64_t index, uint64_t *out, size_t count);

/* From a random number to a real: in [0, 1), and in (0, 1), both multiples of 2^-53. */
static inline double tbs_unit(uint64_t number)
{
    return (double)(int64_t)(number >> 11) * 0x1p-53;
}

static inline double tbs_unit_open(uint64_t number)
{
    return (double)(int64_t)(number >> 11 | 1) * 0x1p-53;
}

/* Uniform in 0 .. bound - 1, bound at least 1; no bias (Lemire: Fast random integer generation in
 * an interval, 2019). */
static inline uint32_t tbs_random_below(struct tbs_random *random, uint32_t bound)
{
    uint64_t product = (tbs_random_u64(random) >> 32) * bound;

    if (__builtin_expect((uint32_t)product < bound, 0)) {
        const uint32_t least = -bound % bound;
        while ((uint32_t)product < least)
            product = (tbs_random_u64(random) >> 32) * bound;
    }
    return (uint32_t)(product >> 32);
}

/* True with the given probability. */
static inline bool tbs_random_chance(struct tbs_random *random, double probability)
{
    return tbs_unit(tbs_random_u64(random)) < probability;
}

#endif
