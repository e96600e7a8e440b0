/* serve.h: `tongban serve`.
 *
 * The server knows nothing of the simulator; what needs it (CITY.WHATIF) is handed in. Threads: the
 * calling one becomes the server's. */
#ifndef TBI_NET_SERVE_H
#define TBI_NET_SERVE_H

#include "tongban/city.h"
#include "tongban/scenario.h"

/* Simulates the rest of the day from a copy of the city, with and without a change, and writes an
 * answer for people (JSON) into `out`; the caller frees it. NULL: `error` says why. `change` is as
 * written by the client, "window police/city#7 opens at 10:30". Called on a thread of its own. */
typedef char *tbi_whatif(const struct tb_scenario *scenario, const struct tb_city *copy,
                         tb_time now, const char *change, char *error, size_t error_bytes);

struct tbi_serve_options {
    const char *scenario, *data, *unix_path, *listen, *access, *http_listen, *clock;
    uint16_t port, http_port;
    bool tcp, http;
    int durability_ms; /* 0: always; -1: off */
    uint32_t connections_max;
    uint32_t history; /* events kept in memory for those who come back */
    int64_t idle_s;   /* a silent connection is closed; 0: never */
    int64_t snapshot_s;
    tbi_whatif *whatif; /* NULL: not offered */
};

/* Exit status: 0 stopped in order, 1 failed, 2 the command line, scenario or a file is wrong. */
int tbi_cmd_serve(int argc, char **argv);
extern tbi_whatif *tbi_serve_whatif; /* set by the program before the command is run */

#endif
