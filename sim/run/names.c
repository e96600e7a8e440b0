#include "run/names.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

struct name {
    const char *id; /* the scenario's */
    uint32_t index;
};

struct tbs_names {
    struct name *names;
    uint32_t count;
};

static int name_compare(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->id, ((const struct name *)b)->id);
}

static struct tbs_names *names_take(uint32_t count)
{
    struct tbs_names *names = calloc(1, sizeof *names);

    tbs_assert(names != NULL);
    names->count = count;
    names->names = calloc(count + 1, sizeof *names->names);
    tbs_assert(names->names != NULL);
    return names;
}

struct tbs_names *tbs_names_of_halls(const struct tb_scenario *scenario)
{
    struct tbs_names *names = names_take(scenario->hall_count);

    for (uint32_t i = 0; i < names->count; i++) {
        names->names[i] = (struct name){scenario->halls[i].label.id, i};
    }
    qsort(names->names, names->count, sizeof *names->names, name_compare);
    return names;
}

struct tbs_names *tbs_names_of_matters(const struct tb_scenario *scenario)
{
    struct tbs_names *names = names_take(scenario->matter_count);

    for (uint32_t i = 0; i < names->count; i++) {
        names->names[i] = (struct name){scenario->matters[i].label.id, i};
    }
    qsort(names->names, names->count, sizeof *names->names, name_compare);
    return names;
}

void tbs_names_free(struct tbs_names *names)
{
    if (names != NULL) {
        free(names->names);
        free(names);
    }
}

uint32_t tbs_names_find(const struct tbs_names *names, const char *id)
{
    const struct name key = {id, 0};
    const struct name *found = bsearch(&key, names->names, names->count, sizeof key, name_compare);

    return found == NULL ? TB_NONE : found->index;
}
