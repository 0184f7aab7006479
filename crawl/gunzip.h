/* SPDX-License-Identifier: MIT
 * gunzip.h: undoes gzip, in pieces of any size. */
#ifndef LARIAT_CRAWL_GUNZIP_H
#define LARIAT_CRAWL_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/status.h>

typedef struct lr_crawl_gunzip lr_crawl_gunzip;

/* Takes bytes; false: no more are wanted. */
typedef bool lr_crawl_gunzip_sink(void *context, const char *bytes,
                                  size_t length);

/* Returns a decoder; NULL: out of memory. */
lr_crawl_gunzip *lr_crawl_gunzip_new(void);
void lr_crawl_gunzip_free(lr_crawl_gunzip *gunzip);

/* Decodes, and gives what comes out to `sink` in pieces of up to 16 KiB, until
 * that returns false.  Several members are one text; what is behind the last
 * one is ignored.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EENCODING  it is broken */
lariat_status lr_crawl_gunzip_feed(lr_crawl_gunzip *gunzip, const char *bytes,
                                   size_t length, lr_crawl_gunzip_sink *sink,
                                   void *context);

/* Tells whether the bytes so far end with a member. */
bool lr_crawl_gunzip_is_whole(const lr_crawl_gunzip *gunzip);

#endif
