#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/robots.md and looks at what it prints.
# usage: robots.sh BUILD_DIRECTORY
set -euo pipefail
check=$1/examples/check_robots
[ -x "$check" ] || exit 77 # built without liblariat-crawl

file='Sitemap: https://example.org/sitemap.xml
User-agent: *
Disallow: /

User-agent: ExampleBot
Crawl-delay: 2.5
Disallow: /private/   # not for machines
Disallow: /*?sort=
Allow: /private/press'

# says WANTED ARGUMENT...: that is all the output.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$check" "$@" 2>&1 <<<"$file" || true)
  [ "$out" = "$wanted" ] && return
  printf '%s says:\n%s\nand not:\n%s\n' "$*" "$out" "$wanted" >&2
  return 1
}

url=https://example.org
rule='Disallow: /private/   # not for machines'
says "yes $url/: no rule matches
no  $url/private/a: line 7: $rule (of the group at line 5)
yes $url/private/press/1: line 9: Allow: /private/press (of the group at line 5)
no  $url/list?sort=up: line 8: Disallow: /*?sort= (of the group at line 5)
yes $url/robots.txt: robots.txt itself
delay 2500 ms: line 6
sitemap $url/sitemap.xml: line 1" \
  ExampleBot/1.0 $url $url/private/a $url/private/press/1 \
  "$url/list?sort=up" $url/robots.txt
says "no  $url/: line 3: Disallow: / (of the group at line 2)
sitemap $url/sitemap.xml: line 1" OtherBot $url
says '7bot: an argument makes no sense' 7bot $url
says "/x: no scheme
sitemap $url/sitemap.xml: line 1" OtherBot /x
