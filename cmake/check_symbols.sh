#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails when the shared library exports a name that is not lariat_*.
# usage: check_symbols.sh LIBRARY NM
set -u
names=$("$2" -D --defined-only --format=posix "$1" | cut -d' ' -f1) || exit 1
exported=$(grep -c '^lariat_' <<<"$names")
strangers=$(grep -v -e '^lariat_' -e '^LARIAT_0' <<<"$names")

echo "$exported public names"
if [ -n "$strangers" ]; then
  printf 'these should not leave the library:\n%s\n' "$strangers"
  exit 1
fi
[ "$exported" -gt 0 ]
