/* What every writer relies on, checked once before the first byte is written. */
#include <jansson.h>
#include <string.h>

#include "report/file.h"
#include "report/report.h"

static bool missing(const char *text)
{
    return text == NULL || text[0] == '\0';
}

/* JSON and the workbook can hold nothing else. */
static bool is_utf8(const char *text)
{
    json_t *string = text != NULL ? json_string(text) : json_null();
    bool valid = string != NULL;
    json_decref(string);
    return valid;
}

static int text_check(const char *field, const char *text, bool wanted,
                      struct tbs_report_error *error)
{
    if (wanted && missing(text))
        return tbs_report_refuse(error, "", "the results have no %s", field);
    if (!is_utf8(text))
        return tbs_report_refuse(error, "", "%s of the results is not UTF-8 text", field);
    return 0;
}

static int texts_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    const struct {
        const char *field, *text;
        bool wanted;
    } texts[] = {
        {"scenario.id", r->scenario.id, true}, {"scenario.zh", r->scenario.zh, true},
        {"scenario.en", r->scenario.en, false}, {"plan.id", r->plan.id, false},
        {"plan.zh", r->plan.zh, r->plan.id != NULL}, {"plan.en", r->plan.en, false},
        {"period_from", r->period_from, true}, {"period_to", r->period_to, true},
        {"command", r->command, true}, {"version", r->version, true},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (text_check(texts[i].field, texts[i].text, texts[i].wanted, error) != 0)
            return -1;
    for (uint32_t i = 0; i < r->shape.assumption_count; i++) {
        const struct tbs_assumption *row = &r->assumptions[i];
        if (missing(row->zh) || (row->mark != 'P' && row->mark != 'A'))
            return tbs_report_refuse(error, "", "assumptions[%u] has no text, or a mark that is "
                                     "neither P nor A", i);
        if (!is_utf8(row->zh) || !is_utf8(row->en))
            return tbs_report_refuse(error, "", "assumptions[%u] is not UTF-8 text", i);
    }
    return 0;
}

static int name_check(const char *what, const struct tbs_name *name, uint32_t index,
                      struct tbs_report_error *error)
{
    if (missing(name->id) || missing(name->zh))
        return tbs_report_refuse(error, "", "%s[%u] has no id or no Chinese name", what, index);
    if (!is_utf8(name->id) || !is_utf8(name->zh) || !is_utf8(name->en))
        return tbs_report_refuse(error, "", "%s[%u] has a name that is not UTF-8 text", what,
                                 index);
    return 0;
}

static int halls_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    for (uint32_t i = 0; i < r->shape.trade_count; i++)
        if (name_check("trades", &r->trades[i], i, error) != 0)
            return -1;
    for (uint32_t i = 0; i < r->shape.desk_count; i++)
        if (name_check("desks", &r->desks[i].name, i, error) != 0)
            return -1;
    for (uint32_t i = 0; i < r->shape.hall_count; i++) {
        const struct tbs_hall_result *hall = &r->halls[i];
        if (name_check("halls", &hall->name, i, error) != 0)
            return -1;
        if (hall->trade_index >= r->shape.trade_count)
            return tbs_report_refuse(error, "", "halls[%u] (%s) names trade %u of %u", i,
                                     hall->name.id, hall->trade_index, r->shape.trade_count);
        if ((unsigned)hall->level > TBS_LEVEL_VILLAGE)
            return tbs_report_refuse(error, "", "halls[%u] (%s) has the unknown level %u", i,
                                     hall->name.id, (unsigned)hall->level);
        /* compare tells halls by their ids */
        if (tbs_results_find_hall(r, hall->name.id) != i)
            return tbs_report_refuse(error, "", "halls[%u] has the id %s of an earlier hall", i,
                                     hall->name.id);
    }
    return 0;
}

static int edges_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    for (uint32_t i = 0; i < r->shape.bin_count; i++)
        if (!(r->bin_edge_s[i] < r->bin_edge_s[i + 1]))
            return tbs_report_refuse(error, "", "bin_edge_s[%u] is not above the one before it",
                                     i + 1);
    for (uint32_t i = 0; i < r->shape.age_edge_count; i++)
        if (i == 0 ? r->age_edge_h[0] != 0 : !(r->age_edge_h[i - 1] < r->age_edge_h[i]))
            return tbs_report_refuse(error, "", "age_edge_h[%u] is not above the one before it "
                                     "(the first is 0)", i);
    if (r->slot_from_min + 30 * (uint64_t)r->shape.slot_count > 24 * 60)
        return tbs_report_refuse(error, "", "the half hours end after midnight: %u from minute "
                                 "%u", r->shape.slot_count, r->slot_from_min);
    return 0;
}

int tbs_results_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    if (r->shape.hall_count == 0 || r->shape.replication_count == 0)
        return tbs_report_refuse(error, "", "results of %u halls and %u replications: there is "
                                 "nothing to report", r->shape.hall_count,
                                 r->shape.replication_count);
    if (texts_check(r, error) != 0 || halls_check(r, error) != 0)
        return -1;
    return edges_check(r, error);
}
