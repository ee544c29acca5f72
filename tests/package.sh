#!/usr/bin/env bash
# Installs the Debian package of a binary on this machine, works with it as its service would, and removes it again. Needs root on a
# Debian system on which Qingting is not installed; what it made is removed in the end.
#
#   tests/package.sh target/debug/qingting
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=$1
data=/var/lib/qingting
backups=/var/backups/qingting
dir=
server=

fail() {
    echo "error: $1" >&2
    exit 1
}

leave() {
    local status=$?
    trap '' EXIT HUP INT TERM
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    dpkg --purge qingting >/dev/null 2>&1 || true
    rm -rf "$dir" "$data" "$backups"
    ! getent passwd qingting >/dev/null || deluser --quiet qingting >/dev/null 2>&1 || true
    exit "$status"
}

[ "$(id -u)" -eq 0 ] || fail "installing a package needs root"
[ ! -e "$data" ] && [ ! -e "$backups" ] || fail "$data or $backups is there: this machine has Qingting already"
! dpkg-query -W qingting >/dev/null 2>&1 || fail "the package is installed on this machine already"

dir=$(mktemp -d "${TMPDIR:-/tmp}/qingting-package-test.XXXXXX")
chmod 755 "$dir"
trap leave EXIT
trap 'exit 130' HUP INT TERM

as_service() {
    runuser -u qingting -- "$@"
}

package=$(deploy/debian/package.sh "$binary" "$dir")
[ "$(dpkg-deb --field "$package" Package)" = qingting ] || fail "the package has no control file"
said=$(dpkg --install "$package")
grep -q 'user add admin' <<<"$said" || fail "the package does not say what comes next: $said"

# The units are read by systemd, and the service is closed in well: 10 is open, 0 is shut.
systemd-analyze verify qingting.service qingting-backup.service qingting-backup.timer
systemd-analyze security --offline=true --threshold=20 /lib/systemd/system/qingting.service >"$dir/security" ||
    fail "$(tail -1 "$dir/security")"

[ "$(stat -c '%U %a' "$data")" = "qingting 750" ] || fail "others may look into $data"
[ "$(stat -c '%U %a' "$data/master.key")" = "qingting 600" ] || fail "others may read the key"
key=$(sha256sum "$data/master.key")

serve() {
    : >"$dir/serve.out"
    setpriv --reuid=qingting --regid=qingting --init-groups qingting --dir "$data" serve --bind 127.0.0.1:0 >"$dir/serve.out" 2>"$dir/serve.log" &
    server=$!
    for _ in $(seq 300); do
        base=$(grep -s -m1 -o 'http://127.0.0.1:[0-9]*' "$dir/serve.out" || true)
        [ -n "$base" ] && curl -fsS "$base/healthz" >/dev/null && return
        kill -0 "$server" || fail "the server does not start: $(cat "$dir/serve.log")"
        sleep 0.2
    done
    fail "the server does not answer"
}

serve
as_service qingting --dir "$data" source add 12345 --kind sheet --channel hotline --mode handle >/dev/null
kill "$server"
wait "$server" || fail "the server does not end in order"
server=
as_service qingting --dir "$data" backup "$backups" --keep 30 >/dev/null

# Installed again, as an upgrade does: a backup comes first, the data stay.
rm "$backups"/*
dpkg --install "$package" >"$dir/again" 2>&1 || fail "$(cat "$dir/again")"
[ "$(find "$backups" -name 'qingting-*.tar.zst' | wc -l)" -eq 1 ] || fail "no backup was made before the upgrade"
[ "$(sha256sum "$data/master.key")" = "$key" ] || fail "an upgrade changed the key"
grep -q 12345 <<<"$(as_service qingting --dir "$data" source list)" || fail "an upgrade lost a source"

dpkg --remove qingting >/dev/null
[ ! -e /usr/bin/qingting ] && [ -e "$data/qingting.db" ] && [ -e /etc/default/qingting ] || fail "removing took too much or too little"
dpkg --purge qingting >/dev/null 2>"$dir/purged"
[ ! -e /etc/default/qingting ] && [ -e "$data/master.key" ] || fail "purging took too much or too little"
grep -q "$data" "$dir/purged" || fail "purging does not say what stays"
echo "installed, worked with, upgraded, removed and purged: $(basename "$package")"
