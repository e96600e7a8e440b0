/* Explanations of the core against the model: who would be called, why, and among whom. */
#include "compare.h"
#include "inside.h"

#include <stdio.h>

static bool differ(struct compare *c, const char *what, uint32_t server, int64_t core,
                   int64_t model)
{
    snprintf(c->failure, c->failure_bytes,
             "%s in the explanation for window %u differs: model %lld, core %lld", what, server,
             (long long)model, (long long)core);
    return false;
}

/* The first ticket of the line, and its oldest joiner. */
static const struct m_ticket *line_first(const struct model *m, uint32_t station, uint32_t queue,
                                         const struct m_ticket **oldest)
{
    const struct m_ticket *first = *oldest = NULL;
    for (uint32_t i = 0; i < m->tickets.count; i++) {
        const struct m_ticket *t = m_ticket_at(m, i);
        if (t->state != TB_TICKET_WAITING || t->station != station || t->queue != queue)
            continue;
        if (first == NULL || m_before(m, t, first))
            first = t;
        if (*oldest == NULL || t->join < (*oldest)->join)
            *oldest = t;
    }
    return first;
}

static bool compare_candidate(struct compare *c, const struct tb_candidate *core, uint32_t server,
                              const struct m_ticket *chosen)
{
    const struct model *m = c->model;
    const struct m_ticket *oldest;
    const struct m_ticket *first = line_first(m, core->station, core->queue, &oldest);
    if (first == NULL)
        return differ(c, "a line that is empty", server, core->queue, -1);
    bool won = chosen->station == core->station && chosen->queue == core->queue;
    const struct m_ticket *t = won ? chosen : first;
    uint32_t class_ = core->queue % TB_CLASSES;
    if (core->ticket != refs_core(&c->refs, t->ref))
        return differ(c, "the first of a line", server, core->queue, (int64_t)t->ref);
    if (core->won != won)
        return differ(c, "the winner", server, core->won, won);
    if (core->overtaken != oldest->overtaken)
        return differ(c, "overtaken", server, core->overtaken, oldest->overtaken);
    if (core->tier != m_rule(m, core->station, TB_RULE_tier_normal + class_))
        return differ(c, "tier", server, core->tier, -1);
    if (core->credit_us != m_rule(m, core->station, TB_RULE_credit_normal_us + class_))
        return differ(c, "credit", server, core->credit_us, -1);
    tb_time key = t->task ? t->due_at : t->place_at;
    if (core->key_us != key && key < TB_NEVER / 2)
        return differ(c, "key", server, core->key_us, key);
    return true;
}

/* Why the model's choice is the one. */
static enum tb_explain_reason reason_of(const struct model *m, uint32_t server,
                                        const struct m_ticket *chosen, uint32_t *candidates)
{
    uint32_t station, same_tier = 0, same_key = 0;
    uint64_t lines = m_may_take(m, server, &station);
    bool overtaken = false;
    *candidates = 0;
    for (uint32_t q = 0; q < TB_QUEUES_MAX; q++) {
        const struct m_ticket *oldest;
        const struct m_ticket *t = lines >> q & 1 ? line_first(m, station, q, &oldest) : NULL;
        if (t == NULL)
            continue;
        ++*candidates;
        overtaken |= oldest->overtaken >= m_rule(m, station, TB_RULE_overtake_max);
        if (q == chosen->queue ||
            m_rule(m, station, TB_RULE_tier_normal + q % TB_CLASSES) !=
                m_rule(m, station, TB_RULE_tier_normal + chosen->queue % TB_CLASSES))
            continue;
        same_tier++;
        same_key += m_score(m, t) == m_score(m, chosen);
    }
    if (overtaken)
        return TB_EXPLAIN_OVERTAKEN;
    if (*candidates == 1)
        return TB_EXPLAIN_ONLY;
    if (same_tier == 0)
        return TB_EXPLAIN_TIER;
    return same_key == 0 ? TB_EXPLAIN_AGE : TB_EXPLAIN_JOIN;
}

bool compare_choice(struct compare *c, const struct tb_city *city, uint32_t server, tb_time now)
{
    struct tb_explanation core;
    if (tb_city_explain(city, now, server, &core) != TB_STATUS_OK)
        return differ(c, "status", server, -1, 0);
    const struct m_ticket *chosen = m_choose(c->model, server);
    tb_ref want = chosen ? refs_core(&c->refs, chosen->ref) : 0;
    if (core.ticket != want || core.server != server || core.at_us != now)
        return differ(c, "the chosen ticket", server, (int64_t)core.ticket, (int64_t)want);
    if (chosen == NULL)
        return core.reason == TB_EXPLAIN_NOBODY && core.candidate_count == 0
                   ? true
                   : differ(c, "nobody", server, core.reason, TB_EXPLAIN_NOBODY);
    uint32_t candidates;
    enum tb_explain_reason reason = reason_of(c->model, server, chosen, &candidates);
    if (core.reason != reason)
        return differ(c, "the reason", server, core.reason, reason);
    if (core.candidate_count != candidates)
        return differ(c, "the number of candidates", server, core.candidate_count, candidates);
    for (uint32_t i = 0; i < candidates; i++)
        if (!compare_candidate(c, &core.candidates[i], server, chosen))
            return false;
    return true;
}

/* Where the ticket came to ready windows: the winner is the least flexible, then the longest ready.
 */
static enum tb_explain_reason reason_of_windows(const struct tb_explanation *e, bool *right)
{
    const struct tb_candidate *won = NULL;
    uint32_t as_flexible = 0;
    for (uint32_t i = 0; i < e->candidate_count; i++)
        if (e->candidates[i].won)
            won = &e->candidates[i];
    *right = won != NULL && won->server == e->server;
    for (uint32_t i = 0; *right && i < e->candidate_count; i++) {
        const struct tb_candidate *other = &e->candidates[i];
        *right = other->ticket == 0 && other->queue == won->queue &&
                 (other->flexible > won->flexible || other->key_us >= won->key_us) &&
                 other->flexible >= won->flexible;
        as_flexible += other != won && other->flexible == won->flexible;
    }
    if (e->candidate_count == 1)
        return TB_EXPLAIN_ONLY;
    return as_flexible ? TB_EXPLAIN_LONGEST : TB_EXPLAIN_FLEXIBLE;
}

bool compare_explanations(struct compare *c, const struct tb_command *command,
                          const struct tb_explanation *explanations, uint32_t explanation_count,
                          const struct tb_event *events, uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].kind != TB_EVENT_CALLED || (events[i].flags & TB_EVENT_FLAG_REPEATED))
            continue;
        if (at == explanation_count)
            return differ(c, "a call that is missing", events[i].server, at, at + 1);
        const struct tb_explanation *e = &explanations[at++];
        if (e->ticket != events[i].ref || e->server != events[i].server ||
            e->at_us != events[i].at_us)
            return differ(c, "the call", events[i].server, e->server, events[i].server);
        bool chosen = (command->kind == TB_WINDOW_CALL || command->kind == TB_HELP_ASSIGN) &&
                      (events[i].flags & TB_EVENT_FLAG_ANSWER);
        if (chosen != (e->reason == TB_EXPLAIN_CHOSEN) || e->reason == TB_EXPLAIN_NOBODY)
            return differ(c, "chosen by a person", events[i].server, e->reason, chosen);
        uint32_t won = 0;
        for (uint32_t k = 0; k < e->candidate_count; k++)
            won += e->candidates[k].won;
        if (won != 1)
            return differ(c, "winners", events[i].server, won, 1);
        bool right = true;
        if (e->candidates[0].server != TB_NONE &&
            (e->reason != reason_of_windows(e, &right) || !right))
            return differ(c, "the reason among windows", events[i].server, e->reason, right);
    }
    return at == explanation_count ? true : differ(c, "calls", 0, explanation_count, at);
}
