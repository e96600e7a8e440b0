/* main.c: explores all cases, and then tests the tests.
 *
 * 1. Litmus tests: the explorer shows exactly what C11 allows.
 * 2. Wrong code fails.
 * 3. The real code passes, also with each thread stopped for ever before each of its steps.
 * 4. The real code fails when any one end of any one edge of engine/ring/edge.def is a step weaker.
 *
 * Deterministic: a second run does the same, and a --seed is ignored. With --verbose alone, prints
 * why each case of 2 and 4 failed. Exit status: 0 if all is as it should be, else 1.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "atomic.h"
#include "cases.h"

static bool verbose;
static int wrong_count;

/* The cases of each module, and the letter that its edges begin with. */
static const struct {
    char letter;
    const struct explore_case *cases;
} modules[] = {{'E', ring_cases}, {'L', load_cases}, {'W', wake_cases}};

enum { MODULE_COUNT = sizeof modules / sizeof modules[0] };

static void complain(const char *name, const char *why)
{
    printf("explore: FAILED: %s: %s\n", name, why);
    wrong_count++;
}

/* ---- 1 and 2: the explorer itself ---- */

static void litmus_run(void)
{
    unsigned count = 0;

    for (const struct litmus *l = litmus_cases; l->test.name != NULL; l++, count++) {
        const struct explore_result *result = explore(&l->test, 0, 0);
        uint32_t seen = litmus_outcomes();
        char why[80];
        if (result->failed) {
            complain(l->test.name, result->why);
        } else if (seen != l->outcomes) {
            snprintf(why, sizeof why, "outcomes %#x, not %#x", seen, l->outcomes);
            complain(l->test.name, why);
        }
    }
    printf("explore: %u litmus tests\n", count);
}

/* ---- 3: the real code ---- */

/* Explores one case, also with threads stopped. False when it fails: `*why` says how. */
static bool case_run(const struct explore_case *test, uint64_t *run_count, const char **why)
{
    const struct explore_result *result = explore(test, 0, 0);
    unsigned step_max[EXPLORE_THREADS];

    *run_count += result->run_count;
    memcpy(step_max, result->step_max, sizeof step_max);
    for (int t = 1; t < EXPLORE_THREADS && !result->failed; t++) {
        unsigned step_end = (test->stop >> t & 1) != 0 ? step_max[t] : 0;
        for (unsigned after = 0; after < step_end && !result->failed; after++) {
            result = explore(test, t, after);
            *run_count += result->run_count;
        }
    }
    *why = result->why;
    return !result->failed;
}

static void wrong_run(void)
{
    static const struct explore_case *const wrong[] = {wrong_cases, wrong_load_cases,
                                                       wrong_wake_cases};
    unsigned count = 0;

    for (int list = 0; list < 3; list++) {
        for (const struct explore_case *test = wrong[list]; test->name != NULL; test++, count++) {
            uint64_t run_count = 0;
            const char *why;
            if (case_run(test, &run_count, &why)) {
                complain(test->name, "wrong, and not found out");
            } else if (verbose) {
                printf("explore: %s fails, as it should: %s", test->name, why);
            }
        }
    }
    printf("explore: %u kinds of wrong code found out\n", count);
}

static void real_run(void)
{
    for (int m = 0; m < MODULE_COUNT; m++) {
        for (const struct explore_case *test = modules[m].cases; test->name != NULL; test++) {
            clock_t start = clock();
            uint64_t run_count = 0;
            const char *why;
            if (!case_run(test, &run_count, &why)) {
                complain(test->name, why);
                continue;
            }
            printf("explore: %-42s %9llu runs %6.2f s\n", test->name, (unsigned long long)run_count,
                   (double)(clock() - start) / CLOCKS_PER_SEC);
            fflush(stdout);
        }
    }
}

/* ---- 4: one end of one edge a step weaker ---- */

static const struct {
    int end;
    const char *name;
} ends[] = {
#define TBI_EDGE(name, what)                                                                       \
    {TBI_##name##_STORE, #name " store"}, {TBI_##name##_LOAD, #name " load"},
#define TBI_RELAXED(name, why)
#include "edge.def"
#undef TBI_EDGE
#undef TBI_RELAXED
};

enum { END_COUNT = sizeof ends / sizeof ends[0] };

/* True if one of the cases fails now; says which. */
static bool one_fails(const char *end_name, const struct explore_case *cases)
{
    for (const struct explore_case *test = cases; test->name != NULL; test++) {
        uint64_t run_count = 0;
        const char *why;
        if (!case_run(test, &run_count, &why)) {
            printf("explore: %s weakened: \"%s\" fails\n", end_name, test->name);
            printf("%s", verbose ? why : "");
            return true;
        }
    }
    return false;
}

/* Each end has to be missed by a case of the module that it belongs to. */
static void weakened_run(void)
{
    for (int e = 0; e < END_COUNT; e++) {
        bool found = false;
        explore_weakened = ends[e].end;
        for (int m = 0; m < MODULE_COUNT && !found; m++) {
            found =
                modules[m].letter == ends[e].name[0] && one_fails(ends[e].name, modules[m].cases);
        }
        if (!found) {
            complain(ends[e].name, "a step weaker, and no case fails");
        }
    }
    explore_weakened = -1;
}

int main(int argc, char **argv)
{
    verbose = argc > 1 && strcmp(argv[1], "--verbose") == 0;
    litmus_run();
    wrong_run();
    real_run();
    weakened_run();
    printf("explore: %s\n", wrong_count == 0 ? "ok" : "FAILED");
    return wrong_count == 0 ? 0 : 1;
}
