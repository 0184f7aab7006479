#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the load tests of docs/examples against an origin on loopback.  What they
# measure is the machine's affair; that all of it was counted is not.
# usage: load.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
one=$build/examples/load_one_url
pairs=$build/examples/load_pairs
[ -x "$one" ] || exit 77 # built without liblariat-load
base=http://127.0.0.1:$port

fail() {
  printf '%s:\n' "$1"
  cat "$scratch/out"
  exit 1
}

# check_report: the lines of a run that went well, and a verdict.
check_report() {
  grep -qE '^p50 [0-9.]+ ms$' "$scratch/out" || fail "no p50"
  grep -qE '^p99 [0-9.]+ ms$' "$scratch/out" || fail "no p99"
  grep -qxE 'VALID|SUSPECT|INVALID' "$scratch/out" || fail "no verdict"
}

# Ten users: of so many requests all are good.
timeout 60 "$one" "$base/" >"$scratch/out"
grep -qE '^([1-9][0-9]*) requests, \1 good$' "$scratch/out" ||
  fail "not all were good"
check_report

# At a rate it is the schedule that decides how many there are.
timeout 60 "$one" "$base/" 100 >"$scratch/out"
grep -qx '100 requests, 100 good' "$scratch/out" || fail "not the schedule's"
check_report

# A status of 404 is no good answer, and is counted all the same.
timeout 60 "$one" "$base/status/404" 50 >"$scratch/out"
grep -qx '50 requests, 0 good' "$scratch/out" || fail "404s that were good"

code=0
timeout 60 "$one" nonsense >"$scratch/out" 2>&1 || code=$?
[ "$code" = 1 ] || fail "a bad URL gave $code"

# Two short pairs cannot say anything, and do not.
timeout 60 "$pairs" "$base/" "$base/" 2 200 >"$scratch/out"
[ "$(grep -c '^pair ' "$scratch/out")" = 4 ] || fail "not four runs"
grep -q '^undecided: ' "$scratch/out" || fail "an answer out of two pairs"
