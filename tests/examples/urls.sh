#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/urls.md and looks at what it prints.
# usage: urls.sh BUILD_DIRECTORY
set -euo pipefail
resolve=$1/examples/resolve

# says WANTED ARGUMENT...: that is all the output.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$resolve" "$@" || true)
  [ "$out" = "$wanted" ] && return
  printf '%s says:\n%s\nand not:\n%s\n' "$*" "$out" "$wanted" >&2
  return 1
}

says 'http://example.com/a/b (example.com, port 80)
http://example.com/c?d%20e (example.com, port 80)
https://xn--bcher-kva.example/ (xn--bcher-kva.example, port 443, elsewhere)
http://exa mple/: blank at byte 10' \
  ' HTTP://Example.com:80/x/../a/./b' '../c?d e' 'https://bücher.example' \
  'http://exa mple/'
says 'www.example.com: no scheme' www.example.com
