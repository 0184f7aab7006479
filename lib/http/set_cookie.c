/* SPDX-License-Identifier: MIT
 * set_cookie.c: the parser of Set-Cookie headers (RFC 6265bis, 5.6). */
#include "http/set_cookie.h"

#include <string.h>

#include "http/cookie_date.h"
#include "http/field.h"

bool lr_cookie_has_control(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)text[i];
    if ((byte < ' ' && byte != '\t') || byte == 0x7f) return true;
  }
  return false;
}

lariat_cookie_verdict lr_cookie_check_pair(lr_cookie_text name,
                                           lr_cookie_text value) {
  if (name.length == 0 && value.length == 0) return LARIAT_COOKIE_EMPTY;
  bool fits = name.length + value.length <= LR_COOKIE_PAIR_MAX;
  return fits ? LARIAT_COOKIE_STORED : LARIAT_COOKIE_TOO_LONG;
}

/* ---- Texts ---- */

/* Returns the text between, without the blanks around it. */
static lr_cookie_text trim(const char *at, const char *end) {
  at = lr_skip_blanks(at, end);
  end = lr_trim_end(at, end);
  return (lr_cookie_text){at, (size_t)(end - at)};
}

static const char *find(const char *at, const char *end, char byte) {
  const char *found = memchr(at, byte, (size_t)(end - at));
  return found ? found : end;
}

static bool is_name(lr_cookie_text text, const char *name) {
  return lr_name_is(text.bytes, text.length, name);
}

/* ---- Attributes ---- */

/* Returns the time `seconds` after `now_s`, no later than the latest. */
static int64_t limit_age(int64_t now_s, int64_t seconds) {
  if (seconds > LR_COOKIE_AGE_MAX_S) seconds = LR_COOKIE_AGE_MAX_S;
  return now_s > INT64_MAX - seconds ? INT64_MAX : now_s + seconds;
}

/* Keeps a time from being taken for "with the session". */
static int64_t not_session(int64_t expires_s) {
  return expires_s == 0 ? -1 : expires_s;
}

/* Takes an Expires (5.6.1); what is no date is no attribute. */
static void take_expires(int64_t *expires_s, lr_cookie_text value,
                         int64_t now_s) {
  int64_t at_s;
  if (!lr_cookie_date_read(value.bytes, value.length, &at_s)) return;
  int64_t latest_s = limit_age(now_s, LR_COOKIE_AGE_MAX_S);
  *expires_s = not_session(at_s < latest_s ? at_s : latest_s);
}

/* Takes a Max-Age (5.6.2): digits, a minus before them perhaps.  All else is no
 * attribute: "+5", "1.5", "junk". */
static void take_max_age(int64_t *expires_s, lr_cookie_text value,
                         int64_t now_s) {
  bool negative = value.length > 0 && value.bytes[0] == '-';
  int64_t seconds = 0;
  if (value.length == (size_t)negative) return;
  for (size_t i = negative; i < value.length; i++) {
    if (!lr_is_digit(value.bytes[i])) return;
    if (seconds <= LR_COOKIE_AGE_MAX_S)
      seconds = seconds * 10 + (value.bytes[i] - '0');
  }
  *expires_s = negative || seconds == 0
                   ? INT64_MIN
                   : not_session(limit_age(now_s, seconds));
}

/* Takes a Domain (5.6.3): a dot before it says nothing. */
static void take_domain(lr_set_cookie *cookie, lr_cookie_text value) {
  bool dot = value.length > 0 && value.bytes[0] == '.';
  cookie->domain = (lr_cookie_text){value.bytes + dot, value.length - dot};
}

static void take_path(lr_set_cookie *cookie, lr_cookie_text value) {
  bool absolute = value.length > 0 && value.bytes[0] == '/';
  cookie->path = absolute ? value : (lr_cookie_text){value.bytes, 0};
  cookie->has_path = true;
}

/* Takes a SameSite (5.6.7): what is not known is as if there were none. */
static void take_same_site(lr_set_cookie *cookie, lr_cookie_text value) {
  cookie->same_site = LARIAT_SAME_SITE_DEFAULT;
  if (is_name(value, "None")) cookie->same_site = LARIAT_SAME_SITE_NONE;
  if (is_name(value, "Lax")) cookie->same_site = LARIAT_SAME_SITE_LAX;
  if (is_name(value, "Strict")) cookie->same_site = LARIAT_SAME_SITE_STRICT;
}

/* The two attributes that say when a cookie ends: a Max-Age goes before. */
typedef struct lifetime {
  int64_t now_s;
  int64_t expires_s; /* by an Expires; 0: none */
  int64_t age_s;     /* by a Max-Age; 0: none */
} lifetime;

/* Takes one attribute.  Of several with a name the last counts; one that is too
 * long is none. */
static void take_attribute(lr_set_cookie *cookie, lifetime *life,
                           lr_cookie_text name, lr_cookie_text value) {
  if (value.length > LR_COOKIE_ATTRIBUTE_MAX) return;
  if (is_name(name, "Expires"))
    take_expires(&life->expires_s, value, life->now_s);
  else if (is_name(name, "Max-Age"))
    take_max_age(&life->age_s, value, life->now_s);
  else if (is_name(name, "Domain"))
    take_domain(cookie, value);
  else if (is_name(name, "Path"))
    take_path(cookie, value);
  else if (is_name(name, "Secure"))
    cookie->secure = true;
  else if (is_name(name, "HttpOnly"))
    cookie->http_only = true;
  else if (is_name(name, "SameSite"))
    take_same_site(cookie, value);
}

/* Takes the attributes from `at` on, which is a ';' or the end. */
static void take_attributes(lr_set_cookie *cookie, const char *at,
                            const char *end, int64_t now_s) {
  lifetime life = {.now_s = now_s};
  while (at < end) {
    const char *begin = at + 1;
    at = find(begin, end, ';');
    const char *equals = find(begin, at, '=');
    const char *value = equals < at ? equals + 1 : at;
    take_attribute(cookie, &life, trim(begin, equals), trim(value, at));
  }
  cookie->expires_s = life.age_s ? life.age_s : life.expires_s;
}

/* ---- The whole ---- */

lariat_cookie_verdict lr_set_cookie_parse(lr_set_cookie *cookie,
                                          const char *text, size_t length,
                                          int64_t now_s) {
  const char *end = text + length;
  *cookie = (lr_set_cookie){.domain = {text, 0}, .path = {text, 0}};
  if (lr_cookie_has_control(text, length)) return LARIAT_COOKIE_CONTROL;
  const char *pair_end = find(text, end, ';');
  const char *equals = find(text, pair_end, '=');
  bool named = equals < pair_end;
  /* Without a '=' all of it is the value of a cookie without a name. */
  cookie->name = trim(text, named ? equals : text);
  cookie->value = trim(named ? equals + 1 : text, pair_end);
  lariat_cookie_verdict verdict =
      lr_cookie_check_pair(cookie->name, cookie->value);
  if (verdict == LARIAT_COOKIE_STORED)
    take_attributes(cookie, pair_end, end, now_s);
  return verdict;
}
