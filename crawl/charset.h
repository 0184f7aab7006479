/* SPDX-License-Identifier: MIT
 * charset.h: the encodings of the Encoding Standard
 * (https://encoding.spec.whatwg.org/), and which one a document is in. */
#ifndef CRAWL_CHARSET_H
#define CRAWL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

typedef enum lr_crawl_charset_kind {
  LR_CRAWL_CHARSET_UTF_8 = 0,
  LR_CRAWL_CHARSET_UTF_16LE,
  LR_CRAWL_CHARSET_UTF_16BE,
  LR_CRAWL_CHARSET_WINDOWS_1252,
  LR_CRAWL_CHARSET_SINGLE,   /* a byte for each character, by iconv */
  LR_CRAWL_CHARSET_MULTIPLE, /* several; '<', '"' and '&' are none of them */
  LR_CRAWL_CHARSET_STATEFUL, /* ISO-2022-JP: any byte may be part of one */
  LR_CRAWL_CHARSET_USER_DEFINED, /* bytes from 0x80 on are U+F780... */
  LR_CRAWL_CHARSET_REPLACEMENT   /* nothing in it is to be read */
} lr_crawl_charset_kind;

typedef struct lr_crawl_charset {
  const char *name;    /* as the standard has it, "windows-1252" */
  const char *decoder; /* iconv's names */
  const char *encoder;
  lr_crawl_charset_kind kind;
} lr_crawl_charset;

/* Finds the encoding of a label, "latin1"; NULL: there is none. */
const lr_crawl_charset *lr_crawl_charset_find(const char *label, size_t length);

/* Return those two. */
const lr_crawl_charset *lr_crawl_charset_utf_8(void);
const lr_crawl_charset *lr_crawl_charset_windows_1252(void);

/* How sure an encoding is: a tentative one gives way to a <meta> that comes
 * late. */
typedef enum lr_crawl_charset_source {
  LR_CRAWL_CHARSET_DEFAULT = 0,
  LR_CRAWL_CHARSET_PRESCAN,      /* a <meta> in the first 1,024 bytes */
  LR_CRAWL_CHARSET_CONTENT_TYPE, /* this and the next are certain */
  LR_CRAWL_CHARSET_MARK          /* a byte-order mark */
} lr_crawl_charset_source;

typedef struct lr_crawl_charset_choice {
  const lr_crawl_charset *charset;
  lr_crawl_charset_source source;
  size_t mark; /* bytes of the byte-order mark */
} lr_crawl_charset_choice;

/* Looks at a byte-order mark, then at `label`, of a Content-Type (may be
 * empty); `charset` is NULL when neither says it. */
lr_crawl_charset_choice lr_crawl_charset_sniff(const char *bytes, size_t length,
                                               const char *label);

#endif
