/* SPDX-License-Identifier: MIT
 * words_digest.h: what a page says, without its markup, numbers and order. */
#ifndef CRAWL_WORDS_DIGEST_H
#define CRAWL_WORDS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Returns 64 bits of the words of a text that is HTML, perhaps: of what stands
 * outside of tags, letters in a row without digits among them, each as often as
 * it is there.  Two texts with the same bits differ in numbers, identifiers,
 * links and markup at most, or in order.  0: there are no words. */
uint64_t lr_crawl_words_digest(const char *bytes, size_t length);

#endif
