#!/bin/sh
# Runs the generator into an empty folder and compares: the generated files here must be what it writes.
set -eu
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
trap 'exit 1' HUP INT TERM

scripts/node scripts/generate.ts "$fresh" >/dev/null
scripts/node scripts/generate-schemas.ts "$fresh"

generated() {
  find bpf packages -name '*.generated.*' -not -path '*/dist/*' -not -path '*/node_modules/*'
  find policies playbooks drills deploy -name '*.schema.json' -o -path 'deploy/crds/*.yaml'
}
status=0
for file in $( (generated; cd "$fresh" && generated) 2>/dev/null | sort -u); do
  [ -e "$fresh/$file" ] || { echo "$file: the generator does not write it any more"; status=1; continue; }
  [ -e "$file" ] || { echo "$file: missing"; status=1; continue; }
  diff -u --label "$file (here)" --label "$file (generated now)" "$file" "$fresh/$file" || status=1
done
[ $status = 0 ] || echo 'check-generated: run `make generate` and commit what it writes' >&2
exit $status
