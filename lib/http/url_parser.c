/* SPDX-License-Identifier: MIT
 * url_parser.c: from text to a URL record.  The standard's states are one after
 * the other here: with only two schemes, both special, what may come next is
 * known at each place. */
#include "http/url_parser.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "http/field.h"
#include "http/url_host.h"

/* ---- Bytes ---- */

/* The percent-encode sets that a byte is in, and what it is for the scheme. */
enum {
  IN_FRAGMENT = 1,
  IN_QUERY = 2, /* the special-query set */
  IN_PATH = 4,
  IN_USERINFO = 8,
  IN_ALL = 15,
  OF_SCHEME = 16
};

static const unsigned char sets[256] = {
    [0x00 ... 0x1f] = IN_ALL,
    [0x7f ... 0xff] = IN_ALL,
    [' '] = IN_ALL,
    ['"'] = IN_ALL,
    ['<'] = IN_ALL,
    ['>'] = IN_ALL,
    ['`'] = IN_FRAGMENT | IN_PATH | IN_USERINFO,
    ['#'] = IN_QUERY | IN_PATH | IN_USERINFO,
    ['\''] = IN_QUERY,
    ['?'] = IN_PATH | IN_USERINFO,
    ['^'] = IN_PATH | IN_USERINFO,
    ['{'] = IN_PATH | IN_USERINFO,
    ['}'] = IN_PATH | IN_USERINFO,
    ['/'] = IN_USERINFO,
    [':'] = IN_USERINFO,
    [';'] = IN_USERINFO,
    ['='] = IN_USERINFO,
    ['@'] = IN_USERINFO,
    ['['] = IN_USERINFO,
    ['\\'] = IN_USERINFO,
    [']'] = IN_USERINFO,
    ['|'] = IN_USERINFO,
    ['0' ... '9'] = OF_SCHEME,
    ['a' ... 'z'] = OF_SCHEME,
    ['A' ... 'Z'] = OF_SCHEME,
    ['+'] = OF_SCHEME,
    ['-'] = OF_SCHEME,
    ['.'] = OF_SCHEME};

static bool is_in(char byte, int set) {
  return (sets[(unsigned char)byte] & set) != 0;
}

static bool is_slash(char byte) { return byte == '/' || byte == '\\'; }

static bool ends_authority(char byte) {
  return is_slash(byte) || byte == '?' || byte == '#';
}

static bool is_removed(char byte) {
  return byte == '\t' || byte == '\n' || byte == '\r';
}

/* ---- The parser ---- */

typedef struct parser {
  const char *at; /* trimmed, and without tabs and line breaks */
  const char *end;
  char *to; /* where the next byte of the record's text goes */
  const lr_url_record *base;
  lr_url_record *record;
  const char *given; /* all of the text, for errors */
  size_t given_length;
  const char *start; /* of what is parsed */
  size_t skipped;    /* bytes of `given` before it */
  lariat_url_error *error;
} parser;

static bool is_at_end(const parser *p) { return p->at == p->end; }

static uint32_t offset_of(const parser *p) {
  return (uint32_t)(p->to - p->record->text);
}

static void put(parser *p, const char *bytes, size_t length) {
  memcpy(p->to, bytes, length);
  p->to += length;
}

/* Writes the bytes up to `end`, those of `set` escaped. */
static void put_encoded(parser *p, const char *end, int set) {
  static const char digits[] = "0123456789ABCDEF";
  for (; p->at < end; p->at++) {
    unsigned char byte = (unsigned char)*p->at;
    if (!(sets[byte] & set)) {
      *p->to++ = *p->at;
      continue;
    }
    *p->to++ = '%';
    *p->to++ = digits[byte >> 4];
    *p->to++ = digits[byte & 15];
  }
}

/* ---- Errors ---- */

/* Returns which byte of the given text the one at `at` is: tabs and line breaks
 * were left out of what is parsed. */
static size_t given_offset(const parser *p, const char *at) {
  size_t offset = p->skipped;
  for (const char *seen = p->start;; offset++) {
    while (offset < p->given_length && is_removed(p->given[offset])) offset++;
    if (seen++ == at) return offset;
  }
}

/* Notes a fault that is at no place. */
static LR_COLD lariat_status refuse(const parser *p, lariat_status status,
                                    const char *what) {
  if (p->error) {
    p->error->byte = 0;
    snprintf(p->error->message, sizeof p->error->message, "%s", what);
  }
  return status;
}

static LR_COLD lariat_status refuse_at(const parser *p, const char *what,
                                       const char *at) {
  if (p->error) {
    p->error->byte = given_offset(p, at);
    snprintf(p->error->message, sizeof p->error->message, "%s at byte %zu",
             what, p->error->byte);
  }
  return LARIAT_EURL;
}

/* Refuses a text that does not begin with a scheme. */
static LR_COLD lariat_status refuse_start(const parser *p) {
  if (is_at_end(p)) return refuse(p, LARIAT_EURL, "empty");
  if (p->end - p->at >= 3 && memcmp(p->at, "\xef\xbb\xbf", 3) == 0)
    return refuse_at(p, "byte-order mark", p->at);
  if (*p->at == '"' || *p->at == '\'') return refuse_at(p, "quote", p->at);
  return refuse(p, LARIAT_EURL, "no scheme");
}

/* Refuses a scheme, or a name with a port that can only be read as one. */
static LR_COLD lariat_status refuse_scheme(const parser *p, const char *colon) {
  const char *at = colon + 1;
  while (at < p->end && lr_is_digit(*at)) at++;
  bool port = at > colon + 1 && (at == p->end || ends_authority(*at));
  char what[64] = "no scheme";
  if (!port)
    snprintf(what, sizeof what, "the scheme is %.*s",
             colon - p->at < 32 ? (int)(colon - p->at) : 32, p->at);
  return refuse(p, LARIAT_ESCHEME, what);
}

static LR_COLD lariat_status refuse_host(const parser *p, lr_host_fault fault,
                                         const char *host, const char *end) {
  const char *bad = lr_url_host_find_forbidden(host, (size_t)(end - host));
  char what[] = "'x' in the host's name";
  switch (fault) {
  case LR_HOST_NO_MEMORY:
    return LARIAT_ENOMEM;
  case LR_HOST_IPV6:
    return refuse_at(p, "bad IPv6 address", host);
  case LR_HOST_IPV4:
    return refuse_at(p, "bad IPv4 address", host);
  case LR_HOST_BYTE:
    if (bad && *bad == ' ') return refuse_at(p, "blank", bad);
    if (!bad || (unsigned char)*bad < ' ' || *bad == 0x7f)
      return refuse_at(p, "a byte that no host's name has", bad ? bad : host);
    what[1] = *bad;
    return refuse_at(p, what, bad);
  default:
    return refuse_at(p, fault == LR_HOST_EMPTY ? "no host" : "bad host's name",
                     host);
  }
}

/* ---- Authority ---- */

static const char *find_authority_end(const parser *p) {
  const char *end = p->at;
  while (end < p->end && !ends_authority(*end)) end++;
  return end;
}

static const char *find_last(const char *at, const char *end, char byte) {
  while (end > at && end[-1] != byte) end--;
  return end > at ? end - 1 : NULL;
}

/* Writes user and password, up to the '@' at `end`. */
static void read_userinfo(parser *p, const char *end) {
  const char *colon = memchr(p->at, ':', (size_t)(end - p->at));
  char *start = p->to;
  put_encoded(p, colon ? colon : end, IN_USERINFO);
  p->record->user_end = offset_of(p);
  if (colon && colon + 1 < end) {
    *p->to++ = ':';
    p->at = colon + 1;
    put_encoded(p, end, IN_USERINFO);
  }
  if (p->to > start) *p->to++ = '@';
  p->at = end + 1;
}

/* Returns the colon before a port, or `end`: one within brackets is of an IPv6
 * address. */
static const char *find_host_end(const char *at, const char *end) {
  bool brackets = false;
  for (; at < end; at++) {
    if (*at == '[') brackets = true;
    if (*at == ']') brackets = false;
    if (*at == ':' && !brackets) return at;
  }
  return end;
}

static void put_port(parser *p, unsigned port) {
  char digits[5];
  size_t first = sizeof digits;
  p->record->port = (uint16_t)port;
  if (port == (p->record->tls ? 443 : 80)) return;
  do {
    digits[--first] = (char)('0' + port % 10);
    port /= 10;
  } while (port > 0);
  *p->to++ = ':';
  put(p, digits + first, sizeof digits - first);
}

/* Reads the port behind the colon at p->at, if there is one. */
static lariat_status read_port(parser *p, const char *end) {
  unsigned port = 0;
  p->record->port = p->record->tls ? 443 : 80;
  if (p->at == end || ++p->at == end) return LARIAT_OK;
  for (const char *digit = p->at; digit < end; digit++) {
    if (!lr_is_digit(*digit)) return refuse_at(p, "bad port", digit);
    port = port * 10 + (unsigned)(*digit - '0');
    if (port > UINT16_MAX) return refuse_at(p, "bad port", p->at);
  }
  p->at = end;
  put_port(p, port);
  return LARIAT_OK;
}

static lariat_status read_authority(parser *p) {
  const char *end = find_authority_end(p);
  const char *last_at = find_last(p->at, end, '@');
  p->record->user_end = offset_of(p);
  if (last_at) read_userinfo(p, last_at);
  p->record->host = offset_of(p);
  const char *host = p->at;
  const char *host_end = find_host_end(host, end);
  lr_host_fault fault =
      lr_url_host_read(host, (size_t)(host_end - host), &p->to);
  if (fault) return refuse_host(p, fault, host, host_end);
  p->record->host_end = offset_of(p);
  p->at = host_end;
  return read_port(p, end);
}

/* ---- Path, query, fragment ---- */

static bool ends_segment(char byte) { return ends_authority(byte); }

/* Counts the dots that a segment consists of, "%2e" for one perhaps; 0: it does
 * not, or they are more than two. */
static int count_dots(const char *at, const char *end) {
  int dots = 0;
  if (end - at > 6) return 0;
  while (at < end) {
    bool escaped = end - at >= 3 && at[0] == '%' && at[1] == '2' &&
                   lr_ascii_lower(at[2]) == 'e';
    if (*at != '.' && !escaped) return 0;
    at += escaped ? 3 : 1;
    dots++;
  }
  return dots <= 2 ? dots : 0;
}

/* Removes the last segment of the path, if it has one. */
static void drop_segment(parser *p) {
  char *start = p->record->text + p->record->path;
  while (p->to > start && *--p->to != '/') continue;
}

/* Writes a segment and the slash before it; returns whether another comes. */
static bool read_segment(parser *p) {
  const char *end = p->at;
  while (end < p->end && !ends_segment(*end)) end++;
  bool more = end < p->end && is_slash(*end);
  int dots = count_dots(p->at, end);
  if (dots == 2) drop_segment(p);
  if (dots == 0 || !more) *p->to++ = '/';
  if (dots == 0) put_encoded(p, end, IN_PATH);
  p->at = end + more;
  return more;
}

/* Writes the path from here on behind what is there of it. */
static void read_segments(parser *p) {
  while (read_segment(p)) continue;
}

static void read_path(parser *p) {
  p->record->path = offset_of(p);
  if (p->at < p->end && is_slash(*p->at)) p->at++;
  read_segments(p);
}

static void read_query(parser *p) {
  p->record->query = offset_of(p);
  if (is_at_end(p) || *p->at != '?') return;
  const char *fragment = memchr(p->at, '#', (size_t)(p->end - p->at));
  put_encoded(p, fragment ? fragment : p->end, IN_QUERY);
}

static void read_fragment(parser *p) {
  p->record->fragment = offset_of(p);
  if (is_at_end(p)) return;
  *p->to++ = *p->at++; /* the '#' */
  put_encoded(p, p->end, IN_FRAGMENT);
}

/* ---- All ---- */

static lariat_status read_absolute(parser *p, bool tls) {
  p->record->tls = tls;
  put(p, "https", tls ? 5 : 4);
  put(p, "://", 3);
  while (p->at < p->end && is_slash(*p->at)) p->at++;
  lariat_status status = read_authority(p);
  if (status != LARIAT_OK) return status;
  read_path(p);
  read_query(p);
  return LARIAT_OK;
}

/* Takes over what the base has before `length` bytes of its text. */
static void copy_base(parser *p, uint32_t length) {
  char *text = p->record->text;
  *p->record = *p->base;
  p->record->text = text;
  put(p, p->base->text, length);
}

/* Reads what is relative to the base, and begins neither with a scheme nor with
 * two slashes. */
static lariat_status read_relative(parser *p) {
  const lr_url_record *base = p->base;
  char first = is_at_end(p) ? '#' : *p->at;
  if (first == '#') {
    copy_base(p, base->fragment);
  } else if (first == '?') {
    copy_base(p, base->query);
    read_query(p);
  } else if (is_slash(first)) {
    copy_base(p, base->path);
    read_path(p);
    read_query(p);
  } else {
    copy_base(p, base->query);
    drop_segment(p);
    read_segments(p);
    read_query(p);
  }
  return LARIAT_OK;
}

/* Returns the colon behind a scheme; NULL: there is none. */
static const char *find_scheme_end(const parser *p) {
  const char *at = p->at;
  if (is_at_end(p) || lr_is_digit(*at) || *at == '+' || *at == '-' ||
      *at == '.')
    return NULL;
  while (at < p->end && is_in(*at, OF_SCHEME)) at++;
  return at < p->end && at > p->at && *at == ':' ? at : NULL;
}

static bool begins_with_slashes(const parser *p) {
  return p->end - p->at >= 2 && is_slash(p->at[0]) && is_slash(p->at[1]);
}

static lariat_status read_all(parser *p) {
  const char *colon = find_scheme_end(p);
  if (!colon) {
    if (!p->base) return refuse_start(p);
    return begins_with_slashes(p) ? read_absolute(p, p->base->tls)
                                  : read_relative(p);
  }
  size_t length = (size_t)(colon - p->at);
  bool tls = lr_name_is(p->at, length, "https");
  if (!tls && !lr_name_is(p->at, length, "http"))
    return refuse_scheme(p, colon);
  p->at = colon + 1;
  bool relative = p->base && p->base->tls == tls && !begins_with_slashes(p);
  return relative ? read_relative(p) : read_absolute(p, tls);
}

/* Makes the record's text, with all the memory that it may need. */
static lariat_status read_into_record(parser *p) {
  size_t length = (size_t)(p->end - p->at);
  size_t capacity = 3 * length + lr_url_host_capacity(length) +
                    sizeof "https://:65535/" + (p->base ? p->base->length : 0);
  *p->record = (lr_url_record){.text = lr_alloc(capacity)};
  if (!p->record->text) return LARIAT_ENOMEM;
  p->to = p->record->text;
  lariat_status status = read_all(p);
  if (status != LARIAT_OK) return status;
  read_fragment(p);
  *p->to = '\0';
  p->record->length = offset_of(p);
  return p->record->length > LR_URL_LONGEST
             ? refuse(p, LARIAT_EURL, "longer than 64 KiB")
             : LARIAT_OK;
}

static void trim(parser *p) {
  while (p->at < p->end && (unsigned char)p->at[0] <= ' ') p->at++;
  while (p->at < p->end && (unsigned char)p->end[-1] <= ' ') p->end--;
  p->skipped = (size_t)(p->at - p->given);
}

static bool has_removed(const parser *p) {
  const char *at = p->at;
  while (at < p->end && !is_removed(*at)) at++;
  return at < p->end;
}

/* Goes over to a copy without tabs and line breaks, which the caller frees;
 * NULL when out of memory. */
static LR_COLD char *leave_out_removed(parser *p) {
  char *copy = lr_alloc((size_t)(p->end - p->at));
  char *to = copy;
  if (!copy) return NULL;
  for (const char *at = p->at; at < p->end; at++)
    if (!is_removed(*at)) *to++ = *at;
  p->at = copy;
  p->end = to;
  return copy;
}

lariat_status lr_url_parser_run(const char *text, size_t length,
                                const lr_url_record *base,
                                lr_url_record *record,
                                lariat_url_error *error) {
  char *copy = NULL;
  parser p = {.at = text,
              .end = text + length,
              .base = base,
              .record = record,
              .given = text,
              .given_length = length,
              .error = error};
  *record = (lr_url_record){0};
  trim(&p);
  if (p.end - p.at > LR_URL_LONGEST)
    return refuse(&p, LARIAT_EURL, "longer than 64 KiB");
  if (has_removed(&p)) {
    copy = leave_out_removed(&p);
    if (!copy) return LARIAT_ENOMEM;
  }
  p.start = p.at;
  lariat_status status = read_into_record(&p);
  lr_free(copy);
  if (status != LARIAT_OK) lr_url_record_clear(record);
  return status;
}

lariat_status lariat_url_parse(const char *text, size_t length,
                               const lariat_url *base, lariat_url **out,
                               lariat_url_error *error) {
  *out = NULL;
  lariat_url *url = lr_alloc(sizeof *url);
  if (!url) return LARIAT_ENOMEM;
  lariat_status status =
      lr_url_parser_run(text ? text : "", length, base ? &base->record : NULL,
                        &url->record, error);
  if (status != LARIAT_OK) {
    lr_free(url);
    return status;
  }
  *out = url;
  return LARIAT_OK;
}
