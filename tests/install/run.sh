#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a build into a scratch directory and uses it from there in the two
# ways in which strangers do: pkg-config and find_package.
# usage: run.sh BUILD_DIRECTORY
set -eux
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$1" --prefix "$scratch/usr"
libraries=$(dirname "$(find "$scratch/usr" -name liblariat.so)")

# A program of another minor version does not load this one.
readelf -d "$libraries/liblariat.so" | grep -qF 'soname: [liblariat.so.0.2]'

# The file names the prefix of the build; it is elsewhere now.
pkg() {
  PKG_CONFIG_PATH="$libraries/pkgconfig" pkg-config \
    --define-variable=prefix="$scratch/usr" "$@" lariat
}
# shellcheck disable=SC2046 # flags are words
cc -o "$scratch/by-pkg-config" "$here/consumer.c" $(pkg --cflags --libs) \
  -Wl,-rpath,"$libraries"
"$scratch/by-pkg-config"

cmake -S "$here" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/usr"
cmake --build "$scratch/build"
"$scratch/build/consumer"
"$scratch/build/consumer_static"

if [ -x "$scratch/usr/bin/lariat" ]; then
  env -u LD_LIBRARY_PATH "$scratch/usr/bin/lariat" --version
fi
