#!/bin/sh
# Puts a backup of deploy/backup.sh into a new data folder:
#
#   deploy/restore.sh BACKUP KEYS NEW_DATA_DIR
#
# KEYS is the folder of the keys: BACKUP/keys, where they are beside. Run it as the user of the gateway,
# then `llmproxy audit verify NEW_DATA_DIR` (0 or 4), then start the gateway on it. Stop the old one first:
# two gateways with one `instance-id` would write as one.
set -eu
umask 077
if [ $# -ne 3 ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
backup=$1 keys=$2 data=$3
if [ -e "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "restore.sh: $data is not empty" >&2
  exit 1
fi
for folder in "$backup" "$keys"; do
  if ! (cd "$folder" && sha256sum --check --quiet SHA256SUMS) >&2; then
    echo "restore.sh: $folder is not as it was written" >&2
    exit 1
  fi
done
mkdir -p "$data/audit"
cp -Rp "$backup/store/." "$data/"
cp -Rp "$backup/audit/." "$data/audit/"
for name in pepper root-key audit-checkpoint-key; do
  [ ! -f "$keys/$name" ] || cp -p "$keys/$name" "$data/$name"
done
chmod -R go= "$data"
