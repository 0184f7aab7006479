#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the program of docs/resolving.md and looks at what it prints, of names
# for which nobody is asked.
# usage: resolving.sh BUILD_DIRECTORY
set -euo pipefail
look_up=$1/examples/look_up

out=$(timeout 60 "$look_up" 192.0.2.1 '[2001:db8::1]' a.invalid | sort)
wanted='192.0.2.1: 192.0.2.1
Could not resolve host: a.invalid (the name is reserved, and has none)
[2001:db8::1]: 2001:db8::1'
if [ "$out" != "$wanted" ]; then
  printf 'look_up says:\n%s\nand not:\n%s\n' "$out" "$wanted" >&2
  exit 1
fi
timeout 60 "$look_up" localhost | grep -q '127.0.0.1'
