#!/bin/bash
# Fetches stock Debian kernels for the virtual-machine tests and unpacks them, uninstalled, under build/kernels:
#   build/kernels/<series>/vmlinuz, build/kernels/<series>/lib/modules/<release>, build/kernels/<series>/release
# Usage: scripts/fetch-kernels.sh [6.1] [6.12] [5.10]      (default: all three; a cached one is left alone)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/build/kernels"
declare -A suite_of=([6.1]=bookworm [6.12]=bookworm-backports [5.10]=bullseye)

# shellcheck source=scripts/private-apt.sh
source "$root/scripts/private-apt.sh"

fetch() {
  local series=$1 suite=${suite_of[$1]:-} dir="$out/$1" arch package deb apt_options
  if [ -z "$suite" ]; then echo "unknown kernel series $series; known: ${!suite_of[*]}" >&2; return 2; fi
  if [ -s "$dir/release" ] && [ -s "$dir/vmlinuz" ]; then echo "kernel $series: $(cat "$dir/release") (cached)"; return; fi
  arch=$(dpkg --print-architecture)
  private_apt "$out/.apt/$suite" "$suite" || return 1

  # The meta package's dependency names the signed image of the suite's current ABI.
  package=$(apt-cache "${apt_options[@]}" depends "linux-image-$arch" |
    sed -nE "s/^ *Depends: (linux-image-[0-9].*-$arch)$/\1/p" | head -1)
  if [ -z "$package" ]; then echo "no kernel image for $arch in $suite" >&2; return 1; fi

  rm -rf "$dir" "$dir.part"
  mkdir -p "$dir.part/unpacked"
  (cd "$dir.part" && apt-get "${apt_options[@]}" download "$package")
  deb=$(find "$dir.part" -maxdepth 1 -name '*.deb')
  dpkg -x "$deb" "$dir.part/unpacked"
  cp "$dir.part"/unpacked/boot/vmlinuz-* "$dir.part/vmlinuz"
  mkdir -p "$dir.part/lib"
  # A merged-/usr package keeps its modules below /usr/lib.
  local modules
  modules=$(find "$dir.part/unpacked" -type d -path '*lib/modules' | head -1)
  mv "$modules" "$dir.part/lib/modules"
  ls "$dir.part/lib/modules" >"$dir.part/release"
  depmod --basedir "$dir.part" "$(cat "$dir.part/release")"
  rm -rf "$dir.part/unpacked" "$deb"
  mv "$dir.part" "$dir"
  echo "kernel $series: $(cat "$dir/release") ($package from $suite)"
}

# Tests ask side by side.
mkdir -p "$out"
exec 9>"$out/.lock"
flock 9

if [ $# -eq 0 ]; then set -- 6.1 6.12 5.10; fi
status=0
for series in "$@"; do fetch "$series" || status=$?; done
exit $status
