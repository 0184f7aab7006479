/* SPDX-License-Identifier: MIT
 * packed_text.h: texts as the database has them: in zlib's format (RFC 1950)
 * where that is shorter than the text, else as they are.  Their own length
 * beside that of the text tells which it is, as in the archives of SQLite,
 * whose shell reads them: sqlar_uncompress(body, length). */
#ifndef CRAWL_PACKED_TEXT_H
#define CRAWL_PACKED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_crawl_packed_text {
  const char *bytes;
  size_t size;
  char *memory; /* what the bytes are in; NULL: in the text itself */
} lr_crawl_packed_text;

/* Packs a text, which has to stay while the packed one is used.  Without memory
 * it is as the text is. */
lr_crawl_packed_text lr_crawl_text_pack(const char *text, size_t length);

void lr_crawl_packed_text_clear(lr_crawl_packed_text *packed);

/* Returns the text, of `length` bytes, with a NUL behind it, to be released;
 * NULL: there is no memory, or these are no bytes of such a text. */
char *lr_crawl_text_unpack(const char *bytes, size_t size, size_t length);

#endif
