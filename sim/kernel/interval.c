#include "kernel/interval.h"

#include "kernel/law.h"

#include <math.h>

enum { FEW = 10, MSER_BATCH = 5, MSER_LEAST = 50 };

double tbs_interval_relative(struct tbs_interval interval)
{
    if (interval.half_width == 0.0)
        return 0.0;
    return interval.value != 0.0 ? interval.half_width / fabs(interval.value) : INFINITY;
}

uint64_t tbs_interval_needed(struct tbs_interval interval, double half_width)
{
    if ((interval.flags & TBS_INTERVAL_NONE) || !(half_width > 0.0))
        return 0;
    const double ratio = interval.half_width / half_width;
    const double needed = ceil(interval.count * ratio * ratio);

    return needed > interval.count ? (uint64_t)fmin(needed, 0x1p62) : interval.count;
}

/* Of n values with this mean and sum of squared differences from it. */
static struct tbs_interval interval_of(double value, double squares, size_t n, double confidence)
{
    struct tbs_interval interval = {.value = value, .count = (uint32_t)n};

    tbs_assert(confidence > 0.0 && confidence < 1.0);
    if (n < 2) {
        interval.half_width = INFINITY;
        interval.flags = TBS_INTERVAL_NONE | TBS_INTERVAL_FEW;
        return interval;
    }
    const double error = sqrt(squares / ((double)n * (double)(n - 1)));
    interval.half_width = error > 0.0
        ? error * tbs_student_quantile(0.5 + 0.5 * confidence, (double)(n - 1)) : 0.0;
    interval.flags = n < FEW ? TBS_INTERVAL_FEW : 0;
    return interval;
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : 0.0;
}

static double squares_about(const double *x, size_t n, double mean)
{
    double squares = 0.0;

    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return squares;
}

struct tbs_interval tbs_interval_mean(const double *x, size_t n, double confidence)
{
    const double mean = mean_of(x, n);

    return interval_of(mean, squares_about(x, n, mean), n, confidence);
}

struct tbs_interval tbs_interval_batches(const double *mean, size_t n, double confidence)
{
    const double all = mean_of(mean, n), squares = squares_about(mean, n, all);
    struct tbs_interval interval = interval_of(all, squares, n, confidence);
    double steps = 0.0;

    if (n < FEW || squares == 0.0)
        return interval;
    for (size_t i = 1; i < n; i++)
        steps += (mean[i] - mean[i - 1]) * (mean[i] - mean[i - 1]);
    /* Without correlation the ratio has mean 2 and this variance, and is nearly normal. */
    const double count = (double)n;
    const double deviation = sqrt(4.0 * (count - 2.0) / (count * count - 1.0));
    if (steps / squares < 2.0 + tbs_normal_quantile(0.05) * deviation)
        interval.flags |= TBS_INTERVAL_CORRELATED;
    return interval;
}

struct tbs_interval tbs_interval_paired(const double *a, const double *b, size_t n,
                                        double confidence, double *p_value)
{
    double mean = 0.0, squares = 0.0;

    for (size_t i = 0; i < n; i++)
        mean += (a[i] - b[i]) / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    const struct tbs_interval interval = interval_of(mean, squares, n, confidence);
    if (p_value != NULL) {
        *p_value = 1.0;
        if (n >= 2 && squares > 0.0) {
            const double t = fabs(mean) / sqrt(squares / ((double)n * (double)(n - 1)));
            *p_value = 2.0 * tbs_student_below(-t, (double)(n - 1));
        } else if (n >= 2 && mean != 0.0) {
            *p_value = 0.0;
        }
    }
    return interval;
}

struct tbs_interval tbs_interval_ratio(const double *above, const double *below, size_t n,
                                       double confidence)
{
    double above_sum = 0.0, below_sum = 0.0, mean = 0.0, squares = 0.0;

    for (size_t i = 0; i < n; i++) {
        above_sum += above[i];
        below_sum += below[i];
    }
    const double ratio = below_sum != 0.0 ? above_sum / below_sum : 0.0;
    if (n < 2)
        return interval_of(ratio, 0.0, n, confidence);
    /* Pseudo-value i: n times the ratio less n - 1 times the ratio without pair i. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            const double rest = below_sum - below[i];
            const double without = rest != 0.0 ? (above_sum - above[i]) / rest : ratio;
            const double pseudo = (double)n * ratio - (double)(n - 1) * without;
            if (pass == 0)
                mean += pseudo / (double)n;
            else
                squares += (pseudo - mean) * (pseudo - mean);
        }
    }
    return interval_of(mean, squares, n, confidence);
}

struct tbs_interval tbs_interval_quantile(const struct tbs_histogram *histogram, double q,
                                          double confidence)
{
    const double n = (double)histogram->count;
    const double z = tbs_normal_quantile(0.5 + 0.5 * confidence);
    const double reach = z * sqrt(n * q * (1.0 - q));
    const double low = floor(n * q - reach), high = ceil(n * q + reach) + 1.0;
    struct tbs_interval interval = {
        .value = (double)tbs_histogram_quantile_us(histogram, q),
        .half_width = INFINITY,
        .count = histogram->count < UINT32_MAX ? (uint32_t)histogram->count : UINT32_MAX,
        .flags = TBS_INTERVAL_NONE | TBS_INTERVAL_FEW,
    };

    if (low < 1.0 || high > n)
        return interval;
    const double from = (double)tbs_histogram_quantile_us(histogram, low / n);
    const double to = (double)tbs_histogram_quantile_us(histogram, high / n);
    interval.half_width = fmax(interval.value - from, to - interval.value);
    interval.flags = 0;
    return interval;
}

size_t tbs_warmup(const double *x, size_t n)
{
    const size_t batches = n / MSER_BATCH;
    double mean = 0.0, squares = 0.0, least = INFINITY;
    size_t cut = 0;

    if (n < MSER_LEAST)
        return n;
    /* From the end: mean and squared differences of what is kept (Welford's update). The last few
     * batches alone would be a chance agreement. */
    for (size_t d = batches; d-- > 0;) {
        const double kept = (double)(batches - d);
        const double value = mean_of(x + d * MSER_BATCH, MSER_BATCH);
        const double change = value - mean;

        mean += change / kept;
        squares += change * (value - mean);
        if (kept >= MSER_BATCH && squares / (kept * kept) <= least) {
            least = squares / (kept * kept);
            cut = d;
        }
    }
    return cut > batches / 2 ? n : cut * MSER_BATCH;
}
