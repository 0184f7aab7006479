/* SPDX-License-Identifier: MIT
 * secrets.h: what must not be shown: the passwords of URLs, and the values of
 * headers that carry credentials.  Texts are searched, not parsed: what cannot
 * be read as a URL has its password masked, too, and of two readings the one
 * that hides more is taken. */
#ifndef TOOLS_LARIAT_SECRETS_H
#define TOOLS_LARIAT_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* The kinds of texts, which have their secrets in different places. */
enum secrets_kind {
  SECRETS_TEXT, /* a sentence that may have URLs in it */
  SECRETS_URL,  /* a URL, its scheme may be missing */
  SECRETS_JSON  /* an input line with URLs and headers */
};

/* The bytes that replace a secret. */
extern const char secrets_mask[4];

/* Tells whether the header called `name` carries credentials: Authorization,
 * Proxy-Authorization, Cookie. */
bool secrets_is_header(const char *name);

/* Writes pieces of text: returns where one that was written at `at` ended. */
typedef char *(*secrets_writer)(char *at, const char *bytes, size_t length);

/* Writes at `at` the first `shown` bytes of `text`, which has `length`, with
 * its secrets masked, by means of `put`.  Returns where all of it ended.  Each
 * mask is written as a piece of three bytes for one byte at the least. */
char *secrets_put(char *at, enum secrets_kind kind, const char *text,
                  size_t length, size_t shown, secrets_writer put);

#endif
