/* SPDX-License-Identifier: MIT
 * The version of lariat. */
#ifndef LARIAT_VERSION_H
#define LARIAT_VERSION_H

#include <lariat/export.h>

#define LARIAT_VERSION_MAJOR 0
#define LARIAT_VERSION_MINOR 2
#define LARIAT_VERSION_PATCH 0
#define LARIAT_VERSION "0.2.0"

LARIAT_BEGIN_C

/* Returns the version of the library that is running, as LARIAT_VERSION is that
 * of the headers.  Any thread; static. */
LARIAT_API const char *lariat_version(void);

/* Returns the version of the libcurl that is loaded ("7.88.1").  Any thread;
 * static. */
LARIAT_API const char *lariat_libcurl_version(void);

LARIAT_END_C

#endif
