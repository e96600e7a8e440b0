#!/bin/sh
# Usage: tests/run/unit.sh TESTS [PATTERN]
# Runs the Criterion program TESTS; with a PATTERN (suite/name, as Criterion's --filter takes it)
# only the tests that match. A pattern that matches nothing is a mistake, not a success. A test may
# take LIMIT_S seconds (300).
set -eu
tests=$1
pattern=${2:-*}

"$tests" --timeout "${LIMIT_S:-300}" --filter "$pattern" --json="$tests.json"
if grep -q -m1 '"passed": [1-9]' "$tests.json"; then
    exit 0
fi
echo "unit: no test matches '$pattern'; $tests --list shows them all" >&2
exit 1
