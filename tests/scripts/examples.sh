#!/bin/sh
# Builds each example with the public headers alone, runs it, and compares what it prints.
# Usage: B=build tests/scripts/examples.sh
set -eu
build=${B:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for source in tests/examples/*.c; do
    name=$(basename "$source" .c)
    "${CC:-gcc}" -std=gnu17 -O2 -Wall -Wextra -Werror -Iinclude -o "$folder/$name" "$source" \
        "$build/libtongban.a" -ljemalloc -lxxhash -lpthread
    timeout 10 "$folder/$name" >"$folder/$name.out"
    diff -u "tests/examples/$name.out" "$folder/$name.out" || {
        echo "examples: $name prints something else" >&2
        exit 1
    }
    # Where the README quotes it, it does so word for word.
    if grep -q "tests/examples/$name.c" README.md 2>/dev/null; then
        awk '/^```c$/ { on = 1; text = ""; next }
             /^```$/ && on { on = 0; all = all text "\f"; next }
             on { text = text $0 "\n" }
             END { printf "%s", all }' README.md |
            awk -v RS='\f' -v want="$(cat "$source")" '
                { sub(/\n$/, ""); if ($0 == want) found = 1 } END { exit !found }' || {
            echo "examples: README.md quotes $source differently" >&2
            exit 1
        }
    fi
done
echo "examples: each builds with include/ alone and prints what it should, ok"
