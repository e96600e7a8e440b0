/* What a failed tb_assert does: says where on standard error, and stops the program.
 *
 * It lives here, and not in the core, so that the core does no output; a program that wants its
 * assertions elsewhere defines its own tb_assert_failed, and this file is not linked in. */
#include <stdio.h>
#include <stdlib.h>

#include "tongban/base.h"

void tb_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    fflush(stderr);
    abort();
}
