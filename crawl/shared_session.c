/* SPDX-License-Identifier: MIT
 * shared_session.c: a thread that lives for one coroutine. */
#include "shared_session.h"

#include <errno.h>
#include <pthread.h>

#include <lariat/coroutine.h>

#include "shared_store.h"

typedef struct session {
  lr_crawl_session_body *body;
  void *context;
  lr_crawl_fault *fault;
  lariat_reactor *reactor;
  lariat_status status;
} session;

static lariat_value run_body(void *argument) {
  session *of = argument;
  of->status = of->body(of->context, of->reactor, of->fault);
  return lariat_none();
}

/* Takes the end of the coroutine, also of one that could not be started. */
static lariat_value take_end(lariat_value result, void *context) {
  session *of = context;
  if (lariat_is_failure(result)) of->status = lariat_failure_status(result);
  (void)lariat_reactor_stop(of->reactor);
  return lariat_value_drop(result);
}

static void begin(void *context) {
  session *of = context;
  lariat_deferred *running = lariat_coroutine_start_with(
      of->reactor, run_body, of,
      &(lariat_coroutine_options){.size = sizeof(lariat_coroutine_options),
                                  .name = "shared crawl",
                                  .stack_bytes = LR_CRAWL_SHARED_STACK_BYTES});
  lariat_deferred_forget(lariat_deferred_add_both(running, take_end, of));
}

static void *run_thread(void *argument) {
  session *of = argument;
  of->status = lariat_reactor_new(NULL, &of->reactor);
  if (of->status != LARIAT_OK) return NULL;
  of->status = lariat_reactor_call_soon(of->reactor, begin, of, NULL);
  if (of->status == LARIAT_OK) {
    lariat_status ran = lariat_reactor_run(of->reactor);
    if (ran != LARIAT_OK) of->status = ran;
  }
  (void)lariat_reactor_close(of->reactor, 0);
  return NULL;
}

lariat_status lr_crawl_session_run(lr_crawl_session_body *body, void *context,
                                   lr_crawl_fault *fault) {
  session of = {.body = body, .context = context, .fault = fault};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run_thread, &of);
  if (error)
    return lr_crawl_fault_set(fault, LARIAT_ESYSTEM, error,
                              "no thread for the database");
  (void)pthread_join(thread, NULL);
  if (of.status == LARIAT_ENOMEM) return lr_crawl_fault_memory(fault);
  return of.status;
}
