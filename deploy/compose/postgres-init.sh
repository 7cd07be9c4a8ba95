#!/bin/sh
# Run once by the image of PostgreSQL, on an empty data folder: a role that owns one database and is
# nothing else. docs/guides/postgres-storage.md shows how to give a gateway less than that.
set -eu
password=$(cat /run/secrets/postgres-gateway)
psql -v ON_ERROR_STOP=1 -v password="$password" --username postgres <<'SQL'
CREATE ROLE llmproxy LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE DATABASE llmproxy OWNER llmproxy;
REVOKE ALL ON DATABASE llmproxy FROM PUBLIC;
SQL
