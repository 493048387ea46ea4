#!/bin/sh
# Bundles the pages of the control plane into packages/web/dist, where a source of them changed.
set -eu
cd "$(dirname "$0")/.."
built=packages/web/dist/index.html
# Of the other rooms: what pages use of the rule language.
sources='packages/web/src packages/web/public packages/web/index.html packages/web/vite.config.ts packages/web/no-files.ts
packages/core/src packages/yaml/src packages/events/src packages/rules/src package-lock.json'
# shellcheck disable=SC2086  # a list of words
if [ -e "$built" ] && [ -z "$(find $sources -newer "$built" | head -1)" ]; then
  exit 0
fi
echo 'build: pages'
exec scripts/node node_modules/vite/bin/vite.js build --config packages/web/vite.config.ts --logLevel warn
