/* problem.h: mistakes in a scenario, collected in Chinese and English.
 *
 * A mistake is a row of problem.def with up to three texts filled in. At most TBI_PROBLEMS_MAX
 * are kept; the last one then says that there are more. Texts are copied. */
#ifndef TBI_SCENARIO_PROBLEM_H
#define TBI_SCENARIO_PROBLEM_H

#include "arena.h"
#include "tongban/scenario.h"

#define TBI_PROBLEMS_MAX 500

/* A place in a file; lines and columns count from 1, 0: the whole file or line. */
struct tbi_at {
    const char *file;
    uint32_t line, column;
};

enum tbi_wrong {
#define TBI_WRONG(name, ...) TBI_WRONG_##name,
#include "problem.def"
#undef TBI_WRONG
    TBI_WRONG_COUNT
};

/* Adds a mistake. {0}, {1} and {2} of the row's sentences become a, b and c (NULL: empty). */
void tbi_wrong(struct tb_scenario_problems *problems, struct tbi_at at, enum tbi_wrong wrong,
               const char *a, const char *b, const char *c);

/* Drops those from index `first` on that may follow from others where a part of a scenario is
 * missing: what depends on several rows or files, and what has no column. missing: so are the
 * keys of scenario.yaml. */
void tbi_problems_drop_doubtful(struct tb_scenario_problems *problems, uint32_t first,
                                bool missing);

/* Puts them in the order of file, line and column. */
void tbi_problems_sort(struct tb_scenario_problems *problems);

/* Names that are allowed, one after the other, to be shown; a long list is cut. */
struct tbi_allowed {
    char text[1024];
    size_t bytes;
    uint32_t skipped;
    const char *wanted, *nearest; /* what was written, and the name that is most like it */
    uint32_t nearest_distance;
    const char *kin; /* the name that begins most like it, with so many bytes in common */
    uint32_t kin_common;
};
void tbi_allowed_begin(struct tbi_allowed *allowed, const char *wanted);
void tbi_allowed_add(struct tbi_allowed *allowed, const char *name);
/* The whole: "a, b, c ... (12 more); did you mean b?" The text lives in *allowed. */
const char *tbi_allowed_end(struct tbi_allowed *allowed);

#endif
