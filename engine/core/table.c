/* The tables of include/tongban, unrolled: names, help, rules, transitions. Nothing here knows a
 * city; a row added to a .def file needs no line here. */
#include "step.h"

#define ROWS(table) ((uint32_t)(sizeof(table) / sizeof((table)[0])))

static const char unknown[] = "unknown";

/* ---- commands ------------------------------------------------------------------------------ */

static const struct tb_command_row commands[TB_COMMAND_COUNT] = {
#define TB_COMMAND(value, name, text, roles, effect, arguments, help, chinese) \
    [value] = {text, roles, TB_EFFECT_##effect, arguments, help, chinese},
#include "tongban/command.def"
#undef TB_COMMAND
};

const struct tb_command_row *tb_command_row(uint32_t kind)
{
    return kind < TB_COMMAND_COUNT && commands[kind].name ? &commands[kind] : NULL;
}

/* ASCII only: what a name means must not depend on a locale. */
static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool name_is(const char *upper_name, const char *name, size_t name_bytes)
{
    for (size_t i = 0; i < name_bytes; i++) {
        if (upper_name[i] == '\0' || upper_name[i] != upper(name[i]))
            return false;
    }
    return upper_name[name_bytes] == '\0';
}

uint32_t tb_command_kind(const char *name, size_t name_bytes)
{
    tb_assert(name != NULL || name_bytes == 0);
    for (uint32_t kind = TB_COMMAND_NONE + 1; kind < TB_COMMAND_COUNT; kind++) {
        if (commands[kind].name && name_is(commands[kind].name, name, name_bytes))
            return kind;
    }
    return TB_COMMAND_NONE;
}

/* ---- events, statuses ---------------------------------------------------------------------- */

static const struct {
    const char *name, *help;
} events[TB_EVENT_COUNT] = {
#define TB_EVENT(value, name, help, ...) [value] = {#name, help},
#include "tongban/event.def"
#undef TB_EVENT
};

const char *tb_event_name(uint32_t kind)
{
    return kind < ROWS(events) && events[kind].name ? events[kind].name : unknown;
}

const char *tb_event_help(uint32_t kind)
{
    return kind < ROWS(events) && events[kind].help ? events[kind].help : unknown;
}

static const struct {
    const char *name, *sentence, *remedy, *chinese;
} statuses[TB_STATUS_COUNT] = {
#define TB_STATUS(value, name, sentence, remedy, chinese)                                          \
    [value] = {#name, sentence, remedy, chinese},
#include "tongban/status.def"
#undef TB_STATUS
};

const char *tb_status_name(uint32_t status)
{
    return status < ROWS(statuses) && statuses[status].name ? statuses[status].name : unknown;
}

const char *tb_status_sentence(uint32_t status)
{
    return status < ROWS(statuses) && statuses[status].name ? statuses[status].sentence : unknown;
}

const char *tb_status_remedy(uint32_t status)
{
    return status < ROWS(statuses) && statuses[status].name ? statuses[status].remedy : unknown;
}

const char *tb_status_chinese(uint32_t status)
{
    return status < ROWS(statuses) && statuses[status].name ? statuses[status].chinese : unknown;
}

/* ---- rules --------------------------------------------------------------------------------- */

static const struct tb_rule_row rules[TB_RULE_COUNT] = {
#define TB_RULE(value, name, least, most, normal, help) \
    [value] = {#name, least, most, normal, help},
#include "tongban/rule.def"
#undef TB_RULE
};

const struct tb_rule_row *tb_rule_row(uint32_t rule)
{
    return rule < TB_RULE_COUNT && rules[rule].name ? &rules[rule] : NULL;
}

bool tb_rule_allows(uint32_t rule, int64_t value)
{
    const struct tb_rule_row *row = tb_rule_row(rule);
    if (!row || value < row->least || value > row->most)
        return false;
    return rule != TB_RULE_call_timeout_us || value == 0 || value >= TB_CALL_TIMEOUT_LEAST_US;
}

void tb_rules_init(struct tb_rules *out)
{
    tb_assert(out != NULL);
    for (uint32_t rule = 0; rule < TB_RULE_COUNT; rule++) {
        tb_assert(rules[rule].least <= rules[rule].normal);
        tb_assert(rules[rule].normal <= rules[rule].most);
        out->value[rule] = rules[rule].normal;
    }
}

/* ---- transitions --------------------------------------------------------------------------- */

/* The next state + 1, so that what no row names is 0: refused. */
const uint8_t tbi_ticket_nexts[TB_TICKET_STATE_COUNT][TB_TICKET_CAUSE_COUNT] = {
#define TB_TICKET_TRANSITION(from, cause, to) \
    [TB_TICKET_##from][TB_TICKET_BY_##cause] = TB_TICKET_##to + 1,
#include "tongban/transition.def"
#undef TB_TICKET_TRANSITION
};

const uint8_t tbi_server_nexts[TB_SERVER_STATE_COUNT][TB_SERVER_CAUSE_COUNT] = {
#define TB_SERVER_TRANSITION(from, cause, to) \
    [TB_SERVER_##from][TB_SERVER_BY_##cause] = TB_SERVER_##to + 1,
#include "tongban/transition.def"
#undef TB_SERVER_TRANSITION
};
