/* base.h: what every file of the kernel shares: assertions and 128-bit integers. */
#ifndef TBS_KERNEL_BASE_H
#define TBS_KERNEL_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 tbs_int128;
typedef unsigned __int128 tbs_uint128;

/* Programmer error: says where and aborts, in every build. One condition each, no side effects. */
#define tbs_assert(condition) \
    (__builtin_expect(!!(condition), 1) ? (void)0 \
                                        : tbs_assert_failed(#condition, __FILE__, __LINE__))

_Noreturn void tbs_assert_failed(const char *condition, const char *file, int line);

#endif
