#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the programs of docs/warc.md against an origin on loopback.
# usage: warc.sh BUILD_DIRECTORY
# shellcheck source=tests/examples/origin.bash
. "$(dirname "$0")/origin.bash"
write=$build/examples/write_warc
[ -x "$write" ] || exit 77 # built without liblariat-crawl
url=http://127.0.0.1:$port
file=$scratch/a.warc.gz

timeout 60 "$write" "$file" "$url/tree/7" "$url/status/404" "$url/tree/7"
list=$("$build/lariat" warc list "$file")
[ "$(grep -c . <<<"$list")" = 4 ]
grep -q "response  200  text/html  $url/tree/7\$" <<<"$list"
grep -q "response  404  text/plain  $url/status/404\$" <<<"$list"
grep -q "revisit   200  text/html  $url/tree/7\$" <<<"$list"
"$build/lariat" warc check "$file"
"$build/lariat" warc show "$file" "$url/tree/7" >"$scratch/page"
grep -qF '<a href="/tree/0">top</a>' "$scratch/page"

titles=$("$build/examples/read_warc" "$file")
[ "$(grep -c . <<<"$titles")" = 1 ]
[ "${titles%%[[:blank:]]*}" = "$url/tree/7" ]

# A file that is cut, and none.
head -c 600 "$file" >"$scratch/cut.warc.gz"
"$build/examples/read_warc" "$scratch/cut.warc.gz" 2>"$scratch/said"
grep -q 'the file ends within a gzip member' "$scratch/said"
if "$build/examples/read_warc" "$scratch/none" 2>/dev/null; then exit 1; fi
if timeout 60 "$write" /no/such/file "$url/" 2>/dev/null; then exit 1; fi
