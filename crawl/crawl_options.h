/* SPDX-License-Identifier: MIT
 * crawl_options.h: the options of a crawl, read, checked and copied: what all
 * of its threads look at, and nobody changes. */
#ifndef CRAWL_CRAWL_OPTIONS_H
#define CRAWL_CRAWL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/crawl/crawl.h>
#include <lariat/crawl/url_key.h>

#include "bytes.h"
#include "fault.h"
#include "frontier.h"
#include "politeness.h"
#include "scope.h"
#include "seed_address.h"
#include "trap.h"

typedef struct lr_crawl_settings {
  lariat_crawl_options options; /* all texts are copies */
  const char *user_agent;
  const char *from;    /* the mail address of the contact; NULL: it is none */
  const char *allowed; /* networks: the option's, and those of seeds */
  lariat_crawl_key_rules *keys;
  lr_crawl_hash_key hash; /* set once the frontier is open */
  bool needs_contact;     /* seeds are off this machine, and there is none */
  lr_crawl_bytes notices;
  char **texts; /* the copies, to be freed */
  size_t text_count;
  size_t text_capacity;
} lr_crawl_settings;

/* Looks for what is wrong with options that say all, and makes settings of
 * them: `*out` is the caller's.
 * LARIAT_OK, LARIAT_ENOMEM; LARIAT_EINVAL with a message */
lariat_status lr_crawl_settings_new(const lariat_crawl_options *options,
                                    lr_crawl_settings **out,
                                    lr_crawl_fault *fault);
void lr_crawl_settings_free(lr_crawl_settings *settings);

/* LARIAT_OK; LARIAT_EINVAL with a message: a contact is needed. */
lariat_status lr_crawl_settings_check_contact(const lr_crawl_settings *settings,
                                              lr_crawl_fault *fault);

/* The options of the parts. */
lr_crawl_scope_options
lr_crawl_settings_scope(const lr_crawl_settings *settings);
lr_crawl_politeness_options
lr_crawl_settings_politeness(const lr_crawl_settings *settings,
                             unsigned reactors);
lr_crawl_traps_options
lr_crawl_settings_traps(const lr_crawl_settings *settings);
lariat_pool_options lr_crawl_settings_pool(const lr_crawl_settings *settings);
lariat_client_options
lr_crawl_settings_client(const lr_crawl_settings *settings);

/* Makes the scope of the options and their seeds, and of `more`, which are
 * seeds, too. */
lariat_status lr_crawl_settings_make_scope(const lr_crawl_settings *settings,
                                           const char *const *more,
                                           size_t more_count,
                                           lr_crawl_scope **out,
                                           lr_crawl_fault *fault);

/* Returns the options for a host, the last that match it; NULL: none do. */
const lariat_crawl_host_options *
lr_crawl_settings_host(const lr_crawl_settings *settings, const char *host,
                       size_t length);

/* Tells whether robots.txt counts for a host. */
bool lr_crawl_settings_obeys_robots(const lr_crawl_settings *settings,
                                    const char *host, size_t length);

/* Returns how long to wait before what has failed `tries` times is tried again:
 * ten delays, four times as long each time; a second at least, an hour at the
 * most. */
uint64_t lr_crawl_settings_retry_ms(const lr_crawl_settings *settings,
                                    unsigned tries);

/* Tells whether a media type ("text/html", in lower case; "" is unknown) is
 * wanted. */
bool lr_crawl_settings_wants_type(const lr_crawl_settings *settings,
                                  const char *type);

#endif
