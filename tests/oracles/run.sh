#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compares lariat's reader of HTTP/1.1 with llhttp and h11, which
# script/oracles gets; 77 says that they are not here.
#
# usage: run.sh BUILD-DIRECTORY [--record] [--seed N] [--responses N]
set -u
build=$(cd "${1:?usage: run.sh BUILD-DIRECTORY [OPTION...]}" && pwd) || exit 1
shift
here=$(cd "$(dirname "$0")" && pwd)
oracles=$here/../../build/oracles

if [ ! -e "$oracles/llhttp/llhttp.c" ] || [ ! -e "$oracles/h11" ]; then
  echo "SKIPPED: there are no oracles: script/oracles build/oracles"
  exit 77
fi

peer=$build/tests/llhttp_peer
cc -O2 -D_GNU_SOURCE -I "$oracles/include" -I "$here/.." -o "$peer" \
  "$here/llhttp_peer.c" "$oracles"/llhttp/*.c || exit 1
python3 -c 'import sys
sys.path.insert(0, sys.argv[1])
import h11
print("h11", h11.__version__)' "$oracles"
sed -nE 's/^#define LLHTTP_VERSION_(.*) ([0-9]+)/llhttp \1 \2/p' \
  "$oracles/include/llhttp.h"
exec "$build/tests/oracles" "$@" \
  llhttp "'$peer'" \
  h11 "PYTHONPATH='$oracles' PYTHONDONTWRITEBYTECODE=1 \
    python3 '$here/h11_peer.py'"
