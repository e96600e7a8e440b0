/* Leftist heaps whose links lie in the tickets (Crane 1972; Knuth, TAOCP 3, 5.2.3): one for a
 * line that is not first come first served, by (key, join); one for a station's ticket timers,
 * by (instant, order). Any ticket can be taken out, and no memory is needed beside the tickets.
 * Insert and remove take O(log n). */
#ifndef TBI_HEAP_H
#define TBI_HEAP_H

#include "layout.h"

enum tbi_heap { TBI_HEAP_LINE, TBI_HEAP_TIMER };

static inline struct tbi_links *tbi_heap_links(const struct tb_city *city, enum tbi_heap heap,
                                               uint32_t ticket)
{
    struct tbi_ticket_more *more = tbi_more(city, ticket);
    return heap == TBI_HEAP_LINE ? &more->line : &more->timer;
}

static inline uint8_t *tbi_heap_rank(const struct tb_city *city, enum tbi_heap heap,
                                     uint32_t ticket)
{
    struct tbi_ticket_more *more = tbi_more(city, ticket);
    return heap == TBI_HEAP_LINE ? &more->line_rank : &more->timer_rank;
}

static inline bool tbi_heap_before(const struct tb_city *city, enum tbi_heap heap, uint32_t a,
                                   uint32_t b)
{
    const struct tbi_ticket_more *x = tbi_more(city, a), *y = tbi_more(city, b);
    if (heap == TBI_HEAP_TIMER)
        return x->timer_at != y->timer_at ? x->timer_at < y->timer_at
                                          : x->timer_order < y->timer_order;
    return x->key_us != y->key_us ? x->key_us < y->key_us
                                  : tbi_ticket(city, a)->join < tbi_ticket(city, b)->join;
}

/* Keeps the shorter spine on the right; true if the ticket's rank changed. */
static inline bool tbi_heap_lean(const struct tb_city *city, enum tbi_heap heap, uint32_t ticket)
{
    struct tbi_links *links = tbi_heap_links(city, heap, ticket);
    uint8_t left = links->left == TB_NONE ? 0 : *tbi_heap_rank(city, heap, links->left);
    uint8_t right = links->right == TB_NONE ? 0 : *tbi_heap_rank(city, heap, links->right);
    if (left < right) {
        uint32_t swapped = links->left;
        links->left = links->right;
        links->right = swapped;
        right = left;
    }
    uint8_t *rank = tbi_heap_rank(city, heap, ticket);
    bool changed = *rank != right + 1;
    *rank = (uint8_t)(right + 1);
    return changed;
}

/* The depth of the recursion is the length of two right spines: twice log2 of the tickets. */
static inline uint32_t tbi_heap_merge(const struct tb_city *city, enum tbi_heap heap, uint32_t a,
                                      uint32_t b)
{
    uint32_t path[96], depth = 0;
    uint32_t top = TB_NONE;
    while (a != TB_NONE && b != TB_NONE) {
        if (tbi_heap_before(city, heap, b, a)) {
            uint32_t swapped = a;
            a = b;
            b = swapped;
        }
        tb_assert(depth < 96);
        path[depth++] = a;
        a = tbi_heap_links(city, heap, a)->right;
    }
    top = a != TB_NONE ? a : b;
    while (depth > 0) {
        uint32_t parent = path[--depth];
        tbi_heap_links(city, heap, parent)->right = top;
        if (top != TB_NONE)
            tbi_heap_links(city, heap, top)->up = parent;
        tbi_heap_lean(city, heap, parent);
        top = parent;
    }
    return top;
}

static inline void tbi_heap_insert(const struct tb_city *city, enum tbi_heap heap, uint32_t *root,
                                   uint32_t ticket)
{
    *tbi_heap_links(city, heap, ticket) = (struct tbi_links){TB_NONE, TB_NONE, TB_NONE};
    *tbi_heap_rank(city, heap, ticket) = 1;
    *root = tbi_heap_merge(city, heap, *root, ticket);
    tbi_heap_links(city, heap, *root)->up = TB_NONE;
}

static inline void tbi_heap_remove(const struct tb_city *city, enum tbi_heap heap, uint32_t *root,
                                   uint32_t ticket)
{
    struct tbi_links *links = tbi_heap_links(city, heap, ticket);
    uint32_t parent = links->up;
    uint32_t rest = tbi_heap_merge(city, heap, links->left, links->right);
    if (rest != TB_NONE)
        tbi_heap_links(city, heap, rest)->up = parent;
    *tbi_heap_rank(city, heap, ticket) = 0;
    if (parent == TB_NONE) {
        tb_assert(*root == ticket);
        *root = rest;
        return;
    }
    struct tbi_links *above = tbi_heap_links(city, heap, parent);
    tb_assert(above->left == ticket || above->right == ticket);
    if (above->left == ticket)
        above->left = rest;
    else
        above->right = rest;
    while (parent != TB_NONE && tbi_heap_lean(city, heap, parent))
        parent = tbi_heap_links(city, heap, parent)->up;
}

#endif
