/* SPDX-License-Identifier: MIT
 * cookie_jar.c: what a jar takes of Set-Cookie headers, and the Cookie headers
 * that it makes (RFC 6265bis, 5.7 and 5.8). */
#include "http/cookie_jar.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/field.h"
#include "reactor/reactor.h"

enum { MAX_COOKIES = 3000, MAX_PER_DOMAIN = 180 };

/* ---- The object ---- */

lariat_cookie_jar_options lariat_cookie_jar_defaults(void) {
  return (lariat_cookie_jar_options){.size = sizeof(lariat_cookie_jar_options),
                                     .max_cookies = MAX_COOKIES,
                                     .max_per_domain = MAX_PER_DOMAIN};
}

static lariat_status read_options(const lariat_cookie_jar_options *given,
                                  lariat_cookie_jar_options *options) {
  *options = lariat_cookie_jar_defaults();
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  bool possible = options->max_cookies > 0 && options->max_per_domain > 0;
  return possible ? LARIAT_OK : LARIAT_EINVAL;
}

lariat_status lariat_cookie_jar_new(const lariat_cookie_jar_options *options,
                                    lariat_cookie_jar **out) {
  lariat_cookie_jar_options all;
  *out = NULL;
  lariat_status status = read_options(options, &all);
  if (status != LARIAT_OK) return status;
  lariat_cookie_jar *jar = lr_alloc_zero(sizeof *jar);
  if (!jar) return LARIAT_ENOMEM;
  lr_u32_init(&jar->count, 1);
  if (!lr_cookie_store_init(&jar->store, all.max_cookies, all.max_per_domain)) {
    lr_free(jar);
    return LARIAT_ENOMEM;
  }
  *out = jar;
  return LARIAT_OK;
}

lariat_cookie_jar *lariat_cookie_jar_retain(lariat_cookie_jar *jar) {
  lr_count_retain(&jar->count);
  return jar;
}

void lariat_cookie_jar_release(lariat_cookie_jar *jar) {
  if (!jar || !lr_count_release(&jar->count)) return;
  lr_cookie_store_end(&jar->store);
  lr_buffer_clear(&jar->header);
  lr_free(jar->matches);
  lr_free(jar);
}

lariat_status lr_cookie_jar_attach(lariat_cookie_jar *jar,
                                   lariat_reactor *reactor) {
  if (jar->clients && jar->reactor != reactor) return LARIAT_EINVAL;
  jar->clients++;
  jar->reactor = reactor;
  (void)lariat_cookie_jar_retain(jar);
  return LARIAT_OK;
}

void lr_cookie_jar_detach(lariat_cookie_jar *jar) {
  if (--jar->clients == 0) jar->reactor = NULL;
  lariat_cookie_jar_release(jar);
}

lariat_status lr_cookie_jar_check(const lariat_cookie_jar *jar,
                                  const char *function) {
  return jar->reactor ? lr_reactor_check(jar->reactor, function) : LARIAT_OK;
}

/* ---- Cookies in ---- */

const char *lariat_cookie_verdict_text(lariat_cookie_verdict verdict) {
  static const char *const texts[] = {
      [LARIAT_COOKIE_STORED] = "stored",
      [LARIAT_COOKIE_EXPIRED] = "expired",
      [LARIAT_COOKIE_EMPTY] = "neither name nor value",
      [LARIAT_COOKIE_CONTROL] = "a control character",
      [LARIAT_COOKIE_TOO_LONG] = "name and value are too long",
      [LARIAT_COOKIE_DOMAIN] = "the Domain is not one of the host's",
      [LARIAT_COOKIE_SUFFIX] = "the Domain is a public suffix",
      [LARIAT_COOKIE_INSECURE] = "Secure, from an origin that is not",
      [LARIAT_COOKIE_OVERLAY] = "it would hide a Secure cookie",
      [LARIAT_COOKIE_SAME_SITE] = "SameSite=None without Secure",
      [LARIAT_COOKIE_PREFIX] = "not what the prefix of its name asks for"};
  bool known = (size_t)verdict < sizeof texts / sizeof texts[0];
  return known ? texts[verdict] : "unknown";
}

/* Tells whether a text begins with a prefix, in upper or lower case. */
static bool begins_with(lr_cookie_text text, const char *prefix) {
  size_t length = strlen(prefix);
  return text.length >= length && lr_name_equal(text.bytes, prefix, length);
}

/* A cookie without a name is sent as its value, and must not look like one with
 * a prefix either. */
bool lr_cookie_keeps_prefix(const lr_new_cookie *cookie, bool root) {
  bool nameless = cookie->name.length == 0;
  lr_cookie_text sent = nameless ? cookie->value : cookie->name;
  bool secure = begins_with(sent, "__Secure-");
  bool host = begins_with(sent, "__Host-");
  if (!secure && !host) return true;
  if (nameless || !cookie->secure) return false;
  return !host || (cookie->host_only && root);
}

/* The longest Domain that is looked at. */
typedef struct domain_bytes {
  char bytes[LR_COOKIE_ATTRIBUTE_MAX];
} domain_bytes;

static lr_cookie_text lower(domain_bytes *to, lr_cookie_text text) {
  for (size_t i = 0; i < text.length; i++)
    to->bytes[i] = lr_ascii_lower(text.bytes[i]);
  return (lr_cookie_text){to->bytes, text.length};
}

/* Sets the domain of a cookie (5.7, steps 7 to 10).  One whose Domain is the
 * host, and is an address or a public suffix, is for this host alone. */
static lariat_cookie_verdict set_domain(lr_new_cookie *cookie,
                                        const lr_cookie_request *request,
                                        lr_cookie_text domain) {
  cookie->host_only = true;
  cookie->domain = request->host;
  if (domain.length == 0) return LARIAT_COOKIE_STORED;
  if (!lr_cookie_domain_matches(request->host, domain))
    return LARIAT_COOKIE_DOMAIN;
  bool same = domain.length == request->host.length;
  if (request->address) return LARIAT_COOKIE_STORED;
  if (lr_cookie_is_public_suffix(domain))
    return same ? LARIAT_COOKIE_STORED : LARIAT_COOKIE_SUFFIX;
  cookie->host_only = false;
  cookie->domain = domain;
  return LARIAT_COOKIE_STORED;
}

static lr_new_cookie make_new(const lr_set_cookie *parsed,
                              const lr_cookie_request *request) {
  bool has_path = parsed->path.length > 0;
  return (lr_new_cookie){
      .name = parsed->name,
      .value = parsed->value,
      .path = has_path ? parsed->path : lr_cookie_default_path(request->path),
      .expires_s = parsed->expires_s,
      .same_site = parsed->same_site,
      .secure = parsed->secure,
      .http_only = parsed->http_only};
}

/* Decides about a cookie that is complete (5.7, steps 13 to 22).  What is
 * SameSite is taken: a program's requests are all same-site (5.2). */
static lariat_cookie_verdict judge(const lariat_cookie_jar *jar,
                                   const lr_new_cookie *cookie,
                                   const lr_cookie_request *request,
                                   bool has_path, int64_t now_s) {
  if (cookie->secure && !request->secure) return LARIAT_COOKIE_INSECURE;
  if (!cookie->secure && !request->secure &&
      lr_cookie_store_is_overlaid(&jar->store, cookie, now_s))
    return LARIAT_COOKIE_OVERLAY;
  if (cookie->same_site == LARIAT_SAME_SITE_NONE && !cookie->secure)
    return LARIAT_COOKIE_SAME_SITE;
  bool root = has_path && cookie->path.length == 1;
  return lr_cookie_keeps_prefix(cookie, root) ? LARIAT_COOKIE_STORED
                                              : LARIAT_COOKIE_PREFIX;
}

bool lr_cookie_jar_receive(lariat_cookie_jar *jar,
                           const lr_cookie_request *request, const char *text,
                           size_t length, int64_t now_s,
                           lariat_cookie_verdict *verdict) {
  lr_set_cookie parsed;
  domain_bytes bytes;
  *verdict = lr_set_cookie_parse(&parsed, text, length, now_s);
  if (*verdict != LARIAT_COOKIE_STORED) return true;
  lr_new_cookie cookie = make_new(&parsed, request);
  *verdict = set_domain(&cookie, request, lower(&bytes, parsed.domain));
  if (*verdict == LARIAT_COOKIE_STORED)
    *verdict = judge(jar, &cookie, request, parsed.has_path, now_s);
  if (*verdict != LARIAT_COOKIE_STORED) return true;
  if (lr_cookie_is_expired(cookie.expires_s, now_s))
    *verdict = LARIAT_COOKIE_EXPIRED;
  return lr_cookie_store_put(&jar->store, &cookie, now_s);
}

lariat_status lariat_cookie_jar_set(lariat_cookie_jar *jar,
                                    const lariat_url *url, const char *text,
                                    size_t length, int64_t now_s,
                                    lariat_cookie_verdict *verdict) {
  lariat_cookie_verdict unwanted;
  lariat_status status = lr_cookie_jar_check(jar, __func__);
  if (status != LARIAT_OK) return status;
  lr_cookie_request request = lr_cookie_request_of_public(url);
  bool done = lr_cookie_jar_receive(jar, &request, text, length, now_s,
                                    verdict ? verdict : &unwanted);
  return done ? LARIAT_OK : LARIAT_ENOMEM;
}

/* ---- Cookies out ---- */

/* Notes a cookie that is to be sent. */
static bool add_match(lariat_cookie_jar *jar, size_t count, lr_cookie *cookie) {
  if (count == jar->match_capacity) {
    size_t capacity = count ? 2 * count : 16;
    lr_cookie **more =
        lr_realloc(jar->matches, capacity * sizeof(*jar->matches));
    if (!more) return false;
    jar->matches = more;
    jar->match_capacity = capacity;
  }
  jar->matches[count] = cookie;
  return true;
}

/* The state of a header that is being made. */
typedef struct cookie_search {
  const lr_cookie_request *request;
  int64_t now_s;
  size_t count;   /* of what matches */
  size_t domains; /* that these are of */
  bool any_path;
  bool failed; /* out of memory */
} cookie_search;

/* Adds the cookies of one domain that are for this request; `parent`: the host
 * is below that domain. */
static void add_domain(lariat_cookie_jar *jar, cookie_search *search,
                       lr_cookie_text domain, bool parent) {
  lr_cookie_group *group = lr_cookie_store_find(&jar->store, domain);
  size_t before = search->count;
  if (!group) return;
  for (lr_list *node = group->cookies.next; node != &group->cookies;
       node = node->next) {
    lr_cookie *cookie = lr_cookie_of_group(node);
    lr_cookie_text path = {cookie->shown.path, cookie->path_length};
    if (cookie->path_length > 1) search->any_path = false;
    if ((parent && cookie->shown.host_only) ||
        (cookie->shown.secure && !search->request->secure) ||
        !lr_cookie_path_matches(search->request->path, path))
      continue;
    if (!add_match(jar, search->count++, cookie)) {
      search->failed = true;
      return;
    }
  }
  if (search->count > before) search->domains++;
}

/* Calls `take` for the host and each domain above it; an address has none. */
static void walk_domains(lariat_cookie_jar *jar, cookie_search *search,
                         void (*take)(lariat_cookie_jar *jar,
                                      cookie_search *search,
                                      lr_cookie_text domain, bool parent)) {
  lr_cookie_text domain = search->request->host;
  take(jar, search, domain, false);
  while (!search->request->address && !search->failed) {
    const char *end = domain.bytes + domain.length;
    const char *dot = memchr(domain.bytes, '.', domain.length);
    if (!dot) return;
    domain = (lr_cookie_text){dot + 1, (size_t)(end - dot) - 1};
    take(jar, search, domain, true);
  }
}

static void expire_domain(lariat_cookie_jar *jar, cookie_search *search,
                          lr_cookie_text domain, bool parent) {
  lr_cookie_group *group = lr_cookie_store_find(&jar->store, domain);
  (void)parent;
  if (group) lr_cookie_store_expire_group(&jar->store, group, search->now_s);
}

/* Orders as the RFC does (5.8.3): longer paths first, then earlier ones. */
static int compare(const void *a, const void *b) {
  const lr_cookie *one = *(lr_cookie *const *)a;
  const lr_cookie *other = *(lr_cookie *const *)b;
  if (one->path_length != other->path_length)
    return one->path_length > other->path_length ? -1 : 1;
  return one->created < other->created ? -1 : 1;
}

/* Appends "name=value"; a cookie without a name is its value alone. */
static bool write_cookie(lr_buffer *to, const lr_cookie *cookie) {
  size_t most = cookie->name_length + cookie->value_length + sizeof "; =";
  if (!lr_buffer_reserve(to, most)) return false;
  char *at = to->bytes + to->length;
  if (to->length > 0) {
    memcpy(at, "; ", 2);
    at += 2;
  }
  memcpy(at, cookie->shown.name, cookie->name_length);
  at += cookie->name_length;
  if (cookie->name_length > 0) *at++ = '=';
  memcpy(at, cookie->shown.value, cookie->value_length);
  to->length = (size_t)(at + cookie->value_length - to->bytes);
  return true;
}

static bool write_header(lariat_cookie_jar *jar, size_t count) {
  uint64_t access = ++jar->store.last_number;
  for (size_t i = 0; i < count; i++) {
    jar->matches[i]->accessed = access;
    if (!write_cookie(&jar->header, jar->matches[i])) return false;
  }
  return lr_buffer_terminate(&jar->header);
}

bool lr_cookie_jar_make_header(lariat_cookie_jar *jar,
                               const lr_cookie_request *request, int64_t now_s,
                               bool *any_path) {
  cookie_search search = {.request = request, .now_s = now_s, .any_path = true};
  jar->header.length = 0;
  walk_domains(jar, &search, expire_domain);
  walk_domains(jar, &search, add_domain);
  *any_path = search.any_path;
  if (search.failed) return false;
  if (search.count == 0) return true;
  if (search.domains > 1)
    qsort(jar->matches, search.count, sizeof(*jar->matches), compare);
  return write_header(jar, search.count);
}

lariat_status lariat_cookie_jar_header(lariat_cookie_jar *jar,
                                       const lariat_url *url, int64_t now_s,
                                       const char **value) {
  bool any_path;
  *value = NULL;
  lariat_status status = lr_cookie_jar_check(jar, __func__);
  if (status != LARIAT_OK) return status;
  lr_cookie_request request = lr_cookie_request_of_public(url);
  if (!lr_cookie_jar_make_header(jar, &request, now_s, &any_path))
    return LARIAT_ENOMEM;
  if (jar->header.length > 0) *value = jar->header.bytes;
  return LARIAT_OK;
}

/* ---- Readers ---- */

static const lariat_cookie *cookie_at(const lariat_cookie_jar *jar,
                                      lr_list *node) {
  return node == &jar->store.cookies ? NULL : &lr_cookie_of_store(node)->shown;
}

const lariat_cookie *lariat_cookie_jar_first(const lariat_cookie_jar *jar) {
  if (lr_cookie_jar_check(jar, __func__) != LARIAT_OK) return NULL;
  return cookie_at(jar, jar->store.cookies.next);
}

const lariat_cookie *lariat_cookie_jar_next(const lariat_cookie_jar *jar,
                                            const lariat_cookie *cookie) {
  const lr_cookie *at = (const lr_cookie *)(const void *)cookie;
  return cookie_at(jar, at->in_store.next);
}

size_t lariat_cookie_jar_count(const lariat_cookie_jar *jar) {
  return jar->store.count;
}

/* ---- Ends ---- */

void lariat_cookie_jar_expire(lariat_cookie_jar *jar, int64_t now_s) {
  if (lr_cookie_jar_check(jar, __func__) == LARIAT_OK)
    lr_cookie_store_expire(&jar->store, now_s);
}

void lariat_cookie_jar_end_session(lariat_cookie_jar *jar) {
  if (lr_cookie_jar_check(jar, __func__) != LARIAT_OK) return;
  lr_list *node = jar->store.cookies.next;
  while (node != &jar->store.cookies) {
    lr_cookie *cookie = lr_cookie_of_store(node);
    node = node->next;
    if (cookie->shown.expires_s == 0)
      lr_cookie_store_remove(&jar->store, cookie);
  }
}

void lariat_cookie_jar_clear(lariat_cookie_jar *jar) {
  if (lr_cookie_jar_check(jar, __func__) == LARIAT_OK)
    lr_cookie_store_clear(&jar->store);
}
