#include "kernel/distribution.h"

#include <math.h>
#include <string.h>

enum { CHUNK = TBS_RANDOM_BUFFER };

/* How many of count to do next: up to a multiple of a chunk, so that no refill is done twice. */
static size_t chunk(uint64_t index, size_t count)
{
    const size_t room = CHUNK - index % CHUNK;

    return count < room ? count : room;
}

struct tbs_ziggurat tbs_ziggurat_exponential, tbs_ziggurat_normal;

/* ---- ziggurats ------------------------------------------------------------------------------ */

static double exponential_height(double x)
{
    return tbs_exp(-x);
}

static double exponential_at(double height)
{
    return -tbs_log(height);
}

static double normal_height(double x)
{
    return tbs_exp(-0.5 * x * x);
}

static double normal_at(double height)
{
    return sqrt(-2.0 * tbs_log(height));
}

/* Layers upwards from the tail: each has the given area. The lowest is as wide as if its tail were
 * a rectangle too. */
static void ziggurat_build(struct tbs_ziggurat *z, double tail_from, double area,
                           double (*height)(double), double (*at)(double))
{
    double edge = area / height(tail_from), next = tail_from;

    z->tail_from = tail_from;
    z->height[0] = 0.0;
    for (int i = 0; i < 256; i++) {
        z->layer[i].width = edge * 0x1p-53;
        z->layer[i].inner = (int64_t)(next / edge * 0x1p53);
        z->height[i + 1] = i < 255 ? height(next) : 1.0;
        edge = next;
        next = i < 254 ? at(z->height[i + 1] + area / edge) : 0.0;
    }
}

/* Where the tail begins, and the area of a layer, are the solution that closes at the top. */
__attribute__((constructor)) static void ziggurats_build(void)
{
    ziggurat_build(&tbs_ziggurat_exponential, 7.6971174701310497140, 0.0039496598225815571993,
                   exponential_height, exponential_at);
    ziggurat_build(&tbs_ziggurat_normal, 3.6541528853610087964, 0.0049286732339746552449,
                   normal_height, normal_at);
}

/* Is the point (x, random height within the layer) under the curve? */
static bool under_curve(const struct tbs_ziggurat *z, unsigned layer, double curve,
                        struct tbs_random *random)
{
    const double low = z->height[layer], high = z->height[layer + 1];

    return low + tbs_unit(tbs_random_u64(random)) * (high - low) < curve;
}

double tbs_exponential_slow(struct tbs_random *random, uint64_t number)
{
    const struct tbs_ziggurat *z = &tbs_ziggurat_exponential;
    double passed = 0.0, x;

    for (;; number = tbs_random_u64(random)) {
        const unsigned layer = number & 255;

        if (tbs_exponential_quick(number, &x))
            return passed + x;
        if (layer == 0)
            passed += z->tail_from; /* the tail is an exponential again */
        else if (under_curve(z, layer, exponential_height(x), random))
            return passed + x;
    }
}

/* Beyond the last layer: Marsaglia's method of 1964. */
static double normal_tail(struct tbs_random *random)
{
    const double from = tbs_ziggurat_normal.tail_from;
    double x, y;

    do {
        x = -tbs_log(tbs_unit_open(tbs_random_u64(random))) / from;
        y = -tbs_log(tbs_unit_open(tbs_random_u64(random)));
    } while (2.0 * y < x * x);
    return from + x;
}

double tbs_normal_slow(struct tbs_random *random, uint64_t number)
{
    const struct tbs_ziggurat *z = &tbs_ziggurat_normal;
    double x;

    for (;; number = tbs_random_u64(random)) {
        const unsigned layer = number & 255;

        if (tbs_normal_quick(number, &x))
            return x;
        if (layer == 0)
            return (int64_t)number < 0 ? -normal_tail(random) : normal_tail(random);
        if (under_curve(z, layer, normal_height(x), random))
            return x;
    }
}

/* By index for a chunk whose numbers are at hand: the quick way side by side for all, then the few
 * that need more, one by one. */
#define FILL_STANDARD(draw)                                                                      \
    static void draw##_fill(struct tbs_key key, uint64_t index, const uint64_t *restrict number, \
                            double *restrict x, size_t count)                                    \
    {                                                                                            \
        struct tbs_random random;                                                                \
        uint64_t slow = 0;                                                                       \
        for (size_t i = 0; i < count; i++) {                                                     \
            double quick;                                                                        \
            slow |= (uint64_t)!draw##_quick(number[i], &quick) << i;                             \
            x[i] = quick;                                                                        \
        }                                                                                        \
        for (; slow != 0; slow &= slow - 1) {                                                    \
            const unsigned i = (unsigned)__builtin_ctzll(slow);                                  \
            tbs_random_open_with(&random, key, index + i, number[i]);                            \
            x[i] = draw(&random);                                                                \
        }                                                                                        \
    }                                                                                            \
    void draw##_fill_at(struct tbs_key key, uint64_t index, double *x, size_t count)             \
    {                                                                                            \
        uint64_t number[CHUNK];                                                                  \
        for (size_t now; count > 0; index += now, x += now, count -= now) {                      \
            now = chunk(index, count);                                                           \
            tbs_random_fill_at(key, index, number, now);                                         \
            draw##_fill(key, index, number, x, now);                                             \
        }                                                                                        \
    }
FILL_STANDARD(tbs_exponential)
FILL_STANDARD(tbs_normal)

/* ---- gamma and Poisson ---------------------------------------------------------------------- */

double tbs_gamma(struct tbs_random *random, double shape)
{
    const double boosted = shape < 1.0 ? shape + 1.0 : shape;
    const double d = boosted - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    double x, v;

    tbs_assert(shape > 0.0);
    for (;;) {
        x = tbs_normal(random);
        v = 1.0 + c * x;
        if (v <= 0.0)
            continue;
        v = v * v * v;
        const double u = tbs_unit_open(tbs_random_u64(random)), x2 = x * x;
        if (u < 1.0 - 0.0331 * x2 * x2 || tbs_log(u) < 0.5 * x2 + d * (1.0 - v + tbs_log(v)))
            break;
    }
    if (shape >= 1.0)
        return d * v;
    const double power = tbs_log(tbs_unit_open(tbs_random_u64(random))) / shape;
    return power < -700.0 ? 0.0 : d * v * tbs_exp(power);
}

static double log_factorial(double n)
{
    double shift = 0.0;

    for (; n < 10.0; n += 1.0)
        shift += tbs_log(n + 1.0);
    const double x = n + 1.0, w = 1.0 / (x * x); /* Stirling's series */
    return (x - 0.5) * tbs_log(x) - x + 0.91893853320467274178 - shift +
           (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680)))) / x;
}

static uint64_t poisson_small(struct tbs_random *random, double mean)
{
    double u = tbs_unit(tbs_random_u64(random)), p = tbs_exp(-mean);
    uint64_t n = 0;

    while (u >= p && p > 0.0) {
        u -= p;
        n++;
        p *= mean / (double)n;
    }
    return n;
}

/* Algorithm PTRS, with the names of the paper. */
static uint64_t poisson_large(struct tbs_random *random, double mean)
{
    const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
    const double log_mean = tbs_log(mean);

    for (;;) {
        const double u = tbs_unit_open(tbs_random_u64(random)) - 0.5;
        const double v = tbs_unit_open(tbs_random_u64(random));
        const double us = 0.5 - fabs(u);
        const double k = floor((2.0 * a / us + b) * u + mean + 0.43);

        if (us >= 0.07 && v <= v_r)
            return (uint64_t)k;
        if (k < 0.0 || (us < 0.013 && v > us))
            continue;
        if (tbs_log(v * inverse_alpha / (a / (us * us) + b)) <=
            k * log_mean - mean - log_factorial(k))
            return (uint64_t)k;
    }
}

uint64_t tbs_poisson(struct tbs_random *random, double mean)
{
    tbs_assert(mean >= 0.0 && mean <= 0x1p31);
    return mean < 10.0 ? poisson_small(random, mean) : poisson_large(random, mean);
}

/* ---- durations ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    double cv_least, cv_most;
} kinds[] = {
#define X(kind, name, least, most) [TBS_##kind] = {name, least, most},
#include "kernel/distribution.def"
#undef X
};

/* The constants of each kind; mean and cv are inside the domain. */
static void distribution_set(struct tbs_distribution *d, double mean, double cv)
{
    switch (d->kind) {
    case TBS_DETERMINISTIC:
    case TBS_EXPONENTIAL:
    case TBS_EMPIRICAL:
    case TBS_DISTRIBUTION_KINDS:
        break;
    case TBS_UNIFORM: /* from a, b wide */
        d->a = mean * (1.0 - 1.7320508075688772 * cv);
        d->b = 2.0 * (mean - d->a);
        break;
    case TBS_NORMAL: /* deviation a */
        d->a = mean * cv;
        break;
    case TBS_ERLANG: /* mean a of a phase */
        d->phases = (uint32_t)(1.0 / (cv * cv) + 0.5);
        d->a = mean / d->phases;
        break;
    case TBS_GAMMA: /* shape a, scale b */
        d->a = 1.0 / (cv * cv);
        d->b = mean * cv * cv;
        break;
    case TBS_LOGNORMAL: /* mean a and deviation b of the logarithm */
        d->b = sqrt(tbs_log(1.0 + cv * cv));
        d->a = tbs_log(mean) - 0.5 * d->b * d->b;
        break;
    case TBS_HYPEREXPONENTIAL: /* mean a with probability c, else mean b */
        d->c = 0.5 + 0.5 * sqrt((cv * cv - 1.0) / (cv * cv + 1.0));
        d->a = 0.5 * mean / d->c;
        d->b = 0.5 * mean / (1.0 - d->c);
        break;
    }
}

bool tbs_distribution_cv(enum tbs_distribution_kind kind, double *least, double *most)
{
    *least = kinds[kind].cv_least;
    *most = kinds[kind].cv_most;
    return *least < *most;
}

bool tbs_distribution_make(struct tbs_distribution *d, enum tbs_distribution_kind kind,
                           double mean_us, double cv)
{
    double least, most;

    tbs_assert(kind < TBS_EMPIRICAL);
    if (!tbs_distribution_cv(kind, &least, &most))
        cv = least;
    if (!(mean_us >= 0.0 && mean_us <= 0x1p50 && cv >= least && cv <= most))
        return false;
    if (mean_us == 0.0 || (kind != TBS_GAMMA && cv == 0.0))
        kind = TBS_DETERMINISTIC;
    *d = (struct tbs_distribution){.kind = kind, .mean_us = mean_us, .cv = cv};
    distribution_set(d, mean_us, cv);
    return true;
}

bool tbs_distribution_empirical(struct tbs_distribution *d, const int64_t *value, size_t count)
{
    double mean = 0.0, square = 0.0;

    for (size_t i = 0; i < count; i++) {
        if (value[i] < 0)
            return false;
        mean += (double)value[i] / (double)count;
    }
    if (count == 0 || count > UINT32_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        square += ((double)value[i] - mean) * ((double)value[i] - mean) / (double)count;
    *d = (struct tbs_distribution){.kind = TBS_EMPIRICAL, .mean_us = mean,
                                   .cv = mean > 0.0 ? sqrt(square) / mean : 0.0,
                                   .value = value, .value_count = count};
    return true;
}

enum tbs_distribution_kind tbs_distribution_kind_find(const char *name)
{
    int kind = 0;

    while (kind < TBS_DISTRIBUTION_KINDS && strcmp(kinds[kind].name, name) != 0)
        kind++;
    return (enum tbs_distribution_kind)kind;
}

const char *tbs_distribution_kind_name(enum tbs_distribution_kind kind)
{
    tbs_assert(kind < TBS_DISTRIBUTION_KINDS);
    return kinds[kind].name;
}

typedef const struct tbs_distribution law_t;

static inline double draw_DETERMINISTIC(law_t *d, struct tbs_random *random)
{
    (void)random;
    return d->mean_us;
}

static inline double draw_UNIFORM(law_t *d, struct tbs_random *random)
{
    return d->a + d->b * tbs_unit(tbs_random_u64(random));
}

static inline double draw_NORMAL(law_t *d, struct tbs_random *random)
{
    return d->mean_us + d->a * tbs_normal(random);
}

static inline double draw_EXPONENTIAL(law_t *d, struct tbs_random *random)
{
    return d->mean_us * tbs_exponential(random);
}

static inline double draw_ERLANG(law_t *d, struct tbs_random *random)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < d->phases; i++)
        sum += tbs_exponential(random);
    return d->a * sum;
}

static inline double draw_GAMMA(law_t *d, struct tbs_random *random)
{
    return d->b * tbs_gamma(random, d->a);
}

static inline double draw_LOGNORMAL(law_t *d, struct tbs_random *random)
{
    return tbs_exp(d->a + d->b * tbs_normal(random));
}

static inline double draw_HYPEREXPONENTIAL(law_t *d, struct tbs_random *random)
{
    const double mean = tbs_random_chance(random, d->c) ? d->a : d->b;

    return mean * tbs_exponential(random);
}

static inline double draw_EMPIRICAL(law_t *d, struct tbs_random *random)
{
    return (double)d->value[tbs_random_below(random, (uint32_t)d->value_count)];
}

/* Many by index; number[i] is the one that belongs to index + i. */
#define X(kind, name, least, most)                                                               \
    static int64_t draw_us_##kind(law_t *d, struct tbs_random *random)                           \
    {                                                                                            \
        return tbs_us_nearest(draw_##kind(d, random));                                           \
    }                                                                                            \
    static void fill_##kind(law_t *d, struct tbs_key key, uint64_t index, const uint64_t *number,\
                            int64_t *out, size_t count)                                          \
    {                                                                                            \
        struct tbs_random random;                                                                \
        for (size_t i = 0; i < count; i++) {                                                     \
            tbs_random_open_with(&random, key, index + i, number[i]);                            \
            out[i] = draw_us_##kind(d, &random);                                                 \
        }                                                                                        \
    }
#include "kernel/distribution.def"
#undef X

static void fill_quick_EXPONENTIAL(law_t *d, struct tbs_key key, uint64_t index,
                                   const uint64_t *number, int64_t *out, size_t count)
{
    double x[CHUNK];

    tbs_exponential_fill(key, index, number, x, count);
    for (size_t i = 0; i < count; i++)
        out[i] = tbs_us_nearest(d->mean_us * x[i]);
}

static void fill_quick_LOGNORMAL(law_t *d, struct tbs_key key, uint64_t index,
                                 const uint64_t *number, int64_t *out, size_t count)
{
    const double a = d->a, b = d->b;
    double x[CHUNK];

    tbs_normal_fill(key, index, number, x, count);
    for (size_t i = 0; i < count; i++)
        out[i] = tbs_us_nearest(tbs_exp(a + b * x[i]));
}

static const struct {
    int64_t (*draw_us)(law_t *, struct tbs_random *);
    void (*fill)(law_t *, struct tbs_key, uint64_t, const uint64_t *, int64_t *, size_t);
} laws[] = {
#define X(kind, name, least, most) [TBS_##kind] = {draw_us_##kind, fill_##kind},
#include "kernel/distribution.def"
#undef X
};

int64_t tbs_draw_us(const struct tbs_distribution *d, struct tbs_random *random)
{
    return laws[d->kind].draw_us(d, random);
}

int64_t tbs_draw_at_us(const struct tbs_distribution *d, struct tbs_key key, uint64_t index)
{
    struct tbs_random random;

    tbs_random_open_at(&random, key, index);
    return laws[d->kind].draw_us(d, &random);
}

void tbs_fill_at_us(const struct tbs_distribution *d, struct tbs_key key, uint64_t index,
                    int64_t *out, size_t count)
{
    void (*const fill)(law_t *, struct tbs_key, uint64_t, const uint64_t *, int64_t *, size_t) =
        d->kind == TBS_EXPONENTIAL ? fill_quick_EXPONENTIAL
        : d->kind == TBS_LOGNORMAL ? fill_quick_LOGNORMAL
                                   : laws[d->kind].fill;
    uint64_t number[CHUNK];

    for (size_t now; count > 0; index += now, out += now, count -= now) {
        now = chunk(index, count);
        tbs_random_fill_at(key, index, number, now);
        fill(d, key, index, number, out, now);
    }
}

/* Lognormal laws side by side, the others one by one. */
static void fill_each(law_t *d, const uint16_t *which, struct tbs_key key, uint64_t index,
                      const uint64_t *number, int64_t *out, size_t count)
{
    double x[CHUNK], a[CHUNK], b[CHUNK];
    struct tbs_random random;
    uint64_t others = 0;

    _Static_assert(CHUNK <= 64, "a bit each");
    for (size_t i = 0; i < count; i++) {
        law_t *law = &d[which[i]];
        a[i] = law->a;
        b[i] = law->b;
        others |= (uint64_t)(law->kind != TBS_LOGNORMAL) << i;
    }
    tbs_normal_fill(key, index, number, x, count);
    for (size_t i = 0; i < count; i++)
        out[i] = tbs_us_nearest(tbs_exp(a[i] + b[i] * x[i]));
    for (; others != 0; others &= others - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(others);
        tbs_random_open_with(&random, key, index + i, number[i]);
        out[i] = tbs_draw_us(&d[which[i]], &random);
    }
}

void tbs_fill_each_at_us(const struct tbs_distribution *d, const uint16_t *which,
                         struct tbs_key key, uint64_t index, int64_t *out, size_t count)
{
    uint64_t number[CHUNK];

    for (size_t now; count > 0; index += now, which += now, out += now, count -= now) {
        now = chunk(index, count);
        tbs_random_fill_at(key, index, number, now);
        fill_each(d, which, key, index, number, out, now);
    }
}
