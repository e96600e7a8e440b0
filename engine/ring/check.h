/* check.h: the programmer-error check of engine/ring, on in every build.
 *
 * The ring stands alone, so it can't use the library's tb_assert; this is the same thing.
 */
#ifndef TBI_RING_CHECK_H
#define TBI_RING_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* Stops the program, with the place and the condition, if the condition is false. */
#define tbi_check(condition)                                                                       \
    ((condition) ? (void)0 : tbi_check_failed(#condition, __FILE__, __LINE__))

static inline _Noreturn void tbi_check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: programmer error: %s does not hold\n", file, line, condition);
    abort();
}

#endif
