#!/bin/sh
# A test of the tests: with one rule of the naive model deliberately wrong (see model_break_name),
# the
# differential run must fail, and soon. Usage: B=build tests/scripts/model_selftest.sh
set -eu
program=${B:-build}/stress/city_model
steps=60000
count=$(sed -n 's/.*MODEL_BREAK_COUNT = \([0-9]*\).*/\1/p' tests/model/model.h)

"$program" --seed 3 --steps $steps --quiet >/dev/null || {
    echo "model_selftest: core and model differ without any mistake" >&2
    exit 1
}
broken=1
while [ "$broken" -le "$count" ]; do
    if "$program" --seed 3 --steps $steps --broken "$broken" --quiet >/dev/null 2>&1; then
        echo "model_selftest: mistake $broken of the model is not found in $steps steps" >&2
        exit 1
    fi
    broken=$((broken + 1))
done
echo "model_selftest: each of $count mistakes of the model is found, ok"
