#include "whatif/whatif.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/interval.h"
#include "model/figures.h"
#include "model/live.h"
#include "tongban/city.h"

/* The figures of a side, by replication. */
enum { FIGURES = 6 };
static const enum tbs_hall_metric metrics[FIGURES] = {
    TBS_HALL_WAIT_MEAN_S,    TBS_HALL_WAIT_P50_S, TBS_HALL_WAIT_P90_S,
    TBS_HALL_WITHIN_PROMISE, TBS_HALL_LEFT_SHARE, TBS_HALL_SERVED,
};

struct sides {
    double *value[2][FIGURES]; /* [replication] */
    uint32_t runs;
};

static int64_t clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return TB_SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

static void side_fill(struct tb_whatif_side *side, struct tb_whatif_figure *figures[FIGURES])
{
    figures[0] = &side->wait_mean_s;
    figures[1] = &side->wait_p50_s;
    figures[2] = &side->wait_p90_s;
    figures[3] = &side->within;
    figures[4] = &side->left;
    figures[5] = &side->served;
}

/* Replications in which nobody came have no wait. */
static struct tb_whatif_figure figure_of(const double *values, uint32_t count)
{
    double *told = malloc((count + 1) * sizeof *told);
    uint32_t n = 0;

    tb_assert(told != NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            told[n++] = values[i];
        }
    }
    const struct tbs_interval interval = tbs_interval_mean(told, n, 0.95);
    free(told);
    return (struct tb_whatif_figure){n > 0 ? interval.value : NAN,
                                     n > 1 ? interval.half_width : NAN};
}

static void change_fill(const struct sides *sides, struct tb_whatif_answer *answer)
{
    double *after = malloc((sides->runs + 1) * sizeof *after);
    double *before = malloc((sides->runs + 1) * sizeof *before);
    uint32_t n = 0;

    tb_assert(after != NULL && before != NULL);
    for (uint32_t i = 0; i < sides->runs; i++) {
        if (!isnan(sides->value[0][0][i]) && !isnan(sides->value[1][0][i])) {
            before[n] = sides->value[0][0][i];
            after[n++] = sides->value[1][0][i];
        }
    }
    answer->wait_change_s = (struct tb_whatif_figure){NAN, NAN};
    answer->p_value = NAN;
    if (n > 1) {
        const struct tbs_interval interval =
            tbs_interval_paired(after, before, n, 0.95, &answer->p_value);
        answer->wait_change_s = (struct tb_whatif_figure){interval.value, interval.half_width};
    }
    free(after);
    free(before);
}

static bool runs_do(struct tbs_live *live, const struct tb_whatif_ask *ask,
                    struct tb_whatif_answer *answer, struct sides *sides, int64_t begun_us)
{
    struct tbs_tally *tally = tbs_tally_create(ask->scenario, false);
    double out[TBS_HALL_METRIC_COUNT], levels = 0;
    bool good = true;

    while (good && sides->runs < ask->runs) {
        if ((ask->limit_us > 0 && clock_us() - begun_us >= ask->limit_us && sides->runs > 0) ||
            (ask->stopped != NULL && ask->stopped(ask->context))) {
            break;
        }
        for (int side = 0; side < 2 && good; side++) {
            good = tbs_live_run(live, sides->runs, side == 1, tally, answer->error);
            tbs_figures_hall(tally, ask->hall, out);
            for (int i = 0; i < FIGURES; i++) {
                sides->value[side][i][sides->runs] = out[metrics[i]];
            }
            tbs_tally_clear(tally);
        }
        levels += tbs_live_level(live, sides->runs);
        sides->runs += good;
    }
    tbs_tally_free(tally);
    answer->level = sides->runs > 0 ? levels / sides->runs : NAN;
    if (good && sides->runs == 0) {
        snprintf(answer->error, sizeof answer->error, "stopped before the first replication");
    }
    return good && sides->runs > 0;
}

static void answer_fill(const struct tb_whatif_ask *ask, const struct tbs_live *live,
                        const struct sides *sides, struct tb_whatif_answer *answer)
{
    struct tb_whatif_figure *figures[FIGURES];
    struct tb_station_load load;

    for (int side = 0; side < 2; side++) {
        side_fill(side == 0 ? &answer->before : &answer->after, figures);
        for (int i = 0; i < FIGURES; i++) {
            *figures[i] = figure_of(sides->value[side][i], sides->runs);
        }
    }
    change_fill(sides, answer);
    answer->runs = sides->runs;
    answer->numbers = tbs_live_numbers(live);
    answer->expected = tbs_live_expected(live);
    const enum tb_status status = tb_city_station_load(ask->city, ask->hall, ask->now, &load);
    tb_assert(status == TB_STATUS_OK);
    answer->waiting = load.waiting;
}

bool tbs_whatif(const struct tb_whatif_ask *ask, struct tb_whatif_answer *answer)
{
    const int64_t begun_us = clock_us();
    struct sides sides = {0};

    tb_assert(ask->hall < ask->scenario->hall_count);
    tb_assert(ask->runs >= 1 && ask->runs <= TB_WHATIF_RUNS_MAX);
    *answer = (struct tb_whatif_answer){0};
    struct tbs_live *live = tbs_live_open(ask, answer->error);
    if (live == NULL) {
        return false;
    }
    double *values = calloc((size_t)ask->runs * 2 * FIGURES, sizeof *values);
    tb_assert(values != NULL);
    for (int i = 0; i < 2 * FIGURES; i++) {
        sides.value[i / FIGURES][i % FIGURES] = values + (size_t)i * ask->runs;
    }
    const bool good = runs_do(live, ask, answer, &sides, begun_us);
    if (good) {
        answer_fill(ask, live, &sides, answer);
    }
    free(values);
    tbs_live_close(live);
    answer->took_us = clock_us() - begun_us;
    return good;
}
