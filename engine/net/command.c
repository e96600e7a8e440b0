#include "command.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* What an argument fills. */
enum field {
    FIELD_STATION,
    FIELD_MATTER,
    FIELD_REF,
    FIELD_SERVER,
    FIELD_VALUE,
    FIELD_GROUP,
    FIELD_EXTRA,
    FIELD_CLASS,
    FIELD_CHANNEL,
    FIELD_CITIZEN,
    FIELD_SILENT,
    FIELD_SETTLED,
    FIELD_NEXT,
    FIELD_COUNT
};

/* As they stand in command.def's arguments; flags in capitals. */
static const char *const field_names[FIELD_COUNT] = {
    "station", "matter",  "ref",     "server", "value",   "group", "extra",
    "class",   "channel", "citizen", "SILENT", "SETTLED", "NEXT"};

/* What the number in value, group, extra or class stands for: the words behind '=' there. */
enum meaning {
    MEANS_NUMBER,
    MEANS_INSTANT,
    MEANS_DAY_KIND,
    MEANS_ZONE,
    MEANS_CALENDAR,
    MEANS_RULE,
    MEANS_ACTION,
    MEANS_OFFSET,
};
static const struct {
    const char *words;
    enum meaning meaning;
} meanings[] = {{"=slot_at_us", MEANS_INSTANT}, {"=day kind", MEANS_DAY_KIND},
                {"=zone", MEANS_ZONE},          {"=calendar", MEANS_CALENDAR},
                {"=rule", MEANS_RULE},          {"=action", MEANS_ACTION},
                {"=offset_us", MEANS_OFFSET}};

struct slot {
    enum field field;
    enum meaning meaning;
    bool optional, many;
    int64_t fallback; /* of an optional value */
};

enum { SLOTS_MAX = 8, HASH_SLOTS = 256, NAME_BYTES = 16 };

struct tbi_grammar {
    const struct tb_scenario *scenario;
    const struct tbi_names *names;
    struct {
        struct slot slots[SLOTS_MAX];
        uint32_t count;
    } rows[TB_COMMAND_COUNT];
    /* By the hash of the name, which no two commands share. */
    struct {
        char name[NAME_BYTES]; /* with zeros behind it */
        uint32_t kind;         /* 0: free */
        uint32_t bytes;
    } names_of[HASH_SLOTS];
    uint64_t multiplier; /* that makes it so */
};

/* ---- the table, made once ---- */

/* Of a name's first and last eight bytes in capitals; names are 8 to 16 bytes long. */
static uint32_t name_hash(const char *name, size_t bytes, uint64_t multiplier)
{
    uint64_t first, last;

    memcpy(&first, name, 8);
    memcpy(&last, name + bytes - 8, 8);
    first &= 0xdfdfdfdfdfdfdfdfu;
    last &= 0xdfdfdfdfdfdfdfdfu;
    return (uint32_t)((first ^ last << 3) * multiplier >> 56);
}

static enum field field_of(const char *word)
{
    for (int f = 0; f < FIELD_COUNT; f++) {
        const size_t bytes = strlen(field_names[f]);

        if (strncmp(word, field_names[f], bytes) == 0 && !isalpha((unsigned char)word[bytes]) &&
            word[bytes] != '_')
            return (enum field)f;
    }
    return FIELD_COUNT;
}

static void slot_read(struct slot *slot, const char *word, bool optional)
{
    const char *words = word + strlen(field_names[slot->field]);

    slot->optional = optional;
    slot->many = strncmp(words, "...", 3) == 0;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strncmp(words, meanings[i].words, strlen(meanings[i].words)) == 0)
            slot->meaning = meanings[i].meaning;
    if (optional && slot->field == FIELD_VALUE && strncmp(words, "=profile|-1", 11) == 0)
        slot->fallback = -1;
}

static void row_read(struct tbi_grammar *grammar, uint32_t kind)
{
    const char *at = tb_command_row(kind)->arguments;

    while (*at != 0) {
        const bool optional = *at == '[';
        const enum field field = field_of(at + optional);

        if (field < FIELD_COUNT) {
            tb_assert(grammar->rows[kind].count < SLOTS_MAX);
            struct slot *slot = &grammar->rows[kind].slots[grammar->rows[kind].count++];
            slot->field = field;
            slot_read(slot, at + optional, optional);
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
}

/* False: two names meet; another multiplier is wanted. */
static bool names_place(struct tbi_grammar *grammar)
{
    memset(grammar->names_of, 0, sizeof grammar->names_of);
    for (uint32_t kind = 1; kind < TB_COMMAND_COUNT; kind++) {
        const char *name = tb_command_row(kind)->name;
        const size_t bytes = strlen(name);

        tb_assert(bytes >= 8 && bytes <= NAME_BYTES);
        const uint32_t slot = name_hash(name, bytes, grammar->multiplier);
        if (grammar->names_of[slot].kind != 0)
            return false;
        memcpy(grammar->names_of[slot].name, name, bytes);
        grammar->names_of[slot].kind = kind;
        grammar->names_of[slot].bytes = (uint32_t)bytes;
    }
    return true;
}

struct tbi_grammar *tbi_grammar_make(const struct tb_scenario *scenario,
                                     const struct tbi_names *names)
{
    struct tbi_grammar *grammar = calloc(1, sizeof *grammar);

    tb_assert(grammar != NULL);
    grammar->scenario = scenario;
    grammar->names = names;
    for (uint32_t kind = 1; kind < TB_COMMAND_COUNT; kind++)
        row_read(grammar, kind);
    grammar->multiplier = 0x9e3779b97f4a7c15u;
    while (!names_place(grammar))
        grammar->multiplier = grammar->multiplier * 0xd1342543de82ef95u + 2;
    return grammar;
}

void tbi_grammar_free(struct tbi_grammar *grammar)
{
    free(grammar);
}

uint32_t tbi_grammar_find(const struct tbi_grammar *grammar, const struct tbi_argument *name)
{
    const char *text = name->text;
    const uint32_t bytes = name->bytes;

    if (bytes < 8 || bytes > NAME_BYTES)
        return 0;
    const uint32_t slot = name_hash(text, bytes, grammar->multiplier);
    const char *word = grammar->names_of[slot].name;
    if (grammar->names_of[slot].bytes != bytes)
        return 0;
    /* In capitals, as nearly all write it, or in any case. */
    return (memcmp(text, word, 8) == 0 && memcmp(text + bytes - 8, word + bytes - 8, 8) == 0) ||
                   strncasecmp(text, word, bytes) == 0
               ? grammar->names_of[slot].kind
               : 0;
}

uint32_t tbi_grammar_scope(const struct tbi_grammar *grammar, uint32_t kind)
{
    uint32_t scope = 0;

    for (uint32_t i = 0; i < grammar->rows[kind].count; i++)
        switch (grammar->rows[kind].slots[i].field) {
        case FIELD_STATION:
            scope |= TBI_SCOPE_STATION;
            break;
        case FIELD_SERVER:
            scope |= TBI_SCOPE_SERVER;
            break;
        case FIELD_REF:
            scope |= TBI_SCOPE_REF;
            break;
        default:
            break;
        }
    return scope;
}

/* ---- one request ---- */

/* One argument being read. */
struct reading {
    const struct tbi_grammar *grammar;
    struct tb_command *command;
    struct tbi_command_error *error;
};

static bool wrong(struct reading *r, const char *code, const char *format,
                  const struct tbi_argument *argument)
{
    const int shown = argument->bytes < 64 ? (int)argument->bytes : 64;
    char *text = r->error->text;

    r->error->code = code;
    snprintf(text, TBI_COMMAND_ERROR_MAX, format, shown, argument->text);
    for (; *text; text++) /* an error is one line */
        if ((unsigned char)*text < ' ')
            *text = '?';
    return false;
}

/* The index of a label, or a number below count. */
static bool label_read(const struct tbi_argument *text, const struct tb_label *labels,
                       uint32_t count, int64_t *value)
{
    for (uint32_t i = 0; i < count; i++)
        if (tbi_argument_is(text, labels[i].id)) {
            *value = i;
            return true;
        }
    return tbi_argument_integer(text, value);
}

static const char *const rule_names[] = {
#define TB_RULE(value, name, ...) [value] = #name,
#include "tongban/rule.def"
#undef TB_RULE
};

static bool word_read(const struct tbi_argument *text, const char *const *words, uint32_t count,
                      int64_t *value)
{
    for (uint32_t i = 0; i < count; i++)
        if (words[i] != NULL && tbi_argument_is(text, words[i])) {
            *value = i;
            return true;
        }
    return tbi_argument_integer(text, value);
}

/* Days since 1970-01-01 (Hinnant's civil calendar arithmetic). */
static int64_t days_of(int year, int month, int day)
{
    const int y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool time_read(const struct tb_scenario *scenario, const struct tbi_argument *text,
                      bool offset, int64_t *value)
{
    char copy[32];
    int year, month, day, hour, minute, second = 0, used = 0;

    if (tbi_argument_integer(text, value))
        return true;
    if (text->bytes >= sizeof copy)
        return false;
    memcpy(copy, text->text, text->bytes);
    copy[text->bytes] = 0;
    if (offset) {
        if (sscanf(copy, "%2d:%2d%n", &hour, &minute, &used) != 2 || copy[used] != 0)
            return false;
        *value = TB_HOURS(hour) + TB_MINUTES(minute);
        return true;
    }
    if (sscanf(copy, "%4d-%2d-%2d%*[T ]%2d:%2d%n", &year, &month, &day, &hour, &minute, &used) != 5)
        return false;
    if (copy[used] == ':' && sscanf(copy + used, ":%2d", &second) != 1)
        return false;
    *value = TB_DAYS(days_of(year, month, day)) + TB_HOURS(hour) + TB_MINUTES(minute) +
             TB_SECONDS(second) - scenario->utc_offset_us;
    return true;
}

static bool number_read(struct reading *r, const struct slot *slot, const struct tbi_argument *text,
                        int64_t *value)
{
    static const char *const actions[] = {"open", "close", "pause", "continue"};
    const struct tb_scenario *s = r->grammar->scenario;
    bool good = false;

    switch (slot->meaning) {
    case MEANS_NUMBER:
        good = tbi_argument_integer(text, value);
        break;
    case MEANS_INSTANT:
        good = time_read(s, text, false, value);
        break;
    case MEANS_OFFSET:
        good = time_read(s, text, true, value);
        break;
    case MEANS_DAY_KIND:
        good = label_read(text, s->day_kinds, s->day_kind_count, value);
        break;
    case MEANS_ZONE:
        good = label_read(text, s->zones, s->zone_count, value);
        break;
    case MEANS_CALENDAR:
        good = label_read(text, s->calendars, s->calendar_count, value);
        break;
    case MEANS_RULE:
        good = word_read(text, rule_names, TB_RULE_COUNT, value);
        break;
    case MEANS_ACTION:
        good = word_read(text, actions, TB_PLAN_ACTION_COUNT, value);
        break;
    }
    return good || wrong(r, "VALUE_INVALID",
                         "'%.*s' is no number, name or time that fits here; "
                         "COMMAND DOCS says what is wanted",
                         text);
}

static bool matter_read(struct reading *r, const struct tbi_argument *text)
{
    const uint32_t matter = tbi_names_matter(r->grammar->names, text);

    if (matter == TB_NONE)
        return wrong(r, "MATTER_UNKNOWN", "there is no matter '%.*s'; ids are those of matters.csv",
                     text);
    if (r->command->matter_count == TB_COMMAND_MATTERS_MAX)
        return wrong(r, "MATTERS_TOO_MANY",
                     "'%.*s' is one too many; four fit, TICKET.ADD brings more", text);
    r->command->matters[r->command->matter_count++] = (uint16_t)matter;
    return true;
}

static bool narrow(struct reading *r, const struct slot *slot, const struct tbi_argument *text,
                   int64_t max, int64_t *value)
{
    if (!number_read(r, slot, text, value))
        return false;
    return (*value >= 0 && *value <= max) ||
           wrong(r, "VALUE_INVALID", "'%.*s' is out of range", text);
}

static bool wide_fill(struct reading *r, const struct slot *slot, const struct tbi_argument *text)
{
    int64_t value;

    if (!narrow(r, slot, text, UINT16_MAX, &value))
        return false;
    *(slot->field == FIELD_GROUP ? &r->command->group : &r->command->extra) = (uint16_t)value;
    return true;
}

static bool narrow_fill(struct reading *r, const struct slot *slot, const struct tbi_argument *text)
{
    static const char *const classes[] = {"normal", "green", "appointment", "returned"};
    static const char *const channels[] = {"walk-in", "kiosk", "mobile"};
    int64_t value;

    if (slot->field == FIELD_CHANNEL) {
        if (!word_read(text, channels, 3, &value) || value < 0 || value > UINT8_MAX)
            return wrong(r, "CHANNEL_INVALID", "'%.*s' is none of walk-in, kiosk, mobile", text);
        r->command->channel = (uint8_t)value;
        return true;
    }
    if (slot->meaning == MEANS_ACTION) {
        if (!narrow(r, slot, text, UINT8_MAX, &value))
            return false;
    } else if (!word_read(text, classes, TB_CLASSES, &value) || value < 0 || value > UINT8_MAX) {
        return wrong(r, "CLASS_INVALID", "'%.*s' is none of normal, green", text);
    }
    r->command->class_ = (uint8_t)value;
    return true;
}

static bool slot_fill(struct reading *r, const struct slot *slot, const struct tbi_argument *text)
{
    const struct tbi_names *names = r->grammar->names;
    struct tb_command *c = r->command;
    uint32_t index;

    switch (slot->field) {
    case FIELD_STATION:
        index = tbi_names_station(names, text);
        if (index == TB_NONE && text->bytes == 1 && text->text[0] == '*')
            index = TB_STATION_NONE;
        else if (index == TB_NONE)
            return wrong(r, "STATION_UNKNOWN",
                         "there is no hall or desk '%.*s'; ids are those of "
                         "halls.csv and desks.csv",
                         text);
        c->station = (uint16_t)index;
        return true;
    case FIELD_SERVER:
        c->server = tbi_names_server(names, text);
        return c->server != TB_NONE || wrong(r, "SERVER_UNKNOWN",
                                             "there is no window or approver '%.*s'; they are "
                                             "written HALL#1, HALL#2, ...",
                                             text);
    case FIELD_MATTER:
        return matter_read(r, text);
    case FIELD_REF:
        return tbi_names_ref_read(names, text, &c->ref) ||
               wrong(r, "REF_INVALID",
                     "'%.*s' is not a reference that was given out here; use "
                     "the one in the answer to TICKET.TAKE, CASE.OPEN, ...",
                     text);
    case FIELD_VALUE:
        return number_read(r, slot, text, &c->value);
    case FIELD_GROUP:
    case FIELD_EXTRA:
        return wide_fill(r, slot, text);
    case FIELD_CLASS:
    case FIELD_CHANNEL:
        return narrow_fill(r, slot, text);
    case FIELD_CITIZEN:
        c->citizen = tbi_names_citizen(names, text);
        return true;
    case FIELD_SILENT:
        c->flags |= TB_FLAG_SILENT;
        return true;
    case FIELD_SETTLED:
        c->flags |= TB_FLAG_SETTLED;
        return true;
    case FIELD_NEXT:
        c->flags |= TB_FLAG_NEXT;
        return true;
    case FIELD_COUNT:
        break;
    }
    return false;
}

/* An optional argument at *at: its name, and its value where it has one. */
static bool option_read(struct reading *r, uint32_t kind, const struct tbi_request *request,
                        uint32_t *at)
{
    const struct tbi_argument *name = &request->arguments[(*at)++];

    if (tbi_argument_is(name, "REQUEST")) {
        if (*at == request->count)
            return wrong(r, "ARGUMENTS", "'%.*s' wants an id behind it", name);
        r->command->request_id = tbi_names_citizen(r->grammar->names, &request->arguments[*at]) | 1;
        (*at)++;
        return true;
    }
    for (uint32_t i = 0; i < r->grammar->rows[kind].count; i++) {
        const struct slot *slot = &r->grammar->rows[kind].slots[i];

        if (!slot->optional || !tbi_argument_is(name, field_names[slot->field]))
            continue;
        if (slot->field >= FIELD_SILENT)
            return slot_fill(r, slot, name);
        if (*at == request->count)
            return wrong(r, "ARGUMENTS", "'%.*s' wants a value behind it", name);
        return slot_fill(r, slot, &request->arguments[(*at)++]);
    }
    return wrong(r, "ARGUMENTS", "'%.*s' is not an argument here; COMMAND DOCS lists them", name);
}

/* Does another option, rather than one more matter, stand here? */
static bool is_option(const struct tbi_grammar *grammar, uint32_t kind,
                      const struct tbi_argument *word)
{
    for (uint32_t i = 0; i < grammar->rows[kind].count; i++)
        if (grammar->rows[kind].slots[i].optional &&
            tbi_argument_is(word, field_names[grammar->rows[kind].slots[i].field]))
            return true;
    return tbi_argument_is(word, "REQUEST");
}

/* Is the argument one more of many matters? Not an option, and where another argument must still
 * come, only what is a matter. */
static bool goes_on(const struct tbi_grammar *grammar, uint32_t kind, uint32_t slot,
                    const struct tbi_request *request, uint32_t at)
{
    const bool more = slot + 1 < grammar->rows[kind].count &&
                      !grammar->rows[kind].slots[slot + 1].optional;

    return at < request->count && !is_option(grammar, kind, &request->arguments[at]) &&
           (!more || tbi_names_matter(grammar->names, &request->arguments[at]) != TB_NONE);
}

bool tbi_grammar_read(const struct tbi_grammar *grammar, uint32_t kind,
                      const struct tbi_request *request, struct tb_command *command,
                      struct tbi_command_error *error)
{
    struct reading r = {grammar, command, error};
    uint32_t at = 1;

    *command = (struct tb_command){.kind = (uint16_t)kind};
    for (uint32_t i = 0; i < grammar->rows[kind].count; i++) {
        const struct slot *slot = &grammar->rows[kind].slots[i];

        if (slot->optional) {
            if (slot->field == FIELD_VALUE)
                command->value = slot->fallback;
            continue;
        }
        if (at == request->count) {
            error->code = "ARGUMENTS";
            snprintf(error->text, sizeof error->text, "%s wants: %s", tb_command_row(kind)->name,
                     tb_command_row(kind)->arguments);
            return false;
        }
        do
            if (!slot_fill(&r, slot, &request->arguments[at++]))
                return false;
        while (slot->many && goes_on(grammar, kind, i, request, at));
    }
    while (at < request->count)
        if (!option_read(&r, kind, request, &at))
            return false;
    return true;
}
