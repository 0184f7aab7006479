/* SPDX-License-Identifier: MIT
 * warc_known.c: a table with open addressing, three quarters full at most. */
#include "warc_known.h"

#include <string.h>

#include <openssl/evp.h>

#include <lariat/allocator.h>

enum { FIRST_CAPACITY = 1024 };

lr_crawl_warc_key lr_crawl_warc_key_of(const char *first, const char *second) {
  lr_crawl_warc_key key = {{0, 0}};
  unsigned char digest[EVP_MAX_MD_SIZE] = {0};
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
      EVP_DigestUpdate(context, first, strlen(first) + 1) == 1 &&
      EVP_DigestUpdate(context, second, strlen(second)) == 1)
    (void)EVP_DigestFinal_ex(context, digest, NULL);
  EVP_MD_CTX_free(context);
  memcpy(key.words, digest, sizeof key.words);
  return key;
}

static bool are_equal(lr_crawl_warc_key a, lr_crawl_warc_key b) {
  return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/* Returns the place of a key: its own, or the free one where it belongs. */
static lr_crawl_warc_entry *find_place(const lr_crawl_warc_known *known,
                                       lr_crawl_warc_key key) {
  size_t at = key.words[0] & (known->capacity - 1);
  while (known->entries[at].value && !are_equal(known->entries[at].key, key))
    at = (at + 1) & (known->capacity - 1);
  return &known->entries[at];
}

static bool grow(lr_crawl_warc_known *known) {
  lr_crawl_warc_known larger = {
      .capacity = known->capacity ? 2 * known->capacity : FIRST_CAPACITY};
  size_t bytes = larger.capacity * sizeof *larger.entries;
  larger.entries = lariat_memory_allocate(bytes);
  if (!larger.entries) return false;
  memset(larger.entries, 0, bytes);
  for (size_t i = 0; i < known->capacity; i++)
    if (known->entries[i].value)
      *find_place(&larger, known->entries[i].key) = known->entries[i];
  larger.count = known->count;
  lr_crawl_warc_known_free(known);
  *known = larger;
  return true;
}

bool lr_crawl_warc_known_add(lr_crawl_warc_known *known, lr_crawl_warc_key key,
                             uint64_t value, uint64_t *old) {
  if (4 * known->count >= 3 * known->capacity && !grow(known)) return false;
  lr_crawl_warc_entry *place = find_place(known, key);
  *old = place->value;
  if (place->value) return true;
  *place = (lr_crawl_warc_entry){.key = key, .value = value};
  known->count++;
  return true;
}

uint64_t lr_crawl_warc_known_find(const lr_crawl_warc_known *known,
                                  lr_crawl_warc_key key) {
  return known->capacity ? find_place(known, key)->value : 0;
}

void lr_crawl_warc_known_free(lr_crawl_warc_known *known) {
  lariat_memory_release(known->entries);
  *known = (lr_crawl_warc_known){.entries = NULL};
}
