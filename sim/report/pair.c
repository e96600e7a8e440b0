/* Student's interval of the mean of paired differences. */
#include "report/pair.h"

#include <math.h>

#include "kernel/law.h"

const char *const tbs_verdict_names[] = {"unknown", "same", "noise", "better", "worse", "changed"};
const char *const tbs_verdict_names_zh[] = {"无法判断",   "完全相同", "在随机波动之内",
                                            "确有改善", "确有恶化", "确有变化"};
const char *const tbs_verdict_names_en[] = {"can't tell", "identical", "within noise",
                                            "better",     "worse",     "changed"};

/* Counts and percentiles come in steps, so a few equal differences happen by chance, and Student's
 * interval shrinks to nothing. Then only their common sign counts: 2^(1-n) by chance. */
static bool chance_equal(const struct tbs_paired *pair, double deviation, double confidence)
{
    bool equal = deviation <= 1e-9 * fabs(pair->difference);    /* but for rounding */
    return equal && pair->difference != 0 && ldexp(1, 1 - (int)pair->n) > 1 - confidence;
}

static enum tbs_verdict judge(const struct tbs_paired *pair, enum tbs_better better)
{
    if (pair->n < 2 || isnan(pair->half_width))
        return TBS_VERDICT_UNKNOWN;
    if (pair->difference == 0 && pair->half_width == 0)
        return TBS_VERDICT_SAME;
    if (fabs(pair->difference) <= pair->half_width)
        return TBS_VERDICT_NOISE;
    if (better == TBS_BETTER_NEITHER)
        return TBS_VERDICT_CHANGED;
    bool rose = pair->difference > 0;
    return rose == (better == TBS_BETTER_HIGHER) ? TBS_VERDICT_BETTER : TBS_VERDICT_WORSE;
}

struct tbs_paired tbs_pair(const double *before, size_t before_stride, const double *after,
                           size_t after_stride, uint32_t count, double confidence,
                           enum tbs_better better)
{
    double sum_before = 0, sum_after = 0, mean = 0, squares = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        double x = before[i * before_stride], y = after[i * after_stride];
        if (isnan(x) || isnan(y))
            continue;
        n++;
        sum_before += x;
        sum_after += y;
        double step = y - x - mean;         /* Welford: no cancellation */
        mean += step / n;
        squares += step * (y - x - mean);
    }
    struct tbs_paired pair = {NAN, NAN, NAN, NAN, n, TBS_VERDICT_UNKNOWN};
    if (n == 0)
        return pair;
    pair.before = sum_before / n;
    pair.after = sum_after / n;
    pair.difference = mean;
    double deviation = n < 2 ? NAN : sqrt(squares / (n - 1));
    if (n >= 2)
        pair.half_width =
            tbs_student_quantile((1 + confidence) / 2, n - 1) * deviation / sqrt(n);
    if (better != TBS_BETTER_NEITHER && chance_equal(&pair, deviation, confidence))
        pair.half_width = NAN;
    pair.verdict = judge(&pair, better);
    return pair;
}

uint32_t tbs_pair_count(const struct tbs_results *before, const struct tbs_results *after)
{
    uint32_t b = before->shape.replication_count, a = after->shape.replication_count;
    return a < b ? a : b;
}

struct tbs_paired tbs_pair_city(const struct tbs_results *before, const struct tbs_results *after,
                                enum tbs_city_metric metric)
{
    return tbs_pair(before->replication + metric, TBS_CITY_METRIC_COUNT,
                    after->replication + metric, TBS_CITY_METRIC_COUNT,
                    tbs_pair_count(before, after), 0.95, tbs_city_metrics[metric].better);
}

struct tbs_paired tbs_pair_hall(const struct tbs_results *before, const struct tbs_results *after,
                                uint32_t hall_index, enum tbs_hall_metric metric)
{
    size_t hall_count = after->shape.hall_count, before_count = before->shape.hall_count;
    uint32_t before_index = tbs_results_find_hall(before, after->halls[hall_index].name.id);
    uint32_t count = before_index < before_count ? tbs_pair_count(before, after) : 0;
    size_t x = (size_t)before_index * TBS_HALL_METRIC_COUNT + metric;
    size_t y = (size_t)hall_index * TBS_HALL_METRIC_COUNT + metric;
    return tbs_pair(count > 0 ? before->replication_hall + x : NULL,
                    before_count * TBS_HALL_METRIC_COUNT, after->replication_hall + y,
                    hall_count * TBS_HALL_METRIC_COUNT, count, 1 - 0.05 / (double)hall_count,
                    tbs_hall_metrics[metric].better);
}
