#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rclone's --immutable, "fail if existing files have been modified", is kept to
# when a directory is copied, and not when a file is: `rclone copyto` and
# `rclone copy` of a file replace what is there, and say nothing.  The same file
# as the only one of a directory that --include lets through is refused, with
# exit code 6.
#
# Seen with rclone 1.60.1 of Debian 12.  A single file goes another way through
# rclone than a directory, on which the option is not asked for.
#
# usage: findings/rclone-immutable-single-file.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir packages root here there
(cd packages && apt-get -q -o APT::Sandbox::User=root download \
  rclone=1.60.1+dfsg-2+b5 >/dev/null 2>&1) || exit 2
dpkg -x packages/rclone_*.deb root
rclone=$work/root/usr/bin/rclone
export RCLONE_CONFIG=$work/rclone.conf
: >rclone.conf
"$rclone" version | head -n 1 || exit 2

# Copies a file over another one, by a command; prints its exit code, and what
# is there then.
replace() { # COMMAND...
  local code=0
  echo first >there/file
  echo second, and longer >here/file
  "$rclone" "$@" --immutable 2>/dev/null || code=$?
  echo "$code $(cat there/file)"
}

directory=$(replace copy --include /file here there)
file=$(replace copy here/file there)
copyto=$(replace copyto here/file there/file)
echo "a directory: $directory"
echo "a file: $file"
echo "a file, by copyto: $copyto"
[ "$directory" = "6 first" ] && [ "$file" = "0 second, and longer" ] &&
  [ "$copyto" = "0 second, and longer" ]
