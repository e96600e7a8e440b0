/* The terminal: fetched anew each time, drawn over what is there. */
#include <ncurses.h>
#include <time.h>

#include "inside.h"

enum { PLAIN, LONG, LONGER, QUIET, LONG_MIN = 15, LONGER_MIN = 30, HEAD_LINES = 3 };

struct screen {
    const char *url;
    bool chinese, desks;
    enum tbi_top_order order;
    size_t first; /* row on top */
    struct tbi_top_city city;
    char error[TBI_TOP_ERROR_MAX];
    double commands_per_s;
    int64_t seen_commands;
    double seen_at_s; /* 0: never */
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void look(struct screen *screen)
{
    screen->error[0] = '\0';
    if (!tbi_top_fetch(screen->url, &screen->city, screen->error))
        return; /* what was seen last stays; it may come back */
    const double now = now_s();
    if (screen->seen_at_s > 0 && screen->city.commands >= screen->seen_commands)
        screen->commands_per_s = (double)(screen->city.commands - screen->seen_commands) /
                                 (now - screen->seen_at_s + 1e-9);
    screen->seen_commands = screen->city.commands;
    screen->seen_at_s = now;
}

static void line(int y, int colour, attr_t attributes, const char *text)
{
    move(y, 0);
    clrtoeol();
    attrset(COLOR_PAIR(colour) | attributes);
    addnstr(text, TBI_TOP_ROW_MAX);
    attrset(A_NORMAL);
}

static int colour_of(const struct tbi_top_station *station)
{
    if (station->hall && !station->accepts && station->waiting == 0)
        return QUIET;
    return station->half_min >= LONGER_MIN ? LONGER : station->half_min >= LONG_MIN ? LONG : PLAIN;
}

static void draw(struct screen *screen)
{
    static const char *const orders[TBI_TOP_ORDERS][2] = {
        {"longest wait", "等候时间"}, {"most waiting", "等候人数"}, {"name", "编号"}};
    char text[TBI_TOP_ROW_MAX];
    int y = HEAD_LINES;
    size_t skipped = 0;

    tbi_top_sort(&screen->city, screen->order);
    tbi_top_title(text, &screen->city, screen->chinese);
    line(0, screen->city.trouble[0] ? LONGER : PLAIN, A_BOLD, text);
    tbi_top_totals(text, &screen->city, screen->commands_per_s, screen->chinese);
    line(1, screen->error[0] ? LONGER : PLAIN, A_NORMAL, screen->error[0] ? screen->error : text);
    tbi_top_head(text, screen->chinese);
    line(2, PLAIN, A_REVERSE, text);
    for (size_t i = 0; i < screen->city.count && y < LINES - 1; i++) {
        const struct tbi_top_station *station = &screen->city.stations[i];
        if ((!station->hall && !screen->desks) || skipped++ < screen->first)
            continue;
        tbi_top_row(text, station, screen->chinese);
        line(y++, colour_of(station), A_NORMAL, text);
    }
    for (; y < LINES - 1; y++)
        line(y, PLAIN, A_NORMAL, "");
    snprintf(text, sizeof text,
             screen->chinese ? "q 退出  s 排序（%s）  d 审批岗  l 语言  ↑↓ 翻看"
                             : "q quit  s sort (%s)  d desks  l language  ↑↓ scroll",
             orders[screen->order][screen->chinese]);
    line(LINES - 1, PLAIN, A_REVERSE, text);
    refresh();
}

/* False: the user has seen enough. */
static bool key(struct screen *screen, int key)
{
    switch (key) {
    case 'q':
    case 'Q':
    case 3: /* Ctrl-C */
        return false;
    case 's':
        screen->order = (screen->order + 1) % TBI_TOP_ORDERS;
        break;
    case 'd':
        screen->desks = !screen->desks;
        break;
    case 'l':
        screen->chinese = !screen->chinese;
        break;
    case KEY_DOWN:
        screen->first += screen->first + 1 < screen->city.count;
        break;
    case KEY_UP:
        screen->first -= screen->first > 0;
        break;
    default:
        break;
    }
    return true;
}

void tbi_top_screen(const char *url, double every_s, bool chinese)
{
    struct screen screen = {.url = url, .chinese = chinese};
    double next_s = 0;
    int pressed = ERR;

    initscr();
    raw();
    noecho();
    keypad(stdscr, true);
    curs_set(0);
    start_color();
    use_default_colors();
    init_pair(LONG, COLOR_YELLOW, -1);
    init_pair(LONGER, COLOR_RED, -1);
    init_pair(QUIET, COLOR_BLUE, -1);
    do {
        if (now_s() >= next_s) {
            look(&screen);
            next_s = now_s() + every_s;
        }
        draw(&screen);
        const double left_s = next_s - now_s();
        timeout(left_s > 0 ? (int)(1e3 * left_s) + 1 : 0);
        pressed = getch();
    } while (key(&screen, pressed));
    endwin();
    tbi_top_free(&screen.city);
}
