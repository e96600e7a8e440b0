/* The memory of a struct tbs_results. Everything of one result lives in one chain of blocks,
 * so that freeing is one walk and no writer ever asks who owns a string. */
#define _GNU_SOURCE /* madvise */
#include "report/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct memory_block {
    struct memory_block *next;
    max_align_t bytes[];
};

struct memory {
    struct memory_block *first;
    bool failed;
};

enum { HUGE_PAGE_BYTES = 2 << 20 };

/* The figures of a thousand replications are two thousand pages, or four huge ones. */
static void *zeroed(size_t bytes)
{
    if (bytes < HUGE_PAGE_BYTES || bytes > SIZE_MAX - HUGE_PAGE_BYTES)
        return calloc(1, bytes);
    bytes = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    void *memory = aligned_alloc(HUGE_PAGE_BYTES, bytes);
    if (memory == NULL)
        return NULL;
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memset(memory, 0, bytes);
}

static void *memory_take(struct memory *memory, size_t count, size_t size)
{
    size_t bytes;
    if (memory->failed)
        return NULL;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct memory_block) + 1, &bytes)) {
        memory->failed = true;
        return NULL;
    }
    struct memory_block *block = zeroed(bytes);
    if (block == NULL) {
        memory->failed = true;
        return NULL;
    }
    block->next = memory->first;
    memory->first = block;
    return block->bytes;
}

/* A table of doubles, all unknown. */
static double *memory_doubles(struct memory *memory, size_t row_count, size_t column_count)
{
    double *value = memory_take(memory, row_count, column_count * sizeof *value);
    for (size_t i = 0; value != NULL && i < row_count * column_count; i++)
        value[i] = NAN;
    return value;
}

static void figures_clear(struct tbs_figure *figure, size_t count)
{
    for (size_t i = 0; i < count; i++)
        figure[i] = (struct tbs_figure){.value = NAN, .half_width = NAN};
}

static void halls_create(struct tbs_results *r, struct memory *memory)
{
    const struct tbs_results_shape *shape = &r->shape;
    r->halls = memory_take(memory, shape->hall_count, sizeof *r->halls);
    for (uint32_t i = 0; r->halls != NULL && i < shape->hall_count; i++) {
        r->halls[i].x = r->halls[i].y = NAN;
        figures_clear(r->halls[i].figure, TBS_HALL_METRIC_COUNT);
    }
    size_t slot_count = ((size_t)shape->hall_count + 1) * TBS_DAY_TYPE_COUNT * shape->slot_count;
    r->slots = memory_take(memory, slot_count, sizeof *r->slots);
    for (size_t i = 0; r->slots != NULL && i < slot_count; i++)
        figures_clear(r->slots[i].figure, TBS_SLOT_METRIC_COUNT);
}

static void desks_create(struct tbs_results *r, struct memory *memory)
{
    const struct tbs_results_shape *shape = &r->shape;
    r->desks = memory_take(memory, shape->desk_count, sizeof *r->desks);
    for (uint32_t i = 0; r->desks != NULL && i < shape->desk_count; i++) {
        figures_clear(r->desks[i].figure, TBS_DESK_METRIC_COUNT);
        r->desks[i].age_count = memory_doubles(memory, shape->age_edge_count, 1);
    }
    r->age_edge_h = memory_doubles(memory, shape->age_edge_count, 1);
}

struct tbs_results *tbs_results_create(const struct tbs_results_shape *shape)
{
    struct tbs_results *r = calloc(1, sizeof *r);
    struct memory *memory = calloc(1, sizeof *memory);
    if (r == NULL || memory == NULL) {
        free(r);
        free(memory);
        return NULL;
    }
    r->shape = *shape;
    r->memory = memory;
    r->promise_s = r->promise_share = r->wall_s = r->cases_per_s = NAN;
    figures_clear(r->city, TBS_CITY_METRIC_COUNT);
    r->replication_hall =
        memory_doubles(memory, (size_t)shape->replication_count * shape->hall_count,
                       TBS_HALL_METRIC_COUNT);
    r->replication = memory_doubles(memory, shape->replication_count, TBS_CITY_METRIC_COUNT);
    r->assumptions = memory_take(memory, shape->assumption_count, sizeof *r->assumptions);
    r->trades = memory_take(memory, shape->trade_count, sizeof *r->trades);
    halls_create(r, memory);
    desks_create(r, memory);
    r->bin_edge_s = memory_doubles(memory, (size_t)shape->bin_count + 1, 1);
    for (int day = 0; day < TBS_DAY_TYPE_COUNT; day++) {
        r->wait_count[day] = memory_doubles(memory, shape->bin_count, 1);
        r->left_count[day] = memory_doubles(memory, shape->bin_count, 1);
    }
    for (int i = 0; i < 5; i++)
        r->rating.score_count[i] = NAN;
    r->rating.at_window = r->rating.at_followup = r->rating.unrated = NAN;
    if (memory->failed) {
        tbs_results_free(r);
        return NULL;
    }
    return r;
}

const char *tbs_results_text(struct tbs_results *results, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = memory_take(results->memory, bytes, 1);
    return copy == NULL ? "" : memcpy(copy, text, bytes);
}

void tbs_results_free(struct tbs_results *results)
{
    if (results == NULL)
        return;
    struct memory *memory = results->memory;
    for (struct memory_block *block = memory->first, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(memory);
    free(results);
}

uint32_t tbs_results_find_hall(const struct tbs_results *results, const char *id)
{
    uint32_t i = 0;
    while (i < results->shape.hall_count && strcmp(results->halls[i].name.id, id) != 0)
        i++;
    return i;
}
