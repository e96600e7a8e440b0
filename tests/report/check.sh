#!/bin/sh
# The report in a real browser: both languages, paper, two runs, a run of the reference city,
# hostile names, no console message and no request to the network. Screenshots stay in
# $B/report/shots for people to look at.
# Usage: B=build [PICTURES=none] tests/report/check.sh     (tongban and libtest.a are built)
# Packages: .ci/packages-browser, and playwright-core from sim/report/package-lock.json.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
[ -x .ci/deps ] && .ci/deps .ci/packages-browser
[ -d sim/report/node_modules/playwright-core ] ||
    npm ci --prefix sim/report --loglevel=error --ignore-scripts --no-audit --no-fund

folder=$B/report
rm -rf "$folder"
mkdir -p "$folder/shots"
${CC:-gcc} -std=gnu17 -O1 -Wall -Wextra -Werror -Iinclude -Isim -Itests -o "$folder/demo" \
    tests/report/demo/main.c "$B/libtest.a" "$B/libsim.a" -lxlsxwriter -ljansson -lcsv -lm
"$folder/demo" "$folder" >"$folder/compare.txt"
"$B/tongban" simulate sim/scenarios/city58 --days 3 --reps 2 --out "$folder/real" >/dev/null
node tests/report/look.js "$folder" "$folder/shots"
