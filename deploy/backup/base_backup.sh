#!/bin/sh
# base_backup.sh BACKUP_DIRECTORY [KEEP_DAYS]
# Takes a base backup and deletes base backups and WAL older than KEEP_DAYS (14). The server and its owner
# come from PGHOST, PGPORT, PGUSER and ~/.pgpass; whoever it is needs the right to replicate.
# Backups hold the wrapped content keys. What the product destroyed is destroyed here too once the last backup that
# holds its key is deleted: so KEEP_DAYS is also the longest that a deleted case can be brought back.
set -eu
directory=$1 keep_days=${2:-14}
mkdir -p "$directory/base" "$directory/wal"
chmod 700 "$directory"
partial=$directory/base/.partial.$$
trap 'rm -rf "$partial"' EXIT
pg_basebackup --pgdata="$partial" --format=plain --wal-method=stream --checkpoint=fast --no-password
# Named for when it was finished: that is the first moment to which it can be restored.
now=$(date -u +%Y-%m-%dT%H%M%SZ)
# Two within a second would have one name, and the second would be moved into the first.
while [ -e "$directory/base/$now" ]; do
    sleep 1
    now=$(date -u +%Y-%m-%dT%H%M%SZ)
done
mv "$partial" "$directory/base/$now"

find "$directory/base" -mindepth 1 -maxdepth 1 -type d -name '2*' -mtime "+$((keep_days - 1))" ! -name "$now" \
    -exec rm -rf {} +
oldest=$(ls "$directory/base" | head -n 1)
first_wal=$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$directory/base/$oldest/backup_label")
pg_archivecleanup "$directory/wal" "$first_wal"
echo "$directory/base/$now"
