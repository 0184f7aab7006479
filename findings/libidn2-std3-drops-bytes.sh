#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# libidn2, told to use STD3's rules for ASCII, does not refuse a name that
# breaks them: it leaves the bytes out, and gives another name.
#
# Seen with libidn2 2.3.3 and its program idn2 of Debian 12.  By UTS #46 (4.1,
# UseSTD3ASCIIRules) such a name is in error:
#
#   a_ü.example   gives xn--a-eha.example, which is aü.example
#   a~b.example   gives ab.example
#
# Without the option the first is xn--a_-yka.example, and the second stays as it
# is.  So who turns the option on
# to be strict looks up a name that nobody has written.
#
# usage: findings/libidn2-std3-drops-bytes.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir packages root
for package in idn2=2.3.3-1+b1 libidn2-0=2.3.3-1+b1; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done
libraries=$(dirname "$(find root -name 'libidn2.so*' | head -n 1)")
idn2() { LD_LIBRARY_PATH=$work/$libraries "$work/root/usr/bin/idn2" "$@"; }
idn2 --version | head -n 1

failed=0
# shows WANTED ARGUMENT...
shows() {
  local wanted=$1 out
  shift
  out=$(idn2 "$@" 2>&1) || out=refused
  printf '%-40s %s\n' "idn2 $*" "$out"
  [ "$out" = "$wanted" ] || failed=1
}

shows xn--a_-yka.example a_ü.example
shows xn--a-eha.example --usestd3asciirules a_ü.example
shows xn--a-eha.example aü.example
shows 'a~b.example' 'a~b.example'
shows ab.example --usestd3asciirules 'a~b.example'
[ $failed = 0 ] || echo "it has changed"
exit $failed
