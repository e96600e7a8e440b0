/* serve.h: `tongban serve`.
 *
 * The server knows nothing of the simulator. Threads: the calling one becomes the server's. */
#ifndef TBI_NET_SERVE_H
#define TBI_NET_SERVE_H

#include "tongban/city.h"
#include "tongban/scenario.h"

enum { TBI_THREADS_MAX = 64 };

struct tbi_serve_options {
    const char *scenario, *data, *unix_path, *listen, *access, *http_listen, *clock,
        *rosters;
    const char *tls_listen, *tls_cert, *tls_key, *tls_clients_ca, *tls_clients;
    uint16_t port, tls_port, http_port;
    bool tcp, tls, http;
    int durability_ms; /* 0: always; -1: off */
    uint32_t connections_max;
    uint32_t threads; /* 1: the calling one has all connections; more: front.h */
    uint32_t history; /* events kept in memory for those who come back */
    int64_t idle_s;   /* a silent connection is closed; 0: never */
    int64_t snapshot_s;
    int64_t spin_us; /* looks for requests so long before it sleeps; 0: sleeps at once */
};

/* Exit status: 0 stopped in order, 1 failed, 2 the command line, scenario or a file is wrong. */
int tbi_cmd_serve(int argc, char **argv);

/* `tongban protocol`: the tables of PROTOCOL.md on standard output. */
int tbi_cmd_protocol(int argc, char **argv);

#endif
