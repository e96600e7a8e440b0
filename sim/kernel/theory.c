#include "kernel/theory.h"

#include "kernel/law.h"

#include <float.h>
#include <math.h>

/* Sums of birth-and-death equations are relative to one state, and brought down by this factor
 * before they can overflow. */
static const double scale = 0x1p-800;

/* ---- loss ----------------------------------------------------------------------------------- */

/* From b, the loss with x servers, to that with x + n. */
static double loss_onward(double a, double x, double b, uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++)
        b = a * b / (x + i + a * b);
    return b;
}

double tbs_erlang_b(double a, uint32_t c)
{
    tbs_assert(a > 0.0);
    return loss_onward(a, 0.0, 1.0, c);
}

double tbs_erlang_b_real(double a, double x)
{
    tbs_assert(a > 0.0);
    tbs_assert(x >= 0.0);
    /* 1 / B is the integral of e^-t (1 + t / a)^x: an incomplete gamma function; for the fraction
     * of x, then onward by whole servers. */
    const double whole = floor(x), fraction = x - whole;
    const double b = 1.0 / (a * tbs_gamma_upper_scaled(a, fraction + 1.0));

    return loss_onward(a, fraction, b, (uint32_t)whole);
}

double tbs_erlang_b_servers(double a, double b)
{
    double low = 0.0, high = 1.0;

    tbs_assert(b > 0.0 && b < 1.0);
    while (tbs_erlang_b_real(a, high) > b) {
        low = high;
        high *= 2.0;
    }
    for (int i = 0; i < 100 && high - low > 4 * DBL_EPSILON * high; i++) {
        const double x = 0.5 * (low + high);
        if (tbs_erlang_b_real(a, x) > b)
            low = x;
        else
            high = x;
    }
    return 0.5 * (low + high);
}

/* ---- M/M/c ---------------------------------------------------------------------------------- */

double tbs_erlang_c(double a, uint32_t c)
{
    tbs_assert(c > 0);
    if (a >= c)
        return 1.0;
    const double b = tbs_erlang_b(a, c);

    return c * b / (c - a * (1.0 - b));
}

double tbs_mmc_wait_mean(double lambda, double mu, uint32_t c)
{
    return tbs_mmc_wait_beyond(lambda, mu, c, 0.0) / fmax(c * mu - lambda, 0.0);
}

double tbs_mmc_wait_beyond(double lambda, double mu, uint32_t c, double t)
{
    tbs_assert(mu > 0.0);
    tbs_assert(t >= 0.0);
    return tbs_erlang_c(lambda / mu, c) * exp(-fmax(c * mu - lambda, 0.0) * t);
}

double tbs_mmc_wait_quantile(double lambda, double mu, uint32_t c, double q)
{
    tbs_assert(q >= 0.0 && q < 1.0);
    const double delay = tbs_mmc_wait_beyond(lambda, mu, c, 0.0);

    return delay <= 1.0 - q ? 0.0 : log(delay / (1.0 - q)) / fmax(c * mu - lambda, 0.0);
}

uint32_t tbs_mmc_servers(double lambda, double mu, double t, double level)
{
    tbs_assert(lambda > 0.0);
    tbs_assert(level < 1.0);
    uint32_t c = (uint32_t)(lambda / mu) + 1;

    while (tbs_mmc_wait_beyond(lambda, mu, c, t) > 1.0 - level)
        c++;
    return c;
}

double tbs_square_root_staffing(double a, double delay)
{
    double low = 0.0, high = 40.0;

    tbs_assert(a > 0.0);
    tbs_assert(delay > 0.0 && delay <= 1.0);
    /* delay = 1 / (1 + beta Phi(beta) / phi(beta)), falling in beta. */
    for (int i = 0; i < 64; i++) {
        const double beta = 0.5 * (low + high);
        const double density = tbs_normal_density(beta);
        if (density > delay * (density + beta * tbs_normal_below(beta)))
            low = beta;
        else
            high = beta;
    }
    return a + low * sqrt(a);
}

/* ---- lines beyond the servers --------------------------------------------------------------- */

/* Sums over the states with all servers busy, relative to the state without a line. */
struct line {
    double below; /* sum over states with a server free */
    double sum;   /* over lines of 0, 1, 2, ... */
    double mean;  /* sum of length x weight */
    double last;  /* weight of the longest line */
};

/* A line of k comes from one of k - 1 at rate lambda and goes back at rate drain + k theta. At
 * most `most` wait. */
static struct line line_of(double lambda, double mu, double theta, uint32_t c, uint64_t most)
{
    const double drain = c * mu;
    struct line line = {.below = 1.0 / tbs_erlang_b(lambda / mu, c) - 1.0, .sum = 1.0};
    double weight = 1.0;

    for (uint64_t k = 1; k <= most; k++) {
        const double ratio = lambda / (drain + (double)k * theta);
        weight *= ratio;
        line.sum += weight;
        line.mean += (double)k * weight;
        /* What remains is a geometric series at most. */
        if (theta > 0.0 && ratio < 1.0 &&
            (double)k * weight < 0.25 * DBL_EPSILON * line.sum * (1.0 - ratio))
            break;
        if (line.mean > 0x1p900) {
            weight *= scale;
            line.sum *= scale;
            line.mean *= scale;
            line.below *= scale;
        }
    }
    line.last = weight;
    return line;
}

struct tbs_mmck tbs_mmck(double lambda, double mu, uint32_t c, uint32_t k)
{
    tbs_assert(lambda > 0.0);
    tbs_assert(mu > 0.0);
    tbs_assert(c > 0);
    tbs_assert(k >= c);
    const struct line line = line_of(lambda, mu, 0.0, c, k - c);
    const double all = line.below + line.sum;
    struct tbs_mmck result = {.loss = line.last / all, .line_mean = line.mean / all};
    const double admitted = 1.0 - result.loss;

    result.delay = (line.sum - line.last) / (all - line.last);
    result.wait_mean = result.line_mean / (lambda * admitted);
    result.busy_mean = lambda * admitted / mu;
    return result;
}

struct tbs_erlang_a tbs_erlang_a(double lambda, double mu, double theta, uint32_t c)
{
    tbs_assert(lambda > 0.0);
    tbs_assert(mu > 0.0);
    tbs_assert(theta > 0.0);
    tbs_assert(c > 0);
    const struct line line = line_of(lambda, mu, theta, c, UINT64_MAX);
    const double all = line.below + line.sum;
    struct tbs_erlang_a result = {.delay = line.sum / all, .line_mean = line.mean / all};

    result.wait_mean = result.line_mean / lambda;
    result.abandon = theta * result.wait_mean;
    result.busy_mean = lambda * (1.0 - result.abandon) / mu;
    return result;
}

/* Logarithm of lambda times the integral, from t on, of exp(lambda x (time in patience up to x)
 * - c mu x): the density of the offered wait, relative to the state with one server free. */
static double log_offered(double lambda, double drain, double theta, double t)
{
    const double b = drain / theta, y0 = lambda / theta, y = y0 * exp(-theta * t);
    double term = 1.0 / b, sum = term, exponent = 0.0;

    /* Series of the incomplete gamma function: y^k / (b (b + 1) ... (b + k)). */
    for (double k = 1.0; term > 0.0; k += 1.0) {
        const double ratio = y / (b + k);
        term *= ratio;
        sum += term;
        if (ratio < 1.0 && term < 0.25 * DBL_EPSILON * sum * (1.0 - ratio))
            break;
        if (sum > 0x1p900) {
            term *= scale;
            sum *= scale;
            exponent -= log(scale);
        }
    }
    return log(y0) + y0 - y - drain * t + log(sum) + exponent;
}

double tbs_erlang_a_offered_beyond(double lambda, double mu, double theta, uint32_t c, double t)
{
    tbs_assert(lambda > 0.0);
    tbs_assert(mu > 0.0);
    tbs_assert(theta > 0.0);
    tbs_assert(c > 0);
    tbs_assert(t >= 0.0);
    const double from_0 = log_offered(lambda, c * mu, theta, 0.0);
    const double from_t = log_offered(lambda, c * mu, theta, t);
    const double free_server = -log(tbs_erlang_b(lambda / mu, c - 1));
    const double larger = fmax(from_0, free_server), smaller = fmin(from_0, free_server);

    return exp(from_t - larger - log1p(exp(smaller - larger)));
}

double tbs_erlang_a_wait_beyond(double lambda, double mu, double theta, uint32_t c, double t)
{
    return tbs_erlang_a_offered_beyond(lambda, mu, theta, c, t) * exp(-theta * t);
}

/* ---- M/G/1 and priorities ------------------------------------------------------------------- */

double tbs_mg1_wait_mean(double lambda, double service_mean, double service_cv)
{
    const struct tbs_priority_class one = {lambda, service_mean, service_cv};
    double wait_mean;

    tbs_priority_mg1(&one, 1, &wait_mean);
    return wait_mean;
}

/* Each class waits for what is in service, for those before it, and for those of a more urgent
 * class who come while it waits. load[i]: of class i. */
static void priority_waits(const double *load, uint32_t count, double residual,
                           double *wait_mean)
{
    double before = 0.0, sum = 0.0;

    for (uint32_t i = 0; i < count; i++)
        sum += load[i];
    for (uint32_t i = 0; i < count; i++) {
        const double up_to = before + load[i];
        wait_mean[i] = sum < 1.0 ? residual / ((1.0 - before) * (1.0 - up_to)) : INFINITY;
        before = up_to;
    }
}

void tbs_priority_mg1(const struct tbs_priority_class *classes, uint32_t count,
                      double *wait_mean)
{
    double residual = 0.0;

    for (uint32_t i = 0; i < count; i++) {
        const struct tbs_priority_class *k = &classes[i];
        const double square = k->service_mean * k->service_mean;

        tbs_assert(k->lambda > 0.0);
        tbs_assert(k->service_mean > 0.0);
        tbs_assert(k->service_cv >= 0.0);
        residual += 0.5 * k->lambda * square * (1.0 + k->service_cv * k->service_cv);
        wait_mean[i] = k->lambda * k->service_mean; /* the load, until it is replaced */
    }
    priority_waits(wait_mean, count, residual, wait_mean);
}

void tbs_priority_mmc(const double *lambda, uint32_t count, double mu, uint32_t c,
                      double *wait_mean)
{
    double sum = 0.0;

    tbs_assert(mu > 0.0);
    for (uint32_t i = 0; i < count; i++) {
        tbs_assert(lambda[i] > 0.0);
        sum += lambda[i];
        wait_mean[i] = lambda[i] / (c * mu);
    }
    priority_waits(wait_mean, count, tbs_erlang_c(sum / mu, c) / (c * mu), wait_mean);
}

/* ---- other models --------------------------------------------------------------------------- */

struct tbs_repair tbs_machine_repair(double lambda, double mu, uint32_t n, uint32_t c)
{
    double weight = 1.0, all = 1.0, down = 0.0, line = 0.0, busy = 0.0;

    tbs_assert(lambda > 0.0);
    tbs_assert(mu > 0.0);
    tbs_assert(n > 0);
    tbs_assert(c > 0);
    for (uint32_t k = 1; k <= n; k++) {
        const uint32_t at_work = k < c ? k : c;
        weight *= (n - k + 1) * lambda / (at_work * mu);
        all += weight;
        down += k * weight;
        line += (k - at_work) * weight;
        busy += at_work * weight;
        if (down > 0x1p900) {
            weight *= scale;
            all *= scale;
            down *= scale;
            line *= scale;
            busy *= scale;
        }
    }
    struct tbs_repair result = {
        .down_mean = down / all,
        .line_mean = line / all,
        .busy_mean = busy / all,
        .rate = mu * busy / all,
    };
    result.wait_mean = result.line_mean / result.rate;
    return result;
}

double tbs_infinite_sinus_mean(double mean, double amplitude, double period, double mu, double t)
{
    tbs_assert(period > 0.0);
    tbs_assert(mu > 0.0);
    tbs_assert(fabs(amplitude) <= mean);
    const double w = 2.0 * M_PI / period;

    return mean / mu + amplitude * (mu * sin(w * t) - w * cos(w * t)) / (mu * mu + w * w);
}

/* Solves (I - route^T) through = outside by elimination with the largest pivot. False if singular:
 * some never leave. */
static bool traffic_solve(struct tbs_jackson_station *stations, const double *route,
                          uint32_t count)
{
    double m[TBS_JACKSON_MAX][TBS_JACKSON_MAX + 1];

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < count; j++)
            m[i][j] = (i == j) - route[j * count + i];
        m[i][count] = stations[i].outside;
    }
    for (uint32_t column = 0; column < count; column++) {
        uint32_t pivot = column;
        for (uint32_t i = column + 1; i < count; i++)
            if (fabs(m[i][column]) > fabs(m[pivot][column]))
                pivot = i;
        if (fabs(m[pivot][column]) < 1e-12)
            return false;
        for (uint32_t j = 0; j <= count; j++) {
            const double swapped = m[pivot][j];
            m[pivot][j] = m[column][j];
            m[column][j] = swapped;
        }
        for (uint32_t i = 0; i < count; i++) {
            const double factor = i != column ? m[i][column] / m[column][column] : 0.0;
            for (uint32_t j = column; j <= count && factor != 0.0; j++)
                m[i][j] -= factor * m[column][j];
        }
    }
    for (uint32_t i = 0; i < count; i++)
        stations[i].through = m[i][count] / m[i][i];
    return true;
}

double tbs_jackson(struct tbs_jackson_station *stations, const double *route, uint32_t count)
{
    double outside = 0.0, inside = 0.0;

    tbs_assert(count > 0);
    tbs_assert(count <= TBS_JACKSON_MAX);
    if (!traffic_solve(stations, route, count))
        return INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        struct tbs_jackson_station *s = &stations[i];
        const double wait = s->through > 0.0
            ? tbs_mmc_wait_mean(s->through, s->mu, s->servers) : 0.0;
        s->inside_mean = s->through * (wait + 1.0 / s->mu);
        inside += s->inside_mean;
        outside += s->outside;
    }
    return inside / outside;
}
