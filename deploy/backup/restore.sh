#!/bin/sh
# restore.sh BACKUP_DIRECTORY NEW_DATA_DIRECTORY ['2026-11-22 14:05:00+00']
# Makes a data directory that PostgreSQL, when it is started on it, brings to that moment, or as far as the archive
# goes. It takes the newest base backup from before the moment and never touches the old data directory.
set -eu
directory=$1 data=$2 moment=${3:-}
if [ -e "$data" ] && [ -n "$(ls -A "$data")" ]; then
    echo "$data is not empty." >&2
    exit 1
fi
limit=$(date -u ${moment:+-d "$moment"} +%Y-%m-%dT%H%M%SZ)
base=$(ls "$directory/base" | awk -v limit="$limit" '$0 <= limit' | tail -n 1)
if [ -z "$base" ]; then
    echo "There is no base backup from before $limit." >&2
    exit 1
fi
mkdir -p "$data"
cp -a "$directory/base/$base/." "$data"
chmod 700 "$data"
{
    # What was restored must not be archived over what it was restored from.
    echo "archive_mode = off"
    echo "restore_command = 'cp \"$directory/wal/%f\" \"%p\"'"
    echo "recovery_target_action = 'promote'"
    if [ -n "$moment" ]; then
        echo "recovery_target_time = '$moment'"
    fi
} >>"$data/postgresql.auto.conf"
touch "$data/recovery.signal"
echo "$base"
