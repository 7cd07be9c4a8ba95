#!/bin/sh
# Copies the data folder of a gateway that runs, without stopping it:
#
#   deploy/backup.sh DATA_DIR TARGET [KEYS]
#
# A new folder with the time in its name is made in TARGET, and for the keys one of the same name in KEYS,
# which should be somewhere else: with both, a copy is as good as the store. Without KEYS they are beside.
# deploy/restore.sh puts them together again. It needs `sqlite3`, or Node 24 or newer as `node`.
#
# The order matters. The store is copied before the log: what the store says has happened is then in the
# log. The signed tree is copied before the segments, so that it claims nothing which is not there. The
# last record may be cut in half: `llmproxy audit verify` says 4 of the copy (a torn tail), and a gateway
# that is started on it cuts it off.
set -eu
umask 077
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
data=$1
name=llmproxy-$(date -u +%Y%m%dT%H%M%SZ)
target=$2/$name
keys=${3:-$target}/keys
[ $# -lt 3 ] || keys=$3/$name
if [ ! -f "$data/pepper" ] || [ ! -d "$data/audit" ]; then
  echo "backup.sh: $data is not the data folder of a gateway" >&2
  exit 1
fi
if [ -e "$target" ]; then
  echo "backup.sh: $target is there already" >&2
  exit 1
fi
draft=$target.partial
rm -rf "$draft"
mkdir -p "$draft/store" "$draft/audit" "$keys"

# SQLite's own way: it sees one moment, whatever is written meanwhile.
copy_database() {
  if command -v sqlite3 >/dev/null 2>&1; then
    sqlite3 -cmd '.timeout 10000' "$1" "VACUUM INTO '$2'"
    [ "$(sqlite3 "$2" 'PRAGMA integrity_check')" = ok ]
  else
    node --disable-warning=ExperimentalWarning -e '
      const { DatabaseSync } = require("node:sqlite");
      const [from, to] = process.argv.slice(1);
      const source = new DatabaseSync(from, { readOnly: true });
      source.exec("PRAGMA busy_timeout = 10000");
      source.prepare("VACUUM INTO ?").run(to);
      const [{ integrity_check: said }] = new DatabaseSync(to).prepare("PRAGMA integrity_check").all();
      process.exitCode = said === "ok" ? 0 : 1;
    ' "$1" "$2"
  fi
}

for file in "$data"/*; do
  base=${file##*/}
  case $base in
    # The index is made anew out of the log. A token that was not used is not worth keeping.
    audit | audit-index.db* | *.db-wal | *.db-shm | *.lock | *.lock-journal | admin-token | *.creating | *.adding) ;;
    pepper | root-key | audit-checkpoint-key) cp -p "$file" "$keys/$base" ;;
    *.db) copy_database "$file" "$draft/store/$base" ;;
    *) cp -Rp "$file" "$draft/store/$base" ;;
  esac
done
[ ! -d "$data/audit/log" ] || cp -Rp "$data/audit/log" "$draft/audit/log"
for file in "$data"/audit/*; do
  case ${file##*/} in
    log | ballast-* | *.lock | *.lock-journal) ;;
    *) cp -Rp "$file" "$draft/audit/" ;;
  esac
done
(cd "$draft" && find . -type f ! -path './keys/*' ! -name SHA256SUMS -exec sha256sum {} + | sort -k 2 >SHA256SUMS)
(cd "$keys" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + | sort -k 2 >SHA256SUMS)
[ ! -d "$target/keys" ] || mv "$target/keys" "$draft/keys"
[ ! -d "$target" ] || rmdir "$target"
# A backup that has this name is whole and on the disk.
sync
mv "$draft" "$target"
echo "$target"
