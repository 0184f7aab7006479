#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails when the shared library exports a name that is not lariat_*, or one
# without the version of this interface (lib/lariat.map).
# usage: check_symbols.sh LIBRARY NM VERSION
set -u
names=$("$2" -D --defined-only --format=posix "$1" | cut -d' ' -f1) || exit 1
exported=$(grep -c "^lariat_.*@@$3\$" <<<"$names")
strangers=$(grep -v -e "^lariat_.*@@$3\$" -e "^$3\$" -e "^$3@@$3\$" <<<"$names")

echo "$exported public names"
if [ -n "$strangers" ]; then
  printf 'these should not leave the library, or not so:\n%s\n' "$strangers"
  exit 1
fi
[ "$exported" -gt 0 ]
