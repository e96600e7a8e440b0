#include "names.h"

#include <string.h>
#include <xxhash.h>

static uint32_t *slot_of(const struct tbi_names *names, const char *id)
{
    const uint32_t mask = names->slot_count - 1;
    uint32_t slot = (uint32_t)XXH3_64bits(id, strlen(id)) & mask;

    while (names->slots[slot] != 0 && strcmp(names->names[names->slots[slot] - 1].id, id) != 0)
        slot = (slot + 1) & mask;
    return &names->slots[slot];
}

/* At most half of the slots are taken. */
static void slots_grow(struct tbi_arena *arena, struct tbi_names *names)
{
    names->slot_count = names->slot_count == 0 ? 32 : names->slot_count * 2;
    names->slots = TBI_TAKE(arena, uint32_t, names->slot_count);
    for (uint32_t i = 0; i < names->count; i++)
        *slot_of(names, names->names[i].id) = i + 1;
}

void tbi_names_add(struct tbi_arena *arena, struct tbi_names *names, const char *id,
                   uint32_t line)
{
    if ((names->count + 1) * 2 > names->slot_count)
        slots_grow(arena, names);
    struct tbi_name *list = tbi_arena_grow(arena, (void *)names->names, names->count,
                                           &names->capacity, sizeof *list);
    list[names->count] = (struct tbi_name){id, line};
    names->names = list;
    uint32_t *slot = slot_of(names, id);
    tb_assert(*slot == 0);
    *slot = ++names->count;
}

uint32_t tbi_names_find(const struct tbi_names *names, const char *id)
{
    return names->slot_count == 0 ? TB_NONE : *slot_of(names, id) - 1;
}

const char *tbi_names_allowed(const struct tbi_names *names, struct tbi_allowed *allowed,
                              const char *wanted)
{
    tbi_allowed_begin(allowed, wanted);
    for (uint32_t i = 0; i < names->count; i++)
        tbi_allowed_add(allowed, names->names[i].id);
    return tbi_allowed_end(allowed);
}
