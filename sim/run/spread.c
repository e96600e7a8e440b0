#include "run/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/law.h"
#include "model/bins.h"
#include "model/figures.h"

typedef __int128 exact; /* sums of squares of microseconds */

/* Which products are added up: SQUARE of each count, WEIGHED with what was to be expected, and
 * of the two counts of a ratio. */
enum { WAITED_CALLED, BUSY_STAFFED, RATIO_COUNT };
static const struct {
    enum tbs_slot_count above, below;
} ratios[RATIO_COUNT] = {
    [WAITED_CALLED] = {TBS_OF_SLOT_WAIT_US, TBS_OF_SLOT_CALLED},
    [BUSY_STAFFED] = {TBS_OF_SLOT_BUSY_US, TBS_OF_SLOT_STAFFED_US},
};

struct slot_spread {
    exact square[TBS_OF_SLOT_COUNT], weighed[TBS_OF_SLOT_COUNT], both[RATIO_COUNT];
};

struct tbs_spread {
    uint32_t hall_count, slot_count;
    uint32_t samples[TBS_DAY_TYPE_COUNT]; /* that had such days */
    exact days_square[TBS_DAY_TYPE_COUNT], cases_square[TBS_DAY_TYPE_COUNT];
    struct slot_spread *slots;     /* [hall, last of all the city][day type][slot] */
    struct tbs_slot_tally *before; /* the picture at the last sample: [hall][day type][slot] */
};

static size_t place(const struct tbs_spread *spread, uint32_t hall, uint32_t type, uint32_t slot)
{
    return ((size_t)hall * TBS_DAY_TYPE_COUNT + type) * spread->slot_count + slot;
}

struct tbs_spread *tbs_spread_create(const struct tbs_tally *tally)
{
    struct tbs_spread *spread = calloc(1, sizeof *spread);

    tbs_assert(spread != NULL);
    spread->hall_count = tally->hall_count;
    spread->slot_count = tally->slot_count;
    spread->slots =
        calloc(place(spread, tally->hall_count + 1, 0, 0) + 1, sizeof *spread->slots);
    spread->before = calloc(place(spread, tally->hall_count, 0, 0) + 1, sizeof *spread->before);
    tbs_assert(spread->slots != NULL);
    tbs_assert(spread->before != NULL);
    return spread;
}

void tbs_spread_free(struct tbs_spread *spread)
{
    if (spread != NULL) {
        free(spread->slots);
        free(spread->before);
        free(spread);
    }
}

/* ---- samples --------------------------------------------------------------------------------- */

/* What a count of this type of day is expected to be like. */
static int64_t weight_of(const struct tbs_spread_weight *weight, uint32_t type, uint32_t count)
{
    return count == TBS_OF_SLOT_STAFFED_US ? weight->days[type] : weight->cases[type];
}

static void slot_take(struct slot_spread *to, const uint64_t *n, uint32_t type,
                      const struct tbs_spread_weight *weight)
{
    for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
        to->square[c] += (exact)n[c] * (exact)n[c];
        to->weighed[c] += (exact)n[c] * weight_of(weight, type, c);
    }
    for (uint32_t r = 0; r < RATIO_COUNT; r++) {
        to->both[r] += (exact)n[ratios[r].above] * (exact)n[ratios[r].below];
    }
}

void tbs_spread_take(struct tbs_spread *spread, const struct tbs_tally *picture,
                     const struct tbs_spread_weight *weight)
{
    for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        if (weight->days[type] == 0) {
            continue;
        }
        spread->samples[type]++;
        spread->days_square[type] += (exact)weight->days[type] * weight->days[type];
        spread->cases_square[type] += (exact)weight->cases[type] * weight->cases[type];
        for (uint32_t slot = 0; slot < spread->slot_count; slot++) {
            uint64_t city[TBS_OF_SLOT_COUNT] = {0};
            for (uint32_t h = 0; h < spread->hall_count; h++) {
                struct tbs_slot_tally *before = &spread->before[place(spread, h, type, slot)];
                const struct tbs_slot_tally *now =
                    tbs_tally_slot(picture, h, (enum tbs_day_type)type, slot);
                uint64_t n[TBS_OF_SLOT_COUNT], any = 0;
                for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
                    n[c] = now->count[c] - before->count[c];
                    city[c] += n[c];
                    any |= n[c];
                }
                if (any != 0) {
                    slot_take(&spread->slots[place(spread, h, type, slot)], n, type, weight);
                    *before = *now;
                }
            }
            slot_take(&spread->slots[place(spread, spread->hall_count, type, slot)], city, type,
                      weight);
        }
    }
}

void tbs_spread_add(struct tbs_spread *sum, const struct tbs_spread *spread)
{
    for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        sum->samples[type] += spread->samples[type];
        sum->days_square[type] += spread->days_square[type];
        sum->cases_square[type] += spread->cases_square[type];
    }
    for (size_t i = 0; i < place(sum, sum->hall_count + 1, 0, 0); i++) {
        for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
            sum->slots[i].square[c] += spread->slots[i].square[c];
            sum->slots[i].weighed[c] += spread->slots[i].weighed[c];
        }
        for (uint32_t r = 0; r < RATIO_COUNT; r++) {
            sum->slots[i].both[r] += spread->slots[i].both[r];
        }
    }
}

/* ---- half-widths ----------------------------------------------------------------------------- */

/* Of a whole run's sum, from the squares of what samples have above or below their share of it:
 * sum of (x - share w)^2. */
static double width(double t, uint32_t n, exact square, exact both, exact below, double share)
{
    const double rest = (double)square - 2 * share * (double)both + share * share * (double)below;

    /* What is a multiple of its weight leaves nothing but rounding. */
    if (rest <= 1e-12 * (double)square) {
        return 0;
    }
    return t * sqrt(rest * n / (n - 1.0));
}

/* The wait that this share of people does not exceed, as far as anybody waited. */
static double quantile_s(const uint32_t *called, const uint32_t *left, uint32_t bin_end, double q)
{
    uint64_t at_risk = 0;
    double survive = 1, last_s = 0;

    for (uint32_t i = 0; i < bin_end; i++) {
        at_risk += called[i] + left[i];
    }
    for (uint32_t i = 0; i < bin_end && survive > 1 - q + 1e-12; i++) {
        if (called[i] + left[i] == 0) {
            continue;
        }
        last_s = i == 0 ? 0 : ((double)tbs_bin_edge_us(i) + (double)tbs_bin_edge_us(i + 1)) / 2e6;
        survive *= 1 - (double)called[i] / (double)at_risk;
        at_risk -= called[i] + left[i];
    }
    return last_s;
}

static double quantile_width(double t, double mean_width_s, const uint32_t *called,
                             const uint32_t *left, uint32_t bin_end)
{
    const double q = 0.9;
    double n = 0, all = 0, sum = 0, squares = 0;

    for (uint32_t i = 0; i < bin_end; i++) {
        const double middle_s =
            i == 0 ? 0 : ((double)tbs_bin_edge_us(i) + (double)tbs_bin_edge_us(i + 1)) / 2e6;
        n += called[i];
        all += (double)called[i] + left[i];
        sum += called[i] * middle_s;
        squares += called[i] * middle_s * middle_s;
    }
    const double variance = n > 0 ? squares / n - sum / n * (sum / n) : 0;
    if (variance <= 0) {
        return 0; /* all waited as long */
    }
    const double effect = mean_width_s / t * (mean_width_s / t) / (variance / n);
    const double share_width = t * sqrt(q * (1 - q) / all * fmax(1, effect));
    const double low = fmax(0, q - share_width), high = fmin(1, q + share_width);
    return (quantile_s(called, left, bin_end, high) - quantile_s(called, left, bin_end, low)) / 2;
}

void tbs_spread_figures(const struct tbs_spread *spread, uint32_t hall, enum tbs_day_type type,
                        uint32_t slot, const struct tbs_slot_tally *total,
                        const struct tbs_spread_weight *weight, double days,
                        const uint32_t *called, const uint32_t *left, uint32_t bin_end,
                        struct tbs_figure figure[TBS_SLOT_METRIC_COUNT])
{
    const struct slot_spread *s = &spread->slots[place(spread, hall, type, slot)];
    const uint32_t n = spread->samples[type];
    const double half_hour_us = (double)TB_MINUTES(30);
    double half[TBS_SLOT_METRIC_COUNT], of[TBS_OF_SLOT_COUNT], ratio[RATIO_COUNT];

    if (n < 2) {
        return;
    }
    const double t = tbs_student_quantile(0.975, n - 1.0);
    for (uint32_t c = 0; c < TBS_OF_SLOT_COUNT; c++) {
        const bool staffed = c == TBS_OF_SLOT_STAFFED_US;
        const double expected = (double)weight_of(weight, type, c);
        const exact below = staffed ? spread->days_square[type] : spread->cases_square[type];
        of[c] = expected <= 0 ? NAN
                              : width(t, n, s->square[c], s->weighed[c], below,
                                      (double)total->count[c] / expected) / days;
    }
    for (uint32_t r = 0; r < RATIO_COUNT; r++) {
        const double above = (double)total->count[ratios[r].above];
        const double below = (double)total->count[ratios[r].below];
        ratio[r] = below <= 0 ? NAN
                              : width(t, n, s->square[ratios[r].above], s->both[r],
                                      s->square[ratios[r].below], above / below) / below;
    }
    half[TBS_SLOT_ARRIVED] = of[TBS_OF_SLOT_ARRIVED];
    half[TBS_SLOT_SERVED] = of[TBS_OF_SLOT_SERVED];
    half[TBS_SLOT_LEFT] = of[TBS_OF_SLOT_LEFT];
    half[TBS_SLOT_WAIT_MEAN_S] = ratio[WAITED_CALLED] / 1e6;
    half[TBS_SLOT_WAIT_P90_S] =
        isnan(ratio[WAITED_CALLED])
            ? NAN
            : quantile_width(t, ratio[WAITED_CALLED] / 1e6, called, left, bin_end);
    half[TBS_SLOT_WINDOWS_OPEN] = of[TBS_OF_SLOT_STAFFED_US] / half_hour_us;
    half[TBS_SLOT_UTILISATION] = ratio[BUSY_STAFFED];
    half[TBS_SLOT_WAITING] = of[TBS_OF_SLOT_WAITING_US] / half_hour_us;
    for (int m = 0; m < TBS_SLOT_METRIC_COUNT; m++) {
        figure[m].n = n;
        figure[m].half_width = isnan(figure[m].value) ? NAN : half[m];
        figure[m].too_few = n < 10;
    }
}
