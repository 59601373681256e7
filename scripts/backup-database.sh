#!/usr/bin/env bash
# Writes a backup of the database into backups/ of this checkout, whichever folder it is called from: `trapline db:backup`, with its options.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$root/bin/trapline.ts" db:backup "$@"
