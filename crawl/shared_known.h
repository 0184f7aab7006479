/* SPDX-License-Identifier: MIT
 * shared_known.h: what a shared crawl's database knows of one URL, as a
 * frontier that has nothing else, to be explained. */
#ifndef CRAWL_SHARED_KNOWN_H
#define CRAWL_SHARED_KNOWN_H

#include <lariat/url.h>

#include "bytes.h"
#include "crawl_options.h"
#include "frontier.h"

/* A question, and the answer. */
typedef struct lr_crawl_shared_known {
  const char *connection, *name;
  const char *url;             /* which is asked for */
  lr_crawl_settings *settings; /* NULL: those of the crawl are made */
  /* The answer. */
  lr_crawl_frontier *frontier;
  lr_crawl_hash_key hash;
  lr_crawl_bytes place; /* a member of an object of JSON, with a comma before */
} lr_crawl_shared_known;

/* Asks the database, in a session of its own, and waits.  Settings that were
 * made are the caller's.
 * Statuses as lr_crawl_shared_open, and LARIAT_EURL, LARIAT_ESCHEME */
lariat_status lr_crawl_shared_known_ask(lr_crawl_shared_known *known,
                                        lr_crawl_fault *fault);

/* Frees the answer. */
void lr_crawl_shared_known_clear(lr_crawl_shared_known *known);

/* Makes settings of the options that a crawl remembers. */
lariat_status lr_crawl_shared_known_settings(const char *config,
                                             lr_crawl_settings **out,
                                             lr_crawl_fault *fault);

#endif
