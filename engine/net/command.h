/* command.h: a request of a client becomes a command of the city.
 *
 * Which arguments a command has is written once, in command.def: its "arguments" are read here
 * into a table at start. Required ones come in that order; optional ones follow as NAME value or as
 * a flag, in any order, and so does REQUEST id on each command (a retry with the same id gets the
 * first answer again). Stations, windows and matters are ids of the scenario or numbers; instants
 * are microseconds or 2021-10-18T09:30[:00], local time.
 *
 * Threads: pure once made. */
#ifndef TBI_NET_COMMAND_H
#define TBI_NET_COMMAND_H

#include "names.h"
#include "tongban/city.h"

struct tbi_grammar;

struct tbi_grammar *tbi_grammar_make(const struct tb_scenario *scenario,
                                     const struct tbi_names *names);
void tbi_grammar_free(struct tbi_grammar *grammar);

enum { TBI_COMMAND_ERROR_MAX = 256 };

struct tbi_command_error {
    const char *code; /* "STATION_UNKNOWN" */
    char text[TBI_COMMAND_ERROR_MAX];
};

/* The kind of the command with this name; 0: none. */
uint32_t tbi_grammar_find(const struct tbi_grammar *grammar, const struct tbi_argument *name);

/* What a command names that belongs to a hall or desk. */
enum tbi_scope { TBI_SCOPE_STATION = 1, TBI_SCOPE_SERVER = 2, TBI_SCOPE_REF = 4 };
uint32_t tbi_grammar_scope(const struct tbi_grammar *grammar, uint32_t kind);

/* Reads the arguments behind the name. False: *error says what is wrong and what to do. */
bool tbi_grammar_read(const struct tbi_grammar *grammar, uint32_t kind,
                      const struct tbi_request *request, struct tb_command *command,
                      struct tbi_command_error *error);

#endif
