/* SPDX-License-Identifier: MIT
 * url_key.c: writes the key of a URL, part by part, without memory of its own.
 * A key must be its own key, whatever was in the URL: what is left out is
 * recognised by what it is once its escapes are undone, and nothing is left out
 * that would make something new of what stands beside it. */
#include <lariat/crawl/url_key.h>

#include <string.h>

#include "ascii.h"
#include "escaped_text.h"
#include "host_text.h"
#include "key_rules.h"
#include "session_id.h"
#include "text_writer.h"

typedef struct key_writer {
  lr_crawl_text_writer text;
  const lariat_crawl_key_rules *given;
  unsigned rules;
  unsigned merged;
} key_writer;

static bool has_rule(const key_writer *key, unsigned rule) {
  return (key->rules & rule) != 0;
}

/* Writes what has no escapes to undo as it is, the rest octet by octet. */
static void write_escaped(key_writer *key, const char *bytes, size_t length) {
  if (!length) return;
  if (!memchr(bytes, '%', length)) {
    lr_crawl_write(&key->text, bytes, length);
    return;
  }
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  size_t count;
  char unit[3];
  while ((count = lr_crawl_escaped_text_read(&text, unit)))
    lr_crawl_write(&key->text, unit, count);
  if (text.changed) key->merged |= LARIAT_CRAWL_KEY_ESCAPES;
}

/* ---- The origin ---- */

/* Cuts "www." and "www2." off, as often as they are there; a name of two labels
 * is left. */
static void cut_www(key_writer *key, lariat_url_part *host) {
  for (;;) {
    const char *at = host->bytes, *end = at + host->length;
    if (host->length < 4 || memcmp(at, "www", 3) != 0) return;
    for (at += 3; at < end && lr_crawl_is_digit(*at);) at++;
    if (at == end || *at != '.') return;
    at++;
    const char *dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
    if (!dot || dot == at || dot + 1 == end) return;
    *host = (lariat_url_part){at, (size_t)(end - at)};
    key->merged |= LARIAT_CRAWL_KEY_WWW;
  }
}

static void cut_final_dot(key_writer *key, lariat_url_part *host) {
  size_t length = lr_crawl_cut_final_dot(host->bytes, host->length);
  if (length == host->length) return;
  host->length = length;
  key->merged |= LARIAT_CRAWL_KEY_FINAL_DOT;
}

static void write_origin(key_writer *key, const lariat_url *url) {
  lariat_url_part host = lariat_url_host(url);
  unsigned port = lariat_url_port(url);
  bool has_port = lr_crawl_has_other_port(url);
  bool tls = lariat_url_scheme(url).length == 5;
  if (tls && has_rule(key, LARIAT_CRAWL_KEY_SCHEME)) {
    tls = false;
    if (port == 80) has_port = false;
    key->merged |= LARIAT_CRAWL_KEY_SCHEME;
  }
  cut_final_dot(key, &host);
  if (has_rule(key, LARIAT_CRAWL_KEY_WWW)) cut_www(key, &host);
  lr_crawl_write(&key->text, tls ? "https://" : "http://", tls ? 8 : 7);
  lr_crawl_write(&key->text, host.bytes, host.length);
  if (has_port) lr_crawl_write_port(&key->text, port);
}

/* ---- The path ---- */

static bool has_upper(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] >= 'A' && bytes[i] <= 'Z') return true;
  return false;
}

/* Writes letters in lower case, but for those in escapes. */
static void write_lower(key_writer *key, const char *bytes, size_t length) {
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  size_t count;
  char unit[3];
  while ((count = lr_crawl_escaped_text_read(&text, unit))) {
    if (count > 1) {
      lr_crawl_write(&key->text, unit, count);
      continue;
    }
    if (has_upper(unit, 1)) key->merged |= LARIAT_CRAWL_KEY_LOWER_PATH;
    lr_crawl_write_byte(&key->text, lr_crawl_lower(unit[0]));
  }
  if (text.changed) key->merged |= LARIAT_CRAWL_KEY_ESCAPES;
}

static void write_path_text(key_writer *key, const char *bytes, size_t length) {
  if (has_rule(key, LARIAT_CRAWL_KEY_LOWER_PATH))
    write_lower(key, bytes, length);
  else
    write_escaped(key, bytes, length);
}

/* Tells whether a segment, without its parameters, is "." or "..", which is
 * resolved where it stands alone. */
static bool is_dots(const char *bytes, size_t length) {
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  char dots[8];
  size_t count = lr_crawl_escaped_text_read_lower(&text, ';', dots, 8);
  return count < 8 && (strcmp(dots, ".") == 0 || strcmp(dots, "..") == 0);
}

static const char *find_or_end(const char *at, const char *end, char byte) {
  const char *found = memchr(at, byte, (size_t)(end - at));
  return found ? found : end;
}

/* Writes a segment without ";jsessionid=..." and the like. */
static void write_segment(key_writer *key, const char *at, const char *end) {
  const char *next = find_or_end(at, end, ';');
  if (next == end || is_dots(at, (size_t)(end - at))) {
    write_path_text(key, at, (size_t)(end - at));
    return;
  }
  write_path_text(key, at, (size_t)(next - at));
  while (next < end) {
    at = next;
    next = find_or_end(at + 1, end, ';');
    if (lr_crawl_is_session_parameter(at + 1, (size_t)(next - at - 1)))
      key->merged |= LARIAT_CRAWL_KEY_SESSION;
    else
      write_path_text(key, at, (size_t)(next - at));
  }
}

/* Tells whether nothing of a segment is left without its session ids: one of
 * ASP.NET's may have others as parameters. */
static bool is_session_segment(const char *at, const char *end) {
  const char *next = find_or_end(at, end, ';');
  if (!lr_crawl_is_session_segment(at, (size_t)(next - at))) return false;
  while (next < end) {
    at = next + 1;
    next = find_or_end(at, end, ';');
    if (!lr_crawl_is_session_parameter(at, (size_t)(next - at))) return false;
  }
  return true;
}

/* Writes a path in which there may be session ids; it begins with '/'.  Returns
 * how many '/' are at its end now. */
static size_t write_segments(key_writer *key, const char *at, const char *end) {
  size_t slashes = 0;
  for (at++;; at++) {
    const char *next = find_or_end(at, end, '/');
    if (next < end && is_session_segment(at, next)) {
      key->merged |= LARIAT_CRAWL_KEY_SESSION;
    } else {
      lr_crawl_write_byte(&key->text, '/');
      size_t begin = key->text.length;
      write_segment(key, at, next);
      slashes = key->text.length > begin ? 0 : slashes + 1;
    }
    if (next == end) return slashes;
    at = next;
  }
}

/* Takes the '/' at the end away, but for that at the beginning. */
static void cut_slashes(key_writer *key, size_t begin, size_t slashes) {
  if (!slashes || key->text.length == begin + 1) return;
  key->text.length -= slashes;
  if (key->text.length == begin) key->text.length++;
  key->merged |= LARIAT_CRAWL_KEY_SLASH;
}

/* Tells whether there can be session ids in a path. */
static bool may_have_sessions(const key_writer *key, lariat_url_part path) {
  return has_rule(key, LARIAT_CRAWL_KEY_SESSION) &&
         (memchr(path.bytes, ';', path.length) ||
          memchr(path.bytes, '(', path.length));
}

static void write_path(key_writer *key, lariat_url_part path) {
  size_t begin = key->text.length, slashes = 0;
  if (may_have_sessions(key, path)) {
    slashes = write_segments(key, path.bytes, path.bytes + path.length);
  } else {
    write_path_text(key, path.bytes, path.length);
    while (slashes < path.length &&
           path.bytes[path.length - 1 - slashes] == '/')
      slashes++;
  }
  if (has_rule(key, LARIAT_CRAWL_KEY_SLASH)) cut_slashes(key, begin, slashes);
}

/* ---- The query ---- */

/* Parameters up to so many are sorted. */
enum { MOST_SORTED = 128 };

typedef struct parameter {
  const char *bytes;
  size_t length;
} parameter;

/* Takes the next parameter; false: there is none. */
static bool take_parameter(const char **at, const char *end, parameter *one) {
  if (!*at) return false;
  const char *next = find_or_end(*at, end, '&');
  *one = (parameter){*at, (size_t)(next - *at)};
  *at = next < end ? next + 1 : NULL;
  return true;
}

/* Tells whether both of ColdFusion's parameters are there. */
static bool has_cf_session(lariat_url_part query) {
  const char *at = query.bytes, *end = at + query.length;
  bool id = false, token = false;
  parameter one;
  while (take_parameter(&at, end, &one)) {
    if (lr_crawl_is_cfid(one.bytes, one.length)) id = true;
    if (lr_crawl_is_cftoken(one.bytes, one.length)) token = true;
  }
  return id && token;
}

/* Returns the rule that leaves a parameter out, or 0. */
static unsigned find_rule(const key_writer *key, parameter one, bool cf) {
  if (has_rule(key, LARIAT_CRAWL_KEY_SESSION)) {
    if (lr_crawl_is_session_parameter(one.bytes, one.length))
      return LARIAT_CRAWL_KEY_SESSION;
    if (cf && (lr_crawl_is_cfid(one.bytes, one.length) ||
               lr_crawl_is_cftoken(one.bytes, one.length)))
      return LARIAT_CRAWL_KEY_SESSION;
  }
  if (has_rule(key, LARIAT_CRAWL_KEY_DROP) &&
      lr_crawl_key_rules_drop(key->given, one.bytes, one.length))
    return LARIAT_CRAWL_KEY_DROP;
  return 0;
}

/* Compares two texts as they are written, up to the '='. */
static int compare_names(const parameter *a, const parameter *b) {
  lr_crawl_escaped_text one = {.at = a->bytes, .end = a->bytes + a->length};
  lr_crawl_escaped_text other = {.at = b->bytes, .end = b->bytes + b->length};
  for (;;) {
    char unit[3], unit_of_other[3];
    size_t count = lr_crawl_escaped_text_read(&one, unit);
    size_t count_of_other = lr_crawl_escaped_text_read(&other, unit_of_other);
    if (count && unit[0] == '=') count = 0;
    if (count_of_other && unit_of_other[0] == '=') count_of_other = 0;
    if (!count || !count_of_other) return (count > 0) - (count_of_other > 0);
    size_t least = count < count_of_other ? count : count_of_other;
    int difference = memcmp(unit, unit_of_other, least);
    if (difference) return difference;
  }
}

/* Sorts by name; those of one name stay in order, as that may mean something.
 */
static bool sort_parameters(parameter *all, size_t count) {
  bool moved = false;
  for (size_t i = 1; i < count; i++) {
    parameter one = all[i];
    size_t at = i;
    for (; at && compare_names(&all[at - 1], &one) > 0; at--)
      all[at] = all[at - 1];
    all[at] = one;
    if (at != i) moved = true;
  }
  return moved;
}

/* The parameters that are kept. */
typedef struct parameter_list {
  parameter all[MOST_SORTED];
  size_t count; /* of all, those that found no space too */
} parameter_list;

static void write_parameter(key_writer *key, parameter one, size_t begin) {
  lr_crawl_write_byte(&key->text, key->text.length > begin ? '&' : '?');
  write_escaped(key, one.bytes, one.length);
}

/* Looks at the parameters in their order: writes those that are kept behind
 * `begin`, or with `list` only collects them. */
static void take_kept(key_writer *key, lariat_url_part query, size_t begin,
                      parameter_list *list) {
  const char *at = query.bytes, *end = at + query.length;
  bool cf = has_rule(key, LARIAT_CRAWL_KEY_SESSION) && has_cf_session(query);
  parameter one;
  while (take_parameter(&at, end, &one)) {
    unsigned rule = find_rule(key, one, cf);
    key->merged |= rule;
    if (rule) continue;
    if (!list)
      write_parameter(key, one, begin);
    else if (list->count++ < MOST_SORTED)
      list->all[list->count - 1] = one;
  }
}

static void write_sorted(key_writer *key, lariat_url_part query, size_t begin) {
  parameter_list list;
  list.count = 0;
  take_kept(key, query, begin, &list);
  if (list.count > MOST_SORTED) {
    take_kept(key, query, begin, NULL);
    return;
  }
  if (sort_parameters(list.all, list.count))
    key->merged |= LARIAT_CRAWL_KEY_SORT_QUERY;
  for (size_t i = 0; i < list.count; i++)
    write_parameter(key, list.all[i], begin);
}

static void write_query(key_writer *key, lariat_url_part query) {
  static const unsigned filters =
      LARIAT_CRAWL_KEY_SESSION | LARIAT_CRAWL_KEY_DROP;
  size_t begin = key->text.length;
  if (!query.bytes) return;
  if (has_rule(key, LARIAT_CRAWL_KEY_SORT_QUERY))
    write_sorted(key, query, begin);
  else if (has_rule(key, filters))
    take_kept(key, query, begin, NULL);
  else
    write_parameter(key, (parameter){query.bytes, query.length}, begin);
  if (key->text.length > begin + 1) return;
  key->text.length = begin; /* a '?' alone, perhaps */
  if (!query.length) key->merged |= LARIAT_CRAWL_KEY_EMPTY_QUERY;
}

/* ---- The key ---- */

size_t lariat_crawl_url_key(const lariat_crawl_key_rules *rules,
                            const lariat_url *url, char *out, size_t capacity,
                            unsigned *merged) {
  key_writer key = {.text = {out, capacity, 0},
                    .given = rules,
                    .rules = rules ? rules->rules : LR_CRAWL_KEY_DEFAULTS};
  write_origin(&key, url);
  write_path(&key, lariat_url_path(url));
  write_query(&key, lariat_url_query(url));
  if (merged) *merged = key.merged;
  return lr_crawl_write_end(&key.text);
}
