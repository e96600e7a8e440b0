#include "run/tickets.h"

#include <stdlib.h>
#include <string.h>

#include "run/instant.h"
#include "run/whole.h"

static const char *const class_names[TB_CLASSES] = {"normal", "green", "appointment", "returned"};

struct tbs_tickets {
    const struct tb_scenario *scenario;
    struct tbs_whole whole;
    char **halls;   /* cells */
    char **windows; /* cells, by server */
    char ***groups; /* [station][group] cells */
};

static char **cells_take(uint32_t count)
{
    char **cells = calloc(count + 1, sizeof *cells);

    tbs_assert(cells != NULL);
    return cells;
}

static void cells_free(char **cells, uint32_t count)
{
    for (uint32_t i = 0; cells != NULL && i < count; i++) {
        free(cells[i]);
    }
    free(cells);
}

static void names_make(struct tbs_tickets *t)
{
    const struct tb_scenario *s = t->scenario;

    t->halls = cells_take(s->hall_count);
    t->windows = cells_take(s->server_count);
    t->groups = calloc(s->hall_count + 1, sizeof *t->groups);
    tbs_assert(t->groups != NULL);
    for (uint32_t h = 0; h < s->hall_count; h++) {
        const uint32_t groups = s->config.stations[h].group_count;
        t->halls[h] = tbs_csv_cell(s->halls[h].label.id);
        t->groups[h] = cells_take(groups);
        for (uint32_t g = 0; g < groups; g++) {
            char number[16];
            snprintf(number, sizeof number, "%u", g);
            t->groups[h][g] =
                tbs_csv_cell(s->halls[h].groups != NULL ? s->halls[h].groups[g].label.id : number);
        }
    }
    for (uint32_t i = 0; i < s->server_count; i++) {
        t->windows[i] = tbs_csv_cell(s->servers[i].label.id);
    }
}

static void tickets_free(struct tbs_tickets *t)
{
    const struct tb_scenario *s = t->scenario;

    for (uint32_t h = 0; h < s->hall_count; h++) {
        cells_free(t->groups[h], s->config.stations[h].group_count);
    }
    free(t->groups);
    cells_free(t->halls, s->hall_count);
    cells_free(t->windows, s->server_count);
    free(t);
}

struct tbs_tickets *tbs_tickets_open(const char *path, const struct tb_scenario *scenario,
                                     struct tbs_run_error *error)
{
    struct tbs_tickets *t = calloc(1, sizeof *t);

    tbs_assert(t != NULL);
    t->scenario = scenario;
    if (!tbs_whole_open(&t->whole, path, error)) {
        free(t);
        return NULL;
    }
    names_make(t);
    fputs("number,hall,queue,window,arrival_at,called_at,started_at,finished_at,outcome,"
          "overtaken\n",
          t->whole.out);
    return t;
}

/* A comma and the instant; only the comma where it never came. */
static void instant_add(const struct tbs_tickets *t, tb_time at_us)
{
    char text[TBS_INSTANT_TEXT];
    const size_t n =
        at_us == TB_NEVER ? 0 : tbs_instant_print(text, at_us, t->scenario->utc_offset_us);

    fputc(',', t->whole.out);
    fwrite(text, 1, n, t->whole.out);
}

void tbs_tickets_add(struct tbs_tickets *t, const struct tbs_visit *visit)
{
    FILE *out = t->whole.out;
    const uint32_t group = visit->queue / TB_CLASSES;

    if (!(visit->flags & TBS_VISIT_ARRIVED)) {
        return;
    }
    if (visit->number > 0) {
        fprintf(out, "%u", visit->number);
    }
    fprintf(out, ",%s,", t->halls[visit->station]);
    if (visit->flags & TBS_VISIT_REMOTE) {
        fprintf(out, "video:%s", class_names[visit->queue % TB_CLASSES]);
    } else if (visit->flags & TBS_VISIT_TICKET) {
        fprintf(out, "%s:%s", t->groups[visit->station][group],
                class_names[visit->queue % TB_CLASSES]);
    }
    fprintf(out, ",%s", visit->server == TB_NONE ? "" : t->windows[visit->server]);
    instant_add(t, visit->arrival_at_us);
    instant_add(t, visit->called_at_us);
    instant_add(t, visit->started_at_us);
    instant_add(t, visit->ended_at_us);
    fprintf(out, ",%s,%u\n", tbs_outcome_name((enum tbs_outcome)visit->outcome), visit->overtaken);
}

bool tbs_tickets_close(struct tbs_tickets *t, bool keep, struct tbs_run_error *error)
{
    const bool fine = tbs_whole_close(&t->whole, keep, error);

    tickets_free(t);
    return fine;
}
