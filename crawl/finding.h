/* SPDX-License-Identifier: MIT
 * finding.h: the texts of a URL that a frontier knows it by. */
#ifndef CRAWL_FINDING_H
#define CRAWL_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/url_key.h>
#include <lariat/url.h>

#include "frontier.h"

enum { LR_CRAWL_MOST_ORIGIN = 320 };

/* Writes the origin of a URL, "http://example.org:80", ended by a NUL as far as
 * `capacity` allows, and returns its length. */
size_t lr_crawl_origin_of(const lariat_url *url, char *out, size_t capacity);

/* Returns the text of a URL up to its fragment, which is what is fetched; it
 * has no userinfo. */
const char *lr_crawl_fetched_text(const lariat_url *url, size_t *length);

/* Returns the fingerprint of a URL's key; 0: no memory. */
uint64_t lr_crawl_fingerprint_of(const lariat_crawl_key_rules *rules,
                                 lr_crawl_hash_key key, const lariat_url *url);

#endif
