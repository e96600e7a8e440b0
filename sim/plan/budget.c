/* What hours buy in the whole city: the curve of hours against the share in time, and hours that
 * are given, spread over the halls. */
#include <math.h>
#include <stdlib.h>

#include "plan/lab.h"

/* The replay's curve, moved to where the core found the hall. */
double tbs_steps_within(const struct tbs_plan_hall *hall, uint32_t step)
{
    const double within = step == 0 ? hall->within_least : hall->steps[step - 1].within;

    return fmin(1, within + hall->steps_bias);
}

static bool planned(const struct tbs_plan_hall *hall)
{
    return hall->state != TBS_PLAN_CLOSED && hall->visits > 0;
}

/* The hall, and how many of its next steps together, that serve most more visits in time an hour;
 * TB_NONE: all have all. (More than one: some steps only help with the next.) */
static uint32_t best_steps(const struct tbs_plan *plan, const uint32_t *at, uint32_t *steps)
{
    uint32_t best = TB_NONE;
    double most = -1;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        double hours = 0;
        for (uint32_t i = at[h]; planned(hall) && i < hall->step_count; i++) {
            const double more = tbs_steps_within(hall, i + 1) - tbs_steps_within(hall, at[h]);
            hours += hall->steps[i].hours;
            if (more * hall->visits / hours > most) {
                most = more * hall->visits / hours;
                best = h;
                *steps = i + 1 - at[h];
            }
        }
    }
    return best;
}

/* The hall that serves the smallest share in time, of those that can still gain. */
static uint32_t worst_hall(const struct tbs_plan *plan, const uint32_t *at)
{
    uint32_t worst = TB_NONE;
    double least = 2;

    for (uint32_t h = 0; h < plan->hall_count; h++) {
        const struct tbs_plan_hall *hall = &plan->halls[h];
        if (planned(hall) && at[h] < hall->step_count && tbs_steps_within(hall, at[h]) < least) {
            least = tbs_steps_within(hall, at[h]);
            worst = h;
        }
    }
    return worst;
}

static double base_of(const struct tbs_plan *plan, double *visits, double *within)
{
    double hours = 0;

    *visits = *within = 0;
    for (uint32_t h = 0; h < plan->hall_count; h++) {
        if (planned(&plan->halls[h])) {
            hours += plan->halls[h].hours_least;
            *visits += plan->halls[h].visits;
            *within += plan->halls[h].visits * tbs_steps_within(&plan->halls[h], 0);
        }
    }
    return hours;
}

void tbs_curve_make(struct tbs_plan *plan)
{
    uint32_t *at = tbs_plan_zeroed(plan->hall_count, sizeof *at), steps = 0, taken = 0, h;
    double visits, within, hours = base_of(plan, &visits, &within);

    plan->hours_least = hours;
    for (h = 0; h < plan->hall_count; h++) {
        steps += plan->halls[h].step_count;
    }
    const uint32_t every = steps / (TBS_PLAN_CURVE_MAX - 2) + 1;
    while (visits > 0) {
        uint32_t go = 1;
        h = best_steps(plan, at, &go);
        if (taken >= plan->curve_count * every || h == TB_NONE) {
            plan->curve[plan->curve_count++] = (struct tbs_plan_point){hours, within / visits};
        }
        if (h == TB_NONE) {
            break;
        }
        const struct tbs_plan_hall *hall = &plan->halls[h];
        const double more = tbs_steps_within(hall, at[h] + go) - tbs_steps_within(hall, at[h]);
        within += hall->visits * more;
        for (uint32_t i = 0; i < go; i++, taken++) {
            hours += hall->steps[at[h]++].hours;
        }
    }
    free(at);
}

void tbs_budget_spread(struct tbs_plan *plan, double budget_hours)
{
    uint32_t *at = tbs_plan_zeroed(plan->hall_count, sizeof *at), h;
    double visits, within, hours = base_of(plan, &visits, &within);

    while ((h = worst_hall(plan, at)) != TB_NONE &&
           hours + plan->halls[h].steps[at[h]].hours <= budget_hours) {
        hours += plan->halls[h].steps[at[h]++].hours;
    }
    for (h = 0; h < plan->hall_count; h++) {
        struct tbs_plan_hall *hall = &plan->halls[h];
        if (!planned(hall)) {
            continue;
        }
        hall->needs = hall->least;
        for (uint32_t i = 0; i < at[h]; i++) {
            uint16_t *windows = &hall->needs.windows[hall->steps[i].slot];
            *windows = (uint16_t)(*windows + hall->steps[i].windows);
        }
        hall->steps_taken = at[h];
    }
    free(at);
}
