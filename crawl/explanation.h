/* SPDX-License-Identifier: MIT
 * explanation.h: why a URL is, or is not, fetched: as an object of JSON, from
 * what the settings and the frontier know.  Of the frontier's thread. */
#ifndef CRAWL_EXPLANATION_H
#define CRAWL_EXPLANATION_H

#include <lariat/status.h>
#include <lariat/url.h>

#include "bytes.h"
#include "crawl_options.h"
#include "frontier.h"
#include "scope.h"

typedef struct lr_crawl_explained {
  const lr_crawl_settings *settings;
  const lr_crawl_scope *scope;
  lr_crawl_frontier *frontier;
  lr_crawl_hash_key hash;
} lr_crawl_explained;

/* Parses what is asked about, without userinfo and fragment.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EURL, LARIAT_ESCHEME */
lariat_status lr_crawl_explained_url(const char *text, lariat_url **out);

/* Adds the object but for its last brace: a running crawl knows more. */
void lr_crawl_explain(const lr_crawl_explained *about, const lariat_url *url,
                      lr_crawl_bytes *json);

#endif
