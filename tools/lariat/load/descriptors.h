/* SPDX-License-Identifier: MIT
 * descriptors.h: as many descriptors as there are to be connections. */
#ifndef TOOLS_LARIAT_LOAD_DESCRIPTORS_H
#define TOOLS_LARIAT_LOAD_DESCRIPTORS_H

#include <stdbool.h>

/* Raises the limit of descriptors so far that there may be so many connections.
 * Says so when the system does not allow it, and returns false. */
bool descriptors_raise(unsigned connections);

#endif
