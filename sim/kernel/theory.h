/* theory.h: exact results of queueing theory: what the simulator is proven against, and what the
 * planner starts from.
 *
 * Rates are per unit of time, any unit, the same throughout; times come out in that unit. lambda
 * is the rate of arrivals, mu the rate of one server, theta the rate at which one who waits gives
 * up, a = lambda / mu the offered load in servers. A wait is the time in line, before service
 * begins. A line that can't hold has waits of INFINITY and delays with probability 1. Rates that
 * aren't positive, or servers that are none, are the programmer's error.
 *
 * Pure, any thread, nothing allocates. They use libm: for results, not for random draws. */
#ifndef TBS_KERNEL_THEORY_H
#define TBS_KERNEL_THEORY_H

#include "kernel/base.h"

/* ---- loss: M/M/c/c -------------------------------------------------------------------------- */

/* Erlang B: share of arrivals that find all c servers busy and are lost, by the recursion in c. */
double tbs_erlang_b(double a, uint32_t c);

/* The same for a real number of servers x >= 0, and the x at which the loss is b, 0 < b < 1
 * (Jagerman: Some properties of the Erlang loss function, 1974). */
double tbs_erlang_b_real(double a, double x);
double tbs_erlang_b_servers(double a, double b);

/* ---- M/M/c ---------------------------------------------------------------------------------- */

/* Erlang C: share of arrivals that wait. */
double tbs_erlang_c(double a, uint32_t c);
double tbs_mmc_wait_mean(double lambda, double mu, uint32_t c);
/* Share of arrivals that wait longer than t; the wait that a share q does not exceed. */
double tbs_mmc_wait_beyond(double lambda, double mu, uint32_t c, double t);
double tbs_mmc_wait_quantile(double lambda, double mu, uint32_t c, double q);
/* Fewest servers so that at least a share `level` (below 1) waits no longer than t. */
uint32_t tbs_mmc_servers(double lambda, double mu, double t, double level);

/* Square-root rule: servers for load a so that about a share `delay` waits, a + beta sqrt a
 * (Halfin, Whitt: Heavy-traffic limits for queues with many exponential servers, 1981). */
double tbs_square_root_staffing(double a, double delay);

/* ---- M/M/c/K -------------------------------------------------------------------------------- */

struct tbs_mmck {
    double loss;       /* share of arrivals turned away */
    double delay;      /* share of the admitted that wait */
    double wait_mean;  /* of the admitted */
    double line_mean;  /* people waiting */
    double busy_mean;  /* servers busy */
};

/* At most k >= c in the system, waiting and in service. */
struct tbs_mmck tbs_mmck(double lambda, double mu, uint32_t c, uint32_t k);

/* ---- Erlang A: M/M/c+M ---------------------------------------------------------------------- */

struct tbs_erlang_a {
    double delay;      /* share of arrivals that don't start at once */
    double abandon;    /* share of arrivals that give up */
    double wait_mean;  /* of all arrivals, until service or giving up */
    double line_mean;
    double busy_mean;
};

/* Garnett, Mandelbaum, Reiman: Designing a call center with impatient customers, 2002; by the
 * birth-and-death equations, rescaled on the way so that no load overflows. */
struct tbs_erlang_a tbs_erlang_a(double lambda, double mu, double theta, uint32_t c);

/* Share of arrivals that are still in line after t, and of arrivals that would be, had they no end
 * of patience (the offered, or virtual, wait): Zeltyn, Mandelbaum: Call centers with impatient
 * customers: many-server asymptotics of the M/M/n+G queue, 2005, by an incomplete gamma function.
 * */
double tbs_erlang_a_wait_beyond(double lambda, double mu, double theta, uint32_t c, double t);
double tbs_erlang_a_offered_beyond(double lambda, double mu, double theta, uint32_t c, double t);

/* ---- M/G/1 and priorities ------------------------------------------------------------------- */

/* Pollaczek, Khinchine; service with a mean and a coefficient of variation (0: M/D/1). */
double tbs_mg1_wait_mean(double lambda, double service_mean, double service_cv);

struct tbs_priority_class {
    double lambda;
    double service_mean, service_cv;
};

/* Mean wait of each class, most urgent first, one server, no interruption (Cobham: Priority
 * assignment in waiting line problems, 1954). wait_mean: room for count. All classes together
 * must be less than one server's work, else all are INFINITY. */
void tbs_priority_mg1(const struct tbs_priority_class *classes, uint32_t count,
                      double *wait_mean);

/* The same for c servers and exponential service at rate mu for every class. */
void tbs_priority_mmc(const double *lambda, uint32_t count, double mu, uint32_t c,
                      double *wait_mean);

/* ---- other models --------------------------------------------------------------------------- */

struct tbs_repair {
    double down_mean;  /* machines out of order: waiting or in repair */
    double line_mean;  /* of these waiting */
    double busy_mean;  /* repairers at work */
    double wait_mean;  /* from failure to the begin of repair */
    double rate;       /* failures per unit of time */
};

/* Finite source M/M/c//n: each of n machines fails at rate lambda while it runs, c repairers. */
struct tbs_repair tbs_machine_repair(double lambda, double mu, uint32_t n, uint32_t c);

/* M(t)/M/infinity at rate mean + amplitude sin(2 pi t / period), begun long ago: people in the
 * system at t, a Poisson number with this mean (Eick, Massey, Whitt: M(t)/G/infinity queues with
 * sinusoidal arrival rates, 1993). */
double tbs_infinite_sinus_mean(double mean, double amplitude, double period, double mu, double t);

/* A station of an open Jackson network, and what comes out for it. */
struct tbs_jackson_station {
    double outside;     /* rate of arrivals from outside */
    double mu;
    uint32_t servers;
    double through;     /* out: rate of arrivals in all */
    double inside_mean; /* out: people here */
};

/* Solves the traffic equations (Jackson: Jobshop-like queueing systems, 1963) and returns the mean
 * time from coming in to leaving for good. route[i * count + j]: share that goes from i to j; each
 * row sums to 1 or less, the rest leaves. At most TBS_JACKSON_MAX stations. INFINITY if a station
 * can't hold, or someone can never leave. */
enum { TBS_JACKSON_MAX = 32 };
double tbs_jackson(struct tbs_jackson_station *stations, const double *route, uint32_t count);

#endif
