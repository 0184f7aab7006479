#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CPU time of fetches that coroutines await against that of fetches with
# callbacks (bench-path with and without --await), user and system of the whole
# process: the same page of one nginx, in turns; the median of the rounds'
# ratios.
#
# usage: await_cpu.sh BUILD_DIRECTORY [FETCHES [ROUNDS [CONNECTIONS]]]
set -eu
export LC_ALL=C
build=$(realpath "${1:?usage: await_cpu.sh BUILD_DIRECTORY [FETCHES [ROUNDS]]}")
fetches=${2:-100000}
rounds=${3:-7}
connections=${4:-64}
most=1.05
cd "$(dirname "$0")/../.."

# root is for bench/lib.sh, which sets scratch and url.
# shellcheck disable=SC2034,SC2154
root=$PWD
# shellcheck source=bench/lib.sh
. bench/lib.sh
make_scratch
start_nginx

TIMEFORMAT='%U %S'
# run NAME [OPTION...]: prints the CPU seconds.
run() {
  # shellcheck disable=SC2154
  { time "$build/bench-path" "${url}page" "$fetches" "$connections" "$@" \
    >/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}

run >/dev/null
for ((round = 0; round < rounds; round++)); do
  # Who goes first takes turns, too.
  if ((round % 2)); then
    awaits=$(run --await)
    callbacks=$(run)
  else
    callbacks=$(run)
    awaits=$(run --await)
  fi
  echo "$callbacks $awaits"
done | awk -v fetches="$fetches" -v most="$most" '
  function median(values, count) {
    for (i = 2; i <= count; i++)
      for (k = i; k > 1 && values[k - 1] > values[k]; k--) {
        other = values[k]; values[k] = values[k - 1]; values[k - 1] = other
      }
    half = int((count + 1) / 2)
    return count % 2 ? values[half] : (values[half] + values[half + 1]) / 2
  }
  { callbacks[NR] = $1; awaits[NR] = $2; ratio[NR] = $2 / $1 }
  END {
    if (!NR) exit 1
    printf "callbacks  %.3f us of CPU a fetch\n",
      median(callbacks, NR) / fetches * 1e6
    printf "awaits     %.3f us of CPU a fetch\n",
      median(awaits, NR) / fetches * 1e6
    middle = median(ratio, NR)
    printf "ratio      %.3f (%.3f to %.3f), at most %s: %s\n", middle, ratio[1],
      ratio[NR], most, middle <= most ? "good" : "TOO MUCH"
    exit middle > most
  }'
