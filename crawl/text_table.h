/* SPDX-License-Identifier: MIT
 * text_table.h: objects by a text that each of them has: of 1.5 to 3 words for
 * each.  The hash is keyed, so that nobody who can choose texts can choose
 * those that collide. */
#ifndef CRAWL_TEXT_TABLE_H
#define CRAWL_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_crawl_text_table {
  const char *(*text_of)(const void *object);
  void **slots;
  size_t count;
  size_t capacity; /* a power of two, or 0 */
  uint64_t key[2];
} lr_crawl_text_table;

/* Makes an empty table; `text_of` returns an object's text, which does not
 * change while it is in the table. */
void lr_crawl_text_table_init(lr_crawl_text_table *table,
                              const char *(*text_of)(const void *object));

/* Frees the slots; the objects are others'. */
void lr_crawl_text_table_clear(lr_crawl_text_table *table);

/* Returns the object with the text; NULL: there is none. */
void *lr_crawl_text_table_find(const lr_crawl_text_table *table,
                               const char *text);

/* Puts an object in, whose text no other has.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_text_table_add(lr_crawl_text_table *table, void *object);

/* Takes an object out, if it is there. */
void lr_crawl_text_table_remove(lr_crawl_text_table *table, const void *object);

/* Returns the next object behind slot `*at`, which begins with 0, in no certain
 * order; NULL: there are no more.  Nothing is put in or taken out meanwhile. */
void *lr_crawl_text_table_next(const lr_crawl_text_table *table, size_t *at);

#endif
