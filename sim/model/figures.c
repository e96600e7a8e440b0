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

/* Bins are looked at eight at a time: most are empty. Those behind bin_end are there. */
enum { GROUP = 8 };
_Static_assert(TBS_BINS % GROUP == 0, "bins are whole groups");

/* Writes the bins that are not empty, in order, and how many they are. */
static uint32_t bins_find(const uint32_t *called, const uint32_t *left, uint32_t bin_end,
                          uint16_t bins[TBS_BINS])
{
    uint32_t n = 0;

    for (uint32_t from = 0; from < bin_end; from += GROUP) {
        uint8_t any[GROUP];
        uint64_t full;
        for (uint32_t i = 0; i < GROUP; i++) {
            any[i] = (called[from + i] | left[from + i]) != 0;
        }
        memcpy(&full, any, sizeof full);
        for (; full != 0; full &= full - 1) {
            bins[n++] = (uint16_t)(from + (uint32_t)__builtin_ctzll(full) / 8);
        }
    }
    return n;
}

struct tbs_wait_figures tbs_wait_figures(const uint32_t called_bins[TBS_BINS],
                                         const uint32_t left_bins[TBS_BINS], uint32_t bin_end,
                                         uint64_t called, uint64_t wait_us)
{
    struct tbs_wait_figures f = {NAN, NAN, NAN, NAN};
    double *const quantile[3] = {&f.p50_s, &f.p90_s, &f.p99_s};
    static const double beyond[3] = {0.5, 0.1, 0.01};
    uint16_t bins[TBS_BINS];
    uint64_t at_risk = 0, left = 0;
    double survive = 1, area = 0, until = 0;
    uint32_t next = 0;

    if (called == 0) {
        return f;
    }
    const uint32_t count = bins_find(called_bins, left_bins, bin_end, bins);
    for (uint32_t n = 0; n < count; n++) {
        at_risk += called_bins[bins[n]] + left_bins[bins[n]];
        left += left_bins[bins[n]];
    }
    for (uint32_t n = 0; n < count; n++) {
        const uint32_t i = bins[n];
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

uint32_t tbs_waits_of_city(const struct tbs_tally *tally, enum tbs_day_type type,
                           struct tbs_waits *sum)
{
    uint32_t end = 0;

    for (uint32_t h = 0; h < tally->hall_count; h++) {
        const struct tbs_station_tally *hall = &tally->stations[h];
        for (uint32_t i = 0; i < hall->bin_end[type]; i++) {
            sum->called[i] += hall->waits[type].called[i];
            sum->left[i] += hall->waits[type].left[i];
        }
        end = hall->bin_end[type] > end ? hall->bin_end[type] : end;
    }
    return end;
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

static void station_sum(const struct tbs_station_tally *station, struct sums *sums,
                        struct tbs_waits *waits, uint32_t *end)
{
    *sums = (struct sums){{0}};
    *end = 0;
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        for (uint32_t c = 0; c < TBS_STATION_COUNT; c++) {
            sums->n[c] += (double)station->count[type][c];
        }
        *end = station->bin_end[type] > *end ? station->bin_end[type] : *end;
    }
    const size_t cleared = (*end + GROUP - 1u) / GROUP * GROUP * sizeof(uint32_t);
    memset(waits->called, 0, cleared);
    memset(waits->left, 0, cleared);
    for (int type = 0; type < TBS_DAY_TYPE_COUNT; type++) {
        for (uint32_t i = 0; i < station->bin_end[type]; i++) {
            waits->called[i] += station->waits[type].called[i];
            waits->left[i] += station->waits[type].left[i];
        }
    }
}

void tbs_figures_hall(const struct tbs_tally *tally, uint32_t hall,
                      double out[TBS_HALL_METRIC_COUNT])
{
    const struct tbs_station_tally *station = &tally->stations[hall];
    const uint64_t *saturday = station->count[TBS_DAY_SATURDAY];
    struct tbs_waits waits;
    struct sums sums;
    uint32_t end;

    station_sum(station, &sums, &waits, &end);
    const struct tbs_wait_figures f =
        tbs_wait_figures(waits.called, waits.left, end, (uint64_t)sums.n[TBS_STATION_CALLED],
                         (uint64_t)sums.n[TBS_STATION_WAIT_US]);
    const struct tbs_wait_figures s =
        tbs_wait_figures(station->waits[TBS_DAY_SATURDAY].called,
                         station->waits[TBS_DAY_SATURDAY].left, station->bin_end[TBS_DAY_SATURDAY],
                         saturday[TBS_STATION_CALLED], saturday[TBS_STATION_WAIT_US]);
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
    struct tbs_waits waits;
    struct sums s;
    uint32_t end;

    station_sum(&tally->stations[station], &s, &waits, &end);
    const double done = s.n[TBS_STATION_TASKS_DONE];
    const struct tbs_wait_figures f =
        tbs_wait_figures(waits.called, waits.left, end, (uint64_t)done,
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
