#!/bin/bash
# A roster made by `tongban roster` and served: each date has its windows, as in the simulator; a
# restart in the middle of a day changes nothing, another roster is followed at once.
# Usage: B=build tests/scripts/serve_rosters.sh
set -eu
. tests/run/serving.sh
hall=sim/scenarios/teach-one-hall

echo 'hall,day,start,windows
hall,workday,08:30,2
hall,workday,09:00,3
hall,saturday,08:30,1' >"$work/needs.csv"
printf '人员,姓名,大厅,合同\na,甲,hall,\nb,乙,hall,\nc,丙,hall,part\nd,丁,hall,\n' \
    >"$work/staff.csv"
"$program" roster "$hall" --needs "$work/needs.csv" --staff "$work/staff.csv" --month 2022-01 \
    --reps 2 --out "$work/made" >"$work/log" 2>&1 || fail "no roster"
cp -r "$hall" "$work/city"
cp "$work/made/plan.csv" "$work/city/plans.csv"

# opened DATE: the windows that opened then, in the hall's log; wanted DATE: in the roster.
table() { "$program" log export "$1" --csv "$work/table" >/dev/null 2>&1 || fail "no export"; }
opened() {
    awk -F, -v d="$1" '$3 == "WINDOW_OPENED" && $2 ~ "^"d { print $5 }' "$work/table" | sort -u
}
wanted() {
    awk -F'[,~]' -v d="$1" '$2 == d && $5 > 0 { print "hall#" $5 }' "$work/city/plans.csv" | sort -u
}
at() { echo $((begin + ($1 * 24 + $2) * 3600000000)); }

start "$work/city" --data "$work/data" --clock manual
begin=$(call CLOCK.GET)
for day in 0 1 2 3; do
    for hour in 0 7 10 15 20; do
        [ "$(call CLOCK.SET "$(at $day $hour)")" = "$(at $day $hour)" ] || fail "no clock"
        if [ "$day $hour" = '3 10' ]; then # somebody's change of the day, and a restart
            call PLAN.SET 'hall#4' 39600000000 workday OPEN 0 |
                grep -q PLAN_SET || fail 'no PLAN.SET'
            stop KILL
            start "$work/city" --data "$work/data" --clock manual
        fi
    done
done
call CLOCK.SET "$(at 4 9)" >/dev/null
stop || fail "not in order"
table "$work/data"
for date in 2022-01-01 2022-01-02 2022-01-03; do
    [ "$(opened $date)" = "$(wanted $date)" ] || fail "$date: $(opened $date), not $(wanted $date)"
done
[ -n "$(wanted 2022-01-01)" ] && [ -n "$(wanted 2022-01-04)" ] || fail "the roster is empty"
[ "$(opened 2022-01-04)" = "$(wanted 2022-01-04; echo 'hall#4')" ] ||
    fail "a PLAN.SET of the day is gone after a restart: $(opened 2022-01-04)"
[ "$(opened 2022-01-05)" = "$(wanted 2022-01-05)" ] || fail "2022-01-05: $(opened 2022-01-05)"
"$program" log show "$work/data" | grep -q ' plans.csv PLAN.SET ' || fail "nobody gave the plans"
"$program" log replay "$work/data" >/dev/null || fail "no replay"

# The same day in the simulator, whose staff write the plan themselves: the same entries at the same
# instant, the same windows at the same times.
plan() {
    awk -F, '$2 ~ /^2022-01-01/ && $3 ~ /^(PLAN_|WINDOW_OPENED)/ { print $2, $3, $5, $11 }' \
        "$work/table"
}
plan >"$work/served"
start "$work/city" --data "$work/driven" --clock manual --durability off --rosters leave
"$program" drive "$work/city" --connect "unix:$socket" --days 1 >"$work/log" 2>&1 ||
    fail "it differs"
stop || fail "not in order"
table "$work/driven"
plan | diff - "$work/served" >&2 || fail "the simulator follows another plan"
grep -q PLAN_SET "$work/served" || fail "no plan"

# Another roster for today, between two starts: its windows are opened now, the others closed.
sed -i '/^hall,2022-01-05,/d' "$work/city/plans.csv"
echo 'hall,2022-01-05,08:30,11:30,4~4,all' >>"$work/city/plans.csv"
start "$work/city" --data "$work/data" --clock manual
grep -q 'other dates than before' "$work/log" || fail "another roster, and not a word"
call CLOCK.SET "$(at 4 10)" >/dev/null
stop || fail "not in order"
table "$work/data"
last() {
    awk -F, -v w="$1" '$5 == w && $3 ~ /^WINDOW_(OPENED|CLOSED)/ { e = $3 } END { print e }' \
        "$work/table"
}
[ "$(last 'hall#4') $(last 'hall#1')" = 'WINDOW_OPENED WINDOW_CLOSED' ] ||
    fail "the new roster: window 4 $(last 'hall#4'), window 1 $(last 'hall#1')"

# In the middle of a dated day from nothing: the windows of that date are open.
start "$work/city" --clock 2022-01-04T09:00
open=$(call HALL.INFO hall | tr '\n' ' ' | grep -o 'open [0-9]*')
[ "$open" = "open $(wanted 2022-01-04 | wc -l)" ] ||
    fail "from nothing at nine: $(call HALL.INFO hall)"
"$program" serve "$hall" --unix "$socket" --rosters never 2>"$work/log" && fail "--rosters never"
grep -q 'neither follow nor leave' "$work/log" || fail "--rosters never: no word"
echo "serve_rosters: plans by date, after a kill, a new roster in mid-day, a fresh start, ok"
