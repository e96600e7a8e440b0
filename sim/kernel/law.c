#include "kernel/law.h"

#include <float.h>
#include <math.h>

enum { TERMS_MAX = 100000 };

static double log_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign);
}

/* Stirling's series: what lgamma(x) has beyond (x - 1/2) log x - x + log sqrt(2 pi), x >= 100. */
static double stirling_rest(double x)
{
    return (1.0 / 12 - (1.0 / 360 - 1.0 / (1260 * x * x)) / (x * x)) / x;
}

/* Logarithm of the beta function. The gamma functions of two large arguments are subtracted term
 * by term, or nothing would be left of their digits. */
static double log_beta(double a, double b)
{
    const double large = fmax(a, b), small = fmin(a, b);

    if (large < 100.0)
        return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
    return log_gamma(small) - (large - 0.5) * log1p(small / large) -
           small * log(large + small) + small + stirling_rest(large) -
           stirling_rest(large + small);
}

double tbs_normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double tbs_normal_density(double z)
{
    return 0.3989422804014326779 * exp(-0.5 * z * z);
}

double tbs_normal_quantile(double p)
{
    tbs_assert(p > 0.0 && p < 1.0);
    if (p > 0.5)
        return -tbs_normal_quantile(1.0 - p);
    /* Hastings' approximation (Abramowitz, Stegun 26.2.23, good to 0.0005), then Newton. */
    const double t = sqrt(-2.0 * log(p));
    double z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                         (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))));

    for (int i = 0; i < 4; i++)
        z -= (tbs_normal_below(z) - p) / tbs_normal_density(z);
    return z;
}

/* The continued fraction of the incomplete beta function (Abramowitz, Stegun 26.5.8) by Lentz's
 * method; converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double f = 1.0, c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);

    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    f = d;
    for (int m = 1; m < TERMS_MAX; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        const double factor[2] = {even, odd};
        double change = 1.0;

        for (int half = 0; half < 2; half++) {
            d = 1.0 + factor[half] * d;
            c = 1.0 + factor[half] / c;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            f *= change;
        }
        if (fabs(change - 1.0) < 2 * DBL_EPSILON)
            break;
    }
    return f;
}

double tbs_beta_below(double x, double a, double b)
{
    tbs_assert(x >= 0.0 && x <= 1.0);
    tbs_assert(a > 0.0 && b > 0.0);
    if (x == 0.0 || x == 1.0)
        return x;
    const double front = exp(a * log(x) + b * log1p(-x) - log_beta(a, b));

    return x < (a + 1.0) / (a + b + 2.0) ? front * beta_fraction(x, a, b) / a
                                         : 1.0 - front * beta_fraction(1.0 - x, b, a) / b;
}

/* The continued fraction, for x >= a + 1. */
static double gamma_fraction(double x, double a)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double b = x + 1.0 - a, c = 1.0 / tiny, d = 1.0 / b, f = d;

    for (int k = 1; k < TERMS_MAX; k++) {
        const double factor = -k * (k - a);
        b += 2.0;
        d = factor * d + b;
        c = b + factor / c;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        if (fabs(c * d - 1.0) < 2 * DBL_EPSILON)
            break;
    }
    return f;
}

/* The series, for x < a + 1. */
static double gamma_series(double x, double a)
{
    double term = 1.0 / a, sum = term;

    for (int k = 1; k < TERMS_MAX && term > sum * DBL_EPSILON; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum;
}

double tbs_gamma_below(double x, double a)
{
    tbs_assert(x >= 0.0);
    tbs_assert(a > 0.0);
    if (x == 0.0)
        return 0.0;
    const double front = exp(a * log(x) - x - log_gamma(a));

    return x < a + 1.0 ? front * gamma_series(x, a) : 1.0 - front * gamma_fraction(x, a);
}

double tbs_gamma_above(double x, double a)
{
    if (x < a + 1.0)
        return 1.0 - tbs_gamma_below(x, a);
    tbs_assert(a > 0.0);
    return exp(a * log(x) - x - log_gamma(a)) * gamma_fraction(x, a);
}

double tbs_gamma_upper_scaled(double x, double a)
{
    tbs_assert(x > 0.0);
    tbs_assert(a > 0.0);
    return x >= a + 1.0 ? gamma_fraction(x, a)
                        : exp(log_gamma(a) + x - a * log(x)) - gamma_series(x, a);
}

double tbs_chi_square_above(double x, double df)
{
    return tbs_gamma_above(0.5 * x, 0.5 * df);
}

/* With so many degrees of freedom the beta function would lose its digits, and what Student's law
 * differs from the normal is nearly nothing: the first term of Fisher's expansion. */
static const double df_many = 1e6;

static double student_excess(double z, double df)
{
    return (z * z * z + z) / (4.0 * df);
}

double tbs_student_below(double t, double df)
{
    tbs_assert(df > 0.0);
    if (df > df_many)
        return tbs_normal_below(t - student_excess(t, df));
    /* Whichever form of the argument keeps its digits: small t must not end as 1 - x = 0. */
    const double square = t * t;
    const double middle = square < df ? tbs_beta_below(square / (df + square), 0.5, 0.5 * df)
                                      : 1.0 - tbs_beta_below(df / (df + square), 0.5 * df, 0.5);

    return t < 0.0 ? 0.5 - 0.5 * middle : 0.5 + 0.5 * middle;
}

/* Chance beyond t > 0, with its digits however far out. */
static double student_beyond(double t, double df)
{
    const double square = t * t;

    return square < df ? 1.0 - tbs_student_below(t, df)
                       : 0.5 * tbs_beta_below(df / (df + square), 0.5 * df, 0.5);
}

/* Brackets, then halves: always converges, whatever df. */
static double student_search(double p, double df)
{
    double low = 0.0, high = 1.0;
    while (student_beyond(high, df) > 1.0 - p) {
        low = high;
        high *= 2.0;
    }
    for (int i = 0; i < 100 && high - low > 4 * DBL_EPSILON * high; i++) {
        const double t = 0.5 * (low + high);
        if (student_beyond(t, df) > 1.0 - p)
            low = t;
        else
            high = t;
    }
    return 0.5 * (low + high);
}

double tbs_student_quantile(double p, double df)
{
    /* Thousands of intervals ask for the same one, which takes twenty microseconds to find. */
    static _Thread_local double last_p, last_df, last;

    tbs_assert(p > 0.0 && p < 1.0);
    tbs_assert(df > 0.0);
    if (p == 0.5)
        return 0.0;
    if (p < 0.5)
        return -tbs_student_quantile(1.0 - p, df);
    if (df > df_many) {
        const double z = tbs_normal_quantile(p);
        return z + student_excess(z, df);
    }
    if (p != last_p || df != last_df) {
        last = student_search(p, df);
        last_p = p;
        last_df = df;
    }
    return last;
}
