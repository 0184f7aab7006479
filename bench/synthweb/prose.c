/* SPDX-License-Identifier: MIT
 * See prose.h. */
#include "prose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

/* Adds a word of two to four syllables, of which there are 64. */
static size_t add_word(char *out, uint64_t drawn) {
  static const char consonants[] = "bdfgklmnprstvzhj";
  static const char vowels[] = "aeio";
  unsigned syllables = 2 + (unsigned)(drawn % 3);
  size_t length = 0;

  drawn >>= 8;
  for (unsigned i = 0; i < syllables; i++, drawn >>= 6) {
    out[length++] = consonants[drawn % 16];
    out[length++] = vowels[drawn / 16 % 4];
  }
  out[length++] = ' ';
  return length;
}

/* Draws one of 4,096 words, the n-th of them as one n-th as often as the first:
 * Zipf's law, as in languages, so that pages are as easy to compress as real
 * ones (to 30 % by zlib's level 6, at 8 KB). */
static uint64_t draw_word(uint64_t *state) {
  enum { WORDS = 4096 };

  return (uint64_t)pow(WORDS, random_share(random_next(state)));
}

static void write_paragraph(char *out, uint64_t *state) {
  enum { OPEN = 3, CLOSE = 5, LONGEST_WORD = 9 };
  size_t length = OPEN;

  memset(out, ' ', PROSE_BYTES);
  memcpy(out, "<p>", OPEN);
  while (length + LONGEST_WORD + CLOSE <= PROSE_BYTES)
    length += add_word(out + length, random_of(draw_word(state)));
  memcpy(out + PROSE_BYTES - CLOSE, "</p>\n", CLOSE);
}

bool prose_make(struct prose *prose, uint64_t seed) {
  uint64_t state = seed;

  prose->bytes = malloc((size_t)PROSE_PARAGRAPHS * PROSE_BYTES);
  if (!prose->bytes) return false;
  for (size_t i = 0; i < PROSE_PARAGRAPHS; i++)
    write_paragraph(prose->bytes + i * PROSE_BYTES, &state);
  return true;
}

void prose_free(struct prose *prose) { free(prose->bytes); }

void prose_add(const struct prose *prose, uint64_t state, uint32_t bytes,
               struct text *out) {
  for (uint32_t i = 0; i < bytes / PROSE_BYTES; i++)
    text_add(out,
             prose->bytes +
                 (size_t)random_below(random_next(&state), PROSE_PARAGRAPHS) *
                     PROSE_BYTES,
             PROSE_BYTES);
}
