/* SPDX-License-Identifier: MIT
 * response_corpus.h: answers of HTTP/1.1 servers, good, odd and broken, each
 * with a name: what a reader of answers has to make something of. */
#ifndef TESTS_SUPPORT_RESPONSE_CORPUS_H
#define TESTS_SUPPORT_RESPONSE_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

enum {
  CORPUS_WAITS = 1,   /* GET: what comes after its bytes decides */
  CORPUS_MOVES = 2,   /* it may be a redirect */
  CORPUS_TRIES = 4,   /* a good answer, with a status to try again */
  CORPUS_CODED = 8,   /* the body has a coding */
  CORPUS_SIMPLE = 16, /* nothing in it is out of the ordinary */
  CORPUS_MORE = 32    /* bytes behind the answer that nobody asked for */
};

struct corpus_response {
  const char *name;
  const char *bytes;
  size_t length;
  unsigned flags;
};

/* All of them; `*count` gets how many.  NULL when out of memory. */
struct corpus_response *response_corpus_make(size_t *count);

void response_corpus_free(struct corpus_response *shapes, size_t count);

/* The one called `name`, or NULL. */
const struct corpus_response *
response_corpus_find(const struct corpus_response *shapes, size_t count,
                     const char *name);

#endif
