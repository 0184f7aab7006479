#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a build into a scratch directory and uses it from there in the two
# ways in which strangers do: pkg-config and find_package; liblariat, and each
# library beside it.
# usage: run.sh BUILD_DIRECTORY [LIBRARY...]     (of crawl and load)
set -eux
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build=$1
shift

cmake --install "$build" --prefix "$scratch/usr"
libraries=$(dirname "$(find "$scratch/usr" -name liblariat.so)")

# A program of another minor version does not load this one.
readelf -d "$libraries/liblariat.so" | grep -qF 'soname: [liblariat.so.0.2]'

# The files find their own prefix.
pkg() { PKG_CONFIG_PATH="$libraries/pkgconfig" pkg-config "$@"; }

# by_pkg_config PROGRAM PACKAGE
by_pkg_config() {
  # shellcheck disable=SC2046 # flags are words
  cc -o "$scratch/$1" "$here/$1.c" $(pkg --cflags --libs "$2") \
    -Wl,-rpath,"$libraries"
  "$scratch/$1"
}

by_pkg_config consumer lariat
for library in "$@"; do
  by_pkg_config "$library" "lariat-$library"
done

components=$*
cmake -S "$here" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/usr" \
  -DCOMPONENTS="${components// /;}"
cmake --build "$scratch/build"
for program in consumer "$@"; do
  "$scratch/build/$program"
  "$scratch/build/${program}_static"
done

if [ -x "$scratch/usr/bin/lariat" ]; then
  env -u LD_LIBRARY_PATH "$scratch/usr/bin/lariat" --version
  for file in man/man1/lariat.1 man/man1/lariat-fetch.1 \
    bash-completion/completions/lariat zsh/site-functions/_lariat \
    fish/vendor_completions.d/lariat.fish; do
    test -s "$scratch/usr/share/$file"
  done
  case " $components " in
  *" load "*) test -s "$scratch/usr/share/man/man1/lariat-load.1" ;;
  esac
  case " $components " in
  *" crawl "*) test -s "$scratch/usr/share/man/man1/lariat-warc.1" ;;
  esac
fi

# What the manual page refers to is there.
for file in fetch-format.md fetch-format.schema.json load-format.md \
  load-format.schema.json tutorial.md examples/get_one.c; do
  test -s "$scratch/usr/share/doc/lariat/$file"
done
man=$scratch/usr/share/man/man1/lariat-fetch.1
[ ! -e "$man" ] || grep -q 'share/doc/lariat' "$man"

# So is all that the pages refer to, and what they have from the sources.
"$here/../../script/links" "$scratch/usr/share/doc/lariat"
for page in README.md architecture.md internals/exchange.md; do
  test -s "$scratch/usr/share/doc/lariat/$page"
done
[ -z "$(find "$scratch/usr/share/doc" -name '*.in' -o -name 'bars.json')" ]

# Nothing is left of it, and everything else is.  (The list is made here: that
# of the build directory may be another test's by now.)
cmake --build "$build" --target help | grep -w uninstall
find "$scratch/usr" ! -type d >"$scratch/manifest"
echo mine >"$scratch/usr/share/doc/lariat/mine"
cmake -DMANIFEST="$scratch/manifest" -P "$here/../../cmake/uninstall.cmake" \
  >/dev/null
[ "$(find "$scratch/usr" ! -type d)" = "$scratch/usr/share/doc/lariat/mine" ]
[ -z "$(find "$scratch/usr/include" -mindepth 1)" ]

# Directories that were not there before go, too, if nobody else uses them.
mkdir -p "$scratch/own/share/mine"
printf '%s\n' "$scratch/gone" >"$scratch/record"
cmake -DCMAKE_INSTALL_PREFIX="$scratch/own" -DRECORD="$scratch/record" \
  "-DLARIAT_DIRECTORIES=lib/a/b;share/doc;share/mine;lib/used" \
  -P "$here/../../cmake/record-directories.cmake"
mkdir -p "$scratch/own/lib/a/b" "$scratch/own/lib/used" "$scratch/own/share/doc"
echo mine >"$scratch/own/lib/used/mine"
: >"$scratch/manifest"
cmake -DMANIFEST="$scratch/manifest" -DRECORD="$scratch/record" \
  -P "$here/../../cmake/uninstall.cmake" >/dev/null
(cd "$scratch/own" && find . -mindepth 1 | sort) >"$scratch/left"
printf '%s\n' ./lib ./lib/used ./lib/used/mine ./share ./share/mine |
  diff - "$scratch/left"
