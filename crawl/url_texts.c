/* SPDX-License-Identifier: MIT
 * url_texts.c: chunks of 256 URLs each.  A URL's chunk follows from its id, so
 * that nothing is searched. */
#include "url_texts.h"

#include "memory.h"

enum { EACH = 256, FIRST_BYTES = 4096 };

typedef struct lr_crawl_text_chunk {
  uint32_t count;
  size_t length, capacity;
  char *bytes;       /* for each URL its record, and its path */
  uint32_t at[EACH]; /* where each begins */
} chunk;

void lr_crawl_texts_begin(lr_crawl_url_texts *texts, uint32_t next) {
  *texts = (lr_crawl_url_texts){.first = next, .next = next};
}

static void drop_chunk(lr_crawl_url_texts *texts, chunk *gone) {
  texts->memory -= sizeof *gone + gone->capacity;
  lariat_memory_release(gone->bytes);
  lariat_memory_release(gone);
}

void lr_crawl_texts_clear(lr_crawl_url_texts *texts) {
  for (size_t i = 0; i < texts->count; i++) drop_chunk(texts, texts->chunks[i]);
  lariat_memory_release(texts->chunks);
  *texts = (lr_crawl_url_texts){0};
}

/* ---- Adding ---- */

static chunk *add_chunk(lr_crawl_url_texts *texts) {
  chunk **chunks = lr_crawl_grow(texts->chunks, &texts->capacity,
                                 texts->count + 1, sizeof(chunk *));
  if (!chunks) return NULL;
  texts->chunks = chunks;
  chunk *added = lr_crawl_allocate(1, sizeof *added);
  if (!added) return NULL;
  texts->memory += sizeof *added;
  return texts->chunks[texts->count++] = added;
}

/* Returns the chunk that the next URL goes to. */
static chunk *last_chunk(lr_crawl_url_texts *texts) {
  chunk *last = texts->count ? texts->chunks[texts->count - 1] : NULL;
  return last && last->count < EACH ? last : add_chunk(texts);
}

/* Makes space for so many bytes more. */
static bool make_space(lr_crawl_url_texts *texts, chunk *to, size_t bytes) {
  size_t old = to->capacity, wanted = to->length + bytes;
  if (wanted <= old) return true;
  size_t most = old ? old * 2 : FIRST_BYTES;
  char *grown = lariat_memory_resize(to->bytes, most < wanted ? wanted : most);
  if (!grown) return false;
  to->bytes = grown;
  to->capacity = most < wanted ? wanted : most;
  texts->memory += to->capacity - old;
  return true;
}

bool lr_crawl_texts_add(lr_crawl_url_texts *texts,
                        const lr_crawl_url_record *record) {
  chunk *to = last_chunk(texts);
  if (!to || !make_space(texts, to, sizeof *record + record->length))
    return false;
  to->at[to->count++] = (uint32_t)to->length;
  memcpy(to->bytes + to->length, record, sizeof *record);
  memcpy(to->bytes + to->length + sizeof *record, record->path, record->length);
  to->length += sizeof *record + record->length;
  texts->next++;
  return true;
}

void lr_crawl_texts_take_back(lr_crawl_url_texts *texts) {
  chunk *last = texts->chunks[texts->count - 1];
  last->length = last->at[--last->count];
  texts->next--;
  if (last->count) return;
  texts->count--;
  drop_chunk(texts, last);
}

/* ---- Finding and forgetting ---- */

bool lr_crawl_texts_find(const lr_crawl_url_texts *texts, uint32_t id,
                         lr_crawl_url_record *record) {
  if (id < texts->first || id >= texts->next) return false;
  uint32_t behind = id - texts->first;
  const chunk *from = texts->chunks[behind / EACH];
  const char *bytes = from->bytes + from->at[behind % EACH];
  memcpy(record, bytes, sizeof *record);
  record->path = bytes + sizeof *record;
  return true;
}

void lr_crawl_texts_trim(lr_crawl_url_texts *texts, uint32_t uncommitted,
                         size_t most) {
  size_t gone = 0;
  while (gone < texts->count && texts->memory > most &&
         texts->chunks[gone]->count == EACH &&
         texts->first + EACH <= uncommitted) {
    drop_chunk(texts, texts->chunks[gone++]);
    texts->first += EACH;
  }
  if (!gone) return;
  texts->count -= gone;
  memmove(texts->chunks, texts->chunks + gone,
          texts->count * sizeof *texts->chunks);
}
