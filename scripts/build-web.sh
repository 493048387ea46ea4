#!/bin/sh
# Bundles the pages of the control plane into packages/web/dist, where a source of them changed.
set -eu
cd "$(dirname "$0")/.."
built=packages/web/dist/index.html
if [ -e "$built" ] && [ -z "$(find packages/web/src packages/web/public packages/web/index.html packages/web/vite.config.ts package-lock.json -newer "$built" | head -1)" ]; then
  exit 0
fi
echo 'build: pages'
exec scripts/node node_modules/vite/bin/vite.js build --config packages/web/vite.config.ts --logLevel warn
