// SPDX-License-Identifier: MIT
// Runs cases of cookies through curl's engine, against a server on loopback,
// and through tough-cookie; prints what each sends, by lines: engine, case,
// result.
//
// usage: node cookies.mjs CASES NODE_MODULES KEY CERTIFICATE
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';

const [casesFile, modules, keyFile, certificateFile] = process.argv.slice(2);
const { CookieJar } = createRequire(`${modules}/`)('tough-cookie');

// The moment that the cases are written for, and the real one.
const writtenFor = Date.UTC(2001, 8, 9, 1, 46, 40);
const RealDate = Date;
let offset = 0;
class MovedDate extends RealDate {
  constructor(...parts) {
    if (parts.length) super(...parts);
    else super(RealDate.now() + offset);
  }
  static now() {
    return RealDate.now() + offset;
  }
}

const bytes = (text) =>
  text.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
// As "%XX" where it would not be seen.
const shown = (text) =>
  Buffer.from(text, 'latin1').reduce(
    (all, byte) =>
      all +
      (byte <= 0x20 || byte >= 0x7f || byte === 0x25
        ? '%' + byte.toString(16).toUpperCase().padStart(2, '0')
        : String.fromCharCode(byte)),
    '');

const cases = readFileSync(casesFile, 'latin1')
  .split('\n')
  .filter((line) => line)
  .map((line) => {
    const fields = line.split('\t').slice(0, -1);
    const [rule, to, after, , ...rest] = fields;
    const steps = [];
    for (let i = 0; i < rest.length; i += 2)
      steps.push({ from: bytes(rest[i]), set: bytes(rest[i + 1]) });
    return { rule, to: bytes(to), after: Number(after), steps };
  });

const print = (engine, rule, sent) =>
  console.log(`${engine}\t${rule}\t${sent ? '=' + shown(sent) : '-'}`);
const utf8 = (text) => Buffer.from(text, 'latin1').toString('utf8');

// ---- tough-cookie ----

async function runTough(one) {
  const jar = new CookieJar(undefined, {});
  globalThis.Date = MovedDate;
  offset = writtenFor - RealDate.now();
  for (const { from, set } of one.steps) {
    try {
      await jar.setCookie(set, utf8(from));
    } catch {
      // It says so of what it refuses.
    }
    offset += 1000;
  }
  if (one.steps.length === 1) offset += one.after * 1000 - 1000;
  const sent = await jar.getCookieString(utf8(one.to));
  globalThis.Date = RealDate;
  return sent;
}

// ---- curl ----

let current;
let step = 0;
let received;

// Sends the header that is to be set, whatever is in it.
function answer(request, response) {
  const bytesOf = (text) => Buffer.from(text, 'latin1');
  const { socket } = response;
  let set = '';
  if (step < current.steps.length) set = current.steps[step++].set;
  else received = request.headers.cookie;
  socket.write(bytesOf(
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n' +
      (set ? `Set-Cookie: ${set}\r\n` : '') + '\r\n'));
  socket.end();
}

const listen = (server) =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

function curl(words) {
  return new Promise((resolve) =>
    execFile('curl', words, { timeout: 20000, encoding: 'latin1' },
             (error, out) => resolve(out)));
}

// Tells whether the real time would have to be another: a date is written for
// the moment above, what ends between two steps takes a wait, and the longest
// expiry is one of whole minutes.
const isTimed = ({ steps, after }) =>
  after > 399 * 24 * 3600 ||
  steps.some(({ set }) => /expires/i.test(set)) ||
  (steps.length > 1 && steps.some(({ set }) => /max-age=[1-9]/i.test(set)));

// The expiry of what curl keeps stands in its file, so that nobody waits for
// it.
async function runCurl(one, plain, tls) {
  const begun = Math.floor(RealDate.now() / 1000);
  current = one;
  step = 0;
  received = undefined;
  const words = ['-s', '-k', '-g', '--http1.1', '-b', '', '-c', '-'];
  for (const port of [80, 81, 82])
    words.push('--connect-to', `:${port}:127.0.0.1:${plain}`);
  words.push('--connect-to', `:443:127.0.0.1:${tls}`);
  for (const { from } of one.steps) words.push('-o', '/dev/null', utf8(from));
  words.push('-o', '/dev/null', utf8(one.to));
  const jar = await curl(words);
  if (!received || !one.after) return received;
  if (Math.floor(RealDate.now() / 1000) !== begun)
    return runCurl(one, plain, tls);
  const line = jar.split('\n').find((text) => text.split('\t').length >= 7);
  const expiry = Number(line ? line.split('\t')[4] : 0);
  return expiry && expiry <= begun + one.after ? undefined : received;
}

const options = {
  key: readFileSync(keyFile),
  cert: readFileSync(certificateFile),
};
const servers = [http.createServer(answer), https.createServer(options, answer)];
const [plain, tls] = await Promise.all(servers.map(listen));
for (const one of cases) {
  print('tough-cookie', one.rule, await runTough(one));
  if (!isTimed(one))
    print('curl', one.rule, await runCurl(one, plain, tls));
}
for (const server of servers) server.close();
