/* SPDX-License-Identifier: MIT
 * set_cookie.h: the value of a Set-Cookie header, taken apart (RFC 6265bis,
 * 5.6).  The texts of what comes out are parts of what went in. */
#ifndef LR_HTTP_SET_COOKIE_H
#define LR_HTTP_SET_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/cookies.h>

/* A part of a text, not ended by a NUL. */
typedef struct lr_cookie_text {
  const char *bytes;
  size_t length;
} lr_cookie_text;

/* The most bytes of name and value, and of an attribute; and the longest that a
 * cookie may last. */
enum {
  LR_COOKIE_PAIR_MAX = 4096,
  LR_COOKIE_ATTRIBUTE_MAX = 1024,
  LR_COOKIE_AGE_MAX_S = 400 * 24 * 60 * 60
};

typedef struct lr_set_cookie {
  lr_cookie_text name;
  lr_cookie_text value;
  lr_cookie_text domain; /* as it was written, but for a first dot; empty: none
                            was given */
  lr_cookie_text path;   /* empty: none was given, or one without a '/' before
                            it, and the default is to be taken */
  int64_t expires_s;     /* 0: with the session; INT64_MIN: it has */
  lariat_same_site same_site;
  bool secure;
  bool http_only;
  bool has_path; /* a Path was given, whatever it is */
} lr_set_cookie;

/* Parses a Set-Cookie that came at `now_s`: LARIAT_COOKIE_STORED, or why it is
 * refused whatever else there is. */
lariat_cookie_verdict lr_set_cookie_parse(lr_set_cookie *cookie,
                                          const char *text, size_t length,
                                          int64_t now_s);

/* Tells whether there is a control character in the text other than a tab. */
bool lr_cookie_has_control(const char *text, size_t length);

/* Returns LARIAT_COOKIE_STORED, or LARIAT_COOKIE_EMPTY or _TOO_LONG. */
lariat_cookie_verdict lr_cookie_check_pair(lr_cookie_text name,
                                           lr_cookie_text value);

#endif
