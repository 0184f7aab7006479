/* SPDX-License-Identifier: MIT
 * seeds.h: where a crawl begins: URLs of the command line, and lists of them.
 */
#ifndef TOOLS_LARIAT_CRAWL_SEEDS_H
#define TOOLS_LARIAT_CRAWL_SEEDS_H

#include <lariat/crawl/crawl.h>
#include <stdbool.h>
#include <stddef.h>

#include "crawl/settings.h"

struct crawl_seeds {
  lariat_crawl_seed *seeds;
  char **texts; /* owned: their URLs */
  size_t count;
  size_t capacity;
  size_t guessed; /* had no scheme */
  unsigned mistakes;
};

/* Reads one seed: a URL, or a host or the like without a scheme, which is taken
 * as https, of this machine as http.  Appends it; false, with a reason in
 * `message`: it is none, or there is no memory. */
bool crawl_seeds_add(struct crawl_seeds *seeds, const char *text, char *message,
                     size_t capacity);

/* Returns the URL of a seed as the above reads it, which the caller frees. Says
 * why it is none, and returns NULL. */
char *crawl_seed_url(const char *text);

/* Reads one line of a list: a URL, a JSON object, a comment, or nothing. */
bool crawl_seeds_add_line(struct crawl_seeds *seeds, const char *line,
                          size_t length, char *message, size_t capacity);

/* Reads all that the settings have.  Says what is no seed, with its line, and
 * returns false. */
bool crawl_seeds_make(struct crawl_seeds *seeds,
                      const struct crawl_settings *settings);

void crawl_seeds_free(struct crawl_seeds *seeds);

#endif
