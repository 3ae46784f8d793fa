#!/bin/sh
# destroyed_keys.sh save FILE     writes down which content keys were destroyed: ids and times, nothing secret
# destroyed_keys.sh apply FILE    after a restore: destroys them again, and says how many came back with it
# The database comes from PGHOST, PGPORT, PGUSER, PGDATABASE and ~/.pgpass. Save every hour, beside the WAL, and keep
# the list for as long as any backup: a restore to an earlier moment brings back what was deleted since.
set -eu
file=$2
case $1 in
save)
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --command \
        "copy (select owner_id, destroyed_at from content_keys where destroyed_at is not null) to stdout" \
        >"$file.partial"
    sync "$file.partial"
    mv "$file.partial" "$file"
    ;;
apply)
    psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --single-transaction \
        --command "create temporary table gone (owner_id uuid, destroyed_at timestamptz)" \
        --command "\\copy gone from '$file'" \
        --command "with again as (update content_keys k set wrapped = null, destroyed_at = g.destroyed_at
                   from gone g where k.owner_id = g.owner_id and k.wrapped is not null returning 1)
                   select count(*) from again"
    ;;
*)
    echo "destroyed_keys.sh save|apply FILE" >&2
    exit 1
    ;;
esac
