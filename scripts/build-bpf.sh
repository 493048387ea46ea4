#!/bin/sh
# Compiles bpf/*.bpf.c where a source, a header or this script changed.
#
#   scripts/build-bpf.sh            for this machine, into build/bpf/
#   scripts/build-bpf.sh x86|arm64  for that architecture; into build/bpf-ARCH/ when it is not this machine's
#   scripts/build-bpf.sh --only NAME   just bpf/NAME.bpf.c, for the generator
set -eu
cd "$(dirname "$0")/.."

case $(uname -m) in
  x86_64) host=x86 ;;
  aarch64) host=arm64 ;;
  *) echo "build-bpf: $(uname -m) is not supported; x86-64 and arm64 are" >&2; exit 1 ;;
esac
arch=$host
sources=bpf/*.bpf.c
while [ $# -gt 0 ]; do
  case $1 in
    x86 | arm64) arch=$1 ;;
    --only) sources=bpf/$2.bpf.c; shift ;;
    *) echo "usage: scripts/build-bpf.sh [x86|arm64] [--only NAME]" >&2; exit 2 ;;
  esac
  shift
done
out=build/bpf
[ "$arch" = "$host" ] || out=build/bpf-$arch
mkdir -p "$out"

# Debian keeps <asm/…> below the multiarch folder, which clang does not search for `-target bpf`. The UAPI
# types taken from there are the same on both architectures.
flags="-O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$arch -Wall -Werror
  -Ibpf/include -Ibpf -idirafter /usr/include/$(uname -m)-linux-gnu"

# Line information of the source stays in .BTF.ext, which the verifier quotes; DWARF is of no use to it.
compile() {
  # shellcheck disable=SC2086  # the flags are meant to be split
  clang $flags -c "$1" -o "$2.new"
  llvm-strip -g "$2.new"
  mv "$2.new" "$2"
}

pids=''
for source in $sources; do
  name=${source#bpf/}
  object=$out/${name%.c}.o
  # find names the newer inputs; a program includes any header below bpf/, so any of them counts.
  if [ -e "$object" ] && [ -z "$(find "$source" bpf scripts/build-bpf.sh \( -path "$source" -o -name '*.h' -o -name build-bpf.sh \) -newer "$object")" ]; then
    continue
  fi
  compile "$source" "$object" &
  pids="$pids $!"
done
status=0
for pid in $pids; do wait "$pid" || status=1; done
exit $status
