#!/usr/bin/env bash
# Brings a backup into the database, whichever folder it is called from: `trapline db:restore NAME`, with its options.
# NAME is one of backups/ of this checkout (backup_20251116_103045, with or without .sql.gz), or a path.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$root/bin/trapline.ts" db:restore "$@"
