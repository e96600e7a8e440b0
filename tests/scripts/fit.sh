#!/bin/sh
# A recorded log becomes a trace and plans, and is held against its replay.
# Usage: B=build [DATA=../shared/data] tests/scripts/fit.sh
set -eu
program=${B:-build}/tongban
data=${DATA:-../shared/data}/bank-calls-1999-02-first-half.tsv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

fail() { echo "fit: $*" >&2; exit 1; }

# row PRIORITY TYPE ENTRY Q_START Q_EXIT Q_TIME OUTCOME SER_START SER_TIME SERVER
row() { printf 'AA\t1\t%s\t%s\t990201\t%s\t0\t0\t%s\t%s\t%s\t%s\t%s\t0\t%s\t%s\n' "$@"; }
{
    printf 'vru+line\tcall_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\t'
    printf 'q_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n'
    row 0 PS 9:00:00 0:00:00 0:00:00 0 AGENT 9:00:00 100 A01
    row 0 PS 9:00:10 9:00:10 9:01:40 90 AGENT 9:01:40 60 A01
    row 2 PS 9:00:20 9:00:20 9:00:35 15 HANG 0:00:00 0 NO_SERVER
    row 0 PS 9:00:30 0:00:00 0:00:00 0 HANG 0:00:00 0 NO_SERVER
    row 0 PS 9:00:40 0:00:00 0:00:00 0 PHANTOM 0:00:00 0 NO_SERVER
    row 0 PS 9:50:00 0:00:00 0:00:00 0 AGENT 9:50:00 30 A01
    row 0 PS 23:59:50 0:00:00 0:00:00 0 AGENT 0:00:05 30 A02
} >"$work/log"

"$program" fit bank "$work/log" --out "$work/out" >"$work/said"
head -n 4 "$work/out/calls.csv" | cut -d, -f1-4 >"$work/calls"
cmp -s "$work/calls" - <<END || fail "calls: $(cat "$work/calls")"
arrival_at,hall,matter,class
1999-02-01T09:00:00,bank,PS,normal
1999-02-01T09:00:10,bank,PS,normal
1999-02-01T09:00:20,bank,PS,green
END
grep -q '^1999-02-01T09:00:20,bank,PS,green,[0-9]*,15$' "$work/out/calls.csv" ||
    fail 'who hung up after 15 s has not a patience of 15 s'
grep -q '^1999-02-01T23:59:59,' "$work/out/calls.csv" || fail 'lost a call at midnight'
# Two calls in a row are one stretch, 47 min part two; A02's call began after midnight.
cat >"$work/plan" <<END
hall,day,from,to,windows
bank,weekday,09:00:00,09:02:40,1~1
bank,weekday,09:50:00,09:50:30,1~1
END
cmp -s "$work/plan" "$work/out/plans/1999-02-01.csv" || fail "plan: $(cat "$work/out/plans/"*)"
# The second caller waits 90 s in the record and here; the third hangs up after 15 s in both.
grep -q '^1999-02-01,9,4,26.2,1,4,26.2,1$' "$work/out/comparison.csv" ||
    fail "comparison: $(cat "$work/out/comparison.csv")"
grep -q 'left out: 1 hung up in the voice menu, 1 phantoms' "$work/said" || fail 'what is left out'

refused() { # STATUS TEXT ARGUMENTS...
    want=$1 text=$2
    shift 2
    status=0
    "$program" fit "$@" >"$work/said" 2>&1 || status=$?
    [ "$status" = "$want" ] || fail "$*: exit status $status, not $want"
    grep -q -e "$text" "$work/said" || fail "$*: no '$text': $(cat "$work/said")"
}
refused 2 'which kind of log?'
refused 2 'the kinds of logs are: bank; not hospital' hospital "$work/log" --out "$work/no"
refused 2 'where to?' bank "$work/log"
refused 2 '--idle takes whole minutes' bank "$work/log" --out "$work/no" --idle soon
refused 2 "$work/none:0: cannot be opened" bank "$work/none" --out "$work/no"
sed 's/9:00:20/9:61:20/' "$work/log" >"$work/bad"
refused 2 "bad:4: .* '9:61:20' is not a time like 8:05:30" bank "$work/bad" --out "$work/no"
sed 's/HANG/HUNG/' "$work/log" >"$work/bad"
refused 2 "bad:4: outcome 'HUNG'" bank "$work/bad" --out "$work/no"
sed 's/A02/A99/' "$work/log" >"$work/bad"
refused 2 'windows.csv has no window named A99' bank "$work/bad" --out "$work/no"
cut -f1-9 "$work/log" >"$work/bad"
refused 2 'bad:1: column q_exit is missing' bank "$work/bad" --out "$work/no"
[ ! -e "$work/no" ] || fail 'a log that was refused left something behind'
refused 1 'cannot be' bank "$work/log" --out "$work/log/in"

if [ ! -r "$data" ]; then
    echo "fit: SKIPPED the real log: $data is not here (set DATA to its folder)"
else
    "$program" fit bank "$data" --out "$work/a" >"$work/said"
    "$program" fit bank "$data" --out "$work/b" >/dev/null
    diff -r "$work/a" "$work/b" || fail 'the same log, other files'
    # 17,456 rows, less phantoms and those who never joined the line; the recorded waits are facts.
    awk '$1 == "all" { found = 1
        if ($2 != 16290 || $3 != 37.1 || $5 != "11.6%") { print "recorded: " $0; exit 1 }
        if ($4 < 0.7 * $3 || $4 > 1.3 * $3 || $6 + 0 < 8 || $6 + 0 > 14) {
            print "simulated: " $0; exit 1 } }
        END { if (!found) exit 1 }' "$work/said" || fail "the real log: $(cat "$work/said")"
    # Without pauses all come through sooner.
    "$program" fit bank "$data" --out "$work/c" --tireless >"$work/said"
    awk '$1 == "all" && $4 < 0.5 * $3 { found = 1 } END { exit !found }' "$work/said" ||
        fail "tireless: $(cat "$work/said")"
    # The trace itself is as recorded; pauses stand in a trace of their own.
    cmp -s "$work/a/calls.csv" "$work/c/calls.csv" || fail 'the trace depends on the pauses'
    "$program" simulate sim/scenarios/bank --trace "$work/a/calls.csv" --out "$work/run" >/dev/null
    [ -s "$work/run/report.html" ] || fail 'no report of the real log'
fi
echo "fit: calls, plans, comparison and refusals, ok"
