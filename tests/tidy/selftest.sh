#!/bin/bash
# Usage: tests/tidy/selftest.sh
# Shows that each check of tidy.sh can fail: a small sample of the repository passes, and each bad
# example added to it is refused, by the check and for the reason that are named here.
set -u
export LC_ALL=C MAKEFLAGS=
here=$(cd "$(dirname "$0")" && pwd)
sample=$(mktemp -d)
kept=$(mktemp -d)
trap 'rm -rf "$sample" "$kept"' EXIT
case_count=0

fail() {
    echo "tidy/selftest: $1" >&2
    exit 1
}

# put PATH: what stands on standard input becomes this file of the sample, compiled if it is C.
put() {
    mkdir -p "$sample/$(dirname "$1")" "$sample/build/obj/$(dirname "$1")"
    cat >"$sample/$1"
    [[ $1 != *.c ]] || gcc -std=gnu17 -w -c -I"$sample/include" -I"$sample/engine/ring" \
        -o "$sample/build/obj/${1%.c}.o" "$sample/$1" || fail "$1 does not compile"
}

make_good() {
    put include/tongban/city.h <<<'int tb_city_hash(void);'
    put engine/ring/atomic.h <<'END'
#include <stdatomic.h>
#include <stdint.h>
enum { TBI_E1 };
typedef struct { _Atomic uint64_t word; } tbi_atomic_u64;
#define tbi_atomic_store_release(e, o, v) \
    atomic_store_explicit(&(o)->word, v, memory_order_release)
END
    put engine/ring/ring.c <<'END'
#include "atomic.h"
void tbi_ring_put(tbi_atomic_u64 *head)
{
    tbi_atomic_store_release(TBI_E1, head, 1);
}
END
    put engine/core/city.c <<'END'
/* Comments may say double, 0.5 and atomic_thread_fence(). */
#include <string.h>
#include <tongban/city.h>
static const char text[] = "float";
int tb_city_hash(void)
{
    return memcmp(text, "a", 1);
}
END
    put sim/kernel/clock.c <<<'double tbs_clock = 0.5;'
    cp -r "$sample/." "$kept"
}

# The good sample again, as it was compiled.
good() {
    rm -rf "$sample"
    cp -r "$kept" "$sample"
}

# refused CHECK REASON: the sample as it is now must be refused, by CHECK and with REASON.
refused() {
    local out
    if out=$("$here/tidy.sh" "$sample" "$sample/build/obj" "$1"); then
        fail "check $1 accepted: $2"
    fi
    grep -qF -- "$2" <<<"$out" || fail "check $1 did not say '$2' but: $out"
    case_count=$((case_count + 1))
    good
}

repeat() { awk -v count="$1" -v text="$2" 'BEGIN { while (count-- > 0) print text }'; }

make_good
out=$("$here/tidy.sh" "$sample" "$sample/build/obj") || fail "the good sample was refused: $out"

repeat 801 '/**/' | put engine/log/long.h
refused file_length 'engine/log/long.h:801: the file has more than 800 lines'
{ repeat 1 'void tb_long(void)'; echo '{'; repeat 69 '    ;'; echo '}'; } | put engine/log/long.c
refused function_length 'engine/log/long.c:2: the function has 71 lines'
put engine/log/brace.c <<<$'int tb_brace(int a) {\n    return a;\n}'
refused function_brace 'engine/log/brace.c:1: the brace of a function'
put tests/unit/wide.h <<<"$(printf '/* %097d */' 0)"
refused line_length 'tests/unit/wide.h:1: 103 columns'
put tests/unit/wide.h <<<"/* $(repeat 50 大厅 | tr -d '\n') */"
refused line_length 'tests/unit/wide.h:1: 206 columns'
put engine/net/a.c <<<'int tb_a; '
refused blanks 'engine/net/a.c:1: blanks at the end'
put engine/net/a.c <<<$'int\ttb_a;'
refused blanks 'engine/net/a.c:1: a tab'
put engine/net/a.c <<<$'int tb_a;\r'
refused blanks 'engine/net/a.c:1: the line ends with CR LF'
printf 'int tb_a;' | put engine/net/a.c
refused blanks 'engine/net/a.c:$: the last line has no end'

put engine/core/up.c <<<'#include "../ring/atomic.h"'
refused layers 'engine/core/up.c:1: engine/core may not include engine/ring/atomic.h'
put engine/ring/up.c <<<'#include <tongban/city.h>'
refused layers 'engine/ring/up.c:1: engine/ring may not include include/tongban/city.h'
put engine/net/net.h </dev/null
put sim/model/up.c <<<'#include "../../engine/net/net.h"'
refused layers 'sim/model/up.c:1: sim/model may not include engine/net/net.h'
put engine/attic/up.c <<<'#include <tongban/city.h>'
refused layers 'engine/attic/up.c:1: folder engine/attic has no row'
put include/tongban/up.h <<<'#include "../../engine/ring/atomic.h"'
refused layers 'include/tongban/up.h:1: include may not include engine/ring/atomic.h'
put engine/core/clock.c <<<'#include <time.h>'
refused core_headers 'engine/core/clock.c:1: not for the core: <time.h>'
put engine/core/clock.c <<<$'long time(long *);\nlong tb_now(void)\n{\n    return time(0);\n}'
refused core_symbols 'engine/core/clock.c:1: the core may not call time'
put engine/core/memory.c <<'END'
void *malloc(unsigned long);
void *tb_new(void)
{
    return malloc(8);
}
END
refused core_symbols 'engine/core/memory.c:1: the core may not call malloc'
put engine/log/name.c <<<'int log_count;'
refused exported_names 'engine/log/name.c:1: the external name log_count'
put sim/model/name.c <<<'int tb_model;'
refused exported_names 'sim/model/name.c:1: the external name tb_model'

put engine/core/real.c <<<'static double wait;'
refused core_integers 'engine/core/real.c:1: floating point'
put engine/core/real.h <<<'enum { wait = (int)(0.5 * 4) };'
refused core_integers 'engine/core/real.h:1: floating point'
put engine/host/fence.h <<<'#define fence() atomic_thread_fence(5)'
refused fences 'engine/host/fence.h:1: a free-standing fence'
put sim/model/fence.h <<<'#define fence() __atomic_thread_fence(5)'
refused fences 'sim/model/fence.h:1: a free-standing fence'
put engine/host/raw.h <<<'#define raw(p) atomic_load_explicit(p, 0)'
refused atomics 'engine/host/raw.h:1: a raw atomic'
put engine/host/raw.h <<<'#define raw(p) __atomic_load_n(p, 0)'
refused atomics 'engine/host/raw.h:1: a raw atomic'
put engine/ring/edge.h <<<'#define put(p) tbi_atomic_store_release(0, p, 1)'
refused atomics 'engine/ring/edge.h:1: an atomic operation without its edge'
put engine/ring/atomic.h <<<'#define put(p) atomic_store(p, 1)'
refused atomics 'engine/ring/atomic.h:1: spell the memory order out'
put tests/unit/place.txt <<<"see /wor""k/notes"
refused places 'tests/unit/place.txt:1: names a place of one machine'

# The Makefile compiles each header alone; this one needs <stdint.h> and doesn't say so.
header_refused() {
    cp "$here/../../Makefile" "$sample/"
    mkdir -p "$sample/.ci" && touch "$sample/.ci/packages" "$sample/.ci/deps"
    touch "$sample/build/.deps"
    put "$1" <<<"$2"
    out=$(make -C "$sample" "build/obj/$1.ok" 2>&1) && fail "$1 was accepted: $2"
    grep -qF -- "$3" <<<"$out" || fail "make did not say '$3' but: $out"
    case_count=$((case_count + 1))
    good
}
header_refused include/tongban/alone.h 'uint32_t tb_alone(void);' 'unknown type name'
header_refused engine/core/alone.h 'uint32_t tb_alone(void);' 'unknown type name'
header_refused include/tongban/cpp.h 'int tb_take(int class);' 'expected primary-expression'

checks=$(grep -c '^check_' "$here/tidy.sh")
proven=$(grep -oE '^refused [a-z_]+' "$0" | sort -u | wc -l)
[ "$checks" = "$proven" ] || fail "$checks checks, but bad examples for $proven"
echo "tidy/selftest: $case_count bad examples refused, $checks checks and headers alone, ok"
