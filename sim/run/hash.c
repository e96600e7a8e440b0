/* The hash of all that shapes the citizens: two runs with the same one met the same people. */
#include <string.h>
#include <xxhash.h>

#include "run/inside.h"

static void text_add(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

static void matters_add(XXH3_state_t *state, const struct tb_scenario *s)
{
    for (uint32_t m = 0; m < s->matter_count; m++) {
        const struct tb_duration *d = &s->matters[m].service;
        const int64_t law = d->law;
        text_add(state, s->matters[m].label.id);
        XXH3_64bits_update(state, &law, sizeof law);
        XXH3_64bits_update(state, &d->mean_us, sizeof d->mean_us);
        XXH3_64bits_update(state, &d->cv, sizeof d->cv);
    }
}

static void halls_add(XXH3_state_t *state, const struct tb_scenario *s, uint32_t first,
                      uint32_t last)
{
    for (uint32_t h = 0; h < s->hall_count; h++) {
        text_add(state, s->halls[h].label.id);
        for (uint32_t d = first; d < last; d++) {
            const double cases = tb_scenario_cases(s, h, d);
            XXH3_64bits_update(state, &cases, sizeof cases);
        }
        if (s->halls[h].mix != TB_NONE) {
            const struct tb_mix *mix = &s->mixes[s->halls[h].mix];
            XXH3_64bits_update(state, mix->chance, mix->count * sizeof *mix->chance);
        }
    }
}

/* What a citizen is: not where he goes, nor what he makes of the plan and the rules he meets. */
static void people_add(XXH3_state_t *state, const struct tb_people *people)
{
    const double shares[] = {people->appointment_share, people->appointment_absent_share,
                             people->green_share, people->several_share};
    const int64_t times[] = {people->appointment_early_us, people->appointment_early_sd_us,
                             people->patience_least_us, people->patience_mean_us,
                             people->several_count};

    XXH3_64bits_update(state, shares, sizeof shares);
    XXH3_64bits_update(state, times, sizeof times);
}

uint64_t tbs_demand_hash(const struct tb_scenario *scenario, const struct tbs_run_options *options)
{
    XXH3_state_t *state = XXH3_createState();

    tbs_assert(state != NULL);
    XXH3_64bits_reset(state);
    XXH3_64bits_update(state, &options->seed, sizeof options->seed);
    if (options->trace != NULL) {
        XXH3_64bits_update(state, &options->trace->hash, sizeof options->trace->hash);
    } else {
        const uint32_t last = options->day_first + options->day_count;
        halls_add(state, scenario, options->day_first, last);
        matters_add(state, scenario);
        people_add(state, &scenario->people);
        XXH3_64bits_update(state, &scenario->demand.day_cv, sizeof scenario->demand.day_cv);
    }
    const uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}
