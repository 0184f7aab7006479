// SPDX-License-Identifier: MIT
// Serves a few pages on loopback, whose bodies have chunks, gzip, both or
// neither; prints its port.  It ends with its standard input.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const pages = {
  "/": ["text/html", '<a href="/chunks">1</a><a href="/gzip">2</a>' +
        '<a href="/both">3</a><a href="/length">4</a><a href="/gone">5</a>'],
  "/chunks": ["text/plain", "in two chunks"],
  "/gzip": ["text/plain", "compressed"],
  "/both": ["text/plain", "compressed, in two chunks"],
  "/length": ["text/plain", "as it is"],
};

const server = createServer((request, response) => {
  const page = pages[request.url];
  if (!page) {
    response.writeHead(404, { "Content-Length": 4 }).end("none");
    return;
  }
  const [type, text] = page;
  const zipped = request.url === "/gzip" || request.url === "/both";
  const body = zipped ? gzipSync(text) : Buffer.from(text);
  const headers = { "Content-Type": type };
  if (zipped) headers["Content-Encoding"] = "gzip";
  if (request.url === "/gzip" || request.url === "/length")
    headers["Content-Length"] = body.length;
  response.writeHead(200, headers);
  response.write(body.subarray(0, 5));
  response.end(body.subarray(5));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
