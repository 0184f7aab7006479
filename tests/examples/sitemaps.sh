#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/sitemaps.md and looks at what it prints.
# usage: sitemaps.sh BUILD_DIRECTORY
set -euo pipefail
read_sitemap=$1/examples/read_sitemap
[ -x "$read_sitemap" ] || exit 77 # built without liblariat-crawl

# says WANTED: that is all the output for what is on standard input.
says() {
  local out
  out=$(timeout 60 "$read_sitemap" http://a.example/s.xml 2>&1 || true)
  [ "$out" = "$1" ] && return
  printf 'says:\n%s\nand not:\n%s\n' "$out" "$1" >&2
  return 1
}

urlset='<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>http://a.example/1</loc><lastmod>2026-11-30</lastmod></url>
<url><loc>http://a.example/2?x&amp;y</loc></url>'
pages='page 2026-11-30 http://a.example/1
page - http://a.example/2?x&y'
says "$pages" <<<"$urlset</urlset>"
says "$pages" < <(gzip <<<"$urlset</urlset>")
says "line 5: mismatched tag
$pages" <<<"$urlset
</ulrset>"
says 'sitemap - http://a.example/t.xml' \
  <<<'<sitemapindex><sitemap><loc>/t.xml</loc></sitemap></sitemapindex>'
says 'page - http://a.example/1' <<<'http://a.example/1'
says 'line 2: http://: no host at byte 7
page - http://a.example/1' <<<$'http://a.example/1\nhttp://'
says 'line 1: the root element html is not a sitemap'\''s' <<<'<html></html>'
