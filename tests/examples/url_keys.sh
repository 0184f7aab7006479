#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/url-keys.md and looks at what it prints.
# usage: url_keys.sh BUILD_DIRECTORY
set -euo pipefail
keys=$1/examples/url_keys
[ -x "$keys" ] || exit 77 # built without liblariat-crawl

# says WANTED ARGUMENT...: that is all the output.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$keys" "$@" 2>&1 || true)
  [ "$out" = "$wanted" ] && return
  printf '%s says:\n%s\nand not:\n%s\n' "$*" "$out" "$wanted" >&2
  return 1
}

id=0123456789abcdef0123456789abcdef
says "key  http://example.org/~a   by escapes empty-query
surt http://(org,example,)/%7ea?" '' 'http://example.org/%7ea?'
says "key  http://example.org:8080/a?b   by session
surt http://(org,example,:8080)/a?b&sid=$id" '' \
  "http://example.org:8080/a?b&sid=$id"
says 'key  https://example.org/a?a=1&b=2   by sort-query drop
surt https://(org,example,)/a?b=2&utm_source=x&a=1' \
  'sort-query;drop=utm_*' 'https://example.org/a?b=2&utm_source=x&a=1'
says 'a b: no scheme
key  http://example.org/
surt http://(org,example,)/' none http://example.org 'a b'
says 'no such rule of keys: "sort"' sort http://example.org/
