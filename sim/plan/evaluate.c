/* One hall's days for given windows, on the real core; what became of every visit is summed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base.h"
#include "model/bins.h"
#include "plan/lab.h"

/* Sums over visits that arrived in one half hour. */
struct slot_sum {
    double visits, within, left, delayed, called, wait_s;
};

struct book {
    struct tbs_lab *lab;
    const struct tbs_staffing *staffing;
    struct slot_sum slots[TBS_PLAN_SLOTS];
    uint32_t (*waits)[TBS_BINS]; /* [TBS_PLAN_SLOTS] */
    struct tbs_day_sum *days;    /* of the whole evaluation */
    uint32_t day_at;             /* of the first day of the pass at hand */
    double beyond_us;            /* served outside the plan */
    uint16_t rank[TBS_LAB_WINDOWS];
    struct tbs_recording *recording;
};

/* ---- the plan of the cut scenario ------------------------------------------------------------
 */

static bool is_open(const struct tbs_lab *lab, const struct tbs_staffing *staffing, uint32_t n,
                    uint32_t slot)
{
    return slot < TBS_PLAN_SLOTS && staffing->windows[slot] > n && tbs_lab_open(lab, slot, NULL);
}

/* Shifts of the window that is the n-th to be opened, cut to the opening hours. */
static uint32_t shifts_of(const struct tbs_lab *lab, const struct tbs_staffing *staffing,
                          uint32_t n, struct tb_shift *shifts)
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
        count += shifts_of(lab, staffing, n, lab->shifts + count);
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
static double beyond_us(const struct book *book, const struct tbs_visit *visit, tb_time day_at_us)
{
    const uint32_t rank = book->rank[visit->server];
    tb_time at = visit->called_at_us - day_at_us;
    const tb_time to = visit->ended_at_us - day_at_us;
    double sum = 0;

    while (at < to && at >= 0) {
        const uint32_t slot = (uint32_t)(at / TBS_PLAN_SLOT_US);
        const tb_time end = (slot + 1) * TBS_PLAN_SLOT_US;
        const tb_time next = end < to ? end : to;
        if (!is_open(book->lab, book->staffing, rank, slot)) {
            sum += (double)(next - at);
        }
        at = next;
    }
    return sum;
}

static void visit_add(void *context, const struct tbs_visit *visit)
{
    struct book *book = context;
    const bool called = visit->called_at_us != TB_NEVER;
    const tb_time until_us = called ? visit->called_at_us : visit->ended_at_us;

    if (!(visit->flags & TBS_VISIT_TICKET) || until_us == TB_NEVER) {
        return;
    }
    const tb_time day_at_us = book->lab->days[visit->day].starts_at_us;
    const int64_t wait = until_us > visit->place_at_us ? until_us - visit->place_at_us : 0;
    const int64_t slot = (visit->place_at_us - day_at_us) / TBS_PLAN_SLOT_US;
    const uint32_t k = slot < 0 ? 0 : slot < TBS_PLAN_SLOTS ? (uint32_t)slot : TBS_PLAN_SLOTS - 1;
    struct slot_sum *sum = &book->slots[k];
    struct tbs_day_sum *day = &book->days[book->day_at + visit->day];
    const bool within = called && wait <= book->lab->promise_us;

    sum->visits++;
    sum->within += within;
    sum->left += !called;
    sum->delayed += !called || wait > 0;
    day->visits++;
    day->within += within;
    day->left += !called;
    if (called) {
        sum->called++;
        sum->wait_s += (double)wait * 1e-6;
        day->called++;
        day->wait_s += (double)wait * 1e-6;
        book->waits[k][tbs_bin(wait)]++;
        if (visit->ended_at_us != TB_NEVER && visit->server != TB_NONE) {
            book->beyond_us += beyond_us(book, visit, day_at_us);
        }
    }
    if (book->recording != NULL) {
        const bool served = visit->outcome == TBS_OUTCOME_SERVED;
        const struct tbs_guest guest = {
            .place_at_us = visit->place_at_us - day_at_us,
            .busy_us = served ? visit->ended_at_us - visit->called_at_us : visit->service_us,
            .patience_us = visit->patience_us,
        };
        guest_write(book->recording, book->day_at + visit->day, &guest);
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

static void figures_fill(const struct slot_sum *sum, const uint32_t *bins, uint32_t days,
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

/* Standard errors of ratios of sums over days (the days are independent but for their factor's
 * city, which is one draw a day). */
static void errors_fill(const struct tbs_day_sum *days, uint32_t n, struct tbs_lab_result *out)
{
    double visits = 0, a = 0, b = 0;

    for (uint32_t d = 0; d < n; d++) {
        const double x = days[d].within - out->day.within * days[d].visits;
        const double y = days[d].left - out->day.left * days[d].visits;
        visits += days[d].visits;
        a += x * x;
        b += y * y;
    }
    const double scale = n > 1 ? sqrt((double)n / (n - 1)) : INFINITY;
    out->within_error = visits > 0 ? sqrt(a) / visits * scale : INFINITY;
    out->left_error = visits > 0 ? sqrt(b) / visits * scale : INFINITY;
}

static void result_fill(const struct book *book, uint32_t days, struct tbs_lab_result *out)
{
    struct slot_sum all = {0};
    uint32_t *bins = tbs_plan_zeroed(TBS_BINS, sizeof *bins);

    memset(out, 0, sizeof *out);
    for (uint32_t k = 0; k < TBS_PLAN_SLOTS; k++) {
        const struct slot_sum *s = &book->slots[k];
        all.visits += s->visits;
        all.within += s->within;
        all.left += s->left;
        all.delayed += s->delayed;
        all.called += s->called;
        all.wait_s += s->wait_s;
        for (uint32_t b = 0; b < TBS_BINS && s->called > 0; b++) {
            bins[b] += book->waits[k][b];
        }
        figures_fill(s, book->waits[k], days, &out->slots[k]);
    }
    figures_fill(&all, bins, days, &out->day);
    errors_fill(book->days, days, out);
    out->days = days;
    out->window_hours = tbs_lab_hours(book->lab, book->staffing);
    out->overtime_hours = book->beyond_us / days / (double)TB_HOURS(1);
    free(bins);
}

/* ---- runs ------------------------------------------------------------------------------------
 */

static void book_open(struct book *book, uint32_t days)
{
    const struct tbs_lab *lab = book->lab;

    book->waits = tbs_plan_zeroed(TBS_PLAN_SLOTS, sizeof *book->waits);
    book->days = tbs_plan_zeroed(days, sizeof *book->days);
    for (uint32_t n = 0; n < lab->windows_max; n++) {
        book->rank[lab->order[n]] = (uint16_t)n;
    }
    if (book->recording != NULL) {
        struct tbs_recording *r = book->recording;
        r->count = r->day_count = 0;
        free(r->day_first);
        r->day_first = tbs_plan_zeroed(days + 1, sizeof *r->day_first);
        r->day_room = days;
    }
}

/* Who came is written down unless recording is NULL. The sums are the caller's. */
static struct tbs_day_sum *run(struct tbs_lab *lab, const struct tbs_staffing *staffing,
                               uint64_t seed, uint32_t first, uint32_t days,
                               struct tbs_lab_result *result, struct tbs_recording *recording)
{
    const uint32_t once = lab->cut.day_count;
    const uint32_t passes = (days + once - 1) / once + (days == 0);
    struct book book = {.lab = lab, .staffing = staffing, .recording = recording};
    const struct tbs_model_options options = {
        .day_count = once, .ticket = visit_add, .ticket_context = &book};

    plan_put(lab, staffing);
    book_open(&book, passes * once);
    struct tbs_model *model = tbs_model_create(&lab->cut, lab->demand, &options);
    tbs_assert(tbs_model_error(model)[0] == '\0');
    for (uint32_t pass = 0; pass < passes; pass++) {
        book.day_at = pass * once;
        tbs_model_start(model, seed, first + pass);
        tbs_model_count(model, lab->tally);
        const bool fine = tbs_model_run(model, once);
        tbs_assert(fine);
        tbs_model_finish(model);
        tbs_tally_clear(lab->tally);
    }
    tbs_model_free(model);
    if (recording != NULL) {
        while (recording->day_count <= passes * once) {
            recording->day_first[recording->day_count++] = recording->count;
        }
        recording->day_count = passes * once;
    }
    result_fill(&book, passes * once, result);
    free(book.waits);
    return book.days;
}

void tbs_lab_run(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                 uint32_t first, uint32_t days, struct tbs_lab_result *result,
                 struct tbs_recording *recording)
{
    free(run(lab, staffing, seed, first, days, result, recording));
}

void tbs_staffing_evaluate(struct tbs_lab *lab, const struct tbs_staffing *staffing, uint64_t seed,
                           uint32_t first, uint32_t days, struct tbs_lab_result *result)
{
    free(run(lab, staffing, seed, first, days, result, NULL));
}

struct tbs_day_sum *tbs_staffing_days(struct tbs_lab *lab, const struct tbs_staffing *staffing,
                                      uint64_t seed, uint32_t first, uint32_t days,
                                      struct tbs_lab_result *result)
{
    return run(lab, staffing, seed, first, days, result, NULL);
}
