/* Where the search begins: the modified offered load of a hall, half hour by half hour, and Erlang
 * A's staffing for it; and what stationary Erlang C would ask for, for comparison.
 *
 * m(t), the people who would be in service were there windows for all, follows dm/dt = rate(t) -
 * m(t) / S (exact for exponential service; Eick, Massey, Whitt: The physics of the M(t)/G/infinity
 * queue, 1993). While the hall is shut nobody is served and nobody comes. */
#include <math.h>
#include <string.h>

#include "kernel/theory.h"
#include "plan/lab.h"

void tbs_load_rates(const struct tbs_lab *lab, double rate[TBS_PLAN_SLOTS], double *service_h)
{
    const struct tb_scenario *s = &lab->cut;
    const struct tb_arrivals_day *day = &s->arrivals[lab->hall.arrivals].days[lab->plan_days.kind];
    double visits = 0, service_us = 0;

    for (uint32_t d = 0; d < s->day_count; d++) {
        visits += tb_scenario_visitors(s, 0, d) / s->day_count;
    }
    memset(rate, 0, TBS_PLAN_SLOTS * sizeof *rate);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const int64_t from = k * TBS_PLAN_SLOT_US, to = from + TBS_PLAN_SLOT_US;
        for (uint32_t i = 0; i < day->count; i++) {
            const struct tb_arrivals_piece *p = &day->pieces[i];
            const int64_t a = p->from_us > from ? p->from_us : from;
            const int64_t b = p->to_us < to ? p->to_us : to;
            if (a < b) {
                rate[k] +=
                    2 * visits * p->share * (double)(b - a) / (double)(p->to_us - p->from_us);
            }
        }
    }
    for (uint32_t i = 0; i < lab->mix.count; i++) {
        service_us += lab->mix_chance[i] * (double)lab->matters[i].service.mean_us;
    }
    const struct tb_people *people = &s->people;
    service_us *= 1 + people->several_share * (double)(people->several_count - 1);
    *service_h = (service_us + (double)people->walk_mean_us) / (double)TB_HOURS(1);
}

/* Who comes while the hall is shut waits at the door: his rate belongs to the next half hour that
 * is open. */
static void rates_wait(const struct tbs_lab *lab, double rate[TBS_PLAN_SLOTS])
{
    double late = 0;

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (!tbs_lab_open(lab, k, NULL)) {
            late += rate[k];
            rate[k] = 0;
        } else {
            rate[k] += late;
            late = 0;
        }
    }
}

static uint32_t within(uint32_t n, uint32_t most)
{
    return n < 1 ? 1 : n > most ? most : n;
}

/* Where nobody leaves it is Erlang C: Erlang A's series is as long as patience is. */
static double offered_beyond(double load, double service_h, double impatience, uint32_t n, double t)
{
    const double rate = load / service_h, mu = 1 / service_h;

    if (impatience > 0) {
        return tbs_erlang_a_offered_beyond(rate, mu, impatience, n, t);
    }
    return n > load ? tbs_mmc_wait_beyond(rate, mu, n, t) : 1;
}

void tbs_load_start(const struct tbs_lab *lab, const struct tbs_plan_options *options,
                    struct tbs_staffing *staffing)
{
    const struct tb_people *people = &lab->cut.people;
    double rate[TBS_PLAN_SLOTS], service_h, load = 0;

    tbs_load_rates(lab, rate, &service_h);
    rates_wait(lab, rate);
    const bool patient = people->patience_mean_us == TB_NEVER;
    const double patience_h = (double)(people->patience_mean_us + people->patience_least_us) /
                              (double)TB_HOURS(1);
    const double t = (double)options->wait_us / (double)TB_HOURS(1);
    memset(staffing, 0, sizeof *staffing);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        /* Exact over a half hour at a constant rate. */
        const double end = rate[k] * service_h, decay = exp(-0.5 / service_h);
        const double most = fmax(load, end + (load - end) * decay);
        load = end + (load - end) * decay;
        if (!tbs_lab_open(lab, k, NULL)) {
            continue;
        }
        uint32_t n = (uint32_t)fmax(1, floor(most - 3 * sqrt(most)));
        while (n < lab->windows_max && most > 0.01 &&
               offered_beyond(most, service_h, patient ? 0 : 1 / patience_h, n, t) >
                   1 - options->share) {
            n++;
        }
        staffing->windows[k] = (uint16_t)within(n, lab->windows_max);
    }
}

void tbs_load_erlang_c(const struct tbs_lab *lab, const struct tbs_plan_options *options,
                       struct tbs_staffing *staffing)
{
    double rate[TBS_PLAN_SLOTS], service_h;

    tbs_load_rates(lab, rate, &service_h);
    rates_wait(lab, rate);
    memset(staffing, 0, sizeof *staffing);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (tbs_lab_open(lab, k, NULL)) {
            const double t = (double)options->wait_us / (double)TB_HOURS(1);
            const uint32_t n =
                rate[k] <= 0 ? 1 : tbs_mmc_servers(rate[k], 1 / service_h, t, options->share);
            staffing->windows[k] = (uint16_t)within(n, TBS_LAB_WINDOWS);
        }
    }
}
