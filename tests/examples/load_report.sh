#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Has the program of docs/load-format.md write every report from the JSON of a
# run: what the program wrote itself at the end of the run.
# usage: load_report.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
report=$build/examples/load_report
lariat=$build/lariat
[ -x "$report" ] && [ -x "$lariat" ] || exit 77 # built without them

# Whatever the verdict is.
timeout 60 "$lariat" load -q -n 200 -c 2 --fail-if 'p99>100s' \
  --json "$scratch/json" --html "$scratch/html" --csv "$scratch/csv" \
  --samples "$scratch/samples" --openmetrics "$scratch/openmetrics" \
  "http://127.0.0.1:$port/bytes/10" 2>"$scratch/said" || [ $? = 3 ]
for format in json html csv samples openmetrics; do
  "$report" $format <"$scratch/json" >"$scratch/again"
  # The sum of a histogram is known to the nanosecond of its mean.
  if ! diff <(grep -v '_sum ' "$scratch/$format") \
    <(grep -v '_sum ' "$scratch/again"); then
    echo "another $format"
    exit 1
  fi
done
"$report" text <"$scratch/json" >"$scratch/text"
grep -q '^Requests     200 ended: 200 good, 0 failed (0 %)$' "$scratch/text"

! "$report" text <"$scratch/html" >/dev/null 2>"$scratch/said"
grep -q '^load_report: no JSON at line 1: ' "$scratch/said"
