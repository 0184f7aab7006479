/* SPDX-License-Identifier: MIT
 * answer.h: the bytes of the answer to a request. */
#ifndef BENCH_SYNTHWEB_ANSWER_H
#define BENCH_SYNTHWEB_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "asked.h"
#include "node.h"
#include "site.h"
#include "text.h"

struct answer {
  uint32_t host;
  struct node node;
  const struct asked *asked;
  unsigned times;  /* this URL was asked for, with this one */
  uint64_t serial; /* of the request */

  /* Made: */
  unsigned status;
  bool close;            /* the connection ends behind it */
  uint64_t endless_left; /* so many bytes more follow, in chunks, and no end */
};

struct answer_maker {
  const struct site *site;
  struct text body, extra, packed;
};

/* Adds the answer to `out`. */
void answer_make(struct answer_maker *maker, struct answer *answer,
                 struct text *out);
void answer_maker_free(struct answer_maker *maker);

/* Adds one more chunk of an endless body; returns how much of it is body. */
uint64_t answer_add_chunk(struct text *out);

#endif
