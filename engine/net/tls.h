/* tls.h: TLS 1.3 on the connections of --tls-port; private to this folder.
 *
 * OpenSSL works on bytes in memory only; the sockets stay those of the thread that has the
 * connection. A connection of the plain port has no tbi_tls and pays one comparison. What has
 * arrived is fed, and tbi_tls_next tells what it means; tbi_tls_write enciphers what may be sent.
 *
 * Only TLS 1.3, without resumption and early data, so that each connection shows its certificate
 * anew and nothing can be replayed. A client's certificate, where --tls-clients-ca asks for it,
 * logs its owner in: its common name is a name of the access file. The authority that signs them
 * is trusted with that; it should sign nothing else.
 *
 * A handshake costs some 0.45 ms (P-256) or 0.75 ms (RSA 2048), so one step of one is done in a
 * turn of its thread; others wait in the thread's line, and whoever has not finished within
 * TBI_TLS_HANDSHAKE_US is closed.
 *
 * Owner: the server has the context. Errors: a sentence in the caller's buffer. Threads: the
 * context is the server's; a tls belongs to the thread of its line, once handed over there. */
#ifndef TBI_NET_TLS_H
#define TBI_NET_TLS_H

#include "bytes.h"
#include "serve.h"

enum { TBI_TLS_ERROR_MAX = 512, TBI_TLS_HANDSHAKE_US = 10000000, TBI_TLS_PLAIN = 16384 };

struct tbi_tls_context; /* the certificates */
struct tbi_tls;         /* of one connection */

/* Those of one thread that wait for a step of a handshake. */
struct tbi_tls_line {
    struct tbi_tls *first, *last;
    bool step_free; /* of this turn */
    char plain[TBI_TLS_PLAIN];
};

/* NULL: `error` says which file is wrong, and how. */
struct tbi_tls_context *tbi_tls_load(const struct tbi_serve_options *options,
                                     char error[TBI_TLS_ERROR_MAX]);
/* Reads the files again for connections to come. False: as before; `error` says why. */
bool tbi_tls_reload(struct tbi_tls_context *context, const struct tbi_serve_options *options,
                    char error[TBI_TLS_ERROR_MAX]);
void tbi_tls_unload(struct tbi_tls_context *context); /* NULL is allowed */

/* owner: whose connection it is, as its thread knows it. */
struct tbi_tls *tbi_tls_open(struct tbi_tls_context *context, struct tbi_tls_line *line,
                             void *owner);
void tbi_tls_close(struct tbi_tls *tls); /* NULL is allowed */

/* Once a turn, before what has arrived: the owner of the handshake that may take a step, which is
 * then to ask tbi_tls_next; NULL: nobody waits. */
void *tbi_tls_turn(struct tbi_tls_line *line);

void tbi_tls_feed(struct tbi_tls *tls, const char *data, size_t bytes);
enum tbi_tls_news {
    TBI_TLS_NOTHING, /* more must arrive, or its turn come; there may be something to send */
    TBI_TLS_SHAKEN,  /* once, first of all: tbi_tls_name has who it is */
    TBI_TLS_PLAIN_BYTES,
    TBI_TLS_ENDED, /* the other side has said all; nothing comes after it */
    TBI_TLS_BROKEN /* *data: why, a text. To be closed; nothing comes after it */
};
/* *data lives until the next call on the line. */
enum tbi_tls_news tbi_tls_next(struct tbi_tls *tls, const char **data, size_t *bytes);
/* The common name of the certificate that was shown and verified; how long it is, 0: none. */
size_t tbi_tls_name(const struct tbi_tls *tls, char *out, size_t room);

/* What was said besides (handshakes, alerts), and these bytes, enciphered, are added to `to`. */
void tbi_tls_write(struct tbi_tls *tls, const char *data, size_t bytes, struct tbi_bytes *to);
bool tbi_tls_has_more(const struct tbi_tls *tls); /* something to be sent besides; NULL: false */
void tbi_tls_end(struct tbi_tls *tls);            /* says that nothing follows; NULL is allowed */

#endif
