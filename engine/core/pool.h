/* Pools of tickets, cases and visits: slots that are used again.
 *
 * A slot is new (index >= used: its bytes mean nothing yet), live, or in the free list. The last
 * one freed is the first one used, so that the hot slots stay in the cache. Each use counts the
 * slot's generation on, so a reference to an earlier use is recognised. A name is kind and
 * generation (layout.h). */
#ifndef TBI_POOL_H
#define TBI_POOL_H

#include <string.h>

#include "layout.h"

#define TBI_GENERATION_BITS 28

static inline uint32_t tbi_name_next(enum tb_ref_kind kind, uint32_t name)
{
    const uint32_t generations = (1u << TBI_GENERATION_BITS) - 1;
    return (uint32_t)kind << TBI_GENERATION_BITS | ((name + 1) & generations);
}

/* Index of a slot never used before; its caller zeroes it. */
static inline uint32_t tbi_pool_grow(struct tbi_pool *pool)
{
    tb_assert(pool->free == TB_NONE);
    tb_assert(pool->used < pool->max);
    pool->count++;
    return pool->used++;
}

/* The head of the free list; `next` follows it there. */
static inline uint32_t tbi_pool_pop(struct tbi_pool *pool, uint32_t next)
{
    const uint32_t index = pool->free;
    tb_assert(index < pool->used);
    tb_assert(next == TB_NONE || next < pool->used);
    pool->free = next;
    pool->count++;
    return index;
}

/* Puts the slot into the free list; gives what follows it there. */
static inline uint32_t tbi_pool_push(struct tbi_pool *pool, uint32_t index)
{
    tb_assert(index < pool->used);
    tb_assert(pool->count > 0);
    const uint32_t next = pool->free;
    pool->free = index;
    pool->count--;
    return next;
}

/* A free ticket: generation counted on, all other fields zero, the `more` part untouched. The
 * caller has checked that there is one. */
static inline uint32_t tbi_ticket_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->tickets;
    tb_assert(pool->count < pool->max);
    if (pool->free == TB_NONE) {
        const uint32_t index = tbi_pool_grow(pool);
        memset(tbi_more(city, index), 0, sizeof(struct tbi_ticket_more));
        *tbi_ticket(city, index) = (struct tbi_ticket){.name = tbi_name_next(TB_REF_TICKET, 0)};
        return index;
    }
    struct tbi_ticket *ticket = tbi_ticket(city, pool->free);
    tb_assert(ticket->state == TB_TICKET_FREE);
    const uint32_t index = tbi_pool_pop(pool, ticket->next);
    *ticket = (struct tbi_ticket){.name = tbi_name_next(TB_REF_TICKET, ticket->name)};
    return index;
}

/* State FREE. */
static inline void tbi_ticket_free(struct tb_city *city, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    tb_assert(ticket->state != TB_TICKET_FREE);
    ticket->state = TB_TICKET_FREE;
    ticket->next = tbi_pool_push(&city->tickets, index);
}

/* The same for a visit; a free one is of no station. */
static inline uint32_t tbi_visit_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->visits;
    tb_assert(pool->count < pool->max);
    if (pool->free == TB_NONE) {
        const uint32_t index = tbi_pool_grow(pool);
        *tbi_visit(city, index) = (struct tbi_visit){.name = tbi_name_next(TB_REF_VISIT, 0)};
        return index;
    }
    struct tbi_visit *visit = tbi_visit(city, pool->free);
    tb_assert(visit->station == TB_STATION_NONE);
    const uint32_t index = tbi_pool_pop(pool, visit->next);
    *visit = (struct tbi_visit){.name = tbi_name_next(TB_REF_VISIT, visit->name)};
    return index;
}

static inline void tbi_visit_free(struct tb_city *city, uint32_t index)
{
    struct tbi_visit *visit = tbi_visit(city, index);
    tb_assert(visit->station != TB_STATION_NONE);
    visit->station = TB_STATION_NONE;
    visit->next = tbi_pool_push(&city->visits, index);
}

#endif
