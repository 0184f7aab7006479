/* SPDX-License-Identifier: MIT
 * css_links.c: strings, comments, names and url() are told apart; what they
 * mean in rules is looked at only as far as a URL may depend on it. */
#include "css_links.h"

#include <string.h>
#include <strings.h>

#include "ascii.h"

enum { LONGEST_NAME = 32 };

typedef struct scanner {
  const char *begin;
  const char *at;
  const char *end;
  lr_crawl_scratch *spare;
  lr_crawl_css_callback *callback;
  void *context;
  size_t depth;  /* of parentheses */
  size_t images; /* the depth within image-set( or src(, where strings are
                    URLs; 0: none */
  bool import;   /* @import is before this */
} scanner;

/* ---- Bytes ---- */

static bool is_line_end(char byte) {
  return byte == '\n' || byte == '\f' || byte == '\r';
}

static bool is_name(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
         (unsigned char)byte >= 0x80;
}

static int hex_of(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

static void skip_spaces(scanner *s) {
  while (s->at < s->end && lr_crawl_is_space(*s->at)) s->at++;
}

/* ---- Escapes ---- */

/* Adds what a hexadecimal escape stands for; returns where it ends. */
static const char *add_code(const char *at, const char *end,
                            lr_crawl_scratch *out) {
  uint32_t code = 0;
  const char *from = at;
  for (; at < end && at - from < 6 && hex_of(*at) >= 0; at++)
    code = code * 16 + (uint32_t)hex_of(*at);
  if (!code || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    code = 0xfffd;
  lr_crawl_scratch_add_code_point(out, code);
  if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') return at + 2;
  return at < end && lr_crawl_is_space(*at) ? at + 1 : at;
}

/* Returns where the escape at `at` ends: with up to 6 digits and one blank, or
 * with any other character but a line's end, at which it is none. */
static const char *skip_escape(const char *at, const char *end) {
  const char *from = ++at;
  if (at == end || is_line_end(*at)) return at;
  while (at < end && at - from < 6 && hex_of(*at) >= 0) at++;
  if (at == from) return at + 1;
  if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') return at + 2;
  return at < end && lr_crawl_is_space(*at) ? at + 1 : at;
}

/* Adds the text with its escapes undone; in a string an escaped end of a line
 * is nothing. */
static void add_unescaped(const char *at, const char *end,
                          lr_crawl_scratch *out) {
  while (at < end) {
    if (*at != '\\' || at + 1 == end) {
      lr_crawl_scratch_put(out, *at++);
    } else if (hex_of(*++at) >= 0) {
      at = add_code(at, end, out);
    } else if (is_line_end(*at)) {
      at += end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    } else {
      lr_crawl_scratch_put(out, *at++);
    }
  }
}

/* ---- URLs ---- */

static void tell(scanner *s, const char *from, const char *to, bool import) {
  const char *url = from;
  size_t length = (size_t)(to - from);
  if (memchr(from, '\\', length)) {
    lr_crawl_scratch_clear(s->spare);
    add_unescaped(from, to, s->spare);
    url = s->spare->bytes;
    length = s->spare->length;
  }
  while (length && lr_crawl_is_space(*url)) url++, length--;
  if (length && *url != '#')
    s->callback(s->context, url, length, (size_t)(from - s->begin), import);
}

/* Reads the string at `at`; false: a line ends in it. */
static bool read_string(scanner *s, const char **from, const char **to) {
  char quote = *s->at++;
  *from = s->at;
  for (; s->at < s->end && *s->at != quote; s->at++) {
    if (is_line_end(*s->at)) return false;
    if (*s->at == '\\' && s->at + 1 < s->end) s->at++;
  }
  *to = s->at;
  if (s->at < s->end) s->at++;
  return true;
}

static void read_any_string(scanner *s) {
  const char *from, *to;
  bool told = s->import || (s->images && s->images == s->depth);
  if (read_string(s, &from, &to) && told) tell(s, from, to, s->import);
  s->import = false;
}

/* Skips what is wrong of a url( up to behind its ')'. */
static void skip_bad_url(scanner *s) {
  for (; s->at < s->end && *s->at != ')'; s->at++)
    if (*s->at == '\\' && s->at + 1 < s->end) s->at++;
  if (s->at < s->end) s->at++;
}

/* Reads a URL without quotes, up to behind the ')'. */
static void read_bare_url(scanner *s) {
  const char *from = s->at;
  while (s->at < s->end && !lr_crawl_is_space(*s->at) &&
         !strchr(")\"'(", *s->at))
    s->at = *s->at == '\\' ? skip_escape(s->at, s->end) : s->at + 1;
  const char *to = s->at;
  skip_spaces(s);
  bool good = s->at == s->end || *s->at == ')';
  skip_bad_url(s);
  if (good) tell(s, from, to, s->import);
}

/* Reads from behind "url(". */
static void read_url(scanner *s) {
  const char *from, *to;
  skip_spaces(s);
  if (s->at < s->end && (*s->at == '"' || *s->at == '\'')) {
    if (read_string(s, &from, &to)) tell(s, from, to, s->import);
    s->depth++; /* its ')' comes, like that of any function */
  } else {
    read_bare_url(s);
  }
  s->import = false;
}

/* ---- Names ---- */

/* Reads the name at `at` into `name`, as far as it fits, in lower case. */
static void read_name(scanner *s, char *name) {
  size_t length = 0;
  const char *from = s->at;
  while (s->at < s->end && (is_name(*s->at) || *s->at == '\\'))
    s->at = *s->at == '\\' ? skip_escape(s->at, s->end) : s->at + 1;
  lr_crawl_scratch_clear(s->spare);
  if (memchr(from, '\\', (size_t)(s->at - from))) {
    add_unescaped(from, s->at, s->spare);
    length = s->spare->length;
    from = s->spare->bytes;
  } else {
    length = (size_t)(s->at - from);
  }
  if (length > LONGEST_NAME) length = 0;
  if (length) memcpy(name, from, length);
  name[length] = '\0';
}

static bool is_word(const char *name, const char *word) {
  return strcasecmp(name, word) == 0;
}

/* Takes a name, and the '(' behind it, which makes it a function. */
static void take_name(scanner *s) {
  char name[LONGEST_NAME + 1];
  read_name(s, name);
  if (s->at == s->end || *s->at != '(') {
    s->import = false;
    return;
  }
  s->at++;
  if (is_word(name, "url")) {
    read_url(s);
    return;
  }
  s->depth++;
  if (is_word(name, "image-set") || is_word(name, "-webkit-image-set") ||
      is_word(name, "src"))
    s->images = s->depth;
  else
    s->import = false;
}

/* Skips the rest of a rule whose URLs are names, and nothing to fetch. */
static void skip_rule(scanner *s) {
  const char *from, *to;
  while (s->at < s->end && *s->at != ';' && *s->at != '{') {
    if (*s->at == '"' || *s->at == '\'')
      read_string(s, &from, &to);
    else
      s->at++;
  }
}

static void take_rule(scanner *s) {
  char name[LONGEST_NAME + 1];
  s->at++;
  read_name(s, name);
  s->import = is_word(name, "import");
  if (is_word(name, "namespace") || is_word(name, "charset") ||
      is_word(name, "document") || is_word(name, "-moz-document"))
    skip_rule(s);
}

/* ---- The scan ---- */

static void skip_comment(scanner *s) {
  size_t left = (size_t)(s->end - s->at - 2);
  const char *close = memmem(s->at + 2, left, "*/", 2);
  s->at = close ? close + 2 : s->end;
}

/* Takes a byte that begins nothing longer. */
static void take_byte(scanner *s) {
  char byte = *s->at++;
  if (byte == '(') {
    s->depth++;
  } else if (byte == ')') {
    if (s->images == s->depth) s->images = 0;
    if (s->depth) s->depth--;
  }
  if (!lr_crawl_is_space(byte)) s->import = false;
}

static void take_token(scanner *s) {
  char byte = *s->at;
  if (byte == '/' && s->end - s->at > 1 && s->at[1] == '*')
    skip_comment(s);
  else if (byte == '"' || byte == '\'')
    read_any_string(s);
  else if (byte == '@')
    take_rule(s);
  else if (is_name(byte) || byte == '\\')
    take_name(s);
  else
    take_byte(s);
}

void lr_crawl_css_links(const char *bytes, size_t length,
                        lr_crawl_scratch *spare,
                        lr_crawl_css_callback *callback, void *context) {
  scanner s = {.begin = bytes,
               .at = bytes,
               .end = bytes + length,
               .spare = spare,
               .callback = callback,
               .context = context};
  while (s.at < s.end) take_token(&s);
}
