#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# hdr-histogram-js writes a header of HdrHistogram's encoding (version 2) that
# says something else than it means: the normalizing offset is 1, where nothing
# was shifted, and the ratio of integers to floating-point numbers is the integer
# 1, whose bits are the double 4.9e-324.  And it writes an empty line before the
# legend of a log.
#
# Seen with hdr-histogram-js 3.0.1.  A reader that shifts the counts by the
# offset has all values in the next bucket, and one that multiplies by the ratio
# has 0 for each.  HdrHistogram for Java looks at neither for histograms of
# integers.  HdrHistogram_c 0.11.8 ends at the legend behind the empty line.
#
# usage: findings/hdr-histogram-js-header.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command -v node >/dev/null && command -v npm >/dev/null || exit 2
npm install --silent --no-audit --no-fund --ignore-scripts \
  hdr-histogram-js@3.0.1 >/dev/null || exit 2
cat >show.js <<'END'
const hdr = require("hdr-histogram-js");
const zlib = require("zlib");
const histogram = hdr.build();
histogram.recordValue(1000);
const bytes = Buffer.from(hdr.encodeIntoCompressedBase64(histogram), "base64");
const inner = zlib.inflateSync(bytes.subarray(8, 8 + bytes.readInt32BE(4)));
const offset = inner.readInt32BE(8);
const ratio = inner.readBigInt64BE(32);
let log = "";
const writer = new hdr.HistogramLogWriter((text) => (log += text));
writer.outputLogFormatVersion();
writer.outputStartTime(1000);
writer.outputLegend();
const empty = log.split("\n").indexOf("") < log.trim().split("\n").length;
console.log("hdr-histogram-js " +
  require("./node_modules/hdr-histogram-js/package.json").version);
console.log(`normalizing offset ${offset}, ratio ${inner.readDoubleBE(32)}`);
console.log(`an empty line within the first lines of a log: ${empty}`);
process.exit(offset === 1 && ratio === 1n && empty ? 0 : 1);
END
node show.js
