/* SPDX-License-Identifier: MIT
 * See node.h. */
#include "node.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "random.h"

const char *const node_names[NODE_NONE + 1] = {
    [NODE_PAGE] = "page",
    [NODE_MAPPED] = "mapped",
    [NODE_MOVED] = "moved",
    [NODE_PRIVATE] = "private",
    [NODE_LOOP] = "loop",
    [NODE_STATUS] = "status",
    [NODE_RETRY] = "retry",
    [NODE_LATER] = "later",
    [NODE_COPY] = "copy",
    [NODE_CUT] = "cut",
    [NODE_OPEN] = "open",
    [NODE_SURPLUS] = "surplus",
    [NODE_CHUNKED] = "chunked",
    [NODE_BINARY] = "binary",
    [NODE_BIG] = "big",
    [NODE_CHARSET] = "charset",
    [NODE_WORD] = "word",
    [NODE_FEED] = "feed",
    [NODE_FED] = "fed",
    [NODE_ENDLESS] = "endless",
    [NODE_BOMB] = "bomb",
    [NODE_INSIDE] = "inside",
    [NODE_HEADERS] = "headers",
    [NODE_LINKS] = "links",
    [NODE_NESTED] = "nested",
    [NODE_ROBOTS] = "robots",
    [NODE_ROBOTS_MOVED] = "robots_moved",
    [NODE_SITEMAP] = "sitemap",
    [NODE_SITEMAP_GZ] = "sitemap_gz",
    [NODE_SITEMAP_TEXT] = "sitemap_text",
    [NODE_SITEMAP_INDEX] = "sitemap_index",
    [NODE_TRAP] = "trap",
    [NODE_MAZE] = "maze",
    [NODE_NONE] = "none"};

/* ---- Paths ---- */

enum { DIRECTORY_PAGE = 1, DIRECTORY_STEP = 2 };

/* "/directory/PAGE", or "/directory/STEP/PAGE". */
static const struct {
  const char *name;
  enum node_kind kind;
  int numbers;
} directories[] = {{"p", NODE_PAGE, 1},          {"mapped", NODE_MAPPED, 1},
                   {"moved", NODE_MOVED, 2},     {"private", NODE_PRIVATE, 1},
                   {"loop", NODE_LOOP, 2},       {"status", NODE_STATUS, 2},
                   {"later", NODE_LATER, 1},     {"copy", NODE_COPY, 1},
                   {"Copy", NODE_COPY, 1},       {"cut", NODE_CUT, 1},
                   {"open", NODE_OPEN, 1},       {"surplus", NODE_SURPLUS, 1},
                   {"chunked", NODE_CHUNKED, 1}, {"binary", NODE_BINARY, 1},
                   {"big", NODE_BIG, 1},         {"charset", NODE_CHARSET, 2},
                   {"word", NODE_WORD, 2},       {"feed", NODE_FEED, 1},
                   {"fed", NODE_FED, 1},         {"endless", NODE_ENDLESS, 1},
                   {"bomb", NODE_BOMB, 1},       {"inside", NODE_INSIDE, 2},
                   {"headers", NODE_HEADERS, 1}, {"links", NODE_LINKS, 1},
                   {"nested", NODE_NESTED, 1},   {"maze", NODE_MAZE, 2}};

static const struct {
  const char *path;
  enum node_kind kind;
  enum web_trap trap;
  bool begins; /* the path only begins so */
} fixed[] = {{"/robots.txt", NODE_ROBOTS, WEB_NO_TRAP, false},
             {"/robots-moved.txt", NODE_ROBOTS_MOVED, WEB_NO_TRAP, false},
             {"/sitemap.xml", NODE_SITEMAP, WEB_NO_TRAP, false},
             {"/sitemap.xml.gz", NODE_SITEMAP_GZ, WEB_NO_TRAP, false},
             {"/sitemap.txt", NODE_SITEMAP_TEXT, WEB_NO_TRAP, false},
             {"/sitemap-index.xml", NODE_SITEMAP_INDEX, WEB_NO_TRAP, false},
             {"/calendar/", NODE_TRAP, WEB_CALENDAR, true},
             {"/deeper", NODE_TRAP, WEB_DEEPER, true},
             {"/session/", NODE_TRAP, WEB_SESSION, true},
             {"/facets", NODE_TRAP, WEB_FACETS, true},
             {"/nowhere/", NODE_TRAP, WEB_NOWHERE, true}};

static int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte = (char)(byte | 32);
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Undoes the escapes of a path, up to its query; what is longer than the space
 * is none of ours.  Returns where the query begins. */
static size_t decode_path(const char *path, size_t length, char *out,
                          size_t capacity) {
  size_t used = 0;
  size_t i = 0;

  for (; i < length && path[i] != '?' && used + 1 < capacity; i++) {
    bool escape = path[i] == '%' && i + 2 < length &&
                  hex_digit(path[i + 1]) >= 0 && hex_digit(path[i + 2]) >= 0;

    out[used++] =
        escape ? (char)(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2]))
               : path[i];
    if (escape) i += 2;
  }
  out[used] = '\0';
  return i;
}

/* Reads a number and what comes behind it, which must be `end` or "/". */
static bool read_number(const char **text, uint32_t *out) {
  char *end;
  unsigned long number;

  if (!isdigit((unsigned char)**text)) return false;
  number = strtoul(*text, &end, 10);
  *out = (uint32_t)number;
  *text = end;
  return number <= UINT32_MAX && (*end == '/' || !*end);
}

/* Reads the numbers behind a directory; the rest of the path is `*rest`. */
static bool read_numbers(const char *text, int count, struct node *node,
                         const char **rest) {
  *rest = text;
  if (count == 2) {
    if (!read_number(rest, &node->step) || **rest != '/') return false;
    ++*rest;
  }
  return read_number(rest, &node->page);
}

/* The four forms of a copy. */
static bool read_copy(struct node *node, bool capital, const char *rest,
                      const char *query, size_t query_length) {
  bool slash = !strcmp(rest, "/");
  bool asks = query_length == 3 && !strncmp(query, "a=1", 3);

  if (*rest && !slash) return false;
  if ((slash + capital + asks) > 1 || (query_length && !asks)) return false;
  node->step = slash ? 1 : capital ? 2 : asks ? 3 : 0;
  return true;
}

static bool is_session(const char *query, size_t length) {
  return length == 36 && !strncmp(query, "sid=", 4);
}

/* Checks what comes behind the numbers, and what they mean. */
static bool finish_node(struct node *node, const char *directory,
                        const char *rest, const char *query, size_t length) {
  if (node->kind == NODE_COPY)
    return read_copy(node, *directory == 'C', rest, query, length);
  if (*rest) return false;
  if (node->kind == NODE_WORD)
    return charset_is_query(node->step, query, length);
  if (node->kind == NODE_STATUS &&
      (node->step == 429 || node->step == 500 || node->step == 503))
    node->kind = NODE_RETRY;
  return !length || (node->kind == NODE_PAGE && is_session(query, length));
}

static bool read_directory(const char *path, const char *query,
                           size_t query_length, struct node *node) {
  size_t length = strcspn(path + 1, "/");

  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    const char *rest;

    if (strlen(directories[i].name) != length || path[1 + length] != '/' ||
        strncmp(directories[i].name, path + 1, length))
      continue;
    node->kind = directories[i].kind;
    return read_numbers(path + length + 2, directories[i].numbers, node,
                        &rest) &&
           finish_node(node, path + 1, rest, query, query_length);
  }
  return false;
}

static bool read_fixed(const char *path, struct node *node) {
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    size_t length = strlen(fixed[i].path);

    if (strncmp(path, fixed[i].path, length) ||
        (path[length] && !fixed[i].begins))
      continue;
    node->kind = fixed[i].kind;
    node->trap = fixed[i].trap;
    return true;
  }
  return false;
}

struct node node_read(const char *path, size_t length) {
  static const struct node none = {.kind = NODE_NONE};
  struct node node = {.kind = NODE_NONE};
  char decoded[NODE_PATH_MAX];
  size_t end = decode_path(path, length, decoded, sizeof decoded);
  const char *query = path + end + (end < length);

  if (*decoded != '/') return none;
  if (read_fixed(decoded, &node)) return node;
  if (end < length && path[end] != '?') return none;
  if (read_directory(decoded, query, (size_t)(path + length - query), &node))
    return node;
  return none;
}

void node_write(const struct node *node, char out[NODE_PATH_MAX]) {
  static const char *const behind[COPY_FORMS] = {"", "/", "", "?a=1"};
  enum node_kind kind = node->kind == NODE_RETRY ? NODE_STATUS : node->kind;

  *out = '\0';
  if (kind == NODE_COPY) {
    snprintf(out, NODE_PATH_MAX, "/%sopy/%u%s", node->step == 2 ? "C" : "c",
             node->page, behind[node->step % COPY_FORMS]);
    return;
  }
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    if (directories[i].kind != kind) continue;
    if (directories[i].numbers == 1)
      snprintf(out, NODE_PATH_MAX, "/%s/%u", directories[i].name, node->page);
    else
      snprintf(out, NODE_PATH_MAX, "/%s/%u/%u", directories[i].name, node->step,
               node->page);
    break;
  }
  if (kind == NODE_WORD) charset_add_query(node->step, out, NODE_PATH_MAX);
}

uint32_t node_host(const struct web *web, const struct node *node) {
  if (node->kind >= NODE_KINDS_OF_PAGES || node->page >= web->plan.pages)
    return UINT32_MAX;
  if (node->kind == NODE_MOVED)
    return web_move_host(web, node->page, node->step);
  return web->host_of[node->page];
}

/* ---- What leads where ---- */

/* The kinds of which a page may have one, by feature.  What costs much is
 * drawn from a list of its own, and seldom. */
static const struct {
  enum node_kind kind;
  unsigned feature;
  bool heavy;
} offers[] = {
    {NODE_PRIVATE, WEB_ROBOTS, false}, {NODE_LOOP, WEB_MOVED, false},
    {NODE_STATUS, WEB_STATUS, false},  {NODE_STATUS, WEB_STATUS, false},
    {NODE_RETRY, WEB_STATUS, true},    {NODE_LATER, WEB_STATUS, true},
    {NODE_COPY, WEB_COPIES, false},    {NODE_CUT, WEB_BODIES, true},
    {NODE_OPEN, WEB_BODIES, true},     {NODE_SURPLUS, WEB_BODIES, true},
    {NODE_CHUNKED, WEB_BODIES, false}, {NODE_BINARY, WEB_BODIES, false},
    {NODE_BIG, WEB_BODIES, true},      {NODE_CHARSET, WEB_CHARSETS, false},
    {NODE_FEED, WEB_MAPS, false},      {NODE_ENDLESS, WEB_HOSTILE, true},
    {NODE_BOMB, WEB_HOSTILE, true},    {NODE_INSIDE, WEB_HOSTILE, false},
    {NODE_HEADERS, WEB_HOSTILE, true}, {NODE_LINKS, WEB_HOSTILE, true},
    {NODE_NESTED, WEB_HOSTILE, true},  {NODE_MAZE, WEB_HOSTILE, true}};

/* Draws a kind of those that the web has; NODE_NONE: it has none. */
static enum node_kind draw_kind(const struct web *web, bool heavy,
                                uint64_t drawn) {
  enum node_kind found[sizeof offers / sizeof *offers];
  uint32_t count = 0;

  for (size_t i = 0; i < sizeof offers / sizeof *offers; i++)
    if (offers[i].heavy == heavy && web_has(web, offers[i].feature))
      found[count++] = offers[i].kind;
  return count ? found[random_below(drawn, count)] : NODE_NONE;
}

static uint32_t draw_step(enum node_kind kind, uint64_t drawn) {
  static const uint32_t statuses[] = {404, 410};
  static const uint32_t retries[] = {500, 503, 429};

  switch (kind) {
  case NODE_STATUS:
    return statuses[random_below(drawn, 2)];
  case NODE_RETRY:
    return retries[random_below(drawn, 3)];
  case NODE_CHARSET:
    return random_below(drawn, CHARSETS);
  case NODE_INSIDE:
    return random_below(drawn, INSIDE_FORMS);
  default:
    return 0;
  }
}

/* One page in eight has something, one of 32 of those what costs much; of a
 * hostile web one of two. */
static struct node draw_extra(const struct web *web, uint32_t page) {
  uint64_t drawn = web_draw(web, WEB_OF_EXTRA, page);
  uint64_t again = random_of(drawn);
  bool heavy = drawn / 8 % (web_has(web, WEB_HOSTILE) ? 2 : 32) == 0;
  struct node node = {.kind = NODE_NONE, .page = page};

  if (drawn % 8) return node;
  node.kind = draw_kind(web, heavy, again);
  node.step = draw_step(node.kind, random_of(again));
  return node;
}

unsigned node_extras(const struct web *web, uint32_t page,
                     struct node out[NODE_EXTRAS_MAX]) {
  struct node node = draw_extra(web, page);

  if (node.kind == NODE_NONE) return 0;
  out[0] = node;
  if (node.kind != NODE_COPY) return 1;
  for (uint32_t form = 0; form < COPY_FORMS; form++) {
    out[form] = node;
    out[form].step = form;
  }
  return COPY_FORMS;
}

unsigned node_follows(const struct web *web, const struct node *node,
                      struct node out[NODE_EXTRAS_MAX]) {
  (void)web;
  out[0] = *node;
  switch (node->kind) {
  case NODE_MOVED:
    out[0].step--;
    if (!out[0].step) out[0].kind = NODE_PAGE;
    return 1;
  case NODE_LOOP:
    out[0].step = (node->step + 1) % LOOP_STEPS;
    return 1;
  case NODE_CHARSET:
    out[0].kind = NODE_WORD;
    return 1;
  case NODE_FEED:
    out[0].kind = NODE_FED;
    return 1;
  default:
    return 0;
  }
}

bool node_may_repeat(enum node_kind kind) {
  return kind == NODE_RETRY || kind == NODE_LATER || kind == NODE_CUT ||
         kind == NODE_OPEN || kind == NODE_SURPLUS || kind == NODE_ENDLESS ||
         kind == NODE_BOMB || kind == NODE_HEADERS;
}

int node_place(const struct node *node) {
  enum { OF_MOVES = 2, OF_EXTRAS = 6 };

  if (node->kind == NODE_PAGE) return 0;
  if (node->kind == NODE_MAPPED) return 1;
  if (node->kind == NODE_MOVED)
    return node->step - 1 < 4 ? OF_MOVES + (int)node->step - 1 : -1;
  if (node->kind == NODE_COPY || node->kind == NODE_LOOP)
    return node->step < 4 ? OF_EXTRAS + (int)node->step : -1;
  if (node->kind == NODE_WORD || node->kind == NODE_FED) return OF_EXTRAS + 1;
  return node->kind < NODE_KINDS_OF_PAGES ? OF_EXTRAS : -1;
}
