#!/usr/bin/env bash
# The roles of the archive's database, made once when the primary is: who owns, who writes, who reads, who replicates.
set -euo pipefail

read_secret() { cat "/run/secrets/$1"; }

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname archive \
  --set owner="$(read_secret archive_owner)" --set writer="$(read_secret archive_writer)" \
  --set reader="$(read_secret archive_reader)" --set replicator="$(read_secret replicator)" <<'SQL'
CREATE ROLE archive_owner LOGIN PASSWORD :'owner';
CREATE ROLE archive_writer LOGIN PASSWORD :'writer';
CREATE ROLE archive_reader LOGIN PASSWORD :'reader';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator';
ALTER DATABASE archive OWNER TO archive_owner;
GRANT ALL ON SCHEMA public TO archive_owner;
SQL

printf 'host replication replicator all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
