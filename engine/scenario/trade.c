/* trade.c: trades and zones, and of each trade the skill groups (lines) and the skill sets of its
 * windows. All halls of a trade have the same groups and skill sets. */
#include <string.h>

#include "build.h"

/* ---- groups ------------------------------------------------------------------------------ */

static struct tbi_trade *trade_of(struct tbi_row row, enum tbi_column column)
{
    const uint32_t trade =
        tbi_row_name(row, column, &row.b->trade_names, "行业\ftrade");

    return trade == TB_NONE ? NULL : &row.b->trades[trade];
}

static bool is_full(struct tbi_row row, enum tbi_column column, uint32_t count, uint32_t most)
{
    if (count < most)
        return false;
    tbi_row_wrong(row, column, TBI_WRONG_TOO_MANY,
                  tbi_row_text(row, tbi_table_row(row.table->kind)->first),
                  tbi_arena_format(row.b->arena, "%u", most), NULL);
    return true;
}

static void take_group(struct tbi_row row)
{
    struct tbi_trade *trade = trade_of(row, TBI_GROUPS_TRADE);
    const int64_t quota = tbi_row_whole(row, TBI_GROUPS_QUOTA, 0, 1000000000, 0);
    const double slot = tbi_row_real(row, TBI_GROUPS_SLOT, 0, 10000, 0);

    if (trade == NULL || is_full(row, TBI_GROUPS_GROUP, trade->group_count, TB_GROUPS_MAX) ||
        !tbi_row_id(row, TBI_GROUPS_GROUP, &trade->group_names))
        return;
    trade->groups[trade->group_count++] = (struct tbi_group){
        tbi_row_label(row, TBI_GROUPS_GROUP, TBI_GROUPS_NAME, TBI_GROUPS_NAME_EN),
        (uint32_t)quota, slot};
}

/* ---- skill sets -------------------------------------------------------------------------- */

static const char *const class_words[TB_CLASSES] = {"normal|普通", "green|绿色通道",
                                                    "appointment|预约", "returned|返回"};

/* Adds the lines of one item ("permit", "permit:green", "*") to the mask. */
static void take_lines(struct tbi_row row, enum tbi_column column, const struct tbi_trade *trade,
                       const char *item, uint64_t *mask)
{
    struct tbi_build *b = row.b;
    const size_t bytes = strcspn(item, ":");
    const char *name = tbi_arena_text(b->arena, item, bytes);
    uint32_t first = 0, end = trade->group_count;
    uint64_t classes = (1u << TB_CLASSES) - 1;

    if (strcmp(name, "*") != 0) {
        first = tbi_parse_name(b, tbi_row_at(row, column), name, &trade->group_names,
                               "队列\fgroup");
        if (first == TB_NONE)
            return;
        end = first + 1;
    }
    if (item[bytes] == ':') {
        const uint32_t class_ = tbi_word_find(class_words, TB_CLASSES, item + bytes + 1);

        if (class_ == TB_NONE) {
            tbi_row_wrong(row, column, TBI_WRONG_WORD, item + bytes + 1,
                          "normal, green, appointment, returned", NULL);
            return;
        }
        classes = UINT64_C(1) << class_;
    }
    for (uint32_t group = first; group < end; group++)
        *mask |= classes << (group * TB_CLASSES);
}

static uint64_t lines_of(struct tbi_row row, enum tbi_column column, const struct tbi_trade *trade)
{
    const char *list = tbi_row_text(row, column), *item;
    uint64_t mask = 0;

    while ((item = tbi_value_item(row.b->arena, &list)) != NULL)
        take_lines(row, column, trade, item, &mask);
    return mask;
}

static void take_skill(struct tbi_row row)
{
    struct tbi_trade *trade = trade_of(row, TBI_SKILLS_TRADE);
    struct tb_profile profile = {.help_below = (uint32_t)tbi_row_whole(
                                     row, TBI_SKILLS_HELP_BELOW, 0, 1000000, 0)};

    if (trade == NULL || is_full(row, TBI_SKILLS_SKILL, trade->profile_count, TB_PROFILES_MAX) ||
        !tbi_row_id(row, TBI_SKILLS_SKILL, &trade->skill_names))
        return;
    profile.serves = lines_of(row, TBI_SKILLS_SERVES, trade);
    profile.helps = lines_of(row, TBI_SKILLS_HELPS, trade) & ~profile.serves;
    trade->videos[trade->profile_count] = tbi_row_yes(row, TBI_SKILLS_VIDEO, false);
    trade->skill_labels[trade->profile_count] =
        tbi_row_label(row, TBI_SKILLS_SKILL, TBI_SKILLS_NAME, TBI_SKILLS_NAME_EN);
    trade->profiles[trade->profile_count++] = profile;
}

/* A line that no skill set serves would wait for ever. */
static void check_served(struct tbi_build *b, const struct tbi_trade *trade)
{
    const struct tbi_table *table = &b->folder->tables[TBI_GROUPS];
    uint64_t served = 0;

    for (uint32_t i = 0; i < trade->profile_count; i++)
        served |= trade->profiles[i].serves;
    for (uint32_t group = 0; group < trade->group_count; group++) {
        const uint64_t lines = UINT64_C(0xf) << (group * TB_CLASSES);
        const uint32_t line = trade->group_names.names[group].line;

        if ((served & lines) != lines)
            tbi_wrong(b->problems,
                      (struct tbi_at){line == 0 ? b->folder->tables[TBI_SKILLS].file.path
                                                : table->file.path,
                                      line, 0},
                      TBI_WRONG_GROUP_SERVED, trade->groups[group].label.id, NULL, NULL);
    }
}

/* ---- what a trade has that says nothing
 * --------------------------------------------------------------------- */

static void normal_group(struct tbi_build *b, struct tbi_trade *trade)
{
    tbi_names_add(b->arena, &trade->group_names, "all", 0);
    trade->groups[trade->group_count++] =
        (struct tbi_group){tbi_label("all", "综合业务", "all matters"), 0, 0};
}

static void normal_skill(struct tbi_build *b, struct tbi_trade *trade)
{
    const uint32_t lines = trade->group_count * TB_CLASSES;

    tbi_names_add(b->arena, &trade->skill_names, "all", 0);
    trade->videos[trade->profile_count] = true;
    trade->skill_labels[trade->profile_count] = tbi_label("all", "综合", "all matters");
    trade->profiles[trade->profile_count++].serves =
        lines == 64 ? UINT64_MAX : (UINT64_C(1) << lines) - 1;
}

void tbi_build_trades(struct tbi_build *b)
{
    static const struct tbi_name_entry normal = {"service", "政务服务", "service", NULL};
    const struct tbi_yaml *yaml = b->folder->document->yaml;
    const bool given = yaml->trades_count > 0;

    b->out->trades =
        tbi_build_names(b, "trades", given ? yaml->trades : &normal,
                        given ? yaml->trades_count : 1, TB_STATIONS_MAX, &b->trade_names);
    b->out->trade_count = b->trade_names.count;
    b->out->zones = tbi_build_names(b, "zones", yaml->zones, yaml->zones_count, TB_STATIONS_MAX,
                                    &b->zone_names);
    b->out->zone_count = b->zone_names.count;
    b->trades = TBI_TAKE(b->arena, struct tbi_trade, b->trade_names.count);
    for (uint32_t i = 0; i < b->trade_names.count; i++) {
        struct tbi_trade *trade = &b->trades[i];

        trade->label = b->out->trades[i];
        trade->groups = TBI_TAKE(b->arena, struct tbi_group, TB_GROUPS_MAX);
        trade->profiles = TBI_TAKE(b->arena, struct tb_profile, TB_PROFILES_MAX);
        trade->videos = TBI_TAKE(b->arena, bool, TB_PROFILES_MAX);
        trade->skill_labels = TBI_TAKE(b->arena, struct tb_label, TB_PROFILES_MAX);
        trade->remote_group = TB_GROUPS_MAX;
        trade->group_names.open =
            b->trade_names.open || b->folder->tables[TBI_GROUPS].broken;
        trade->skill_names.open =
            b->trade_names.open || b->folder->tables[TBI_SKILLS].broken;
    }
    for (uint32_t r = 0; r < tbi_row_count(b, TBI_GROUPS); r++)
        take_group(tbi_row(b, TBI_GROUPS, r));
    for (uint32_t i = 0; i < b->trade_names.count; i++) {
        if (b->trades[i].group_count == 0)
            normal_group(b, &b->trades[i]);
    }
    for (uint32_t r = 0; r < tbi_row_count(b, TBI_SKILLS); r++)
        take_skill(tbi_row(b, TBI_SKILLS, r));
    for (uint32_t i = 0; i < b->trade_names.count; i++) {
        if (b->trades[i].profile_count == 0)
            normal_skill(b, &b->trades[i]);
        check_served(b, &b->trades[i]);
    }
}
