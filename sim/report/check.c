/* What every writer relies on, checked once before the first byte is written. */
#include <math.h>
#include <string.h>

#include "report/file.h"
#include "report/report.h"

static bool missing(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static int texts_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    const struct {
        const char *field, *text;
    } texts[] = {
        {"scenario.id", r->scenario.id}, {"scenario.zh", r->scenario.zh},
        {"period_from", r->period_from}, {"period_to", r->period_to},
        {"command", r->command},         {"version", r->version},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (missing(texts[i].text))
            return tbs_report_refuse(error, "", "the results have no %s", texts[i].field);
    for (uint32_t i = 0; i < r->shape.assumption_count; i++)
        if (missing(r->assumptions[i].zh) || strchr("PA", r->assumptions[i].mark) == NULL)
            return tbs_report_refuse(error, "", "assumptions[%u] has no text, or a mark that is "
                                     "neither P nor A", i);
    return 0;
}

static int names_check(const char *what, const struct tbs_name *name, uint32_t index,
                       struct tbs_report_error *error)
{
    if (missing(name->id) || missing(name->zh))
        return tbs_report_refuse(error, "", "%s[%u] has no id or no Chinese name", what, index);
    return 0;
}

static int halls_check(const struct tbs_results *r, struct tbs_report_error *error)
{
    for (uint32_t i = 0; i < r->shape.trade_count; i++)
        if (names_check("trades", &r->trades[i], i, error) != 0)
            return -1;
    for (uint32_t i = 0; i < r->shape.desk_count; i++)
        if (names_check("desks", &r->desks[i].name, i, error) != 0)
            return -1;
    for (uint32_t i = 0; i < r->shape.hall_count; i++) {
        const struct tbs_hall_result *hall = &r->halls[i];
        if (names_check("halls", &hall->name, i, error) != 0)
            return -1;
        if (hall->trade_index >= r->shape.trade_count)
            return tbs_report_refuse(error, "", "halls[%u] (%s) names trade %u of %u", i,
                                     hall->name.id, hall->trade_index, r->shape.trade_count);
        if ((unsigned)hall->level > TBS_LEVEL_VILLAGE)
            return tbs_report_refuse(error, "", "halls[%u] (%s) has the unknown level %u", i,
                                     hall->name.id, (unsigned)hall->level);
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
