/* year.c: whole simulations, from citizens drawn to figures filled; an item is a case.
 *
 *   peer_year                 sim/scenarios/peer-year: 1.5 million visitors, front desk only
 *   city58                    the reference city's year with everything on
 *   saturdays_1, saturdays_2  1,000 replications of one Saturday of city58, on one and two threads
 *   year_halls                25 days of the peer year with so many halls
 *   year_years                the peer year, and ten of them in a row
 *
 * All with statistics on, one thread unless the name says otherwise, seed 1; scenarios are read
 * outside of the time. The label holds the hash of the final cities. Run it from the top folder.
 * TB_BENCH_SMOKE in the environment: a few days of each, to see that it works. */
#define _GNU_SOURCE /* mkdtemp */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run.h"
#include "shim.h"

#define PEER "sim/scenarios/peer-year"
#define CITY "sim/scenarios/city58"

enum { SATURDAY = 14, SATURDAYS = 1000, HALLS_DAYS = 25, SMOKE_DAYS = 3 };

static struct tb_scenario *load(const char *dir)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *scenario = tb_scenario_load(dir, &problems);

    if (scenario == NULL && problems.count > 0) {
        fprintf(stderr, "%s: %s\n", dir, problems.problems[0].en);
    }
    tb_scenario_problems_free(&problems);
    return scenario;
}

static bool shell(const char *script, const char *folder, int64_t halls, int64_t years)
{
    char command[512];
    const int n = snprintf(command, sizeof command,
                           "folder='%s' halls=%" PRId64 " years=%" PRId64 "\n%s", folder, halls,
                           years, script);

    return n > 0 && (size_t)n < sizeof command && system(command) == 0;
}

/* The peer year with other numbers of halls and years, by its own generator, in a folder that is
 * gone once it is read. */
static struct tb_scenario *peer_make(int64_t halls, int64_t years)
{
    static const char make[] =
        "cp " PEER "/* $folder && cd $folder && "
        "said=$(awk -v halls=$halls -v years=$years -f generate.awk) && "
        "sed -i \"s/2021-09-07/${said##* }/\" scenario.yaml";
    char folder[] = "/tmp/tongban-bench-XXXXXX";
    struct tb_scenario *scenario = NULL;

    if (mkdtemp(folder) != NULL) {
        scenario = shell(make, folder, halls, years) ? load(folder) : NULL;
        shell("rm -r $folder", folder, 0, 0);
    }
    return scenario;
}

static struct tbs_run_options options_of(const struct tb_scenario *scenario)
{
    struct tbs_run_options options;

    tbs_run_options_init(&options, scenario);
    if (getenv("TB_BENCH_SMOKE") != NULL && options.day_count > SMOKE_DAYS) {
        options.day_count = SMOKE_DAYS;
    }
    return options;
}

/* Runs it again and again, and frees the scenario. */
static void measure(struct tb_bench *b, struct tb_scenario *scenario,
                    const struct tbs_run_options *options)
{
    struct tbs_run_error error;
    uint64_t hash = 0;
    double cases = 0;

    while (tb_bench_next(b, 1)) {
        struct tbs_results *results = tbs_run(scenario, options, &error);
        if (results == NULL) {
            tb_bench_fail(b, error.text);
            break;
        }
        cases = results->city[TBS_CITY_CASES_ARRIVED].value * results->shape.replication_count;
        hash = results->state_hash;
        tbs_results_free(results);
    }
    tb_bench_items_set(b, (int64_t)(cases + 0.5) * tb_bench_iterations(b));
    tb_bench_counter_set(b, "cases", cases);
    tb_bench_label(b, "hash %016" PRIx64, hash);
    tb_scenario_free(scenario);
}

static void measure_all(struct tb_bench *b, struct tb_scenario *scenario)
{
    if (scenario == NULL) {
        tb_bench_fail(b, "no scenario: not run from the top folder?");
        return;
    }
    const struct tbs_run_options options = options_of(scenario);
    measure(b, scenario, &options);
}

static void peer_year(struct tb_bench *b)
{
    measure_all(b, load(PEER));
}

static void city58(struct tb_bench *b)
{
    measure_all(b, load(CITY));
}

static void saturdays(struct tb_bench *b, uint32_t threads)
{
    struct tb_scenario *scenario = load(CITY);

    if (scenario == NULL) {
        tb_bench_fail(b, "no scenario: not run from the top folder?");
        return;
    }
    struct tbs_run_options options = options_of(scenario);
    options.replications = options.day_count <= SMOKE_DAYS ? 4 : SATURDAYS;
    options.day_first = SATURDAY;
    options.day_count = 1;
    options.threads = threads;
    measure(b, scenario, &options);
}

static void saturdays_1(struct tb_bench *b)
{
    saturdays(b, 1);
}

static void saturdays_2(struct tb_bench *b)
{
    saturdays(b, 2);
}

static void year_halls(struct tb_bench *b)
{
    struct tb_scenario *scenario = peer_make(tb_bench_arg(b), 1);

    if (scenario == NULL) {
        tb_bench_fail(b, "no scenario: not run from the top folder?");
        return;
    }
    struct tbs_run_options options = options_of(scenario);
    options.day_count = options.day_count < HALLS_DAYS ? options.day_count : HALLS_DAYS;
    measure(b, scenario, &options);
}

static void year_years(struct tb_bench *b)
{
    measure_all(b, peer_make(58, tb_bench_arg(b)));
}

static const struct tb_bench_spec specs[] = {
    {.name = "peer_year", .run = peer_year},
    {.name = "city58", .run = city58},
    {.name = "saturdays_1", .run = saturdays_1, .clock = TB_BENCH_WALL},
    {.name = "saturdays_2",
     .run = saturdays_2,
     .clock = TB_BENCH_WALL,
     .against = "saturdays_1",
     .ratio_min = 1.9},
    {.name = "year_halls", .run = year_halls, .arg_name = "halls", .args = {58, 580}},
    {.name = "year_years", .run = year_years, .arg_name = "years", .args = {1, 10}},
};
TB_BENCH_REGISTER(specs)
