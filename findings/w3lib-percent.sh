#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# w3lib's canonicalize_url, by which Scrapy decides whether a URL was seen,
# undoes the escape of '%' in a path, so that two URLs of different meaning have
# one form, and the form of a form is another one.
#
# Seen with w3lib 2.1.1, Debian 12's.  By RFC 3986, 2.4, an octet is unescaped
# once, and '%' is not one that may stand for itself (2.3):
#
#   /a%252Fb    a file "a%2Fb"      has the form /a%2Fb,
#   /a%2Fb      a file "a/b"        which is this one's, too
#   /%2525      has the form /%25, and that has the form /%
#
# So Scrapy fetches one of such pages and drops the other as a duplicate.  In a
# query '%25' stays.
#
# usage: findings/w3lib-percent.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command -v python3 >/dev/null || exit 2

mkdir packages root
(cd packages &&
  apt-get -q -o APT::Sandbox::User=root download python3-w3lib=2.1.1-1 \
    >/dev/null) || exit 2
for file in packages/*.deb; do dpkg -x "$file" root; done

PYTHONPATH=$work/root/usr/lib/python3/dist-packages python3 - <<'END'
import sys
from importlib.metadata import version
from w3lib.url import canonicalize_url

print("w3lib", version("w3lib"))
ROWS = [
    ("/a%252Fb", "/a%2Fb"),
    ("/a%2Fb", "/a%2Fb"),
    ("/%2525", "/%25"),
    ("/%25", "/%"),
    ("/?a=%2525", "/?a=%2525"),
]
failed = 0
for path, wanted in ROWS:
    form = canonicalize_url("http://example.org" + path)[18:]
    print(f"{path:12} {form}")
    failed |= form != wanted
if failed:
    print("it has changed")
sys.exit(failed)
END
