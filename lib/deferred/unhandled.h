/* SPDX-License-Identifier: MIT
 * unhandled.h: the report of a failure that nobody handled. */
#ifndef LR_DEFERRED_UNHANDLED_H
#define LR_DEFERRED_UNHANDLED_H

#include "deferred/deferred.h"

/* Reports the failure that is the result of `deferred`, which dies, unless it
 * is to be forgotten. */
void lr_unhandled_report(const lariat_deferred *deferred);

#endif
