/* Looking at a city without changing it: what is published, and what an embedder asks. */
#include "step.h"

enum tb_status tb_city_wait(const struct tb_city *city, uint32_t station, uint32_t queue,
                            struct tb_wait *out)
{
    tb_assert(out != NULL);
    if (station >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    if (queue >= (uint32_t)tbi_station(city, station)->group_count * TB_CLASSES)
        return TB_STATUS_GROUP_UNKNOWN;
    tbi_estimate(city, station, queue, out);
    return TB_STATUS_OK;
}

enum tb_status tb_city_station_load(const struct tb_city *city, uint32_t station_index,
                                    tb_time now, struct tb_station_load *out)
{
    tb_assert(out != NULL);
    if (station_index >= city->size.stations)
        return TB_STATUS_STATION_UNKNOWN;
    const struct tbi_station *station = tbi_station(city, station_index);
    *out = (struct tb_station_load){.waiting = station->waiting,
                                    .called = station->called,
                                    .serving = station->serving,
                                    .booked = station->booked,
                                    .parked = station->parked,
                                    .windows_open = station->open,
                                    .windows_ready = station->ready,
                                    .heading = tbi_hall_heading(city, station_index, now),
                                    .number_last = station->number_last,
                                    .day = station->day,
                                    .accepts = station->accepts};
    for (uint32_t kind = 0; kind < TB_EVENT_COUNT; kind++)
        out->counts[kind] = *tbi_station_count(station, kind);
    return TB_STATUS_OK;
}

enum tb_status tb_city_ticket(const struct tb_city *city, tb_ref ref, struct tb_ticket_view *out)
{
    tb_assert(out != NULL);
    const uint32_t index = tbi_ticket_find(city, ref);
    if (index == TB_NONE)
        return TB_STATUS_TICKET_UNKNOWN;
    const struct tbi_ticket *ticket = tbi_ticket(city, index);
    const struct tbi_ticket_more *more = tbi_more(city, index);
    const bool has_case = tbi_ticket_is_task(ticket) && more->case_index != TB_NONE;
    *out = (struct tb_ticket_view){
        .ref = ref,
        .citizen = ticket->citizen,
        .state = (enum tb_ticket_state)ticket->state,
        .station = ticket->station,
        .queue = ticket->queue,
        .server = ticket->server,
        .number = ticket->number,
        .join = ticket->join,
        .place_at_us = ticket->state == TB_TICKET_BOOKED ? more->key_us : ticket->place_at,
        .changed_at_us = ticket->changed_at,
        .matter = ticket->matter,
        .matters_left = ticket->matters_left,
        .class_ = tbi_ticket_class(ticket),
        .channel = tbi_ticket_channel(ticket),
        .case_ref = has_case ? tbi_case_ref(city, more->case_index) : 0};
    return TB_STATUS_OK;
}

enum tb_status tb_city_server(const struct tb_city *city, uint32_t index,
                              struct tb_server_view *out)
{
    tb_assert(out != NULL);
    if (index >= city->size.servers)
        return TB_STATUS_SERVER_UNKNOWN;
    const struct tbi_server *server = tbi_server(city, index);
    const bool has_ticket = server->ticket != TB_NONE;
    *out = (struct tb_server_view){.station = server->station,
                                   .profile = server->profile,
                                   .state = (enum tb_server_state)server->state,
                                   .closing = server->closing,
                                   .pausing = server->pausing,
                                   .ticket = has_ticket ? tbi_ticket_ref(city, server->ticket) : 0,
                                   .changed_at_us = server->changed_at};
    return TB_STATUS_OK;
}

enum tb_status tb_city_case(const struct tb_city *city, tb_ref ref, struct tb_case_view *out)
{
    tb_assert(out != NULL);
    const uint32_t index = tbi_case_find(city, ref);
    if (index == TB_NONE)
        return TB_STATUS_CASE_UNKNOWN;
    const struct tbi_case *case_ = tbi_case_(city, index);
    *out = (struct tb_case_view){.ref = ref,
                                 .citizen = case_->citizen,
                                 .state = (enum tb_case_state)case_->state,
                                 .matter = case_->matter,
                                 .route = case_->route,
                                 .station = case_->station,
                                 .number = case_->number,
                                 .opened_at_us = case_->opened_at,
                                 .due_at_us = case_->due_at,
                                 .steps_active = case_->active,
                                 .steps_correction = case_->correction,
                                 .steps_done = case_->done};
    return TB_STATUS_OK;
}

uint32_t tb_city_ticket_slots(const struct tb_city *city)
{
    return city->tickets.used;
}

uint32_t tb_city_case_slots(const struct tb_city *city)
{
    return city->cases.used;
}

enum tb_status tb_city_ticket_at(const struct tb_city *city, uint32_t index,
                                 struct tb_ticket_view *out)
{
    tb_assert(out != NULL);
    if (index >= city->tickets.used || tbi_ticket(city, index)->state == TB_TICKET_FREE)
        return TB_STATUS_TICKET_UNKNOWN;
    return tb_city_ticket(city, tbi_ticket_ref(city, index), out);
}

enum tb_status tb_city_case_at(const struct tb_city *city, uint32_t index, struct tb_case_view *out)
{
    tb_assert(out != NULL);
    if (index >= city->cases.used || tbi_case_(city, index)->state == TB_CASE_FREE)
        return TB_STATUS_CASE_UNKNOWN;
    return tb_city_case(city, tbi_case_ref(city, index), out);
}

int64_t tb_city_rule(const struct tb_city *city, uint32_t station, uint32_t rule)
{
    tb_assert(station < city->size.stations);
    tb_assert(rule < TB_RULE_COUNT);
    return tbi_rule(city, station, (enum tb_rule)rule);
}

uint32_t tb_city_station_count(const struct tb_city *city)
{
    return (uint32_t)city->size.stations;
}

uint32_t tb_city_server_count(const struct tb_city *city)
{
    return (uint32_t)city->size.servers;
}

uint32_t tb_city_server_first(const struct tb_city *city, uint32_t station)
{
    tb_assert(station <= city->size.stations);
    return station < city->size.stations ? tbi_station(city, station)->server_first
                                         : (uint32_t)city->size.servers;
}

uint64_t tb_city_sequence(const struct tb_city *city)
{
    return city->sequence;
}

tb_time tb_city_deadline_at(const struct tb_city *city)
{
    return tbi_due_first(city, TB_NEVER);
}

tb_time tb_city_deadline_by(const struct tb_city *city, tb_time limit)
{
    return tbi_due_first(city, limit);
}

tb_time tb_station_deadline_at(const struct tb_city *city, uint32_t station)
{
    tb_assert(station < city->size.stations);
    const tb_time visit_at = tbi_visits_first_of(city, station);
    const tb_time call_at = tbi_calls_first_of(city, station);
    const tb_time shared_at = visit_at < call_at ? visit_at : call_at;
    const tb_time at = *tbi_due_station(city, station);
    return shared_at < at ? shared_at : at;
}
