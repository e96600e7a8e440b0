#include "model/minima.h"

#include <stdlib.h>

void tbs_minima_create(struct tbs_minima *m, uint32_t count, tb_time base)
{
    tbs_assert(count <= 1u << TBS_MINIMA_BITS);
    m->base = base;
    m->group_count = (count + TBS_MINIMA_GROUP - 1) / TBS_MINIMA_GROUP;
    m->group_count += m->group_count == 0;
    const uint32_t groups = (m->group_count + 15) / 16 * 16;
    m->key = aligned_alloc(64, m->group_count * TBS_MINIMA_GROUP * sizeof *m->key);
    m->group = aligned_alloc(64, groups * sizeof *m->group);
    tbs_assert(m->key != NULL);
    tbs_assert(m->group != NULL);
    tbs_minima_clear(m);
}

void tbs_minima_clear(struct tbs_minima *m)
{
    m->least = INT64_MAX;
    for (uint32_t i = 0; i < m->group_count * TBS_MINIMA_GROUP; i++) {
        m->key[i] = INT64_MAX;
    }
    for (uint32_t i = 0; i < (m->group_count + 15) / 16 * 16; i++) {
        m->group[i] = INT64_MAX;
    }
}

void tbs_minima_free(struct tbs_minima *m)
{
    free(m->key);
    free(m->group);
    m->key = m->group = NULL;
}

void tbs_minima_settle(struct tbs_minima *m)
{
    int64_t least = INT64_MAX;

    for (uint32_t i = 0; i < (m->group_count + 15) / 16 * 16; i++) {
        least = m->group[i] < least ? m->group[i] : least;
    }
    m->least = least;
}
