/* names.h: ids of halls, desks, windows and matters, and references, as clients write them.
 *
 * Ids are those of the scenario's tables, or numbers. References are capabilities: 16 hexadecimal
 * digits of the core's reference and 16 of a keyed checksum (SipHash-2-4, Aumasson and Bernstein
 * 2012, by libsodium), so that nobody reads another's ticket by counting. Citizens are opaque:
 * what a client gives is hashed with the same key, and only the hash goes on.
 *
 * Owner: its maker; the scenario is borrowed. Threads: reading by any number. */
#ifndef TBI_NET_NAMES_H
#define TBI_NET_NAMES_H

#include "resp.h"
#include "tongban/scenario.h"

enum { TBI_REF_TEXT = 32, TBI_KEY_BYTES = 16 };

struct tbi_names;

struct tbi_names *tbi_names_make(const struct tb_scenario *scenario,
                                 const unsigned char key[TBI_KEY_BYTES]);
void tbi_names_free(struct tbi_names *names);

/* TB_NONE: unknown. */
uint32_t tbi_names_station(const struct tbi_names *names, const struct tbi_argument *text);
uint32_t tbi_names_server(const struct tbi_names *names, const struct tbi_argument *text);
uint32_t tbi_names_matter(const struct tbi_names *names, const struct tbi_argument *text);

const char *tbi_names_station_id(const struct tbi_names *names, uint32_t station);
const char *tbi_names_server_id(const struct tbi_names *names, uint32_t server);
const char *tbi_names_matter_id(const struct tbi_names *names, uint32_t matter);

void tbi_names_ref_print(const struct tbi_names *names, tb_ref ref, char out[TBI_REF_TEXT]);
/* False: not a reference that was given out here. */
bool tbi_names_ref_read(const struct tbi_names *names, const struct tbi_argument *text,
                        tb_ref *ref);
uint64_t tbi_names_citizen(const struct tbi_names *names, const struct tbi_argument *text);

#endif
