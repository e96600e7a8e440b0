/* Remembered requests: the answers of the last size.requests changes that had a request id,
 * first in first out.
 *
 * A ring of entries, and an index over them by id: open addressing with linear probing at a
 * load of one half at most;
 * an entry that leaves closes its gap by shifting back those behind it (Knuth, The Art of
 * Computer Programming,
 * volume 3, 6.4, algorithm R), so that there are never marks of deleted ones. A place of the
 * index holds the
 * entry's number in the ring + 1; 0: empty. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "step.h"

static uint64_t place_mask(const struct tb_city *city)
{
    return 2 * city->size.requests - 1;
}

static uint64_t place_home(const struct tb_city *city, uint64_t id)
{
    return XXH3_64bits(&id, sizeof id) & place_mask(city);
}

/* The id's place, or the empty one where it would be. */
static uint64_t place_find(const struct tb_city *city, uint64_t id)
{
    uint64_t place = place_home(city, id);
    for (;; place = (place + 1) & place_mask(city)) {
        uint32_t entry = *tbi_request_slot(city, place);
        if (entry == 0 || tbi_request(city, entry - 1)->id == id)
            return place;
    }
}

static void place_remove(struct tb_city *city, uint64_t gap)
{
    uint64_t mask = place_mask(city);
    for (uint64_t place = (gap + 1) & mask;; place = (place + 1) & mask) {
        uint32_t entry = *tbi_request_slot(city, place);
        if (entry == 0)
            break;
        /* It may move to the gap unless its home lies behind the gap. */
        uint64_t home = place_home(city, tbi_request(city, entry - 1)->id);
        if (((place - home) & mask) < ((place - gap) & mask))
            continue;
        *tbi_request_slot(city, gap) = entry;
        gap = place;
    }
    *tbi_request_slot(city, gap) = 0;
}

uint64_t tbi_request_fingerprint(const struct tb_command *command)
{
    struct tb_command same = *command;
    same.tag = 0;
    same.request_id = 0;
    return XXH3_64bits(&same, sizeof same);
}

const struct tbi_request *tbi_request_find(const struct tb_city *city, uint64_t id)
{
    if (city->request_count == 0)
        return NULL;
    uint32_t entry = *tbi_request_slot(city, place_find(city, id));
    return entry == 0 ? NULL : tbi_request(city, entry - 1);
}

void tbi_request_add(struct tb_city *city, uint64_t id, uint64_t fingerprint,
                     const struct tb_event *answer)
{
    if (city->size.requests == 0)
        return;
    uint32_t next = city->request_next;
    struct tbi_request *request = tbi_request(city, next);
    if (city->request_count == city->size.requests)
        place_remove(city, place_find(city, request->id));
    else
        city->request_count++;
    uint32_t *place = tbi_request_slot(city, place_find(city, id));
    tb_assert(*place == 0);
    *place = next + 1;
    *request = (struct tbi_request){.id = id, .fingerprint = fingerprint, .answer = *answer};
    city->request_next = next + 1 == city->size.requests ? 0 : next + 1;
}
