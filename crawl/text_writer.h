/* SPDX-License-Identifier: MIT
 * text_writer.h: text that is written as far as there is space, and whose whole
 * length is known in any case. */
#ifndef CRAWL_TEXT_WRITER_H
#define CRAWL_TEXT_WRITER_H

#include <stddef.h>
#include <string.h>

#include "ascii.h"

typedef struct lr_crawl_text_writer {
  char *out;
  size_t capacity;
  size_t length; /* of all, what did not fit too */
} lr_crawl_text_writer;

static inline void lr_crawl_write_byte(lr_crawl_text_writer *writer,
                                       char byte) {
  if (writer->length < writer->capacity) writer->out[writer->length] = byte;
  writer->length++;
}

static inline void lr_crawl_write(lr_crawl_text_writer *writer,
                                  const char *bytes, size_t length) {
  size_t space =
      writer->length < writer->capacity ? writer->capacity - writer->length : 0;
  size_t count = length < space ? length : space;
  if (count) memcpy(writer->out + writer->length, bytes, count);
  writer->length += length;
}

static inline void lr_crawl_write_lower(lr_crawl_text_writer *writer,
                                        const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    lr_crawl_write_byte(writer, lr_crawl_lower(bytes[i]));
}

/* Writes ":8080". */
static inline void lr_crawl_write_port(lr_crawl_text_writer *writer,
                                       unsigned port) {
  char digits[12];
  char *at = digits + sizeof digits;
  do *--at = (char)('0' + port % 10);
  while (port /= 10);
  *--at = ':';
  lr_crawl_write(writer, at, (size_t)(digits + sizeof digits - at));
}

/* Puts a NUL behind the text, over its last byte when it does not fit, and
 * returns the length. */
static inline size_t lr_crawl_write_end(lr_crawl_text_writer *writer) {
  if (writer->length < writer->capacity)
    writer->out[writer->length] = '\0';
  else if (writer->capacity)
    writer->out[writer->capacity - 1] = '\0';
  return writer->length;
}

#endif
