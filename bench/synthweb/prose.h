/* SPDX-License-Identifier: MIT
 * prose.h: paragraphs for pages to be made of. */
#ifndef BENCH_SYNTHWEB_PROSE_H
#define BENCH_SYNTHWEB_PROSE_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum {
  PROSE_PARAGRAPHS = 4096,
  PROSE_BYTES = 256 /* of a paragraph, with its tags */
};

struct prose {
  char *bytes;
};

/* False: out of memory. */
bool prose_make(struct prose *prose, uint64_t seed);
void prose_free(struct prose *prose);

/* Adds about so many bytes, drawn by `state`. */
void prose_add(const struct prose *prose, uint64_t state, uint32_t bytes,
               struct text *out);

#endif
