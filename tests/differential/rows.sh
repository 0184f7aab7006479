#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the table of differences and the tester at once: each row is in the
# docs, and without it the tester finds a difference soon.
#
# usage: rows.sh DIFFERENTIAL
set -u
differential=${1:?usage: rows.sh DIFFERENTIAL}
here=$(dirname "$0")
docs=("$here/../../docs/deferreds.md" "$here/../../docs/await.md")
code=0

say() {
  echo "$*"
  code=1
}

"$differential" --programs 1 >/dev/null
[ $? != 77 ] || exit 77
while read -r row _; do
  grep -qF "\`$row\`" "${docs[@]}" || say "$row: is not in the docs"
  "$differential" --seed 1 --programs 20000 --without "$row" >/dev/null 2>&1
  [ $? = 1 ] || say "$row: makes no difference"
done < <(grep -v '^#' "$here/differences.tsv")
exit $code
