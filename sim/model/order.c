#include "model/order.h"

#include <stdlib.h>
#include <string.h>

enum { CROWD = 32 };

void tbs_orders_free(struct tbs_orders *orders)
{
    free(orders->items);
    free(orders->spare);
    free(orders->buckets);
    *orders = (struct tbs_orders){0};
}

void tbs_orders_reserve(struct tbs_orders *orders, uint32_t room)
{
    if (room <= orders->room) {
        return;
    }
    orders->room = room + room / 2 + 64;
    orders->items = realloc(orders->items, orders->room * sizeof *orders->items);
    tbs_assert(orders->items != NULL);
}

static int order_compare(const void *left, const void *right)
{
    const struct tbs_order *a = left, *b = right;

    if (a->at_us != b->at_us) {
        return a->at_us < b->at_us ? -1 : 1;
    }
    return a->given < b->given ? -1 : a->given > b->given;
}

/* A few items, equal ones in order already. */
static void insertion_sort(struct tbs_order *items, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        const struct tbs_order item = items[i];
        uint32_t to = i;
        for (; to > 0 && items[to - 1].at_us > item.at_us; to--) {
            items[to] = items[to - 1];
        }
        items[to] = item;
    }
}

static void buckets_reserve(struct tbs_orders *orders, uint32_t buckets)
{
    if (buckets + 1 > orders->bucket_room) {
        orders->bucket_room = buckets + 1;
        orders->buckets = realloc(orders->buckets, orders->bucket_room * sizeof *orders->buckets);
        tbs_assert(orders->buckets != NULL);
    }
    memset(orders->buckets, 0, (buckets + 1) * sizeof *orders->buckets);
    orders->spare = realloc(orders->spare, orders->room * sizeof *orders->spare);
    tbs_assert(orders->spare != NULL);
}

void tbs_orders_sort(struct tbs_orders *orders)
{
    const uint32_t count = orders->count;
    struct tbs_order *items = orders->items;
    uint32_t buckets = 16, shift = 0, sum = 0;

    if (count < CROWD) {
        insertion_sort(items, count);
        return;
    }
    tb_time first = items[0].at_us, last = items[0].at_us;
    for (uint32_t i = 1; i < count; i++) {
        first = items[i].at_us < first ? items[i].at_us : first;
        last = items[i].at_us > last ? items[i].at_us : last;
    }
    while (buckets < count) {
        buckets *= 2;
    }
    while ((uint64_t)(last - first) >> shift >= buckets) {
        shift++;
    }
    buckets_reserve(orders, buckets);
    uint32_t *start = orders->buckets;
    for (uint32_t i = 0; i < count; i++) {
        start[((uint64_t)(items[i].at_us - first) >> shift) + 1]++;
    }
    for (uint32_t b = 0; b <= buckets; b++) {
        sum += start[b];
        start[b] = sum;
    }
    struct tbs_order *out = orders->spare;
    for (uint32_t i = 0; i < count; i++) {
        out[start[(uint64_t)(items[i].at_us - first) >> shift]++] = items[i];
    }
    /* start[b] is now where bucket b ends. */
    for (uint32_t b = 0, from = 0; b < buckets; from = start[b], b++) {
        const uint32_t inside = start[b] - from;
        if (inside > CROWD) {
            qsort(out + from, inside, sizeof *out, order_compare);
        } else if (inside > 1) {
            insertion_sort(out + from, inside);
        }
    }
    orders->spare = items;
    orders->items = out;
}
