/* order.h: a day's people or timers in order of their instants, equal ones as they were given.
 *
 * A bucket sort: instants of a day are spread, so with as many buckets as items each holds one or
 * two, and about 30 instructions an item do. A crowded bucket is sorted by qsort. Threads: as the
 * owner. */
#ifndef TBS_MODEL_ORDER_H
#define TBS_MODEL_ORDER_H

#include "kernel/base.h"
#include "tongban/base.h"

struct tbs_order {
    tb_time at_us;
    uint64_t item; /* the owner's: an index, a pointer. Equal instants: as given */
    uint64_t given;
};

struct tbs_orders {
    struct tbs_order *items; /* [count] */
    struct tbs_order *spare;
    uint32_t *buckets;
    uint32_t count, room, bucket_room;
};

void tbs_orders_free(struct tbs_orders *orders);
void tbs_orders_reserve(struct tbs_orders *orders, uint32_t room);

static inline void tbs_orders_add(struct tbs_orders *orders, tb_time at_us, uint64_t item)
{
    if (__builtin_expect(orders->count == orders->room, 0)) {
        tbs_orders_reserve(orders, orders->count + 1);
    }
    orders->items[orders->count] = (struct tbs_order){at_us, item, orders->count};
    orders->count++;
}

void tbs_orders_sort(struct tbs_orders *orders);

#endif
