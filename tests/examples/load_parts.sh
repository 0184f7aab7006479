#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the programs of docs/arrivals.md and docs/comparing.md, and looks at what
# they print.
# usage: load_parts.sh BUILD_DIRECTORY
set -euo pipefail
examples=$1/examples
[ -x "$examples/schedule" ] || exit 77 # built without liblariat-load

# says WANTED PROGRAM ARGUMENT...: that is all the output.
says() {
  local wanted=$1 program=$2 out
  shift 2
  out=$(timeout 60 "$examples/$program" "$@" 2>&1 || true)
  [ "$out" = "$wanted" ] && return
  printf '%s %s says:\n%s\nand not:\n%s\n' "$program" "$*" "$out" \
    "$wanted" >&2
  return 1
}

says 'request 0 at 0 ns
request 1 at 1000000 ns
request 2 at 2000000 ns
request 3 at 3000000 ns
1000 1000 500 = 2500' schedule 2.5s:1000

says 'request 1 at 141421356 ns
request 3 at 244948974 ns
request 5 at 316227766 ns
request 7 at 374165738 ns
50 150 200 100 = 500' schedule 2s:0-200,1s:200,1s:200-0 2/2

says 'request 0 at 971898 ns
request 1 at 2400302 ns
request 2 at 2804009 ns
request 3 at 3345377 ns
1000 1000 = 2000' schedule 2s:1000 1/1 7

says 'schedule: stage 2: no '\'':'\'' behind the duration at byte 12' \
  schedule 30s:0-500,5m
says 'schedule: part 3 of 2: K is from 1 to N' schedule 1s:1 3/2
says 'schedule: no rate above 0 in any stage' schedule 1s:0

says 'B A
A B
B A' compare_runs order 3 7

says 'worse: B / A = 1.200, from 1.189 to 1.209' compare_runs 0.03 <<'END'
100 120
101 122
99 119
100 121
102 120
98 118
100 121
100 119
END
