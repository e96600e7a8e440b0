#!/bin/sh
# Builds each example with the public headers alone, runs it, and compares what it prints.
# Usage: B=build tests/scripts/examples.sh
set -eu
build=${B:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for source in tests/examples/*.c; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2086 -- CC may be two words, as "ccache gcc" is
    ${CC:-gcc} -std=gnu17 -O2 -Wall -Wextra -Werror -Iinclude -o "$folder/$name" "$source" \
        "$build/libtongban.a" -ljemalloc -lxxhash -lpthread
    timeout 10 "$folder/$name" >"$folder/$name.out"
    diff -u "tests/examples/$name.out" "$folder/$name.out" || {
        echo "examples: $name prints something else" >&2
        exit 1
    }
    # Where the README quotes it, it does so word for word.
    if grep -q "tests/examples/$name.c" README.md 2>/dev/null; then
        awk -v name="$folder/quote" '/^```c$/ { on = ++n; next }
             /^```$/ { on = 0 }
             on { print >(name n) }' README.md
        found=
        for quote in "$folder"/quote*; do
            cmp -s "$source" "$quote" && found=yes
        done
        [ -n "$found" ] || {
            echo "examples: README.md quotes $source differently" >&2
            exit 1
        }
    fi
done
echo "examples: each builds with include/ alone and prints what it should, ok"
