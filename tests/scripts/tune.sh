#!/bin/sh
# tongban tune: a scenario that simulate loads, the table of balancing, refusals.
# Usage: B=build tests/scripts/tune.sh
set -eu
program=$(realpath "${B:-build}/tongban")
city=sim/scenarios/city58
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "tune: $*" >&2
    exit 1
}

# said TEXT FILE: TEXT stands in FILE.
said() { grep -qF -e "$1" "$2" || fail "no '$1' in: $(cat "$2")"; }

# refused STATUS TEXT ARGUMENTS...: the exit status, TEXT on standard error, nothing on output.
refused() {
    want=$1 text=$2
    shift 2
    status=0
    "$program" tune "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$want" ] || fail "$*: exit status $status, not $want: $(cat "$work/err")"
    said "$text" "$work/err"
    [ ! -s "$work/out" ] || fail "$*: also wrote: $(cat "$work/out")"
}

"$program" tune "$city" --objective wait_mean --rules video_share,generalists --days 1 \
    --budget 200 --judge 4 --out "$work/tuned" >"$work/out" 2>"$work/err" ||
    fail "$(cat "$work/err")"
said 'on 4 fresh replications' "$work/out"
said 'video_share = ' "$work/tuned/scenario.yaml"
"$program" check "$work/tuned" >"$work/out" || fail "$(cat "$work/out")"
"$program" simulate "$work/tuned" --days 1 >"$work/out" || fail 'simulate refuses the scenario'
# A scenario and what was found for it can be moved together; the scheduler loads it as it is.
mkdir -p "$work/here" "$work/there"
cp -r sim/scenarios/teach-one-hall "$work/here/hall"
"$program" tune "$work/here/hall" --objective wait_mean --rules overtake_max,booking_slot --days 1 \
    --budget 60 --judge 4 --out "$work/here/tuned" >"$work/out" 2>"$work/err" ||
    fail "$(cat "$work/err")"
said 'extends: ../hall' "$work/here/tuned/scenario.yaml"
mv "$work/here/hall" "$work/here/tuned" "$work/there"
"$program" check "$work/there/tuned" >"$work/out" || fail "$(cat "$work/out")"
"$program" serve "$work/there/tuned" --unix "$work/socket" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
    [ -S "$work/socket" ] && break
    sleep 0.1
done
answer=$(redis-cli -s "$work/socket" PING 2>&1) || true
kill -TERM $server && wait $server || fail "the scheduler ends badly: $(cat "$work/log")"
[ "$answer" = PONG ] || fail "the scheduler answers '$answer': $(cat "$work/log")"

"$program" tune "$city" --balancing --days 1 --judge 2 >"$work/out" || fail 'no balancing'
for row in '不推荐  no advice' '10% follow' '30% follow' '60% follow' '30% by video'; do
    said "$row" "$work/out"
done

refused 2 'which scenario'
refused 2 'there is no option --bugdet' "$city" --bugdet 1
refused 2 'a key of summary.json' "$city" --objective happiness
refused 2 'neither more nor less' "$city" --objective cases_arrived
refused 2 'no rule to turn called luck' "$city" --rules luck
refused 2 '--budget takes' "$city" --budget soon
refused 2 '--days takes a whole number' "$city" --days none
refused 2 "$work/nowhere" "$work/nowhere"
echo "tune: scenario, balancing and refusals, ok"
