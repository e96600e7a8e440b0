/* References to tickets, cases and visits, and the slots of cases (pool.h). */
#include "pool.h"
#include "step.h"

/* ---- tickets ------------------------------------------------------------------------------- */

uint32_t tbi_ticket_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (index >= city->tickets.used)
        return TB_NONE;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const bool live = ticket->state != TB_TICKET_FREE;
    return live && ticket->name == tbi_ref_name(ref) ? index : TB_NONE;
}

/* ---- cases --------------------------------------------------------------------------------- */

uint32_t tbi_case_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (index >= city->cases.used)
        return TB_NONE;
    const struct tbi_case *case_ = tbi_case_(city, index);
    const bool live = case_->state != TB_CASE_FREE;
    return live && case_->name == tbi_ref_name(ref) ? index : TB_NONE;
}

uint32_t tbi_case_new(struct tb_city *city)
{
    struct tbi_pool *pool = &city->cases;
    tb_assert(pool->count < pool->max);
    uint32_t index, name = 0;
    if (pool->free == TB_NONE) {
        index = tbi_pool_grow(pool);
    } else {
        index = tbi_pool_pop(pool, tbi_case_(city, pool->free)->task);
        tb_assert(tbi_case_(city, index)->state == TB_CASE_FREE);
        name = tbi_case_(city, index)->name;
    }
    struct tbi_case *case_ = tbi_case_(city, index);
    memset(case_, 0, sizeof(*case_));
    case_->name = tbi_name_next(TB_REF_CASE, name);
    return index;
}

void tbi_case_free(struct tb_city *city, uint32_t index)
{
    struct tbi_case *case_ = tbi_case_(city, index);
    tb_assert(case_->state != TB_CASE_FREE);
    case_->state = TB_CASE_FREE;
    case_->task = tbi_pool_push(&city->cases, index);
}

/* ---- visits -------------------------------------------------------------------------------- */

/* A visit has no state; a free slot is one of no station. */

uint32_t tbi_visit_find(const struct tb_city *city, tb_ref ref)
{
    const uint32_t index = tb_ref_index(ref);
    if (index >= city->visits.used)
        return TB_NONE;
    const struct tbi_visit *visit = tbi_visit(city, index);
    const bool live = visit->station != TB_STATION_NONE;
    return live && tbi_visit_ref(visit, index) == ref ? index : TB_NONE;
}
