#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/observing.md against an origin on loopback.
# usage: observing.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
url=http://127.0.0.1:$port

timeout 60 "$build/examples/observe" "$url/bytes/1000" "$url/status/404" \
  nonsense >"$scratch/metrics" 2>"$scratch/events"
events=$(cat "$scratch/events")
has "$events" "queued $url/bytes/1000"
has "$events" "opened $url/bytes/1000"
has "$events" "body $url/bytes/1000, 1000 bytes"
has "$events" "ended $url/bytes/1000, status 200"
has "$events" "head $url/status/404, status 404"
has "$events" "ended nonsense, bad-url"
grep -q ' turns, the longest of ' "$scratch/events"

metrics=$(cat "$scratch/metrics")
has "$metrics" '# TYPE lariat_jobs_done counter'
has "$metrics" 'lariat_jobs_done_total 2'
has "$metrics" 'lariat_requests_total{reason="h1"} 2'
has "$metrics" '# EOF'
[ "$(tail -n 1 "$scratch/metrics")" = '# EOF' ]
