#include "web/day.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "model/bins.h"
#include "model/model.h"
#include "web/cut.h"

/* What became of the visits of one half hour, or of all. */
struct sum {
    double visits, within, left, called, wait_s;
    uint32_t bins[TBS_BINS];
};

struct book {
    const struct tbs_web_cut *cut;
    int64_t promise_us;
    struct sum *slots; /* [TBS_WEB_SLOTS] */
    struct sum *days;  /* [day] */
    struct sum all;
};

static void sum_add(struct sum *sum, bool called, bool within, int64_t wait_us)
{
    sum->visits++;
    sum->within += within;
    sum->left += !called;
    if (called) {
        sum->called++;
        sum->wait_s += 1e-6 * (double)wait_us;
        sum->bins[tbs_bin(wait_us)]++;
    }
}

/* Who left or found the hall closing was not called within the promise, however short he waited. */
static void visit_add(void *context, const struct tbs_visit *visit)
{
    struct book *book = context;
    const bool called = visit->called_at_us != TB_NEVER;

    if (!(visit->flags & TBS_VISIT_TICKET) || (!called && visit->ended_at_us == TB_NEVER)) {
        return;
    }
    const int64_t waited = called ? visit->called_at_us - visit->place_at_us : 0;
    const int64_t wait_us = waited > 0 ? waited : 0;
    const bool within = called && wait_us <= book->promise_us;
    const int64_t offset = visit->place_at_us - book->cut->days[visit->day].starts_at_us;
    const int64_t slot = offset < 0 ? 0 : offset / TBS_WEB_SLOT_US;

    sum_add(&book->slots[slot < TBS_WEB_SLOTS ? slot : TBS_WEB_SLOTS - 1], called, within, wait_us);
    sum_add(&book->days[visit->day], called, within, wait_us);
    sum_add(&book->all, called, within, wait_us);
}

static double quantile_s(const struct sum *sum, double share)
{
    double below = 0;

    for (uint32_t b = 0; b < TBS_BINS; b++) {
        below += sum->bins[b];
        if (below > 0 && below >= share * sum->called) {
            return b == 0 ? 0 : 0.5e-6 * (double)(tbs_bin_edge_us(b) + tbs_bin_edge_us(b + 1));
        }
    }
    return NAN;
}

static struct tbs_web_figures figures_of(const struct sum *sum, uint32_t days)
{
    const double n = sum->visits > 0 ? sum->visits : NAN;

    return (struct tbs_web_figures){
        .visits = sum->visits / days,
        .within = sum->within / n,
        .left = sum->left / n,
        .wait_mean_s = sum->called > 0 ? sum->wait_s / sum->called : NAN,
        .wait_p50_s = quantile_s(sum, 0.5),
        .wait_p90_s = quantile_s(sum, 0.9),
    };
}

static void answer_fill(const struct book *book, struct tbs_web_answer *answer)
{
    const uint32_t days = book->cut->scenario.day_count;

    memset(answer, 0, sizeof *answer);
    answer->days = days;
    answer->day = figures_of(&book->all, days);
    for (uint32_t k = 0; k < TBS_WEB_SLOTS; k++) {
        answer->slots[k] = figures_of(&book->slots[k], days);
    }
    for (uint32_t d = 0; d < days; d++) {
        const struct sum *day = &book->days[d];
        const double n = day->visits > 0 ? day->visits : 1;
        answer->by_day[TBS_WEB_WITHIN][d] = day->visits > 0 ? day->within / n : 1;
        answer->by_day[TBS_WEB_LEFT][d] = day->left / n;
        answer->by_day[TBS_WEB_WAIT][d] = day->called > 0 ? day->wait_s / day->called : 0;
    }
    for (uint32_t i = 0; i < book->cut->scenario.shift_count; i++) {
        const struct tb_shift *shift = &book->cut->shifts[i];
        answer->window_hours += (double)(shift->to_us - shift->from_us) / (double)TB_HOURS(1);
    }
}

bool tbs_web_evaluate(const struct tb_scenario *scenario, const struct tbs_web_question *question,
                      struct tbs_web_answer *answer)
{
    tbs_assert(question->days <= TBS_WEB_DAYS_MAX);
    struct tbs_web_cut *cut = tbs_web_cut_create(scenario, question);
    if (cut == NULL) {
        return false;
    }
    struct book *book = calloc(1, sizeof *book);
    tbs_assert(book != NULL);
    book->cut = cut;
    book->promise_us = scenario->promise.wait_us;
    book->slots = calloc(TBS_WEB_SLOTS, sizeof *book->slots);
    book->days = calloc(cut->scenario.day_count, sizeof *book->days);
    tbs_assert(book->slots != NULL);
    tbs_assert(book->days != NULL);
    const struct tbs_model_options options = {
        .day_count = cut->scenario.day_count, .ticket = visit_add, .ticket_context = book};
    struct tbs_demand *demand = tbs_demand_create(&cut->scenario, NULL);
    struct tbs_tally *tally = tbs_tally_create(&cut->scenario, false);
    struct tbs_model *model = tbs_model_create(&cut->scenario, demand, &options);
    bool fine = tbs_model_error(model)[0] == '\0';
    if (fine) {
        tbs_model_start(model, question->seed, 0);
        tbs_model_count(model, tally);
        fine = tbs_model_run(model, cut->scenario.day_count);
        tbs_model_finish(model);
        answer_fill(book, answer);
    }
    tbs_model_free(model);
    tbs_tally_free(tally);
    tbs_demand_free(demand);
    tbs_web_cut_free(cut);
    free(book->slots);
    free(book->days);
    free(book);
    return fine;
}
