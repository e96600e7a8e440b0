/* code.c: the real code of engine/ring, as the explorer runs it: with hooks for atomics. */
#include "ring/ring.c"
#include "ring/wake.c"
