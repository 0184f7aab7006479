/* SPDX-License-Identifier: MIT
 * deferreds_semaphore.c: six jobs, of which two run at a time, and what they
 * have made together; and a race between two of their kind. */
#include <lariat/lariat.h>

#include <stdio.h>

enum { JOBS = 6, AT_A_TIME = 2 };

struct job {
  lariat_reactor *reactor;
  lariat_deferred *done;
  int number;
};

static int running;

static void finish(void *context) {
  struct job *job = context;
  running--;
  printf("job %d is done\n", job->number);
  lariat_deferred_callback(job->done, lariat_int(job->number));
  lariat_deferred_release(job->done);
}

/* A job takes ten milliseconds.  The deferred is given away; the timer has a
 * reference too. */
static lariat_value run_job(void *context) {
  struct job *job = context;
  printf("job %d begins, %d running\n", job->number, ++running);
  job->done = lariat_deferred_new(job->reactor, NULL, NULL, NULL);
  lariat_deferred_retain(job->done);
  lariat_status status =
      lariat_reactor_call_later(job->reactor, 10, finish, job, NULL, NULL);
  if (status == LARIAT_OK) return lariat_deferred_value(job->done);
  lariat_deferred_release(job->done);
  lariat_deferred_release(job->done);
  return lariat_failure_new(status, "there is no timer");
}

static lariat_value add_up(lariat_value result, void *context) {
  (void)context;
  lariat_list *list = lariat_list_in(result);
  intptr_t sum = 0;
  for (size_t i = 0; i < lariat_list_count(list); i++)
    sum += lariat_int_in(lariat_list_at(list, i));
  printf("the sum is %jd\n", (intmax_t)sum);
  return lariat_value_drop(result);
}

static lariat_value race(lariat_value result, void *context) {
  lariat_reactor *reactor = context;
  lariat_deferred *runners[2] = {
      lariat_deferred_new(reactor, NULL, NULL, NULL),
      lariat_deferred_succeed(reactor, lariat_int(7))};
  lariat_value_drop(result);
  return lariat_deferred_value(lariat_race(runners, 2));
}

static lariat_value show_winner(lariat_value result, void *context) {
  (void)context;
  printf("number %zu won, with %jd\n", lariat_winner_index(result),
         (intmax_t)lariat_int_in(lariat_winner_value(result)));
  return lariat_value_drop(result);
}

static lariat_value stop(lariat_value result, void *context) {
  if (lariat_is_failure(result))
    printf("failed: %s\n", lariat_failure_message(result));
  lariat_reactor_stop(context);
  return lariat_value_drop(result);
}

int main(void) {
  lariat_reactor *reactor;
  lariat_semaphore *semaphore;
  struct job jobs[JOBS];
  lariat_deferred *results[JOBS];
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return 1;
  if (lariat_semaphore_new(reactor, AT_A_TIME, &semaphore) != LARIAT_OK)
    return 1;
  for (int i = 0; i < JOBS; i++) {
    jobs[i] = (struct job){reactor, NULL, i};
    results[i] = lariat_semaphore_run(semaphore, run_job, &jobs[i]);
  }
  lariat_deferred *all = lariat_gather_results(results, JOBS);
  lariat_deferred_add_callback(all, add_up, NULL);
  lariat_deferred_add_callback(all, race, reactor);
  lariat_deferred_add_callback(all, show_winner, NULL);
  lariat_deferred_add_both(all, stop, reactor);
  lariat_status status = lariat_reactor_run(reactor);
  lariat_deferred_release(all);
  lariat_semaphore_drop(semaphore);
  lariat_reactor_close(reactor, 0);
  return status == LARIAT_OK ? 0 : 1;
}
