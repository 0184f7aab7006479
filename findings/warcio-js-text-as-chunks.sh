#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# warcio for JavaScript, the reader of ReplayWeb.page, drops lines of a text
# whose head says "Transfer-Encoding: chunked" and whose chunks the writer has
# undone: a line that begins with a hexadecimal digit, "5 apples", is a chunk's
# length to it, whatever is behind the digit, if as many bytes and a line end
# follow.
#
# Seen with warcio 2.4.11.  Writers that undo chunks and leave the head as it
# came are common (pywb's recorder, crawlers on top of an HTTP client), and
# warcio means to read their files: it looks whether the body begins with a
# chunk.  The payload's digest is right all the same.  So whoever undoes chunks
# should not write that header.
#
# usage: findings/warcio-js-text-as-chunks.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
command -v node >/dev/null && command -v npm >/dev/null || exit 2
npm install --silent --no-audit --no-fund --ignore-scripts warcio@2.4.11 \
  >/dev/null || exit 2
cat >show.js <<'END'
const { WARCParser } = require("warcio");
async function read(headers, text) {
  const block = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n` +
    `${headers}\r\n${text}`;
  const record = `WARC/1.1\r\nWARC-Type: response\r\n` +
    `WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n` +
    `WARC-Date: 2026-11-30T00:00:00Z\r\nWARC-Target-URI: http://a/\r\n` +
    `Content-Type: application/http; msgtype=response\r\n` +
    `Content-Length: ${block.length}\r\n\r\n${block}\r\n\r\n`;
  const parser = new WARCParser([new TextEncoder().encode(record)]);
  for await (const found of parser)
    return new TextDecoder().decode(await found.readFully(true));
}
(async () => {
  console.log("warcio " +
    require("./node_modules/warcio/package.json").version);
  const expected = [["5 apples\r\nhello\r\n, world", "hello, world"],
                    ["2\r\n34\r\n5", "34"]];
  let same = true;
  for (const [text, wanted] of expected) {
    const found = await read("Transfer-Encoding: chunked\r\n", text);
    const bare = await read("", text);
    console.log(`${JSON.stringify(text)}: with the header ` +
      `${JSON.stringify(found)}, without ${JSON.stringify(bare)}`);
    same = same && found === wanted && bare === text;
  }
  process.exit(same ? 0 : 1);
})();
END
node show.js
