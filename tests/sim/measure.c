#include "sim/measure.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

static double ratio(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static void day_take(struct measure *m, const struct tb_scenario *s, const struct tbs_tally *tally,
                     double day_s)
{
    const uint64_t *n = tally->stations[0].count[0];
    const uint32_t d = m->days;

    m->wait_s[d] = 1e-6 * ratio(n[TBS_STATION_WAIT_US], n[TBS_STATION_CALLED]);
    m->left[d] = ratio(n[TBS_STATION_LEFT], n[TBS_STATION_ARRIVED]);
    m->refused[d] = ratio(n[TBS_STATION_REFUSED], n[TBS_STATION_ARRIVED]);
    m->busy[d] = 1e-6 * (double)n[TBS_STATION_BUSY_US] / day_s;
    for (uint32_t desk = 0; desk < s->desk_count && desk < 8; desk++) {
        const uint64_t *c = tally->stations[s->hall_count + desk].count[0];
        m->sojourn_s[desk][d] = 1e-6 * ratio(c[TBS_STATION_SOJOURN_US], c[TBS_STATION_TASKS_DONE]);
        m->desk_busy[desk][d] = 1e-6 * (double)c[TBS_STATION_BUSY_US] / day_s;
    }
}

void measure_run(struct measure *m, const struct tb_scenario *s, uint64_t seed)
{
    struct tbs_demand *demand = tbs_demand_create(s, m->trace);
    struct tbs_tally *tally = tbs_tally_create(s, false);
    const double day_s = 1e-6 * (double)(tbs_day_ends_at_us(s, 0) - tbs_day_starts_at_us(s, 0));

    m->options.day_first = 0;
    m->options.day_count = s->day_count - 1;
    assert(m->options.day_count <= MEASURE_DAYS_MAX);
    struct tbs_model *model = tbs_model_create(s, demand, &m->options);
    tbs_model_start(model, seed, 0);
    tbs_model_count(model, tally);
    for (m->days = 0; m->days < s->day_count - 1; m->days++) {
        const bool fine = tbs_model_run(model, 1);
        if (!fine) {
            fprintf(stderr, "%s\n", tbs_model_error(model));
        }
        assert(fine);
        day_take(m, s, tally, day_s);
        if (m->day != NULL) {
            m->day(m->context, m->days, tally);
        }
        tbs_tally_clear(tally);
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
}

bool measure_holds(const char *what, const double *values, uint32_t count, double exact)
{
    const struct tbs_interval interval = tbs_interval_mean(values, count, 0.999);
    const bool holds = fabs(interval.value - exact) <= interval.half_width;

    if (!holds) {
        fprintf(stderr, "%s: %.6g +- %.3g (99.9%%), exactly %.6g\n", what, interval.value,
                interval.half_width, exact);
    }
    return holds;
}
