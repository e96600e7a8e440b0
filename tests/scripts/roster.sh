#!/bin/sh
# tongban roster: a roster from the README's one command, a plan that simulate loads, what is
# refused with which exit status, and what is said of rosters that can't be.
# Usage: B=build tests/scripts/roster.sh
set -eu
. tests/run/trying.sh
city=sim/scenarios/city58
hall=sim/scenarios/teach-one-hall

"$program" roster "$city" --trade water --month 2021-06 --reps 2 --out "$work/water" --json \
    >"$work/json" 2>"$work/err" || fail "$(cat "$work/err")"
cmp -s "$work/json" "$work/water/roster.json" || fail "--json and roster.json differ"
said '"gap": 0.0' "$work/json"
said '"change"' "$work/json"
for sheet in 通和市供水营业厅 每天名单 每人合计; do
    unzip -p "$work/water/roster.xlsx" xl/workbook.xml | grep -q "$sheet" || fail "no sheet $sheet"
done
said 'water-city,2021-06-05,' "$work/water/plan.csv"
"$program" simulate "$city" --plan "$work/water/plan.csv" --from 2021-06-04 --days 2 >"$work/out" ||
    fail 'simulate refuses the plan'

# Needs of a plan, by half hours, and a table in the encoding of Chinese Excel.
echo 'hall,day,start,windows
hall,workday,08:30,2
hall,workday,09:00,3
hall,saturday,08:30,1' >"$work/needs.csv"
printf '人员,姓名,大厅,合同\na,甲,hall,\nb,乙,hall,\nc,丙,hall,part\nd,丁,hall,\n' |
    iconv -f UTF-8 -t GB18030 >"$work/staff.csv"
"$program" roster "$hall" --needs "$work/needs.csv" --staff "$work/staff.csv" --reps 2 \
    --out "$work/small" >"$work/out" || fail 'needs are refused'
said '甲' "$work/small/roster.csv"

# A date in the needs stands in the place of its kind of day.
echo 'hall,2022-06-15,09:00,1' >>"$work/needs.csv"
"$program" roster "$hall" --month 2022-06 --needs "$work/needs.csv" --staff "$work/staff.csv" \
    --reps 2 --out "$work/dated" >"$work/out" || fail 'dated needs are refused'
[ "$(grep -c '^2022-06-15,' "$work/dated/roster.csv")" = 1 ] || fail 'dated needs are ignored'
[ "$(grep -c '^2022-06-16,' "$work/dated/roster.csv")" = 3 ] || fail 'a date changed its neighbour'

refused 2 'no scenario' roster --short
refused 2 'there is no option --shrt' roster "$city" --shrt
refused 2 '--gap takes a percentage' roster "$city" --gap 1
refused 2 '--month takes a month' roster "$city" --month May
refused 2 "has no whole month" roster "$city" --month 2031-01
refused 2 "there is no trade 'fish'" roster "$city" --trade fish
refused 2 'staff.csv: can' roster "$hall"
sed 's/,part/,pert/' "$city/staff.csv" >"$work/bad.csv"
refused 2 "no contract 'pert'" roster "$city" --staff "$work/bad.csv"
echo 'person,hall,skills
a,nowhere,
b,hall,juggling' >"$work/bad.csv"
refused 2 "bad.csv:2:3: there is no hall 'nowhere'" roster "$hall" --staff "$work/bad.csv"
said "bad.csv:3:5: there is no skill 'juggling'" "$work/err"
echo 'rule,value
week_hours,long
weeks,4' >"$work/rules.csv"
refused 2 "week_hours can't be 'long'" roster "$hall" --staff "$work/staff.csv" \
    --rules "$work/rules.csv"
said "no rule 'weeks'" "$work/err"
echo 'hall,day,start,windows
hall,workday,0830,2' >"$work/bad.csv"
refused 2 "bad.csv:2:3: '0830' is no half hour" roster "$hall" --staff "$work/staff.csv" \
    --needs "$work/bad.csv"

# One person for four windows; then enough of them, but for one rule.
echo 'person,hall
a,hall' >"$work/one.csv"
refused 1 'no rule is to blame' roster "$hall" --staff "$work/one.csv" --time-limit 10s
{ echo 'person,hall' && seq 1 5 | sed 's/$/,hall/'; } >"$work/five.csv"
echo 'rule,value
week_days,4' >"$work/rules.csv"
refused 1 'week_days' roster "$hall" --staff "$work/five.csv" --rules "$work/rules.csv"
said 'lifting this one alone is enough' "$work/err"
said 'window hours are missing' "$work/err"
# In Chinese too.
export LC_ALL=zh_CN.UTF-8
"$program" roster --help >"$work/out" || fail 'no help'
said '人手不够时，缺得最少' "$work/out"
refused 2 '--gap 是 1% 这样的百分比，不是 much' roster "$hall" --gap much
refused 2 '没有行业“magic”' roster "$city" --trade magic
echo "roster: files, needs, refusals and clashes, ok"
