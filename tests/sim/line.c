#include "sim/line.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void line_begin(struct line *line, int windows)
{
    memset(line, 0, sizeof *line);
    line->chance[0][0] = 1;
    line->windows = line->most = windows;
}

/* ---- time -------------------------------------------------------------------------------------
 */

static void flow_of(double (*restrict p)[LINE_Y], double rate, double (*restrict out)[LINE_Y])
{
    static const double none[LINE_Y];

    for (int x = 0; x < LINE_X; x++) {
        const double *fewer = x > 0 ? p[x - 1] : none, *more = x + 1 < LINE_X ? p[x + 1] : none;
        const double come = x + 1 < LINE_X ? rate : 0;
        for (int y = 0; y < LINE_Y; y++) {
            const double left = y + 1 < LINE_Y ? (y + 1) * p[x][y + 1] : 0;
            out[x][y] = rate * fewer[y] + (x + 1) * more[y] + left - (come + x + y) * p[x][y];
        }
    }
}

/* to = from + part * by, for all states. */
static void go(double (*to)[LINE_Y], double (*from)[LINE_Y], double part, double (*by)[LINE_Y])
{
    for (int x = 0; x < LINE_X; x++) {
        for (int y = 0; y < LINE_Y; y++) {
            to[x][y] = from[x][y] + part * by[x][y];
        }
    }
}

void line_pass(struct line *line, double rate, double dt, int steps)
{
    static double k[4][LINE_X][LINE_Y], q[LINE_X][LINE_Y];
    const double h = dt / steps;

    assert(h <= 0.0035);
    for (int step = 0; step < steps; step++) {
        flow_of(line->chance, rate, k[0]);
        for (int stage = 1; stage < 4; stage++) {
            go(q, line->chance, stage < 3 ? h / 2 : h, k[stage - 1]);
            flow_of(q, rate, k[stage]);
        }
        for (int stage = 0; stage < 4; stage++) {
            go(line->chance, line->chance, h / (stage % 3 == 0 ? 6 : 3), k[stage]);
        }
    }
    for (int n = line->windows; n < line->most; n++) {
        line->busy[n] *= exp(-dt);
    }
}

/* ---- windows ----------------------------------------------------------------------------------
 */

static double choose_log(int n, int k)
{
    return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

/* Of x busy ones or more, j are among those that close. */
static void windows_close(struct line *line, int to)
{
    static double q[LINE_X][LINE_Y];
    const int from = line->windows, d = from - to;
    double sum = 0;

    memset(q, 0, sizeof q);
    for (int x = 0; x < LINE_X; x++) {
        const int busy = x < from ? x : from, idle = from - busy;
        for (int j = d > idle ? d - idle : 0; j <= d && j <= busy; j++) {
            const double chance =
                exp(choose_log(busy, j) + choose_log(idle, d - j) - choose_log(from, d));
            for (int y = 0; y < LINE_Y; y++) {
                assert(y + j < LINE_Y || line->chance[x][y] < 1e-9);
                if (y + j >= LINE_Y) {
                    continue;
                }
                q[x - j][y + j] += line->chance[x][y] * chance;
                sum += j * line->chance[x][y] * chance;
            }
        }
    }
    memcpy(line->chance, q, sizeof q);
    for (int n = to; n < from; n++) {
        line->busy[n] = sum / d;
    }
}

/* Law of how many of the windows n .. end - 1 have their customer. */
static void holders(const double *busy, int n, int end, double law[LINE_Y])
{
    memset(law, 0, LINE_Y * sizeof *law);
    law[0] = 1;
    for (; n < end; n++) {
        for (int y = LINE_Y - 1; y >= 0; y--) {
            law[y] = law[y] * (1 - busy[n]) + (y > 0 ? law[y - 1] * busy[n] : 0);
        }
    }
}

static void windows_open(struct line *line, int to)
{
    static double q[LINE_X][LINE_Y];
    double these[LINE_Y], others[LINE_Y], all[LINE_Y];

    holders(line->busy, line->windows, to < line->most ? to : line->most, these);
    holders(line->busy, to, line->most, others);
    holders(line->busy, line->windows, line->most, all);
    memset(q, 0, sizeof q);
    for (int x = 0; x < LINE_X; x++) {
        for (int y = 0; y < LINE_Y; y++) {
            for (int j = 0; j <= y && x + j < LINE_X && all[y] > 0; j++) {
                q[x + j][y - j] += line->chance[x][y] * these[j] * others[y - j] / all[y];
            }
        }
    }
    memcpy(line->chance, q, sizeof q);
    line->most = to > line->most ? to : line->most;
}

void line_windows(struct line *line, int windows)
{
    assert(windows > 0 && windows < LINE_WINDOWS);
    if (windows < line->windows) {
        windows_close(line, windows);
    } else if (windows > line->windows) {
        windows_open(line, windows);
    }
    line->windows = windows;
}

/* ---- answers ----------------------------------------------------------------------------------
 */

double line_delayed(const struct line *line)
{
    double sum = 0;

    for (int x = line->windows; x < LINE_X; x++) {
        for (int y = 0; y < LINE_Y; y++) {
            sum += line->chance[x][y];
        }
    }
    return sum;
}

double line_total(const struct line *line, int count)
{
    double sum = 0;

    for (int y = 0; y < LINE_Y && y <= count; y++) {
        sum += count - y < LINE_X ? line->chance[count - y][y] : 0;
    }
    return sum;
}
