#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/links.md and looks at what it prints.
# usage: links.sh BUILD_DIRECTORY
set -euo pipefail
list_links=$1/examples/list_links
[ -x "$list_links" ] || exit 77 # built without liblariat-crawl

# says WANTED OPTION...: that is all the output for what is on standard input.
says() {
  local wanted=$1 out
  shift
  out=$(timeout 60 "$list_links" "$@" http://a.example/d/p 2>&1 || true)
  [ "$out" = "$wanted" ] && return
  printf 'says:\n%s\nand not:\n%s\n' "$out" "$wanted" >&2
  return 1
}

page='<meta charset=utf-8><title>A &amp; B</title><a href=x rel=nofollow>
<img src=/y><form action=z><link rel=preconnect href=//c.example>'
says $'2 links, UTF-8, "A & B"
navigation\ta\thref\thttp://a.example/d/x\tnofollow
requisite\timg\tsrc\thttp://a.example/y' <<<"$page"
says $'4 links, UTF-8, "A & B"
navigation\ta\thref\thttp://a.example/d/x\tnofollow
requisite\timg\tsrc\thttp://a.example/y
form\tform\taction\thttp://a.example/d/z
hint\tlink\thref\thttp://c.example/' --all <<<"$page"
says '0 links, windows-1252, nofollow, noindex' \
  <<<'<meta name=robots content=none>'
says "usage: list_links [--all] URL <DOCUMENT" --wrong --all </dev/null

# The links of the torture page, as script/interop links has compared them with
# parse5's.
interop=$(dirname "$0")/../interop
"$list_links" http://docs.example/torture.html <"$interop/torture.html" \
  2>/dev/null | diff "$interop/torture.links" - >&2
