#include "problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

struct memory {
    struct tbi_arena arena;
    uint32_t capacity, kinds_capacity;
    enum tbi_wrong *kinds; /* of each, in the order in which they were found */
};

struct sentence {
    const char *zh, *allowed_zh, *en, *allowed_en;
};
static const struct sentence sentences[TBI_WRONG_COUNT] = {
#define TBI_WRONG(name, zh, allowed_zh, en, allowed_en) {zh, allowed_zh, en, allowed_en},
#include "problem.def"
#undef TBI_WRONG
};

/* A name like "trades|行业" or a list that differs between the languages comes as
 * "Chinese\fEnglish". */
static const char *in_language(const char *text, bool chinese, size_t *bytes)
{
    const char *cut = strchr(text, '\f');

    if (cut == NULL) {
        *bytes = strlen(text);
        return text;
    }
    *bytes = chinese ? (size_t)(cut - text) : strlen(cut + 1);
    return chinese ? text : cut + 1;
}

/* Fills the texts into {0}, {1}, {2}. Done twice: to count the bytes, then to write them. */
static size_t fill(char *out, const char *sentence, const char *const texts[3], bool chinese)
{
    size_t bytes = 0;

    for (const char *c = sentence; *c != 0; c++) {
        const char *piece = c;
        size_t piece_bytes = 1;

        if (c[0] == '{' && c[1] >= '0' && c[1] <= '2' && c[2] == '}') {
            piece = in_language(texts[c[1] - '0'], chinese, &piece_bytes);
            c += 2;
        }
        if (out != NULL)
            memcpy(out + bytes, piece, piece_bytes);
        bytes += piece_bytes;
    }
    return bytes;
}

static const char *filled(struct tbi_arena *arena, const char *sentence,
                          const char *const texts[3], bool chinese)
{
    char *out = tbi_arena_take(arena, fill(NULL, sentence, texts, chinese) + 1);

    fill(out, sentence, texts, chinese);
    return out;
}

/* What was found is shown, but not a whole page of it. */
static const char *shortened(struct tbi_arena *arena, const char *text)
{
    enum { SHOWN_MAX = 1100 };
    size_t bytes = SHOWN_MAX;

    if (text == NULL)
        return "";
    if (strlen(text) <= SHOWN_MAX)
        return text;
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes--;
    return tbi_arena_format(arena, "%.*s...", (int)bytes, text);
}

void tbi_wrong(struct tb_scenario_problems *problems, struct tbi_at at, enum tbi_wrong wrong,
               const char *a, const char *b, const char *c)
{
    struct memory *memory = problems->memory;

    if (problems->count >= TBI_PROBLEMS_MAX)
        return;
    if (memory == NULL) {
        memory = calloc(1, sizeof *memory);
        tb_assert(memory != NULL);
        problems->memory = memory;
    }
    if (problems->count == TBI_PROBLEMS_MAX - 1)
        wrong = TBI_WRONG_MORE;
    problems->problems = tbi_arena_grow(&memory->arena, problems->problems, problems->count,
                                        &memory->capacity, sizeof *problems->problems);

    memory->kinds = tbi_arena_grow(&memory->arena, memory->kinds, problems->count,
                                   &memory->kinds_capacity, sizeof *memory->kinds);
    memory->kinds[problems->count] = wrong;

    const struct sentence *s = &sentences[wrong];
    const char *const texts[3] = {shortened(&memory->arena, a), shortened(&memory->arena, b),
                                  shortened(&memory->arena, c)};
    const char *file = at.file == NULL ? "" : at.file;
    problems->problems[problems->count++] = (struct tb_scenario_problem){
        .file = tbi_arena_text(&memory->arena, file, strlen(file)),
        .line = at.line,
        .column = at.column,
        .zh = filled(&memory->arena, s->zh, texts, true),
        .en = filled(&memory->arena, s->en, texts, false),
        .allowed_zh = filled(&memory->arena, s->allowed_zh, texts, true),
        .allowed_en = filled(&memory->arena, s->allowed_en, texts, false),
    };
}

/* What holds only once everything is there. */
static bool depends(enum tbi_wrong wrong, bool missing)
{
    static const enum tbi_wrong whole[] = {
        TBI_WRONG_WINDOWS, TBI_WRONG_WINDOW_NUMBERS, TBI_WRONG_HALL_WINDOWS,
        TBI_WRONG_HALL_MATTERS, TBI_WRONG_GROUP_SERVED, TBI_WRONG_GROUP_MISSING,
        TBI_WRONG_ROUTE_NEXT, TBI_WRONG_ROUTE_ALONE, TBI_WRONG_DUE, TBI_WRONG_DEMAND_TOTAL,
        TBI_WRONG_DEMAND_REST, TBI_WRONG_DEMAND_NO_DAYS, TBI_WRONG_SCENARIO_HALLS,
        TBI_WRONG_ARRIVALS_SHARE, TBI_WRONG_TRAVEL_MISSING, TBI_WRONG_TABLE_EMPTY,
        TBI_WRONG_DATE_OUTSIDE};

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (whole[i] == wrong)
            return true;
    }
    return missing && wrong == TBI_WRONG_YAML_MISSING;
}

void tbi_problems_drop_doubtful(struct tb_scenario_problems *problems, uint32_t first,
                                bool missing)
{
    struct memory *memory = problems->memory;
    uint32_t kept = first;

    for (uint32_t i = first; i < problems->count; i++) {
        const enum tbi_wrong wrong = memory->kinds[i];
        const bool nowhere = problems->problems[i].column == 0 &&
                             wrong != TBI_WRONG_YAML_MISSING &&
                             strcmp(problems->problems[i].file, "--set") != 0;

        if (depends(wrong, missing) || (nowhere && wrong != TBI_WRONG_MORE))
            continue;
        memory->kinds[kept] = wrong;
        problems->problems[kept++] = problems->problems[i];
    }
    problems->count = kept;
}

static int compare(const void *left, const void *right)
{
    const struct tb_scenario_problem *a = left, *b = right;
    const int files = strcmp(a->file, b->file);

    if (files != 0)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return strcmp(a->en, b->en);
}

void tbi_problems_sort(struct tb_scenario_problems *problems)
{
    if (problems->count > 1)
        qsort(problems->problems, problems->count, sizeof *problems->problems, compare);
}

void tb_scenario_problems_free(struct tb_scenario_problems *problems)
{
    struct memory *memory = problems->memory;

    if (memory != NULL) {
        tbi_arena_free(&memory->arena);
        free(memory);
    }
    *problems = (struct tb_scenario_problems){0};
}

/* FILE, FILE:LINE or FILE:LINE:COLUMN. */
static int place_text(const struct tb_scenario_problem *p, char *text, size_t bytes)
{
    if (p->line == 0)
        return snprintf(text, bytes, "%s", p->file);
    if (p->column == 0)
        return snprintf(text, bytes, "%s:%u", p->file, p->line);
    return snprintf(text, bytes, "%s:%u:%u", p->file, p->line, p->column);
}

int tb_scenario_problem_text(const struct tb_scenario_problem *p, enum tb_language language,
                             char *text, size_t bytes)
{
    const bool chinese = language != TB_LANGUAGE_EN;
    const char *allowed = chinese ? p->allowed_zh : p->allowed_en;
    const char *before = allowed[0] == 0 ? "" : chinese ? "；应为：" : "; allowed: ";
    const int place = place_text(p, text, bytes);
    const size_t used = (size_t)place < bytes ? (size_t)place : bytes;

    return place + snprintf(text + used, bytes - used, ": %s%s%s", chinese ? p->zh : p->en, before,
                            allowed);
}

void tb_scenario_problems_print(const struct tb_scenario_problems *problems,
                                enum tb_language language, FILE *file)
{
    char text[8192];

    for (uint32_t i = 0; i < problems->count; i++) {
        const struct tb_scenario_problem *p = &problems->problems[i];

        tb_scenario_problem_text(p, language, text, sizeof text);
        fprintf(file, "%s\n", text);
        if (language == TB_LANGUAGE_BOTH)
            fprintf(file, "    %s%s%s\n", p->en, p->allowed_en[0] == 0 ? "" : "; allowed: ",
                    p->allowed_en);
    }
    if (problems->count > 1)
        fprintf(file,
                language == TB_LANGUAGE_ZH   ? "共 %u 处错误\n"
                : language == TB_LANGUAGE_EN ? "%u mistakes\n"
                                             : "共 %u 处错误 mistakes\n",
                problems->count);
}

/* ---- what is allowed ------------------------------------------------------------------------
 * */

enum { LIST_MAX = 240, LIKE_BYTES = 5 };

/* How many bytes two names begin with alike. */
static uint32_t common_bytes(const char *a, const char *b)
{
    uint32_t bytes = 0;

    while (a[bytes] != 0 && a[bytes] == b[bytes])
        bytes++;
    return bytes;
}

void tbi_allowed_begin(struct tbi_allowed *allowed, const char *wanted)
{
    *allowed = (struct tbi_allowed){.wanted = wanted, .nearest_distance = UINT32_MAX};
}

void tbi_allowed_add(struct tbi_allowed *allowed, const char *name)
{
    const size_t bytes = strlen(name);

    if (allowed->wanted != NULL) {
        const uint32_t distance = tbi_value_distance(allowed->wanted, name);
        const uint32_t common = common_bytes(allowed->wanted, name);

        if (common > allowed->kin_common) {
            allowed->kin_common = common;
            allowed->kin = name;
        }
        if (distance < allowed->nearest_distance) {
            allowed->nearest_distance = distance;
            allowed->nearest = name;
        }
    }
    if (allowed->bytes + bytes + 2 > LIST_MAX) {
        allowed->skipped++;
        return;
    }
    if (allowed->bytes > 0) {
        memcpy(allowed->text + allowed->bytes, ", ", 2);
        allowed->bytes += 2;
    }
    memcpy(allowed->text + allowed->bytes, name, bytes);
    allowed->bytes += bytes;
}

/* The same list for both languages; what follows it differs. */
const char *tbi_allowed_end(struct tbi_allowed *allowed)
{
    char list[LIST_MAX + 1], more[64] = "", zh[128] = "", en[128] = "";
    const size_t length = allowed->wanted == NULL ? 0 : strlen(allowed->wanted);

    memcpy(list, allowed->text, allowed->bytes);
    list[allowed->bytes] = 0;
    if (allowed->skipped > 0)
        snprintf(more, sizeof more, " ... (+%u)", allowed->skipped);
    /* Only a name that is really like it: a third of the letters may differ, or the first word is
     * the same. */
    const char *nearest = allowed->nearest;
    if (nearest != NULL && allowed->nearest_distance * 3 > length + 2)
        nearest = allowed->kin_common >= LIKE_BYTES ? allowed->kin : NULL;
    if (nearest != NULL && strlen(nearest) < 64) {
        snprintf(zh, sizeof zh, "；是不是“%s”？", nearest);
        snprintf(en, sizeof en, "; did you mean \"%s\"?", nearest);
    }
    snprintf(allowed->text, sizeof allowed->text, "%s%s%s\f%s%s%s", list, more, zh, list,
             more, en);
    return allowed->text;
}
