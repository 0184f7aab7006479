/* SPDX-License-Identifier: MIT
 * version.c: the version that this library was built as. */
#include <lariat/load/version.h>

const char *lariat_load_version(void) { return LARIAT_LOAD_VERSION; }
