#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# To be sourced with the build directory as $1: a scratch directory ($scratch)
# and lariat-origin on a free port of loopback ($port), both gone at the end.
# shellcheck disable=SC2034,SC2154 # used by others; coproc sets origin_PID
set -eu
export LC_ALL=C
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [ ! -x "$build/lariat-origin" ]; then
  echo "skipped: this build has no lariat-origin (libmicrohttpd, LARIAT_BENCH)"
  exit 77
fi
scratch=$(mktemp -d)

# The origin ends when our end of its standard input closes, or by the trap.
coproc origin { exec "$build/lariat-origin" --port 0 --until-stdin-closes; }
trap 'kill "$origin_PID" 2>/dev/null || true; rm -rf "$scratch"' EXIT
read -r -u "${origin[0]}" _ _ _ port

# has TEXT LINE: the text has such a line.
has() {
  grep -qxF -- "$2" <<<"$1" && return
  printf 'no line "%s" in:\n%s\n' "$2" "$1"
  exit 1
}
