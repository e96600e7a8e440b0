/* Paired differences, and tongban compare on output folders. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/file.h"
#include "report/pair.h"
#include "report/read.h"
#include "report/report.h"
#include "report/synthetic.h"

static struct tbs_report_error error;
static char folder[] = "/tmp/tongban-compare-XXXXXX";

static void folder_make(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void folder_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(report_compare, .init = folder_make, .fini = folder_remove, .timeout = 60);

/* ---- pairs ----------------------------------------------------------------------------------- */

static struct tbs_paired pair_of(const double *before, const double *after, uint32_t n)
{
    return tbs_pair(before, 1, after, 1, n, 0.95, TBS_BETTER_LOWER);
}

Test(report_pair, mean_and_interval_by_hand)
{
    /* Differences 1, 2, 3: mean 2, deviation 1, and t(2) = 4.302653 for 95%. */
    struct tbs_paired pair = pair_of((double[]){1, 2, 3}, (double[]){2, 4, 6}, 3);
    cr_expect_float_eq(pair.before, 2, 1e-12);
    cr_expect_float_eq(pair.after, 4, 1e-12);
    cr_expect_float_eq(pair.difference, 2, 1e-12);
    cr_expect_float_eq(pair.half_width, 4.302652729911275 / sqrt(3), 1e-9);
    cr_expect_eq(pair.n, 3);
    cr_expect_eq(pair.verdict, TBS_VERDICT_NOISE);
}

Test(report_pair, quantiles_of_student_as_in_tables)
{
    static const struct {
        uint32_t n;
        double confidence, t;
    } rows[] = {{2, 0.95, 12.7062}, {3, 0.95, 4.30265}, {11, 0.95, 2.22814},
                {31, 0.95, 2.04227}, {121, 0.95, 1.97993}, {1001, 0.95, 1.96234},
                {11, 0.99, 3.16927}, {31, 0.999, 3.64596}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double zero[1001] = {0}, after[1001];
        uint32_t n = rows[i].n;
        /* Differences whose mean is 0 and whose deviation is s: the half-width is t s / sqrt(n). */
        double squares = 0;
        for (uint32_t k = 0; k < n; k++) {
            after[k] = k - (n - 1) / 2.0;
            squares += after[k] * after[k];
        }
        struct tbs_paired pair = tbs_pair(zero, 1, after, 1, n, rows[i].confidence,
                                          TBS_BETTER_NEITHER);
        double t = pair.half_width / sqrt(squares / (n - 1) / n);
        cr_expect_float_eq(t, rows[i].t, 2e-5 * rows[i].t, "n %u: %.6f", n, t);
    }
}

Test(report_pair, verdicts)
{
    static const double low[] = {1, 1.1, 0.9, 1}, high[] = {5, 5.1, 4.9, 5.05};
    static const struct {
        const double *before, *after;
        uint32_t n;
        enum tbs_better better;
        enum tbs_verdict verdict;
    } rows[] = {
        {high, low, 4, TBS_BETTER_LOWER, TBS_VERDICT_BETTER},
        {low, high, 4, TBS_BETTER_LOWER, TBS_VERDICT_WORSE},
        {high, low, 4, TBS_BETTER_HIGHER, TBS_VERDICT_WORSE},
        {low, high, 4, TBS_BETTER_HIGHER, TBS_VERDICT_BETTER},
        {low, high, 4, TBS_BETTER_NEITHER, TBS_VERDICT_CHANGED},
        {low, low, 4, TBS_BETTER_LOWER, TBS_VERDICT_SAME},
        {low, high, 1, TBS_BETTER_LOWER, TBS_VERDICT_UNKNOWN},
        {low, high, 0, TBS_BETTER_LOWER, TBS_VERDICT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tbs_paired pair = tbs_pair(rows[i].before, 1, rows[i].after, 1, rows[i].n, 0.95,
                                          rows[i].better);
        cr_expect_eq(pair.verdict, rows[i].verdict, "row %zu: %s", i,
                     tbs_verdict_names[pair.verdict]);
    }
}

/* Two replications that happen to shift a percentile by one and the same step prove nothing; six
 * with one sign come by chance one time in 32. */
Test(report_pair, a_constant_difference_is_certain_once_chance_is_out)
{
    const double before[] = {4, 5, 6, 7, 8, 9}, after[] = {3, 4, 5, 6, 7, 8};
    for (uint32_t n = 2; n <= 5; n++) {
        struct tbs_paired few = pair_of(before, after, n);
        cr_expect(isnan(few.half_width), "n %u", n);
        cr_expect_eq(few.verdict, TBS_VERDICT_UNKNOWN, "n %u", n);
    }
    struct tbs_paired pair = pair_of(before, after, 6);
    cr_expect_float_eq(pair.half_width, 0, 1e-12);
    cr_expect_eq(pair.verdict, TBS_VERDICT_BETTER);
    pair = tbs_pair(before, 1, after, 1, 2, 0.95, TBS_BETTER_NEITHER);
    cr_expect_eq(pair.verdict, TBS_VERDICT_CHANGED);    /* the plan's own hours */
}

Test(report_pair, unknown_values_leave_their_pair_out)
{
    struct tbs_paired pair = pair_of((double[]){1, NAN, 3, 4}, (double[]){2, 4, NAN, 6}, 4);
    cr_expect_eq(pair.n, 2);
    cr_expect_float_eq(pair.before, 2.5, 1e-12);
    cr_expect_float_eq(pair.difference, 1.5, 1e-12);
}

/* Halls of two runs are told by their ids, wherever they stand; the interval widens with the
 * number of halls that are judged together. */
Test(report_pair, halls_are_paired_by_id)
{
    struct tbs_results *before =
        synthetic_city(&(struct synthetic_options){.seed = 1, .replications = 6});
    struct tbs_results *after = synthetic_city(
        &(struct synthetic_options){.seed = 1, .replications = 6, .saturday_windows_more = 1});
    for (int i = 0; i < 6; i++) {       /* 5 and 7 change places */
        double *row = before->replication_hall + (size_t)i * 58 * TBS_HALL_METRIC_COUNT;
        for (int m = 0; m < TBS_HALL_METRIC_COUNT; m++) {
            double kept = row[5 * TBS_HALL_METRIC_COUNT + m];
            row[5 * TBS_HALL_METRIC_COUNT + m] = row[7 * TBS_HALL_METRIC_COUNT + m];
            row[7 * TBS_HALL_METRIC_COUNT + m] = kept;
        }
    }
    struct tbs_hall_result hall = before->halls[5];
    before->halls[5] = before->halls[7];
    before->halls[7] = hall;
    struct tbs_paired county = tbs_pair_hall(before, after, 5, TBS_HALL_WAIT_P90_S);
    cr_expect_eq(county.verdict, TBS_VERDICT_SAME);
    struct tbs_paired city = tbs_pair_hall(before, after, 0, TBS_HALL_SATURDAY_WAIT_P90_S);
    cr_expect_eq(city.verdict, TBS_VERDICT_BETTER);
    struct tbs_paired alone =
        tbs_pair(before->replication_hall + TBS_HALL_SATURDAY_WAIT_P90_S,
                 58 * TBS_HALL_METRIC_COUNT,
                 after->replication_hall + TBS_HALL_SATURDAY_WAIT_P90_S,
                 58 * TBS_HALL_METRIC_COUNT, 6, 0.95, TBS_BETTER_LOWER);
    cr_expect_float_eq(city.difference, alone.difference, 1e-12);
    cr_expect_gt(city.half_width, 2 * alone.half_width);
    before->halls[7].name.id = "another";
    cr_expect_eq(tbs_pair_hall(before, after, 5, TBS_HALL_WAIT_P90_S).n, 0);
    tbs_results_free(before);
    tbs_results_free(after);
}

/* ---- folders --------------------------------------------------------------------------------- */

static const char *inside(const char *name)
{
    static char path[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void run_write(const char *name, const struct synthetic_options *options,
                      void (*change)(struct tbs_results *))
{
    struct tbs_results *r = synthetic_city(options);
    if (change != NULL)
        change(r);
    cr_assert_eq(tbs_report_write(r, NULL, inside(name), &error), 0, "%s", error.text);
    tbs_results_free(r);
}

/* What compare prints; NULL when it refuses. The caller frees. */
static char *compare(const char *before, const char *after, const char *html,
                     enum tbs_report_language language)
{
    char *text = NULL;
    size_t count;
    FILE *out = open_memstream(&text, &count);
    int status = tbs_report_compare(inside(before), inside(after), html, language, out, &error);
    fclose(out);
    if (status == 0)
        return text;
    cr_expect_eq(count, 0, "a refused comparison prints nothing: %s", text);
    free(text);
    return NULL;
}

static const struct synthetic_options plain = {.seed = 42, .replications = 4};
static const struct synthetic_options more = {
    .seed = 42, .replications = 4, .saturday_windows_more = 1};

Test(report_compare, a_folder_reads_back)
{
    struct tbs_results *r = synthetic_city(
        &(struct synthetic_options){.seed = 7, .replications = 3, .hostile = true});
    r->plan = (struct tbs_name){"p", "方案", "Plan"};
    cr_assert_eq(tbs_report_write(r, NULL, inside("out"), &error), 0, "%s", error.text);
    struct tbs_results *back = tbs_results_read(inside("out"), &error);
    cr_assert_not_null(back, "%s", error.text);
    cr_expect_str_eq(back->scenario.zh, r->scenario.zh);
    cr_expect_str_eq(back->plan.en, "Plan");
    cr_expect_str_eq(back->command, r->command);
    cr_expect_eq(back->demand_hash, r->demand_hash);
    cr_expect_eq(back->state_hash, r->state_hash);
    cr_expect_eq(back->day_count[1], 41);
    cr_expect(back->city[0].too_few);
    cr_expect(isinf(back->bin_edge_s[back->shape.bin_count]));
    cr_expect_eq(back->shape.trade_count, 10);
    for (uint32_t i = 0; i < 58; i++) {
        cr_expect_str_eq(back->halls[i].name.zh, r->halls[i].name.zh);
        cr_expect_eq(back->halls[i].trade_index, r->halls[i].trade_index);
        cr_expect_eq(back->halls[i].level, r->halls[i].level);
        cr_expect_eq(back->halls[i].windows_saturday, r->halls[i].windows_saturday);
    }
    for (int i = 0; i < 3 * TBS_CITY_METRIC_COUNT; i++)
        cr_expect_float_eq(back->replication[i], r->replication[i],
                           1e-14 * fabs(r->replication[i]) + 1e-300);
    for (int i = 0; i < 3 * 58 * TBS_HALL_METRIC_COUNT; i++)
        cr_expect_float_eq(back->replication_hall[i], r->replication_hall[i],
                           1e-14 * fabs(r->replication_hall[i]) + 1e-300);
    tbs_results_free(back);
    tbs_results_free(r);
}

Test(report_compare, says_what_changed_in_both_languages)
{
    run_write("plain", &plain, NULL);
    run_write("more", &more, NULL);
    char *zh = compare("plain", "more", inside("html"), TBS_REPORT_ZH);
    char *en = compare("plain", "more", NULL, TBS_REPORT_EN);
    cr_assert(zh != NULL && en != NULL, "%s", error.text);
    cr_expect_not_null(strstr(zh, "周六九成等候不超过"));
    cr_expect_not_null(strstr(zh, "确有改善"));
    cr_expect_not_null(strstr(zh, "完全相同"));
    cr_expect_not_null(strstr(zh, "市人社大厅"));
    cr_expect_not_null(strstr(en, "Saturday: nine in ten wait at most"));
    cr_expect_not_null(strstr(en, "City Social security"));
    cr_expect_null(strstr(en, "Linjiang"), "county halls did not change");
    cr_expect_null(strstr(zh, "注意"), "the same citizens came");
    size_t count;
    char *html;
    cr_assert_eq(tbs_file_read(inside("html"), "compare.html", &html, &count, &error), 0);
    cr_expect_not_null(strstr(html, "\"same_demand\":true"));
    cr_expect_null(strstr(html, "\"compare\":null"));
    free(html);
    free(zh);
    free(en);
}

/* The printed difference is the pairs' own, not that of rounded means. */
Test(report_compare, prints_the_paired_difference)
{
    run_write("plain", &plain, NULL);
    run_write("more", &more, NULL);
    struct tbs_results *before = tbs_results_read(inside("plain"), &error);
    struct tbs_results *after = tbs_results_read(inside("more"), &error);
    struct tbs_paired pair = tbs_pair_city(before, after, TBS_CITY_SATURDAY_WAIT_P90_S);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%+.2f min +- %.2f min", pair.difference / 60,
             pair.half_width / 60);
    char *text = compare("plain", "more", NULL, TBS_REPORT_EN);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, wanted), "%s not in %s", wanted, text);
    cr_expect_lt(pair.difference, 0);
    free(text);
    tbs_results_free(before);
    tbs_results_free(after);
}

static void another_demand(struct tbs_results *r) { r->demand_hash++; }
static void another_period(struct tbs_results *r) { r->period_to = "2022-04-29"; }

Test(report_compare, refuses_other_seeds_and_periods_and_names_both)
{
    run_write("plain", &plain, NULL);
    run_write("seed", &(struct synthetic_options){.seed = 43, .replications = 4}, NULL);
    run_write("period", &plain, another_period);
    cr_expect_null(compare("plain", "seed", NULL, TBS_REPORT_EN));
    cr_expect(strstr(error.text, "--seed 42") && strstr(error.text, "--seed 43"), "%s",
              error.text);
    cr_expect_null(compare("plain", "period", inside("html"), TBS_REPORT_EN));
    cr_expect(strstr(error.text, "2022-04-30") && strstr(error.text, "2022-04-29"), "%s",
              error.text);
    cr_expect_neq(access(inside("html"), F_OK), 0, "nothing is written");
}

Test(report_compare, other_demand_is_compared_but_said)
{
    run_write("plain", &plain, NULL);
    run_write("stress", &plain, another_demand);
    char *text = compare("plain", "stress", NULL, TBS_REPORT_ZH);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "不是同一批办事人"));
    free(text);
}

Test(report_compare, one_replication_gives_no_verdict)
{
    run_write("one", &(struct synthetic_options){.seed = 42, .replications = 1}, NULL);
    run_write("more", &more, NULL);
    char *text = compare("one", "more", NULL, TBS_REPORT_EN);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "one replication only"));
    cr_expect_null(strstr(text, "  better\n"));
    cr_expect_not_null(strstr(text, "can't tell"));
    free(text);
}

Test(report_compare, damaged_folders_are_named)
{
    static const struct {
        const char *damage, *says;
    } rows[] = {
        {"rm summary.json", "summary.json: No such file"},
        {"echo '{' > summary.json", "summary.json line"},
        {"sed -i 's/\"format\": 1/\"format\": 2/' summary.json", "format 2"},
        {"rm replications.csv", "replications.csv: No such file"},
        {"sed -i '3s/,/,oops/' replications.csv", "is not a number"},
        {"sed -i '3s/^1/2/' replications.csv", "replication 1 is expected"},
        {"sed -i '4s/,[^,]*$//' replications.csv", "replications.csv row 4"},
        {"sed -i '$d' hall-replications.csv", "not one for each of 58 halls and 4"},
        {"sed -i '2s/^\"//' halls.csv", "halls.csv"},
        {": > halls.csv", "halls.csv"},
    };
    run_write("plain", &plain, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[512];
        snprintf(command, sizeof command, "cd %s && rm -rf bad && cp -r plain bad && cd bad && "
                 "%s", folder, rows[i].damage);
        cr_assert_eq(system(command), 0);
        cr_expect_null(compare("plain", "bad", NULL, TBS_REPORT_EN), "row %zu", i);
        cr_expect_not_null(strstr(error.text, rows[i].says), "row %zu: %s", i, error.text);
        cr_expect_not_null(strstr(error.text, "/bad"), "row %zu: %s", i, error.text);
    }
}

Test(report_compare, a_report_of_two_runs_shows_both)
{
    struct tbs_results *before = synthetic_city(&plain), *after = synthetic_city(&more);
    cr_assert_eq(tbs_report_write(after, before, inside("both"), &error), 0, "%s", error.text);
    size_t count;
    char *html;
    cr_assert_eq(tbs_file_read(inside("both"), "report.html", &html, &count, &error), 0);
    cr_expect_null(strstr(html, "\"compare\":null"));
    free(html);
    before->seed = 1;
    cr_expect_eq(tbs_report_write(after, before, inside("other"), &error), -1);
    cr_expect_neq(access(inside("other"), F_OK), 0);
    tbs_results_free(before);
    tbs_results_free(after);
}
