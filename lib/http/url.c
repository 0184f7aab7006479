/* SPDX-License-Identifier: MIT
 * url.c: URLs checked and taken apart: a short cut of one pass over the
 * text for plain ones, libcurl's parser for all others. */
#include "http/url.h"

#include <curl/curl.h>
#include <string.h>

#include "base/memory.h"

enum { LONGEST_URL = 64 * 1024 };

/* What a byte may be in the short cut. */
enum { HOST = 1, LABEL = 2, REST = 4, HEX = 8, DIGIT = 16 };

static const unsigned char kinds[256] = {
    ['0' ... '9'] = HOST | LABEL | REST | HEX | DIGIT,
    ['a' ... 'f'] = HOST | LABEL | REST | HEX,
    ['g' ... 'z'] = HOST | LABEL | REST,
    ['A' ... 'F'] = REST | HEX,
    ['G' ... 'Z'] = REST,
    ['-'] = HOST | REST,
    ['.'] = HOST | REST,
    ['_'] = REST,
    ['~'] = REST,
    ['!'] = REST,
    ['$'] = REST,
    ['&'] = REST,
    ['\''] = REST,
    ['('] = REST,
    [')'] = REST,
    ['*'] = REST,
    ['+'] = REST,
    [','] = REST,
    [';'] = REST,
    ['='] = REST,
    [':'] = REST,
    ['@'] = REST,
    ['/'] = REST,
    ['?'] = REST};

static bool is(char byte, int kind) {
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

/* 64 bits in which each depends on each of `x`'s. */
static uint64_t mix(uint64_t x) {
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
  return mix((hash ^ word) * UINT64_C(0xb5297a4d3f84d5b5));
}

static char *put(char *to, const char *bytes, size_t length) {
  memcpy(to, bytes, length);
  return to + length;
}

static char *put_lower(char *to, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    char c = bytes[i];
    *to++ = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  return to;
}

static void put_key(lr_url *url, const parts *p) {
  char *end = url->key;
  end = p->tls ? put(end, "https://", 8) : put(end, "http://", 7);
  end = put_lower(end, p->host, p->host_length);
  *end++ = ':';
  end = put(end, p->port, p->port_length);
  *end = '\0';
  url->key_length = (uint32_t)(end - url->key);
  url->hash = hash_of(url->key, url->key_length);
}

/* One block for text and key: puts the text there, and returns where the key
 * goes; NULL when out of memory. */
static char *put_url(lr_url *url, const parts *p, size_t key_room) {
  bool bare = p->path_length == 0 || p->path[0] != '/';
  size_t length = p->authority_length + bare + p->path_length;
  char *block = lr_alloc(length + 1 + key_room);
  if (!block) return NULL;
  url->text = block;
  char *end = put(block, p->authority, p->authority_length);
  if (bare) *end++ = '/';
  end = put(end, p->path, p->path_length);
  *end = '\0';
  url->length = (uint32_t)length;
  url->origin_length = (uint32_t)p->authority_length;
  url->tls = p->tls;
  url->key = end + 1;
  return url->key;
}

/* Makes the url of its parts. */
static lariat_status assemble(lr_url *url, const parts *p) {
  size_t key = sizeof "https://:" + p->host_length + p->port_length;
  if (!put_url(url, p, key)) return LARIAT_ENOMEM;
  put_key(url, p);
  return LARIAT_OK;
}

/* "255." or, at the end, "255": no leading zeros.  Where it ends, or NULL. */
static const char *skip_octet(const char *at, const char *end) {
  unsigned value = 0;
  const char *start = at;
  while (at < end && is(*at, DIGIT) && at - start < 3)
    value = value * 10 + (unsigned)(*at++ - '0');
  if (at == start || value > 255) return NULL;
  return *start == '0' && at - start > 1 ? NULL : at;
}

static bool plain_ipv4(const char *at, const char *end) {
  for (int i = 0; i < 4; i++) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    at = skip_octet(at, end);
    if (!at) return false;
  }
  return at == end;
}

/* A host whose last label begins with a digit may be some spelling of an IPv4
 * address ("127.1", "0x7f.1"): only the plain one is ours. */
static const char *read_host(parts *p, const char *at) {
  const char *label = at;
  p->host = at;
  for (; is(*at, HOST); at++) {
    if (*at != '.') continue;
    if (!is(*label, LABEL)) return NULL;
    label = at + 1;
  }
  if (!is(*label, LABEL)) return NULL;
  p->host_length = (size_t)(at - p->host);
  if (is(*label, DIGIT) && !plain_ipv4(p->host, at)) return NULL;
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
  while (is(*at, DIGIT) && at - p->port < 5)
    value = value * 10 + (unsigned)(*at++ - '0');
  p->port_length = (size_t)(at - p->port);
  return p->port_length > 0 && value <= 65535 ? at : NULL;
}

/* Dot segments, "%2e" for a dot among them, are libcurl's to resolve. */
static bool dot_at(const char *at) {
  if (*at == '.') return at[-1] == '/';
  return at[1] == '2' && (at[2] == 'e' || at[2] == 'E');
}

/* Up to what needs a closer look; in a path, '?' and dot segments do. */
static inline const char *read_plain(const char *at, bool query) {
  if (query) {
    while (is(*at, REST)) at++;
    return at;
  }
  for (; is(*at, REST) && *at != '?'; at++)
    if (*at == '.' && dot_at(at)) return NULL;
  return at;
}

/* As read_plain, with escapes. */
static const char *read_escaped(const char *at, bool query) {
  for (;;) {
    at = read_plain(at, query);
    if (!at || *at != '%') return at;
    if (!is(at[1], HEX) || !is(at[2], HEX)) return NULL;
    if (!query && dot_at(at)) return NULL;
    at += 3;
  }
}

/* Path and query; the fragment is looked at but not kept.  Versions of libcurl
 * differ in what they make of an empty query. */
static inline const char *read_rest(parts *p, const char *at) {
  p->path = at;
  at = read_plain(at, false);
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

/* Whether `text` is of the plain kind; its parts then. */
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
  at = read_rest(p, at);
  return at && *at == '\0' && at - text <= LONGEST_URL;
}

bool lr_url_parse_simple(lr_url *url, const char *text, lariat_status *status) {
  parts p;
  memset(url, 0, sizeof *url);
  if (!text || !read_url(&p, text)) return false;
  *status = assemble(url, &p);
  url->simple = *status == LARIAT_OK;
  return true;
}

/* Where the path of `text` ends, if it is plain and has the same before that.
 */
static const char *path_end_after(const char *text, const lr_origin *last) {
  uint32_t length = last->length;
  if (length == 0 || strncmp(text, last->text, length) != 0) return NULL;
  parts p;
  const char *path = text + length;
  if (*path != '/') return NULL;
  const char *end = read_rest(&p, path);
  if (!end || *end != '\0' || end - text > LONGEST_URL) return NULL;
  return path + p.path_length;
}

static lariat_status copy_after(lr_url *url, const char *text, const char *end,
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

/* Without memory for it the next URL is parsed in full. */
static void remember(lr_origin *last, const lr_url *url) {
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
  char *end = put(last->text, url->text, url->origin_length);
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

/* Not empty, not too long, no byte up to `highest_bad`, and no DEL. */
static bool text_allowed(const char *text, unsigned char highest_bad) {
  if (!text) return false;
  size_t length = strnlen(text, LONGEST_URL + 1);
  if (length == 0 || length > LONGEST_URL) return false;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c <= highest_bad || c == 0x7f) return false;
  }
  return true;
}

/* What libcurl gives back of a parsed URL. */
typedef struct strings {
  char *url;
  char *scheme;
  char *host;
  char *zone; /* NULL: none */
  char *port;
} strings;

static void strings_free(strings *s) {
  curl_free(s->url);
  curl_free(s->scheme);
  curl_free(s->host);
  curl_free(s->zone);
  curl_free(s->port);
}

/* The scheme comes first: a file: URL has no host. */
static lariat_status strings_get(strings *s, CURLU *handle) {
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

/* The host with its zone inside the brackets, "[fe80::1%25eth0]"; the caller
 * frees it. */
static char *scoped_host(const strings *s) {
  size_t host = strlen(s->host);
  size_t zone = strlen(s->zone);
  char *text = lr_alloc(host + zone + sizeof "%25");
  if (!text) return NULL;
  char *end = put(text, s->host, host - 1);
  end = put(end, "%25", 3);
  end = put(end, s->zone, zone);
  memcpy(end, "]", sizeof "]");
  return text;
}

static lariat_status assemble_strings(lr_url *url, const strings *s,
                                      const char *host) {
  const char *slashes = strstr(s->url, "://");
  const char *path = slashes ? strchr(slashes + 3, '/') : NULL;
  if (!path || host[0] == '\0' || strcmp(s->port, "0") == 0 ||
      !text_allowed(s->url, ' '))
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
  lariat_status status = assemble(url, &p);
  if (memchr(p.authority, '@', p.authority_length)) url->origin_length = 0;
  return status;
}

static lariat_status read_handle(lr_url *url, CURLU *handle) {
  strings s = {NULL, NULL, NULL, NULL, NULL};
  lariat_status status = strings_get(&s, handle);
  if (!status && !s.zone) {
    status = assemble_strings(url, &s, s.host);
  } else if (!status) {
    char *host = scoped_host(&s);
    status = host ? assemble_strings(url, &s, host) : LARIAT_ENOMEM;
    lr_free(host);
  }
  strings_free(&s);
  return status;
}

/* `base` may be NULL: an absolute URL then, and nothing is escaped. */
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
  if (!text_allowed(text, ' ')) return LARIAT_EURL;
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
  if (end) return copy_after(url, text, end, last);
  lariat_status status = lr_url_parse(url, text);
  if (status == LARIAT_OK && url->simple) remember(last, url);
  return status;
}

lariat_status lr_url_resolve(lr_url *url, const lr_url *base,
                             const char *location) {
  lariat_status status;
  if (lr_url_parse_simple(url, location, &status)) return status;
  if (!text_allowed(location, 0x1f)) return LARIAT_EURL;
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
