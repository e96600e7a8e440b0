#include "model/figures.h"

#include <math.h>
#include <string.h>

static const double us_per_s = 1e6;
static const double us_per_h = 3.6e9;

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

/* ---- waits ----------------------------------------------------------------------------------- */

static double bin_middle_s(uint32_t bin)
{
    const int64_t from = tbs_bin_edge_us(bin), to = tbs_bin_edge_us(bin + 1);

    return bin == 0 ? 0 : (double)(from + to) / 2 / us_per_s; /* who was called at once */
}

enum { GROUP = 8 };

/* The bins that are not empty, in order. Bins are looked at eight at a time: most are empty. */
struct found {
    uint32_t count;
    uint16_t bins[TBS_BINS];
};

static inline void bins_find(const uint32_t *called, const uint32_t *left, uint32_t from,
                             uint32_t to, struct found *found)
{
    for (; from < to; from += GROUP) {
        uint8_t any[GROUP];
        uint64_t full;
        for (uint32_t i = 0; i < GROUP; i++) {
            any[i] = (called[from + i] | left[from + i]) != 0;
        }
        memcpy(&full, any, sizeof full);
        for (; full != 0; full &= full - 1) {
            found->bins[found->count++] =
                (uint16_t)(from + (uint32_t)__builtin_ctzll(full) / 8);
        }
    }
}

static struct tbs_wait_figures figures_of(const uint32_t *called_bins, const uint32_t *left_bins,
                                          const struct found *found, uint64_t called,
                                          uint64_t wait_us)
{
    struct tbs_wait_figures f = {NAN, NAN, NAN, NAN};
    double *const quantile[3] = {&f.p50_s, &f.p90_s, &f.p99_s};
    static const double beyond[3] = {0.5, 0.1, 0.01};
    uint64_t at_risk = 0, left = 0;
    double survive = 1, area = 0, until = 0;
    uint32_t next = 0;

    for (uint32_t n = 0; n < found->count; n++) {
        at_risk += called_bins[found->bins[n]] + left_bins[found->bins[n]];
        left += left_bins[found->bins[n]];
    }
    for (uint32_t n = 0; n < found->count; n++) {
        const uint32_t i = found->bins[n];
        const double middle_s = bin_middle_s(i);
        area += survive * (middle_s - until);
        until = middle_s;
        survive *= 1 - (double)called_bins[i] / (double)at_risk;
        at_risk -= called_bins[i] + left_bins[i];
        /* A hair's breadth for rounding: half of all is half of all. */
        for (; next < 3 && survive <= beyond[next] + 1e-12; next++) {
            *quantile[next] = middle_s;
        }
    }
    f.mean_s = left == 0 ? (double)wait_us / (double)called / us_per_s : area;
    return f;
}

static const struct tbs_wait_figures nobody = {NAN, NAN, NAN, NAN};

struct tbs_wait_figures tbs_wait_figures(const uint32_t called_bins[TBS_BINS],
                                         const uint32_t left_bins[TBS_BINS], uint32_t bin_end,
                                         uint64_t called, uint64_t wait_us)
{
    struct found found;

    if (called == 0) {
        return nobody;
    }
    found.count = 0;
    bins_find(called_bins, left_bins, 0, bin_end, &found);
    return figures_of(called_bins, left_bins, &found, called, wait_us);
}

/* Of what lies in these lines. */
static struct tbs_wait_figures figures_in(const struct tbs_waits *waits,
                                          const struct tbs_lines *lines, uint64_t called,
                                          uint64_t wait_us)
{
    uint64_t set[2] = {lines->called[0] | lines->left[0], lines->called[1] | lines->left[1]};
    struct found found;

    if (called == 0) {
        return nobody;
    }
    found.count = 0;
    for (uint32_t line; (line = tbs_line_take(set)) < TBS_LINES;) {
        bins_find(waits->called, waits->left, line * TBS_LINE, (line + 1) * TBS_LINE, &found);
    }
    return figures_of(waits->called, waits->left, &found, called, wait_us);
}

static uint32_t city_end(const struct tbs_tally *tally, enum tbs_day_type type)
{
    uint32_t end = 0;

    for (uint32_t h = 0; h < tally->hall_count; h++) {
        const uint32_t here = tbs_tally_bin_end(&tally->stations[h], type);
        end = here > end ? here : end;
    }
    return end;
}

uint32_t tbs_waits_of_city(const struct tbs_tally *tally, enum tbs_day_type type,
                           struct tbs_waits *sum)
{
    for (uint32_t h = 0; h < tally->hall_count; h++) {
        const struct tbs_station_tally *hall = &tally->stations[h];
        tbs_bins_add(sum->called, hall->waits[type].called, hall->lines[type].called);
        tbs_bins_add(sum->left, hall->waits[type].left, hall->lines[type].left);
    }
    return city_end(tally, type);
}

/* ---- the city -------------------------------------------------------------------------------- */

/* Counts of halls on one type of day, or on both. */
struct sums {
    double n[TBS_STATION_COUNT];
};

static struct sums halls_sum(const struct tbs_tally *tally, int type_from, int type_to)
{
    struct sums sums = {{0}};

    for (uint32_t h = 0; h < tally->hall_count; h++) {
        for (int type = type_from; type < type_to; type++) {
            for (uint32_t c = 0; c < TBS_STATION_COUNT; c++) {
                sums.n[c] += (double)tally->stations[h].count[type][c];
            }
        }
    }
    return sums;
}

static double left_share(const struct sums *s)
{
    return share(s->n[TBS_STATION_LEFT] + s->n[TBS_STATION_EXPIRED], s->n[TBS_STATION_ARRIVED]);
}

static double within_share(const struct sums *s)
{
    return share(s->n[TBS_STATION_WITHIN], s->n[TBS_STATION_CALLED] + s->n[TBS_STATION_GAVE_UP]);
}

static void city_cases(const struct sums *all, double out[TBS_CITY_METRIC_COUNT])
{
    out[TBS_CITY_CASES_ARRIVED] = all->n[TBS_STATION_ARRIVED];
    out[TBS_CITY_CASES_SERVED] = all->n[TBS_STATION_SERVED];
    out[TBS_CITY_CASES_LEFT] = all->n[TBS_STATION_LEFT];
    out[TBS_CITY_CASES_EXPIRED] = all->n[TBS_STATION_EXPIRED];
    out[TBS_CITY_CASES_REFUSED] = all->n[TBS_STATION_REFUSED];
    out[TBS_CITY_CASES_OPEN_AT_END] = all->n[TBS_STATION_OPEN];
    out[TBS_CITY_SERVED_WITHIN_PROMISE] = within_share(all);
    out[TBS_CITY_WINDOW_HOURS] = all->n[TBS_STATION_STAFFED_US] / us_per_h;
    out[TBS_CITY_UTILISATION] = share(all->n[TBS_STATION_BUSY_US], all->n[TBS_STATION_STAFFED_US]);
    out[TBS_CITY_APPOINTMENTS] = all->n[TBS_STATION_APPOINTMENTS];
    out[TBS_CITY_NO_SHOWS] = all->n[TBS_STATION_NO_SHOWS] + all->n[TBS_STATION_UNKEPT];
    out[TBS_CITY_REMOTE_CASES] = all->n[TBS_STATION_REMOTE];
    out[TBS_CITY_LEFT_SHARE] = left_share(all);
}

/* Rows of one type of day stand in the same order for both types. */
static void city_day_type(const struct tbs_tally *tally, enum tbs_day_type type,
                          const struct tbs_waits *waits, uint32_t bin_end,
                          double out[TBS_CITY_METRIC_COUNT])
{
    static const struct {
        uint8_t cases, mean, p50, p90, p99, within, left, hours, utilisation;
    } rows[TBS_DAY_TYPE_COUNT] = {
        {TBS_CITY_WORKDAY_CASES, TBS_CITY_WORKDAY_WAIT_MEAN_S, TBS_CITY_WORKDAY_WAIT_P50_S,
         TBS_CITY_WORKDAY_WAIT_P90_S, TBS_CITY_WORKDAY_WAIT_P99_S, TBS_CITY_WORKDAY_WITHIN_PROMISE,
         TBS_CITY_WORKDAY_LEFT_SHARE, TBS_CITY_WORKDAY_WINDOW_HOURS, TBS_CITY_WORKDAY_UTILISATION},
        {TBS_CITY_SATURDAY_CASES, TBS_CITY_SATURDAY_WAIT_MEAN_S, TBS_CITY_SATURDAY_WAIT_P50_S,
         TBS_CITY_SATURDAY_WAIT_P90_S, TBS_CITY_SATURDAY_WAIT_P99_S,
         TBS_CITY_SATURDAY_WITHIN_PROMISE, TBS_CITY_SATURDAY_LEFT_SHARE,
         TBS_CITY_SATURDAY_WINDOW_HOURS, TBS_CITY_SATURDAY_UTILISATION},
    };
    const struct sums sums = halls_sum(tally, type, type + 1);
    const struct tbs_wait_figures f =
        tbs_wait_figures(waits->called, waits->left, bin_end, (uint64_t)sums.n[TBS_STATION_CALLED],
                         (uint64_t)sums.n[TBS_STATION_WAIT_US]);

    out[rows[type].cases] = sums.n[TBS_STATION_ARRIVED];
    out[rows[type].mean] = f.mean_s;
    out[rows[type].p50] = f.p50_s;
    out[rows[type].p90] = f.p90_s;
    out[rows[type].p99] = f.p99_s;
    out[rows[type].within] = within_share(&sums);
    out[rows[type].left] = left_share(&sums);
    out[rows[type].hours] = sums.n[TBS_STATION_STAFFED_US] / us_per_h;
    out[rows[type].utilisation] =
        share(sums.n[TBS_STATION_BUSY_US], sums.n[TBS_STATION_STAFFED_US]);
}

static void city_ratings(const struct tbs_tally *tally, double out[TBS_CITY_METRIC_COUNT])
{
    const uint64_t *n = tally->city;
    const double rated = (double)(n[TBS_OF_CITY_RATED] + n[TBS_OF_CITY_RATED_LATER]);

    out[TBS_CITY_RATED_SHARE] = share(rated, (double)n[TBS_OF_CITY_VISITS_SERVED]);
    out[TBS_CITY_BAD_SHARE] = share((double)n[TBS_OF_CITY_BAD], rated);
    out[TBS_CITY_FOLLOWUPS_DUE] = (double)n[TBS_OF_CITY_FOLLOW_DUE];
    out[TBS_CITY_FOLLOWUPS_DONE] = (double)n[TBS_OF_CITY_RATED_LATER];
    out[TBS_CITY_FOLLOWUPS_MISSED] = (double)n[TBS_OF_CITY_LAPSED];
    out[TBS_CITY_ADVICE_FOLLOWED] =
        share((double)n[TBS_OF_CITY_ADVISED], (double)n[TBS_OF_CITY_COULD_CHOOSE]);
    out[TBS_CITY_OVERTAKEN_MAX] = (double)tally->overtaken_max;
}

static double desks_on_time(const struct tbs_tally *tally)
{
    double on_time = 0, late = 0;

    for (uint32_t i = tally->hall_count; i < tally->station_count; i++) {
        for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
            const uint64_t *n = tally->stations[i].count[type];
            on_time += (double)n[TBS_STATION_TASKS_ON_TIME];
            late += (double)n[TBS_STATION_TASKS_LATE];
        }
    }
    return share(on_time, on_time + late);
}

void tbs_figures_city(const struct tbs_tally *tally, struct tbs_waits *scratch,
                      double out[TBS_CITY_METRIC_COUNT])
{
    const struct sums all = halls_sum(tally, 0, TBS_DAY_TYPE_COUNT);
    uint32_t end = 0;

    city_cases(&all, out);
    city_ratings(tally, out);
    out[TBS_CITY_DESK_ON_TIME] = desks_on_time(tally);
    /* Saturdays alone, then workdays alone, then Saturdays added to workdays. */
    for (int type = TBS_DAY_TYPE_COUNT - 1; type >= 0; type--) {
        memset(scratch, 0, sizeof *scratch);
        end = tbs_waits_of_city(tally, (enum tbs_day_type)type, scratch);
        city_day_type(tally, (enum tbs_day_type)type, scratch, end, out);
    }
    const uint32_t saturdays = tbs_waits_of_city(tally, TBS_DAY_SATURDAY, scratch);
    const struct tbs_wait_figures f =
        tbs_wait_figures(scratch->called, scratch->left, saturdays > end ? saturdays : end,
                         (uint64_t)all.n[TBS_STATION_CALLED], (uint64_t)all.n[TBS_STATION_WAIT_US]);
    out[TBS_CITY_WAIT_MEAN_S] = f.mean_s;
    out[TBS_CITY_WAIT_P50_S] = f.p50_s;
    out[TBS_CITY_WAIT_P90_S] = f.p90_s;
    out[TBS_CITY_WAIT_P99_S] = f.p99_s;
}

/* ---- a hall, a desk, a half hour ------------------------------------------------------------- */

static struct sums station_sums(const struct tbs_station_tally *station)
{
    struct sums sums = {{0}};

    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        for (uint32_t c = 0; c < TBS_STATION_COUNT; c++) {
            sums.n[c] += (double)station->count[type][c];
        }
    }
    return sums;
}

static bool lines_any(const struct tbs_lines *lines)
{
    return (lines->called[0] | lines->called[1] | lines->left[0] | lines->left[1]) != 0;
}

/* Of both types of day: as they are where there is one, else added up. */
static struct tbs_wait_figures station_figures(const struct tbs_station_tally *station,
                                               uint64_t called, uint64_t wait_us)
{
    const struct tbs_lines *days = station->lines;
    struct tbs_lines lines = {{0}, {0}};
    struct tbs_waits waits;

    _Static_assert(TBS_DAY_TYPE_COUNT == 2, "workdays and Saturdays");
    if (!lines_any(&days[0]) || !lines_any(&days[1])) {
        const uint32_t type = lines_any(&days[1]);
        return figures_in(&station->waits[type], &days[type], called, wait_us);
    }
    const uint32_t first = tbs_tally_bin_end(station, TBS_DAY_WORKDAY);
    const uint32_t second = tbs_tally_bin_end(station, TBS_DAY_SATURDAY);
    const uint32_t end = first > second ? first : second;
    memset(waits.called, 0, end * sizeof waits.called[0]);
    memset(waits.left, 0, end * sizeof waits.left[0]);
    for (uint32_t type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        tbs_bins_add(waits.called, station->waits[type].called, days[type].called);
        tbs_bins_add(waits.left, station->waits[type].left, days[type].left);
        for (uint32_t w = 0; w < 2; w++) {
            lines.called[w] |= days[type].called[w];
            lines.left[w] |= days[type].left[w];
        }
    }
    return figures_in(&waits, &lines, called, wait_us);
}

void tbs_figures_hall(const struct tbs_tally *tally, uint32_t hall,
                      double out[TBS_HALL_METRIC_COUNT])
{
    const struct tbs_station_tally *station = &tally->stations[hall];
    const uint64_t *saturday = station->count[TBS_DAY_SATURDAY];
    const struct sums sums = station_sums(station);
    const struct tbs_wait_figures s =
        figures_in(&station->waits[TBS_DAY_SATURDAY], &station->lines[TBS_DAY_SATURDAY],
                   saturday[TBS_STATION_CALLED], saturday[TBS_STATION_WAIT_US]);
    const bool alone = !lines_any(&station->lines[TBS_DAY_WORKDAY]);
    const struct tbs_wait_figures f =
        alone ? s
              : station_figures(station, (uint64_t)sums.n[TBS_STATION_CALLED],
                                (uint64_t)sums.n[TBS_STATION_WAIT_US]);
    out[TBS_HALL_ARRIVED] = sums.n[TBS_STATION_ARRIVED];
    out[TBS_HALL_SERVED] = sums.n[TBS_STATION_SERVED];
    out[TBS_HALL_LEFT] = sums.n[TBS_STATION_LEFT];
    out[TBS_HALL_EXPIRED] = sums.n[TBS_STATION_EXPIRED];
    out[TBS_HALL_REFUSED] = sums.n[TBS_STATION_REFUSED];
    out[TBS_HALL_OPEN_AT_END] = sums.n[TBS_STATION_OPEN];
    out[TBS_HALL_SATURDAY_ARRIVED] = (double)saturday[TBS_STATION_ARRIVED];
    out[TBS_HALL_WAIT_MEAN_S] = f.mean_s;
    out[TBS_HALL_WAIT_P50_S] = f.p50_s;
    out[TBS_HALL_WAIT_P90_S] = f.p90_s;
    out[TBS_HALL_WAIT_P99_S] = f.p99_s;
    out[TBS_HALL_SATURDAY_WAIT_MEAN_S] = s.mean_s;
    out[TBS_HALL_SATURDAY_WAIT_P90_S] = s.p90_s;
    out[TBS_HALL_LEFT_SHARE] = left_share(&sums);
    out[TBS_HALL_WITHIN_PROMISE] = within_share(&sums);
    out[TBS_HALL_WINDOW_HOURS] = sums.n[TBS_STATION_STAFFED_US] / us_per_h;
    out[TBS_HALL_UTILISATION] = share(sums.n[TBS_STATION_BUSY_US], sums.n[TBS_STATION_STAFFED_US]);
    out[TBS_HALL_REMOTE] = sums.n[TBS_STATION_REMOTE];
}

void tbs_figures_desk(const struct tbs_tally *tally, uint32_t station,
                      double out[TBS_DESK_METRIC_COUNT])
{
    const struct sums s = station_sums(&tally->stations[station]);
    const double done = s.n[TBS_STATION_TASKS_DONE];
    const struct tbs_wait_figures f = station_figures(&tally->stations[station], (uint64_t)done,
                                                      (uint64_t)s.n[TBS_STATION_SOJOURN_US]);
    out[TBS_DESK_TASKS] = s.n[TBS_STATION_TASKS];
    out[TBS_DESK_DONE] = done;
    out[TBS_DESK_ON_TIME_SHARE] = share(s.n[TBS_STATION_TASKS_ON_TIME], done);
    out[TBS_DESK_OVERDUE] = s.n[TBS_STATION_TASKS_LATE];
    out[TBS_DESK_RETURNED] = s.n[TBS_STATION_TASKS_RETURNED];
    out[TBS_DESK_SOJOURN_MEAN_H] = f.mean_s / 3600;
    out[TBS_DESK_SOJOURN_P90_H] = f.p90_s / 3600;
    out[TBS_DESK_UTILISATION] = share(s.n[TBS_STATION_BUSY_US], s.n[TBS_STATION_STAFFED_US]);
    out[TBS_DESK_BACKLOG_AT_END] = s.n[TBS_STATION_TASKS_OPEN];
}

void tbs_figures_slot(const struct tbs_slot_tally *slot, const uint32_t called[TBS_BINS],
                      const uint32_t left[TBS_BINS], uint32_t bin_end, double days,
                      double out[TBS_SLOT_METRIC_COUNT])
{
    const uint64_t *n = slot->count;
    const struct tbs_wait_figures f =
        tbs_wait_figures(called, left, bin_end, n[TBS_OF_SLOT_CALLED], n[TBS_OF_SLOT_WAIT_US]);

    out[TBS_SLOT_ARRIVED] = share((double)n[TBS_OF_SLOT_ARRIVED], days);
    out[TBS_SLOT_SERVED] = share((double)n[TBS_OF_SLOT_SERVED], days);
    out[TBS_SLOT_LEFT] = share((double)n[TBS_OF_SLOT_LEFT], days);
    out[TBS_SLOT_WAIT_MEAN_S] = f.mean_s;
    out[TBS_SLOT_WAIT_P90_S] = f.p90_s;
    out[TBS_SLOT_WINDOWS_OPEN] =
        share((double)n[TBS_OF_SLOT_STAFFED_US], days * (double)TB_MINUTES(30));
    out[TBS_SLOT_UTILISATION] =
        share((double)n[TBS_OF_SLOT_BUSY_US], (double)n[TBS_OF_SLOT_STAFFED_US]);
    out[TBS_SLOT_WAITING] = share((double)n[TBS_OF_SLOT_WAITING_US], days * (double)TB_MINUTES(30));
}
