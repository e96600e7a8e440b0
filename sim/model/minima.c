#include "model/minima.h"

#include <stdlib.h>

void tbs_minima_create(struct tbs_minima *m, uint32_t count, tb_time base)
{
    uint32_t keys = 0, first[TBS_MINIMA_LEVELS];

    tbs_assert(count <= 1u << TBS_MINIMA_BITS);
    m->base = base;
    m->levels = 0;
    do {
        tbs_assert(m->levels < TBS_MINIMA_LEVELS);
        const uint32_t nodes = (count + TBS_MINIMA_WIDTH - 1) / TBS_MINIMA_WIDTH;
        first[m->levels++] = keys;
        keys += (nodes + (nodes == 0)) * TBS_MINIMA_WIDTH;
        count = nodes;
    } while (count > 1);
    m->bytes = keys * (uint32_t)sizeof *m->level[0];
    int64_t *block = aligned_alloc(64, m->bytes);
    tbs_assert(block != NULL);
    for (uint32_t i = 0; i < m->levels; i++) {
        m->level[i] = block + first[i];
    }
    tbs_minima_clear(m);
}

void tbs_minima_clear(struct tbs_minima *m)
{
    m->least = INT64_MAX;
    for (uint32_t i = 0; i < m->bytes / sizeof *m->level[0]; i++) {
        m->level[0][i] = INT64_MAX;
    }
}

void tbs_minima_free(struct tbs_minima *m)
{
    free(m->level[0]);
    *m = (struct tbs_minima){0};
}
