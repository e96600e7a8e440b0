#!/bin/sh
# tongban tune: a scenario that simulate loads, the table of balancing, refusals.
# Usage: B=build tests/scripts/tune.sh
set -eu
. tests/run/trying.sh
city=sim/scenarios/city58

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
for _ in $(seq 300); do
    [ -S "$work/socket" ] && break
    sleep 0.1
done
answer=$(redis-cli -s "$work/socket" PING 2>&1) || true
kill -TERM $server && wait $server || fail "the scheduler ends badly: $(cat "$work/log")"
[ "$answer" = PONG ] || fail "the scheduler answers '$answer': $(cat "$work/log")"

# What extends another scenario is tuned too, windows kept for a class among it: a table of its own.
# A name may have quotes in it; a chain as long as the loader takes can't be tuned any further.
mkdir -p "$work/deep/1" "$work/deep/2" "$work/deep/3"
cp -r sim/scenarios/teach-one-hall "$work/deep/0"
for level in 1 2 3; do
    printf 'extends: ../%s\nname: {zh: 第%s层, en: '\''the "%s"'\''}\n' \
        $((level - 1)) $level $level >"$work/deep/$level/scenario.yaml"
done
"$program" tune "$work/deep/2" --objective wait_mean --rules kept_green,slot_capacity --days 1 \
    --budget 60 --judge 4 --out "$work/deep/tuned" >"$work/out" 2>"$work/err" ||
    fail "$(cat "$work/err")"
"$program" check "$work/deep/tuned" >"$work/out" || fail "$(cat "$work/out")"
said 'the "2", tuned' "$work/out"
refused 2 'extends goes in a circle, or too deep' tune "$work/deep/3" --days 1 --out "$work/deep/no"
[ ! -e "$work/deep/no" ] || fail 'a scenario that does not load was written'

"$program" tune "$city" --balancing --days 1 --judge 2 >"$work/out" || fail 'no balancing'
for row in '不推荐  no advice' '10% follow' '30% follow' '60% follow' '30% by video'; do
    said "$row" "$work/out"
done

refused 2 'no scenario' tune
refused 2 'there is no option --bugdet' tune "$city" --bugdet 1
refused 2 'a key of summary.json' tune "$city" --objective happiness
refused 2 'neither more nor less' tune "$city" --objective cases_arrived
refused 2 'no rule to turn called luck' tune "$city" --rules luck
refused 2 '--budget takes' tune "$city" --budget soon
refused 2 '--days takes a whole number' tune "$city" --days none
refused 2 "$work/nowhere" tune "$work/nowhere"
# In Chinese too.
export LC_ALL=zh_CN.UTF-8
"$program" tune --help >"$work/out" || fail 'no help'
said '下结论用的新重复次数' "$work/out"
refused 2 '没有这条可调的规则： luck' tune "$city" --rules luck
refused 2 '平均等候' tune "$city" --objective happiness
echo "tune: scenario, balancing and refusals, ok"
