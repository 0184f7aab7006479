#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the programs of the guide to deferreds and looks at what they print.
# usage: deferreds.sh BUILD_DIRECTORY
set -euo pipefail
examples=$1/examples

# says WHAT COMMAND...: that is all the output.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$@")
  [ "$out" = "$wanted" ] && return
  printf '%s says:\n%s\nand not:\n%s\n' "$*" "$out" "$wanted" >&2
  return 1
}

says "half of it is 21" "$examples/deferreds_chain"
says "user: 7 is uneven" "$examples/deferreds_chain" 7
says "timed-out: it was not done within 100 milliseconds" \
  "$examples/deferreds_chain" 1000

out=$(timeout 60 "$examples/deferreds_semaphore")
[ "$(grep -c ' is done$' <<<"$out")" = 6 ]
[ "$(grep -c ', 2 running$' <<<"$out")" = 5 ]
[ "$(grep -c ', 3 running$' <<<"$out")" = 0 ]
[ "$(tail -n 2 <<<"$out")" = "the sum is 15
number 1 won, with 7" ]
