// SPDX-License-Identifier: MIT
// Compares the links that lariat finds in HTML documents with those of the tree
// that parse5 makes of them.
//
// usage: node links.mjs LIST_LINKS MODULES [--listed TABLE] DIRECTORY
//
// LIST_LINKS is docs/examples/list_links, MODULES has parse5, css-tree and
// parse-srcset.  Prints the differences that TABLE does not have, with a line
// for each; its lines that are no differences any more are told, too.
import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative, resolve } from "node:path";

const [program, modules, ...rest] = process.argv.slice(2);
const table = rest[0] === "--listed" ? rest.splice(0, 2)[1] : undefined;
const directory = rest[0];
const require = createRequire(resolve(modules) + "/");
const { parse } = await import(require.resolve("parse5"));
const { string, tokenize, tokenTypes, url } = require("css-tree");
const parseSrcset = require("parse-srcset");

const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";
const BACKGROUNDS = ["body", "table", "thead", "tbody", "tfoot", "tr", "td",
  "th"];
const MOST_BYTES = 2048;

// The URLs of a style sheet, by the tokens of css-tree.
function urlsOfStyle(text) {
  const urls = [];
  const open = []; // functions and parentheses
  let rule = "";
  tokenize(text, (type, start, end) => {
    const token = text.slice(start, end);
    const inner = open.at(-1);
    if (type === tokenTypes.Url) {
      if (rule !== "namespace")
        urls.push([rule === "import", url.decode(token)]);
      rule = rule === "import" ? "" : rule;
    } else if (type === tokenTypes.Function) {
      open.push(token.slice(0, -1).toLowerCase());
    } else if (type === tokenTypes.LeftParenthesis) {
      open.push("");
    } else if (type === tokenTypes.RightParenthesis) {
      open.pop();
    } else if (type === tokenTypes.AtKeyword) {
      rule = token.slice(1).toLowerCase();
    } else if (type === tokenTypes.String) {
      const wanted = rule === "import" ||
        ["url", "src", "image-set", "-webkit-image-set"].includes(inner);
      if (wanted && rule !== "namespace")
        urls.push([rule === "import", string.decode(token)]);
      if (rule === "import") rule = "";
    } else if (type === tokenTypes.Semicolon ||
               type === tokenTypes.LeftCurlyBracket) {
      rule = "";
    }
  });
  return urls.filter(([, text]) => text && !text.startsWith("#"));
}

// "shared declarative refresh steps"
function urlOfRefresh(content) {
  const found = content.match(
    /^[ \t\n\f\r]*(?:\d+[\d.]*|\.[\d.]*)(?:[ \t\n\f\r]*[;,]|[ \t\n\f\r])[ \t\n\f\r]*([^]+)$/);
  if (!found) return undefined;
  const url = found[1].replace(/^url[ \t\n\f\r]*=[ \t\n\f\r]*/i, "");
  if (url[0] !== "'" && url[0] !== '"') return url;
  const close = url.indexOf(url[0], 1);
  return close < 0 ? url.slice(1) : url.slice(1, close);
}

const words = (text) => (text ?? "").toLowerCase().split(/[ \t\n\f\r]+/);

function kindOfRelation(rel) {
  const has = (list) => list.split(" ").some((word) => rel.includes(word));
  if (has("stylesheet icon preload modulepreload manifest")) return "requisite";
  if (has("alternate canonical next prev")) return "navigation";
  return undefined;
}

const textOf = (node) => (node.childNodes ?? [])
  .map((child) => child.nodeName === "#text" ? child.value : "").join("");

class Collector {
  links = []; // [kind, element, attribute, URL, nofollow]
  base = undefined;
  title = undefined;
  nofollow = false;

  add(kind, element, attribute, url, nofollow = false) {
    this.links.push([kind, element, attribute, url, nofollow]);
  }

  style(element, attribute, text) {
    for (const [isImport, url] of urlsOfStyle(text))
      this.add("requisite", element,
        attribute ?? (isImport ? "@import" : "url()"), url);
  }

  srcset(element, attribute, text) {
    for (const candidate of parseSrcset(text))
      this.add("requisite", element, attribute, candidate.url);
  }

  html(node, get, inert) {
    const name = node.tagName;
    const nofollow = words(get("rel")).some((word) =>
      ["nofollow", "ugc", "sponsored"].includes(word));
    const requisite = (attribute) => {
      if (get(attribute)?.trim())
        this.add("requisite", name, attribute, get(attribute));
    };
    if (["a", "area"].includes(name) && get("href") !== undefined)
      this.add("navigation", name, "href", get("href"), nofollow);
    if (["frame", "iframe"].includes(name) && get("src")?.trim())
      this.add("navigation", name, "src", get("src"));
    if (["img", "script", "source", "video", "audio", "track", "embed"]
      .includes(name)) requisite("src");
    if (["img", "source"].includes(name) && get("srcset"))
      this.srcset(name, "srcset", get("srcset"));
    if (name === "video") requisite("poster");
    if (name === "object") requisite("data");
    if (name === "input" && get("type")?.toLowerCase() === "image")
      requisite("src");
    if (BACKGROUNDS.includes(name)) requisite("background");
    if (name === "link") this.link(get, nofollow);
    if (name === "style") this.style(name, undefined, textOf(node));
    if (name === "title") this.title ??= textOf(node);
    if (inert) return;
    if (name === "base" && get("href") !== undefined) this.base ??= get("href");
    if (name === "meta") this.meta(get);
  }

  link(get, nofollow) {
    const kind = kindOfRelation(words(get("rel")));
    if (!kind) return;
    if (get("href")?.trim())
      this.add(kind, "link", "href", get("href"), nofollow);
    if (kind === "requisite" && get("imagesrcset"))
      this.srcset("link", "imagesrcset", get("imagesrcset"));
  }

  meta(get) {
    const content = get("content") ?? "";
    if (get("http-equiv")?.toLowerCase() === "refresh") {
      const url = urlOfRefresh(content);
      if (url !== undefined) this.add("navigation", "meta", "content", url);
    }
    if (get("name")?.toLowerCase() === "robots" &&
        content.toLowerCase().split(/[,\s]+/).some((word) =>
          ["none", "nofollow"].includes(word))) this.nofollow = true;
  }

  svg(node, get) {
    const name = node.tagName.toLowerCase();
    const attribute = get("href") === undefined ? "xlink:href" : "href";
    if (name === "style") this.style(name, undefined, textOf(node));
    if (!["a", "image", "use", "feimage", "script"].includes(name) ||
        get(attribute) === undefined) return;
    const nofollow = name === "a" && words(get("rel")).includes("nofollow");
    this.add(name === "a" ? "navigation" : "requisite", name, attribute,
      get(attribute), nofollow);
  }

  walk(root) {
    const stack = [[root, false]];
    while (stack.length) {
      const [node, inert] = stack.pop();
      if (node.tagName) {
        const values = new Map(node.attrs.map((attribute) =>
          [(attribute.prefix ? attribute.prefix + ":" : "") + attribute.name,
            attribute.value]));
        const get = (name) => values.get(name);
        if (node.namespaceURI === HTML) this.html(node, get, inert);
        if (node.namespaceURI === SVG) this.svg(node, get);
        if (get("style"))
          this.style(node.tagName.toLowerCase(), "style", get("style"));
      }
      const children = node.childNodes ?? [];
      for (let at = children.length - 1; at >= 0; at--)
        stack.push([children[at], inert]);
      if (node.content) stack.push([node.content, true]);
    }
  }
}

// The same columns as list_links prints.
function linksOfTree(text, address) {
  const collector = new Collector();
  collector.walk(parse(text, { scriptingEnabled: false }));
  let base = address;
  try {
    const found = new URL(collector.base ?? "", address);
    if (collector.base !== undefined && /^https?:$/.test(found.protocol))
      base = found.href;
  } catch {
    // it is no URL
  }
  const lines = new Set();
  for (const [kind, element, attribute, value, nofollow] of collector.links) {
    if (!URL.canParse(value, base)) continue;
    const url = new URL(value, base);
    url.username = url.password = "";
    const end = url.href.indexOf("#");
    const length = end < 0 ? url.href.length : end;
    if (/^https?:$/.test(url.protocol) && length <= MOST_BYTES)
      lines.add([kind, element, attribute, url.href,
        ...(nofollow || collector.nofollow ? ["nofollow"] : [])].join("\t"));
  }
  return { lines, count: collector.links.length };
}

// The HTML files below a path; links to others are not followed.
function* filesOf(path) {
  const stat = lstatSync(path);
  if (stat.isFile() && /\.html?$/.test(path)) yield path;
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(path).sort()) yield* filesOf(join(path, name));
}

const listed = new Set(table ? readFileSync(table, "utf8").split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .map((line) => line.split("\t").slice(0, -1).join("\t")) : []);
const unseen = new Set(listed);
let pages = 0, bytes = 0, links = 0, differences = 0, known = 0;

function report(sign, name, line) {
  const difference = `${sign}\t${name}\t${line}`;
  unseen.delete(difference);
  if (listed.has(difference)) {
    known++;
    return;
  }
  differences++;
  if (differences <= 200) console.log(difference);
}

for (const file of filesOf(directory)) {
  const content = readFileSync(file);
  const name = relative(directory, file) || basename(file);
  const address = encodeURI(`http://docs.example/${name}`);
  const run = spawnSync(program, [address],
    { input: content, maxBuffer: 1 << 28, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`${name}: ${run.stderr}`);
  const charset = run.stderr.match(/links, ([^,\n]+)/)[1];
  const tree = linksOfTree(new TextDecoder(charset).decode(content), address);
  const ours = new Set(run.stdout.split("\n").filter(Boolean));
  for (const line of tree.lines) if (!ours.has(line)) report("-", name, line);
  for (const line of ours) if (!tree.lines.has(line)) report("+", name, line);
  pages++;
  bytes += content.length;
  links += tree.count;
}
for (const line of unseen) console.log(`no difference any more: ${line}`);
console.log(`${pages} pages, ${(bytes / 1e6).toFixed(1)} MB, ${links} links, ` +
  `${differences} differences, ${known} that are listed`);
process.exitCode = differences || unseen.size ? 1 : 0;
