/* Pools of tickets, cases and visits: slots that are used again, and the references to them.
 *
 * A slot is new (index >= used: its bytes mean nothing yet), live, or in the free list. The last
 * one freed is the first one used, so that the hot slots stay in the cache. Each use counts the
 * slot's generation on, so a reference to an earlier use is recognised. */
#include "step.h"

#define GENERATION_MASK 0x0fffffffu

static uint32_t generation_next(uint32_t generation)
{
    return (generation + 1) & GENERATION_MASK;
}

/* Index of a slot never used before; its caller zeroes it. */
static uint32_t pool_grow(struct tbi_pool *pool)
{
    tb_assert(pool->free == TB_NONE);
    tb_assert(pool->used < pool->max);
    pool->count++;
    return pool->used++;
}

/* The head of the free list; `next` follows it there. */
static uint32_t pool_pop(struct tbi_pool *pool, uint32_t next)
{
    const uint32_t index = pool->free;
    tb_assert(index < pool->used);
    tb_assert(next == TB_NONE || next < pool->used);
    pool->free = next;
    pool->count++;
    return index;
}

/* Puts the slot into the free list; gives what follows it there. */
static uint32_t pool_push(struct tbi_pool *pool, uint32_t index)
{
    tb_assert(index < pool->used);
    tb_assert(pool->count > 0);
    const uint32_t next = pool->free;
    pool->free = index;
    pool->count--;
    return next;
}

/* ---- tickets ------------------------------------------------------------------------------- */

uint32_t tbi_ticket_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (tb_ref_kind(ref) != TB_REF_TICKET || index >= city->tickets.used)
        return TB_NONE;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const bool live = ticket->state != TB_TICKET_FREE;
    return live && ticket->generation == tb_ref_generation(ref) ? index : TB_NONE;
}

uint32_t tbi_ticket_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->tickets;
    tb_assert(pool->count < pool->max);
    if (pool->free == TB_NONE) {
        const uint32_t index = pool_grow(pool);
        memset(tbi_more(city, index), 0, sizeof(struct tbi_ticket_more));
        *tbi_ticket(city, index) = (struct tbi_ticket){.generation = generation_next(0)};
        return index;
    }
    struct tbi_ticket *ticket = tbi_ticket(city, pool->free);
    tb_assert(ticket->state == TB_TICKET_FREE);
    const uint32_t index = pool_pop(pool, ticket->next);
    *ticket = (struct tbi_ticket){.generation = generation_next(ticket->generation)};
    return index;
}

void tbi_ticket_free(struct tb_city *city, uint32_t index)
{
    struct tbi_ticket *ticket = tbi_ticket(city, index);
    tb_assert(ticket->state != TB_TICKET_FREE);
    ticket->state = TB_TICKET_FREE;
    ticket->next = pool_push(&city->tickets, index);
}

/* ---- cases --------------------------------------------------------------------------------- */

uint32_t tbi_case_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (tb_ref_kind(ref) != TB_REF_CASE || index >= city->cases.used)
        return TB_NONE;
    const struct tbi_case *case_ = tbi_case_(city, index);
    const bool live = case_->state != TB_CASE_FREE;
    return live && case_->generation == tb_ref_generation(ref) ? index : TB_NONE;
}

uint32_t tbi_case_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->cases;
    tb_assert(pool->count < pool->max);
    uint32_t index, generation = 0;
    if (pool->free == TB_NONE) {
        index = pool_grow(pool);
    } else {
        index = pool_pop(pool, tbi_case_(city, pool->free)->task);
        tb_assert(tbi_case_(city, index)->state == TB_CASE_FREE);
        generation = tbi_case_(city, index)->generation;
    }
    struct tbi_case *case_ = tbi_case_(city, index);
    memset(case_, 0, sizeof(*case_));
    case_->generation = generation_next(generation);
    return index;
}

void tbi_case_free(struct tb_city *city, uint32_t index)
{
    struct tbi_case *case_ = tbi_case_(city, index);
    tb_assert(case_->state != TB_CASE_FREE);
    case_->state = TB_CASE_FREE;
    case_->task = pool_push(&city->cases, index);
}

/* ---- visits -------------------------------------------------------------------------------- */

/* A visit has no state; a free slot is one of no station. */

uint32_t tbi_visit_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (tb_ref_kind(ref) != TB_REF_VISIT || index >= city->visits.used)
        return TB_NONE;
    const struct tbi_visit *visit = tbi_visit(city, index);
    const bool live = visit->station != TB_STATION_NONE;
    const uint32_t generation = visit->generation & GENERATION_MASK;
    return live && generation == tb_ref_generation(ref) ? index : TB_NONE;
}

uint32_t tbi_visit_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->visits;
    tb_assert(pool->count < pool->max);
    if (pool->free == TB_NONE) {
        const uint32_t index = pool_grow(pool);
        *tbi_visit(city, index) = (struct tbi_visit){.generation = generation_next(0)};
        return index;
    }
    struct tbi_visit *visit = tbi_visit(city, pool->free);
    tb_assert(visit->station == TB_STATION_NONE);
    const uint32_t index = pool_pop(pool, visit->next);
    *visit = (struct tbi_visit){.generation = generation_next(visit->generation)};
    return index;
}

void tbi_visit_free(struct tb_city *city, uint32_t index)
{
    struct tbi_visit *visit = tbi_visit(city, index);
    tb_assert(visit->station != TB_STATION_NONE);
    visit->station = TB_STATION_NONE;
    visit->next = pool_push(&city->visits, index);
}
