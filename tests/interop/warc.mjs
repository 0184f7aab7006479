// SPDX-License-Identifier: MIT
// Reads a WARC file by npm's warcio, and prints a line for each record, as
// warc.c does: type, status, URL, whether the digests of block and payload are
// right, and the SHA-256 of the body, chunks and content codings undone.
//
// usage: node warc.mjs DIRECTORY-WITH-NODE_MODULES FILE
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , modules, file] = process.argv;
const require = createRequire(pathToFileURL(`${modules}/`));
const { WARCParser } = require("warcio");

function base32(bytes) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = bytes.length * 8 - 5; i >= 0; i -= 5)
    text += letters[Number((bits >> BigInt(i)) & 31n)];
  return text;
}

function digest(bytes, name) {
  return createHash(name).update(bytes).digest();
}

function compare(claim, bytes) {
  if (!claim) return "-";
  return claim === `sha1:${base32(digest(bytes, "sha1"))}` ? "right" : "WRONG";
}

function open(options) {
  return new WARCParser(createReadStream(file), options);
}

// Blocks as they are, for their digests.
const blocks = [];
for await (const record of open({ parseHttp: false }))
  blocks.push(compare(record.warcBlockDigest, await record.readFully(false)));

let count = 0;
for await (const record of open({})) {
  const raw = await record.readFully(false);
  const isRevisit = record.warcType === "revisit";
  const http = record.warcType === "request" ? null : record.httpHeaders;
  const body = http ? await record.readFully(true) : raw;
  console.log(
    [
      record.warcType,
      http ? http.statusCode : "-",
      record.warcHeader("WARC-Target-URI") ?? "-",
      blocks[count++],
      isRevisit ? "-" : compare(record.warcPayloadDigest, raw),
      digest(body, "sha256").toString("hex"),
    ].join("\t"),
  );
}
