/* minima.h: a fixed set of entities with at most one pending instant each, and which is next.
 *
 * Instant and entity share a 64-bit key, so the smallest key says both, and of equal instants the
 * lower entity is first. A tree of minima with 16 children a node, whose minimum is a handful of
 * vector instructions: the dozen windows of a hall are one node, the 400 of a city two levels. That
 * beats a heap or a binary tournament, which take as many steps in a row as they have levels.
 *
 * Entities: 0 .. 16383. Instants: from base on for 17 years, or TB_NEVER. Threads: as the owner. */
#ifndef TBS_MODEL_MINIMA_H
#define TBS_MODEL_MINIMA_H

#include "kernel/base.h"
#include "tongban/base.h"

enum { TBS_MINIMA_WIDTH = 16, TBS_MINIMA_BITS = 14, TBS_MINIMA_LEVELS = 4 };

struct tbs_minima {
    int64_t least; /* INT64_MAX: nobody has a pending instant */
    tb_time base;
    int64_t *level[TBS_MINIMA_LEVELS]; /* [0]: keys; [i + 1]: minima of 16 of level i */
    uint32_t levels;                   /* in use; the top one has at most 16 */
    uint32_t bytes;                    /* of all levels, which lie in one block */
};

/* Nothing pending. Memory: tbs_minima_free. */
void tbs_minima_create(struct tbs_minima *m, uint32_t count, tb_time base);
void tbs_minima_clear(struct tbs_minima *m);
void tbs_minima_free(struct tbs_minima *m);

static inline tb_time tbs_minima_at(const struct tbs_minima *m)
{
    return m->least == INT64_MAX ? TB_NEVER : (m->least >> TBS_MINIMA_BITS) + m->base;
}

/* The entity of the smallest instant; only if there is one. */
static inline uint32_t tbs_minima_first(const struct tbs_minima *m)
{
    return (uint32_t)m->least & ((1u << TBS_MINIMA_BITS) - 1);
}

static inline int64_t tbs_minima_of_16(const int64_t *key)
{
    int64_t least = key[0];

    for (int i = 1; i < TBS_MINIMA_WIDTH; i++) {
        least = key[i] < least ? key[i] : least;
    }
    return least;
}

/* Entity i is pending at `at_us` instead of what it was. */
static inline void tbs_minima_set(struct tbs_minima *m, uint32_t i, tb_time at_us)
{
    int64_t key = at_us == TB_NEVER ? INT64_MAX : (at_us - m->base) << TBS_MINIMA_BITS | i;

    for (uint32_t level = 0; level < m->levels; level++, i /= TBS_MINIMA_WIDTH) {
        int64_t *at = &m->level[level][i];
        if (*at == key) {
            return; /* nothing changes above either */
        }
        *at = key;
        key = tbs_minima_of_16(&m->level[level][i / TBS_MINIMA_WIDTH * TBS_MINIMA_WIDTH]);
    }
    m->least = key;
}

#endif
