/* SPDX-License-Identifier: MIT
 * lariat_cookie_jar: cookies that servers have set, and the Cookie headers that
 * they come to, by RFC 6265bis (draft-ietf-httpbis-rfc6265bis, 22).  A jar
 * needs no client and no reactor; a client that was made with one asks it for
 * each request and tells it of each answer.  docs/cookies.md explains it.
 *
 * A jar is for one thread at a time.  While clients have it, it is for the
 * thread of their reactor, and all of them are on that one. */
#ifndef LARIAT_COOKIES_H
#define LARIAT_COOKIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

typedef struct lariat_cookie_jar lariat_cookie_jar;

/* The limits of a jar.  Start from lariat_cookie_jar_defaults(). */
typedef struct lariat_cookie_jar_options {
  size_t size;           /* sizeof(lariat_cookie_jar_options) */
  size_t max_cookies;    /* in all; default 3,000 */
  size_t max_per_domain; /* with one Domain, or of one host; default 180 */
} lariat_cookie_jar_options;

/* Returns the defaults.  Any thread. */
LARIAT_API lariat_cookie_jar_options lariat_cookie_jar_defaults(void);

/* Makes an empty jar with one reference, which is the caller's, and puts it
 * into `*out`.  `options` may be NULL.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  the options have no `size`, or a limit is 0 */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_cookie_jar_new(
    const lariat_cookie_jar_options *options, lariat_cookie_jar **out);

/* Counts one more reference; returns `jar`.  Any thread. */
LARIAT_API lariat_cookie_jar *lariat_cookie_jar_retain(lariat_cookie_jar *jar);

/* Gives a reference back; the last one frees the jar.  NULL is allowed.  Any
 * thread. */
LARIAT_API void lariat_cookie_jar_release(lariat_cookie_jar *jar);

/* ---- Cookies in ---- */

/* The fate of a Set-Cookie. */
typedef enum lariat_cookie_verdict {
  LARIAT_COOKIE_STORED = 0,
  LARIAT_COOKIE_EXPIRED = 1, /* its time was over: it has removed the one that
                                there was, if there was one */
  /* Refused, and the jar is as it was: */
  LARIAT_COOKIE_EMPTY = 2,     /* neither name nor value */
  LARIAT_COOKIE_CONTROL = 3,   /* a control character other than a tab */
  LARIAT_COOKIE_TOO_LONG = 4,  /* name and value have more than 4,096 bytes */
  LARIAT_COOKIE_DOMAIN = 5,    /* its Domain is not one of the host's */
  LARIAT_COOKIE_SUFFIX = 6,    /* its Domain is a public suffix: "co.uk" */
  LARIAT_COOKIE_INSECURE = 7,  /* Secure, from an origin that is not */
  LARIAT_COOKIE_OVERLAY = 8,   /* it would hide a Secure cookie, from an origin
                                  that is not secure */
  LARIAT_COOKIE_SAME_SITE = 9, /* SameSite=None without Secure */
  LARIAT_COOKIE_PREFIX = 10    /* without what "__Secure-" or "__Host-" in its
                                  name asks for */
} lariat_cookie_verdict;

/* Returns a few words about `verdict`, without a full stop.  Any thread; the
 * text is static. */
LARIAT_API const char *
lariat_cookie_verdict_text(lariat_cookie_verdict verdict);

/* Takes the `length` bytes of the value of a Set-Cookie header, of an answer to
 * a request for `url`, at `now_s`, in seconds since 1970.  `*verdict` (may be
 * NULL) says what has become of it.  The jar's thread.
 *
 * LARIAT_OK      also where it was refused: see `*verdict`
 * LARIAT_ENOMEM  the jar is as it was
 * LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API lariat_status lariat_cookie_jar_set(lariat_cookie_jar *jar,
                                               const lariat_url *url,
                                               const char *text, size_t length,
                                               int64_t now_s,
                                               lariat_cookie_verdict *verdict);

/* ---- Cookies out ---- */

/* Puts the value of the Cookie header of a request for `url` at `now_s` into
 * `*value`: "a=1; b=2"; NULL when there is none to be sent.  The text is the
 * jar's, and lasts until the next call with it.  Nothing but the URL decides:
 * a program has no site of its own, and its requests are all same-site.  The
 * jar's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_cookie_jar_header(lariat_cookie_jar *jar, const lariat_url *url,
                         int64_t now_s, const char **value);

/* The SameSite of a cookie, which is kept for whoever reads the jar. */
typedef enum lariat_same_site {
  LARIAT_SAME_SITE_DEFAULT = 0, /* none was given, or one that is not known */
  LARIAT_SAME_SITE_NONE = 1,
  LARIAT_SAME_SITE_LAX = 2,
  LARIAT_SAME_SITE_STRICT = 3
} lariat_same_site;

/* One cookie of a jar; the texts are the jar's. */
typedef struct lariat_cookie {
  const char *name; /* may be empty */
  const char *value;
  const char *domain; /* in lower case, without a dot before it */
  const char *path;
  int64_t expires_s; /* since 1970; 0: with the session */
  int64_t created_s; /* a cookie that replaces another has that one's */
  lariat_same_site same_site;
  bool host_only; /* it had no Domain: it is for this host alone */
  bool secure;
  bool http_only;
} lariat_cookie;

/* Return the first cookie of the jar and the one after `cookie`, in the order
 * of their creation; NULL: there is none.  They last until the jar changes.
 * Some may have expired: see lariat_cookie_jar_expire.  The jar's thread. */
LARIAT_API const lariat_cookie *
lariat_cookie_jar_first(const lariat_cookie_jar *jar);
LARIAT_API const lariat_cookie *
lariat_cookie_jar_next(const lariat_cookie_jar *jar,
                       const lariat_cookie *cookie);

/* Returns how many cookies there are.  The jar's thread. */
LARIAT_API size_t lariat_cookie_jar_count(const lariat_cookie_jar *jar);

/* Remove what has expired at `now_s`; what lasts as long as the session; and
 * all cookies.  The jar's thread. */
LARIAT_API void lariat_cookie_jar_expire(lariat_cookie_jar *jar, int64_t now_s);
LARIAT_API void lariat_cookie_jar_end_session(lariat_cookie_jar *jar);
LARIAT_API void lariat_cookie_jar_clear(lariat_cookie_jar *jar);

/* ---- Files ---- */

/* Called for each line of a file that is no cookie: its number, from 1 on, and
 * a few words, without a full stop. */
typedef void (*lariat_cookie_fault)(void *context, size_t line,
                                    const char *reason);

/* Adds the cookies of a Netscape cookie file, as curl and browsers write it;
 * those that have expired at `now_s` are left out, and one that the jar has is
 * replaced.  `fault` (may be NULL) is called with `context` for each line that
 * is no cookie; the others are taken.  Reads the file at once, and waits for
 * the disk.  The jar's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ESYSTEM  the file cannot be read: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_cookie_jar_load(lariat_cookie_jar *jar, const char *path, int64_t now_s,
                       lariat_cookie_fault fault, void *context);

/* Writes the cookies that have not expired at `now_s` to such a file, those of
 * the session too.  A new file takes the place of the old one, when it is
 * complete and on the disk; only its owner can read it.  What is no regular
 * file (a pipe) is written as it is.  `*left_out` (may be NULL) gets the number
 * of cookies that the format has no way to write: those with a tab in their
 * name, value or path.  Waits for the disk.  The jar's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ESYSTEM  the file cannot be written, and is as it was: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_cookie_jar_save(const lariat_cookie_jar *jar, const char *path,
                       int64_t now_s, size_t *left_out);

LARIAT_END_C

#endif
