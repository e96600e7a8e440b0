/* distribution.h: random durations by kind, mean and coefficient of variation (cv), and the
 * standard draws under them.
 *
 * Durations are whole microseconds, nearest, cut to 0 .. 2^51. All functions are deterministic on
 * every machine (real.h). Threads: a distribution is read only once it is made; a struct
 * tbs_random belongs to one thread.
 *
 * Two ways to draw:
 *   tbs_draw_us(d, random)                     the next of a stream
 *   tbs_draw_at_us(d, key, index)              the index-th of a key
 *   tbs_fill_at_us(d, key, index, out, n)      n times the second, several times faster
 * By index, what citizen n of a hall draws depends on n alone, whatever others draw and whoever is
 * asked first: use it for everything that belongs to a citizen. Begin day d of a hall at index
 * d << 20, then a busier day doesn't move the next one.
 */
#ifndef TBS_KERNEL_DISTRIBUTION_H
#define TBS_KERNEL_DISTRIBUTION_H

#include "kernel/random.h"
#include "kernel/real.h"

/* ---- standard draws ------------------------------------------------------------------------- */

/* Ziggurat of 256 layers of equal area (Marsaglia, Tsang: The ziggurat method for generating
 * random variables, 2000), on 53 bits that share none with the layer's number (Doornik: An
 * improved ziggurat method, 2005). Computed before main; 1.2% of the draws leave the first line.
 * */
struct tbs_ziggurat {
    struct {
        double width; /* of the layer, times 2^-53 */
        int64_t inner; /* a point before this edge is under the curve whatever its height */
    } layer[256];
    double height[257];
    double tail_from;
};
extern struct tbs_ziggurat tbs_ziggurat_exponential, tbs_ziggurat_normal;

/* What remains to do for number, which was not accepted; more numbers come from random. */
double tbs_exponential_slow(struct tbs_random *random, uint64_t number);
double tbs_normal_slow(struct tbs_random *random, uint64_t number);

/* What most draws come to: the point across its layer, and whether that is surely under the curve.
 * */
static inline bool tbs_exponential_quick(uint64_t number, double *x)
{
    const struct tbs_ziggurat *z = &tbs_ziggurat_exponential;

    *x = (double)(int64_t)(number >> 11) * z->layer[number & 255].width;
    return (int64_t)(number >> 11) < z->layer[number & 255].inner;
}

static inline bool tbs_normal_quick(uint64_t number, double *x)
{
    const struct tbs_ziggurat *z = &tbs_ziggurat_normal;

    const int64_t across = (int64_t)number >> 10;
    *x = (double)across * z->layer[number & 255].width;
    return (across < 0 ? -across : across) < z->layer[number & 255].inner;
}

/* Exponential of mean 1. */
static inline double tbs_exponential(struct tbs_random *random)
{
    const uint64_t number = tbs_random_u64(random);
    double x;

    if (__builtin_expect(tbs_exponential_quick(number, &x), 1))
        return x;
    return tbs_exponential_slow(random, number);
}

/* Normal of mean 0 and variance 1. */
static inline double tbs_normal(struct tbs_random *random)
{
    const uint64_t number = tbs_random_u64(random);
    double x;

    if (__builtin_expect(tbs_normal_quick(number, &x), 1))
        return x;
    return tbs_normal_slow(random, number);
}

/* The same by index: x[i] belongs to index + i alone. Number for number equal to what
 * tbs_random_open_at and one of the two above give; vector code, about 2 ns each. */
void tbs_exponential_fill_at(struct tbs_key key, uint64_t index, double *x, size_t count);
void tbs_normal_fill_at(struct tbs_key key, uint64_t index, double *x, size_t count);

/* Gamma of mean shape and variance shape, shape > 0 (Marsaglia, Tsang: A simple method for
 * generating gamma variables, 2000). */
double tbs_gamma(struct tbs_random *random, double shape);

/* Number of events of a Poisson law, mean 0 .. 2^31: by summation below 10, else by transformed
 * rejection (Hörmann: The transformed rejection method for generating Poisson random variables,
 * 1993). */
uint64_t tbs_poisson(struct tbs_random *random, double mean);

/* ---- durations ------------------------------------------------------------------------------ */

#define X(kind, name, cv_least, cv_most) TBS_##kind,
enum tbs_distribution_kind {
#include "kernel/distribution.def"
    TBS_DISTRIBUTION_KINDS
};
#undef X

struct tbs_distribution {
    enum tbs_distribution_kind kind;
    uint32_t phases;      /* Erlang */
    double mean_us, cv;
    double a, b, c;       /* what the kind needs; see distribution_set in the .c */
    const int64_t *value; /* empirical: borrowed */
    size_t value_count;
};

/* Makes a distribution. False if mean_us is outside 0 .. 2^50 or cv outside the kind's domain
 * (tbs_distribution_cv); then *d is unchanged. Where cv is not a parameter it is ignored.
 *   uniform           mean +- sqrt 3 cv mean
 *   normal            cut at 0; at the largest cv that moves the mean by less than 0.01%
 *   erlang            of the whole number of phases nearest to 1 / cv^2
 *   hyperexponential  two phases with balanced means
 * Not for the empirical kind. */
bool tbs_distribution_make(struct tbs_distribution *d, enum tbs_distribution_kind kind,
                           double mean_us, double cv);

/* Draws one of count recorded durations, each equally likely. Borrows value for the life of *d.
 * False if count is 0 or a value is negative. */
bool tbs_distribution_empirical(struct tbs_distribution *d, const int64_t *value, size_t count);

/* The kind of that name, TBS_DISTRIBUTION_KINDS if there is none; the name of a kind. */
enum tbs_distribution_kind tbs_distribution_kind_find(const char *name);
const char *tbs_distribution_kind_name(enum tbs_distribution_kind kind);

/* The domain of cv. False if the kind has no such parameter. */
bool tbs_distribution_cv(enum tbs_distribution_kind kind, double *least, double *most);

int64_t tbs_draw_us(const struct tbs_distribution *d, struct tbs_random *random);
int64_t tbs_draw_at_us(const struct tbs_distribution *d, struct tbs_key key, uint64_t index);
void tbs_fill_at_us(const struct tbs_distribution *d, struct tbs_key key, uint64_t index,
                    int64_t *out, size_t count);
/* The same with a law for each: out[i] is a draw of d[which[i]]. */
void tbs_fill_each_at_us(const struct tbs_distribution *d, const uint16_t *which,
                         struct tbs_key key, uint64_t index, int64_t *out, size_t count);

#endif
