#!/bin/sh
# The report in a real browser, without pictures: for those run tests/report/check.sh itself.
# Usage: B=build tests/scripts/report.sh
set -eu
build=${B:-build}
.ci/deps .ci/packages-browser
PICTURES=none tests/report/check.sh >"$build/report.log" 2>&1 || {
    grep -v '^ok: ' "$build/report.log" >&2
    exit 1
}
echo "report: $(grep -c '^ok: ' "$build/report.log") checks in Chromium, ok"
