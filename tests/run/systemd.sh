#!/bin/bash
# The unit under a real systemd: a bare Debian of its own is booted in a container, and there the
# scheduler is started, killed, stopped, set up wrongly and told to read certificates again.
# Needs root, debootstrap and systemd-nspawn, and takes minutes the first time. Usage: B=build
set -eu
. tests/run/serving.sh
root=${B:-build}/systemd-root
[ "$(id -u)" = 0 ] && .ci/deps .ci/packages-systemd || {
    echo "systemd: NOT CHECKED: needs root, debootstrap and systemd-nspawn" >&2
    exit 0
}

[ -e "$root/.whole" ] || {
    rm -rf "$root"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,redis-tools bookworm "$root" \
        >"$work/log" || fail "debootstrap"
    : >"$root/.whole"
}
# The program with the libraries it has here, and all else as the unit's first lines say.
install -D "$program" "$root/usr/local/bin/tongban"
ldd "$program" | awk '/=> \// { print $3 }' | while read -r library; do
    [ -e "$root$library" ] || cp --parents -L "$library" "$root"
done
ldconfig -r "$root"
chroot "$root" useradd --system tongban 2>/dev/null || true
rm -rf "$root/etc/tongban" "$root/var/lib/tongban" "$root/var/log/journal"
mkdir -p "$root/etc/tongban"
cp -r sim/scenarios/teach-one-hall "$root/etc/tongban/scenario"
install -m 644 engine/net/tongban.conf "$root/etc/tongban/"
install -m 644 engine/net/tongban.service "$root/etc/systemd/system/"

systemd-nspawn -q --boot --register=no --keep-unit --resolv-conf=off --timezone=off \
    --machine "tongban-$$" --console=pipe -D "$root" </dev/null >"$work/console" 2>&1 &
container=$!
end() {
    kill -9 $(pgrep -P "$container") "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
inside() { nsenter -t "$(pgrep -P "$container" | head -1)" -m -u -i -n -p "$@"; }
booted() { inside systemctl is-system-running 2>&1 | grep -Eq 'running|degraded'; }
until_true booted
is() { [ "$(inside systemctl show tongban -p "$1" --value)" = "$2" ]; }
journal() { inside journalctl -u tongban --no-pager | grep -qF "$1"; }
ask() { inside redis-cli -s /run/tongban/socket "$@"; }

# Started: `systemctl start` ends when it answers.
inside systemctl start tongban || fail "start: $(inside journalctl -u tongban --no-pager)"
[ "$(ask PING)" = PONG ] || fail "started, and no answer"
[ "$(inside stat -c '%U %a' /var/lib/tongban)" = 'tongban 750' ] || fail "its folder"
sequence=$(ask INFO | tr -d '\r' | sed -n 's/^sequence://p')
ask CITY.RULE hall overtake_max 7 >/dev/null
# Killed: started again, with what was answered.
inside systemctl kill -s KILL tongban
until_true is NRestarts 1
until_true is SubState running
[ "$(ask INFO | tr -d '\r' | sed -n 's/^sequence://p')" -gt "$sequence" ] || fail "a change is lost"
inside systemctl reload tongban || fail "reload"
until_true journal 'there is no certificate to read again'
inside systemctl stop tongban
is Result success && journal 'stopped in order' || fail "the stop"
# A wrong setting: told by `systemctl start` itself, and not tried again.
echo 'nonsense 7' >>"$root/etc/tongban/tongban.conf"
! inside systemctl start tongban 2>/dev/null || fail "started with nonsense"
is ExecMainStatus 2 && is NRestarts 0 && journal "no setting 'nonsense'" || fail "nonsense"
echo "systemd: started, killed, reloaded, stopped and set up wrongly under systemd, ok"
