#!/bin/bash
# Fetches containerd 1.7, the first that speaks NRI, from Debian 13 for the tests on Debian 12, which has 1.6. It is
# unpacked, uninstalled, under build/containerd: containerd, ctr, containerd-shim-runc-v2. A cached one is left alone.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/build/containerd"
if [ -x "$out/containerd" ]; then exit 0; fi

# shellcheck source=scripts/private-apt.sh
source "$root/scripts/private-apt.sh"
mkdir -p "$root/build"
exec 9>"$out.lock"
flock 9
if [ -x "$out/containerd" ]; then exit 0; fi
private_apt "$root/build/.apt-trixie" trixie

rm -rf "$out.part"
mkdir -p "$out.part"
(cd "$out.part" && apt-get "${apt_options[@]}" download containerd && dpkg -x containerd_*.deb .)
mkdir "$out.new"
mv "$out.part"/usr/bin/{containerd,ctr,containerd-shim-runc-v2} "$out.new/"
rm -rf "$out.part" "$root/build/.apt-trixie"
mv "$out.new" "$out"
"$out/containerd" --version
