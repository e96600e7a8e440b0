/* demand.c: how many come: over a day, and over the days. All in whole numbers: the expected
 * volume of a year is exact to the last millionth of a case. */
#include <math.h>
#include <string.h>

#include "build.h"

enum { PPM = 1000000 };

/* ---- arrivals over a day ----------------------------------------------------------------- */

/* A piece of arrivals.csv, as it came. */
struct piece_row {
    struct tbi_row row;
    uint32_t arrivals, kind;
    struct tb_arrivals_piece piece;
};

static bool take_piece(struct tbi_row row, struct piece_row *out)
{
    struct tbi_build *b = row.b;
    const char *id = tbi_row_text(row, TBI_ARRIVALS_ARRIVALS);
    const uint32_t kind =
        tbi_row_name(row, TBI_ARRIVALS_DAY, &b->kind_names, "日类型\fkind of day");
    const int64_t from = tbi_row_clock(row, TBI_ARRIVALS_FROM);
    const int64_t to = tbi_row_clock(row, TBI_ARRIVALS_TO);
    const double share = tbi_row_real(row, TBI_ARRIVALS_SHARE, 0, 1e9, 0);

    if (id[0] == 0)
        return false;
    if (!tbi_value_id(id)) {
        tbi_row_wrong(row, TBI_ARRIVALS_ARRIVALS, TBI_WRONG_NAME_SHAPE, id, NULL, NULL);
        return false;
    }
    if (tbi_names_find(&b->arrivals_names, id) == TB_NONE)
        tbi_names_add(b->arena, &b->arrivals_names, id, tbi_row_line(row));
    if (kind == TB_NONE || from < 0 || to < 0)
        return false;
    if (to <= from) {
        tbi_row_wrong(row, TBI_ARRIVALS_TO, TBI_WRONG_SPAN_ORDER,
                      tbi_row_text(row, TBI_ARRIVALS_TO), tbi_row_text(row, TBI_ARRIVALS_FROM),
                      NULL);
        return false;
    }
    *out = (struct piece_row){row, tbi_names_find(&b->arrivals_names, id), kind, {from, to, share}};
    return true;
}

/* Puts the piece into its day, in order of time; overlaps are mistakes. */
static void place_piece(const struct piece_row *p, struct tb_arrivals_piece *pieces,
                        uint32_t *count)
{
    uint32_t at = *count;

    while (at > 0 && pieces[at - 1].from_us > p->piece.from_us)
        at--;
    if ((at > 0 && pieces[at - 1].to_us > p->piece.from_us) ||
        (at < *count && pieces[at].from_us < p->piece.to_us)) {
        tbi_row_wrong(p->row, TBI_ARRIVALS_FROM, TBI_WRONG_SPAN_OVERLAP,
                      tbi_row_text(p->row, TBI_ARRIVALS_FROM), NULL, NULL);
        return;
    }
    memmove(&pieces[at + 1], &pieces[at], (*count - at) * sizeof *pieces);
    pieces[at] = p->piece;
    (*count)++;
}

/* The pieces of one day, their shares made to sum to 1. */
static void make_day(struct tbi_build *b, const struct piece_row *rows, uint32_t row_count,
                     uint32_t arrivals, uint32_t kind, struct tb_arrivals_day *day)
{
    uint32_t most = 0, count = 0;
    double sum = 0;
    const struct piece_row *first = NULL;

    for (uint32_t r = 0; r < row_count; r++)
        most += rows[r].arrivals == arrivals && rows[r].kind == kind;
    if (most == 0)
        return;
    struct tb_arrivals_piece *pieces = TBI_TAKE(b->arena, struct tb_arrivals_piece, most);
    for (uint32_t r = 0; r < row_count; r++) {
        if (rows[r].arrivals != arrivals || rows[r].kind != kind)
            continue;
        first = first == NULL ? &rows[r] : first;
        place_piece(&rows[r], pieces, &count);
    }
    for (uint32_t i = 0; i < count; i++)
        sum += pieces[i].share;
    if (sum <= 0)
        tbi_row_wrong(first->row, TBI_ARRIVALS_SHARE, TBI_WRONG_ARRIVALS_SHARE,
                      b->arrivals_names.names[arrivals].id, b->kind_names.names[kind].id, NULL);
    for (uint32_t i = 0; i < count; i++)
        pieces[i].share /= sum > 0 ? sum : 1;
    *day = (struct tb_arrivals_day){pieces, count};
}

/* Without arrivals.csv people come evenly through the opening hours: one profile a calendar. */
static void normal_arrivals(struct tbi_build *b, struct tb_arrivals *arrivals)
{
    for (uint32_t c = 0; c < b->calendar_names.count; c++) {
        arrivals[c].label = b->out->calendars[c];
        tbi_names_add(b->arena, &b->arrivals_names, b->out->calendars[c].id, 0);
        for (uint32_t k = 0; k < b->kind_names.count; k++) {
            const struct tb_day_kind *kind = &b->calendars[c].kinds[k];
            struct tb_arrivals_piece *pieces =
                TBI_TAKE(b->arena, struct tb_arrivals_piece, kind->period_count);
            int64_t open_us = 0;

            for (uint32_t i = 0; i < kind->period_count; i++)
                open_us += kind->periods[i].closes_us - kind->periods[i].opens_us;
            for (uint32_t i = 0; i < kind->period_count; i++) {
                const int64_t from = kind->periods[i].opens_us, to = kind->periods[i].closes_us;

                pieces[i] = (struct tb_arrivals_piece){from, to,
                                                       (double)(to - from) / (double)open_us};
            }
            arrivals[c].days[k] = (struct tb_arrivals_day){pieces, kind->period_count};
        }
    }
}

/* A kind of day that a profile leaves out is as the first one that it has. */
static void fill_days(const struct tbi_build *b, struct tb_arrivals *arrivals)
{
    uint32_t first = 0;

    while (first + 1 < b->kind_names.count && arrivals->days[first].count == 0)
        first++;
    for (uint32_t k = 0; k < b->kind_names.count; k++) {
        if (arrivals->days[k].count == 0)
            arrivals->days[k] = arrivals->days[first];
    }
}

static void build_arrivals(struct tbi_build *b)
{
    const uint32_t row_count = tbi_row_count(b, TBI_ARRIVALS);
    struct piece_row *rows = TBI_TAKE(b->arena, struct piece_row, row_count);
    uint32_t count = 0;

    for (uint32_t r = 0; r < row_count; r++)
        count += take_piece(tbi_row(b, TBI_ARRIVALS, r), &rows[count]);
    const bool none = b->arrivals_names.count == 0;
    struct tb_arrivals *arrivals =
        TBI_TAKE(b->arena, struct tb_arrivals,
                 none ? b->calendar_names.count : b->arrivals_names.count);
    if (none)
        normal_arrivals(b, arrivals);
    for (uint32_t a = 0; a < b->arrivals_names.count && !none; a++) {
        arrivals[a].label = tbi_label(b->arrivals_names.names[a].id, NULL, NULL);
        for (uint32_t k = 0; k < b->kind_names.count; k++)
            make_day(b, rows, count, a, k, &arrivals[a].days[k]);
        fill_days(b, &arrivals[a]);
    }
    for (uint32_t i = 0; i < b->out->hall_count; i++)
        b->halls[i].arrivals = none ? b->halls[i].calendar : 0;
    b->out->arrivals = arrivals;
    b->out->arrivals_count = b->arrivals_names.count;
}

/* ---- volumes ----------------------------------------------------------------------------- */

static void take_volume(struct tbi_row row, bool *marked, uint32_t *lines)
{
    enum { VOLUME_MAX = 100000000 };
    struct tbi_build *b = row.b;
    const char *where = tbi_row_text(row, TBI_DEMAND_HALL);
    const uint64_t volume = (uint64_t)tbi_row_fixed(row, TBI_DEMAND_VOLUME, 1000, 0,
                                                    INT64_C(1000) * VOLUME_MAX, 0);
    const uint32_t arrivals =
        tbi_row_name(row, TBI_DEMAND_ARRIVALS, &b->arrivals_names, "到达曲线\farrivals");

    memset(marked, 0, b->out->hall_count + b->out->desk_count);
    if (where[0] == 0 || !tbi_select(b, tbi_row_at(row, TBI_DEMAND_HALL), where, marked))
        return;
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        struct tb_scenario_hall *hall = &b->halls[i];

        if (!marked[i])
            continue;
        if (lines[i] != 0)
            tbi_row_wrong(row, TBI_DEMAND_HALL, TBI_WRONG_NAME_TWICE, hall->label.id,
                          tbi_arena_format(b->arena, "%u", lines[i]), NULL);
        lines[i] = tbi_row_line(row);
        hall->volume_milli = volume;
        if (arrivals != TB_NONE)
            hall->arrivals = arrivals;
        if (volume > 0 && hall->mix == TB_NONE)
            tbi_row_wrong(row, TBI_DEMAND_HALL, TBI_WRONG_HALL_MATTERS, hall->label.id, NULL, NULL);
    }
}

static void build_volumes(struct tbi_build *b)
{
    bool *marked = TBI_TAKE(b->arena, bool, b->out->hall_count + b->out->desk_count);
    uint32_t *lines = TBI_TAKE(b->arena, uint32_t, b->out->hall_count);

    for (uint32_t r = 0; r < tbi_row_count(b, TBI_DEMAND); r++)
        take_volume(tbi_row(b, TBI_DEMAND, r), marked, lines);
}

/* ---- single values ----------------------------------------------------------------------- */

static uint32_t word_scalar(struct tbi_build *b, enum tbi_scalar scalar, const char *const *words,
                            uint32_t count, const char *allowed)
{
    const struct tbi_given given = tbi_given_scalar(b, scalar);

    if (given.text == NULL)
        return 0;
    const uint32_t word = tbi_word_find(words, count, given.text);
    if (word != TB_NONE)
        return word;
    tbi_wrong(b->problems, given.at, TBI_WRONG_WORD, given.text, allowed, NULL);
    return 0;
}

static double real_scalar(struct tbi_build *b, enum tbi_scalar scalar, double most, double normal)
{
    const struct tbi_given given = tbi_given_scalar(b, scalar);

    if (given.text != NULL)
        tbi_parse_real(b, given.at, given.text, 0, most, &normal);
    return normal;
}

void tbi_build_demand(struct tbi_build *b)
{
    static const char *const units[] = {"cases|件", "visitors|人"};
    static const char *const pers[] = {"year|年", "day|日"};
    struct tb_demand *demand = &b->out->demand;

    demand->unit = word_scalar(b, TBI_DEMAND_UNIT, units, 2, "cases, visitors");
    demand->a_day = word_scalar(b, TBI_DEMAND_PER, pers, 2, "year, day") == 1;
    demand->scale = real_scalar(b, TBI_DEMAND_SCALE, 1000, 1);
    demand->day_cv = real_scalar(b, TBI_DEMAND_DAY_CV, 2, 0);
    build_arrivals(b);
    build_volumes(b);
    tbi_build_days(b);
}
