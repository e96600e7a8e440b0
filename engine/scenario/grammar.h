/* grammar.h: mistakes of YAML's own grammar, all of them.
 *
 * libyaml stops at the first. So what cannot be read is blanked out and the rest is read again:
 * the lines from the key at the margin under which the mistake lies to the next such key. */
#ifndef TBI_SCENARIO_GRAMMAR_H
#define TBI_SCENARIO_GRAMMAR_H

#include "problem.h"

/* Adds a mistake for each key at the margin that is wrong, and blanks it out of text (UTF-8,
 * ended by 0), which libyaml can read after that. True: nothing was wrong. */
bool tbi_grammar_mend(const char *path, char *text, struct tb_scenario_problems *problems);

#endif
