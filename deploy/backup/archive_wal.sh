#!/bin/sh
# PostgreSQL's archive_command: archive_wal.sh BACKUP_DIRECTORY %p %f
# A file is archived when it is whole and on the disk; one that is there already is never written over.
set -eu
directory=$1/wal source=$2 name=$3
mkdir -p "$directory"
if [ -e "$directory/$name" ]; then
    # Archived before a crash that PostgreSQL did not hear of: the same content is success, another is not.
    exec cmp -s "$source" "$directory/$name"
fi
cp "$source" "$directory/.$name.partial"
sync "$directory/.$name.partial"
mv "$directory/.$name.partial" "$directory/$name"
sync "$directory"
