#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the programs of docs/examples against an origin on loopback.
# usage: programs.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
url=http://127.0.0.1:$port
examples=$build/examples

# expect CODE COMMAND...: the output of a command that ends with that code.
# (A sanitizer that found something ends it with another.)
expect() {
  local wanted=$1 code=0
  shift
  timeout 60 "$@" >"$scratch/out" 2>&1 || code=$?
  cat "$scratch/out"
  [ "$code" = "$wanted" ] && return
  echo "$*: exit code $code instead of $wanted" >&2
  tail -n 40 "$scratch/out" >&2
  return 1
}

out=$(expect 0 "$examples/get_one" "$url/" "$url/status/404" nonsense)
has "$out" "Got response code 200 from $url/"
has "$out" "Got response code 404 from $url/status/404"
has "$out" "nonsense failed: this is not a URL: no scheme"
[ "$(wc -l <<<"$out")" = 3 ]

out=$(expect 1 "$examples/get_one")
has "$out" "lariat: usage: get_one URL..."

out=$(expect 0 "$examples/get_one_await" "$url/" "$url/status/404" nonsense)
has "$out" "Got response code 200 from $url/"
has "$out" "Got response code 404 from $url/status/404"
has "$out" "nonsense failed: this is not a URL: no scheme"
[ "$(wc -l <<<"$out")" = 3 ]

out=$(expect 1 "$examples/get_one_await")
has "$out" "lariat: usage: get_one_await URL..."

out=$(expect 0 "$examples/crawl_await" "$url")
grep -qE '^1111 pages, 0 failed, [0-9]+ bytes$' <<<"$out"
[ "$(wc -l <"$source/docs/examples/crawl_await.c")" -le 60 ]

# The origin sends no Last-Modified, and does not look at what it was asked.
out=$(expect 0 "$examples/if_changed" "$url/tree/7" 784111777)
has "$out" "text/html in utf-8, changed at an unknown time"
out=$(expect 1 "$examples/if_changed" "$url/" 253402300800)
grep -q 'an argument makes no sense' <<<"$out"

out=$(expect 0 "$examples/crawl_group" "$url")
grep -qE '^1111 pages, 0 failed, [0-9]+ bytes$' <<<"$out"
[ "$(wc -l <<<"$out")" = 1 ]
out=$(expect 0 "$examples/crawl_group" http://127.0.0.1:1)
has "$out" "1 pages, 1 failed, 0 bytes"
grep -q '^the first failure: no connection' <<<"$out"

out=$(expect 0 "$examples/save_slowly" "$url/bytes/1000000" | wc -c)
[ "$out" -ge 1000000 ]
seq 100000 >"$scratch/numbers"
bytes=$(wc -c <"$scratch/numbers")
out=$(expect 0 "$examples/upload" "$url/length" <"$scratch/numbers")
has "$out" "$((bytes + 100000)) bytes produced: 200, $((bytes + 100000))"
out=$(expect 0 "$examples/upload" "$url/length" "$scratch/numbers" </dev/null)
has "$out" "0 bytes produced: 200, 0"
has "$out" "$scratch/numbers: 200, $bytes"
out=$(expect 1 "$examples/upload" "$url/length" "$scratch" </dev/null)
grep -qF "$scratch: an argument makes no sense: body: it is not a" <<<"$out"
out=$(expect 1 "$examples/upload" http://127.0.0.1:1/ <"$scratch/numbers")
grep -qE "^[0-9]+ bytes produced: no connection" <<<"$out"

seq -f "$url/bytes/%.0f" 3000 >"$scratch/urls"
out=$(expect 0 "$examples/get_many" <"$scratch/urls")
has "$out" "3000 answered, 0 failed, $((3000 * 3001 / 2)) bytes"

# At 100 a second, of which 5 at once; and with a delay of 20 ms.
head -n 40 "$scratch/urls" >"$scratch/few"
start=$(date +%s%N)
out=$(expect 0 "$examples/polite" 100 0 <"$scratch/few")
has "$out" "40 answered, 0 failed"
out=$(expect 0 "$examples/polite" 1000 20 <"$scratch/few")
has "$out" "40 answered, 0 failed"
[ $((($(date +%s%N) - start) / 1000000)) -ge 1130 ]

# Bad URLs fail inside the call: so many would show if one led to the next.
out=$({ yes nonsense | head -n 20000 && echo "$url/bytes/7"; } |
  expect 1 "$examples/get_many")
has "$out" "1 answered, 20000 failed, 7 bytes"
has "$out" "nonsense: this is not a URL: no scheme"
out=$(expect 0 "$examples/get_many" </dev/null)
has "$out" "0 answered, 0 failed, 0 bytes"

# The second line comes late and in two parts, the last without its end.
out=$({
  echo "$url/delay/300"
  echo nonsense
  printf '%s/stat' "$url"
  sleep 0.1
  printf 'us/500\n\n'
  printf '%s/' "$url"
} | expect 0 "$examples/embed_in_poll")
has "$out" "200 $url/delay/300"
has "$out" "bad-url: nonsense"
has "$out" "500 $url/status/500"
has "$out" "200 $url/"
[ "$(wc -l <<<"$out")" = 4 ]

out=$(expect 0 "$examples/test_mirrors")
has "$out" "the first answers: one after 1999 ms, 1 asked"
has "$out" "the first has an error: two after 15 ms, 2 asked"
has "$out" "the first is silent: two after 2000 ms, 2 asked"
has "$out" "neither is there: connect-failed after 150 ms, 2 asked"

out=$(expect 0 "$examples/test_copy")
has "$out" "both are fast: 201 after 50 ms, 100000 bytes"
has "$out" "the second is slow: 201 after 1000 ms, 100000 bytes"
broken="the first breaks off: upload-failed after 50 ms, 60000 bytes, not all"
has "$out" "$broken"
has "$out" "the second is full: 507 after 14 ms, 30000 bytes, not all"

out=$(expect 0 "$examples/tasks" 20000)
has "$out" "2262 primes here, 2262 there, and the clock ticked"
has "$out" "goodbye"

out=$(expect 0 "$examples/answers" "$url/bytes/5000")
has "$out" "200 $url/bytes/5000"
has "$out" "  body: 5000 bytes, of which came 5000"
grep -qE '^  head: [0-9]+ bytes, as they came$' <<<"$out"
grep -qE "^  from 127.0.0.1 port [0-9]+ to 127.0.0.1 port $port\$" <<<"$out"

# Port 1 is nobody's.
out=$(expect 0 "$examples/retries" "$url/" "$url/status/503" \
  "$url/status/404" http://127.0.0.1:1/)
has "$out" "$url/: 200 (none)"
has "$out" "$url/status/503: 503 503 503 (spent)"
has "$out" "$url/status/404: 404 (none)"
line="http://127.0.0.1:1/: connect-failed connect-failed connect-failed (spent)"
has "$out" "$line: connect-failed in phase connect"
[ "$(wc -l <<<"$out")" = 4 ]
