/* SPDX-License-Identifier: MIT
 * Which liblariat-crawl this is. */
#ifndef LARIAT_CRAWL_VERSION_H
#define LARIAT_CRAWL_VERSION_H

#include <lariat/export.h>
#include <lariat/version.h>

/* The version of these headers: liblariat-crawl is released with liblariat, and
 * has its version. */
#define LARIAT_CRAWL_VERSION LARIAT_VERSION

LARIAT_BEGIN_C

/* Returns the version of the liblariat-crawl that is running, as
 * LARIAT_CRAWL_VERSION is that of the headers.  The two differ when a program
 * was built with the headers of another release.  Any thread, at any time, also
 * before anything else of lariat is used; the text is static, and nobody's to
 * free. */
LARIAT_API const char *lariat_crawl_version(void);

LARIAT_END_C

#endif
