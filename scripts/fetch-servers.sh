#!/bin/bash
# Builds the root file system that the tests on real servers share, from Debian's packages, under build/servers:
#   build/servers/rootfs     nginx, PostgreSQL, Redis, Node.js, Python and what they depend on, unpacked
#   build/servers/versions   the packages and their versions, one a line
# A complete one is left alone. Nothing is installed and no package's script runs: apt works out and fetches what
# an empty machine would need, in a private folder, and dpkg unpacks it. Needs root (files keep their owners).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/build/servers"
suite=bookworm
# The servers; what loads them; what their attackers use (a shell, su and newgrp as setuid programs).
packages=(nginx-light postgresql-15 redis-server nodejs python3 gunicorn
  wrk redis-tools postgresql-client-15
  base-files base-passwd bash coreutils dash findutils grep sed login passwd util-linux procps curl libc-bin)

if [ "$(id -u)" != 0 ]; then echo 'fetch-servers: needs root, for the owners of files' >&2; exit 1; fi
mkdir -p "$out"
# Two test runs at once must not unpack into the same folder.
exec 9>"$out/.lock"
flock 9
key=$(sha256sum "$0" | cut -c1-16)
if [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; then exit 0; fi

# The archive the machine already uses, so that a mirror or proxy configured there is respected here.
uris() {
  { sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null
    sed -nE 's/^deb (\[[^]]*\] )?([^ ]+).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
  } | grep -E "$1" | head -1 || true
}
archive=$(uris '/debian/?$')
security=$(uris '/debian-security/?$')
if [ -z "$archive" ]; then echo 'fetch-servers: no Debian archive found in /etc/apt' >&2; exit 1; fi

apt="$out/.apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
: >"$apt/status"
signed='signed-by=/usr/share/keyrings/debian-archive-keyring.gpg'
echo "deb [$signed] $archive $suite main" >"$apt/sources.list"
[ -z "$security" ] || echo "deb [$signed] $security $suite-security main" >>"$apt/sources.list"
options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt"
  -o "Dir::State::status=$apt/status" -o "Dir::State::extended_states=$apt/extended" -o APT::Sandbox::User=root
  -o Acquire::Languages=none -o APT::Install-Recommends=false)
apt-get "${options[@]}" update
apt-get "${options[@]}" -y --download-only install "${packages[@]}"

new="$out/rootfs.part"
rm -rf "$new"
mkdir -p "$new"
# Debian's merged /usr: the links exist before any package, as its own bootstrap makes them.
for folder in bin sbin lib lib64; do
  mkdir -p "$new/usr/$folder"
  ln -s "usr/$folder" "$new/$folder"
done
: >"$out/versions.part"
for deb in "$apt"/archives/*.deb; do
  # dpkg-deb -x would put a folder in the place of a link; tar keeps the link and follows it.
  dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$new" -f - \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
    --exclude='./usr/share/info/*'
  dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb" >>"$out/versions.part"
done

# What maintainer scripts would have done and the servers need: accounts, alternatives, folders, a start page.
cp "$new/usr/share/base-passwd/passwd.master" "$new/etc/passwd"
cp "$new/usr/share/base-passwd/group.master" "$new/etc/group"
cat >>"$new/etc/passwd" <<'PASSWD'
postgres:x:101:101:PostgreSQL:/var/lib/postgresql:/bin/bash
redis:x:102:102:Redis:/var/lib/redis:/usr/sbin/nologin
PASSWD
printf 'postgres:x:101:\nredis:x:102:\n' >>"$new/etc/group"
sed -n 's/^\([^:]*\):.*/\1:*:19700:0:99999:7:::/p' "$new/etc/passwd" >"$new/etc/shadow"
chown 0:42 "$new/etc/shadow"
chmod 640 "$new/etc/shadow"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$new/etc/hosts"
printf 'hosts: files\npasswd: files\ngroup: files\n' >"$new/etc/nsswitch.conf"
: >"$new/etc/resolv.conf"
ln -sf mawk "$new/usr/bin/awk"
rmdir "$new/var/run" "$new/var/lock"
ln -s /run "$new/var/run"
ln -s /run/lock "$new/var/lock"
mkdir -p "$new"/{proc,sys,dev,root,mnt,srv} "$new"/var/{log/nginx,lib/nginx,lib/redis,spool/cron/crontabs}
chmod 700 "$new/root"
chmod 1777 "$new/tmp" "$new/var/tmp"
install -d -o 101 -g 101 -m 2775 "$new/run/postgresql"
install -d -o 101 -g 101 -m 700 "$new/var/lib/postgresql/15/main"
install -d -o 102 -g 102 -m 750 "$new/var/lib/redis" "$new/run/redis"
# Every start of a program then opens one cache in place of a dozen folders, as on an installed machine.
chroot "$new" /sbin/ldconfig

# PostgreSQL's data as its package makes it at installation; no server stays.
unshare --mount --fork sh -eu -c '
  mount --bind /dev "$1/dev"
  mount -t proc proc "$1/proc"
  exec chroot --userspec=101:101 "$1" /usr/lib/postgresql/15/bin/initdb --pgdata=/var/lib/postgresql/15/main \
    --username=postgres --auth=trust --locale=C.UTF-8 --encoding=UTF8 --no-sync >/dev/null
' sh "$new"

rm -rf "$out/rootfs" "$apt/archives"
mv "$new" "$out/rootfs"
sort "$out/versions.part" >"$out/versions"
rm "$out/versions.part"
echo "$key" >"$out/key"
echo "servers: $(wc -l <"$out/versions") packages of $suite, $(du -sh "$out/rootfs" | cut -f1)"
