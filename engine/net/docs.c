/* COMMAND, COMMAND COUNT, COMMAND INFO, COMMAND DOCS: out of command.def and question.def. */
#include <stdio.h>

#include "server.h"

static const struct tb_command_row questions[] = {
#define TBI_QUESTION(name, roles, effect, arguments, help, chinese)                                \
    {name, roles, TB_EFFECT_##effect, arguments, help, chinese},
#include "question.def"
#undef TBI_QUESTION
};

enum {
    COMMANDS = TB_COMMAND_COUNT - 1,
    ROWS = COMMANDS + sizeof questions / sizeof questions[0],
};

/* All of them: the city's commands, then the questions. */
static const struct tb_command_row *row_at(uint32_t index)
{
    return index < COMMANDS ? tb_command_row(index + 1) : &questions[index - COMMANDS];
}

static const struct tb_command_row *row_find(const struct tbi_server *server,
                                             const struct tbi_argument *name)
{
    const uint32_t kind = tbi_grammar_find(server->grammar, name);

    for (uint32_t i = COMMANDS; kind == 0 && i < ROWS; i++)
        if (tbi_argument_is(name, row_at(i)->name))
            return row_at(i);
    return kind == 0 ? NULL : tb_command_row(kind);
}

/* As Redis describes a command: name, arity, flags, keys (none), categories. */
static void info_write(struct tbi_session *session, const struct tb_command_row *row)
{
    struct tbi_bytes *out = &session->out;

    if (row == NULL) {
        tbi_resp_null(out, session->version);
        return;
    }
    tbi_resp_array(out, 10);
    tbi_resp_string(out, row->name);
    tbi_resp_integer(out, -1);
    tbi_resp_array(out, 1);
    tbi_resp_status(out, row->effect == TB_EFFECT_CHANGE ? "write" : "readonly");
    for (int i = 0; i < 3; i++)
        tbi_resp_integer(out, 0);
    for (int i = 0; i < 4; i++)
        tbi_resp_array(out, 0);
}

static void docs_write(struct tbi_session *session, const struct tb_command_row *row)
{
    struct tbi_bytes *out = &session->out;
    char text[512];

    snprintf(text, sizeof text, "%s", row->help);
    tbi_resp_string(out, row->name);
    tbi_resp_map(out, session->version, 5);
    tbi_resp_string(out, "summary"), tbi_resp_string(out, text);
    tbi_resp_string(out, "since"), tbi_resp_string(out, "0.1");
    tbi_resp_string(out, "group"), tbi_resp_string(out, "generic");
    tbi_resp_string(out, "syntax"), tbi_resp_string(out, row->arguments);
    tbi_resp_string(out, "roles"), tbi_resp_string(out, row->roles);
}

void tbi_docs(struct tbi_server *server, struct tbi_session *session,
              const struct tbi_request *request)
{
    const struct tbi_argument *word = &request->arguments[1];
    const bool docs = request->count > 1 && tbi_argument_is(word, "DOCS");
    uint64_t found = 0;

    if (request->count > 1 && tbi_argument_is(word, "COUNT")) {
        tbi_resp_integer(&session->out, ROWS);
        return;
    }
    if (request->count > 1 && !docs && !tbi_argument_is(word, "INFO")) {
        tbi_server_refuse(session, "ERR", "unknown subcommand; COUNT, INFO and DOCS are there");
        return;
    }
    if (request->count <= 2) { /* all of them */
        if (docs)
            tbi_resp_map(&session->out, session->version, ROWS);
        else
            tbi_resp_array(&session->out, ROWS);
        for (uint32_t i = 0; i < ROWS; i++)
            docs ? docs_write(session, row_at(i)) : info_write(session, row_at(i));
        return;
    }
    if (!docs) {
        tbi_resp_array(&session->out, request->count - 2);
        for (uint32_t i = 2; i < request->count; i++)
            info_write(session, row_find(server, &request->arguments[i]));
        return;
    }
    for (uint32_t i = 2; i < request->count; i++)
        found += row_find(server, &request->arguments[i]) != NULL;
    tbi_resp_map(&session->out, session->version, found);
    for (uint32_t i = 2; i < request->count; i++) {
        const struct tb_command_row *row = row_find(server, &request->arguments[i]);
        if (row != NULL)
            docs_write(session, row);
    }
}
