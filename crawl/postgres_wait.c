/* SPDX-License-Identifier: MIT
 * postgres_wait.c: a reader and a writer that fire a deferred. */
#include "postgres_wait.h"

#include <lariat/await.h>
#include <lariat/failure.h>

typedef struct waiting {
  lariat_reactor *reactor;
  lariat_deferred *deferred;
  int fd;
} waiting;

static void stop_watching(const waiting *of) {
  (void)lariat_reactor_remove_reader(of->reactor, of->fd);
  (void)lariat_reactor_remove_writer(of->reactor, of->fd);
}

static void on_ready(int fd, void *context) {
  waiting *of = context; /* on the stack of who goes on in the callback */
  lariat_deferred *deferred = lariat_deferred_retain(of->deferred);
  (void)fd;
  stop_watching(of);
  (void)lariat_deferred_callback(deferred, lariat_none());
  lariat_deferred_release(deferred);
}

static lariat_status watch(waiting *of, lr_crawl_postgres_event event) {
  lariat_status status = LARIAT_OK;
  if (event != LR_CRAWL_POSTGRES_WRITABLE)
    status = lariat_reactor_add_reader(of->reactor, of->fd, on_ready, of, NULL);
  if (!status && event != LR_CRAWL_POSTGRES_READABLE)
    status = lariat_reactor_add_writer(of->reactor, of->fd, on_ready, of, NULL);
  return status;
}

lariat_status lr_crawl_postgres_wait(lariat_reactor *reactor, int fd,
                                     lr_crawl_postgres_event event,
                                     uint64_t ms) {
  waiting of = {.reactor = reactor, .fd = fd};
  of.deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  lariat_status status = watch(&of, event);
  if (!status) {
    lariat_deferred_add_timeout(of.deferred, ms, NULL, NULL, NULL);
    lariat_value result = lariat_await(lariat_deferred_retain(of.deferred));
    if (lariat_is_failure(result)) status = lariat_failure_status(result);
    lariat_value_drop(result);
  }
  stop_watching(&of);
  lariat_deferred_cancel(of.deferred);
  lariat_deferred_forget(of.deferred);
  return status;
}
