/* mip.h: a mixed-integer program, built row by row, and the solvers that take it.
 *
 * Two well-kept solvers of Debian stand behind one door: CBC 2.10.8 (branch and cut on Clp) and
 * GLPK 5.0. CBC is the one that rosters use; `tongban roster --solver glpk` takes the other, so
 * that the choice can be measured again. README.md has the numbers.
 *
 * Minimises cost x subject to lower <= A x <= upper for rows and columns.
 * Owner: tbs_mip_free frees what the builder took; tbs_mip_result.x is freed by the caller.
 * Threads: one at a time: GLPK's environment belongs to a thread, and standard output leads nowhere
 * while CBC works, because it would write on it. Blocking, until the time limit.
 * Out of memory stops the program. */
#ifndef TBS_ROSTER_MIP_H
#define TBS_ROSTER_MIP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TBS_MIP_NONE 1e30 /* as an upper bound, or negative as a lower one: there is none */

struct tbs_mip {
    int column_count, row_count, entry_count;
    int column_room, row_room, entry_room;
    double *cost, *column_lower, *column_upper;
    double *row_lower, *row_upper;
    int *entry_row, *entry_column;
    double *entry_value;
};

/* An integer column; its index. */
int tbs_mip_column(struct tbs_mip *mip, double lower, double upper, double cost);
int tbs_mip_row(struct tbs_mip *mip, double lower, double upper);
/* Adds a coefficient; a place may be given once. */
void tbs_mip_put(struct tbs_mip *mip, int row, int column, double value);
void tbs_mip_free(struct tbs_mip *mip);

/* The matrix by columns, as solvers want it; the caller frees the three arrays. */
void tbs_mip_columns(const struct tbs_mip *mip, int **start, int **row, double **value);

enum tbs_mip_solver { TBS_MIP_CBC, TBS_MIP_GLPK };

enum tbs_mip_status {
    TBS_MIP_OPTIMAL,    /* within the gap asked for */
    TBS_MIP_FEASIBLE,   /* a solution, but time ran out: bound says how far it may be */
    TBS_MIP_INFEASIBLE, /* proven: there is none */
    TBS_MIP_UNKNOWN,    /* time ran out before any solution */
};

struct tbs_mip_options {
    enum tbs_mip_solver solver;
    double gap;    /* relative: stop when (cost - bound) / cost is as small */
    double time_s; /* by the clock */
    bool any;      /* the first solution will do */
    const atomic_bool *stop; /* NULL: never; looked at by CBC when it has news */
    /* News: best cost so far (TBS_MIP_NONE: none yet) and the bound. NULL: not told. */
    void (*progress)(void *context, double cost, double bound);
    void *progress_context;
};

struct tbs_mip_result {
    enum tbs_mip_status status;
    double cost, bound; /* bound: proven, no solution costs less */
    double *x;          /* by column; NULL without a solution */
};

void tbs_mip_solve(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                   struct tbs_mip_result *result);

/* One solver each; tbs_mip_solve chooses. */
void tbs_mip_cbc(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                 struct tbs_mip_result *result);
void tbs_mip_glpk(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                  struct tbs_mip_result *result);

#endif
