/* choice.h: one of n things by weight, in constant time (which matter, which class, which hall).
 *
 * Walker's alias method: n slots of equal chance, each shared by at most two things. A choice
 * costs one random number: tbs_choose(table, n, tbs_random_u64(random)) or tbs_random_at(key,
 * index). Chances are rounded to 2^-32 of a slot. Threads: a table is read only once it is built.
 * */
#ifndef TBS_KERNEL_CHOICE_H
#define TBS_KERNEL_CHOICE_H

#include "kernel/base.h"

struct tbs_choice {
    uint64_t keep;  /* share of the slot that is its own, of 2^32 */
    uint32_t alias; /* what the rest of the slot stands for */
};

/* Builds the table of the caller, count slots, from count weights >= 0 of which at least one is
 * positive. No scratch: one sweep over light and heavy things (Hübschle-Schneider, Sanders:
 * Parallel weighted random sampling, 2019, section 4.1). */
void tbs_choice_build(struct tbs_choice *table, const double *weight, uint32_t count);

static inline uint32_t tbs_choose(const struct tbs_choice *table, uint32_t count, uint64_t number)
{
    const uint32_t slot = (uint32_t)(((number >> 32) * count) >> 32);

    const uint32_t own = -(uint32_t)((uint32_t)number < table[slot].keep); /* nobody can foretell */

    return (slot & own) | (table[slot].alias & ~own);
}

#endif
