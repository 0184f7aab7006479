/* SPDX-License-Identifier: MIT
 * cdxj_key.c: keys as surt 0.3.1 of the Internet Archive makes them, of URLs
 * that were read by the URL Standard before.  Each part is made in a copy. */
#include <lariat/crawl/cdxj.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "warc_text.h"
#include <lariat/allocator.h>
#include <lariat/url.h>

/* ---- Letters and escapes ---- */

/* Undoes escapes until there are none: each escape that appears is undone as
 * well.  What is written never gets before what is read: the text only shrinks.
 * Looking back two bytes behind each octet finds those that have appeared. */
static size_t unescape_all(char *bytes, size_t length) {
  size_t out = 0;
  for (size_t at = 0; at < length; at++) {
    bytes[out++] = bytes[at];
    while (out >= 3 && bytes[out - 3] == '%' &&
           lr_crawl_hex_value(bytes[out - 2]) >= 0 &&
           lr_crawl_hex_value(bytes[out - 1]) >= 0) {
      bytes[out - 3] = (char)(lr_crawl_hex_value(bytes[out - 2]) * 16 +
                              lr_crawl_hex_value(bytes[out - 1]));
      out -= 2;
    }
  }
  return out;
}

/* Writes an octet, in lower case, escaped if it is a blank, a control, '#', '%'
 * or not ASCII; the escape's letters are in lower case as well. */
static void put_octet(lr_crawl_warc_text *out, char octet) {
  static const char digits[] = "0123456789abcdef";
  unsigned char byte = (unsigned char)octet;
  char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
  char small = lr_crawl_lower(octet);
  if (byte <= ' ' || byte >= 0x7f || octet == '#' || octet == '%')
    lr_crawl_warc_text_put(out, escape, sizeof escape);
  else
    lr_crawl_warc_text_put(out, &small, 1);
}

/* ---- The host ---- */

/* Returns how long "www." or "www12." is that the host begins with. */
static size_t measure_www(const char *host, size_t length) {
  size_t at = 3;
  if (length < 4 || memcmp(host, "www", 3) != 0) return 0;
  while (at < length && lr_crawl_is_digit(host[at])) at++;
  return at < length && host[at] == '.' ? at + 1 : 0;
}

/* Writes the host's parts, the last one first. */
static void put_host(lr_crawl_warc_text *out, lariat_url_part host) {
  size_t skipped = measure_www(host.bytes, host.length);
  const char *begin = host.bytes + skipped;
  const char *end = host.bytes + host.length;
  while (end > begin && end[-1] == '.') end--;
  for (;;) {
    const char *dot = memrchr(begin, '.', (size_t)(end - begin));
    const char *part = dot ? dot + 1 : begin;
    lr_crawl_warc_text_put(out, part, (size_t)(end - part));
    if (!dot) return;
    lr_crawl_warc_text_put(out, ",", 1);
    end = dot;
  }
}

/* ---- The path ---- */

/* Returns the length of "(24 letters or digits)/" or "(s(24)f(24))/" at `at`,
 * ASP.NET's session ids; 0: there is none. */
static size_t measure_session(const char *at, const char *end) {
  const char *begin = at;
  if (at == end || *at++ != '(') return 0;
  do {
    bool named = end - at > 1 && lr_crawl_is_alphanumeric(at[0]) &&
                 !lr_crawl_is_digit(at[0]) && at[1] == '(';
    if (named) at += 2;
    for (int i = 0; i < 24; i++, at++)
      if (at == end || !lr_crawl_is_alphanumeric(*at)) return 0;
    if (!named) break;
    if (at == end || *at++ != ')') return 0;
  } while (at < end && *at != ')');
  return end - at > 1 && at[0] == ')' && at[1] == '/' ? (size_t)(at + 2 - begin)
                                                      : 0;
}

static bool has_text(const char *at, const char *end, const char *text) {
  for (; end - at >= (ptrdiff_t)strlen(text); at++)
    if (strncasecmp(at, text, strlen(text)) == 0) return true;
  return false;
}

/* Cuts a session id out of the path of an .aspx page. */
static size_t cut_session(char *path, size_t length) {
  for (size_t i = length; i-- > 1;) {
    size_t session =
        path[i - 1] == '/' ? measure_session(path + i, path + length) : 0;
    if (!session || !has_text(path + i + session + 1, path + length, ".aspx"))
      continue;
    memmove(path + i, path + i + session, length - i - session);
    return length - session;
  }
  return length;
}

/* Writes the path's segments: no empty ones, "." and "..": what was escaped may
 * have become one. */
static size_t join_segments(char *path, size_t length) {
  size_t out = 1, at = 1;
  while (at <= length) {
    char *slash = at < length ? memchr(path + at, '/', length - at) : NULL;
    size_t end = slash ? (size_t)(slash - path) : length;
    size_t some = end - at;
    bool up = some == 2 && memcmp(path + at, "..", 2) == 0;
    if (up && out > 1) {
      out--; /* its slash */
      while (path[out - 1] != '/') out--;
    } else if (some && !(some == 1 && path[at] == '.')) {
      memmove(path + out, path + at, some);
      out += some;
      if (slash) path[out++] = '/';
    }
    at = end + 1;
  }
  return out;
}

static void put_path(lr_crawl_warc_text *out, char *path, size_t length) {
  if (!length) return;
  length = join_segments(path, unescape_all(path, length));
  length = cut_session(path, length);
  if (length > 1 && path[length - 1] == '/') length--;
  for (size_t i = 0; i < length; i++) put_octet(out, path[i]);
}

/* ---- The query ---- */

/* A parameter's name, up to '=', and what is behind it. */
struct argument {
  const char *bytes;
  size_t length;
  size_t name;
};

static int compare_bytes(const char *a, size_t a_length, const char *b,
                         size_t b_length) {
  int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
  if (order) return order;
  return a_length < b_length ? -1 : a_length > b_length;
}

/* Compares names first, then values; no value is before an empty one. */
static int compare_arguments(const void *left, const void *right) {
  const struct argument *a = left, *b = right;
  int order = compare_bytes(a->bytes, a->name, b->bytes, b->name);
  if (order) return order;
  return compare_bytes(a->bytes + a->name, a->length - a->name,
                       b->bytes + b->name, b->length - b->name);
}

/* Returns the end of `count` letters and digits from `at` on, which an '&' or
 * the query's end follows; NULL: it is otherwise. */
static const char *match_value(const char *at, const char *end, size_t count) {
  for (; count; count--, at++)
    if (at == end || !lr_crawl_is_alphanumeric(*at)) return NULL;
  return at == end || *at == '&' ? at : NULL;
}

/* Returns the end of "cfid=...&cftoken=...", ColdFusion's. */
static const char *match_coldfusion(const char *at, const char *end) {
  static const char *const names[] = {"cfid=", "cftoken="};
  for (unsigned i = 0; i < 2; i++) {
    size_t length = strlen(names[i]);
    if ((size_t)(end - at) <= length || at[length] == '&' ||
        strncasecmp(at, names[i], length) != 0)
      return NULL;
    const char *stop = memchr(at, '&', (size_t)(end - at));
    if (!stop && i == 0) return NULL;
    at = !stop ? end : i == 0 ? stop + 1 : stop;
  }
  return at;
}

/* Returns the end of "aspsessionid" with 8 letters, and its 24. */
static const char *match_asp(const char *at, const char *end) {
  static const char name[] = "aspsessionid";
  size_t length = sizeof name - 1;
  if ((size_t)(end - at) < length + 9 || strncasecmp(at, name, length) != 0 ||
      at[length + 8] != '=')
    return NULL;
  return match_value(at + length + 9, end, 24);
}

enum { SESSIONS = 5 };

/* Returns the end of a session id that begins at `at`; NULL: none does. */
static const char *match_session(const char *at, const char *end,
                                 unsigned which) {
  static const char *const names[] = {"jsessionid=", "phpsessid=", "sid="};
  if (which == 3) return match_asp(at, end);
  if (which == 4) return match_coldfusion(at, end);
  size_t length = strlen(names[which]);
  return (size_t)(end - at) > length &&
                 strncasecmp(at, names[which], length) == 0
             ? match_value(at + length, end, 32)
             : NULL;
}

/* Cuts the last session id of each kind out of the query, with the '&' behind
 * it. */
static size_t cut_sessions(char *query, size_t length) {
  for (unsigned which = 0; which < SESSIONS; which++)
    for (size_t i = length; i-- > 0;) {
      const char *found = match_session(query + i, query + length, which);
      if (!found) continue;
      size_t end = (size_t)(found - query);
      if (end < length) end++;
      memmove(query + i, query + end, length - end);
      length -= end - i;
      break;
    }
  return length;
}

static size_t count_arguments(const char *query, size_t length) {
  size_t count = 1;
  for (size_t i = 0; i < length; i++) count += query[i] == '&';
  return count;
}

static void cut_arguments(const char *query, size_t length,
                          struct argument *list) {
  const char *at = query, *end = query + length;
  for (;; list++) {
    const char *stop = memchr(at, '&', (size_t)(end - at));
    size_t some = (size_t)((stop ? stop : end) - at);
    const char *equals = memchr(at, '=', some);
    *list = (struct argument){at, some, equals ? (size_t)(equals - at) : some};
    if (!stop) return;
    at = stop + 1;
  }
}

/* Writes the query with its parts sorted; they are escaped before. */
static void put_query(lr_crawl_warc_text *out, char *query, size_t length) {
  lr_crawl_warc_text escaped = {.bytes = NULL};
  length = unescape_all(query, length);
  for (size_t i = 0; i < length; i++) put_octet(&escaped, query[i]);
  if (escaped.failed || !escaped.length) {
    out->failed |= escaped.failed;
    lr_crawl_warc_text_free(&escaped);
    return;
  }
  length = cut_sessions(escaped.bytes, escaped.length);
  size_t count = count_arguments(escaped.bytes, length);
  struct argument *list = lariat_memory_allocate(count * sizeof *list);
  if (list) {
    cut_arguments(escaped.bytes, length, list);
    qsort(list, count, sizeof *list, compare_arguments);
    if (length) lr_crawl_warc_text_put(out, "?", 1);
    for (size_t i = 0; i < count && length; i++) {
      if (i) lr_crawl_warc_text_put(out, "&", 1);
      lr_crawl_warc_text_put(out, list[i].bytes, list[i].length);
    }
  }
  out->failed |= !list;
  lariat_memory_release(list);
  lr_crawl_warc_text_free(&escaped);
}

/* ---- The key ---- */

static void put_port(lr_crawl_warc_text *out, const lariat_url *url) {
  unsigned standard = lariat_url_scheme(url).length == 5 ? 443 : 80;
  if (lariat_url_port(url) == standard) return;
  lr_crawl_warc_text_put(out, ":", 1);
  lr_crawl_warc_text_put_number(out, lariat_url_port(url));
}

/* Makes a copy of a part that may be changed; NULL: out of memory. */
static char *copy_part(lariat_url_part part) {
  char *copy = lariat_memory_allocate(part.length + 1);
  if (copy && part.length) memcpy(copy, part.bytes, part.length);
  return copy;
}

static void put_key(lr_crawl_warc_text *out, const lariat_url *url) {
  lariat_url_part path = lariat_url_path(url), query = lariat_url_query(url);
  char *path_copy = copy_part(path), *query_copy = copy_part(query);
  put_host(out, lariat_url_host(url));
  put_port(out, url);
  lr_crawl_warc_text_put(out, ")", 1);
  if (path_copy && query_copy) {
    put_path(out, path_copy, path.length);
    put_query(out, query_copy, query.length);
  }
  out->failed |= !path_copy || !query_copy;
  lariat_memory_release(path_copy);
  lariat_memory_release(query_copy);
}

size_t lariat_crawl_cdxj_key(const char *url, char *out, size_t capacity) {
  lr_crawl_warc_text key = {.bytes = NULL};
  lariat_url *parsed = NULL;
  if (lariat_url_parse(url, strlen(url), NULL, &parsed, NULL) == LARIAT_OK)
    put_key(&key, parsed);
  if (!parsed || key.failed) {
    lr_crawl_warc_text_clear(&key, SIZE_MAX);
    lr_crawl_warc_text_put_string(&key, url);
  }
  size_t length = key.length;
  if (capacity) {
    size_t some = length < capacity ? length : capacity - 1;
    if (some) memcpy(out, key.bytes, some);
    out[some] = '\0';
  }
  lariat_url_free(parsed);
  lr_crawl_warc_text_free(&key);
  return length;
}
