#!/bin/bash
# What lies on the disk and is not as it was: the server must say what is wrong and where, with
# status 1, or cut what was never acknowledged, and then have every acknowledged ticket; a disk
# that takes nothing; a full one.
# Usage: B=build tests/scripts/serve_disk.sh
set -eu
. tests/run/serving.sh
trap 'stop KILL; mountpoint -q "$work/small" && umount "$work/small"; rm -rf "$work"' EXIT
begin() { # DATA: true when it is ready
    : >"$work/log"
    launch sim/scenarios/teach-one-hall --unix "$socket" --data "$1" --clock manual
}
# refuses TEXT DATA [STATUS]: it does not start, with status 1, and says so.
refuses() {
    ! begin "$2" || fail "it starts with $1"
    [ "$status" = "${3:-1}" ] || fail "status $status with $1"
    grep -q "$1" "$work/log" || fail "no '$1'"
}
flip() { # FILE OFFSET: one bit
    local byte
    byte=$(od -An -tu1 -j "$2" -N1 "$1")
    printf "$(printf '\\x%02x' $((byte ^ 8)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

begin "$work/data" || fail "no start"
call CLOCK.SET $(($(call CLOCK.GET) + 9 * 3600000000)) >/dev/null
for i in $(seq 40); do echo "TICKET.TAKE hall 0 REQUEST r$i"; done | call |
    grep -A1 '^number$' | grep '^[0-9]' >"$work/numbers"
[ "$(tail -n 1 "$work/numbers")" = 40 ] || fail "numbers: $(tr '\n' ' ' <"$work/numbers")"
stop KILL
segment=$work/data/segment-1.log
[ -s "$segment" ] || segment=$(ls "$work"/data/segment-*.log | head -n 1)
# Blocks of 4 KiB: a header, then groups; the last one that is not all zeros.
last=$(cmp -n $((4096 * 400)) -l "$segment" /dev/zero | awk 'END { print int(($1 - 1) / 4096) }')
[ "$last" -ge 40 ] || fail "40 durable answers in $last blocks"
cp --sparse=always -r "$work/data" "$work/whole"
renew() { rm -rf "$work/data" && cp --sparse=always -r "$work/whole" "$work/data"; }

# A bit in the middle: named, by the server and by `log verify`; never skipped.
flip "$segment" $((4096 * 20 + 100))
refuses "segment-.*: .*$((4096 * 20))" "$work/data"
status=0
"$program" log verify "$work/data" >"$work/verify" || status=$?
[ "$status" = 1 ] && grep -q DAMAGED "$work/verify" || fail "log verify: $(cat "$work/verify")"

# A last write that was cut: it goes, since nobody can have had its answer; all before it is there.
renew
dd if=/dev/zero of="$segment" bs=512 seek=$((last * 8 + 1)) count=7 conv=notrunc status=none
begin "$work/data" || fail "it does not start with a torn last record"
grep -Eq 'torn|cut|截' "$work/log" || fail "the torn record is not told"
for i in 1 20 39; do
    call TICKET.TAKE hall 0 REQUEST "r$i" | grep -q repeated || fail "request $i is lost"
done
stop || fail "not in order"

# A disk that takes nothing.
renew
refuses 'serve: /sys/tongban/data: ' /sys/tongban/data 2
if mkdir "$work/small" && mount -t tmpfs -o size=150m tmpfs "$work/small" 2>/dev/null; then
    # Full: two segments of 64 MiB fit, a third does not; and what was acknowledged is there.
    cp --sparse=never -r "$work/whole" "$work/small/data"
    begin "$work/small/data" || fail "no start on tmpfs"
    stop || fail "not in order"
    mount -o remount,ro "$work/small"
    refuses 'Read-only file system' "$work/small/data"
    mount -o remount,rw "$work/small"
    fallocate -l 150m "$work/small/fill" 2>/dev/null || dd if=/dev/zero of="$work/small/fill" \
        bs=1M status=none 2>/dev/null || true
    if begin "$work/small/data"; then
        call TICKET.TAKE hall 0 REQUEST r40 | grep -q repeated || fail "r40 is lost on a full disk"
        stop || fail "not in order"
    else
        grep -q 'No space left' "$work/log" || fail "a full disk is not named"
    fi
    umount "$work/small"
    disks="a read-only and a full disk,"
else
    disks="(no tmpfs may be mounted here: read-only by rights only,)"
fi
echo "serve_disk: a bit, a torn record, $disks each said and nothing lost, ok"
