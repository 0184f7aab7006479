/* SPDX-License-Identifier: MIT
 * watcher.h: what --verbose shows of a fetch on its way: its connections,
 * the heads that went and came, redirects and retries, as curl shows them. */
#ifndef TOOLS_LARIAT_FETCH_WATCHER_H
#define TOOLS_LARIAT_FETCH_WATCHER_H

#include <lariat/observer.h>

#include "fetch/run.h"

/* Returns the observer of a fetch that is shown.  Each event is written to
 * standard error at once, in one piece.  Where the run has more than one URL,
 * each of its lines begins with the number of the URL's line, "[3] ". */
lariat_observer watcher_of(struct job *job);

#endif
