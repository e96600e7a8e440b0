#!/bin/sh
# simulate and generate as a user meets them: stopped, on a full disk, killed, with files from
# Chinese Excel, with mistakes, on a terminal and in a pipe, until narrow enough, paired.
# Usage: B=build tests/scripts/simulate.sh
set -eu
. tests/run/trying.sh
hall=sim/scenarios/teach-one-hall
export LC_ALL=C
# run STATUS ARGUMENTS...: the exit status; output in $work/out and $work/err.
run() {
    want=$1
    shift
    status=0
    "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$want" ] || fail "$*: exit status $status, not $want: $(cat "$work/err")"
}
# key NAME FILE: a number or word of a summary.
key() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$2" | head -n 1; }
# figures: the summary in $work/out but for what names files, their bytes and the machine.
figures() { grep -Ev '"(command|state_hash|demand_hash|wall_s|cases_per_s|id)"' "$work/out"; }
# nothing FOLDER: no file under a final name, no leftover.
nothing() { [ ! -e "$1" ] || [ -z "$(ls -A "$1")" ] || fail "left behind: $(ls -A "$1")"; }

# Until the interval is as narrow as asked, and no longer.
run 0 simulate $hall --days 20 --until 'wait_p90 +-5%' --json
cp "$work/out" "$work/until"
awk -v n="$(key replications "$work/until")" 'BEGIN { exit !(n > 10 && n < 10000) }' ||
    fail "--until ran $(key replications "$work/until")"
# The first one is the figure, the second one its half-width.
grep '"wait_p90_s"' "$work/until" | tr -cd '0-9.\n' | sed 's/^90//' |
    awk 'NR == 1 { v = $1 } NR == 2 { exit !($1 > 0 && $1 <= 0.05 * v) }' ||
    fail "--until: $(grep wait_p90_s "$work/until")"
run 2 simulate $hall --until 'wait_p90 2%'
run 2 simulate $hall --until 'wait_p91 +-2%'

# Ctrl-C and kill: what is finished stays, and the exit status tells.
for signal in INT:130 TERM:143; do
    "$program" simulate $hall --reps 1000000 --out "$work/stopped" >"$work/out" 2>"$work/err" &
    run=$!
    # Once it has computed for a while, half a second of its own time: ticks are 10 ms.
    until [ "$(awk '{ print $14 + $15 }' /proc/$run/stat)" -gt 50 ]; do sleep 0.1; done
    kill -"${signal%:*}" $run
    status=0
    wait $run || status=$?
    [ $status = "${signal#*:}" ] || fail "$signal: exit status $status: $(cat "$work/err")"
    said 'the results are those of what was finished' "$work/err"
    done=$(key replications "$work/stopped/summary.json")
    [ "$(key replications_asked "$work/stopped/summary.json")" = 1000000 ] || fail 'asked for less'
    [ "$done" -gt 0 ] && [ "$done" -lt 1000000 ] || fail "finished $done"
    said '</html>' "$work/stopped/report.html"
    rm -r "$work/stopped"
done

# A full disk, or a file that may not grow: an error, and no half file.
(ulimit -f 8 && "$program" simulate $hall --days 5 --out "$work/full") 2>"$work/err" >"$work/out" &&
    fail 'wrote files larger than allowed'
said 'File too large' "$work/err"
nothing "$work/full"
mkdir "$work/few"
(ulimit -f 8 && "$program" simulate $hall --days 50 --tickets "$work/few/tickets.csv") \
    2>"$work/err" >"$work/out" && fail 'wrote tickets larger than allowed'
(ulimit -f 8 && "$program" generate $hall --days 50 --out "$work/few/trace.csv") \
    2>>"$work/err" >"$work/out" && fail 'wrote a trace larger than allowed'
nothing "$work/few"
for what in 'simulate --tickets /dev/full' 'generate --out /dev/full'; do
    run 1 ${what%% *} $hall --days 20 ${what#* }
    said 'No space left on device' "$work/err"
    [ -c /dev/full ] || fail '/dev/full is a file now'
done
for what in simulate 'simulate --json' generate; do
    "$program" $what $hall --days 20 2>"$work/err" >/dev/full && fail "$what to a full disk"
    said 'No space left on device' "$work/err"
done

# Killed at once, now or later: nothing under a final name but whole files.
for after in 0.05 0.15 0.3; do
    "$program" simulate $hall --reps 3 --tickets "$work/few/tickets.csv" --out "$work/killed" \
        >"$work/out" 2>&1 &
    run=$!
    sleep $after
    kill -9 $run 2>/dev/null || true
    wait $run 2>/dev/null || true
    [ ! -e "$work/few/tickets.csv" ] || tail -c 1 "$work/few/tickets.csv" | od -c | grep -q '\\n' ||
        fail 'half a file of tickets'
    [ ! -e "$work/killed/report.html" ] || said '</html>' "$work/killed/report.html"
done

# Files from Chinese Excel: told what they were read as, and the same results.
cp -r $hall "$work/excel"
iconv -f UTF-8 -t GB18030 $hall/matters.csv >"$work/excel/matters.csv"
{ printf '\357\273\277'; sed 's/$/\r/' $hall/halls.csv; } >"$work/excel/halls.csv"
run 0 simulate $hall --days 9 --json
hash=$(key state_hash "$work/out")
figures >"$work/plain"
[ ! -s "$work/err" ] || fail "plain files are named: $(cat "$work/err")"
run 0 simulate "$work/excel" --days 9 --json
figures | cmp -s - "$work/plain" || fail "GB18030: $(figures | diff - "$work/plain")"
said 'matters.csv: GB18030' "$work/err"
said 'halls.csv: UTF-8 with BOM, CRLF' "$work/err"
run 0 check "$work/excel"
grep -q 'matters.csv .* GB18030$' "$work/out" || fail "check: $(cat "$work/out")"
grep -q 'halls.csv .* UTF-8 with BOM, CRLF$' "$work/out" || fail "check: $(cat "$work/out")"

# Broken: every mistake with its place, status 2, nothing written.
cp -r $hall "$work/bad"
sed -i 's/^hall,130/hal,many/' "$work/bad/demand.csv"
sed -i 's/12min/soon/' "$work/bad/matters.csv"
run 2 simulate "$work/bad" --out "$work/none"
said 'demand.csv:2:1: no hall or desk is called "hal"; ' "$work/err"
said 'demand.csv:2:5: ' "$work/err"
said 'matters.csv:2:14: ' "$work/err"
said '3 mistakes' "$work/err"
nothing "$work/none"
cat >"$work/bad.csv" <<END
arrival_at,hall,matter,class,service_s,patience_s
2022-01-04T09:00:00,nowhere,card,normal,ab,10
2022-01-04T25:00:00,hall,nothing,grean,60,-4
END
run 2 simulate $hall --trace "$work/bad.csv" --out "$work/none"
cut -d: -f2-3 "$work/err" | tr '\n' ' ' >"$work/places"
said '2:2 2:5 3:1 3:3 3:4 3:6 ' "$work/places"
nothing "$work/none"

# A trace from a pipe file, and with the marks of Excel, is the run itself.
run 0 generate $hall --days 9 --out "$work/trace.csv"
{ printf '\357\273\277'; sed 's/$/\r/' "$work/trace.csv"; } >"$work/excel.csv"
for trace in trace excel; do
    run 0 simulate $hall --days 9 --trace "$work/$trace.csv" --json
    [ "$(key state_hash "$work/out")" = "$hash" ] || fail "$trace.csv gives other results"
done
{ printf '\357\273\277'; cat "$work/trace.csv"; } >"$work/marked.csv"
for trace in trace marked; do
    run 0 simulate $hall --days 9 --trace "$work/$trace.csv" --json
    key demand_hash "$work/out" >"$work/$trace.hash"
done
cmp -s "$work/trace.hash" "$work/marked.hash" || fail 'a byte order mark makes other citizens'

# What halls.csv adds up to is what summary.json says. 100 halls' cents may be lost in rounding.
run 0 simulate sim/scenarios/teach-three-halls --days 9 --reps 5 --out "$work/three"
for sum in arrived:cases_arrived served:cases_served left:cases_left expired:cases_expired \
    refused:cases_refused window_hours:window_hours; do
    awk -F, -v column="${sum%:*}" -v all="$(key "${sum#*:}" "$work/three/summary.json")" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
        NR > 1 { total += $at }
        END { exit !(at > 0 && NR == 4 && total - all < 0.05 && all - total < 0.05) }' \
        "$work/three/halls.csv" || fail "halls.csv: ${sum%:*} is not ${sum#*:} of summary.json"
done
# Half hours: the arrivals of all days are those of the run, in the city and hall by hall.
tr -d '\r"' <"$work/three/intervals.csv" | awk -F, \
    -v all="$(key cases_arrived "$work/three/summary.json")" '
    NR > 1 { if ($1 == "") city[$4] += $6; else halls[$4] += $6 }
    END { for (type in city) { d = city[type] - halls[type]; bad += d > 0.5 || d < -0.5 }
          exit !(!bad && NR > 1 && city["workday"] > 0 && city["workday"] < all) }' ||
    fail 'intervals.csv: the city is not its halls'

# A bar on a terminal, none in a pipe.
script -qec "'$program' simulate $hall --reps 120 --threads 1" /dev/null >"$work/out" </dev/null
grep -q '%.* M cases/s .* s left' "$work/out" || fail "no bar: $(head -c 300 "$work/out")"
run 0 simulate $hall --reps 40 --json
[ ! -s "$work/err" ] || fail "a bar in a pipe: $(cat "$work/err")"

# The same citizens under another plan, other rules and other habits; others by seed and class.
demand() {
    run 0 simulate sim/scenarios/teach-three-halls --days 2 --json "$@"
    key demand_hash "$work/out"
}
first=$(demand)
sed 's/,4$/,3/' $hall/plans.csv >"$work/few/plans.csv"
run 0 simulate $hall --days 9 --reps 5 --out "$work/before"
run 0 simulate $hall --days 9 --reps 5 --plan "$work/few/plans.csv" --out "$work/after"
[ "$(key demand_hash "$work/before/summary.json")" = "$(key demand_hash \
    "$work/after/summary.json")" ] || fail 'another plan, other citizens'
run 0 compare "$work/before" "$work/after" --lang en
grep -Eq '^Cases arrived .* 0 \+- 0 +identical$' "$work/out" || fail "arrivals: $(cat "$work/out")"
grep -Eq '^Mean wait .* worse$' "$work/out" || fail "fewer windows: $(cat "$work/out")"
for set in advice_share=60% other_hall_share=30% credit_green=20min; do
    [ "$(demand --set $set)" = "$first" ] || fail "$set changes who comes"
done
for set in green_share=30% patience_mean=5min; do
    [ "$(demand --set $set)" != "$first" ] || fail "$set changes nobody"
done
[ "$(demand --seed 2)" != "$first" ] || fail 'another seed, the same citizens'
echo "simulate: stopped, full, killed, Excel, mistakes, terminal and pairs, ok"
