#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# parse5 takes a CDATA section whose parent is <foreignObject>, <desc> or
# <title> of SVG for a comment, which ends at the first '>': what is behind that
# becomes markup.
#
# Seen with parse5 8.1.1 of npm, on which jsdom and cheerio are built.  HTML
# allows CDATA sections in foreign elements, and these are such elements: the
# standard (13.2.5.42, markup declaration open state) has a section wherever the
# current node is not in the HTML namespace.  Within <g> parse5 reads the same
# section as text.  html5lib 1.1 for Python has text in both.
#
# usage: findings/parse5-cdata-in-foreignobject.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --silent --no-audit --no-fund --ignore-scripts parse5@8.1.1 ||
  exit 2
(apt-get -q -o APT::Sandbox::User=root download python3-html5lib=1.1-3 \
  python3-webencodings=0.5.1-5 python3-six=1.16.0-4 >/dev/null &&
  for file in *.deb; do dpkg -x "$file" root; done) || exit 2

cat >by-parse5.mjs <<'END'
import { parseFragment } from "parse5";
const count = (node) => (node.tagName === "a") +
  (node.childNodes ?? []).reduce((sum, child) => sum + count(child), 0);
console.log(count(parseFragment(process.argv[2])));
END
cat >by-html5lib.py <<'END'
import sys
import html5lib
tree = html5lib.parse(sys.argv[1], namespaceHTMLElements=False)
print(sum(str(node.tag).split("}")[-1] == "a" for node in tree.iter()))
END
html5lib() {
  PYTHONPATH=root/usr/lib/python3/dist-packages \
    /usr/bin/python3 by-html5lib.py "$1"
}

grep -m1 '"version"' node_modules/parse5/package.json
differs=0
for element in g foreignObject desc title; do
  text="<svg><$element><![CDATA[ 1 > 0 <a href=x>]]></$element></svg>"
  parse5=$(node by-parse5.mjs "$text")
  html5lib=$(html5lib "$text")
  echo "in $element: <a> elements by parse5 $parse5, by html5lib $html5lib"
  [ "$html5lib" = 0 ] || exit 1
  differs=$((differs + parse5))
done
[ "$differs" = 3 ]
