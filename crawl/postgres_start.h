/* SPDX-License-Identifier: MIT
 * postgres_start.h: the beginning of a connection, on a thread of its own:
 * there libpq reads password and service files and looks names up, and waits
 * for that.
 */
#ifndef CRAWL_POSTGRES_START_H
#define CRAWL_POSTGRES_START_H

#include <libpq-fe.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

/* Calls PQconnectStartParams with these keys and values (`*out` is NULL where
 * it is without memory), and waits for that in a coroutine.  All is copied.
 * What is not waited for any more ends with the thread.
 *
 * LARIAT_OK
 * LARIAT_ETIMEDOUT   not within `ms`
 * LARIAT_ECANCELLED, LARIAT_ECLOSED, LARIAT_ENOMEM, LARIAT_ESYSTEM */
lariat_status lr_crawl_postgres_start(lariat_reactor *reactor,
                                      const char *const *keys,
                                      const char *const *values, uint64_t ms,
                                      PGconn **out);

#endif
