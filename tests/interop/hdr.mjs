// SPDX-License-Identifier: MIT
// hdr.mjs: hdr-histogram-js, for script/interop.d/hdr.
// usage: node hdr.mjs read LOG MODULES     its table: see tests/interop/hdr.c
//        node hdr.mjs write LOG MODULES    writes a log; its table on the output
import fs from "node:fs";
import { createRequire } from "node:module";

const [mode, name, modules] = process.argv.slice(2);
const hdr = createRequire(modules + "/x.js")("hdr-histogram-js");

const percents = [];
for (let i = 0; i <= 1000; i++) percents.push(i / 10);
percents.push(99.95, 99.99, 99.999);

function show(tag, histogram) {
  const figures = percents.map(
    (p) => `${p}=${histogram.getValueAtPercentile(p)}`,
  );
  console.log([tag ?? "", histogram.totalCount, ...figures].join("\t"));
}

function read() {
  const reader = new hdr.HistogramLogReader(fs.readFileSync(name, "utf8"), 64);
  let histogram;
  while ((histogram = reader.nextIntervalHistogram()) !== null)
    show(histogram.tag === "NO TAG" ? "" : histogram.tag, histogram);
}

let state = 20261130;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function write() {
  let text = "";
  let start = 1796045463007;
  const writer = new hdr.HistogramLogWriter((line) => (text += line));
  writer.outputLogFormatVersion();
  writer.outputStartTime(start);
  writer.outputLegend();
  for (let digits = 1; digits <= 5; digits++)
    for (let values = 0; values <= 3000; values = values * 5 + 1) {
      const histogram = hdr.build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 3600000000000,
        numberOfSignificantValueDigits: digits,
        bitBucketSize: 64,
      });
      for (let i = 0; i < values; i++)
        histogram.recordValueWithCount(
          Math.floor(2 ** (41 * random())),
          1 + Math.floor(2 ** (20 * random())),
        );
      histogram.tag = (digits > 3 ? "fine" : "digits") + digits;
      histogram.startTimeStampMsec = start;
      histogram.endTimeStampMsec = start += 1000;
      writer.outputIntervalHistogram(histogram);
      show(histogram.tag, histogram);
    }
  fs.writeFileSync(name, text);
}

mode === "read" ? read() : write();
