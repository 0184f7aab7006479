#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# protego, the parser of robots.txt that Scrapy uses, reads a rule as a URL
# without a scheme: of a path that begins with two slashes the first segment is
# taken for a host and dropped, and a query that is empty is dropped, too.
#
# Seen with protego 0.2.1, Debian 12's.  By RFC 9309, 2.2.2, a rule is compared
# octet by octet with the path:
#
#   Disallow: //private/    forbids the whole site, not what begins with it
#   Disallow: //private/x   forbids /x, and allows //private/y
#   Disallow: /?$           forbids / as well as /?
#
# So a site that shuts //, a common accident of joined paths, looks closed.
#
# usage: findings/protego-double-slash.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command -v python3 >/dev/null || exit 2

mkdir packages root
for package in python3-protego=0.2.1+dfsg-1 python3-six=1.16.0-4; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done

PYTHONPATH=$work/root/usr/lib/python3/dist-packages python3 - <<'END'
import sys
from importlib.metadata import version
from protego import Protego

print("protego", version("Protego"))
ROWS = [
    ("//private/", "/", False),
    ("//private/", "/public", False),
    ("//private/x", "/x", False),
    ("//private/x", "//private/y", True),
    ("/private/", "/public", True),
    ("/?$", "/", False),
]
failed = 0
for rule, path, wanted in ROWS:
    robots = Protego.parse("User-agent: *\nDisallow: " + rule + "\n")
    allowed = robots.can_fetch("http://example.org" + path, "ExampleBot")
    print(f"Disallow: {rule:12} {path:12} {'yes' if allowed else 'no'}")
    failed |= allowed != wanted
if failed:
    print("it has changed")
sys.exit(failed)
END
