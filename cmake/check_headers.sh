#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles each public header alone, as C11 and as C++17.
# usage: check_headers.sh INCLUDE_DIRECTORY C_COMPILER
set -u
include=$1
cc=$2
failed=0

for header in "$include"/lariat/*.h "$include"/lariat/*/*.h; do
  for language in "c -std=c11" "c++ -std=c++17"; do
    # shellcheck disable=SC2086 # the language and its standard are two words
    if ! "$cc" -x $language -Wall -Wextra -Werror -I"$include" \
      -fsyntax-only -include "$header" /dev/null; then
      echo "$header does not stand alone: $language"
      failed=1
    fi
  done
done
exit $failed
