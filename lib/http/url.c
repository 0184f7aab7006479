/* SPDX-License-Identifier: MIT
 * url.c: checks URLs and takes them apart: by a short cut of one pass over the
 * text for simple ones, by the parser of URL records for all others. */
#include "http/url.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "http/field.h"
#include "http/url_parser.h"
#include "http/url_record.h"

enum { LONGEST_URL = LR_URL_LONGEST };

/* ---- Parts ---- */

/* The places that a byte may have in the short cut: part of a host, the first
 * of a label, part of path, query or fragment, a digit.  (An apostrophe is not
 * here: it stays as it is in a path, and is escaped in a query.) */
enum { HOST = 1, LABEL = 2, PATH = 4, HEX = 8, DIGIT = 16 };

static const unsigned char kinds[256] = {
    ['0' ... '9'] = HOST | LABEL | PATH | HEX | DIGIT,
    ['a' ... 'f'] = HOST | LABEL | PATH | HEX,
    ['g' ... 'z'] = HOST | LABEL | PATH,
    ['A' ... 'F'] = PATH | HEX,
    ['G' ... 'Z'] = PATH,
    ['-'] = HOST | PATH,
    ['.'] = HOST | PATH,
    ['_'] = PATH,
    ['~'] = PATH,
    ['!'] = PATH,
    ['$'] = PATH,
    ['&'] = PATH,
    ['('] = PATH,
    [')'] = PATH,
    ['*'] = PATH,
    ['+'] = PATH,
    [','] = PATH,
    [';'] = PATH,
    ['='] = PATH,
    [':'] = PATH,
    ['@'] = PATH,
    ['/'] = PATH,
    ['?'] = PATH};

static bool is_kind(char byte, int kind) {
  return (kinds[(unsigned char)byte] & kind) != 0;
}

/* The parts of a URL, as pointers into some text. */
typedef struct parts {
  const char *authority; /* from the scheme up to the host's end and port */
  size_t authority_length;
  const char *path; /* begins with '/', or is to get one before it */
  size_t path_length;
  const char *host;
  size_t host_length;
  const char *port;
  size_t port_length;
  bool tls;
} parts;

/* Returns 64 bits in which each depends on each of `x`'s. */
static uint64_t mix_bits(uint64_t x) {
  x ^= x >> 32;
  x *= UINT64_C(0xd6a2f1c94e8b3a57);
  x ^= x >> 29;
  x *= UINT64_C(0xa13c7b5de90f4263);
  return x ^ (x >> 32);
}

static uint64_t hash_of(const char *bytes, size_t length) {
  uint64_t hash = UINT64_C(0x6c61726961740001) + length;
  uint64_t word;
  for (; length >= sizeof word; length -= sizeof word) {
    memcpy(&word, bytes, sizeof word);
    hash = (hash ^ word) * UINT64_C(0xb5297a4d3f84d5b5);
    hash ^= hash >> 31;
    bytes += sizeof word;
  }
  word = 0;
  memcpy(&word, bytes, length);
  return mix_bits((hash ^ word) * UINT64_C(0xb5297a4d3f84d5b5));
}

static char *put_bytes(char *to, const char *bytes, size_t length) {
  memcpy(to, bytes, length);
  return to + length;
}

static void put_key(lr_url *url, const parts *p) {
  char *end = url->key;
  end = p->tls ? put_bytes(end, "https://", 8) : put_bytes(end, "http://", 7);
  end = put_bytes(end, p->host, p->host_length);
  *end++ = ':';
  end = put_bytes(end, p->port, p->port_length);
  *end = '\0';
  url->key_length = (uint32_t)(end - url->key);
  url->hash = hash_of(url->key, url->key_length);
}

/* Makes one block for text and key, puts the text there, and returns where the
 * key goes; NULL when out of memory. */
static char *put_text(lr_url *url, const parts *p, size_t key_capacity) {
  bool bare = p->path_length == 0 || p->path[0] != '/';
  size_t length = p->authority_length + bare + p->path_length;
  char *block = lr_alloc(length + 1 + key_capacity);
  if (!block) return NULL;
  url->text = block;
  url->capacity = (uint32_t)(length + 1 + key_capacity);
  char *end = put_bytes(block, p->authority, p->authority_length);
  if (bare) *end++ = '/';
  end = put_bytes(end, p->path, p->path_length);
  *end = '\0';
  url->length = (uint32_t)length;
  url->origin_length = (uint32_t)p->authority_length;
  url->tls = p->tls;
  url->key = end + 1;
  return url->key;
}

/* Makes the URL of its parts. */
static lariat_status assemble_parts(lr_url *url, const parts *p) {
  size_t key = sizeof "https://:" + p->host_length + p->port_length;
  if (!put_text(url, p, key)) return LARIAT_ENOMEM;
  put_key(url, p);
  return LARIAT_OK;
}

/* ---- The short cut ---- */

/* Reads a number up to 255 without leading zeros.  Returns where it ends, or
 * NULL. */
static const char *skip_octet(const char *at, const char *end) {
  unsigned value = 0;
  const char *start = at;
  while (at < end && is_kind(*at, DIGIT) && at - start < 3)
    value = value * 10 + (unsigned)(*at++ - '0');
  if (at == start || value > 255) return NULL;
  return *start == '0' && at - start > 1 ? NULL : at;
}

static bool is_ipv4(const char *at, const char *end) {
  for (int i = 0; i < 4; i++) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    at = skip_octet(at, end);
    if (!at) return false;
  }
  return at == end;
}

/* Tells whether a label is one that needs no look at what it means: Punycode
 * does. */
static bool is_label_plain(const char *label) {
  return is_kind(*label, LABEL) && strncmp(label, "xn--", 4) != 0;
}

/* Reads a host.  One whose last label begins with a digit may be some spelling
 * of an IPv4 address ("127.1", "0x7f.1"): only four decimal numbers are taken.
 */
static const char *read_host(parts *p, const char *at) {
  const char *label = at;
  p->host = at;
  for (; is_kind(*at, HOST); at++) {
    if (*at != '.') continue;
    if (!is_label_plain(label)) return NULL;
    label = at + 1;
  }
  if (!is_label_plain(label)) return NULL;
  p->host_length = (size_t)(at - p->host);
  if (is_kind(*label, DIGIT) && !is_ipv4(p->host, at)) return NULL;
  return at;
}

static void set_default_port(parts *p) {
  p->port = p->tls ? "443" : "80";
  p->port_length = p->tls ? 3 : 2;
}

/* Reads a port.  The scheme's own is left to the parser, which removes it. */
static const char *read_port(parts *p, const char *at) {
  if (*at != ':') {
    set_default_port(p);
    return at;
  }
  unsigned value = 0;
  p->port = ++at;
  if (*at == '0') return NULL;
  while (is_kind(*at, DIGIT) && at - p->port < 5)
    value = value * 10 + (unsigned)(*at++ - '0');
  p->port_length = (size_t)(at - p->port);
  bool kept = value <= 65535 && value != (p->tls ? 443 : 80);
  return p->port_length > 0 && kept ? at : NULL;
}

/* Tells whether a dot segment may begin here, with "%2e" for a dot perhaps:
 * those are the parser's to resolve. */
static bool is_dot_segment(const char *at) {
  if (*at == '.') return at[-1] == '/';
  return at[1] == '2' && (at[2] == 'e' || at[2] == 'E');
}

/* Reads up to what needs a closer look; in a path, '?' and dot segments do. */
static inline const char *read_unescaped(const char *at, bool query) {
  if (query) {
    while (is_kind(*at, PATH)) at++;
    return at;
  }
  for (; is_kind(*at, PATH) && *at != '?'; at++)
    if (*at == '.' && is_dot_segment(at)) return NULL;
  return at;
}

/* Reads as read_unescaped does, escapes too. */
static const char *read_escaped(const char *at, bool query) {
  for (;;) {
    at = read_unescaped(at, query);
    if (!at || *at != '%') return at;
    if (!is_kind(at[1], HEX) || !is_kind(at[2], HEX)) return NULL;
    if (!query && is_dot_segment(at)) return NULL;
    at += 3;
  }
}

/* Reads path and query; the fragment is looked at but not kept. */
static inline const char *read_path(parts *p, const char *at) {
  p->path = at;
  at = read_unescaped(at, false);
  if (at && *at != '\0') at = read_escaped(at, false);
  if (at && *at == '?') at = read_escaped(at + 1, true);
  if (!at) return NULL;
  p->path_length = (size_t)(at - p->path);
  return *at == '#' ? read_escaped(at + 1, true) : at;
}

/* Tells whether `text` is a simple URL; its parts then. */
static bool read_url(parts *p, const char *text) {
  if (strncmp(text, "http", 4) != 0) return false;
  p->tls = text[4] == 's';
  const char *at = text + 4 + p->tls;
  if (strncmp(at, "://", 3) != 0) return false;
  at = read_host(p, at + 3);
  if (at) at = read_port(p, at);
  if (!at || (*at != '\0' && *at != '/' && *at != '?')) return false;
  p->authority = text;
  p->authority_length = (size_t)(at - text);
  at = read_path(p, at);
  return at && *at == '\0' && at - text <= LONGEST_URL;
}

bool lr_url_parse_simple(lr_url *url, const char *text, lariat_status *status) {
  parts p;
  memset(url, 0, sizeof *url);
  if (!text || !read_url(&p, text)) return false;
  *status = assemble_parts(url, &p);
  return true;
}

/* ---- After another ---- */

/* Returns where the path of `text` ends, if it is simple and has the same
 * before that.
 */
static const char *path_end_after(const char *text, const lr_origin *last) {
  uint32_t length = last->length;
  if (length == 0 || strncmp(text, last->text, length) != 0) return NULL;
  parts p;
  const char *path = text + length;
  if (*path != '/') return NULL;
  const char *end = read_path(&p, path);
  if (!end || *end != '\0' || end - text > LONGEST_URL) return NULL;
  return path + p.path_length;
}

/* Returns the spare memory, if it is large enough, or more.  What is new has
 * space for a somewhat longer URL, to be of use again. */
static lr_buffer take_block(lr_buffer *spare, uint32_t bytes) {
  enum { STEP = 32 };
  lr_buffer block = *spare;
  *spare = (lr_buffer){0};
  if (block.capacity >= bytes) return block;
  lr_buffer_clear(&block);
  block.capacity = (bytes + STEP - 1) / STEP * STEP;
  block.bytes = lr_alloc(block.capacity);
  return block;
}

static lariat_status append_path(lr_url *url, const char *text, const char *end,
                                 const lr_origin *last, lr_buffer *spare) {
  uint32_t length = (uint32_t)(end - text);
  lr_buffer block = take_block(spare, length + last->key_length + 2u);
  if (!block.bytes) {
    *url = (lr_url){0};
    return LARIAT_ENOMEM;
  }
  *url = (lr_url){.text = block.bytes,
                  .length = length,
                  .origin_length = last->length,
                  .key = block.bytes + length + 1,
                  .key_length = last->key_length,
                  .capacity = (uint32_t)block.capacity,
                  .tls = last->tls,
                  .hash = last->hash};
  memcpy(url->text, text, length);
  url->text[length] = '\0';
  memcpy(url->key, last->text + last->length, last->key_length + 1u);
  return LARIAT_OK;
}

/* Notes what the URL began with.  Without memory for it the next URL is parsed
 * in full. */
static void note_origin(lr_origin *last, const lr_url *url) {
  uint32_t capacity = url->origin_length + url->key_length + 1;
  if (capacity > last->capacity) {
    lr_origin_clear(last);
    last->text = lr_alloc(capacity);
    if (!last->text) return;
    last->capacity = capacity;
  }
  last->length = url->origin_length;
  last->key_length = url->key_length;
  last->tls = url->tls;
  last->hash = url->hash;
  char *end = put_bytes(last->text, url->text, url->origin_length);
  memcpy(end, url->key, url->key_length + 1u);
}

void lr_origin_clear(lr_origin *origin) {
  lr_free(origin->text);
  *origin = (lr_origin){0};
}

/* ---- In full ---- */

/* Tells whether a host can be looked up: names have letters, digits and few
 * other bytes, and no label is empty but the root's; libcurl takes no more. The
 * standard does. */
static bool is_host_fetchable(const char *host, size_t length) {
  if (host[0] == '[') return true;
  for (size_t i = 0; i < length; i++) {
    if (!is_kind(host[i], HOST) && host[i] != '_' && host[i] != '~')
      return false;
    if (host[i] == '.' && (i == 0 || host[i - 1] == '.')) return false;
  }
  return true;
}

static bool is_fetchable(const lr_url_record *record) {
  return record->port != 0 &&
         is_host_fetchable(record->text + record->host,
                           record->host_end - record->host);
}

/* Says why a URL, for all that, cannot be fetched. */
static LR_COLD lariat_status refuse_record(const lr_url_record *record,
                                           lariat_url_error *error) {
  if (error) {
    error->byte = 0;
    snprintf(error->message, sizeof error->message, "%s",
             record->port == 0 ? "port 0"
                               : "a host's name that cannot be looked up");
  }
  return LARIAT_EURL;
}

/* Moves user and password out of the record's text, where there are any. */
static const char *authority_without_userinfo(lr_url_record *record) {
  uint32_t scheme = lr_url_record_user(record);
  char *start = record->text + record->host - scheme;
  memmove(start, record->text, scheme);
  return start;
}

/* Makes the URL of its record; the record's text is of no use then. */
static lariat_status assemble_record(lr_url *url, lr_url_record *record) {
  parts p = {.tls = record->tls,
             .path = record->text + record->path,
             .path_length = record->fragment - record->path,
             .host = record->text + record->host,
             .host_length = record->host_end - record->host,
             .port = record->text + record->host_end + 1,
             .port_length = record->path - record->host_end};
  if (p.port_length > 0)
    p.port_length--; /* the colon */
  else
    set_default_port(&p);
  bool userinfo = lr_url_record_has_userinfo(record);
  p.authority = authority_without_userinfo(record);
  p.authority_length = (size_t)(p.path - p.authority);
  lariat_status status = assemble_parts(url, &p);
  url->userinfo = userinfo;
  return status;
}

static lariat_status parse_in_full(lr_url *url, const lr_url_record *base,
                                   const char *text, lariat_url_error *error) {
  lr_url_record record;
  memset(url, 0, sizeof *url);
  lariat_status status =
      lr_url_parser_run(text, strlen(text), base, &record, error);
  if (status != LARIAT_OK) return status;
  status = is_fetchable(&record) ? assemble_record(url, &record)
                                 : refuse_record(&record, error);
  lr_url_record_clear(&record);
  return status;
}

lariat_status lr_url_parse_in_full(lr_url *url, const char *text) {
  return parse_in_full(url, NULL, text, NULL);
}

lariat_status lr_url_parse(lr_url *url, const char *text) {
  lariat_status status;
  if (lr_url_parse_simple(url, text, &status)) return status;
  return parse_in_full(url, NULL, text, NULL);
}

void lr_url_explain(const char *text, lariat_url_error *error) {
  lr_url url;
  error->message[0] = '\0';
  if (parse_in_full(&url, NULL, text, error) == LARIAT_OK) lr_url_clear(&url);
}

lariat_status lr_url_parse_after(lr_url *url, const char *text, lr_origin *last,
                                 lr_buffer *spare) {
  const char *end = path_end_after(text, last);
  if (end) return append_path(url, text, end, last, spare);
  lariat_status status = lr_url_parse(url, text);
  if (status == LARIAT_OK) note_origin(last, url);
  return status;
}

lariat_status lr_url_resolve(lr_url *url, const lr_url *base,
                             const char *location, lariat_url_error *error) {
  lr_url_record record;
  lariat_status status;
  if (lr_url_parse_simple(url, location, &status)) return status;
  status = lr_url_parser_run(base->text, base->length, NULL, &record, NULL);
  if (status != LARIAT_OK) return status;
  status = parse_in_full(url, &record, location, error);
  lr_url_record_clear(&record);
  return status;
}

/* ---- Readers ---- */

unsigned lr_url_port(const lr_url *url) {
  const char *digit = url->key + url->key_length;
  unsigned port = 0;
  for (unsigned unit = 1; *--digit != ':'; unit *= 10)
    port += unit * (unsigned)(*digit - '0');
  return port;
}

bool lr_url_same_origin(const lr_url *a, const lr_url *b) {
  return a->hash == b->hash && a->key_length == b->key_length &&
         memcmp(a->key, b->key, a->key_length) == 0;
}

void lr_url_clear(lr_url *url) {
  lr_free(url->text);
  memset(url, 0, sizeof *url);
}
