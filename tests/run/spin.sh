#!/bin/sh
# Usage: tests/run/spin.sh DIR MODEL...
# Checks each Promela MODEL with spin, working in DIR: assertions and end states first, then every
# `ltl` claim. A line in the model
#
#     // must-fail: -DNAME
#
# names a weakened variant that has to be refused: it proves that the model can find the error.
set -eu
dir=$1
shift

fail() {
    echo "spin: $1" >&2
    exit 1
}

# verify MODEL SPIN-OPTIONS CC-OPTIONS PAN-OPTIONS: prints what pan says, complete or not at all.
# Optimising pan takes longer than what it then runs faster.
verify() {
    rm -rf "$dir" && mkdir -p "$dir"
    # shellcheck disable=SC2086 -- the options are meant to split into words
    (cd "$dir" && spin -a $2 "$1" >spin.log && cc -w $3 -o pan pan.c && ./pan -m100000 $4) \
        >"$dir.log" 2>&1 || { cat "$dir.log" >&2; fail "$1 $2: could not be run"; }
    grep -q 'errors: [0-9]' "$dir.log" || { cat "$dir.log" >&2; fail "$1 $2: no verdict"; }
    ! grep -q 'max search depth too small\|out of memory' "$dir.log" ||
        fail "$1 $2: the search was cut short"
}

accepted() { grep -q 'errors: 0' "$dir.log"; }

for model in "$@"; do
    path=$(realpath "$model")
    verify "$path" "" "-DSAFETY -DNOCLAIM" ""
    accepted || { cat "$dir.log" >&2; fail "$model: refused; see the trail above"; }
    states=$(awk '/states, stored/ { print $1 }' "$dir.log")
    for claim in $(sed -n 's/^ltl \([a-z_0-9]*\).*/\1/p' "$model"); do
        verify "$path" "" "" "-a -N $claim"
        accepted || { cat "$dir.log" >&2; fail "$model: claim $claim does not hold"; }
    done
    weak=0
    for option in $(sed -n 's,^// must-fail: ,,p' "$model"); do
        verify "$path" "$option" "-DSAFETY -DNOCLAIM" ""
        ! accepted || fail "$model $option: this weakened variant was not refused"
        weak=$((weak + 1))
    done
    echo "spin: $model: $states states, $weak weakened variants refused, ok"
done
