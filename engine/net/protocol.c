/* `tongban protocol`: the tables of PROTOCOL.md, out of the .def files that the server runs on. */
#include <stdio.h>
#include <string.h>

#include "serve.h"
#include "tongban/command.h"

static const struct {
    const char *name, *title;
} families[] = {{"TICKET", "号 · tickets"},       {"WINDOW", "窗口 · windows"},
                {"HALL", "大厅 · halls"},         {"BOOK", "预约 · appointments"},
                {"CASE", "案件 · cases"},         {"DESK", "审批岗 · desks"},
                {"KIOSK", "自助机 · kiosks"},     {"HELP", "帮办 · help desk"},
                {"RATE", "评价 · ratings"},       {"PLAN", "窗口计划 · plans"},
                {"CITY", "全市 · the city"},      {"EVENTS", "事件 · events"},
                {"CLOCK", "时钟 · the clock"}};

struct row {
    const char *name, *roles, *arguments, *help, *chinese;
    bool change;
};

static const struct row questions[] = {
#define TBI_QUESTION(name, roles, effect, arguments, help, chinese)                                \
    {name, roles, arguments, help, chinese, TB_EFFECT_##effect == TB_EFFECT_CHANGE},
#include "question.def"
#undef TBI_QUESTION
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

/* | in a table is written \|. */
static void cell_print(const char *text)
{
    for (; *text != '\0'; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
}

static void row_print(const struct row *row, const char *family)
{
    const size_t bytes = strlen(family);

    if (strncmp(row->name, family, bytes) != 0 || row->name[bytes] != '.')
        return;
    printf("| `%s", row->name);
    if (row->arguments[0] != '\0')
        putchar(' ');
    cell_print(row->arguments);
    printf("` | %s | %s | ", row->change ? "改 change" : "问 query", row->roles);
    printf("%s | ", row->chinese);
    cell_print(row->help);
    printf(" |\n");
}

static void commands_print(void)
{
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        printf("\n### %s · %s\n\n", families[f].name, families[f].title);
        printf("| 命令 command | 种类 kind | 角色 roles | 作用 | what it does |\n"
               "|---|---|---|---|---|\n");
        for (uint32_t kind = 1; kind < TB_COMMAND_COUNT; kind++) {
            const struct tb_command_row *c = tb_command_row(kind);
            row_print(&(struct row){c->name, c->roles, c->arguments, c->help, c->chinese,
                                    c->effect == TB_EFFECT_CHANGE},
                      families[f].name);
        }
        for (int q = 0; q < QUESTIONS; q++)
            row_print(&questions[q], families[f].name);
    }
}

static void errors_print(void)
{
    printf("\n| 代码 code | 说明 | what is wrong | what to do |\n|---|---|---|---|\n");
    for (uint32_t status = 1; status < TB_STATUS_COUNT; status++)
        printf("| `%s` | %s | %s | %s |\n", tb_status_name(status), tb_status_chinese(status),
               tb_status_sentence(status), tb_status_remedy(status));
}

static void events_print(void)
{
    printf("\n| 事件 event | what happened |\n|---|---|\n");
    for (uint32_t kind = 1; kind < TB_EVENT_COUNT; kind++)
        printf("| `%s` | %s |\n", tb_event_name(kind), tb_event_help(kind));
}

static const struct {
    const char *name;
    void (*print)(void);
} tables[] = {{"commands", commands_print}, {"errors", errors_print}, {"events", events_print}};
enum { TABLES = sizeof tables / sizeof tables[0], EXIT_USAGE = 2 };

int tbi_cmd_protocol(int argc, char **argv)
{
    for (int t = 0; t < TABLES && argc == 2; t++)
        if (strcmp(argv[1], tables[t].name) == 0) {
            tables[t].print();
            return 0;
        }
    if (argc == 1) {
        for (int t = 0; t < TABLES; t++)
            tables[t].print();
        return 0;
    }
    fprintf(stderr, "usage: tongban protocol [commands|errors|events]\n"
                    "The tables of engine/net/PROTOCOL.md, as Markdown.\n");
    return EXIT_USAGE;
}
