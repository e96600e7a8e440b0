#!/bin/sh
# Usage: tests/run/fuzz.sh SECONDS PROGRAM...
# Runs each libFuzzer PROGRAM for SECONDS. Inputs that reached something new are kept beside the
# program and used again; tests/fuzz/corpus/NAME, where it exists, is read first and not written.
# An input that fails is left as PROGRAM.crash-*, and libFuzzer prints the line that repeats it.
set -eu
seconds=$1
shift
for program in "$@"; do
    name=$(basename "$program")
    seeds=tests/fuzz/corpus/$name
    [ -d "$seeds" ] || seeds=
    mkdir -p "$program.corpus"
    # shellcheck disable=SC2086 -- no seeds means no argument
    "$program" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$program." "$program.corpus" $seeds
done
echo "fuzz: $# programs, $seconds s each, ok"
