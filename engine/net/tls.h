/* tls.h: TLS 1.3 on the connections of --tls-port; private to this folder.
 *
 * OpenSSL works on bytes in memory only; the sockets stay loop.c's. A connection of the plain port
 * has no tbi_tls and pays one comparison. What has arrived is given to tbi_tls_received, which
 * hands what it deciphers to tbi_server_input; tbi_tls_write enciphers what may be sent.
 *
 * Only TLS 1.3, without resumption and early data, so that each connection shows its certificate
 * anew and nothing can be replayed. A client's certificate, where --tls-clients-ca asks for it,
 * logs its owner in: its common name is a name of the access file. The authority that signs them
 * is trusted with that; it should sign nothing else.
 *
 * A handshake costs some 0.45 ms (P-256) or 0.75 ms (RSA 2048), so one step of one is done in a
 * turn of the loop; others wait their turn, and whoever has not finished within
 * TBI_TLS_HANDSHAKE_US is closed.
 *
 * Owner: the server has the context, a session its tls. Errors: a sentence in the caller's buffer;
 * a failed handshake is told on standard error, once a second at most. Threads: the server's. */
#ifndef TBI_NET_TLS_H
#define TBI_NET_TLS_H

#include "serve.h"
#include "session.h"

enum { TBI_TLS_ERROR_MAX = 512, TBI_TLS_HANDSHAKE_US = 10000000 };

struct tbi_server;
struct tbi_tls_context; /* the certificates, and who waits for a step of a handshake */
struct tbi_tls;         /* of one connection */

/* NULL: `error` says which file is wrong, and how. */
struct tbi_tls_context *tbi_tls_load(const struct tbi_serve_options *options,
                                     char error[TBI_TLS_ERROR_MAX]);
/* Reads the files again for connections to come. False: as before; `error` says why. */
bool tbi_tls_reload(struct tbi_tls_context *context, const struct tbi_serve_options *options,
                    char error[TBI_TLS_ERROR_MAX]);
void tbi_tls_unload(struct tbi_tls_context *context); /* after its connections; NULL is allowed */

/* For a session that was just taken. */
struct tbi_tls *tbi_tls_open(struct tbi_tls_context *context, struct tbi_session *session);
void tbi_tls_close(struct tbi_tls *tls); /* NULL is allowed */

/* Once a turn, before what has arrived: lets one handshake that waits take a step. */
void tbi_tls_turn(struct tbi_server *server);
bool tbi_tls_is_due(const struct tbi_tls_context *context); /* a handshake waits; NULL: false */
bool tbi_tls_is_shaken(const struct tbi_tls *tls);          /* the handshake is done */

void tbi_tls_received(struct tbi_server *server, struct tbi_session *session, const char *data,
                      size_t bytes);
/* What was said besides (handshakes, alerts), and these bytes, enciphered, are added to `to`. */
void tbi_tls_write(struct tbi_tls *tls, const char *data, size_t bytes, struct tbi_bytes *to);
bool tbi_tls_has_more(const struct tbi_tls *tls); /* something to be sent besides; NULL: false */
void tbi_tls_end(struct tbi_tls *tls);            /* says that nothing follows; NULL is allowed */

#endif
