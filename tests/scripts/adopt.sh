#!/bin/bash
# A scenario that is edited while its city lives: what is refused, what is said, what goes on.
# Usage: B=build tests/scripts/adopt.sh
set -eu
. tests/run/serving.sh
scenario=$work/hall

start() { launch "$scenario" --unix "$socket" --data "$work/data" --clock manual; }
field() { awk -v name="$1" 'found { print; exit } $0 == name { found = 1 }'; }

cp -r sim/scenarios/teach-one-hall "$scenario"
start || fail "no server"
now=$(($(call CLOCK.GET) + 11 * 3600000000))
call CLOCK.SET "$now" >/dev/null
ref=$(call TICKET.TAKE hall card | field ref)
for _ in 1 2 3 4; do call TICKET.TAKE hall card >/dev/null; done
stop

# Other people, other names: the same city.
sed -i 's/green_share: 8%/green_share: 30%/; s/教学：一个大厅/我们的大厅/' "$scenario/scenario.yaml"
start || fail "a scenario with other people was refused"
[ "$(call TICKET.INFO "$ref" | field state)" = SERVING ] || fail "the ticket is gone"
stop

# Another rule and another plan: refused, with what to do; carried over by adopt; then served.
sed -i 's/auto_start: yes/auto_start: yes\n  overtake_max: 5/' "$scenario/scenario.yaml"
sed -i 's/hall,saturday,08:30,12:00,2/hall,saturday,08:30,11:30,2/' "$scenario/plans.csv"
start && fail "an edited scenario was served on its old log"
grep -q 'tongban log adopt DIR --scenario NEW' "$work/log" || fail "nobody says what to do"
"$program" log adopt "$work/data" --scenario "$scenario" >"$work/out" 2>&1 ||
    fail "not adopted: $(cat "$work/out")"
grep -q 'goes on with' "$work/out" || fail "adopt says nothing: $(cat "$work/out")"
start || fail "the adopted scenario was refused"
[ "$(call TICKET.INFO "$ref" | field state)" = SERVING ] || fail "the ticket is gone after adopt"
call CITY.RULE hall overtake_max 7 | grep -qx 5 || fail "the rule was not carried over"
call CLOCK.SET $((now + 1740000000)) >/dev/null
[ "$(call HALL.INFO hall | field windows_open)" = 2 ] || fail "a window closed too early"
call CLOCK.SET $((now + 3700000000)) >/dev/null # 11:30 and half an hour to stay
call WINDOW.FINISH hall#1 NEXT >/dev/null # was asked to close; by the old plan it would go on
[ "$(call HALL.INFO hall | field windows_open)" = 1 ] || fail "the plan was not carried over"
stop
"$program" log verify "$work/data" >/dev/null 2>&1 || fail "the log is not well after adopt"
"$program" log show "$work/data" --command PLAN.SET >"$work/out" 2>&1 || fail "no trail"
grep -q "log adopt" "$work/out" ||
    fail "the trail does not say who: $(head -3 "$work/out")"
"$program" log adopt "$work/data" --scenario "$scenario" | grep -q nothing || fail "adopted twice"
"$program" log replay "$work/data" --scenario "$scenario" >"$work/out" 2>&1 &&
    fail "what was before replays with the new rules"
grep -q 'adopted later' "$work/out" || fail "replay does not say why: $(cat "$work/out")"

# A holiday that was not planned: a coming day of another kind, for each calendar.
echo 'date,day,why
2022-01-05,closed,plain' >"$scenario/calendar.csv"
start && fail "another calendar was served on its old log"
"$program" log adopt "$work/data" --scenario "$scenario" >"$work/out" 2>&1 ||
    fail "a holiday was not adopted: $(cat "$work/out")"
"$program" log show "$work/data" --command CITY.DAY >"$work/out" 2>&1 || fail "no trail"
grep -q 'log adopt CITY.DAY value=4' "$work/out" || fail "no holiday: $(cat "$work/out")"
start || fail "the adopted calendar was refused"
call CLOCK.SET $((now + (4 * 24 - 1) * 3600000000)) >/dev/null # ten o'clock of that day
call TICKET.TAKE hall card 2>&1 | grep -q CLOSED || fail "open on a holiday"
stop

# What no command can change is named, and nothing is done.
sed -i 's/14:00-17:30/14:00-17:00/' "$scenario/scenario.yaml"
sed -i 's/14:00,17:30/14:00,17:00/' "$scenario/plans.csv"
"$program" log adopt "$work/data" --scenario "$scenario" >"$work/out" 2>&1 && fail "other hours"
grep -q 'opening hours' "$work/out" || fail "the hours are not named: $(cat "$work/out")"
sed -i 's/,我们的大厅,4/,我们的大厅,6/' "$scenario/halls.csv"
"$program" log adopt "$work/data" --scenario "$scenario" >"$work/out" 2>&1 && fail "more windows"
grep -q 'another number' "$work/out" || fail "the windows are not named: $(cat "$work/out")"
"$program" log adopt "$work/data" >/dev/null 2>&1 && fail "without a scenario"
[ $? = 2 ] || true
echo "adopt: other people go on, rules and plan are carried over, hours and counts are named"
