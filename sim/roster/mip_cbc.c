/* mip_cbc.c: CBC behind mip.h.
 *
 * CBC brings twenty libraries with it, C++ and Fortran, and linking them would make every start of
 * the program slow. So it is loaded when it is first wanted. */
#include <coin/Cbc_C_Interface.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/base.h"
#include "roster/mip.h"

#define LIBRARY "libCbcSolver.so.3"
#define CALLS(X)                                                                                   \
    X(newModel)                                                                                    \
    X(deleteModel)                                                                                 \
    X(loadProblem)                                                                                 \
    X(setInteger)                                                                                  \
    X(setParameter)                                                                                \
    X(registerCallBack)                                                                            \
    X(solve)                                                                                       \
    X(bestSolution)                                                                                \
    X(getObjValue)                                                                                 \
    X(getBestPossibleObjValue)                                                                     \
    X(isProvenOptimal)                                                                             \
    X(isProvenInfeasible)                                                                          \
    X(isInitialSolveProvenPrimalInfeasible)                                                        \
    X(isSecondsLimitReached)

static struct {
#define X(name) __typeof__(Cbc_##name) *name;
    CALLS(X)
#undef X
} cbc;

static void cbc_load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    bool whole = library != NULL;

#define X(name) whole = whole && (cbc.name = dlsym(library, "Cbc_" #name)) != NULL;
    CALLS(X)
#undef X
    if (!whole) {
        fprintf(stderr,
                "cannot load CBC: %s; install Debian's coinor-libcbc3, or choose --solver glpk\n",
                dlerror());
        exit(1);
    }
}

/* The C interface hands no context to its callback: one a thread. */
static _Thread_local const struct tbs_mip_options *telling;

/* Numbers of CBC's own messages that hold the best solution and the bound. */
enum { CBC_SOLUTION = 4, CBC_SOLUTION_12 = 12, CBC_SOLUTION_16 = 16, CBC_NODES = 10 };

static void news(Cbc_Model *model, int number, int doubles, const double *value, int whole_count,
                 const int *whole, int text_count, char **text)
{
    (void)model, (void)whole_count, (void)whole, (void)text_count, (void)text;
    if (telling == NULL || telling->progress == NULL || doubles < 1) {
        return;
    }
    if (number == CBC_NODES && doubles >= 2) {
        telling->progress(telling->progress_context, value[0], value[1]);
    } else if (number == CBC_SOLUTION || number == CBC_SOLUTION_12 || number == CBC_SOLUTION_16) {
        telling->progress(telling->progress_context, value[0], -TBS_MIP_NONE);
    }
}

static void set(Cbc_Model *model, const char *name, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.6g", value);
    cbc.setParameter(model, name, text);
}

static Cbc_Model *model_of(const struct tbs_mip *mip, const struct tbs_mip_options *options)
{
    Cbc_Model *model = cbc.newModel();
    int *start, *row;
    double *value;

    tbs_assert(model != NULL);
    tbs_mip_columns(mip, &start, &row, &value);
    cbc.loadProblem(model, mip->column_count, mip->row_count, start, row, value,
                    mip->column_lower, mip->column_upper, mip->cost, mip->row_lower,
                    mip->row_upper);
    for (int c = 0; c < mip->column_count; c++) {
        cbc.setInteger(model, c);
    }
    free(start);
    free(row);
    free(value);
    cbc.setParameter(model, "timeMode", "elapsed");
    set(model, "sec", options->time_s > 0.1 ? options->time_s : 0.1);
    set(model, "ratioGap", options->gap);
    if (options->any) {
        set(model, "maxSolutions", 1);
    }
    cbc.setParameter(model, "log", options->progress != NULL ? "1" : "0");
    return model;
}

/* CBC writes what it does on standard output, whatever log level it is given, and tells its news
 * only while it does. So standard output leads nowhere meanwhile. */
static void solve_silently(Cbc_Model *model)
{
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (kept >= 0 && nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
    }
    cbc.solve(model);
    fflush(stdout);
    if (kept >= 0) {
        dup2(kept, STDOUT_FILENO);
        close(kept);
    }
    if (nowhere >= 0) {
        close(nowhere);
    }
}

/* Of a program that came out solved from the preprocessing, CBC knows no bound: it is within the
 * gap that was asked for. */
static double bound_of(Cbc_Model *model, const struct tbs_mip_options *options)
{
    const double bound = cbc.getBestPossibleObjValue(model), cost = cbc.getObjValue(model);

    return bound < -TBS_MIP_NONE && cbc.isProvenOptimal(model)
               ? cost - options->gap * fabs(cost)
               : bound;
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Out of time before its first solution, CBC may call a program infeasible that is not: that word
 * counts only where time was left. */
static bool infeasible(Cbc_Model *model, double took_s, const struct tbs_mip_options *options)
{
    return (cbc.isProvenInfeasible(model) || cbc.isInitialSolveProvenPrimalInfeasible(model)) &&
           !cbc.isSecondsLimitReached(model) && took_s < 0.9 * options->time_s;
}

void tbs_mip_cbc(const struct tbs_mip *mip, const struct tbs_mip_options *options,
                 struct tbs_mip_result *result)
{
    static pthread_once_t loaded = PTHREAD_ONCE_INIT;
    pthread_once(&loaded, cbc_load);
    Cbc_Model *model = model_of(mip, options);
    const size_t bytes = ((size_t)mip->column_count + 1) * sizeof(double);

    telling = options;
    if (options->progress != NULL) {
        cbc.registerCallBack(model, news);
    }
    const double began_s = now_s();
    solve_silently(model);
    telling = NULL;
    const double *best = cbc.isProvenInfeasible(model) ? NULL : cbc.bestSolution(model);
    if (infeasible(model, now_s() - began_s, options)) {
        result->status = TBS_MIP_INFEASIBLE;
    } else if (best != NULL) {
        result->x = malloc(bytes);
        tbs_assert(result->x != NULL);
        memcpy(result->x, best, bytes - sizeof(double));
        result->status =
            cbc.isProvenOptimal(model) ? TBS_MIP_OPTIMAL : TBS_MIP_FEASIBLE;
        result->bound = bound_of(model, options);
    } else {
        result->status = TBS_MIP_UNKNOWN;
        result->bound = cbc.getBestPossibleObjValue(model);
    }
    cbc.deleteModel(model);
}
