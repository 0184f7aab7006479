#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/internals/crawl.md: a crawl of a server on loopback,
# twice.
# usage: crawl_site.sh BUILD_DIRECTORY
[ -x "$1/examples/crawl_site" ] || exit 77 # built without liblariat-crawl
# shellcheck source=tests/examples/origin.bash
source "${BASH_SOURCE[0]%/*}/origin.bash"

# runs WANTED: one more crawl of the directory, and all that it prints.
runs() {
  local out
  out=$(timeout 100 "$build/examples/crawl_site" "$scratch/crawl" \
    crawl@example.org "http://127.0.0.1:$port/" 2>&1 || true)
  has "$out" "$1"
}

# The seed, and a sitemap that is not there.
counts='2 pages, 0 revisits, 0 redirects, 0 failed, 0 denied by robots.txt'
counts+=', 0 still queued'
runs "$counts"
runs "$counts"
[ -s "$scratch"/crawl/crawl.db ]
for file in "$scratch"/crawl/warc/*.warc.gz; do
  gzip -t "$file"
done
