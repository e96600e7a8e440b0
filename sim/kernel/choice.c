#include "kernel/choice.h"

/* The next thing from i on whose weight is at most one slot's (light), or more (heavy). */
static uint32_t next_of(const double *weight, uint32_t count, uint32_t i, double slot, bool heavy)
{
    while (i < count && (weight[i] > slot) != heavy)
        i++;
    return i;
}

static void slot_set(struct tbs_choice *table, uint32_t i, double share, uint32_t alias)
{
    table[i] = (struct tbs_choice){.keep = (uint64_t)(share * 0x1p32 + 0.5), .alias = alias};
}

void tbs_choice_build(struct tbs_choice *table, const double *weight, uint32_t count)
{
    double sum = 0.0;

    tbs_assert(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        tbs_assert(weight[i] >= 0.0);
        sum += weight[i];
    }
    tbs_assert(sum > 0.0);

    const double slot = sum / count;
    uint32_t light = next_of(weight, count, 0, slot, false);
    uint32_t heavy = next_of(weight, count, 0, slot, true);
    double rest = heavy < count ? weight[heavy] : 0.0; /* of the heavy thing, not yet placed */

    while (heavy < count) {
        if (rest > slot && light < count) {
            slot_set(table, light, weight[light] / slot, heavy);
            rest -= slot - weight[light];
            light = next_of(weight, count, light + 1, slot, false);
            continue;
        }
        const uint32_t next = next_of(weight, count, heavy + 1, slot, true);
        /* Without a next heavy thing only rounding is left over: the slot is all its own. */
        slot_set(table, heavy, next < count ? rest / slot : 1.0, next < count ? next : heavy);
        rest = next < count ? weight[next] - (slot - rest) : 0.0;
        heavy = next;
    }
    for (; light < count; light = next_of(weight, count, light + 1, slot, false))
        slot_set(table, light, 1.0, light);
}
