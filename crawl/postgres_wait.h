/* SPDX-License-Identifier: MIT
 * postgres_wait.h: waiting for a descriptor in a coroutine, with a limit. */
#ifndef CRAWL_POSTGRES_WAIT_H
#define CRAWL_POSTGRES_WAIT_H

#include <stdint.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

typedef enum lr_crawl_postgres_event {
  LR_CRAWL_POSTGRES_READABLE,
  LR_CRAWL_POSTGRES_WRITABLE,
  LR_CRAWL_POSTGRES_EITHER
} lr_crawl_postgres_event;

/* Waits until a descriptor can be read or written, as `event` says.  Its reader
 * and writer are only there meanwhile.
 *
 * LARIAT_OK
 * LARIAT_ETIMEDOUT   not within `ms`
 * LARIAT_ECANCELLED, LARIAT_ECLOSED, LARIAT_ENOMEM, LARIAT_ESYSTEM, and what
 * lariat_await says of misuse */
lariat_status lr_crawl_postgres_wait(lariat_reactor *reactor, int fd,
                                     lr_crawl_postgres_event event,
                                     uint64_t ms);

#endif
