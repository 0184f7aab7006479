#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the programs of docs/parsing.md against an origin on loopback.
# usage: parsing.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
program=$build/examples/read_responses
url=http://127.0.0.1:$port

# reads CODE PATH...: the program's exit code; its output is in $scratch.
reads() {
  local wanted=$1 code=0
  shift
  timeout 60 "$program" "$@" >"$scratch/body" 2>"$scratch/lines" || code=$?
  [ "$code" = "$wanted" ] && return
  echo "$*: exit code $code instead of $wanted" >&2
  cat "$scratch/lines" >&2
  return 1
}

reads 0 "$port" /a/../bytes/1000000 /status/404 /status/204 /tree/7 /bytes/0
lines=$(cat "$scratch/lines")
binary=application/octet-stream
text='text/plain; charset=utf-8'
has "$lines" "$url/bytes/1000000: 200, $binary, 1000000 bytes, open"
has "$lines" "$url/status/404: 404, $text, 200 bytes, open"
has "$lines" "$url/status/204: 204, no type, 0 bytes, open"
has "$lines" "$url/tree/7: 200, ${text/plain/html}, 302 bytes, open"
has "$lines" "$url/bytes/0: 200, $binary, 0 bytes, open"
[ "$(wc -l <<<"$lines")" = 5 ]

[ "$(wc -c <"$scratch/body")" = $((1000000 + 200 + 302)) ]
grep -qF '<a href="/tree/0">top</a>' "$scratch/body"

# Port 1 is nobody's.
reads 1 1 /
reads 2 "$port"
reads 2 port /

# The same over a byte stream; two responses on one connection.
program=$build/examples/get_over_stream
reads 0 "$url" /a/../bytes/1000000 /status/404 /bytes/0
lines=$(cat "$scratch/lines")
has "$lines" "$url/bytes/1000000: 200, 1000000 bytes, open"
has "$lines" "$url/status/404: 404, 200 bytes, open"
has "$lines" "$url/bytes/0: 200, 0 bytes, open"
[ "$(wc -c <"$scratch/body")" = $((1000000 + 200)) ]
reads 1 http://127.0.0.1:1 /
grep -q 'no connection to the server could be made' "$scratch/lines"
reads 1 "$url"
grep -q 'usage: get_over_stream ORIGIN PATH...' "$scratch/lines"
