#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CPU time of `lariat fetch`, user and system of the whole process, against the
# library's own path (bench-path), curl --parallel and wget2, if that is there:
# the same URLs of one nginx over kept-alive connections, in turns; medians.
#
# usage: fetch_cpu.sh BUILD_DIRECTORY [URLS [ROUNDS [CONNECTIONS]]]
set -eu
export LC_ALL=C
build=$(realpath "${1:?usage: fetch_cpu.sh BUILD_DIRECTORY [URLS [ROUNDS]]}")
urls=${2:-20000}
rounds=${3:-7}
connections=${4:-128}
others=16 # of curl and wget2: they are at their best with few
cd "$(dirname "$0")/../.."

# root is for bench/lib.sh, which sets scratch and url.
# shellcheck disable=SC2034,SC2154
root=$PWD
# shellcheck source=bench/lib.sh
. bench/lib.sh
make_scratch
start_nginx

# shellcheck disable=SC2154
{
  seq -f "${url}page/%.0f" "$urls" >"$scratch/list"
  awk '{ print "url = \"" $0 "\"\noutput = /dev/null" }' "$scratch/list" \
    >"$scratch/curl.conf"
  cd "$scratch"
}

# Called by name.
# shellcheck disable=SC2317
run_lariat() {
  "$build/lariat" fetch -q -i list -o results.lariat \
    -c "$connections" --per-host "$connections"
}
run_lariat_spread() {
  "$build/lariat" fetch -q -i list -o results.lariat_spread \
    -c "$connections" --per-host "$connections" --placement spread
}
run_path() {
  "$build/bench-path" "$url" "$urls" "$connections" >/dev/null
}
run_path_spread() {
  "$build/bench-path" "$url" "$urls" "$connections" --placement spread \
    >/dev/null
}
run_curl() {
  curl -s --parallel --parallel-max "$others" -K curl.conf
}
run_wget2() { wget2 -q -O /dev/null --max-threads="$others" -i list; }

programs="lariat path lariat_spread path_spread curl"
command -v wget2 >/dev/null && programs+=" wget2"
TIMEFORMAT='%U %S'
for ((round = 0; round < rounds; round++)); do
  for program in $programs; do
    rm -f "results.$program" # a new file each time, not an old one cut
    { time "run_$program" 2>errors; } 2>>"times.$program" </dev/null
  done
done
[ "$(cat results.* | wc -l)" = $((2 * urls)) ]

# The median CPU time for each URL, in microseconds.
median() {
  awk '{ print $1 + $2 }' "times.$1" | sort -n | awk -v urls="$urls" '
    { all[NR] = $1 }
    END {
      half = int((NR + 1) / 2)
      middle = NR % 2 ? all[half] : (all[half] + all[half + 1]) / 2
      printf "%.3f\n", middle / urls * 1e6
    }'
}

ratio() { # PROGRAM RIVAL MOST
  awk -v a="$(median "$1")" -v b="$(median "$2")" -v most="$3" \
    -v what="$1 / $2" 'BEGIN {
      printf "%-28s %.2f, at most %.2f: %s\n", what, a / b, most, \
        a / b <= most ? "good" : "TOO MUCH"
      exit a / b > most }'
}

echo "$urls URLs, $rounds rounds; $connections connections of lariat," \
  "$others of the others; CPU us for a URL:"
for program in $programs; do
  printf '  %-14s %s\n' "$program" "$(median "$program")"
done
failed=0
ratio lariat path 1.25 || failed=1
ratio lariat_spread path_spread 1.25 || failed=1
ratio lariat curl 0.65 || failed=1
[ ! -e times.wget2 ] || ratio lariat wget2 1.2 || failed=1
exit $failed
