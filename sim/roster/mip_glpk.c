/* mip_glpk.c: GLPK behind mip.h. Its environment belongs to the thread that calls first. */
#include <glpk.h>
#include <math.h>
#include <stdlib.h>

#include "kernel/base.h"
#include "roster/mip.h"

struct watch {
    const struct tbs_mip_options *options;
    double bound;
};

static void told(glp_tree *tree, void *context)
{
    struct watch *watch = context;
    const int node = glp_ios_best_node(tree);

    if (node != 0) {
        watch->bound = glp_ios_node_bound(tree, node);
    }
    if (watch->options->any && glp_ios_reason(tree) == GLP_IBINGO) {
        glp_ios_terminate(tree);
    }
    if (glp_ios_reason(tree) == GLP_IBINGO && watch->options->progress != NULL) {
        watch->options->progress(watch->options->progress_context,
                                 glp_mip_obj_val(glp_ios_get_prob(tree)), watch->bound);
    }
}

static int kind(double lower, double upper)
{
    if (lower <= -TBS_MIP_NONE) {
        return upper >= TBS_MIP_NONE ? GLP_FR : GLP_UP;
    }
    return upper >= TBS_MIP_NONE ? GLP_LO : lower == upper ? GLP_FX : GLP_DB;
}

static glp_prob *problem_of(const struct tbs_mip *mip)
{
    glp_prob *problem = glp_create_prob();
    int *row = malloc(((size_t)mip->entry_count + 1) * sizeof *row);
    int *column = malloc(((size_t)mip->entry_count + 1) * sizeof *column);

    tbs_assert(row != NULL && column != NULL);
    glp_add_rows(problem, mip->row_count);
    glp_add_cols(problem, mip->column_count);
    for (int r = 0; r < mip->row_count; r++) {
        glp_set_row_bnds(problem, r + 1, kind(mip->row_lower[r], mip->row_upper[r]),
                         mip->row_lower[r], mip->row_upper[r]);
    }
    for (int c = 0; c < mip->column_count; c++) {
        glp_set_col_kind(problem, c + 1, GLP_IV);
        glp_set_col_bnds(problem, c + 1, kind(mip->column_lower[c], mip->column_upper[c]),
                         mip->column_lower[c], mip->column_upper[c]);
        glp_set_obj_coef(problem, c + 1, mip->cost[c]);
    }
    for (int e = 0; e < mip->entry_count; e++) {
        row[e + 1] = mip->entry_row[e] + 1;
        column[e + 1] = mip->entry_column[e] + 1;
    }
    if (mip->entry_count > 0) { /* arrays of GLPK count from 1: value[0] is not looked at */
        glp_load_matrix(problem, mip->entry_count, row, column, mip->entry_value - 1);
    }
    free(row);
    free(column);
    return problem;
}

void tbs_mip_glpk(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                  struct tbs_mip_result *result)
{
    struct watch watch = {options, -TBS_MIP_NONE};
    glp_iocp how;

    glp_term_out(GLP_OFF);
    glp_prob *problem = problem_of(mip);
    glp_init_iocp(&how);
    how.presolve = GLP_ON;
    how.mir_cuts = GLP_ON;
    how.fp_heur = GLP_ON;
    how.mip_gap = options->gap;
    how.tm_lim = (int)fmin(1e9, fmax(100, options->time_s * 1000));
    how.cb_func = told;
    how.cb_info = &watch;
    const int failed = glp_intopt(problem, &how);
    const int status = glp_mip_status(problem);
    if (failed == GLP_ENOPFS || status == GLP_NOFEAS) {
        result->status = TBS_MIP_INFEASIBLE;
    } else if (status == GLP_OPT || status == GLP_FEAS) {
        result->status = failed == 0 && status == GLP_OPT ? TBS_MIP_OPTIMAL : TBS_MIP_FEASIBLE;
        result->x = malloc(((size_t)mip->column_count + 1) * sizeof *result->x);
        tbs_assert(result->x != NULL);
        for (int c = 0; c < mip->column_count; c++) {
            result->x[c] = glp_mip_col_val(problem, c + 1);
        }
        const double cost = glp_mip_obj_val(problem);
        result->bound = result->status == TBS_MIP_OPTIMAL
                            ? fmax(watch.bound, cost - options->gap * fabs(cost))
                            : watch.bound;
    } else {
        result->bound = watch.bound;
    }
    glp_delete_prob(problem);
}
