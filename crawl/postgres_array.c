/* SPDX-License-Identifier: MIT
 * postgres_array.c: a head (dimensions, whether there are nulls, the type of
 * elements; then the length and the lower bound of the one dimension), and
 * each element behind its length.  An empty array has no dimension. */
#include "postgres_array.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "charset_text.h"

enum { HEAD = 20, EMPTY_HEAD = 12, LONGEST = 1000000000 };

static void add_word(lr_crawl_scratch *bytes, uint32_t word) {
  word = htonl(word);
  lr_crawl_scratch_add(bytes, (const char *)&word, sizeof word);
}

void lr_crawl_postgres_array_begin(lr_crawl_postgres_array *array,
                                   lr_crawl_postgres_type type) {
  static const char head[HEAD];
  lr_crawl_scratch_clear(&array->bytes);
  array->bytes.failed = false;
  array->type = type;
  array->count = array->nulls = 0;
  lr_crawl_scratch_add(&array->bytes, head, HEAD);
}

void lr_crawl_postgres_array_free(lr_crawl_postgres_array *array) {
  lr_crawl_scratch_free(&array->bytes);
}

/* ---- Elements ---- */

static void add_null(lr_crawl_postgres_array *array) {
  add_word(&array->bytes, UINT32_MAX);
  array->count++;
  array->nulls++;
}

void lr_crawl_postgres_array_add_bytes(lr_crawl_postgres_array *array,
                                       const void *bytes, size_t length) {
  if (!bytes) {
    add_null(array);
    return;
  }
  if (length > LONGEST) array->bytes.failed = true;
  if (array->bytes.failed) return;
  add_word(&array->bytes, (uint32_t)length);
  lr_crawl_scratch_add(&array->bytes, bytes, length);
  array->count++;
}

void lr_crawl_postgres_array_add(lr_crawl_postgres_array *array,
                                 int64_t number) {
  uint64_t wide = htobe64((uint64_t)number);
  uint32_t narrow = htonl((uint32_t)number);
  char truth = number != 0;
  if (array->type == LR_CRAWL_POSTGRES_BIGINT)
    lr_crawl_postgres_array_add_bytes(array, &wide, sizeof wide);
  else if (array->type == LR_CRAWL_POSTGRES_INT)
    lr_crawl_postgres_array_add_bytes(array, &narrow, sizeof narrow);
  else
    lr_crawl_postgres_array_add_bytes(array, &truth, sizeof truth);
}

/* Adds a text whose bytes are not all ASCII; `exact`: null where it is not
 * UTF-8. */
static void add_decoded(lr_crawl_postgres_array *array, const char *text,
                        size_t length, bool exact) {
  lr_crawl_scratch mended = {0};
  lr_crawl_charset_text decoder;
  lr_crawl_charset_text_open(&decoder, lr_crawl_charset_utf_8());
  lr_crawl_charset_decode(&decoder, text, length, &mended);
  lr_crawl_charset_text_close(&decoder);
  bool same =
      mended.length == length && memcmp(mended.bytes, text, length) == 0;
  if (mended.failed)
    array->bytes.failed = true;
  else if (exact && !same)
    add_null(array);
  else
    lr_crawl_postgres_array_add_bytes(array, mended.bytes, mended.length);
  lr_crawl_scratch_free(&mended);
}

static void add_text(lr_crawl_postgres_array *array, const char *text,
                     bool exact) {
  size_t length = text ? strlen(text) : 0;
  if (!text || lr_crawl_is_ascii(text, length))
    lr_crawl_postgres_array_add_bytes(array, text, length);
  else
    add_decoded(array, text, length, exact);
}

void lr_crawl_postgres_array_add_text(lr_crawl_postgres_array *array,
                                      const char *text) {
  add_text(array, text, false);
}

void lr_crawl_postgres_array_add_exact(lr_crawl_postgres_array *array,
                                       const char *text) {
  add_text(array, text, true);
}

/* ---- Values ---- */

bool lr_crawl_postgres_array_end(lr_crawl_postgres_array *array,
                                 lr_crawl_postgres_value *value) {
  uint32_t head[HEAD / sizeof(uint32_t)] = {
      htonl(array->count != 0), htonl(array->nulls != 0),
      htonl((uint32_t)array->type), htonl(array->count), htonl(1)};
  if (array->bytes.failed || array->bytes.length > LONGEST) return false;
  memcpy(array->bytes.bytes, head, HEAD);
  *value = (lr_crawl_postgres_value){
      .bytes = array->bytes.bytes,
      .length = array->count ? (int)array->bytes.length : EMPTY_HEAD};
  return true;
}

lr_crawl_postgres_value lr_crawl_postgres_bigint(uint64_t *place,
                                                 int64_t number) {
  *place = htobe64((uint64_t)number);
  return (lr_crawl_postgres_value){.bytes = (const char *)place,
                                   .length = sizeof *place};
}

lr_crawl_postgres_value lr_crawl_postgres_text_value(const char *text) {
  return (lr_crawl_postgres_value){.bytes = text,
                                   .length = text ? (int)strlen(text) : 0};
}
