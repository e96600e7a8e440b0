#include "roster/mip.h"

#include <math.h>
#include <stdlib.h>

#include "kernel/base.h"

static void *grown(void *old, int count, size_t size)
{
    void *larger = realloc(old, (size_t)count * size);

    tbs_assert(larger != NULL);
    return larger;
}

int tbs_mip_column(struct tbs_mip *mip, double lower, double upper, double cost)
{
    if (mip->column_count == mip->column_room) {
        mip->column_room = 2 * mip->column_room + 256;
        mip->cost = grown(mip->cost, mip->column_room, sizeof *mip->cost);
        mip->column_lower = grown(mip->column_lower, mip->column_room, sizeof *mip->column_lower);
        mip->column_upper = grown(mip->column_upper, mip->column_room, sizeof *mip->column_upper);
    }
    mip->cost[mip->column_count] = cost;
    mip->column_lower[mip->column_count] = lower;
    mip->column_upper[mip->column_count] = upper;
    return mip->column_count++;
}

int tbs_mip_row(struct tbs_mip *mip, double lower, double upper)
{
    if (mip->row_count == mip->row_room) {
        mip->row_room = 2 * mip->row_room + 256;
        mip->row_lower = grown(mip->row_lower, mip->row_room, sizeof *mip->row_lower);
        mip->row_upper = grown(mip->row_upper, mip->row_room, sizeof *mip->row_upper);
    }
    mip->row_lower[mip->row_count] = lower;
    mip->row_upper[mip->row_count] = upper;
    return mip->row_count++;
}

void tbs_mip_put(struct tbs_mip *mip, int row, int column, double value)
{
    tbs_assert(row >= 0 && row < mip->row_count);
    tbs_assert(column >= 0 && column < mip->column_count);
    if (mip->entry_count == mip->entry_room) {
        mip->entry_room = 2 * mip->entry_room + 1024;
        mip->entry_row = grown(mip->entry_row, mip->entry_room, sizeof *mip->entry_row);
        mip->entry_column = grown(mip->entry_column, mip->entry_room, sizeof *mip->entry_column);
        mip->entry_value = grown(mip->entry_value, mip->entry_room, sizeof *mip->entry_value);
    }
    mip->entry_row[mip->entry_count] = row;
    mip->entry_column[mip->entry_count] = column;
    mip->entry_value[mip->entry_count++] = value;
}

void tbs_mip_free(struct tbs_mip *mip)
{
    free(mip->cost);
    free(mip->column_lower);
    free(mip->column_upper);
    free(mip->row_lower);
    free(mip->row_upper);
    free(mip->entry_row);
    free(mip->entry_column);
    free(mip->entry_value);
    *mip = (struct tbs_mip){0};
}

void tbs_mip_columns(const struct tbs_mip *mip, int **start, int **row, double **value)
{
    int *at = calloc((size_t)mip->column_count + 2, sizeof *at);

    tbs_assert(at != NULL);
    *row = grown(NULL, mip->entry_count + 1, sizeof **row);
    *value = grown(NULL, mip->entry_count + 1, sizeof **value);
    for (int e = 0; e < mip->entry_count; e++) {
        at[mip->entry_column[e] + 2]++;
    }
    for (int c = 0; c < mip->column_count; c++) {
        at[c + 2] += at[c + 1];
    }
    for (int e = 0; e < mip->entry_count; e++) {
        const int to = at[mip->entry_column[e] + 1]++;
        (*row)[to] = mip->entry_row[e];
        (*value)[to] = mip->entry_value[e];
    }
    *start = at;
}

/* What costs whole multiples of a step can't cost anything in between: the bound is rounded up. */
static double bound_whole(const struct tbs_mip *mip, double bound)
{
    long step = 0;

    for (int c = 0; c < mip->column_count; c++) {
        long a = lround(mip->cost[c]), b = step;
        if (fabs(mip->cost[c] - (double)a) > 1e-9) {
            return bound;
        }
        while (b != 0) {
            const long rest = a % b;
            a = b;
            b = rest;
        }
        step = labs(a);
    }
    return step == 0 || fabs(bound) > 1e15
               ? bound
               : (double)step * ceil(bound / (double)step - 1e-6);
}

void tbs_mip_solve(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                   struct tbs_mip_result *result)
{
    *result = (struct tbs_mip_result){.status = TBS_MIP_UNKNOWN, .bound = -TBS_MIP_NONE};
    if (options->solver == TBS_MIP_GLPK) {
        tbs_mip_glpk(mip, options, result);
    } else {
        tbs_mip_cbc(mip, options, result);
    }
    result->bound = bound_whole(mip, result->bound);
    if (result->x == NULL) {
        result->cost = TBS_MIP_NONE;
        return;
    }
    result->cost = 0;
    for (int c = 0; c < mip->column_count; c++) {
        result->x[c] = round(result->x[c]);
        result->cost += mip->cost[c] * result->x[c];
    }
    if (result->bound > result->cost) {
        result->bound = result->cost;
    }
    if (result->status == TBS_MIP_FEASIBLE &&
        result->cost - result->bound <= options->gap * fabs(result->cost) + 1e-9) {
        result->status = TBS_MIP_OPTIMAL;
    }
}
