#!/bin/sh
# The workbench: its command line, its guard against other pages, how fast it answers, and a
# planner's hour with it in a real browser.
# Usage: B=build tests/scripts/workbench.sh
set -eu
build=${B:-build}
folder=$build/workbench
scenario=sim/scenarios/city58
rm -rf "$folder"
mkdir -p "$folder"

fail() {
    echo "workbench: $1" >&2
    cat "$folder"/*.log >&2
    exit 1
}

# Bad command lines end with 2 and say what to do.
for words in "" "$scenario --port 70000" "$scenario --nonsense" "$folder/none" \
    "$scenario --staff $folder/none.csv"; do
    status=0
    # shellcheck disable=SC2086
    "$build/tongban" workbench $words >"$folder/bad.log" 2>&1 || status=$?
    [ $status -eq 2 ] && [ -s "$folder/bad.log" ] || fail "'$words' gave $status, not 2 and a word"
done

awk -F, -f sim/roster/staff.awk "$scenario/windows.csv" >"$folder/staff.csv"
"$build/tongban" workbench "$scenario" --port 0 --no-open --staff "$folder/staff.csv" \
    >"$folder/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
url=
for _ in $(seq 100); do
    url=$(grep -o 'http://[0-9.:]*/' "$folder/server.log" || true)
    [ -n "$url" ] && break
    sleep 0.1
done
[ -n "$url" ] || fail "the workbench did not start"

.ci/deps .ci/packages-browser || {
    echo "workbench: NOT CHECKED IN A BROWSER: Chromium can't be installed here" >&2
    exit 0
}
node tests/workbench/look.js "$url" "$folder" >"$folder/look.log" 2>&1 || {
    grep -v '^ok: ' "$folder/look.log" >&2
    exit 1
}
node tests/workbench/speed.js "$url" >"$folder/speed.log" || fail "too slow"

# What was downloaded is a plan.
"$build/tongban" simulate "$scenario" --plan "$folder/plan.csv" --days 7 --json \
    >"$folder/plan.json" 2>"$folder/plan.log" || fail "plan.csv is no plan"
[ ! -e "$folder/roster.xlsx" ] || unzip -tq "$folder/roster.xlsx" >/dev/null || fail "roster.xlsx"

kill $server
wait $server || fail "the end was not clean"
trap - EXIT
echo "workbench: $(grep -c '^ok: ' "$folder/look.log") checks in Chromium," \
    "$(cat "$folder/speed.log"), ok"
