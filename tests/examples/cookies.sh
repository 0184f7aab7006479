#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/cookies.md and looks at what it prints.
# usage: cookies.sh BUILD_DIRECTORY
set -euo pipefail
cookies=$1/examples/cookies

# says WANTED ARGUMENT...: that is all the output.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$cookies" "$@" 2>&1 || true)
  [ "$out" = "$wanted" ] && return
  printf '%s says:\n%s\nand not:\n%s\n' "$*" "$out" "$wanted" >&2
  return 1
}

says 'a=1; Domain=example.com; Path=/: stored
b=2; Domain=com: the Domain is a public suffix
c=3; Max-Age=0: expired
__Host-d=4: not what the prefix of its name asks for
e=5; Secure; Path=/account: stored
Cookie: e=5; a=1' \
  https://www.example.com/account/login 'a=1; Domain=example.com; Path=/' \
  'b=2; Domain=com' 'c=3; Max-Age=0' '__Host-d=4' 'e=5; Secure; Path=/account'
says 'a=1; Secure: Secure, from an origin that is not' \
  http://www.example.com/ 'a=1; Secure'
says 'usage: cookies URL SET-COOKIE...'
