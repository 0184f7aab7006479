/* SPDX-License-Identifier: MIT
 * deferreds_chain.c: one chain, which crosses over to the errback side and
 * back, and ends in time.
 *
 * usage: deferreds_chain NUMBER */
#include <lariat/lariat.h>

#include <stdio.h>
#include <stdlib.h>

/* Where the work of this program happens: a timer that fires a deferred. */
struct work {
  lariat_reactor *reactor;
  lariat_deferred *done;
  intptr_t number;
};

static void finish(void *context) {
  struct work *work = context;
  lariat_deferred_callback(work->done, lariat_int(work->number));
}

static lariat_value halve(lariat_value result, void *context) {
  (void)context;
  intptr_t number = lariat_int_in(result);
  if (number % 2 != 0)
    return lariat_failure_new(LARIAT_EUSER, "%jd is uneven", (intmax_t)number);
  return lariat_int(number / 2);
}

static lariat_value show(lariat_value result, void *context) {
  (void)context;
  printf("half of it is %jd\n", (intmax_t)lariat_int_in(result));
  return result;
}

static lariat_value complain(lariat_value failure, void *context) {
  (void)context;
  printf("%s: %s\n", lariat_status_name(lariat_failure_status(failure)),
         lariat_failure_message(failure));
  return lariat_value_drop(failure); /* handled: on with "none" */
}

static lariat_value stop(lariat_value result, void *context) {
  lariat_reactor_stop(context);
  return lariat_value_drop(result);
}

/* Fires after as many milliseconds as the number says, if it may. */
static lariat_status begin(struct work *work) {
  work->done = lariat_deferred_new(work->reactor, NULL, NULL, NULL);
  lariat_deferred_add_timeout(work->done, 100, NULL, NULL, NULL);
  lariat_deferred_add_callback(work->done, halve, NULL);
  lariat_deferred_add_callback(work->done, show, NULL);
  lariat_deferred_add_errback(work->done, complain, NULL);
  lariat_deferred_add_both(work->done, stop, work->reactor);
  return lariat_reactor_call_later(work->reactor, (uint64_t)work->number,
                                   finish, work, NULL, NULL);
}

int main(int argc, char **argv) {
  struct work work = {NULL, NULL,
                      argc > 1 ? (int)strtol(argv[1], NULL, 10) : 42};
  if (work.number < 0) work.number = -work.number;
  if (lariat_reactor_new(NULL, &work.reactor) != LARIAT_OK) return 1;
  lariat_status status = begin(&work);
  if (status == LARIAT_OK) status = lariat_reactor_run(work.reactor);
  lariat_deferred_release(work.done);
  lariat_reactor_close(work.reactor, 0);
  return status == LARIAT_OK ? 0 : 1;
}
