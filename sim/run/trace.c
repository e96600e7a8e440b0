#include "run/trace.h"

#include <csv.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "run/instant.h"
#include "run/names.h"
#include "run/whole.h"

enum column { ARRIVAL, HALL, MATTER, CLASS, SERVICE, PATIENCE, APPOINTMENT, COLUMNS };
static const char *const column_names[COLUMNS] = {
    "arrival_at", "hall", "matter", "class", "service_s", "patience_s", "appointment_at"};

enum { CELL_BYTES = 64, CELLS_MAX = 64, READ_BYTES = 1 << 16 };

struct row {
    struct tbs_citizen citizen;
    uint32_t day;
    uint64_t number; /* rows of equal instants keep their order */
};

struct reader {
    const struct tb_scenario *scenario;
    struct tbs_trace_problems *problems;
    struct tbs_names *halls, *matters;
    int place[CELLS_MAX]; /* of a cell: enum column, or -1 */
    bool header;          /* has been read */
    bool hopeless;        /* without it no row can be read */
    char cells[COLUMNS][CELL_BYTES];
    bool present[COLUMNS]; /* in this row */
    bool long_cell[COLUMNS];
    uint32_t cell, line;
    uint32_t cell_of[COLUMNS]; /* its place in the row, from 1 */
    struct row *rows;
    uint64_t count, room;
};

/* ---- mistakes -------------------------------------------------------------------------------- */

static void wrong(struct reader *r, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void wrong(struct reader *r, uint32_t column, const char *format, ...)
{
    struct tbs_trace_problems *p = r->problems;
    va_list arguments;

    if (p->count == TBS_TRACE_PROBLEMS_MAX) {
        p->beyond++;
        return;
    }
    if (p->count == p->room) {
        p->room = p->room * 2 + 16;
        p->problems = realloc(p->problems, p->room * sizeof *p->problems);
        tbs_assert(p->problems != NULL);
    }
    struct tbs_trace_problem *problem = &p->problems[p->count++];
    problem->line = r->line;
    problem->column = column;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

/* ---- a row ----------------------------------------------------------------------------------- */

static bool instant_cell(struct reader *r, enum column c, tb_time *at_us)
{
    const struct tb_scenario *s = r->scenario;

    *at_us = TB_NEVER;
    if (r->cells[c][0] == '\0') {
        return true;
    }
    if (tbs_instant_read(r->cells[c], tbs_day_starts_at_us(s, 0), s->utc_offset_us, at_us)) {
        return true;
    }
    wrong(r, r->cell_of[c], "%s '%s' is neither 2021-05-22T08:31:12.5 nor seconds", column_names[c],
          r->cells[c]);
    return false;
}

static bool seconds_cell(struct reader *r, enum column c, int64_t *us)
{
    if (tbs_seconds_read(r->cells[c], us)) {
        return true;
    }
    wrong(r, r->cell_of[c], "%s '%s' is not a number of seconds, 0 or more, to the microsecond",
          column_names[c], r->cells[c]);
    return false;
}

static bool handled(const struct tb_scenario *s, uint32_t matter, uint32_t hall)
{
    const struct tb_matter *m = &s->config.matters[matter];

    for (uint32_t i = 0; i < m->hall_count; i++) {
        if (m->halls[i] == hall) {
            return true;
        }
    }
    return false;
}

static bool places_read(struct reader *r, struct tbs_citizen *citizen)
{
    const uint32_t hall = tbs_names_find(r->halls, r->cells[HALL]);
    const uint32_t matter = tbs_names_find(r->matters, r->cells[MATTER]);
    const bool green = strcmp(r->cells[CLASS], "green") == 0;

    if (hall == TB_NONE) {
        wrong(r, r->cell_of[HALL], "there is no hall '%s' in the scenario", r->cells[HALL]);
    }
    if (matter == TB_NONE) {
        wrong(r, r->cell_of[MATTER], "there is no matter '%s' in the scenario", r->cells[MATTER]);
    }
    if (!green && strcmp(r->cells[CLASS], "normal") != 0) {
        wrong(r, r->cell_of[CLASS], "class '%s' is neither normal nor green", r->cells[CLASS]);
        return false;
    }
    if (hall == TB_NONE || matter == TB_NONE) {
        return false;
    }
    if (!handled(r->scenario, matter, hall)) {
        wrong(r, r->cell_of[MATTER], "hall %s does not handle matter %s", r->cells[HALL],
              r->cells[MATTER]);
        return false;
    }
    citizen->hall = (uint16_t)hall;
    citizen->matter = (uint16_t)matter;
    citizen->class_ = green ? TB_CLASS_GREEN : TB_CLASS_NORMAL;
    return true;
}

static bool times_read(struct reader *r, struct row *row)
{
    struct tbs_citizen *c = &row->citizen;
    bool fine = instant_cell(r, ARRIVAL, &c->arrival_at_us);

    fine = instant_cell(r, APPOINTMENT, &c->slot_at_us) && fine;
    fine = seconds_cell(r, SERVICE, &c->service_us) && fine;
    if (r->cells[PATIENCE][0] == '\0') {
        c->patience_us = TB_NEVER;
    } else {
        fine = seconds_cell(r, PATIENCE, &c->patience_us) && fine;
    }
    if (!fine) {
        return false;
    }
    const bool kept = c->arrival_at_us != TB_NEVER;
    if (!kept && c->slot_at_us == TB_NEVER) {
        wrong(r, r->cell_of[ARRIVAL],
              "arrival_at is empty; only an appointment that is not kept has none");
        return false;
    }
    const uint32_t day = kept ? tb_scenario_day_at(r->scenario, c->arrival_at_us) : TB_NONE;
    row->day = c->slot_at_us == TB_NEVER ? day : tb_scenario_day_at(r->scenario, c->slot_at_us);
    if (row->day == TB_NONE || (kept && day != row->day)) {
        wrong(r, r->cell_of[row->day == TB_NONE ? ARRIVAL : APPOINTMENT], "%s",
              row->day == TB_NONE ? "this instant is outside the scenario's calendar"
                                  : "arrival and appointment are not on the same day");
        return false;
    }
    return true;
}

static void row_end(struct reader *r)
{
    struct row row = {.number = r->count};

    for (enum column c = 0; c < COLUMNS; c++) {
        if (!r->present[c]) {
            r->cells[c][0] = '\0';
        }
        if (r->long_cell[c]) {
            wrong(r, r->cell_of[c], "%s is longer than %d bytes", column_names[c], CELL_BYTES - 1);
            return;
        }
    }
    const bool places = places_read(r, &row.citizen);
    if (!times_read(r, &row) || !places) {
        return;
    }
    if (r->count == r->room) {
        r->room = r->room * 2 + 1024;
        r->rows = realloc(r->rows, r->room * sizeof *r->rows);
        tbs_assert(r->rows != NULL);
    }
    r->rows[r->count++] = row;
}

/* ---- libcsv's two calls ---------------------------------------------------------------------- */

static void header_cell(struct reader *r, const char *text, size_t bytes)
{
    if (r->cell >= CELLS_MAX) {
        return;
    }
    r->place[r->cell] = -1;
    for (enum column c = 0; c < COLUMNS; c++) {
        if (strlen(column_names[c]) == bytes && memcmp(column_names[c], text, bytes) == 0) {
            r->place[r->cell] = (int)c;
            r->cell_of[c] = r->cell + 1;
            return;
        }
    }
    wrong(r, r->cell + 1, "column '%.*s' is unknown", bytes < 40 ? (int)bytes : 40, text);
}

static void on_cell(void *cell, size_t bytes, void *context)
{
    struct reader *r = context;
    const char *text = bytes == 0 ? "" : cell;

    if (!r->header) {
        header_cell(r, text, bytes);
    } else if (r->cell < CELLS_MAX && r->place[r->cell] >= 0) {
        const int c = r->place[r->cell];
        r->present[c] = true;
        r->long_cell[c] = bytes >= CELL_BYTES;
        const size_t kept = bytes < CELL_BYTES ? bytes : CELL_BYTES - 1;
        memcpy(r->cells[c], text, kept);
        r->cells[c][kept] = '\0';
    }
    r->cell++;
}

static void header_end(struct reader *r)
{
    r->header = true;
    for (enum column c = 0; c < COLUMNS; c++) {
        if (r->cell_of[c] == 0 && c != APPOINTMENT) {
            wrong(r, 0, "column %s is missing in the first row", column_names[c]);
            r->hopeless = true;
        }
    }
}

static void on_row(int end, void *context)
{
    struct reader *r = context;
    const bool empty = r->cell == 0;

    (void)end;
    if (!r->header) {
        header_end(r);
    } else if (!empty && !r->hopeless) {
        row_end(r);
    }
    memset(r->present, 0, sizeof r->present);
    memset(r->long_cell, 0, sizeof r->long_cell);
    r->cell = 0;
    r->line++;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void file_parse(struct reader *r, FILE *in, XXH3_state_t *hash)
{
    static const char mark[3] = "\xef\xbb\xbf";
    struct csv_parser parser;
    char *bytes = malloc(READ_BYTES);
    size_t from = 0, got;
    bool first = true;

    tbs_assert(bytes != NULL);
    const int made = csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    tbs_assert(made == 0);
    while ((got = fread(bytes, 1, READ_BYTES, in)) > 0) {
        from =
            first && got >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0 ? sizeof mark : 0;
        first = false;
        XXH3_64bits_update(hash, bytes + from, got - from); /* Excel's mark changes no citizen */
        if (csv_parse(&parser, bytes + from, got - from, on_cell, on_row, r) != got - from) {
            wrong(r, r->cell + 1, "the quotes of this cell are wrong");
            r->hopeless = true;
            break;
        }
    }
    if (!r->hopeless && csv_fini(&parser, on_cell, on_row, r) != 0) {
        wrong(r, r->cell + 1, "the file ends inside a quoted cell");
    }
    if (ferror(in)) {
        wrong(r, 0, "cannot be read: %s", strerror(errno));
    }
    if (!r->header) {
        wrong(r, 0, "the file is empty: its first row must name the columns");
    }
    csv_free(&parser);
    free(bytes);
}

static int rows_compare(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    const bool a_booked = a->citizen.slot_at_us != TB_NEVER;
    const bool b_booked = b->citizen.slot_at_us != TB_NEVER;
    const tb_time a_at = a_booked ? a->citizen.slot_at_us : a->citizen.arrival_at_us;
    const tb_time b_at = b_booked ? b->citizen.slot_at_us : b->citizen.arrival_at_us;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->citizen.hall != b->citizen.hall) {
        return a->citizen.hall < b->citizen.hall ? -1 : 1;
    }
    if (a_booked != b_booked) {
        return a_booked ? 1 : -1;
    }
    if (a_at != b_at) {
        return a_at < b_at ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

static struct tbs_trace *trace_make(struct reader *r, uint64_t hash)
{
    const uint32_t halls = r->scenario->hall_count;
    struct tbs_trace *trace = calloc(1, sizeof *trace);

    tbs_assert(trace != NULL);
    qsort(r->rows, r->count, sizeof *r->rows, rows_compare);
    trace->hall_count = halls;
    trace->count = r->count;
    trace->hash = hash;
    trace->day_first = r->rows[0].day;
    trace->day_count = r->rows[r->count - 1].day - trace->day_first + 1;
    trace->citizens = calloc(r->count, sizeof *trace->citizens);
    trace->first = calloc((size_t)trace->day_count * halls + 1, sizeof *trace->first);
    tbs_assert(trace->citizens != NULL);
    tbs_assert(trace->first != NULL);
    trace->patience_least_us = TB_NEVER;
    for (uint64_t i = 0; i < r->count; i++) {
        const struct tbs_citizen *c = &r->rows[i].citizen;
        trace->citizens[i] = *c;
        trace->first[(size_t)(r->rows[i].day - trace->day_first) * halls + c->hall + 1]++;
        trace->books |= c->slot_at_us != TB_NEVER;
        if (c->patience_us < trace->patience_least_us) {
            trace->patience_least_us = c->patience_us;
        }
    }
    if (trace->patience_least_us == TB_NEVER) {
        trace->patience_least_us = 0;
    }
    for (size_t i = 0; i < (size_t)trace->day_count * halls; i++) {
        trace->first[i + 1] += trace->first[i];
    }
    return trace;
}

struct tbs_trace *tbs_trace_read(const char *path, const struct tb_scenario *scenario,
                                 struct tbs_trace_problems *problems)
{
    struct reader *r = calloc(1, sizeof *r);
    XXH3_state_t *hash = XXH3_createState();
    struct tbs_trace *trace = NULL;

    tbs_assert(r != NULL);
    tbs_assert(hash != NULL);
    XXH3_64bits_reset(hash);
    r->scenario = scenario;
    r->problems = problems;
    FILE *in = fopen(path, "rbe");
    if (in == NULL) {
        wrong(r, 0, "cannot be opened: %s", strerror(errno));
    } else {
        r->line = 1;
        r->halls = tbs_names_of_halls(scenario);
        r->matters = tbs_names_of_matters(scenario);
        file_parse(r, in, hash);
        fclose(in);
        if (problems->count == 0 && r->count == 0) {
            wrong(r, 0, "there is no row below the names of the columns");
        }
        if (problems->count == 0) {
            trace = trace_make(r, XXH3_64bits_digest(hash));
        }
        tbs_names_free(r->halls);
        tbs_names_free(r->matters);
    }
    XXH3_freeState(hash);
    free(r->rows);
    free(r);
    return trace;
}

void tbs_trace_free(struct tbs_trace *trace)
{
    if (trace != NULL) {
        free(trace->citizens);
        free(trace->first);
        free(trace);
    }
}

/* ---- the writer ------------------------------------------------------------------------------ */

struct cells {
    char **halls, **matters;
};

static void citizen_write(FILE *out, const struct tb_scenario *s, const struct cells *cells,
                          const struct tbs_citizen *c)
{
    char arrival[TBS_INSTANT_TEXT] = "", slot[TBS_INSTANT_TEXT] = "";
    char service[TBS_INSTANT_TEXT], patience[TBS_INSTANT_TEXT] = "";

    if (c->arrival_at_us != TB_NEVER) {
        tbs_instant_print(arrival, c->arrival_at_us, s->utc_offset_us);
    }
    if (c->slot_at_us != TB_NEVER) {
        tbs_instant_print(slot, c->slot_at_us, s->utc_offset_us);
    }
    tbs_seconds_print(service, c->service_us);
    if (c->patience_us != TB_NEVER) {
        tbs_seconds_print(patience, c->patience_us);
    }
    fprintf(out, "%s,%s,%s,%s,%s,%s,%s\n", arrival, cells->halls[c->hall],
            cells->matters[c->matter], c->class_ == TB_CLASS_GREEN ? "green" : "normal", service,
            patience, slot);
}

static int64_t citizens_write(FILE *out, const struct tb_scenario *s,
                              const struct tbs_run_options *options, const struct cells *cells)
{
    struct tbs_demand *demand = tbs_demand_create(s, NULL);
    struct tbs_sweep sweep = {0};
    struct tbs_day day = {0};
    int64_t rows = 0;

    for (enum column c = 0; c < COLUMNS; c++) {
        fprintf(out, "%s%c", column_names[c], c + 1 < COLUMNS ? ',' : '\n');
    }
    for (uint32_t d = 0; d < options->day_count && !ferror(out); d++) {
        for (uint32_t h = 0; h < s->hall_count; h++) {
            tbs_demand_day(demand, options->seed, 0, h, options->day_first + d, &sweep, &day);
            for (uint32_t i = 0; i < day.count; i++) {
                const struct tbs_citizen citizen = tbs_day_citizen(&day, i);
                citizen_write(out, s, cells, &citizen);
            }
            rows += day.count;
        }
    }
    tbs_day_free(&day);
    tbs_sweep_free(&sweep);
    tbs_demand_free(demand);
    return rows;
}

int64_t tbs_trace_write(const char *path, const struct tb_scenario *scenario,
                        const struct tbs_run_options *options, struct tbs_run_error *error)
{
    struct cells cells;
    struct tbs_whole whole;
    int64_t rows;

    if (strcmp(path, "-") != 0 && !tbs_whole_open(&whole, path, error)) {
        return -1;
    }
    cells.halls = calloc(scenario->hall_count + 1, sizeof *cells.halls);
    cells.matters = calloc(scenario->matter_count + 1, sizeof *cells.matters);
    tbs_assert(cells.halls != NULL);
    tbs_assert(cells.matters != NULL);
    for (uint32_t h = 0; h < scenario->hall_count; h++) {
        cells.halls[h] = tbs_csv_cell(scenario->halls[h].label.id);
    }
    for (uint32_t m = 0; m < scenario->matter_count; m++) {
        cells.matters[m] = tbs_csv_cell(scenario->matters[m].label.id);
    }
    if (strcmp(path, "-") == 0) {
        rows = citizens_write(stdout, scenario, options, &cells);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            snprintf(error->text, sizeof error->text, "standard output: cannot be written: %s",
                     strerror(errno));
            rows = -1;
        }
    } else {
        rows = citizens_write(whole.out, scenario, options, &cells);
        rows = tbs_whole_close(&whole, true, error) ? rows : -1;
    }
    for (uint32_t h = 0; h < scenario->hall_count; h++) {
        free(cells.halls[h]);
    }
    for (uint32_t m = 0; m < scenario->matter_count; m++) {
        free(cells.matters[m]);
    }
    free(cells.halls);
    free(cells.matters);
    return rows;
}
