#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# abidw of libabigail, told by a suppression to drop private types, drops the
# parameters of functions too, whose type is one of them.
#
# Seen with abigail-tools 2.2-2 (format of its records: 2.1) of Debian 12.
# A library has a function that takes a pointer to an opaque struct, as C
# libraries do, and a pointer to a public one.  With
#
#   [suppress_type]
#     label = libabigail::OPAQUE_TYPES_SUPPR_SPEC
#     source_location_not_regexp = .*public.h
#     drop = yes
#
# the recorded function has one parameter, where the struct is defined in the
# file that has the function, and two, where it is only declared.  So code that
# moves from one file to another changes the record of an interface that is the
# same, and the type of the opaque parameter can change unseen.
#
# usage: findings/abidw-dropped-parameter.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir packages root
for package in abigail-tools=2.2-2 libabigail0=2.2-2; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
libraries=$(dirname "$(find root -name 'libabigail.so*' | head -n 1)")
abidw=root/usr/bin/abidw
run() { LD_LIBRARY_PATH=$work/$libraries "$@"; }
run $abidw --version

cat >public.h <<'END'
typedef struct handle handle;
typedef struct { int count; } numbers;
int read_numbers(handle *handle, numbers *numbers);
END
echo 'struct handle { int count; };' >private.h
body='{ numbers->count = count_of(handle); return 0; }'
cat >together.c <<END
#include "public.h"
#include "private.h"
static int count_of(handle *handle) { return handle->count; }
int read_numbers(handle *handle, numbers *numbers) $body
END
cat >apart.c <<END
#include "public.h"
int count_of(handle *handle);
int read_numbers(handle *handle, numbers *numbers) $body
END
cat >other.c <<'END'
#include "public.h"
#include "private.h"
__attribute__((visibility("hidden"))) int count_of(handle *handle) {
  return handle->count;
}
END
gcc -g -shared -fPIC -o together.so together.c
gcc -g -shared -fPIC -o apart.so apart.c other.c

cat >suppressions <<'END'
[suppress_type]
  label = libabigail::OPAQUE_TYPES_SUPPR_SPEC
  source_location_not_regexp = .*public.h
  drop = yes
END

# How many parameters the record gives to read_numbers.
parameters() {
  run $abidw --suppressions suppressions "$1" |
    awk '/function-decl name=.read_numbers/ { inside = 1 }
         inside && /<parameter / { count++ }
         inside && /<\/function-decl>/ { print count + 0; exit }'
}

together=$(parameters together.so)
apart=$(parameters apart.so)
echo "defined in the same file: $together parameters of 2"
echo "defined in another file: $apart parameters of 2"
[ "$together" = 1 ]
