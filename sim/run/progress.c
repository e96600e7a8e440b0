#include "run/progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void tbs_bar_begin(struct tbs_bar *bar)
{
    bar->shown = isatty(STDERR_FILENO) == 1;
    bar->began_s = bar->told_s = now_s();
}

void tbs_bar_tell(void *context, const struct tbs_run_progress *progress)
{
    struct tbs_bar *bar = context;
    const double now = now_s(), passed = now - bar->began_s;
    char cells[BAR_WIDTH + 1];

    if (!bar->shown || now - bar->told_s < 0.1) {
        return;
    }
    bar->told_s = now;
    const int full = (int)(progress->done * BAR_WIDTH);
    memset(cells, '.', BAR_WIDTH);
    memset(cells, '#', (size_t)(full < BAR_WIDTH ? full : BAR_WIDTH));
    cells[BAR_WIDTH] = '\0';
    const double left = progress->done > 0 ? passed / progress->done - passed : 0;
    fprintf(stderr, "\r[%s] %3.0f%%  %.2f M cases/s  %.0f s left ", cells, 100 * progress->done,
            progress->cases / passed / 1e6, left);
}

void tbs_bar_end(struct tbs_bar *bar)
{
    if (bar->shown) {
        fprintf(stderr, "\r\033[K");
    }
}

atomic_bool tbs_stop;
static volatile sig_atomic_t stop_signal;

int tbs_stop_status(void)
{
    return stop_signal != 0 ? 128 + stop_signal : 0;
}

static void on_signal(int number)
{
    stop_signal = number;
    atomic_store_explicit(&tbs_stop, true, memory_order_relaxed); /* a flag, guards nothing */
}

void tbs_stop_on_signal(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN);
}
