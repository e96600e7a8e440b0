/* Delta debugging on a sequence of records. */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

/* Tries the sequence without records[from .. to); keeps it so if it still fails. */
static bool without(struct record *records, uint32_t *count, uint32_t from, uint32_t to,
                    struct record *trial, bool (*fails)(const struct record *, uint32_t, void *),
                    void *context)
{
    memcpy(trial, records, from * sizeof *trial);
    memcpy(trial + from, records + to, (*count - to) * sizeof *trial);
    uint32_t left = *count - (to - from);
    if (!fails(trial, left, context))
        return false;
    memcpy(records, trial, left * sizeof *trial);
    *count = left;
    return true;
}

uint32_t shrink(struct record *records, uint32_t count,
                bool (*fails)(const struct record *records, uint32_t count, void *context),
                void *context)
{
    struct record *trial = malloc((count + 1) * sizeof *trial);
    tb_assert(trial != NULL);
    uint32_t chunk = count / 2;
    while (chunk > 0) {
        bool dropped = false;
        /* From the end: what comes late depends on what came before. */
        for (uint32_t to = count; to > 0;) {
            uint32_t from = to > chunk ? to - chunk : 0;
            if (without(records, &count, from, to, trial, fails, context))
                dropped = true;
            to = from;
        }
        if (chunk == 1 && dropped)
            continue;
        chunk = chunk == 1 ? 0 : (chunk + 1) / 2;
    }
    free(trial);
    return count;
}
