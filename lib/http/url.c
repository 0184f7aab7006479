/* SPDX-License-Identifier: MIT
 * url.c: checks URLs and takes them apart: by a short cut of one pass over the
 * text for simple ones, by libcurl's parser for all others. */
#include "http/url.h"

#include <curl/curl.h>
#include <string.h>

#include "base/memory.h"
#include "http/field.h"

enum { LONGEST_URL = 64 * 1024 };

/* The places that a byte may have in the short cut: part of a host, the first
 * of a label, part of path, query or fragment, a digit. */
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
    ['\''] = PATH,
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

static char *put_lower(char *to, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) *to++ = lr_ascii_lower(bytes[i]);
  return to;
}

static void put_key(lr_url *url, const parts *p) {
  char *end = url->key;
  end = p->tls ? put_bytes(end, "https://", 8) : put_bytes(end, "http://", 7);
  end = put_lower(end, p->host, p->host_length);
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

/* Reads a host.  One whose last label begins with a digit may be some spelling
 * of an IPv4 address ("127.1", "0x7f.1"): only four decimal numbers are taken.
 */
static const char *read_host(parts *p, const char *at) {
  const char *label = at;
  p->host = at;
  for (; is_kind(*at, HOST); at++) {
    if (*at != '.') continue;
    if (!is_kind(*label, LABEL)) return NULL;
    label = at + 1;
  }
  if (!is_kind(*label, LABEL)) return NULL;
  p->host_length = (size_t)(at - p->host);
  if (is_kind(*label, DIGIT) && !is_ipv4(p->host, at)) return NULL;
  return at;
}

static const char *read_port(parts *p, const char *at) {
  if (*at != ':') {
    p->port = p->tls ? "443" : "80";
    p->port_length = p->tls ? 3 : 2;
    return at;
  }
  unsigned value = 0;
  p->port = ++at;
  if (*at == '0') return NULL;
  while (is_kind(*at, DIGIT) && at - p->port < 5)
    value = value * 10 + (unsigned)(*at++ - '0');
  p->port_length = (size_t)(at - p->port);
  return p->port_length > 0 && value <= 65535 ? at : NULL;
}

/* Tells whether a dot segment may begin here, with "%2e" for a dot perhaps:
 * those are libcurl's to resolve. */
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

/* Reads path and query; the fragment is looked at but not kept.  Versions of
 * libcurl differ in what they make of an empty query. */
static inline const char *read_path(parts *p, const char *at) {
  p->path = at;
  at = read_unescaped(at, false);
  if (at && *at != '\0') at = read_escaped(at, false);
  if (at && *at == '?') {
    const char *query = at + 1;
    at = read_escaped(query, true);
    if (at == query) return NULL;
  }
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
  url->simple = *status == LARIAT_OK;
  return true;
}

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

static lariat_status append_path(lr_url *url, const char *text, const char *end,
                                 const lr_origin *last) {
  uint32_t length = (uint32_t)(end - text);
  char *block = lr_alloc(length + last->key_length + 2u);
  *url = (lr_url){.text = block};
  if (!block) return LARIAT_ENOMEM;
  memcpy(block, text, length);
  block[length] = '\0';
  url->length = length;
  url->origin_length = last->length;
  url->key = block + length + 1;
  memcpy(url->key, last->text + last->length, last->key_length + 1u);
  url->key_length = last->key_length;
  url->hash = last->hash;
  url->tls = last->tls;
  url->simple = true;
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

static lariat_status status_of(CURLUcode code) {
  switch (code) {
  case CURLUE_OK:
    return LARIAT_OK;
  case CURLUE_OUT_OF_MEMORY:
    return LARIAT_ENOMEM;
  case CURLUE_UNSUPPORTED_SCHEME:
    return LARIAT_ESCHEME;
  default:
    return LARIAT_EURL;
  }
}

/* Tells whether a text is not empty, not too long, and has no byte up to
 * `highest_bad`, and no DEL. */
static bool is_text_allowed(const char *text, unsigned char highest_bad) {
  if (!text) return false;
  size_t length = strnlen(text, LONGEST_URL + 1);
  if (length == 0 || length > LONGEST_URL) return false;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c <= highest_bad || c == 0x7f) return false;
  }
  return true;
}

/* The parts of a parsed URL that libcurl gives back. */
typedef struct strings {
  char *url;
  char *scheme;
  char *host;
  char *zone; /* NULL: none */
  char *port;
} strings;

static void free_strings(strings *s) {
  curl_free(s->url);
  curl_free(s->scheme);
  curl_free(s->host);
  curl_free(s->zone);
  curl_free(s->port);
}

/* Gets the parts from libcurl; the scheme comes first: a file: URL has no
 * host. */
static lariat_status get_strings(strings *s, CURLU *handle) {
  CURLUcode code = curl_url_get(handle, CURLUPART_SCHEME, &s->scheme, 0);
  if (code) return status_of(code);
  if (strcmp(s->scheme, "http") != 0 && strcmp(s->scheme, "https") != 0)
    return LARIAT_ESCHEME;
  code = curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
  if (!code) code = curl_url_get(handle, CURLUPART_URL, &s->url, 0);
  if (!code) code = curl_url_get(handle, CURLUPART_HOST, &s->host, 0);
  if (!code)
    code = curl_url_get(handle, CURLUPART_PORT, &s->port, CURLU_DEFAULT_PORT);
  if (code) return status_of(code);
  code = curl_url_get(handle, CURLUPART_ZONEID, &s->zone, 0);
  return code == CURLUE_OUT_OF_MEMORY ? LARIAT_ENOMEM : LARIAT_OK;
}

/* Returns the host with its zone inside the brackets, "[fe80::1%25eth0]"; the
 * caller frees it. */
static char *make_scoped_host(const strings *s) {
  size_t host = strlen(s->host);
  size_t zone = strlen(s->zone);
  char *text = lr_alloc(host + zone + sizeof "%25");
  if (!text) return NULL;
  char *end = put_bytes(text, s->host, host - 1);
  end = put_bytes(end, "%25", 3);
  end = put_bytes(end, s->zone, zone);
  memcpy(end, "]", sizeof "]");
  return text;
}

static lariat_status assemble_strings(lr_url *url, const strings *s,
                                      const char *host) {
  const char *slashes = strstr(s->url, "://");
  const char *path = slashes ? strchr(slashes + 3, '/') : NULL;
  if (!path || host[0] == '\0' || strcmp(s->port, "0") == 0 ||
      !is_text_allowed(s->url, ' '))
    return LARIAT_EURL;
  parts p = {.authority = s->url,
             .authority_length = (size_t)(path - s->url),
             .path = path,
             .path_length = strlen(path),
             .host = host,
             .host_length = strlen(host),
             .port = s->port,
             .port_length = strlen(s->port),
             .tls = s->scheme[4] == 's'};
  lariat_status status = assemble_parts(url, &p);
  if (memchr(p.authority, '@', p.authority_length)) url->origin_length = 0;
  return status;
}

static lariat_status read_handle(lr_url *url, CURLU *handle) {
  strings s = {NULL, NULL, NULL, NULL, NULL};
  lariat_status status = get_strings(&s, handle);
  if (!status && !s.zone) {
    status = assemble_strings(url, &s, s.host);
  } else if (!status) {
    char *host = make_scoped_host(&s);
    status = host ? assemble_strings(url, &s, host) : LARIAT_ENOMEM;
    lr_free(host);
  }
  free_strings(&s);
  return status;
}

/* Parses by libcurl.  `base` may be NULL: the URL is absolute then, and nothing
 * is escaped. */
static lariat_status parse_by_libcurl(lr_url *url, const char *base,
                                      const char *text) {
  CURLU *handle = curl_url();
  if (!handle) return LARIAT_ENOMEM;
  unsigned flags = base ? CURLU_URLENCODE | CURLU_ALLOW_SPACE : 0;
  CURLUcode code = CURLUE_OK;
  if (base) code = curl_url_set(handle, CURLUPART_URL, base, 0);
  if (!code) code = curl_url_set(handle, CURLUPART_URL, text, flags);
  lariat_status status = code ? status_of(code) : read_handle(url, handle);
  curl_url_cleanup(handle);
  return status;
}

lariat_status lr_url_parse_with_curl(lr_url *url, const char *text) {
  memset(url, 0, sizeof *url);
  if (!is_text_allowed(text, ' ')) return LARIAT_EURL;
  return parse_by_libcurl(url, NULL, text);
}

lariat_status lr_url_parse(lr_url *url, const char *text) {
  lariat_status status;
  if (lr_url_parse_simple(url, text, &status)) return status;
  return lr_url_parse_with_curl(url, text);
}

lariat_status lr_url_parse_after(lr_url *url, const char *text,
                                 lr_origin *last) {
  const char *end = text ? path_end_after(text, last) : NULL;
  if (end) return append_path(url, text, end, last);
  lariat_status status = lr_url_parse(url, text);
  if (status == LARIAT_OK && url->simple) note_origin(last, url);
  return status;
}

lariat_status lr_url_resolve(lr_url *url, const lr_url *base,
                             const char *location) {
  lariat_status status;
  if (lr_url_parse_simple(url, location, &status)) return status;
  if (!is_text_allowed(location, 0x1f)) return LARIAT_EURL;
  /* libcurl 7.88.1 takes a lone fragment for an empty last path segment. */
  if (location[0] == '#') return lr_url_parse(url, base->text);
  return parse_by_libcurl(url, base->text, location);
}

bool lr_url_same_origin(const lr_url *a, const lr_url *b) {
  return a->hash == b->hash && a->key_length == b->key_length &&
         memcmp(a->key, b->key, a->key_length) == 0;
}

void lr_url_clear(lr_url *url) {
  lr_free(url->text);
  memset(url, 0, sizeof *url);
}

char *lr_url_take_text(lr_url *url) {
  char *text = url->text;
  *url = (lr_url){0};
  return text;
}
