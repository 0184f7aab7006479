/* SPDX-License-Identifier: MIT
 * canceller.h: the context of a user's canceller, which goes when the deferred
 * fires or dies. */
#ifndef LR_DEFERRED_CANCELLER_H
#define LR_DEFERRED_CANCELLER_H

#include "deferred/deferred.h"

/* Destroys the canceller's context; `deferred` has LR_DEFERRED_CANCELLER. */
void lr_canceller_drop(lariat_deferred *deferred);

#endif
