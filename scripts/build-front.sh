#!/bin/sh
# Compiles the front of the runtime wrapper (docs/adr/0059) into build/oci/runward-oci where it or this script changed.
# Static, so that it starts in a millisecond and runs in any mount namespace.
set -eu
cd "$(dirname "$0")/.."
out=build/oci/runward-oci
if [ -x "$out" ] && [ ! front/runward-oci.c -nt "$out" ] && [ ! scripts/build-front.sh -nt "$out" ]; then exit 0; fi
mkdir -p build/oci
clang -static -s -O2 -Wall -Wextra -Werror -fstack-protector-strong -D_FORTIFY_SOURCE=2 -o "$out.new" front/runward-oci.c
mv "$out.new" "$out"
