/* Runs against exact recursion and against themselves: every wait of a trace, the same bytes by
 * another way, and nobody lost. All of it through the files that a user sees. */
#define _GNU_SOURCE /* nftw */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/random.h"
#include "model/model.h"
#include "report/report.h"
#include "run/instant.h"
#include "run/run.h"
#include "run/trace.h"
#include "tongban/city.h"

#define SCENARIOS "sim/scenarios/"

enum { PATH_BYTES = 256, CELLS = 64 };

/* ---- files ----------------------------------------------------------------------------------- */

static char folder[PATH_BYTES];

static void folder_make(void)
{
    const char *in = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/tongban-XXXXXX", in != NULL ? in : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void folder_remove(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(recursion, .init = folder_make, .fini = folder_remove);
TestSuite(long_recursion, .init = folder_make, .fini = folder_remove);

static const char *in_folder(char path[PATH_BYTES], const char *name)
{
    const int n = snprintf(path, PATH_BYTES, "%s/%s", folder, name);

    cr_assert(n > 0 && n < PATH_BYTES);
    return path;
}

static char *slurp(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    char part[65536];
    size_t n;

    cr_assert_not_null(in, "%s", path);
    FILE *memory = open_memstream(&text, &size);
    while ((n = fread(part, 1, sizeof part, in)) > 0) {
        fwrite(part, 1, n, memory);
    }
    fclose(memory);
    fclose(in);
    *bytes = size;
    return text;
}

/* The next row of a table, cut into cells, none of which holds a comma; the number of cells,
 * 0 at the end. */
static uint32_t row_read(char **at, char *cells[CELLS])
{
    uint32_t count = 0;
    char *end = *at + strcspn(*at, "\r\n");

    if (**at == '\0') {
        return 0;
    }
    char *next = end + strspn(end, "\r\n");
    *end = '\0';
    for (char *cell = *at; count < CELLS; cell = strchr(cell, ',') + 1) {
        cells[count++] = cell;
        if (strchr(cell, ',') == NULL) {
            break;
        }
    }
    for (uint32_t i = 1; i < count; i++) {
        cells[i][-1] = '\0';
    }
    for (uint32_t i = 0; i < count; i++) {
        const size_t n = strlen(cells[i]);
        if (n >= 2 && cells[i][0] == '"' && cells[i][n - 1] == '"') {
            cells[i][n - 1] = '\0';
            cells[i]++;
        }
    }
    *at = next;
    return count;
}

static struct tb_scenario *load(const char *dir)
{
    struct tb_scenario_problems problems = {0};
    struct tb_scenario *s = tb_scenario_load(dir, &problems);

    cr_assert_not_null(s, "%s: %s", dir, problems.count > 0 ? problems.problems[0].en : "?");
    tb_scenario_problems_free(&problems);
    return s;
}

static struct tbs_results *run(const struct tb_scenario *s, const struct tbs_run_options *options)
{
    struct tbs_run_error error;
    struct tbs_results *results = tbs_run(s, options, &error);

    cr_assert_not_null(results, "%s", error.text);
    return results;
}

static struct tbs_trace *trace_read(const char *path, const struct tb_scenario *s)
{
    struct tbs_trace_problems problems = {0};
    struct tbs_trace *trace = tbs_trace_read(path, s, &problems);

    cr_assert_not_null(trace, "%s:%u: %s", path,
                       problems.count > 0 ? problems.problems[0].line : 0,
                       problems.count > 0 ? problems.problems[0].text : "?");
    free(problems.problems);
    return trace;
}

/* ---- tickets --------------------------------------------------------------------------------- */

enum {
    NUMBER, HALL, QUEUE, WINDOW, ARRIVAL, CALLED, STARTED, FINISHED, OUTCOME, OVERTAKEN, COLUMNS
};

struct ticket {
    uint32_t number, hall, window, overtaken; /* window: the server, TB_NONE: none */
    tb_time arrival_at_us, called_at_us, started_at_us, finished_at_us; /* TB_NEVER: empty */
    enum tbs_outcome outcome;
};

struct tickets {
    struct ticket *rows;
    uint32_t count;
};

static tb_time instant(const char *cell, const struct tb_scenario *s)
{
    tb_time at_us = TB_NEVER;

    cr_assert(*cell == '\0' || tbs_instant_read(cell, 0, s->utc_offset_us, &at_us), "%s", cell);
    return at_us;
}

static enum tbs_outcome outcome(const char *cell)
{
    for (uint32_t i = 0; i < TBS_OUTCOME_COUNT; i++) {
        if (strcmp(cell, tbs_outcome_name((enum tbs_outcome)i)) == 0) {
            return (enum tbs_outcome)i;
        }
    }
    cr_assert_fail("outcome %s", cell);
    return TBS_OUTCOME_COUNT;
}

static uint32_t window_find(const struct tb_scenario *s, uint32_t hall, const char *cell)
{
    const struct tb_scenario_hall *h = &s->halls[hall];

    for (uint32_t i = 0; *cell != '\0' && i < h->window_count; i++) {
        if (strcmp(s->servers[h->window_first + i].label.id, cell) == 0) {
            return h->window_first + i;
        }
    }
    cr_assert(*cell == '\0', "window %s of hall %s", cell, h->label.id);
    return TB_NONE;
}

static struct tickets tickets_read(const char *path, const struct tb_scenario *s)
{
    struct tickets t = {0};
    char *cells[CELLS];
    size_t bytes;
    char *text = slurp(path, &bytes), *at = text;

    t.rows = calloc(bytes / COLUMNS + 1, sizeof *t.rows);
    cr_assert_not_null(t.rows);
    cr_assert_eq(row_read(&at, cells), COLUMNS);
    cr_assert_str_eq(cells[OVERTAKEN], "overtaken");
    while (row_read(&at, cells) == COLUMNS) {
        struct ticket *row = &t.rows[t.count++];
        row->number = (uint32_t)strtoul(cells[NUMBER], NULL, 10);
        row->hall = tb_scenario_station_find(s, cells[HALL]);
        cr_assert_lt(row->hall, s->hall_count, "hall %s", cells[HALL]);
        row->window = window_find(s, row->hall, cells[WINDOW]);
        row->arrival_at_us = instant(cells[ARRIVAL], s);
        row->called_at_us = instant(cells[CALLED], s);
        row->started_at_us = instant(cells[STARTED], s);
        row->finished_at_us = instant(cells[FINISHED], s);
        row->outcome = outcome(cells[OUTCOME]);
        row->overtaken = (uint32_t)strtoul(cells[OVERTAKEN], NULL, 10);
    }
    cr_assert_eq(*at, '\0', "a row of tickets has %u cells", COLUMNS);
    free(text);
    return t;
}

/* ---- Kiefer, Wolfowitz ----------------------------------------------------------------------- */

enum { PEOPLE = 12000, WINDOWS_MAX = 10 };

struct person {
    int64_t arrival_us, service_us; /* from midnight */
};

/* A hard day: bursts, people at the same instant, services that end just when somebody comes, some
 * of no time at all. Over 20 hours, with a load of 0.9 in the mean. */
static void day_draw(struct person *people, uint32_t windows, uint64_t seed)
{
    struct tbs_random random;
    int64_t now_us = 0;

    tbs_random_open(&random, tbs_key(seed, TBS_SERVICE, windows, 0));
    for (uint32_t i = 0; i < PEOPLE; i++) {
        const uint32_t kind = tbs_random_below(&random, 8);
        const int64_t gap_us = tbs_random_below(&random, 10000000); /* 5 s in the mean */
        now_us += kind == 0 ? 0 : kind < 5 ? gap_us : gap_us / 1000000 * 1000000 * 2;
        const int64_t service_us = (int64_t)tbs_random_below(&random, 12800000) * windows;
        people[i].arrival_us = now_us;
        people[i].service_us = kind == 7   ? 0
                               : kind >= 5 ? service_us / 1000000 * 1000000
                                           : service_us;
    }
    cr_assert_lt(now_us, TB_HOURS(22));
}

static void day_write(const char *path, const struct person *people, const char *hall,
                      const char *matter)
{
    FILE *out = fopen(path, "w");

    cr_assert_not_null(out);
    fputs("arrival_at,hall,matter,class,service_s,patience_s\n", out);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        fprintf(out, "%lld.%06lld,%s,%s,normal,%lld.%06lld,\n",
                (long long)(people[i].arrival_us / 1000000),
                (long long)(people[i].arrival_us % 1000000), hall, matter,
                (long long)(people[i].service_us / 1000000),
                (long long)(people[i].service_us % 1000000));
    }
    cr_assert_eq(fclose(out), 0);
}

/* Each takes the window that is free first: wait[n] of Kiefer and Wolfowitz (On the theory of
 * queues with many servers, 1955), with the workloads as instants. */
static int64_t wait_next(int64_t free_at_us[], uint32_t windows, const struct person *person)
{
    uint32_t first = 0;

    for (uint32_t w = 1; w < windows; w++) {
        first = free_at_us[w] < free_at_us[first] ? w : first;
    }
    const int64_t begins_us =
        free_at_us[first] > person->arrival_us ? free_at_us[first] : person->arrival_us;
    free_at_us[first] = begins_us + person->service_us;
    return begins_us - person->arrival_us;
}

static void recursion_holds(const char *dir, uint32_t windows, uint64_t seed)
{
    static struct person people[PEOPLE];
    char trace_path[PATH_BYTES], tickets_path[PATH_BYTES];
    struct tb_scenario *s = load(dir);
    int64_t free_at_us[WINDOWS_MAX] = {0}, waited = 0;

    cr_assert_eq(s->halls[0].window_count, windows);
    day_draw(people, windows, seed);
    day_write(in_folder(trace_path, "trace.csv"), people, s->halls[0].label.id,
              s->matters[0].label.id);
    struct tbs_trace *trace = trace_read(trace_path, s);
    struct tbs_run_options options;
    tbs_run_options_init(&options, s);
    options.trace = trace;
    options.day_first = trace->day_first;
    options.day_count = trace->day_count;
    options.tickets_path = in_folder(tickets_path, "tickets.csv");
    tbs_results_free(run(s, &options));
    struct tickets t = tickets_read(tickets_path, s);
    const tb_time midnight_us = tbs_day_starts_at_us(s, 0);
    cr_assert_eq(t.count, PEOPLE);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        const struct ticket *row = &t.rows[i];
        const int64_t wait_us = wait_next(free_at_us, windows, &people[i]);
        cr_assert_eq(row->arrival_at_us - midnight_us, people[i].arrival_us, "seed %llu, %u",
                     (unsigned long long)seed, i);
        cr_assert_eq(row->called_at_us - row->arrival_at_us, wait_us,
                     "seed %llu, %u: waits %lld us, by the recursion %lld us",
                     (unsigned long long)seed, i,
                     (long long)(row->called_at_us - row->arrival_at_us), (long long)wait_us);
        cr_assert_eq(row->finished_at_us - row->called_at_us, people[i].service_us);
        cr_assert_eq(row->outcome, TBS_OUTCOME_SERVED);
        cr_assert_eq(row->overtaken, 0);
        waited += wait_us > 0;
    }
    cr_assert(waited > PEOPLE / 2 && waited < PEOPLE, "%lld waited", (long long)waited);
    free(t.rows);
    tbs_trace_free(trace);
    tb_scenario_free(s);
}

Test(recursion, one_window)
{
    recursion_holds(SCENARIOS "teach-mm1", 1, 1);
}

Test(recursion, five_windows)
{
    recursion_holds(SCENARIOS "teach-mmc", 5, 2);
}

Test(recursion, ten_windows)
{
    recursion_holds(SCENARIOS "teach-erlang-a", 10, 3);
}

/* ---- the same bytes another way -------------------------------------------------------------- */

static void same_files(const char *a, const char *b)
{
    size_t a_bytes, b_bytes;
    char *a_text = slurp(a, &a_bytes), *b_text = slurp(b, &b_bytes);

    cr_assert_gt(a_bytes, 100, "%s", a);
    if (strstr(a, "summary.json") != NULL) { /* the machine's own timings are its last keys */
        char *a_end = strstr(a_text, "\"wall_s\""), *b_end = strstr(b_text, "\"wall_s\"");
        cr_assert_not_null(a_end);
        cr_assert_not_null(b_end);
        cr_assert_null(strstr(strchr(strstr(a_end, "\"cases_per_s\""), '\n'), "\":"));
        a_bytes = (size_t)(a_end - a_text);
        b_bytes = (size_t)(b_end - b_text);
    }
    cr_assert(a_bytes == b_bytes && memcmp(a_text, b_text, a_bytes) == 0, "%s and %s differ", a, b);
    free(a_text);
    free(b_text);
}

static void run_and_write(const struct tb_scenario *s, struct tbs_run_options *options,
                          const char *name, uint32_t threads)
{
    char path[PATH_BYTES], tickets[PATH_BYTES];
    struct tbs_report_error error = {0};

    options->threads = threads;
    options->command = "tongban simulate";
    options->version = "test";
    snprintf(tickets, sizeof tickets, "%s-tickets.csv", in_folder(path, name));
    options->tickets_path = tickets;
    struct tbs_results *results = run(s, options);
    cr_assert_eq(tbs_report_write(results, NULL, path, &error), 0, "%s", error.text);
    tbs_results_free(results);
}

static void same_bytes(const char *dir, uint32_t days, uint32_t replications)
{
    static const char *const files[] = {
        "/summary.json",     "/halls.csv",             "/intervals.csv",
        "/desks.csv",        "/replications.csv",      "/hall-replications.csv",
        "/results.xlsx",     "/report.html",           "-tickets.csv"};
    char one[PATH_BYTES], other[PATH_BYTES], path[PATH_BYTES];
    struct tb_scenario *s = load(dir);
    struct tbs_run_options options;

    tbs_run_options_init(&options, s);
    options.day_count = days;
    options.replications = replications;
    options.seed = 77;
    run_and_write(s, &options, "one", 1);
    run_and_write(s, &options, "two", 2);
    sleep(1); /* another second on the clock */
    run_and_write(s, &options, "again", 1);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(one, sizeof one, "%s%s", in_folder(path, "one"), files[i]);
        snprintf(other, sizeof other, "%s%s", in_folder(path, "two"), files[i]);
        same_files(one, other);
        snprintf(other, sizeof other, "%s%s", in_folder(path, "again"), files[i]);
        same_files(one, other);
    }
    tb_scenario_free(s);
}

Test(recursion, same_bytes_whatever_the_threads_one_hall)
{
    same_bytes(SCENARIOS "teach-one-hall", 20, 5);
}

Test(recursion, same_bytes_whatever_the_threads_three_halls)
{
    same_bytes(SCENARIOS "teach-three-halls", 10, 5);
}

Test(long_recursion, same_bytes_whatever_the_threads_city58)
{
    same_bytes(SCENARIOS "city58", 5, 3);
}

static void trace_is_the_same(const char *dir, uint32_t days)
{
    char trace_path[PATH_BYTES], drawn[PATH_BYTES], read[PATH_BYTES];
    struct tb_scenario *s = load(dir);
    struct tbs_run_options options;
    struct tbs_run_error error;

    tbs_run_options_init(&options, s);
    options.day_count = days;
    options.seed = 5;
    cr_assert_gt(tbs_trace_write(in_folder(trace_path, "trace.csv"), s, &options, &error), 100);
    options.tickets_path = in_folder(drawn, "drawn.csv");
    struct tbs_results *a = run(s, &options);
    struct tbs_trace *trace = trace_read(trace_path, s);
    options.trace = trace;
    options.tickets_path = in_folder(read, "read.csv");
    struct tbs_results *b = run(s, &options);
    same_files(drawn, read);
    cr_assert_eq(a->state_hash, b->state_hash);
    for (int i = 0; i < TBS_CITY_METRIC_COUNT; i++) {
        cr_assert_eq(memcmp(&a->city[i].value, &b->city[i].value, sizeof(double)), 0,
                     "figure %d: %g drawn, %g from the trace", i, a->city[i].value,
                     b->city[i].value);
    }
    tbs_results_free(a);
    tbs_results_free(b);
    tbs_trace_free(trace);
    tb_scenario_free(s);
}

/* A run of one hall never ended once the last patient citizen was gone and nothing else was to
 * come. */
Test(recursion, run_ends_when_nobody_is_to_come, .timeout = 60)
{
    trace_is_the_same(SCENARIOS "teach-one-hall", 60);
}

Test(recursion, generated_and_read_again_is_the_same_run_three_halls)
{
    trace_is_the_same(SCENARIOS "teach-three-halls", 60);
}

Test(long_recursion, generated_and_read_again_is_the_same_run_city58)
{
    trace_is_the_same(SCENARIOS "city58", 6);
}

/* ---- nobody is lost -------------------------------------------------------------------------- */

/* Per hall and day: who was to come, by the trace of the same seed; who came, by the tickets. */
struct balance {
    uint32_t expected, came;
    uint32_t by_outcome[TBS_OUTCOME_COUNT];
};

static void instants_in_order(const struct ticket *row, uint32_t i)
{
    const bool called = row->called_at_us != TB_NEVER;

    cr_assert_eq(called, row->window != TB_NONE, "row %u", i);
    cr_assert(!called || row->called_at_us >= row->arrival_at_us, "row %u", i);
    cr_assert(row->started_at_us == TB_NEVER ||
                  (called && row->started_at_us >= row->called_at_us),
              "row %u", i);
    cr_assert_eq(row->finished_at_us == TB_NEVER, row->outcome == TBS_OUTCOME_OPEN, "row %u", i);
    cr_assert(row->finished_at_us >= row->arrival_at_us, "row %u", i);
    cr_assert(row->outcome != TBS_OUTCOME_SERVED || (row->started_at_us != TB_NEVER &&
                                                     row->finished_at_us >= row->started_at_us),
              "row %u", i);
    cr_assert(row->outcome != TBS_OUTCOME_REFUSED || (!called && row->number == 0), "row %u", i);
}

static int by_window(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;

    if (x->window != y->window) {
        return x->window < y->window ? -1 : 1;
    }
    return x->called_at_us != y->called_at_us ? (x->called_at_us < y->called_at_us ? -1 : 1)
           : x->finished_at_us < y->finished_at_us ? -1
                                                   : x->finished_at_us > y->finished_at_us;
}

/* A window has one citizen at a time. */
static void windows_serve_one(struct tickets *t)
{
    qsort(t->rows, t->count, sizeof *t->rows, by_window);
    for (uint32_t i = 1; i < t->count; i++) {
        const struct ticket *before = &t->rows[i - 1], *row = &t->rows[i];
        if (row->window != TB_NONE && before->window == row->window) {
            cr_assert_leq(before->finished_at_us, row->called_at_us, "window %u", row->window);
        }
    }
}

/* halls.csv has the same numbers: columns arrived, served, left, expired, refused, open_at_end. */
static void halls_file_agrees(const char *path, const struct tb_scenario *s,
                              const struct balance *of, uint32_t days)
{
    static const struct {
        const char *column;
        enum tbs_outcome outcome; /* COUNT: all of them */
    } columns[] = {{"arrived", TBS_OUTCOME_COUNT},      {"served", TBS_OUTCOME_SERVED},
                   {"left", TBS_OUTCOME_LEFT},          {"expired", TBS_OUTCOME_EXPIRED},
                   {"refused", TBS_OUTCOME_REFUSED},    {"open_at_end", TBS_OUTCOME_OPEN}};
    char *head[CELLS], *cells[CELLS];
    size_t bytes;
    char *text = slurp(path, &bytes), *at = text;
    const uint32_t count = row_read(&at, head);
    uint32_t rows = 0;

    for (; row_read(&at, cells) == count; rows++) {
        const uint32_t hall = tb_scenario_station_find(s, cells[0]);
        cr_assert_lt(hall, s->hall_count, "%s", cells[0]);
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            uint32_t wanted = 0, column = 0;
            while (column < count && strcmp(head[column], columns[c].column) != 0) {
                column++;
            }
            cr_assert_lt(column, count, "%s", columns[c].column);
            for (uint32_t d = 0; d < days; d++) {
                const struct balance *b = &of[hall * days + d];
                wanted += columns[c].outcome == TBS_OUTCOME_COUNT
                              ? b->came
                              : b->by_outcome[columns[c].outcome];
            }
            cr_assert_float_eq(strtod(cells[column], NULL), wanted, 1e-6, "%s %s: %s, tickets %u",
                               cells[0], columns[c].column, cells[column], wanted);
        }
    }
    cr_assert_eq(rows, s->hall_count);
    free(text);
}

/* Fills the balance from the trace and from the tickets, and checks each ticket. */
static void balance_fill(const struct tb_scenario *s, const struct tbs_trace *trace,
                         struct tickets *t, struct balance *of, uint32_t days)
{
    for (uint64_t i = 0; i < trace->count; i++) {
        const struct tbs_citizen *citizen = &trace->citizens[i];
        const uint32_t day = tb_scenario_day_at(s, citizen->arrival_at_us);
        cr_assert_lt(day, days);
        of[citizen->hall * days + day].expected++;
    }
    for (uint32_t i = 0; i < t->count; i++) {
        const struct ticket *row = &t->rows[i];
        const uint32_t day = tb_scenario_day_at(s, row->arrival_at_us);
        cr_assert_lt(day, days);
        instants_in_order(row, i);
        of[row->hall * days + day].came++;
        of[row->hall * days + day].by_outcome[row->outcome]++;
    }
    windows_serve_one(t);
}

/* `choice`: people choose the hall, so that only the day's sum over halls is known beforehand. */
static void nobody_is_lost(const char *dir, uint32_t days, bool choice)
{
    char trace_path[PATH_BYTES], tickets_path[PATH_BYTES], path[PATH_BYTES];
    struct tb_scenario *s = load(dir);
    struct tbs_run_options options;
    struct tbs_run_error error;

    tbs_run_options_init(&options, s);
    options.day_first = 0;
    options.day_count = days;
    options.seed = 9;
    cr_assert_gt(tbs_trace_write(in_folder(trace_path, "trace.csv"), s, &options, &error), 100);
    run_and_write(s, &options, "out", 1);
    struct tbs_trace *trace = trace_read(trace_path, s);
    snprintf(tickets_path, sizeof tickets_path, "%s-tickets.csv", in_folder(path, "out"));
    struct tickets t = tickets_read(tickets_path, s);
    struct balance *of = calloc((size_t)s->hall_count * days, sizeof *of);
    cr_assert_not_null(of);
    balance_fill(s, trace, &t, of, days);
    for (uint32_t d = 0; d < days; d++) {
        uint32_t expected = 0, came = 0;
        for (uint32_t h = 0; h < s->hall_count; h++) {
            const struct balance *b = &of[h * days + d];
            cr_assert(choice || b->expected == b->came, "hall %u day %u: %u to come, %u came", h, d,
                      b->expected, b->came);
            cr_assert(d + 1 == days || b->by_outcome[TBS_OUTCOME_OPEN] == 0, "hall %u day %u", h,
                      d);
            expected += b->expected;
            came += b->came;
        }
        cr_assert_eq(expected, came, "day %u: %u to come, %u came", d, expected, came);
    }
    halls_file_agrees(in_folder(path, "out/halls.csv"), s, of, days);
    free(of);
    free(t.rows);
    tbs_trace_free(trace);
    tb_scenario_free(s);
}

Test(recursion, nobody_is_lost_one_hall)
{
    nobody_is_lost(SCENARIOS "teach-one-hall", 60, false);
}

Test(recursion, nobody_is_lost_when_people_leave)
{
    nobody_is_lost(SCENARIOS "teach-erlang-a", 5, false);
}

Test(recursion, nobody_is_lost_when_the_room_is_full)
{
    nobody_is_lost(SCENARIOS "teach-mmck", 5, false);
}

Test(recursion, nobody_is_lost_in_58_halls)
{
    nobody_is_lost(SCENARIOS "peer-year", 5, false);
}

Test(recursion, nobody_is_lost_between_halls)
{
    nobody_is_lost(SCENARIOS "teach-three-halls", 60, true);
}

/* ---- the reference city's accounts ----------------------------------------------------------- */

/* By the core's own events, of one hall on one day: people with a number. */
struct account {
    uint32_t entered, served, left, expired;
};

static void account_event(void *context, const struct tb_event *event)
{
    struct account *of = context;
    const bool number = event->number != 0; /* not an appointment that lapsed */

    if (event->station != TB_STATION_NONE) {
        struct account *a = &of[event->station];
        a->entered += event->kind == TB_EVENT_TAKEN || event->kind == TB_EVENT_CHECKED_IN;
        a->served += event->kind == TB_EVENT_FINISHED;
        a->left += event->kind == TB_EVENT_ABANDONED || (event->kind == TB_EVENT_MISSED && number);
        a->expired += event->kind == TB_EVENT_EXPIRED;
    }
}

/* Cases that the demand itself brings to all halls on a day. */
static uint64_t cases_drawn(const struct tbs_demand *demand, const struct tb_scenario *s,
                            uint32_t day, struct tbs_sweep *sweep)
{
    struct tbs_day drawn = {0};
    uint64_t cases = 0;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        tbs_demand_day(demand, 9, 0, h, day, sweep, &drawn);
        for (uint32_t i = 0; i < drawn.count; i++) {
            const bool comes = drawn.visits[i].arrival_at_us != TB_NEVER;
            cases += comes ? drawn.visits[i].matter_count : 0;
        }
    }
    tbs_day_free(&drawn);
    return cases;
}

/* A hall's cases of the day at hand: all that came are served, left, expired, refused or there. */
static uint64_t cases_balance(const struct tbs_tally *tally, uint32_t hall)
{
    uint64_t n[TBS_STATION_COUNT] = {0};

    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        for (uint32_t c = 0; c < TBS_STATION_COUNT; c++) {
            n[c] += tally->stations[hall].count[type][c];
        }
    }
    cr_assert_eq(n[TBS_STATION_ARRIVED], n[TBS_STATION_SERVED] + n[TBS_STATION_LEFT] +
                                             n[TBS_STATION_EXPIRED] + n[TBS_STATION_REFUSED] +
                                             n[TBS_STATION_OPEN]);
    return n[TBS_STATION_ARRIVED];
}

static void day_balances(const struct tbs_model *model, const struct tb_scenario *s,
                         const struct account *of, uint32_t *there, tb_time now)
{
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const struct account *a = &of[h];
        struct tb_station_load load;
        tb_city_station_load(tbs_model_city(model), h, now, &load);
        const uint32_t still = load.waiting + load.called + load.serving + load.parked;
        cr_assert_eq(there[h] + a->entered, a->served + a->left + a->expired + still,
                     "hall %s: %u there, %u came, %u served, %u left, %u expired, %u still there",
                     s->halls[h].label.id, there[h], a->entered, a->served, a->left, a->expired,
                     still);
        there[h] = still;
    }
}

/* Everything on: appointments, advice, other halls, video, collecting. Each hall, each day. */
Test(recursion, nobody_is_lost_in_the_reference_city)
{
    enum { DAYS = 6 };
    struct tb_scenario *s = load(SCENARIOS "city58");
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    struct account *of = calloc(s->config.station_count, sizeof *of);
    uint32_t *there = calloc(s->config.station_count, sizeof *there);
    struct tbs_sweep sweep = {0};
    const struct tbs_model_options options = {
        .day_count = DAYS, .event = account_event, .event_context = of};
    struct tbs_model *model = tbs_model_create(s, demand, &options);

    cr_assert_not_null(of);
    cr_assert_not_null(there);
    tbs_model_start(model, 9, 0);
    tbs_model_count(model, tally);
    for (uint32_t d = 0; d < DAYS; d++) {
        uint64_t cases = 0;
        cr_assert(tbs_model_run(model, 1), "%s", tbs_model_error(model));
        day_balances(model, s, of, there, tbs_day_ends_at_us(s, d));
        for (uint32_t h = 0; h < s->hall_count; h++) {
            cases += cases_balance(tally, h);
        }
        cr_assert_eq(cases, cases_drawn(demand, s, d, &sweep), "day %u", d);
        memset(of, 0, s->config.station_count * sizeof *of);
        tbs_tally_clear(tally);
    }
    tbs_sweep_free(&sweep);
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    tb_scenario_free(s);
    free(there);
    free(of);
}
