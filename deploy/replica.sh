#!/bin/sh
# A streaming replica: a copy of the primary at the first start, and then whatever it sends.
set -eu

if [ ! -f "$PGDATA/PG_VERSION" ]; then
  # What an interrupted copy has left is no copy.
  find "$PGDATA" -mindepth 1 -delete
  pg_basebackup --pgdata "$PGDATA" --write-recovery-conf --checkpoint=fast \
    --dbname "host=primary user=replicator passfile=/run/secrets/replicator.pgpass"
fi
exec postgres -c hot_standby=on -c hot_standby_feedback=on -c max_connections=300
