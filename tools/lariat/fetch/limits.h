/* SPDX-License-Identifier: MIT
 * limits.h: how much may be in flight at once, as far as descriptors and
 * memory allow. */
#ifndef TOOLS_LARIAT_FETCH_LIMITS_H
#define TOOLS_LARIAT_FETCH_LIMITS_H

#include "fetch/settings.h"

/* Raises the soft limit of descriptors as far as needed and allowed, settles
 * limits.memory and limits.connections, and lowers limits.concurrency to what
 * both allow; says so when it does.  Returns false, having said why, when there
 * are too few descriptors for anything. */
bool limits_apply(struct settings *settings);

#endif
