#!/bin/bash
# Builds test/programs/*.c and test/programs/*/ into build/test-programs as static binaries. Up-to-date ones are left alone.
# A name ending in 32 is an i386 program and is built on x86-64 only (Debian: gcc-multilib).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/build/test-programs"
mkdir -p "$out"
# Two test runs at once must not see each other's half-written binaries.
exec 9>"$out/../test-programs.lock"
flock 9

for source in "$root"/test/programs/*.c "$root"/test/programs/*/; do
  name=$(basename "$source" .c)
  # A folder is a program of several files.
  if [ -d "$source" ]; then files=("$source"*.c); else files=("$source"); fi
  # Headers are few and shared: any newer one rebuilds all.
  if [ -x "$out/$name" ] && [ -z "$(find "${files[@]}" -newer "$out/$name")" ] &&
    [ -z "$(find "$root/test/programs" -name '*.h' -newer "$out/$name")" ]; then continue; fi
  flags=(-static -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers -Wno-psabi)
  case "$name" in
    *32)
      [ "$(uname -m)" = x86_64 ] || continue
      if ! echo 'int main(void){return 0;}' | gcc -m32 -static -x c -o /dev/null - 2>/dev/null; then
        echo "$name: left out, gcc cannot build i386 programs (Debian: gcc-multilib)" >&2
        continue
      fi
      flags+=(-m32)
      ;;
    int80) [ "$(uname -m)" = x86_64 ] || continue ;;
  esac
  gcc "${flags[@]}" -o "$out/.$name.part" "${files[@]}"
  mv "$out/.$name.part" "$out/$name"
done
