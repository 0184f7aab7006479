/* SPDX-License-Identifier: MIT
 * See answer.h. */
#define _GNU_SOURCE
#include "answer.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "charset.h"
#include "random.h"
#include "robots.h"

static const char html[] = "text/html; charset=utf-8";
static const char date[] = "Sun, 01 Nov 2026 00:00:00 GMT";

/* The head of an answer. */
struct head {
  const char *type;
  uint64_t tag; /* of ETag; 0: no validators */
  bool packed;  /* Content-Encoding: gzip */
  bool chunked;
  int64_t length; /* Content-Length; -1: none */
};

/* ---- gzip ---- */

/* Packs `in` behind `out`; level 1, since the server's CPU is not what is
 * measured.  False: out of memory. */
static bool pack(const struct text *in, struct text *out) {
  enum { GZIP = 16 + MAX_WBITS, MEMORY = 8 };
  z_stream stream = {0};
  char *space;
  bool done;

  if (deflateInit2(&stream, 1, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY))
    return false;
  stream.avail_out = (uInt)deflateBound(&stream, in->length);
  space = text_extend(out, stream.avail_out);
  if (space) {
    stream.next_in = (Bytef *)in->bytes;
    stream.avail_in = (uInt)in->length;
    stream.next_out = (Bytef *)space;
    done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out->length -= stream.avail_out;
  } else {
    done = false;
  }
  deflateEnd(&stream);
  return done;
}

/* A body that is large when it is undone, and harmless: 16 MiB. */
static void pack_zeros(struct answer_maker *maker) {
  enum { ZEROS = 16 << 20 };

  text_clear(&maker->packed);
  text_extend(&maker->packed, ZEROS);
  text_clear(&maker->body);
  if (!maker->packed.failed) pack(&maker->packed, &maker->body);
}

/* ---- Heads ---- */

static const char *reason_of(unsigned status) {
  static const struct {
    unsigned status;
    const char *reason;
  } reasons[] = {{200, "OK"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {303, "See Other"},
                 {304, "Not Modified"},
                 {307, "Temporary Redirect"},
                 {308, "Permanent Redirect"},
                 {404, "Not Found"},
                 {410, "Gone"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"}};

  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].status == status) return reasons[i].reason;
  return "Unknown";
}

static void add_head(const struct answer_maker *maker,
                     const struct answer *answer, const struct head *head,
                     struct text *out) {
  text_print(out, "HTTP/1.1 %u %s\r\nServer: synthweb\r\n", answer->status,
             reason_of(answer->status));
  if (head->type) text_print(out, "Content-Type: %s\r\n", head->type);
  if (head->tag)
    text_print(out, "ETag: \"%llx\"\r\nLast-Modified: %s\r\n",
               (unsigned long long)head->tag, date);
  if (head->packed) text_say(out, "Content-Encoding: gzip\r\n");
  if (head->chunked) text_say(out, "Transfer-Encoding: chunked\r\n");
  if (head->length >= 0)
    text_print(out, "Content-Length: %lld\r\n", (long long)head->length);
  text_add(out, maker->extra.bytes, maker->extra.length);
  if (answer->close)
    text_say(out, "Connection: close\r\n");
  else if (answer->asked->keep_alive)
    text_say(out, "Connection: keep-alive\r\n");
  text_say(out, "\r\n");
}

/* ---- What a node is ---- */

static void redirect(struct answer_maker *maker, struct answer *answer,
                     const struct node *to) {
  static const unsigned statuses[] = {301, 302, 303, 307, 308};

  answer->status = statuses[(answer->node.page + answer->node.step) % 5];
  text_say(&maker->extra, "Location: ");
  site_add_url(maker->site, to, &maker->extra);
  text_say(&maker->extra, "\r\n");
}

static void add_retry_after(struct answer_maker *maker) {
  text_print(&maker->extra, "Retry-After: %u\r\n",
             maker->site->web.plan.retry_after_s);
}

static void make_robots(struct answer_maker *maker, struct answer *answer,
                        struct head *head) {
  head->type = "text/plain";
  if (answer->node.kind == NODE_ROBOTS_MOVED) {
    robots_add_text(maker->site, answer->host, &maker->body);
    return;
  }
  switch (robots_kind_of(&maker->site->web, answer->host)) {
  case ROBOTS_MISSING:
    answer->status = 404;
    return;
  case ROBOTS_FAILING:
    answer->status = 503;
    return;
  case ROBOTS_MOVED:
    answer->status = 301;
    text_say(&maker->extra, "Location: /robots-moved.txt\r\n");
    return;
  case ROBOTS_ABROAD:
    answer->status = 302;
    text_say(&maker->extra, "Location: ");
    site_add_origin(maker->site, 0, &maker->extra);
    text_say(&maker->extra, "/robots-moved.txt\r\n");
    return;
  default:
    robots_add_text(maker->site, answer->host, &maker->body);
  }
}

static void make_maze(struct answer_maker *maker, struct answer *answer) {
  struct node next = answer->node;
  char path[NODE_PATH_MAX];

  next.step = (uint32_t)(random_of(answer->serial) >> 40);
  node_write(&next, path);
  answer->status = 302;
  text_print(&maker->extra, "Location: %s\r\n", path);
}

static void make_inside(struct answer_maker *maker, struct answer *answer) {
  answer->status = 302;
  text_say(&maker->extra, "Location: ");
  site_add_internal(maker->site, answer->node.step, &maker->extra);
  text_say(&maker->extra, "\r\n");
}

static void make_status(struct answer_maker *maker, struct answer *answer) {
  const struct node *node = &answer->node;

  answer->status =
      node->kind == NODE_LATER ? (answer->times > 1 ? 200 : 503) : node->step;
  if (answer->status == 503 || answer->status == 429) add_retry_after(maker);
  site_add_leaf(maker->site, node, &maker->body);
}

static void make_binary(struct answer_maker *maker,
                        const struct answer *answer) {
  uint64_t state = answer->node.page;

  for (int i = 0; i < 512; i++) {
    uint64_t some = random_next(&state);

    text_add(&maker->body, &some, sizeof some);
  }
}

static void make_headers(struct answer_maker *maker) {
  for (unsigned i = 0; i < 2000; i++)
    text_print(&maker->extra, "X-Flood-%u: %0480u\r\n", i, i);
  text_say(&maker->body, "<!DOCTYPE html>\n<title>Headers</title>\n");
}

static void make_trap(struct answer_maker *maker, const struct answer *answer) {
  char path[2048];
  size_t length = answer->asked->path_length;

  if (length >= sizeof path) length = sizeof path - 1;
  memcpy(path, answer->asked->path, length);
  path[length] = '\0';
  site_add_trap(maker->site, answer->node.trap, path, answer->serial,
                &maker->body);
}

/* Of sitemaps and feeds; false: the node is none. */
static bool make_map(struct answer_maker *maker, const struct answer *answer,
                     struct head *head) {
  const struct site *site = maker->site;
  enum node_kind kind = answer->node.kind;

  head->type = kind == NODE_SITEMAP_TEXT ? "text/plain" : "application/xml";
  if (kind == NODE_FEED) {
    site_add_feed(site, &answer->node, &maker->body);
    head->type = "application/rss+xml";
  } else if (kind == NODE_SITEMAP_GZ) {
    site_add_sitemap(site, answer->host, kind, &maker->packed);
    if (!maker->packed.failed) pack(&maker->packed, &maker->body);
    head->type = "application/gzip";
  } else if (kind >= NODE_SITEMAP && kind <= NODE_SITEMAP_INDEX) {
    site_add_sitemap(site, answer->host, kind, &maker->body);
  } else {
    head->type = html;
    return false;
  }
  return true;
}

/* Of what is broken or too much. */
static void make_broken(struct answer_maker *maker, struct answer *answer,
                        struct head *head) {
  const struct site *site = maker->site;

  switch (answer->node.kind) {
  case NODE_BINARY:
    make_binary(maker, answer);
    return;
  case NODE_BIG:
    prose_add(&site->prose, answer->node.page, site->web.plan.big_bytes,
              &maker->body);
    return;
  case NODE_ENDLESS:
    head->chunked = true;
    answer->close = true;
    answer->endless_left = site->web.plan.endless_bytes;
    return;
  case NODE_BOMB:
    pack_zeros(maker);
    head->packed = true;
    return;
  case NODE_HEADERS:
    make_headers(maker);
    return;
  case NODE_LINKS:
    site_add_many_links(site, &maker->body);
    return;
  case NODE_NESTED:
    site_add_nested(&maker->body);
    return;
  default:
    site_add_leaf(site, &answer->node, &maker->body);
    head->chunked =
        answer->node.kind == NODE_CHUNKED || answer->node.kind == NODE_OPEN;
  }
}

static void make_charset(struct answer_maker *maker,
                         const struct answer *answer, struct head *head) {
  static const char *const types[CHARSETS] = {"text/html; charset=UTF-8",
                                              "text/html; charset=ISO-8859-1",
                                              "text/html",
                                              "text/html",
                                              "text/html; charset=Shift_JIS",
                                              "text/html"};

  head->type = types[answer->node.step % CHARSETS];
  site_add_charset(maker->site, &answer->node, &maker->body);
}

static void make_page(struct answer_maker *maker, const struct answer *answer,
                      struct head *head) {
  const struct web *web = &maker->site->web;
  uint32_t page = answer->node.page;

  site_add_page(maker->site, page, &maker->body);
  head->tag = random_of(web_version(web, page) + 1) | 1;
  head->packed = web_has(web, WEB_GZIP) && answer->asked->gzip;
}

/* Fills in the body, the status and what the head says. */
static void make_node(struct answer_maker *maker, struct answer *answer,
                      struct head *head) {
  struct node next[NODE_EXTRAS_MAX];

  switch (answer->node.kind) {
  case NODE_PAGE:
    make_page(maker, answer, head);
    return;
  case NODE_MOVED:
  case NODE_LOOP:
    node_follows(&maker->site->web, &answer->node, next);
    redirect(maker, answer, next);
    return;
  case NODE_STATUS:
  case NODE_RETRY:
  case NODE_LATER:
    make_status(maker, answer);
    return;
  case NODE_CHARSET:
    make_charset(maker, answer, head);
    return;
  case NODE_INSIDE:
    make_inside(maker, answer);
    return;
  case NODE_ROBOTS:
  case NODE_ROBOTS_MOVED:
    make_robots(maker, answer, head);
    return;
  case NODE_TRAP:
    make_trap(maker, answer);
    return;
  case NODE_MAZE:
    make_maze(maker, answer);
    return;
  case NODE_NONE:
    answer->status = 404;
    text_say(&maker->body, "<!DOCTYPE html>\n<title>Not found</title>\n");
    return;
  default:
    if (!make_map(maker, answer, head)) make_broken(maker, answer, head);
  }
}

/* ---- The whole ---- */

/* An answer that says the client has it. */
static bool is_known(const struct answer *answer, const struct head *head) {
  const struct asked *asked = answer->asked;
  char tag[32];
  int length =
      snprintf(tag, sizeof tag, "\"%llx\"", (unsigned long long)head->tag);

  return head->tag && asked->etag && asked->etag_length >= (size_t)length &&
         memmem(asked->etag, asked->etag_length, tag, (size_t)length);
}

/* In three chunks. */
static void add_chunked(const struct text *body, bool whole, struct text *out) {
  size_t part = body->length / 3 + 1;

  for (size_t at = 0; at < body->length; at += part) {
    size_t length = body->length - at < part ? body->length - at : part;

    text_print(out, "%zx\r\n", length);
    text_add(out, body->bytes + at, length);
    text_say(out, "\r\n");
  }
  if (whole) text_say(out, "0\r\n\r\n");
}

/* Sets what the head says of the body's length, which need not be true. */
static void set_length(struct answer *answer, struct head *head,
                       size_t length) {
  enum node_kind kind = answer->node.kind;

  head->length = head->chunked ? -1 : (int64_t)length;
  if (kind == NODE_CUT) head->length *= 2;
  if (kind == NODE_SURPLUS) head->length /= 2;
  if (kind == NODE_CUT || kind == NODE_SURPLUS || kind == NODE_OPEN)
    answer->close = true;
}

void answer_make(struct answer_maker *maker, struct answer *answer,
                 struct text *out) {
  struct head head = {.type = html, .length = -1};
  const struct text *body = &maker->body;

  text_clear(&maker->body);
  text_clear(&maker->extra);
  text_clear(&maker->packed);
  answer->status = 200;
  answer->close = !answer->asked->keep_alive;
  answer->endless_left = 0;
  make_node(maker, answer, &head);
  if (is_known(answer, &head)) {
    answer->status = 304;
    head.packed = false;
    text_clear(&maker->body);
  } else {
    if (head.packed && answer->node.kind != NODE_BOMB) {
      text_clear(&maker->packed);
      head.packed = pack(&maker->body, &maker->packed);
      if (head.packed) body = &maker->packed;
    }
    set_length(answer, &head, body->length);
  }
  add_head(maker, answer, &head, out);
  if (answer->asked->head || answer->status == 304)
    answer->endless_left = 0;
  else if (!head.chunked)
    text_add(out, body->bytes, body->length);
  else if (!answer->endless_left)
    add_chunked(body, answer->node.kind != NODE_OPEN, out);
}

void answer_maker_free(struct answer_maker *maker) {
  text_free(&maker->body);
  text_free(&maker->extra);
  text_free(&maker->packed);
}

uint64_t answer_add_chunk(struct text *out) {
  enum { CHUNK = 65536 };
  char *space;

  text_print(out, "%x\r\n", CHUNK);
  space = text_extend(out, CHUNK);
  if (space) memset(space, ' ', CHUNK);
  text_say(out, "\r\n");
  return CHUNK;
}
