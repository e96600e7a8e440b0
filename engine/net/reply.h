/* reply.h: events of the city become what clients read.
 *
 * An answer is a map (in RESP2 a flat list) of the fields that have a meaning for its event:
 * event, sequence, at_us, ref, number, station, window, matter, and its two values under names of
 * their own (reply.c), or value and value2; what these are stands in event.def. The answer to a
 * question does not repeat the question. A refusal is an error with its code. A pushed event is one
 * JSON object with the same names.
 *
 * After CLIENT ANSWERS VALUES a connection gets, instead of the map, an array of its values alone,
 * a third of the bytes, for programs that ask much (CLIENT ANSWERS NAMES: as before):
 *     a change     event, sequence, ref, number, window, value, value2, flags
 *     a question   value, value2, number; for TICKET.INFO and each hall of HALL.SUGGEST also
 *                  station, window, matter, state
 * All are integers, but for references (32 characters, or null). Events and states are the numbers
 * of event.def and state.def; stations, windows and matters the rows of the scenario's tables from
 * 0, which every command takes instead of an id; -1: none. flags: 2 repeated, 4 started, 8 silent.
 *
 * Threads: pure once made. */
#ifndef TBI_NET_REPLY_H
#define TBI_NET_REPLY_H

#include "names.h"
#include "tongban/city.h"

/* One event as an answer. state: of the ticket asked for; -1: none was. */
void tbi_reply_event(const struct tbi_names *names, const struct tb_event *event, int state,
                     int version, struct tbi_bytes *out);
void tbi_reply_values(const struct tbi_names *names, const struct tb_event *event, int state,
                      int version, struct tbi_bytes *out);

/* Appends the event as JSON. *open_bytes: how many of the bytes are enough for whoever may not see
 * references; he gets them and a "}". */
void tbi_reply_json(const struct tbi_names *names, const struct tb_event *event,
                    struct tbi_bytes *out, size_t *open_bytes);

/* What a window would do next, and why; refs: whose turn it is, too. */
void tbi_reply_explanation(const struct tbi_names *names, const struct tb_explanation *explanation,
                           bool refs, int version, struct tbi_bytes *out);

#endif
