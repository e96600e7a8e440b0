/* Why this one: the candidates of a call, written down from the same state and by the same
 * functions that decide. */
#include "step.h"

static struct tb_candidate line_candidate(const struct tb_city *city, uint32_t station_index,
                                          uint32_t queue, uint32_t won)
{
    const struct tbi_station *station = tbi_station(city, station_index);
    const struct tbi_line *line = tbi_station_line(station, queue);
    uint32_t first = line->fifo ? line->head : line->root;
    uint32_t class_ = queue % TB_CLASSES;
    const int64_t *rule = tbi_station_rules(station);
    const struct tbi_ticket *winner = tbi_ticket(city, won);
    if (winner->station == station_index && winner->queue == queue)
        first = won;
    int64_t key_us =
        line->fifo ? tbi_ticket(city, first)->place_at : tbi_more(city, first)->key_us;
    return (struct tb_candidate){
        .ticket = tbi_ticket_ref(city, first),
        .server = TB_NONE,
        .station = (uint16_t)station_index,
        .queue = (uint8_t)queue,
        .tier = (uint8_t)rule[TB_RULE_tier_normal + class_],
        .overtaken = line->overtakes,
        .won = first == won,
        .key_us = key_us < TB_NEVER / 2 ? key_us : TB_NEVER / 2,
        .credit_us = rule[TB_RULE_credit_normal_us + class_],
        .join = tbi_ticket(city, first)->join,
    };
}

/* Says more finely than "largest age + credit" what decided between the candidates. */
static enum tb_explain_reason reason_refine(const struct tb_explanation *out)
{
    const struct tb_candidate *won = NULL;
    for (uint32_t i = 0; i < out->candidate_count; i++)
        if (out->candidates[i].won)
            won = &out->candidates[i];
    uint32_t same_tier = 0, same_key = 0;
    for (uint32_t i = 0; won && i < out->candidate_count; i++) {
        const struct tb_candidate *other = &out->candidates[i];
        if (other == won || other->tier != won->tier)
            continue;
        same_tier++;
        same_key += other->key_us - other->credit_us == won->key_us - won->credit_us;
    }
    return same_tier == 0 ? TB_EXPLAIN_TIER : same_key == 0 ? TB_EXPLAIN_AGE : TB_EXPLAIN_JOIN;
}

static void explain_tickets(const struct tb_city *city, uint32_t server, uint32_t ticket,
                            struct tb_explanation *out)
{
    struct tbi_choice choice = tbi_choose_ticket(city, server);
    const struct tbi_profile *profile = tbi_server_profile(city, tbi_server(city, server));
    const struct tbi_ticket *won = tbi_ticket(city, ticket);
    uint64_t lines = choice.eligible;
    if (choice.station != won->station)
        lines = 0;
    lines |= tbi_bit(won->queue);
    for (uint64_t m = lines; m; m &= m - 1) {
        uint32_t queue = tbi_lowest(m);
        struct tb_candidate *row = &out->candidates[out->candidate_count++];
        *row = line_candidate(city, won->station, queue, ticket);
        row->helps = won->station == tbi_server(city, server)->station &&
                     !(profile->serves & tbi_bit(queue));
    }
    if (out->reason == TB_EXPLAIN_AGE)
        out->reason = reason_refine(out);
}

/* The ready windows that the ticket could have had; at most as many as there is room for, the
 * winner first. */
static void explain_servers(const struct tb_city *city, uint32_t server, uint32_t ticket,
                            struct tb_explanation *out)
{
    const struct tbi_ticket *row = tbi_ticket(city, ticket);
    bool remote = row->station == city->station_remote;
    uint32_t flexible = tbi_server_profile(city, tbi_server(city, server))->flexible;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < city->size.servers; i++) {
            const struct tbi_server *other = tbi_server(city, i);
            const struct tbi_profile *profile = tbi_server_profile(city, other);
            uint64_t lines = remote ? profile->remote : profile->serves | profile->helps;
            bool could = other->state == TB_SERVER_READY && (lines & tbi_bit(row->queue)) &&
                         (remote || other->station == row->station);
            if (!could || (i == server) != (pass == 0) ||
                out->candidate_count == TB_QUEUES_MAX)
                continue;
            if (i != server && profile->flexible == flexible)
                out->reason = TB_EXPLAIN_LONGEST;
            out->candidates[out->candidate_count++] = (struct tb_candidate){
                .server = i,
                .station = other->station,
                .queue = row->queue,
                .flexible = (uint8_t)profile->flexible,
                .won = i == server,
                .key_us = other->changed_at,
            };
        }
    }
    if (out->candidate_count == 1)
        out->reason = TB_EXPLAIN_ONLY;
}

static void explain(const struct tb_city *city, tb_time now, uint32_t server, uint32_t ticket,
                    enum tb_explain_reason reason, struct tb_explanation *out)
{
    memset(out, 0, sizeof *out);
    out->at_us = now;
    out->server = server;
    out->reason = reason;
    if (ticket == TB_NONE)
        return;
    out->ticket = tbi_ticket_ref(city, ticket);
    if (reason == TB_EXPLAIN_FLEXIBLE)
        explain_servers(city, server, ticket, out);
    else
        explain_tickets(city, server, ticket, out);
}

void tbi_explain_call(struct tbi_step *step, uint32_t server, uint32_t ticket,
                      enum tb_explain_reason reason)
{
    if (step->explanation_count == step->explanation_max)
        return;
    explain(step->city, step->now, server, ticket, reason,
            &step->explanations[step->explanation_count++]);
}

enum tb_status tb_city_explain(const struct tb_city *city, tb_time now, uint32_t server,
                               struct tb_explanation *out)
{
    if (server >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    struct tbi_choice choice = tbi_choose_ticket(city, server);
    explain(city, now, server, choice.ticket, choice.reason, out);
    return TB_STATUS_OK;
}
