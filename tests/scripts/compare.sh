#!/bin/sh
# simulate twice, compare: verdicts, the page, and what is refused with which exit status.
# Usage: B=build tests/scripts/compare.sh
set -eu
. tests/run/trying.sh

# run NAME ARGUMENTS...: twenty mornings of the teaching hall into $work/NAME.
run() {
    name=$1
    shift
    "$program" simulate sim/scenarios/teach-erlang-a --days 1 --reps 20 --out "$work/$name" "$@" \
        >/dev/null || fail "simulate $* failed"
}

run patient
run again --threads 1
run hasty --set patience_mean=30s
run other --seed 2

"$program" compare "$work/patient" "$work/hasty" --lang en --out "$work/page" >"$work/en"
said "report: $work/page/compare.html" "$work/en"
said 'paired replications 20' "$work/en"
grep -Eq '^Cases arrived .* 0 \+- 0 +identical$' "$work/en" || fail 'other people arrived'
grep -Eq '^Left share .*%.* worse$' "$work/en" || fail "haste changes nothing: $(cat "$work/en")"
grep -q '</html>' "$work/page/compare.html" || fail 'half a page'

"$program" compare "$work/patient" "$work/again" --lang en >"$work/en"
grep -Eq ' (worse|better|changed|within noise)$' "$work/en" &&
    fail "equal runs differ: $(cat "$work/en")"
LC_ALL=zh_CN.UTF-8 "$program" compare "$work/patient" "$work/hasty" >"$work/zh"
said 确有恶化 "$work/zh"

refused 2 'which two folders' compare "$work/patient"
refused 2 'there is no option --into' compare "$work/patient" "$work/hasty" --into x
refused 2 "--lang is zh or en, not fr" compare "$work/patient" "$work/hasty" --lang fr
refused 2 "$work/nowhere" compare "$work/patient" "$work/nowhere"
refused 2 '--seed 2' compare "$work/patient" "$work/other"
refused 1 "$work/no/where" compare "$work/patient" "$work/hasty" --out "$work/no/where"
echo "compare: verdicts, page and refusals, ok"
