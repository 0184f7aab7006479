/* SPDX-License-Identifier: MIT
 * run_options.h: settings as the options of the library. */
#ifndef TOOLS_LARIAT_CRAWL_RUN_OPTIONS_H
#define TOOLS_LARIAT_CRAWL_RUN_OPTIONS_H

#include <lariat/crawl/crawl.h>

#include "crawl/seeds.h"
#include "crawl/settings.h"

struct crawl_run_options {
  lariat_pool_options pool;
  lariat_client_options client;
  lariat_crawl_host_options *hosts; /* owned */
  lariat_crawl_options options;
};

/* Fills in the options, which point into all three; `seeds` may be NULL, and
 * `jsonl` is the file for lines, NULL for none.  False: out of memory. */
bool crawl_run_options_make(struct crawl_run_options *run,
                            const struct crawl_settings *settings,
                            const struct crawl_seeds *seeds, const char *jsonl);

/* Returns the option behind a field of the library's options with which a
 * message begins, as "key" for "key_rules: ..."; NULL: another one.  `*rest` is
 * what the message says of it. */
const char *crawl_run_options_name(const char *message, const char **rest);

void crawl_run_options_free(struct crawl_run_options *run);

#endif
