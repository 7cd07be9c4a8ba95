#!/bin/sh
# Makes the passwords of full.yaml, once: random, in deploy/compose/secrets, which git does not take.
# The folder is closed to others; the files in it are open, because each container has a user of its own.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
for name in postgres-admin postgres-gateway valkey-gateway grafana-admin; do
  [ -s "$name" ] || random >"$name"
done
# The rights that docs/guides/shared-counters.md gives, with the hash of the password.
hash=$(tr -d '\n' <valkey-gateway | sha256sum | cut -d ' ' -f 1)
{
  echo 'user default off'
  echo "user gateway on #$hash resetchannels ~{llmproxy}:* -@all +info +select +eval +evalsha +time +get +set +exists +pexpire +hget +hset +hmget +hexists +hdel +zadd +zrem +zcard +zscore +zrange +zremrangebyscore"
} >valkey-acl
chmod 444 postgres-admin postgres-gateway valkey-gateway grafana-admin valkey-acl
