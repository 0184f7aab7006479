/* SPDX-License-Identifier: MIT
 * crawl_agreement.h: whether the WARC files and the database of a crawl agree:
 * each URL once in both, each record where its row says; and robots.txt, which
 * has no row, once, as of a crawl of one host. */
#ifndef TESTS_SUPPORT_CRAWL_AGREEMENT_H
#define TESTS_SUPPORT_CRAWL_AGREEMENT_H

#include <stddef.h>

/* Reads both; returns how many URLs have an outcome that is their last one and
 * was written to a WARC file, and writes what is wrong into `wrong`, "" where
 * nothing is. */
size_t crawl_agreement_check(const char *directory, char *wrong,
                             size_t capacity);

#endif
