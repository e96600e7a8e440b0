/* The const views of the core against those of the model. */
#include "compare.h"

#include "inside.h"

#include <stdio.h>

static bool differ(struct compare *c, const char *what, uint32_t of, int64_t core, int64_t model)
{
    snprintf(c->failure, c->failure_bytes, "%s of %u differs: model %lld, core %lld", what, of,
             (long long)model, (long long)core);
    return false;
}

#define SAME(what, of, field)                                                                      \
    if ((int64_t)core.field != (int64_t)model.field)                                               \
    return differ(c, what " " #field, of, (int64_t)core.field, (int64_t)model.field)

static bool compare_load(struct compare *c, const struct tb_city *city, uint32_t s, tb_time now)
{
    struct tb_station_load core, model;
    if (tb_city_station_load(city, s, now, &core) != TB_STATUS_OK)
        return differ(c, "load", s, -1, 0);
    model_station_load(c->model, s, now, &model);
    SAME("load", s, waiting);
    SAME("load", s, called);
    SAME("load", s, serving);
    SAME("load", s, booked);
    SAME("load", s, parked);
    SAME("load", s, windows_open);
    SAME("load", s, windows_ready);
    SAME("load", s, heading);
    SAME("load", s, number_last);
    SAME("load", s, day);
    SAME("load", s, accepts);
    for (uint32_t k = 0; k < TB_EVENT_COUNT; k++)
        if (k != TB_EVENT_ESTIMATES && core.counts[k] != model.counts[k])
            return differ(c, tb_event_name(k), s, (int64_t)core.counts[k],
                          (int64_t)model.counts[k]);
    tb_time core_at = tb_station_deadline_at(city, s);
    tb_time model_at = model_station_deadline_at(c->model, s);
    return core_at == model_at ? true : differ(c, "the deadline", s, core_at, model_at);
}

static bool compare_server(struct compare *c, const struct tb_city *city, uint32_t s)
{
    struct tb_server_view core, model;
    if (tb_city_server(city, s, &core) != TB_STATUS_OK)
        return differ(c, "server", s, -1, 0);
    model_server(c->model, s, &model);
    core.ticket = refs_model(&c->refs, core.ticket);
    SAME("server", s, station);
    SAME("server", s, profile);
    SAME("server", s, state);
    SAME("server", s, closing);
    SAME("server", s, pausing);
    SAME("server", s, ticket);
    return true;
}

static bool compare_ticket(struct compare *c, const struct tb_city *city, const struct m_ticket *t)
{
    struct tb_ticket_view core, model;
    uint32_t of = (uint32_t)(t->ref >> 8);
    if (tb_city_ticket(city, refs_core(&c->refs, t->ref), &core) != TB_STATUS_OK)
        return differ(c, "a ticket that the core lost: made by", of, -1, 0);
    model_ticket(c->model, t->ref, &model);
    core.ref = refs_model(&c->refs, core.ref);
    core.case_ref = refs_model(&c->refs, core.case_ref);
    SAME("ticket", of, ref);
    SAME("ticket", of, citizen);
    SAME("ticket", of, state);
    SAME("ticket", of, station);
    SAME("ticket", of, queue);
    SAME("ticket", of, server);
    SAME("ticket", of, number);
    SAME("ticket", of, place_at_us);
    if (t->state == TB_TICKET_WAITING || t->state == TB_TICKET_CALLED ||
        t->state == TB_TICKET_SERVING)
        SAME("ticket", of, changed_at_us);
    SAME("ticket", of, matter);
    SAME("ticket", of, matters_left);
    SAME("ticket", of, class_);
    SAME("ticket", of, channel);
    SAME("ticket", of, case_ref);
    return true;
}

static bool compare_case(struct compare *c, const struct tb_city *city, const struct m_case *x)
{
    struct tb_case_view core, model;
    uint32_t of = (uint32_t)(x->ref >> 8);
    if (tb_city_case(city, refs_core(&c->refs, x->ref), &core) != TB_STATUS_OK)
        return differ(c, "a case that the core lost: made by", of, -1, 0);
    model_case(c->model, x->ref, &model);
    core.ref = refs_model(&c->refs, core.ref);
    SAME("case", of, ref);
    SAME("case", of, citizen);
    SAME("case", of, state);
    SAME("case", of, matter);
    SAME("case", of, route);
    SAME("case", of, station);
    SAME("case", of, number);
    SAME("case", of, opened_at_us);
    SAME("case", of, due_at_us);
    SAME("case", of, steps_active);
    SAME("case", of, steps_correction);
    SAME("case", of, steps_done);
    return true;
}

static bool compare_line(struct compare *c, const struct tb_city *city, uint32_t s, uint32_t queue)
{
    struct tb_wait core;
    if (tb_city_wait(city, s, queue, &core) != TB_STATUS_OK)
        return differ(c, "wait", s, -1, 0);
    uint32_t ahead, windows = model_line_windows(c->model, s, queue, &ahead);
    if (core.windows != windows)
        return differ(c, "windows of a line", s, core.windows, windows);
    if (core.ahead != ahead)
        return differ(c, "people ahead in the lines", s, core.ahead, ahead);
    if ((core.half_us == TB_WAIT_UNKNOWN) != (windows == 0) || core.half_us > core.nine_in_ten_us)
        return differ(c, "wait", s, core.half_us, core.nine_in_ten_us);
    return true;
}

static bool compare_thoroughly(struct compare *c, const struct tb_city *city, tb_time now)
{
    const struct model *m = c->model;
    for (uint32_t i = 0; i < m->tickets.count; i++)
        if (!compare_ticket(c, city, m_ticket_at(m, i)))
            return false;
    for (uint32_t i = 0; i < m->cases.count; i++)
        if (!compare_case(c, city, m->cases.items[i]))
            return false;
    for (uint32_t s = 0; s < m->config.station_count; s++) {
        for (uint32_t q = 0; q < m->config.stations[s].group_count * TB_CLASSES; q++)
            if (!compare_line(c, city, s, q))
                return false;
        for (uint32_t r = 0; r < TB_RULE_COUNT; r++)
            if (tb_city_rule(city, s, r) != m_rule(m, s, r))
                return differ(c, tb_rule_row(r)->name, s, tb_city_rule(city, s, r),
                              m_rule(m, s, r));
    }
    for (uint32_t s = 0; s < m->server_count; s++)
        if (m->servers[s].state == TB_SERVER_WRAP && !compare_choice(c, city, s, now))
            return false;
    return true;
}

bool compare_views(struct compare *c, const struct tb_city *city, tb_time now, bool thorough)
{
    const struct model *m = c->model;
    for (uint32_t s = 0; s < m->config.station_count; s++)
        if (!compare_load(c, city, s, now))
            return false;
    for (uint32_t s = 0; s < m->server_count; s++)
        if (!compare_server(c, city, s))
            return false;
    const tb_time due = model_deadline_at(m), before = due - 1, after = due - (due == TB_NEVER) + 1;
    if (tb_city_deadline_at(city) != due)
        return differ(c, "the city's deadline", 0, tb_city_deadline_at(city), due);
    if (tb_city_deadline_by(city, before) != before)
        return differ(c, "the deadline by an earlier limit", 0, tb_city_deadline_by(city, before),
                      before);
    if (tb_city_deadline_by(city, after) != due)
        return differ(c, "the deadline by a later limit", 0, tb_city_deadline_by(city, after), due);
    uint64_t sequence = m->sequence + c->estimate_count;
    if (tb_city_sequence(city) != sequence)
        return differ(c, "the last sequence number", 0, (int64_t)tb_city_sequence(city),
                      (int64_t)sequence);
    return !thorough || compare_thoroughly(c, city, now);
}
