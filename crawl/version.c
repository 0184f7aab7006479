/* SPDX-License-Identifier: MIT
 * version.c: the version that this library was built as. */
#include <lariat/crawl/version.h>

const char *lariat_crawl_version(void) { return LARIAT_CRAWL_VERSION; }
