#include "grammar.h"

#include <string.h>
#include <yaml.h>

/* libyaml's sentences in Chinese, and what planners have most likely done. */
static const struct {
    const char *begins, *zh, *en;
} sentences[] = {
    {"mapping values are not allowed", "这里不能再有冒号：缩进不齐，或者值里的冒号要加引号",
     "a colon where none may be: the line is indented wrongly, or quotes are missing"},
    {"did not find expected key", "缩进与同级的键不对齐", "not in line with the keys beside it"},
    {"could not find expected ':'", "缺少英文冒号加空格（全角“：”不算）",
     "a colon and a blank are missing (a full-width colon does not count)"},
    {"found character that cannot start", "有不能用在这里的字符（如 Tab、@、`）",
     "a character that may not stand here (a tab, @ or `)"},
    {"found unexpected end of stream", "引号没有结束", "the quotes are never closed"},
    {"did not find expected ',' or ']'", "方括号没有结束，或缺少英文逗号",
     "the bracket is never closed, or a comma is missing"},
    {"did not find expected ',' or '}'", "花括号没有结束，或缺少英文逗号",
     "the brace is never closed, or a comma is missing"},
    {"did not find expected '-'", "列表的“-”没有对齐", "the \"-\" of this list are not in line"},
    {"block sequence entries are not", "“-”不能写在这里：应另起一行",
     "\"-\" may not stand here: begin a new line"},
    {"control characters", "含有控制字符", "a control character"},
    {"did not find expected node content", "括号没有结束，或逗号、冒号后面没有内容",
     "a bracket is never closed, or nothing follows a comma or a colon"},
    {"found a tab character", "缩进处有 Tab，应为空格", "a tab where the indentation wants blanks"},
    {"found undefined alias", "以“*”开头的值要加引号", "a value that begins with * wants quotes"},
    {"did not find expected alphabetic", "以“*”或“&”开头的值要加引号",
     "a value that begins with * or & wants quotes"},
    {"found unknown escape character", "双引号里的“\\”要写两个，或改用单引号",
     "in double quotes write \\ twice, or use single quotes"},
    {"mapping keys are not allowed", "“?”不能写在这里：值要加引号",
     "? may not stand here: the value wants quotes"},
    {"did not find expected <document start>", "这里应是“键: 值”", "a \"key: value\" belongs here"},
};

static const char *sentence_of(struct tbi_arena *arena, const char *problem)
{
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (strncmp(problem, sentences[i].begins, strlen(sentences[i].begins)) == 0)
            return tbi_arena_format(arena, "%s\f%s", sentences[i].zh, sentences[i].en);
    }
    return problem;
}

static uint32_t line_at(const char *text, size_t offset)
{
    uint32_t line = 0;

    for (size_t i = 0; i < offset && text[i] != 0; i++)
        line += text[i] == '\n';
    return line;
}

/* What is missing at the end is missing behind the last words. */
static yaml_mark_t behind_words(yaml_mark_t mark, const char *text)
{
    size_t bytes = strlen(text), column = 0;

    while (bytes > 0 && strchr(" \t\r\n", text[bytes - 1]) != NULL)
        bytes--;
    const uint32_t last = line_at(text, bytes);
    if (mark.line <= last)
        return mark;
    for (; bytes > 0 && text[bytes - 1] != '\n'; bytes--)
        column += ((unsigned char)text[bytes - 1] & 0xc0) != 0x80;
    return (yaml_mark_t){.line = last, .column = column};
}

/* Where people have to look: what is never closed, is wrong where it was opened. */
static yaml_mark_t mark_of(const yaml_parser_t *parser, const char *text)
{
    if (parser->error == YAML_READER_ERROR)
        return (yaml_mark_t){.line = line_at(text, parser->problem_offset)};
    if (parser->context != NULL && strstr(parser->problem, "a tab") == NULL &&
        (strstr(parser->context, "scanning") != NULL ||
         strstr(parser->context, "flow") != NULL))
        return parser->context_mark;
    return parser->problem_mark;
}

static bool is_margin(const char *line)
{
    return strchr(" \t\r\n#-", line[0]) == NULL;
}

/* Blanks the key at the margin under which the line lies. False: it was blank already. */
static bool blank(char *text, size_t line)
{
    char *from = text, *c = text;

    for (size_t i = 0; i <= line && c != NULL; i++) {
        if (is_margin(c))
            from = c;
        c = strchr(c, '\n');
        c = c == NULL ? NULL : c + 1;
    }
    bool was = false;
    for (c = from; *c != 0 && (c == from || c[-1] != '\n' || !is_margin(c)); c++) {
        was |= strchr(" \t\r\n", *c) == NULL;
        if (*c != '\n')
            *c = ' ';
    }
    return was;
}

bool tbi_grammar_mend(const char *path, char *text, struct tb_scenario_problems *problems)
{
    struct tbi_arena arena = {0};
    bool right = true;

    while (true) {
        yaml_parser_t parser;
        yaml_event_t event;
        bool more = true, fine = true;

        tb_assert(yaml_parser_initialize(&parser) == 1);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
        while (more && (fine = yaml_parser_parse(&parser, &event) == 1)) {
            more = event.type != YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        }
        if (!fine) {
            const yaml_mark_t mark = behind_words(mark_of(&parser, text), text);
            const char *problem = parser.problem == NULL ? "?" : parser.problem;

            right = false;
            tbi_wrong(problems,
                      (struct tbi_at){path, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1},
                      TBI_WRONG_YAML_SYNTAX, sentence_of(&arena, problem), NULL, NULL);
            if (!blank(text, mark.line) && !blank(text, parser.problem_mark.line))
                text[0] = 0; /* what else there is cannot be told apart */
        }
        yaml_parser_delete(&parser);
        if (fine)
            break;
    }
    tbi_arena_free(&arena);
    return right;
}
