/* Events: how they are written. The first one of a command is its answer. */
#ifndef TBI_EMIT_H
#define TBI_EMIT_H

#include "layout.h"

/* One step's surroundings: on the stack, never in the city. */
struct tbi_step {
    struct tb_city *city;
    tb_time now;       /* of the command, or of what time brings */
    uint64_t tag;
    struct tb_event *out;
    const struct tb_event *last; /* with room for all of one command's after it */
    uint8_t answer;    /* TB_EVENT_FLAG_ANSWER until the command's first event */
    uint32_t only;     /* tb_station_step's station, or TB_NONE */
    uint32_t near;     /* a ticket to be reminded after the event of a leaving, or TB_NONE */
    struct tb_explanation *explanations; /* NULL: nobody asked */
    uint32_t explanation_count, explanation_max;
};

/* An answer to a query, or a refusal: no number, no count, no clock. All fields but those given
 * are zero, server TB_NONE, matter TB_MATTER_NONE; the caller fills them. `station`
 * TB_STATION_NONE: of none. */
static inline struct tb_event *tbi_answer(struct tbi_step *step, enum tb_event_kind kind,
                                          uint32_t station)
{
    struct tb_event *event = step->out++;
    *event = (struct tb_event){
        .at_us = step->now,
        .tag = step->tag,
        .kind = (uint16_t)kind,
        .station = (uint16_t)station,
        .server = TB_NONE,
        .matter = TB_MATTER_NONE,
        .flags = step->answer,
    };
    step->answer = 0;
    return event;
}

/* Counts and numbers what happened there, and moves the station's clock to step->now (the city's:
 * step.c); gives the number. */
static inline uint64_t tbi_emit_count(struct tbi_step *step, enum tb_event_kind kind,
                                      struct tbi_station *station)
{
    station->clock_at = step->now;
    ++*tbi_station_count(station, kind);
    return ++step->city->sequence;
}

/* Something happened; `station` may be none. */
static inline struct tb_event *tbi_emit(struct tbi_step *step, enum tb_event_kind kind,
                                        uint32_t station)
{
    struct tb_city *city = step->city;
    uint64_t sequence = station < city->size.stations
                            ? tbi_emit_count(step, kind, tbi_station(city, station))
                            : ++city->sequence;
    struct tb_event *event = tbi_answer(step, kind, station);
    event->sequence = sequence;
    return event;
}

/* With all that a ticket of that station knows, and the window. Written in one go: what is read
 * for it is read before, as the compiler can't know that the events lie outside the block. */
static inline struct tb_event *tbi_emit_whole(struct tbi_step *step, enum tb_event_kind kind,
                                              struct tbi_station *station,
                                              const struct tbi_ticket *ticket, uint32_t index,
                                              uint32_t server, int64_t value, int64_t value2)
{
    struct tb_event *event = step->out++;
    *event = (struct tb_event){
        .at_us = step->now,
        .sequence = tbi_emit_count(step, kind, station),
        .tag = step->tag,
        .ref = tbi_ref(ticket->name, index),
        .value = value,
        .value2 = value2,
        .kind = (uint16_t)kind,
        .station = ticket->station,
        .server = server,
        .number = ticket->number,
        .matter = ticket->matter,
        .queue = ticket->queue,
        .flags = step->answer,
    };
    step->answer = 0;
    return event;
}

static inline struct tb_event *tbi_emit_at_server(struct tbi_step *step, enum tb_event_kind kind,
                                                  uint32_t index, uint32_t server)
{
    const struct tbi_ticket *ticket = tbi_ticket(step->city, index);
    return tbi_emit_whole(step, kind, tbi_station(step->city, ticket->station), ticket, index,
                          server, 0, 0);
}

static inline struct tb_event *tbi_emit_ticket(struct tbi_step *step, enum tb_event_kind kind,
                                               uint32_t ticket)
{
    return tbi_emit_at_server(step, kind, ticket, TB_NONE);
}

#endif
