/* minima.h: a fixed set of entities with at most one pending instant each, and which is next.
 *
 * Windows of a hall, halls of a city. Instant and entity share a 64-bit key, so the smallest key
 * says both, and of equal instants the lower entity is first. Keys lie in groups of 16 whose
 * minimum is a handful of vector instructions: for the dozen windows of a hall that beats any heap
 * or tree, and 580 halls are 37 groups.
 *
 * Entities: 0 .. 16383. Instants: from base on for 17 years, or TB_NEVER. Threads: as the owner. */
#ifndef TBS_MODEL_MINIMA_H
#define TBS_MODEL_MINIMA_H

#include "kernel/base.h"
#include "tongban/base.h"

enum { TBS_MINIMA_GROUP = 16, TBS_MINIMA_BITS = 14 };

struct tbs_minima {
    int64_t least; /* INT64_MAX: nobody has a pending instant */
    tb_time base;
    int64_t *key;   /* [group_count * 16] */
    int64_t *group; /* [rounded up to 16] smallest key of each */
    uint32_t group_count;
};

/* All pending nothing. Memory: tbs_minima_free. */
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

    for (int i = 1; i < TBS_MINIMA_GROUP; i++) {
        least = key[i] < least ? key[i] : least;
    }
    return least;
}

/* The smallest of all groups, after the one that held it has changed. */
void tbs_minima_settle(struct tbs_minima *m);

/* Entity i is pending at `at_us` instead of what it was. */
static inline void tbs_minima_set(struct tbs_minima *m, uint32_t i, tb_time at_us)
{
    const int64_t now = at_us == TB_NEVER ? INT64_MAX : (at_us - m->base) << TBS_MINIMA_BITS | i;
    const uint32_t g = i / TBS_MINIMA_GROUP;
    const int64_t before = m->key[i], group = m->group[g];

    m->key[i] = now;
    if (now <= group) {
        m->group[g] = now;
    } else if (before == group) {
        m->group[g] = tbs_minima_of_16(&m->key[g * TBS_MINIMA_GROUP]);
    } else {
        return;
    }
    if (m->group[g] <= m->least || m->group_count == 1) {
        m->least = m->group[g];
    } else if (group == m->least) {
        tbs_minima_settle(m);
    }
}

static inline tb_time tbs_minima_of(const struct tbs_minima *m, uint32_t i)
{
    return m->key[i] == INT64_MAX ? TB_NEVER : (m->key[i] >> TBS_MINIMA_BITS) + m->base;
}

#endif
