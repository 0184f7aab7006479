#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails when the shared library exports a name that is not of its own, or one
# without the version of this interface (the node of its map): PREFIX is
# lariat_ or, of a library beside it, lariat_NAME_.
# usage: check_symbols.sh LIBRARY NM PREFIX VERSION
set -u
prefix=$3
version=$4
names=$("$2" -D --defined-only --format=posix "$1" | cut -d' ' -f1) || exit 1
exported=$(grep -c "^$prefix.*@@$version\$" <<<"$names")
strangers=$(grep -v -e "^$prefix.*@@$version\$" -e "^$version\$" <<<"$names")

echo "$exported public names"
if [ -n "$strangers" ]; then
  printf 'these should not leave the library, or not so:\n%s\n' "$strangers"
  exit 1
fi
[ "$exported" -gt 0 ]
