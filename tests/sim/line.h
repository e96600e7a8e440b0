/* line.h: the line M(t)/M/s(t)+M whose mean patience is as its mean service, 1, by its own
 * equations and nothing of the simulator: chances, no sampling.
 *
 * Everybody stays for a time of mean 1, served or not, so who is there does not depend on who is
 * served: in all, as many as in M(t)/M/infinity. A window that closes finishes its customer, who
 * is of no concern to who comes later; if the same window opens again before that, he is. So the
 * state is (x, y): x at open windows or waiting, y at closed windows, by Kolmogorov's forward
 * equations. The n-th window to open is the n-th last to close.
 *
 * Two things are assumed besides: that busy windows are as good as drawn from the open ones, and
 * that closed windows of different age, given y, hold their customers independently. May use:
 * libm. */
#ifndef TESTS_SIM_LINE_H
#define TESTS_SIM_LINE_H

enum { LINE_X = 208, LINE_Y = 56, LINE_WINDOWS = 256 };

struct line {
    double chance[LINE_X][LINE_Y];
    int windows, most;         /* open; ever open */
    double busy[LINE_WINDOWS]; /* closed window n: chance that it still has its customer */
};

/* Empty, at time 0. */
void line_begin(struct line *line, int windows);
/* From now on so many windows: some close, or open. */
void line_windows(struct line *line, int windows);
/* A time dt passes, in so many steps of Runge and Kutta; dt / steps at most 0.0035. */
void line_pass(struct line *line, double rate, double dt, int steps);
/* Chance that who comes now has to wait. */
double line_delayed(const struct line *line);
/* Chance that so many are there in all. */
double line_total(const struct line *line, int count);

#endif
