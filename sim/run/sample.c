/* The figures of one replication or batch, kept by number. */
#include <stdlib.h>
#include <string.h>

#include "run/inside.h"

void tbs_samples_reserve(struct outcome *outcome, uint32_t count)
{
    const struct tb_scenario *s = outcome->scenario;

    if (count <= outcome->sample_room) {
        return;
    }
    outcome->samples = realloc(outcome->samples, count * sizeof *outcome->samples);
    tbs_assert(outcome->samples != NULL);
    for (uint32_t i = outcome->sample_room; i < count; i++) {
        struct sample *sample = &outcome->samples[i];
        sample->halls =
            calloc((size_t)s->hall_count * TBS_HALL_METRIC_COUNT + 1, sizeof *sample->halls);
        sample->desks =
            calloc((size_t)s->desk_count * TBS_DESK_METRIC_COUNT + 1, sizeof *sample->desks);
        tbs_assert(sample->halls != NULL);
        tbs_assert(sample->desks != NULL);
    }
    outcome->sample_room = count;
}

void tbs_samples_free(struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->sample_room; i++) {
        free(outcome->samples[i].halls);
        free(outcome->samples[i].desks);
    }
    free(outcome->samples);
    outcome->samples = NULL;
    outcome->sample_room = 0;
}

void tbs_sample_take(struct outcome *outcome, uint32_t number, const struct tbs_tally *tally,
                     struct tbs_waits *scratch)
{
    const struct tb_scenario *s = outcome->scenario;
    struct sample *sample = &outcome->samples[number];

    tbs_figures_city(tally, scratch, sample->city);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        tbs_figures_hall(tally, h, &sample->halls[(size_t)h * TBS_HALL_METRIC_COUNT]);
    }
    for (uint32_t d = 0; d < s->desk_count; d++) {
        tbs_figures_desk(tally, s->hall_count + d,
                         &sample->desks[(size_t)d * TBS_DESK_METRIC_COUNT]);
    }
}
