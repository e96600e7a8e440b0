/* One hall's days for given windows, on the real core; what became of every visit is summed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "plan/lab.h"

/* ---- the plan of the cut scenario ------------------------------------------------------------
 */

static bool is_open(const struct tbs_lab *lab, const struct tbs_staffing *staffing, uint32_t n,
                    uint32_t slot)
{
    return slot < TBS_PLAN_SLOTS && staffing->windows[slot] > n && tbs_lab_open(lab, slot, NULL);
}

uint32_t tbs_lab_shifts(const struct tbs_lab *lab, const struct tbs_staffing *staffing, uint32_t n,
                        struct tb_shift *shifts)
{
    uint32_t count = 0;

    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        if (!is_open(lab, staffing, n, k)) {
            continue;
        }
        const int64_t from = k * TBS_PLAN_SLOT_US;
        while (is_open(lab, staffing, n, k + 1)) {
            k++;
        }
        const int64_t to = (k + 1) * TBS_PLAN_SLOT_US;
        for (uint32_t i = 0; i < lab->kind->period_count; i++) {
            const int64_t opens = lab->kind->periods[i].opens_us;
            const int64_t closes = lab->kind->periods[i].closes_us;
            const int64_t a = opens > from ? opens : from, b = closes < to ? closes : to;
            if (a < b) {
                shifts[count++] = (struct tb_shift){lab->order[n], lab->plan_days.kind,
                                                    lab->profiles[lab->order[n]], a, b};
            }
        }
    }
    return count;
}

static int shift_compare(const void *left, const void *right)
{
    const struct tb_shift *a = left, *b = right;

    return a->server != b->server ? (a->server < b->server ? -1 : 1)
                                  : (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

static void plan_put(struct tbs_lab *lab, const struct tbs_staffing *staffing)
{
    uint32_t count = 0;

    for (uint32_t n = 0; n < lab->windows_max; n++) {
        count += tbs_lab_shifts(lab, staffing, n, lab->shifts + count);
    }
    qsort(lab->shifts, count, sizeof *lab->shifts, shift_compare);
    for (uint32_t i = 0; i < count; i++) {
        const struct tb_shift *shift = &lab->shifts[i];
        int64_t to = shift->to_us + lab->cut.people.stay_us;
        if (i + 1 < count && shift[1].server == shift->server && to > shift[1].from_us) {
            to = shift[1].from_us;
        }
        to = to > TB_DAYS(1) ? TB_DAYS(1) : to;
        lab->entries[2 * i] = (struct tb_plan_entry){shift->server, shift->day_kind, shift->from_us,
                                                     TB_PLAN_OPEN, shift->profile};
        lab->entries[2 * i + 1] =
            (struct tb_plan_entry){shift->server, shift->day_kind, to, TB_PLAN_CLOSE, 0};
    }
    lab->cut.shifts = lab->shifts;
    lab->cut.shift_count = count;
    lab->cut.config.plan = lab->entries;
    lab->cut.config.plan_count = 2 * count;
}

/* ---- what became of a visit -------------------------------------------------------------------
 */

static void guest_write(struct tbs_recording *r, uint32_t day, const struct tbs_guest *guest)
{
    while (r->day_count <= day) {
        r->day_first[r->day_count++] = r->count;
    }
    if (r->count == r->room) {
        r->room = r->room * 2 + 1024;
        r->guests = realloc(r->guests, r->room * sizeof *r->guests);
        tbs_assert(r->guests != NULL);
    }
    r->guests[r->count++] = *guest;
}

/* How long a window was busy outside its plan. */
static double beyond_us(const struct tbs_lab *lab, const struct tbs_visit *visit, tb_time day_at_us)
{
    const uint32_t rank = lab->rank[visit->server];
    tb_time at = visit->called_at_us - day_at_us;
    const tb_time to = visit->ended_at_us - day_at_us;
    double sum = 0;

    while (at < to && at >= 0) {
        const uint32_t slot = (uint32_t)(at / TBS_PLAN_SLOT_US);
        const tb_time end = (slot + 1) * TBS_PLAN_SLOT_US;
        const tb_time next = end < to ? end : to;
        if (!is_open(lab, &lab->staffing, rank, slot)) {
            sum += (double)(next - at);
        }
        at = next;
    }
    return sum;
}

static void visit_record(struct tbs_lab *lab, const struct tbs_visit *visit, tb_time day_at_us)
{
    const bool served = visit->outcome == TBS_OUTCOME_SERVED;
    const struct tbs_guest guest = {
        .place_at_us = visit->place_at_us - day_at_us,
        .busy_us = served ? visit->ended_at_us - visit->called_at_us : visit->service_us,
        .patience_us = visit->patience_us,
    };
    guest_write(lab->recording, lab->day_at + visit->day, &guest);
}

/* The share at the very beginning and end of a half hour: a parabola through the visits of its
 * first and second part, at the edge, which is a mean with these weights of visits that are spread
 * evenly (Fan, Gijbels: Local polynomial modelling and its applications, 1996, at boundaries). */
static void ends_add(struct tbs_lab *lab, const struct tbs_visit *visit, uint32_t k, tb_time at_us,
                     bool within)
{
    const double part = TBS_PLAN_SLOT_US / 2.0, u = (double)(at_us - k * TBS_PLAN_SLOT_US) / part;

    for (uint32_t end = 0; end < 2; end++) {
        const double x = end == 0 ? 1 - 2 * u : 2 * u - 3; /* 1: at the edge, -1: a part from it */
        if (x >= -1 && x <= 1) {
            const float weight = (float)(1 + 3 * x + 2.5 * (3 * x * x - 1));
            lab->ends_today[visit->day][k][end][0] += weight;
            lab->ends_today[visit->day][k][end][1] += within ? weight : 0;
        }
    }
}

static void visit_add(void *context, const struct tbs_visit *visit)
{
    struct tbs_lab *lab = context;
    const bool called = visit->called_at_us != TB_NEVER;
    const tb_time until_us = called ? visit->called_at_us : visit->ended_at_us;

    if (!(visit->flags & TBS_VISIT_TICKET) || until_us == TB_NEVER) {
        return;
    }
    const tb_time day_at_us = lab->days[visit->day].starts_at_us;
    const int64_t wait = until_us > visit->place_at_us ? until_us - visit->place_at_us : 0;
    const int64_t slot = (visit->place_at_us - day_at_us) / TBS_PLAN_SLOT_US;
    const uint32_t k = slot < 0 ? 0 : slot < TBS_PLAN_SLOTS ? (uint32_t)slot : TBS_PLAN_SLOTS - 1;
    const bool within = called && wait <= lab->promise_us;
    float *today = lab->today[visit->day][k];

    today[0] += 1;
    today[1] += within;
    today[2] += !called;
    lab->slots[k].delayed += !called || wait > 0;
    if (lab->watch_ends) {
        ends_add(lab, visit, k, visit->place_at_us - day_at_us, within);
    }
    if (called) {
        lab->slots[k].called++;
        lab->slots[k].wait_s += (double)wait * 1e-6;
        today[3] += 1;
        today[4] += (float)wait * 1e-6f;
        lab->waits[k][tbs_bin(wait)]++;
        if (visit->ended_at_us != TB_NEVER && visit->server != TB_NONE && k >= lab->judge_from &&
            k < lab->judge_to) {
            lab->beyond_us += beyond_us(lab, visit, day_at_us);
        }
    }
    if (lab->recording != NULL) {
        visit_record(lab, visit, day_at_us);
    }
}

static void products_add(struct tbs_sum *sum, double visits, double within, double left)
{
    sum->visits += visits;
    sum->within += within;
    sum->left += left;
    sum->visits2 += visits * visits;
    sum->visits_within += visits * within;
    sum->within2 += within * within;
    sum->visits_left += visits * left;
    sum->left2 += left * left;
}

/* The days of a pass into the sums. */
static void pass_add(struct tbs_lab *lab)
{
    for (uint32_t d = 0; d < lab->cut.day_count; d++) {
        struct tbs_day_sum sum = {0};
        for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
            const float *today = lab->today[d][k];
            products_add(&lab->slots[k], today[0], today[1], today[2]);
            for (uint32_t end = 0; end < 2 && lab->watch_ends; end++) {
                const float *weights = lab->ends_today[d][k][end];
                products_add(&lab->ends[k][end], weights[0], weights[1], 0);
            }
            if (k >= lab->judge_from && k < lab->judge_to) {
                sum.visits += today[0];
                sum.within += today[1];
                sum.left += today[2];
                sum.called += today[3];
                sum.wait_s += today[4];
            }
        }
        products_add(&lab->day, sum.visits, sum.within, sum.left);
        if (lab->by_day != NULL) {
            lab->by_day[lab->day_at + d] = sum;
        }
    }
}

/* ---- results ---------------------------------------------------------------------------------
 */

static double wait_quantile_s(const uint32_t *bins, double called, double share)
{
    double sum = 0;

    for (uint32_t b = 0; b < TBS_BINS; b++) {
        sum += bins[b];
        if (sum > 0 && sum >= share * called) {
            return 0.5e-6 * (double)(tbs_bin_edge_us(b) + tbs_bin_edge_us(b + 1));
        }
    }
    return NAN;
}

static void figures_fill(const struct tbs_sum *sum, const uint32_t *bins, uint32_t days,
                         struct tbs_day_figures *out)
{
    *out = (struct tbs_day_figures){
        .visits = sum->visits / days,
        .within = sum->visits > 0 ? sum->within / sum->visits : NAN,
        .left = sum->visits > 0 ? sum->left / sum->visits : NAN,
        .delayed = sum->visits > 0 ? sum->delayed / sum->visits : NAN,
        .wait_mean_s = sum->called > 0 ? sum->wait_s / sum->called : NAN,
        .wait_p50_s = wait_quantile_s(bins, sum->called, 0.5),
        .wait_p90_s = wait_quantile_s(bins, sum->called, 0.9),
    };
}

/* Standard error of a ratio of sums over days, which are independent; at least that of independent
 * visits, so that a share of 0 or 1 is not taken for certain. */
static double ratio_error(const struct tbs_sum *sum, double part, double product, double part2,
                          uint32_t days)
{
    const double v = sum->visits, r = part / v, p = (part + 1) / (v + 2);

    if (v <= 0 || days < 2) {
        return INFINITY;
    }
    const double squares = fmax(0, part2 - 2 * r * product + r * r * sum->visits2);
    return sqrt(fmax(squares / (v * v) * days / (days - 1), p * (1 - p) / v));
}

static double within_error(const struct tbs_sum *sum, uint32_t days)
{
    return ratio_error(sum, sum->within, sum->visits_within, sum->within2, days);
}

void tbs_lab_tell(const struct tbs_lab *lab, struct tbs_lab_result *out)
{
    const uint32_t days = lab->passes_done * lab->cut.day_count;
    uint32_t *bins = tbs_plan_zeroed(TBS_BINS, sizeof *bins);
    struct tbs_sum all = lab->day;

    memset(out, 0, sizeof *out);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const struct tbs_sum *s = &lab->slots[k];
        figures_fill(s, lab->waits[k], days, &out->slots[k]);
        out->slot_error[k] = within_error(s, days);
        for (uint32_t end = 0; end < 2; end++) {
            const struct tbs_sum *e = &lab->ends[k][end];
            out->ends[k][end].within = e->visits > 0 ? e->within / e->visits : NAN;
            out->ends[k][end].error = within_error(e, days);
        }
        if (k < lab->judge_from || k >= lab->judge_to) {
            continue;
        }
        all.delayed += s->delayed;
        all.called += s->called;
        all.wait_s += s->wait_s;
        for (uint32_t b = 0; b < TBS_BINS && s->called > 0; b++) {
            bins[b] += lab->waits[k][b];
        }
    }
    figures_fill(&all, bins, days, &out->day);
    out->within_error = within_error(&all, days);
    out->left_error = ratio_error(&all, all.left, all.visits_left, all.left2, days);
    /* Of all: who left waited longer than any. */
    out->wait_share_s = wait_quantile_s(bins, all.visits, lab->promise_share);
    out->days = days;
    out->window_hours = tbs_lab_hours(lab, &lab->staffing);
    out->overtime_hours = lab->beyond_us / days / (double)TB_HOURS(1);
    free(bins);
}

/* ---- runs ------------------------------------------------------------------------------------
 */

static void sums_clear(struct tbs_lab *lab)
{
    memset(&lab->day, 0, sizeof lab->day);
    memset(lab->slots, 0, sizeof lab->slots);
    memset(lab->ends, 0, sizeof lab->ends);
    memset(lab->waits, 0, TBS_PLAN_SLOTS * sizeof *lab->waits);
    lab->beyond_us = 0;
    lab->passes_done = 0;
}

static void model_make(struct tbs_lab *lab, const struct tbs_staffing *staffing)
{
    const struct tbs_model_options options = {
        .day_count = lab->cut.day_count, .ticket = visit_add, .ticket_context = lab};

    tbs_model_free(lab->model);
    lab->staffing = *staffing;
    plan_put(lab, staffing);
    lab->model = tbs_model_create(&lab->cut, lab->demand, &options);
    tbs_assert(tbs_model_error(lab->model)[0] == '\0');
}

void tbs_lab_begin(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                   uint32_t first, struct tbs_recording *recording)
{
    sums_clear(lab);
    lab->seed = seed;
    lab->pass = first;
    lab->recording = recording;
    if (recording != NULL) {
        recording->count = recording->day_count = 0;
    }
    if (lab->model == NULL || memcmp(&lab->staffing, staffing, sizeof *staffing) != 0) {
        model_make(lab, staffing);
    }
}

static int guest_compare(const void *left, const void *right)
{
    const struct tbs_guest *a = left, *b = right;

    return (a->place_at_us > b->place_at_us) - (a->place_at_us < b->place_at_us);
}

/* Visits come walk-ins first, then appointments; a line wants them as they joined. */
static void recording_close(struct tbs_recording *r, uint32_t first, uint32_t days)
{
    while (r->day_count < days) {
        r->day_first[r->day_count++] = r->count;
    }
    r->day_first[days] = r->count;
    for (uint32_t d = first; d < days; d++) {
        qsort(r->guests + r->day_first[d], r->day_first[d + 1] - r->day_first[d],
              sizeof *r->guests, guest_compare);
    }
}

static void recording_grow(struct tbs_recording *r, uint32_t days)
{
    r->day_first = realloc(r->day_first, (days + 1) * sizeof *r->day_first);
    tbs_assert(r->day_first != NULL);
}

void tbs_lab_more(struct tbs_lab *lab, uint32_t days)
{
    const uint32_t once = lab->cut.day_count, first = lab->passes_done * once;

    for (uint32_t done = 0; done < days || done == 0; done += once) {
        lab->day_at = lab->passes_done * once;
        if (lab->recording != NULL) {
            recording_grow(lab->recording, lab->day_at + once);
        }
        memset(lab->today, 0, once * sizeof *lab->today);
        memset(lab->ends_today, 0, once * sizeof *lab->ends_today);
        tbs_model_start(lab->model, lab->seed, lab->pass++);
        tbs_model_count(lab->model, lab->tally);
        const bool fine = tbs_model_run(lab->model, once);
        tbs_assert(fine);
        tbs_model_finish(lab->model);
        tbs_tally_clear(lab->tally);
        pass_add(lab);
        lab->passes_done++;
    }
    if (lab->recording != NULL) {
        recording_close(lab->recording, first, lab->passes_done * once);
    }
}

void tbs_lab_run(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                 uint32_t first, uint32_t days, struct tbs_lab_result *result,
                 struct tbs_recording *recording)
{
    tbs_lab_begin(lab, staffing, seed, first, recording);
    tbs_lab_more(lab, days);
    tbs_lab_tell(lab, result);
    lab->recording = NULL;
}

void tbs_staffing_evaluate(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                           uint32_t first, uint32_t days, struct tbs_lab_result *result)
{
    tbs_lab_run(lab, staffing, seed, first, days, result, NULL);
}

struct tbs_day_sum *tbs_staffing_days(struct tbs_lab *lab, const struct tbs_staffing *staffing,
                                      uint64_t seed, uint32_t first, uint32_t days,
                                      struct tbs_lab_result *result)
{
    const uint32_t once = lab->cut.day_count;
    struct tbs_day_sum *by_day = tbs_plan_zeroed(days + once, sizeof *by_day);

    lab->by_day = by_day;
    tbs_lab_run(lab, staffing, seed, first, days, result, NULL);
    lab->by_day = NULL;
    return by_day;
}
