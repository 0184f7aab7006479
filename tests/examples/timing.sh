#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/timing.md against an origin on loopback.
# usage: timing.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
program=$build/examples/paced

timeout 60 "$program" "http://127.0.0.1:$port/" 500 200 >"$scratch/out"
us="[0-9.]+ us"
for name in response wire late; do
  grep -qE "^$name +200 values, p50 $us, p99 $us, most $us$" "$scratch/out"
done
[ "$(wc -l <"$scratch/out")" = 3 ]

# Port 1 is nobody's: all have failed.
code=0
timeout 60 "$program" http://127.0.0.1:1/ 1000 3 >"$scratch/out" || code=$?
[ "$code" = 1 ]
grep -qE "^response +0 values" "$scratch/out"

code=0
"$program" 2>"$scratch/out" || code=$?
[ "$code" = 2 ]
