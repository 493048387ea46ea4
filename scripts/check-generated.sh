#!/bin/sh
# Runs the generator in a copy of the tree and compares: committed generated files must be what it writes.
set -eu
cd "$(dirname "$0")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM

cp -R bpf scripts packages package.json "$copy"
ln -s "$PWD/node_modules" "$copy/node_modules"
"$copy/scripts/node" "$copy/scripts/generate.ts" >/dev/null

status=0
found=0
for file in $(cd "$copy" && find bpf packages -name '*.generated.*' -not -path '*/dist/*'); do
  found=1
  diff -u --label "$file (committed)" --label "$file (generated now)" "$file" "$copy/$file" || status=1
done
[ $found = 1 ] || { echo 'check-generated: the generator wrote nothing' >&2; exit 1; }
[ $status = 0 ] || echo 'check-generated: run `make generate` and commit what it writes' >&2
exit $status
