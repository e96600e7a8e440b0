/* Pairing heaps whose links lie in the tickets (Fredman, Sedgewick, Sleator, Tarjan 1986: The
 * pairing heap); one for a line that is not first come first served, by (key, join); one for a
 * station's ticket timers, by (instant, order). Any ticket can be taken out, and no memory is
 * needed beside the tickets.
 *
 * Insert is one comparison. To take out a ticket that none stands below, as most are (a task that
 * is decided in time leaves its timer so), none at all. To take out the first pairs those below
 * it: O(log n) amortized, and never more comparisons than were saved by the inserts before.
 *
 * left: the first of those below; right: the next beside, below the same; up: who points here. */
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

/* Of two heaps, by their first: the later one goes below the other. */
static inline uint32_t tbi_heap_meld(const struct tb_city *city, enum tbi_heap heap, uint32_t a,
                                     uint32_t b)
{
    const bool swaps = tbi_heap_before(city, heap, b, a);
    const uint32_t first = swaps ? b : a, below = swaps ? a : b;
    struct tbi_links *above = tbi_heap_links(city, heap, first);
    struct tbi_links *links = tbi_heap_links(city, heap, below);
    links->right = above->left;
    links->up = first;
    if (above->left != TB_NONE)
        tbi_heap_links(city, heap, above->left)->up = below;
    above->left = below;
    return first;
}

/* One heap of those beside each other: in pairs from the left, then all from the right. */
static inline uint32_t tbi_heap_pair(const struct tb_city *city, enum tbi_heap heap, uint32_t left)
{
    uint32_t pairs = TB_NONE, top;
    while (left != TB_NONE) {
        uint32_t a = left, b = tbi_heap_links(city, heap, a)->right;
        left = b == TB_NONE ? TB_NONE : tbi_heap_links(city, heap, b)->right;
        if (b != TB_NONE)
            a = tbi_heap_meld(city, heap, a, b);
        tbi_heap_links(city, heap, a)->right = pairs;
        pairs = a;
    }
    for (top = pairs; top != TB_NONE;) {
        struct tbi_links *links = tbi_heap_links(city, heap, top);
        const uint32_t next = links->right;
        links->right = links->up = TB_NONE;
        if (next == TB_NONE)
            break;
        pairs = tbi_heap_links(city, heap, next)->right;
        top = tbi_heap_meld(city, heap, top, next);
        tbi_heap_links(city, heap, top)->right = pairs;
    }
    return top;
}

static inline void tbi_heap_insert(const struct tb_city *city, enum tbi_heap heap, uint32_t *root,
                                   uint32_t ticket)
{
    *tbi_heap_links(city, heap, ticket) = (struct tbi_links){TB_NONE, TB_NONE, TB_NONE};
    *root = *root == TB_NONE ? ticket : tbi_heap_meld(city, heap, *root, ticket);
}

static inline void tbi_heap_remove(const struct tb_city *city, enum tbi_heap heap, uint32_t *root,
                                   uint32_t ticket)
{
    const struct tbi_links links = *tbi_heap_links(city, heap, ticket);
    const uint32_t rest = tbi_heap_pair(city, heap, links.left);
    if (links.up == TB_NONE) {
        tb_assert(*root == ticket);
        *root = rest;
        return;
    }
    struct tbi_links *above = tbi_heap_links(city, heap, links.up);
    *(above->left == ticket ? &above->left : &above->right) = links.right;
    if (links.right != TB_NONE)
        tbi_heap_links(city, heap, links.right)->up = links.up;
    if (rest != TB_NONE)
        *root = tbi_heap_meld(city, heap, *root, rest);
}

#endif
