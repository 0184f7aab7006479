/* SPDX-License-Identifier: MIT
 * shared_session.h: a few questions to the database of a shared crawl, from a
 * caller that waits for the answers: they are asked in a coroutine of a reactor
 * of their own, on a thread of its own. */
#ifndef CRAWL_SHARED_SESSION_H
#define CRAWL_SHARED_SESSION_H

#include <lariat/reactor.h>
#include <lariat/status.h>

#include "fault.h"

/* Asks, in the coroutine. */
typedef lariat_status lr_crawl_session_body(void *context,
                                            lariat_reactor *reactor,
                                            lr_crawl_fault *fault);

/* Runs `body`, waits, and returns what it does; else
 * LARIAT_ENOMEM, LARIAT_ESYSTEM: there is no thread or reactor. */
lariat_status lr_crawl_session_run(lr_crawl_session_body *body, void *context,
                                   lr_crawl_fault *fault);

#endif
