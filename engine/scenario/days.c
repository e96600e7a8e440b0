/* days.c: the volume over the days. A day weighs its weekday's factor x its seasons' x its
 * kind's. Each total of scenario.yaml (so many on the Saturdays from here to there) is spread
 * over its days by their weights; what is left of the year over the days that are left. */
#include <string.h>

#include "build.h"

enum { PPM = 1000000 };
typedef unsigned __int128 uint128;

/* Days first .. last of some kinds get so many millionths of a case. */
struct block {
    uint32_t kinds; /* bit by kind */
    uint32_t first, last;
    uint64_t micro;
    struct tbi_at at;
};

struct season {
    uint32_t first, last;
    int64_t ppm;
};

struct spread {
    struct tbi_build *b;
    int64_t weekday_ppm[7];
    struct season *seasons;
    uint32_t season_count;
    struct block *blocks; /* the totals, then what is left */
    uint32_t block_count;
    uint8_t *block_of; /* by day */
    uint64_t *weight;  /* by day, of the calendar at hand */
};

/* ---- reading ----------------------------------------------------------------------------- */

/* The day of a date, or `normal` where none is given. False: a mistake. */
static bool day_of(struct tbi_build *b, struct tbi_given given, uint32_t normal, uint32_t *day)
{
    const struct tb_scenario_day *days = b->out->days;
    const uint32_t count = b->out->day_count;
    int64_t date;

    *day = normal;
    if (given.text == NULL)
        return true;
    if (!tbi_parse_date(b, given.at, given.text, &date))
        return false;
    if (b->days_wrong)
        return true;
    if (date < b->day_first || date >= b->day_first + count) {
        const struct tb_scenario_day *from = &days[0], *to = &days[count - 1];

        tbi_wrong(b->problems, given.at, TBI_WRONG_DATE_OUTSIDE, given.text,
                  tbi_arena_format(b->arena, "%04d-%02d-%02d", from->year, from->month, from->day),
                  tbi_arena_format(b->arena, "%04d-%02d-%02d", to->year, to->month, to->day));
        return false;
    }
    *day = (uint32_t)(date - b->day_first);
    return true;
}

/* Two dates, the second not before the first. */
static bool range_of(struct tbi_build *b, struct tbi_given from, struct tbi_given to,
                     uint32_t *first, uint32_t *last)
{
    const bool has_from = day_of(b, from, *first, first);

    if (!day_of(b, to, *last, last) || !has_from)
        return false;
    if (*last >= *first)
        return true;
    tbi_wrong(b->problems, to.text != NULL ? to.at : from.at, TBI_WRONG_DATE_ORDER,
              to.text != NULL ? to.text : from.text, from.text, NULL);
    return false;
}

static void read_weekdays(struct spread *s)
{
    for (uint32_t i = 0; i < 7; i++) {
        const struct tbi_given given = tbi_given_scalar(s->b, TBI_WEEKDAY_MON + i);
        double factor = 1;

        if (given.text != NULL)
            tbi_parse_real(s->b, given.at, given.text, 0, 100, &factor);
        s->weekday_ppm[i] = (int64_t)(factor * PPM + 0.5);
    }
}

static void read_seasons(struct spread *s)
{
    struct tbi_build *b = s->b;
    const struct tbi_yaml *yaml = b->folder->document->yaml;

    s->seasons = TBI_TAKE(b->arena, struct season, yaml->seasons_count);
    for (uint32_t i = 0; i < yaml->seasons_count; i++) {
        const struct tbi_season_entry *entry = &yaml->seasons[i];
        struct season season = {0, b->out->day_count - 1, PPM};
        const struct tbi_given factor = tbi_given_entry(
            b, entry->factor, "季节系数", "season's factor", "demand.seasons[%u].factor", i);
        double value = 1;

        if (factor.text != NULL)
            tbi_parse_real(b, factor.at, factor.text, 0, 100, &value);
        season.ppm = (int64_t)(value * PPM + 0.5);
        if (range_of(b, tbi_given_entry(b, entry->from, "", "", "demand.seasons[%u].from", i),
                     tbi_given_entry(b, entry->to, "", "", "demand.seasons[%u].to", i),
                     &season.first, &season.last))
            s->seasons[s->season_count++] = season;
    }
}

/* Kinds of day of a list; all that there are if it is empty. */
static uint32_t kinds_of(struct tbi_build *b, struct tbi_given given)
{
    const char *list = given.text == NULL ? "" : given.text, *item;
    uint32_t kinds = 0;

    while ((item = tbi_value_item(b->arena, &list)) != NULL) {
        const uint32_t kind =
            tbi_parse_name(b, given.at, item, &b->kind_names, "日类型\fkind of day");

        if (kind != TB_NONE)
            kinds |= 1u << kind;
    }
    return given.text == NULL ? UINT32_MAX : kinds;
}

/* The totals, and as the last block what they leave of the year. */
static void read_blocks(struct spread *s, uint64_t year_micro)
{
    struct tbi_build *b = s->b;
    const struct tb_demand *demand = &b->out->demand;
    const struct tbi_yaml *yaml = b->folder->document->yaml;
    uint64_t sum = 0;

    s->blocks = TBI_TAKE(b->arena, struct block, yaml->totals_count + 1);
    for (uint32_t i = 0; i < yaml->totals_count; i++) {
        const struct tbi_total_entry *entry = &yaml->totals[i];
        const struct tbi_given volume = tbi_given_entry(
            b, entry->volume, "分项总量", "total", "demand.totals[%u].volume", i);
        struct block block = {0, demand->year_first, demand->year_last, 0, volume.at};
        int64_t micro = 0;

        block.kinds =
            kinds_of(b, tbi_given_entry(b, entry->day, "", "", "demand.totals[%u].day", i));
        if (volume.text == NULL)
            tbi_wrong(b->problems, volume.at, TBI_WRONG_YAML_MISSING, "volume",
                      "件数\fa number of cases", NULL);
        else
            tbi_parse_fixed(b, volume.at, volume.text, PPM, 0, INT64_C(1000000000000) * PPM,
                            &micro);
        block.micro = (uint64_t)micro;
        if (!range_of(b, tbi_given_entry(b, entry->from, "", "", "demand.totals[%u].from", i),
                      tbi_given_entry(b, entry->to, "", "", "demand.totals[%u].to", i),
                      &block.first, &block.last))
            continue;
        sum += block.micro;
        s->blocks[s->block_count++] = block;
        if (sum > year_micro) {
            tbi_wrong(b->problems, volume.at, TBI_WRONG_DEMAND_TOTAL,
                      tbi_arena_format(b->arena, "%llu", (unsigned long long)(sum / PPM)),
                      tbi_arena_format(b->arena, "%llu", (unsigned long long)(year_micro / PPM)),
                      NULL);
            sum = year_micro;
        }
    }
    s->blocks[s->block_count++] =
        (struct block){UINT32_MAX, demand->year_first, demand->year_last, year_micro - sum,
                       tbi_document_at(b->folder->document, "demand.totals")};
}

/* ---- spreading --------------------------------------------------------------------------- */

static void weigh(struct spread *s, uint32_t calendar)
{
    const struct tbi_build *b = s->b;
    const struct tb_calendar *c = &b->calendars[calendar];

    for (uint32_t d = 0; d < b->out->day_count; d++) {
        const uint32_t kind = c->days[d].kind;
        uint128 weight = (uint128)s->weekday_ppm[b->out->days[d].weekday] * b->kind_ppm[kind] / PPM;

        for (uint32_t i = 0; i < s->season_count; i++) {
            if (d >= s->seasons[i].first && d <= s->seasons[i].last)
                weight = weight * (uint64_t)s->seasons[i].ppm / PPM;
        }
        if (weight > UINT32_MAX)
            weight = UINT32_MAX;
        s->weight[d] = c->kinds[kind].period_count == 0 ? 0 : (uint64_t)weight;
    }
}

/* The block of each day of the year: the first total that it falls into, or what is left. */
static void assign_blocks(struct spread *s, uint32_t calendar)
{
    const struct tb_demand *demand = &s->b->out->demand;

    for (uint32_t d = demand->year_first; d <= demand->year_last; d++) {
        const uint32_t kind = s->b->calendars[calendar].days[d].kind;
        uint32_t block = 0;

        while (block + 1 < s->block_count &&
               (d < s->blocks[block].first || d > s->blocks[block].last ||
                (s->blocks[block].kinds >> kind & 1) == 0))
            block++;
        s->block_of[d] = (uint8_t)block;
    }
}

/* Spreads a block over its days: each gets the difference of two rounded running sums, so that
 * nothing is lost. False: it has no open day. */
static bool spread_block(struct spread *s, uint32_t block, uint64_t *parts)
{
    const struct tb_demand *demand = &s->b->out->demand;
    const uint64_t micro = s->blocks[block].micro;
    uint64_t weight_sum = 0, running = 0, given = 0;

    for (uint32_t d = demand->year_first; d <= demand->year_last; d++)
        weight_sum += s->block_of[d] == block ? s->weight[d] : 0;
    if (weight_sum == 0)
        return micro == 0;
    for (uint32_t d = demand->year_first; d <= demand->year_last; d++) {
        if (s->block_of[d] != block)
            continue;
        running += s->weight[d];
        const uint64_t up_to = (uint64_t)((uint128)micro * running / weight_sum);
        parts[d] = up_to - given;
        given = up_to;
    }
    return true;
}

/* Days outside the demand year are as busy for their weight as those of their kind within it. */
static void spread_outside(struct spread *s, uint32_t calendar, uint64_t *parts)
{
    const struct tb_demand *demand = &s->b->out->demand;
    const struct tb_day *days = s->b->calendars[calendar].days;
    uint128 part_sum[TB_DAY_KINDS_MAX] = {0};
    uint64_t weight_sum[TB_DAY_KINDS_MAX] = {0};

    for (uint32_t d = demand->year_first; d <= demand->year_last; d++) {
        part_sum[days[d].kind] += parts[d];
        weight_sum[days[d].kind] += s->weight[d];
    }
    for (uint32_t d = 0; d < s->b->out->day_count; d++) {
        const uint32_t kind = days[d].kind;

        if ((d < demand->year_first || d > demand->year_last) && weight_sum[kind] > 0)
            parts[d] = (uint64_t)(part_sum[kind] * s->weight[d] / weight_sum[kind]);
    }
}

/* Does a hall that somebody comes to keep this calendar? */
static bool is_used(const struct tbi_build *b, uint32_t calendar)
{
    for (uint32_t i = 0; i < b->out->hall_count; i++) {
        if (b->halls[i].calendar == calendar && b->halls[i].volume_milli > 0)
            return true;
    }
    return false;
}

static void spread_year(struct spread *s, uint32_t calendar, uint64_t *parts)
{
    struct tbi_build *b = s->b;

    assign_blocks(s, calendar);
    for (uint32_t block = 0; block < s->block_count; block++) {
        const bool left = block + 1 == s->block_count;

        if (spread_block(s, block, parts) || !is_used(b, calendar) || b->days_wrong)
            continue;
        tbi_wrong(b->problems, s->blocks[block].at,
                  left ? TBI_WRONG_DEMAND_REST : TBI_WRONG_DEMAND_NO_DAYS,
                  tbi_arena_format(b->arena, "%llu",
                                   (unsigned long long)(s->blocks[block].micro / PPM)),
                  NULL, NULL);
    }
    spread_outside(s, calendar, parts);
}

void tbi_build_days(struct tbi_build *b)
{
    enum { BLOCKS_MAX = 255 };
    struct tb_demand *demand = &b->out->demand;
    const uint32_t day_count = b->out->day_count, calendar_count = b->calendar_names.count;
    struct spread s = {.b = b};
    uint64_t year_micro = 0;
    uint64_t **parts = TBI_TAKE(b->arena, uint64_t *, calendar_count);

    demand->year_first = 0;
    demand->year_last = day_count - 1;
    range_of(b, tbi_given_scalar(b, TBI_DEMAND_FROM), tbi_given_scalar(b, TBI_DEMAND_TO),
             &demand->year_first, &demand->year_last);
    if (demand->year_last < demand->year_first)
        demand->year_last = demand->year_first;
    for (uint32_t i = 0; i < b->out->hall_count; i++)
        year_micro += b->halls[i].volume_milli * 1000;
    read_weekdays(&s);
    read_seasons(&s);
    if (b->folder->document->yaml->totals_count >= BLOCKS_MAX)
        tbi_wrong(b->problems, tbi_document_at(b->folder->document, "demand.totals"),
                  TBI_WRONG_TOO_MANY, "totals", "254", NULL);
    else
        read_blocks(&s, year_micro);
    s.block_of = TBI_TAKE(b->arena, uint8_t, day_count);
    s.weight = TBI_TAKE(b->arena, uint64_t, day_count);
    for (uint32_t c = 0; c < calendar_count; c++) {
        parts[c] = TBI_TAKE(b->arena, uint64_t, day_count);
        weigh(&s, c);
        if (demand->a_day)
            memcpy(parts[c], s.weight, day_count * sizeof *parts[c]);
        else if (s.block_count > 0)
            spread_year(&s, c, parts[c]);
    }
    demand->parts_total = demand->a_day ? PPM : year_micro > 0 ? year_micro : 1;
    demand->parts = (const uint64_t *const *)parts;
    if (demand->a_day)
        demand->year_first = demand->year_last = TB_NONE;
}
