/* SPDX-License-Identifier: MIT
 * lariat_url: an http or https URL, parsed and normalised by the URL Standard
 * of the WHATWG (https://url.spec.whatwg.org), as browsers do it and as lariat
 * fetches it.  It needs no reactor and no client, does not change once made,
 * and can be read by any thread.  docs/urls.md explains it. */
#ifndef LARIAT_URL_H
#define LARIAT_URL_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_url lariat_url;

/* The fault of a text that is no URL. */
typedef struct lariat_url_error {
  size_t byte;      /* where it was seen, counted from 0 */
  char message[96]; /* "blank at byte 23": a few words, without a full stop */
} lariat_url_error;

/* Parses the `length` bytes of `text`, and puts the URL into `*out`, which the
 * caller owns (lariat_url_free).  With a `base` the text may be relative to it,
 * as a Location or a link is; NULL: it must be absolute.  `*error` (may be
 * NULL) is written when there is no URL; `*out` is NULL then.  Any thread.
 *
 * Blanks and control characters around the URL are not of it, nor are tabs and
 * line breaks within; what else cannot stand in a URL is escaped where the
 * standard says so, or is a fault.  No scheme is guessed.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EURL    not a URL, or one of more than 64 KiB
 * LARIAT_ESCHEME of another scheme than http and https */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_url_parse(const char *text, size_t length, const lariat_url *base,
                 lariat_url **out, lariat_url_error *error);

/* Frees the URL; NULL is allowed.  Any thread. */
LARIAT_API void lariat_url_free(lariat_url *url);

/* The parts that a copy can do without. */
typedef enum lariat_url_omission {
  LARIAT_URL_USERINFO = 1, /* user and password */
  LARIAT_URL_FRAGMENT = 2,
  LARIAT_URL_QUERY = 4
} lariat_url_omission;

/* Puts a copy of `url` without some parts (LARIAT_URL_* joined by |, or 0)
 * into `*out`, which the caller owns.  What is fetched is the URL without
 * userinfo and fragment.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no such part */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_url_copy_without(
    const lariat_url *url, unsigned parts, lariat_url **out);

/* ---- Readers ----
 *
 * Any thread.  What they return belongs to the URL and lives as long. */

/* Returns the whole URL, normalised: ASCII without blanks, ended by NUL;
 * `*length` (may be NULL) gets its length.  Parsing it gives the same URL
 * again, and two texts are the same where the URLs are.  A password is in it:
 * see lariat_url_copy_without before showing it. */
LARIAT_API const char *lariat_url_text(const lariat_url *url, size_t *length);

/* A part of the text: `length` bytes, not ended by NUL.  `bytes` is NULL when
 * the URL has no such part, which is not the same as an empty one. */
typedef struct lariat_url_part {
  const char *bytes;
  size_t length;
} lariat_url_part;

/* Return "http" or "https"; the host, in lower case, with brackets around an
 * IPv6 address; the path, from its '/' on; and the query and the fragment,
 * without their '?' and '#', or none. */
LARIAT_API lariat_url_part lariat_url_scheme(const lariat_url *url);
LARIAT_API lariat_url_part lariat_url_host(const lariat_url *url);
LARIAT_API lariat_url_part lariat_url_path(const lariat_url *url);
LARIAT_API lariat_url_part lariat_url_query(const lariat_url *url);
LARIAT_API lariat_url_part lariat_url_fragment(const lariat_url *url);

/* Returns the port: 80 for http and 443 for https where the URL has none. */
LARIAT_API unsigned lariat_url_port(const lariat_url *url);

/* Tells whether there is a user or a password. */
LARIAT_API bool lariat_url_has_userinfo(const lariat_url *url);

/* Return the user and the password, with their escapes, or none. */
LARIAT_API lariat_url_part lariat_url_user(const lariat_url *url);
LARIAT_API lariat_url_part lariat_url_password(const lariat_url *url);

/* Tells whether scheme, host and port are the same: what one may see of the
 * answers to the other (RFC 6454). */
LARIAT_API bool lariat_url_same_origin(const lariat_url *a,
                                       const lariat_url *b);

LARIAT_END_C

#endif
