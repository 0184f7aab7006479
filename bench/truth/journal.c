/* SPDX-License-Identifier: MIT
 * See journal.h. */
#include "journal.h"

#include <stdlib.h>

enum { CHUNK = 4096 };

static bool add_chunk(struct journal *journal) {
  struct journal_record **chunks =
      realloc(journal->chunks, (journal->chunk_count + 1) * sizeof *chunks);

  if (!chunks) return false;
  journal->chunks = chunks;
  chunks[journal->chunk_count] = calloc(CHUNK, sizeof **chunks);
  if (!chunks[journal->chunk_count]) return false;
  journal->chunk_count++;
  return true;
}

bool journal_add(struct journal *journal, const struct journal_record *record) {
  if (journal->count == journal->chunk_count * CHUNK && !add_chunk(journal))
    return false;
  journal->chunks[journal->count / CHUNK][journal->count % CHUNK] = *record;
  journal->count++;
  return true;
}

const struct journal_record *journal_at(const struct journal *journal,
                                        size_t index) {
  return &journal->chunks[index / CHUNK][index % CHUNK];
}

bool journal_write(const struct journal *journal, FILE *out) {
  size_t left = journal->count;

  for (size_t i = 0; left; i++) {
    size_t some = left < CHUNK ? left : CHUNK;

    if (fwrite(journal->chunks[i], sizeof **journal->chunks, some, out) != some)
      return false;
    left -= some;
  }
  return true;
}

void journal_free(struct journal *journal) {
  for (size_t i = 0; i < journal->chunk_count; i++) free(journal->chunks[i]);
  free(journal->chunks);
}
