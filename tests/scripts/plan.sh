#!/bin/sh
# tongban plan: what is asked for stands over the answer, nothing is planned where nobody is open, a
# budget that is too small is told, mistakes in the language of the terminal.
# Usage: B=build tests/scripts/plan.sh
set -eu
. tests/run/trying.sh
hall=sim/scenarios/teach-one-hall
export LC_ALL=C

"$program" plan "$hall" --abandon 5% --hours 10:00-11:30 --alone >"$work/out" || fail 'no plan'
said '90.0% within 15 min, no more than 5% leave, 10:00-11:30 only, confidence 95%' "$work/out"
said 'kept with probability' "$work/out"
"$program" plan "$hall" --day week --alone --out "$work/week" >"$work/out" || fail 'no week'
said 'workday (5 days a week)' "$work/out"
said 'a week of 6 days: ' "$work/out"
[ "$(grep -c needs.csv "$work/out")" = 1 ] || fail "files named twice: $(cat "$work/out")"

# The city is compared with what the budget buys, not with the scenario's promise.
"$program" plan "$hall" --budget 12 >"$work/out" || fail 'no budget'
said 'halls at the promise: 1; below it by more than two standard errors: 0' "$work/out"
status=0
"$program" plan "$hall" --budget 0.5 --alone >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "a budget that is overdrawn: exit status $status"
said 'the budget of 0.5 window hours is too small' "$work/err"

# Two of the three halls can't keep it: that stands there, and all three are among those that bind.
status=0
"$program" plan sim/scenarios/teach-three-halls --alone >"$work/out" || status=$?
[ "$status" = 1 ] || fail "a promise that is not kept: exit status $status"
said 'halls that keep the promise: 1, each' "$work/out"
[ "$(grep -c '^    +' "$work/out")" = 3 ] || fail "not three halls: $(cat "$work/out")"

refused 1 'no hall is open then' plan "$hall" --day sun --out "$work/sunday"
[ ! -e "$work/sunday" ] || fail 'files of a plan that is none'
refused 1 'no hall is open then' plan "$hall" --day workday --hours 12:00-14:00
refused 1 'is a file, not a folder' plan "$hall" --alone --out "$hall/halls.csv"
refused 2 'a value is missing after --out' plan "$hall" --out --json
refused 2 'a value is missing after --budget' plan "$hall" --budget
refused 2 'there is no option --bugdet' plan "$hall" --bugdet 1
refused 2 "this is no promise: '110% within 15 min'" plan "$hall" --promise '110% within 15 min'
refused 2 '0% .. 100%, not' plan "$hall" --abandon 101%
refused 2 "there is no day 'someday'" plan "$hall" --day someday
refused 2 "--budget goes without '--day week'" plan "$hall" --budget 90 --day week
refused 2 "--desks goes without '--day week'" plan sim/scenarios/city58 --desks --day week
refused 2 'always judged in the whole city' plan sim/scenarios/city58 --desks --alone
refused 2 "--desks goes without '--effort'" plan sim/scenarios/city58 --desks --effort 2
export LC_ALL=zh_CN.UTF-8
refused 2 "这不是承诺： '九成'" plan "$hall" --promise 九成
refused 2 '没有写方案' plan
refused 1 '没有大厅开放' plan "$hall" --day sun
echo "plan: what is asked for, weeks, budgets and refusals, ok"
