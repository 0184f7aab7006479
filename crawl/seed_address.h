/* SPDX-License-Identifier: MIT
 * seed_address.h: seeds that name an address which is not public. */
#ifndef CRAWL_SEED_ADDRESS_H
#define CRAWL_SEED_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/url.h>

/* Tells whether a URL's host is this machine by its loopback. */
bool lr_crawl_url_is_loopback(const lariat_url *url);

/* Writes the addresses that a seed means, as a list of networks has them, where
 * it names one that is not public, or "localhost"; "" where it does not. */
void lr_crawl_seed_address(const lariat_url *url, char *out, size_t capacity);

#endif
