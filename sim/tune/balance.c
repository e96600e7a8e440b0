#include "tune/balance.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"

const enum tbs_city_metric tbs_balance_figures[TBS_BALANCE_FIGURES] = {
    TBS_CITY_WAIT_MEAN_S, TBS_CITY_WAIT_P90_S, TBS_CITY_SERVED_WITHIN_PROMISE,
    TBS_CITY_LEFT_SHARE, TBS_CITY_UTILISATION};

static struct tbs_balance_row table[] = {
    {.zh = "不推荐", .en = "no advice", .advice = "0%", .video = "0%"},
    {.zh = "一成听从", .en = "10% follow", .advice = "10%", .video = "0%"},
    {.zh = "三成听从", .en = "30% follow", .advice = "30%", .video = "0%"},
    {.zh = "六成听从", .en = "60% follow", .advice = "60%", .video = "0%"},
    {.zh = "远程视频一成", .en = "10% by video", .advice = "0%", .video = "10%"},
    {.zh = "远程视频三成", .en = "30% by video", .advice = "0%", .video = "30%"},
    {.zh = "六成听从+视频三成", .en = "60% + 30% video", .advice = "60%", .video = "30%"},
};
enum { ROWS = sizeof table / sizeof table[0] };

/* One figure of a row over the replications, and its change from the first row. */
static void figure_take(struct tbs_balance_row *row, int figure, const double *mine,
                        const double *first, uint32_t reps)
{
    double *a = malloc(2 * (size_t)reps * sizeof *a), *b = a + reps;
    const enum tbs_city_metric metric = tbs_balance_figures[figure];

    tbs_assert(a != NULL);
    for (uint32_t r = 0; r < reps; r++) {
        a[r] = mine[(size_t)r * TBS_CITY_METRIC_COUNT + metric];
        b[r] = first[(size_t)r * TBS_CITY_METRIC_COUNT + metric];
    }
    row->value[figure] = tbs_interval_mean(a, reps, 0.95);
    row->change[figure] = tbs_interval_paired(a, b, reps, 0.95, NULL);
    free(a);
}

bool tbs_balance_run(const struct tbs_trial *trial, uint64_t seed, uint32_t reps,
                     struct tbs_balance_row **rows, int *count, char *error, size_t room)
{
    const size_t size = (size_t)reps * TBS_CITY_METRIC_COUNT;
    double *values = malloc(ROWS * size * sizeof *values);
    bool fine = true;

    tbs_assert(values != NULL);
    for (int i = 0; i < ROWS && fine; i++) {
        struct tbs_setting setting = {0};
        strcpy(setting.value[TBS_KNOB_advice_share], table[i].advice);
        strcpy(setting.value[TBS_KNOB_video_share], table[i].video);
        fine = tbs_trial_run(trial, &setting, seed, reps, &values[(size_t)i * size], error, room);
        for (int k = 0; k < TBS_BALANCE_FIGURES && fine; k++) {
            figure_take(&table[i], k, &values[(size_t)i * size], values, reps);
        }
    }
    free(values);
    *rows = table;
    *count = ROWS;
    return fine;
}
