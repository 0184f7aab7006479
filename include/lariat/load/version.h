/* SPDX-License-Identifier: MIT
 * Which liblariat-load this is. */
#ifndef LARIAT_LOAD_VERSION_H
#define LARIAT_LOAD_VERSION_H

#include <lariat/export.h>
#include <lariat/version.h>

/* The version of these headers: liblariat-load is released with liblariat, and
 * has its version. */
#define LARIAT_LOAD_VERSION LARIAT_VERSION

LARIAT_BEGIN_C

/* Returns the version of the liblariat-load that is running, as
 * LARIAT_LOAD_VERSION is that of the headers.  The two differ when a program
 * was built with the headers of another release.  Any thread, at any time, also
 * before anything else of lariat is used; the text is static, and nobody's to
 * free. */
LARIAT_API const char *lariat_load_version(void);

LARIAT_END_C

#endif
