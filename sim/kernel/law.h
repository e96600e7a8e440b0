/* law.h: the laws of probability that statistics and theory are made of: normal, Student,
 * chi-square, incomplete beta and gamma functions. For results, never for random draws: they use
 * libm, whose last bit may differ between machines. Relative error below 1e-10 except in the far
 * tails of the functions called _below. Pure; a value outside of the domain is the programmer's
 * error. */
#ifndef TBS_KERNEL_LAW_H
#define TBS_KERNEL_LAW_H

#include "kernel/base.h"

/* Normal law; 0 < p < 1. */
double tbs_normal_below(double z);
double tbs_normal_density(double z);
double tbs_normal_quantile(double p);

/* Student's t law with df > 0 degrees of freedom, any real number of them; 0 < p < 1. */
double tbs_student_below(double t, double df);
double tbs_student_quantile(double p, double df);

/* Regularised incomplete beta function, 0 <= x <= 1, a and b > 0 (Abramowitz, Stegun 26.5.8). */
double tbs_beta_below(double x, double a, double b);

/* Regularised lower incomplete gamma function, x >= 0, a > 0 (6.5.29), and its complement, with
 * its digits however small. Chance of a chi-square beyond x. */
double tbs_gamma_below(double x, double a);
double tbs_gamma_above(double x, double a);
double tbs_chi_square_above(double x, double df);

/* x^-a e^x times the upper incomplete gamma function, x > 0, a > 0: where the function itself
 * would overflow or vanish (6.5.31). */
double tbs_gamma_upper_scaled(double x, double a);

#endif
