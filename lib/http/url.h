/* SPDX-License-Identifier: MIT
 * url.h: a URL that is to be fetched, checked and taken apart as far as
 * placement and limits need it.  One parser reads it, by the URL Standard
 * (url_parser.h), and what is fetched is what that has written; a URL that the
 * parser would leave as it is takes a short cut. */
#ifndef LR_HTTP_URL_H
#define LR_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include <lariat/status.h>
#include <lariat/url.h>

typedef struct lr_url {
  char *text; /* as it will be fetched: normalised ASCII, without user, password
                 and fragment; NUL-terminated */
  uint32_t length;
  uint32_t origin_length; /* the part of `text` before the path, with the
                             scheme: "http://host:81"; no default port */
  char *key;              /* "https://host:443": the port is always there; what
                             placement and limits know a host by */
  uint32_t key_length;
  uint32_t capacity; /* of the block that both are in */
  bool tls;
  bool userinfo; /* it was given with a user or a password */
  uint64_t hash; /* of the key; well mixed */
} lr_url;

/* Parses `text` into `*url`; its text and its key are in one allocation that
 * belongs to it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EURL    not a URL, or one that cannot be fetched: longer than 64 KiB,
 *                port 0, a host with bytes that no host's name has
 * LARIAT_ESCHEME not http or https */
lariat_status lr_url_parse(lr_url *url, const char *text);

/* Writes why lr_url_parse refuses `text`, see lariat_url_parse. */
void lr_url_explain(const char *text, lariat_url_error *error);

/* Parse by the one or the other way of lr_url_parse, for tests.  The short cut
 * says false, and leaves `*url` empty, when it has no opinion. */
bool lr_url_parse_simple(lr_url *url, const char *text, lariat_status *status);
lariat_status lr_url_parse_in_full(lr_url *url, const char *text);

/* The part of a URL before its path, and the key that it gives: most URLs are
 * of the same host as the one before.  Zeroed memory is an empty one. */
typedef struct lr_origin {
  char *text; /* "http://host:81", and behind it the key */
  uint32_t capacity;
  uint32_t length; /* of the first; 0: empty */
  uint32_t key_length;
  bool tls;
  uint64_t hash;
} lr_origin;

/* Parses as lr_url_parse does; `*last` is what the URL before began with, and
 * then what this one begins with.  `spare` is memory for the URL, which may be
 * taken and is empty then. */
lariat_status lr_url_parse_after(lr_url *url, const char *text, lr_origin *last,
                                 lr_buffer *spare);
void lr_origin_clear(lr_origin *origin);

/* Resolves `location` (a Location header, absolute or relative) against `base`
 * and parses the result; `error` is as lariat_url_parse has it.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EURL, LARIAT_ESCHEME */
lariat_status lr_url_resolve(lr_url *url, const lr_url *base,
                             const char *location, lariat_url_error *error);

/* Returns the port of a URL. */
unsigned lr_url_port(const lr_url *url);

/* Tells whether both have the same scheme, host and port. */
bool lr_url_same_origin(const lr_url *a, const lr_url *b);

/* Gives the URL's text away, ended by a NUL.  `*url` is empty afterwards. */
static inline lr_buffer lr_url_take_text(lr_url *url) {
  lr_buffer text = {url->text, url->length, url->capacity};
  *url = (lr_url){0};
  return text;
}

/* Frees what the URL owns; zeroed memory is an empty one. */
void lr_url_clear(lr_url *url);

#endif
