/* SPDX-License-Identifier: MIT
 * silence.h: a crawl of which nothing answers, from its first request on: a
 * mistyped host, say.  Retries would go on for hours. */
#ifndef TOOLS_LARIAT_CRAWL_SILENCE_H
#define TOOLS_LARIAT_CRAWL_SILENCE_H

#include <lariat/crawl/crawl.h>
#include <stdbool.h>

/* The seconds after which it is given up. */
enum { SILENCE_SECONDS = 15 };

/* The seeds whose failures are looked for. */
enum { SILENCE_SEEDS = 16 };

struct silence {
  unsigned seconds; /* so far */
  bool told;
  char *failed[SILENCE_SEEDS]; /* owned: seeds that were told */
  size_t count;
};

/* Takes the counts of another second.  True, once: there never was an answer,
 * and nothing is under way. */
bool silence_add(struct silence *silence, const lariat_crawl_stats *stats);

/* Tells whether a seed has had a failure that was not told; and says it.  `why`
 * is the answer to `why` for it; NULL: there is none. */
bool silence_has_failure(const struct silence *silence, const char *why);
void silence_say_failure(struct silence *silence, const char *why);

void silence_free(struct silence *silence);

/* Says it, with what the answer to `why` for a seed tells; NULL: there is none.
 */
void silence_say(const char *why);

#endif
