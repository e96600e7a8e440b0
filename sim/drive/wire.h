/* wire.h: the connections to a scheduler, as any client has them.
 *
 * Commands go out as people would write them: ids of halls, windows and matters, references as
 * they were given out. One further connection listens to all events. Threads: one. Blocking, five
 * seconds at most for each answer. */
#ifndef TBS_DRIVE_WIRE_H
#define TBS_DRIVE_WIRE_H

#include <hiredis/hiredis.h>

#include "tongban/city.h"
#include "tongban/scenario.h"

enum { TBS_WIRE_ERROR_MAX = 256 };

struct tbs_wire;

/* "unix:PATH" or "HOST:PORT". users: a file, one "NAME PASSWORD" a line; NULL: nobody logs in. The
 * connections are theirs in turn, and each command goes out as one of those who may give it: who it
 * is, is learnt from the scheduler's refusals. The first one hears the events, so it is one that
 * sees all halls and references. NULL: error says why. */
struct tbs_wire *tbs_wire_open(const char *address, uint32_t connections, const char *users,
                               const struct tb_scenario *scenario,
                               char error[TBS_WIRE_ERROR_MAX]);
void tbs_wire_close(struct tbs_wire *wire);

/* The scheduler's time; TB_NEVER with the error where it has none. */
tb_time tbs_wire_clock(struct tbs_wire *wire, char error[TBS_WIRE_ERROR_MAX]);

/* Moves the scheduler's time to `now`, and sends the command (NULL: none) behind it on the
 * connection whose it is. The answer is the caller's (freeReplyObject); NULL: error. */
redisReply *tbs_wire_send(struct tbs_wire *wire, tb_time now, const struct tb_command *command,
                          char error[TBS_WIRE_ERROR_MAX]);

/* The next event pushed, as JSON, the caller's to free(); NULL: none is there yet, or with `wait`,
 * none came. */
char *tbs_wire_event(struct tbs_wire *wire, bool wait);

/* A reference was seen: 32 characters as it is written. */
void tbs_wire_ref(struct tbs_wire *wire, const char *text);
bool tbs_wire_knows(const struct tbs_wire *wire, tb_ref ref);

const char *tbs_wire_station(const struct tbs_wire *wire, uint32_t station);

#endif
