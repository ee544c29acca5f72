#!/usr/bin/env bash
# Makes the Debian package of a binary that was built: deploy/debian/package.sh target/release/qingting FOLDER
# Prints the package's path. Needs dpkg-deb, strip and objdump. COMPRESSION is 0 to 9.
set -euo pipefail

binary=$(realpath "$1")
out=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=$("$binary" --version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
dir=$(mktemp -d "${TMPDIR:-/tmp}/qingting-package.XXXXXX")
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"

install -D -m 755 "$binary" "$dir/usr/bin/qingting"
strip "$dir/usr/bin/qingting"
install -D -m 644 -t "$dir/lib/systemd/system" deploy/systemd/*
install -D -m 644 deploy/debian/default "$dir/etc/default/qingting"
install -D -m 644 deploy/grafana/qingting.json "$dir/usr/share/qingting/grafana.json"
install -D -m 644 -t "$dir/usr/share/doc/qingting" README.md README.zh.md CHANGELOG.md NOTICE docs/*.md
install -m 644 LICENSE "$dir/usr/share/doc/qingting/copyright"
install -d -m 755 "$dir/DEBIAN"
install -m 755 -t "$dir/DEBIAN" deploy/debian/{preinst,postinst,prerm,postrm}
echo /etc/default/qingting >"$dir/DEBIAN/conffiles"

# The oldest C library that has all the symbols which the program asks for.
libc=$(objdump -T "$dir/usr/bin/qingting" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -uV | tail -1)
cat >"$dir/DEBIAN/control" <<CONTROL
Package: qingting
Version: $version
Architecture: $architecture
Maintainer: The Qingting authors <maintainers@qingting.invalid>
Depends: adduser, ca-certificates, libc6 (>= $libc), libgcc-s1
Recommends: fonts-noto-cjk, libreoffice-writer-nogui | chromium
Section: web
Priority: optional
Installed-Size: $(du -sk "$dir" | cut -f1)
Description: hears what residents worry about, hands it on, answers in time
 A county government takes in the 12345 hotline, complaint platforms and news, hands each matter to the department that can
 solve it, answers within the time that the rules give, and shows every Monday what happened. Works on one machine without
 the internet; a city runs it on many over PostgreSQL.
CONTROL

package="$out/qingting_${version}_$architecture.deb"
dpkg-deb --root-owner-group -Zxz -z"${COMPRESSION:-6}" --build "$dir" "$package" >/dev/null
echo "$package"
