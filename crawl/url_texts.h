/* SPDX-License-Identifier: MIT
 * url_texts.h: the URLs that were added last, with their texts, by id: all that
 * are not in the log yet, and as many of the others as fit into some memory, so
 * that a crawl that takes them soon need not read them back.  One thread. */
#ifndef CRAWL_URL_TEXTS_H
#define CRAWL_URL_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A URL as the log has it. */
typedef struct lr_crawl_url_record {
  uint64_t fingerprint;
  uint64_t via;
  uint32_t host;
  uint32_t depth;
  uint32_t length; /* of the path */
  uint8_t priority;
  uint8_t hops_off_site;
  char hop;
  bool is_own; /* the fingerprint is that of the URL itself, as it stands; the
                  log leaves it out then */
  const char *path; /* what is behind its host's prefix, "/a?b"; or, where the
                       URL does not begin with that, all of it */
} lr_crawl_url_record;

typedef struct lr_crawl_url_texts {
  struct lr_crawl_text_chunk **chunks;
  size_t count, capacity;
  uint32_t first; /* id that the first chunk begins with */
  uint32_t next;  /* id that the next one gets */
  size_t memory;  /* bytes */
} lr_crawl_url_texts;

/* Begins, with nothing: the next URL gets this id. */
void lr_crawl_texts_begin(lr_crawl_url_texts *texts, uint32_t next);
void lr_crawl_texts_clear(lr_crawl_url_texts *texts);

/* Adds a URL, with a copy of its path; its id is texts->next - 1 then.  False:
 * out of memory, and nothing has changed. */
bool lr_crawl_texts_add(lr_crawl_url_texts *texts,
                        const lr_crawl_url_record *record);

/* Takes the last one out again, which was added just now. */
void lr_crawl_texts_take_back(lr_crawl_url_texts *texts);

/* Finds a URL by its id; false: it is not here.  The path is the texts' until
 * the next add or trim. */
bool lr_crawl_texts_find(const lr_crawl_url_texts *texts, uint32_t id,
                         lr_crawl_url_record *record);

/* Forgets the oldest, but none from `uncommitted` on, until no more than `most`
 * bytes are used. */
void lr_crawl_texts_trim(lr_crawl_url_texts *texts, uint32_t uncommitted,
                         size_t most);

#endif
