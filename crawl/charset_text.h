/* SPDX-License-Identifier: MIT
 * charset_text.h: texts of a document's encoding in UTF-8, and queries in the
 * document's encoding, as the URL Standard has it (4.4, "query state"). */
#ifndef CRAWL_CHARSET_TEXT_H
#define CRAWL_CHARSET_TEXT_H

#include <iconv.h>
#include <stdbool.h>

#include "charset.h"
#include "scratch.h"

/* The two ways of one encoding; iconv's are opened when they are needed. */
typedef struct lr_crawl_charset_text {
  const lr_crawl_charset *charset;
  bool has_decoder;
  bool has_encoder;
  iconv_t decoder;
  iconv_t encoder;
} lr_crawl_charset_text;

void lr_crawl_charset_text_open(lr_crawl_charset_text *text,
                                const lr_crawl_charset *charset);
void lr_crawl_charset_text_close(lr_crawl_charset_text *text);

/* Tells whether all bytes are ASCII. */
bool lr_crawl_is_ascii(const char *bytes, size_t length);

/* Adds the bytes to `out`, in UTF-8; what is not of the encoding is U+FFFD. */
void lr_crawl_charset_decode(lr_crawl_charset_text *text, const char *bytes,
                             size_t length, lr_crawl_scratch *out);

/* Adds the text of a URL, in UTF-8, to `out`, its query with the bytes of the
 * encoding, escaped; a character that the encoding has not is "&#N;", escaped.
 * Encodings of Unicode leave it as it is. */
void lr_crawl_charset_encode_url(lr_crawl_charset_text *text, const char *url,
                                 size_t length, lr_crawl_scratch *out);

#endif
