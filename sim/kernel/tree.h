/* tree.h: a tournament of 128-bit keys, the structure under queue.h and schedule.h.
 *
 * Slots are leaves; every inner node holds a copy of the smaller of its two keys, so the root is
 * the smallest of all (Knuth, The Art of Computer Programming 3, 5.4.1). To change a slot, its
 * path to the root is played again, log2(slots) matches. There is no branch to mispredict, and the
 * opponents on the path are known before the first match is played, so that their loads overlap:
 * that is why it beats a heap, which must wait for each comparison to know where to look next.
 *
 * Measured, replacing the first of N pending keys, ns (bench: kernel_tree/N, kernel_queue/N,
 * kernel_heap/N, kernel_heap4/N):
 *
 *     N              2     8    16    58   300  4096  65536
 *     tree         5.3   6.5   7.0   8.7    12    17     34
 *     event queue  5.5   6.6   7.2   9.1    12    18     35
 *     binary heap  6.9    13    15    19    28    42     78
 *     4-ary heap   6.9    14    15    17    21    34     61
 *
 * An order of 128 bits leaves no two keys equal: an instant and a rank above, what breaks the tie
 * below. Threads: one. Nothing allocates. */
#ifndef TBS_KERNEL_TREE_H
#define TBS_KERNEL_TREE_H

#include "kernel/base.h"

/* Later than every key. */
#define TBS_TREE_NEVER (~(tbs_uint128)0)

/* Instants are kept in 56 bits: 1,141 years to both sides of 0. */
#define TBS_INSTANT_MAX (((int64_t)1 << 55) - 1)

/* Orders by instant, then rank, then tie. */
static inline tbs_uint128 tbs_tree_key(int64_t at_us, uint8_t rank, uint64_t tie)
{
    const uint64_t instant = (uint64_t)at_us << 8 ^ (uint64_t)1 << 63;

    return (tbs_uint128)(instant | rank) << 64 | tie;
}

static inline int64_t tbs_tree_at_us(tbs_uint128 key)
{
    return (int64_t)((uint64_t)(key >> 64) ^ (uint64_t)1 << 63) >> 8;
}

static inline uint8_t tbs_tree_rank(tbs_uint128 key)
{
    return (uint8_t)(key >> 64);
}

/* node[1] is the root, node[slots + i] is slot i; slots is a power of two. */
static inline void tbs_tree_set(tbs_uint128 *node, uint32_t slots, uint32_t slot, tbs_uint128 key)
{
    uint32_t i = slots + slot;

    node[i] = key;
    while (i > 1) {
        const tbs_uint128 other = node[i ^ 1];
        key = key < other ? key : other;
        i /= 2;
        node[i] = key;
    }
}

/* Plays all matches, after the slots were written directly: slots - 1 of them. */
static inline void tbs_tree_build(tbs_uint128 *node, uint32_t slots)
{
    for (uint32_t i = slots - 1; i > 0; i--)
        node[i] = node[2 * i] < node[2 * i + 1] ? node[2 * i] : node[2 * i + 1];
}

static inline uint32_t tbs_tree_slots(uint32_t least)
{
    uint32_t slots = 1;

    while (slots < least)
        slots *= 2;
    return slots;
}

#endif
