/* http.h: the workbench's page and its questions over HTTP, by libmicrohttpd, a thread for each
 * connection.
 *
 * Only requests whose Host is the address that is served are answered (DNS rebinding), and a POST
 * only when it comes from the page itself: Origin is that address, and its body says it is JSON.
 * Every answer carries a Content-Security-Policy that lets the page ask nobody else. Blocking. */
#ifndef TBS_WEB_HTTP_H
#define TBS_WEB_HTTP_H

#include <stdint.h>

#include "web/api.h"

struct tbs_web_server;

/* `listen`: an IPv4 address; port 0: any free one. NULL: *error says why. The web is borrowed. */
struct tbs_web_server *tbs_web_serve(struct tbs_web *web, const char *listen, uint16_t port,
                                     char error[256]);
uint16_t tbs_web_port(const struct tbs_web_server *server);
void tbs_web_stop(struct tbs_web_server *server);

/* Is this Host header, or the Origin after its scheme, one of those served? Pure. */
bool tbs_web_host_allowed(const char *host, const char *listen, uint16_t port);

#endif
