#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Looks whether each build type has the checks for misuse on from the start as
# LARIAT_CHECKS says: package builders have types of their own, such as None.
# usage: check_build_types.sh SOURCE_DIRECTORY C_COMPILER
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# expect 0|1 BUILD_TYPE [CMAKE ARGUMENT...]
expect() {
  local wanted=$1 type=$2
  shift 2
  rm -rf "$work/build"
  cmake -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE="$type" \
    -DCMAKE_C_COMPILER="$compiler" -DLARIAT_TESTS=OFF -DLARIAT_BENCH=OFF \
    -DLARIAT_TOOL=OFF "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  if ! grep -q -- "-DLARIAT_CHECKS_FROM_THE_START=$wanted .*/checks\.c" \
    "$work/build/compile_commands.json"; then
    echo "build type $type $*: the checks are not $wanted from the start"
    failed=1
  fi
}

source=$1
compiler=$2
expect 0 None
expect 0 Release
expect 1 Debug
expect 1 None -DLARIAT_CHECKS=ON
expect 0 Debug -DLARIAT_CHECKS=OFF
exit $failed
