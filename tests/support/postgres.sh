#!/bin/sh
# SPDX-License-Identifier: MIT
# A PostgreSQL for scripts, in a new directory, on a Unix socket there;
# tests in C have support/postgres.h.
#
# usage: postgres.sh start              makes it; prints its directory
#        postgres.sh restart DIRECTORY  as after a crash
#        postgres.sh stop DIRECTORY     ends it, and removes the directory
#
# It is called "host=DIRECTORY user=tester dbname=postgres" by libpq, or
# "postgres://tester@/postgres?host=DIRECTORY".
#
# Exit code 77: there is no PostgreSQL here.  LARIAT_TEST_POSTGRES is the
# directory of its programs, else the newest in /usr/lib/postgresql is taken.
# It refuses root, so that nobody runs it then.
set -u
export LC_ALL=C

say_usage() {
  echo "usage: postgres.sh start | restart DIRECTORY | stop DIRECTORY" >&2
  exit 2
}

find_programs() {
  programs=${LARIAT_TEST_POSTGRES:-}
  for directory in /usr/lib/postgresql/*/bin; do
    [ -n "${LARIAT_TEST_POSTGRES:-}" ] || programs=$directory
  done
  if [ ! -x "$programs/initdb" ]; then
    echo "postgres.sh: no PostgreSQL here" >&2
    exit 77
  fi
}

as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups \
      env -C "$directory" "$@"
  else
    env -C "$directory" "$@"
  fi
}

make_cluster() {
  directory=$(mktemp -d "${TMPDIR:-/tmp}/lariat-pg-XXXXXX") || exit 1
  [ "$(id -u)" != 0 ] || chown nobody "$directory" || exit 1
  as_user "$programs/initdb" -D "$directory/data" -A trust -U tester -E UTF8 \
    --locale=C --no-sync --no-instructions --wal-segsize=1 \
    >/dev/null || exit 1
}

# Crashes on purpose where it runs: what it has said to have done is kept.
end_server() {
  as_user "$programs/pg_ctl" -D "$directory/data" -m immediate -w stop \
    >/dev/null 2>&1
}

begin_server() {
  as_user "$programs/pg_ctl" -D "$directory/data" -l "$directory/server.log" \
    -w -t 60 -o "-k '$directory' -F -c listen_addresses= \
      -c shared_buffers=${LARIAT_TEST_POSTGRES_BUFFERS:-32MB} \
      -c max_connections=100 -c wal_level=minimal -c max_wal_senders=0" \
    start >/dev/null || exit 1
}

case "${1-} $#" in "start 1" | "restart 2" | "stop 2") ;; *) say_usage ;; esac
find_programs
directory=${2-}
case $1 in
  start)
    make_cluster
    begin_server
    echo "$directory"
    ;;
  restart)
    end_server
    begin_server
    ;;
  stop)
    end_server
    rm -rf "$directory"
    ;;
esac
