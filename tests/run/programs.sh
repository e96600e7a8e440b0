#!/bin/sh
# Usage: tests/run/programs.sh ARGUMENTS PROGRAM...
# Runs each PROGRAM with ARGUMENTS (one word that is split at blanks). Status 0 is a success, 77
# means that this machine can't run it, which is said loudly; all else ends the run with the line
# that repeats it. LIMIT_S is how long one program may take.
set -eu
arguments=$1
shift
limit_s=${LIMIT_S:-300}
export UBSAN_OPTIONS="print_stacktrace=1 ${UBSAN_OPTIONS:-}"
export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"

# ThreadSanitizer of GCC 12 can't map its shadow where addresses are randomised over 32 bits.
fixed=
if setarch -R true 2>/dev/null; then
    fixed="setarch -R"
fi

skipped=0
for program in "$@"; do
    status=0
    # shellcheck disable=SC2086 -- both lists are meant to split into words
    timeout "$limit_s" $fixed "$program" $arguments || status=$?
    case $status in
    0) ;;
    77)
        echo "SKIPPED: $program $arguments"
        skipped=$((skipped + 1))
        ;;
    124)
        echo "FAILED: $program $arguments: still running after $limit_s s" >&2
        exit 1
        ;;
    *)
        echo "FAILED with status $status; to repeat it: $program $arguments" >&2
        exit 1
        ;;
    esac
done
echo "programs: $# run with '$arguments', $skipped skipped, ok"
