/* Recorded against simulated, and why they differ: each reason is counted in the log itself. */
#include <stdlib.h>
#include <string.h>

#include "fit/log.h"
#include "run/arguments.h"
#include "run/whole.h"

enum { CREDIT_S = 90, ORDER_S = 5 };

/* ---- sums ---------------------------------------------------------------------------------- */

static void sum_add(struct tbs_fit_sum *into, const struct tbs_fit_sum *add)
{
    into->calls += add->calls;
    into->left += add->left;
    into->wait_s += add->wait_s;
}

static void recorded_add(const struct tbs_log *log, struct tbs_fit_cell *cells)
{
    for (uint32_t i = 0; i < log->count; i++) {
        const struct tbs_call *c = &log->calls[i];
        const uint32_t hour = (uint32_t)c->enter_s / 3600;
        sum_add(&cells[c->day * TBS_FIT_HOURS + hour].recorded,
                &(struct tbs_fit_sum){1, !c->served, c->wait_s});
    }
}

static double over(double part, uint32_t whole)
{
    return whole > 0 ? part / whole : 0;
}

static void row_print(const char *name, const struct tbs_fit_cell *cell)
{
    const struct tbs_fit_sum *r = &cell->recorded, *s = &cell->simulated;

    printf("  %-12s %6u  %8.1f %8.1f  %7.1f%% %7.1f%%\n", name, r->calls,
           over(r->wait_s, r->calls), over(s->wait_s, s->calls), 100 * over(r->left, r->calls),
           100 * over(s->left, s->calls));
}

static void tables_print(const struct tbs_log *log, const struct tbs_fit_cell *cells, bool zh)
{
    struct tbs_fit_cell hours[TBS_FIT_HOURS] = {0}, all = {0};
    char name[32];

    puts(zh ? "               通数    平均排队 s 记录/仿真   未等到 记录/仿真"
            : "               calls   mean wait s rec / sim   left rec / sim");
    for (uint32_t d = 0; d < log->date_count; d++) {
        struct tbs_fit_cell day = {0};
        for (uint32_t h = 0; h < TBS_FIT_HOURS; h++) {
            const struct tbs_fit_cell *cell = &cells[d * TBS_FIT_HOURS + h];
            sum_add(&day.recorded, &cell->recorded);
            sum_add(&day.simulated, &cell->simulated);
            sum_add(&hours[h].recorded, &cell->recorded);
            sum_add(&hours[h].simulated, &cell->simulated);
        }
        sum_add(&all.recorded, &day.recorded);
        sum_add(&all.simulated, &day.simulated);
        snprintf(name, sizeof name, "%04d-%02d-%02d", log->dates[d] / 10000,
                 log->dates[d] / 100 % 100, log->dates[d] % 100);
        row_print(name, &day);
    }
    for (uint32_t h = 0; h < TBS_FIT_HOURS; h++) {
        snprintf(name, sizeof name, "%02u:00", h);
        if (hours[h].recorded.calls > 0) {
            row_print(name, &hours[h]);
        }
    }
    row_print(zh ? "合计" : "all", &all);
}

static bool table_write(const struct tbs_log *log, const struct tbs_fit_cell *cells,
                        const char *out, struct tbs_run_error *error)
{
    struct tbs_whole whole = {0};
    char path[4096];

    snprintf(path, sizeof path, "%.3000s/comparison.csv", out);
    if (!tbs_whole_open(&whole, path, error)) {
        return false;
    }
    fputs("date,hour,recorded_calls,recorded_wait_mean_s,recorded_left,simulated_calls,"
          "simulated_wait_mean_s,simulated_left\n",
          whole.out);
    for (uint32_t i = 0; i < log->date_count * TBS_FIT_HOURS; i++) {
        const struct tbs_fit_sum *r = &cells[i].recorded, *s = &cells[i].simulated;
        const int32_t date = log->dates[i / TBS_FIT_HOURS];
        if (r->calls + s->calls > 0) {
            fprintf(whole.out, "%04d-%02d-%02d,%u,%u,%.1f,%u,%u,%.1f,%u\n", date / 10000,
                    date / 100 % 100, date % 100, i % TBS_FIT_HOURS, r->calls,
                    over(r->wait_s, r->calls), r->left, s->calls, over(s->wait_s, s->calls),
                    s->left);
        }
    }
    return tbs_whole_close(&whole, true, error);
}

/* ---- reasons ------------------------------------------------------------------------------- */

struct reasons {
    uint32_t out_of_order; /* served before one who had waited longer, credit included */
    uint32_t left;
    int64_t nameless_s;
};

/* Did somebody whom the same agent could have taken wait who was longer there? */
static bool overtook(const struct tbs_log *log, const struct tbs_call *c)
{
    const int32_t out_s = c->enter_s + c->wait_s;
    const int32_t place_s = c->enter_s - (c->priority ? CREDIT_S : 0);

    for (uint32_t i = log->first[c->day]; i < log->first[c->day + 1]; i++) {
        const struct tbs_call *o = &log->calls[i];
        if (o->enter_s < out_s - ORDER_S && o->enter_s + o->wait_s > out_s + ORDER_S &&
            o->enter_s - (o->priority ? CREDIT_S : 0) < place_s - ORDER_S &&
            log->skills[(size_t)c->agent * log->type_count + o->type]) {
            return true;
        }
    }
    return false;
}

static struct reasons reasons_count(const struct tbs_log *log)
{
    struct reasons r = {0};

    for (uint32_t i = 0; i < log->count; i++) {
        const struct tbs_call *c = &log->calls[i];
        r.left += !c->served;
        if (c->served && c->agent == TBS_FIT_NOBODY) {
            r.nameless_s += c->service_s;
        } else if (c->served) {
            r.out_of_order += overtook(log, c);
        }
    }
    return r;
}

static void pauses_print(const struct tbs_log *log, enum tbs_pauses pauses, bool zh)
{
    static const char *const here[][2] = {
        [TBS_PAUSES_LEARNED] = {"here they pause after a call as on the other half of the days",
                                "仿真的座席每通之后照另一半日子停顿"},
        [TBS_PAUSES_RECORDED] = {"here they pause as recorded, so these waits are no prediction",
                                 "仿真照本日记录停顿，不是独立预测"},
        [TBS_PAUSES_NONE] = {"here they take the next call at once", "仿真的座席立即接"},
    };

    printf(zh ? "  座席 %u 次（共 %.0f 小时）停顿时有会办的人在等；%s\n"
              : "  agents paused %u times (%.0f hours) while a caller they could take waited;\n"
                "    %s\n",
           log->pauses, (double)log->pauses_s / 3600, here[pauses][zh]);
    if (pauses == TBS_PAUSES_LEARNED) {
        printf(zh ? "    停顿取自 %u 次看到头的和 %u 次没看到头的，平均 %.0f 秒；不分座席与时刻\n"
                  : "    learned from %u seen to their end and %u cut short, %.0f s on average;\n"
                    "    alike for all agents, hours and lines, which those recorded are not\n",
               log->pauses_seen, log->pauses_cut, log->pause_mean_s);
    }
}

static void reasons_print(const struct tbs_log *log, int32_t idle_s, enum tbs_pauses pauses,
                          bool zh)
{
    const struct reasons r = reasons_count(log);

    puts(zh ? "差异的原因（均由记录数出）" : "why they differ (each counted in the log)");
    pauses_print(log, pauses, zh);
    printf(zh ? "  %u 通先于等得更久（含 90 秒起步）的人被接：记录未照规则\n"
              : "  %u calls were taken before one that had waited longer, credit included: the "
                "record does not keep its rule\n",
           r.out_of_order);
    printf(zh ? "  %u 通由未具名者接听，共 %.1f 小时：仿真由具名座席代办\n"
              : "  %u calls were served by nobody named, %.1f h: named agents serve them here\n",
           log->nameless, (double)r.nameless_s / 3600);
    printf(zh ? "  在岗是推断的：两通电话间隔不超过 %d 分钟算在岗\n"
              : "  who was at work is deduced: up to %d min between two calls count as waiting\n",
           idle_s / 60);
    printf(zh ? "  已接 %u 通的耐心、挂断 %u 通的办理时长记录里没有：按记录的曲线抽取\n"
              : "  the patience of %u served and the service of %u who left are not in the log: "
                "drawn from its own curves\n",
           log->count - r.left, r.left);
    printf(zh ? "  未计入：%u 通在语音菜单中挂断，%u 通虚呼；记录精确到 1 秒\n"
              : "  left out: %u hung up in the voice menu, %u phantoms; the log is exact to 1 s\n",
           log->menu_left, log->phantoms);
}

bool tbs_fit_judge(const struct tbs_log *log, int32_t idle_s, enum tbs_pauses pauses,
                   struct tbs_fit_cell *cells, const char *out, struct tbs_run_error *error)
{
    const bool zh = tbs_reads_chinese();

    recorded_add(log, cells);
    if (!table_write(log, cells, out, error)) {
        return false;
    }
    tables_print(log, cells, zh);
    reasons_print(log, idle_s, pauses, zh);
    return true;
}
