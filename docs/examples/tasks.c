/* SPDX-License-Identifier: MIT
 * Time, work and threads around deferreds: a clock that ticks while a long
 * computation takes its turns here and another runs on the pool's thread.
 *
 * usage: tasks [LIMIT] */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

/* Counts the primes below `limit`, a few numbers a unit. */
struct primes {
  long limit;
  long next;
  long found;
};

static bool is_prime(long n) {
  for (long i = 2; i * i <= n; i++)
    if (n % i == 0) return false;
  return n > 1;
}

static lariat_value count_some(void *context, bool *done) {
  struct primes *primes = context;
  for (int i = 0; i < 100 && primes->next < primes->limit; i++)
    primes->found += is_prime(primes->next++);
  *done = primes->next == primes->limit;
  return *done ? lariat_int(primes->found) : lariat_none();
}

/* The same at one go, for a thread that nobody else needs. */
static lariat_value count_all(void *context) {
  struct primes primes = {.limit = *(const long *)context};
  bool done = primes.limit == 0;
  while (!done) (void)count_some(&primes, &done);
  return lariat_int(primes.found);
}

static lariat_value tick(lariat_looping_call *loop, void *context) {
  (void)loop;
  (*(int *)context)++;
  return lariat_none();
}

static lariat_value say_goodbye(void *context) {
  (void)context;
  puts("goodbye");
  return lariat_none();
}

/* What the program needs until its end. */
static struct {
  lariat_pool *pool;
  struct primes primes;
  lariat_looping_call *clock;
  int ticks;
} all;

static lariat_value compare(lariat_value both, void *context) {
  (void)context;
  lariat_list *list = lariat_list_in(both);
  intptr_t here = lariat_int_in(lariat_list_at(list, 0));
  intptr_t there = lariat_int_in(lariat_list_at(list, 1));
  (void)lariat_looping_call_stop(all.clock);
  lariat_looping_call_release(all.clock);
  printf("%ld primes here, %ld there, and the clock ticked%s\n", (long)here,
         (long)there, all.ticks > 0 ? "" : " never");
  lariat_value_drop(both);
  return here == there ? lariat_none() : lariat_exit(3);
}

static lariat_deferred *start(lariat_reactor *reactor, void *context) {
  (void)context;
  if (lariat_reactor_add_trigger(reactor, LARIAT_SHUTDOWN, LARIAT_BEFORE,
                                 say_goodbye, NULL, NULL, NULL) != LARIAT_OK ||
      lariat_looping_call_new(reactor, tick, &all.ticks, NULL, &all.clock) !=
          LARIAT_OK)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  lariat_deferred_release(lariat_looping_call_start(all.clock, 10, true));

  lariat_task *task = NULL;
  lariat_deferred *counts[2];
  if (lariat_cooperate(reactor, count_some, &all.primes, NULL, &task) !=
      LARIAT_OK)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  counts[0] = lariat_task_when_done(task);
  lariat_task_release(task);
  counts[1] = lariat_pool_defer(all.pool, 0, reactor, count_all,
                                &all.primes.limit, NULL);
  lariat_deferred *end = lariat_gather_results(counts, 2);
  return lariat_deferred_add_callback(end, compare, NULL);
}

int main(int argc, char **argv) {
  lariat_reactor *reactor = NULL;
  int code = 1;
  all.primes.limit = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
  if (all.primes.limit < 1) return 1;
  if (lariat_reactor_new(NULL, &reactor) == LARIAT_OK &&
      lariat_pool_new(NULL, &all.pool) == LARIAT_OK)
    code = lariat_program_run(reactor, start, NULL);
  lariat_pool_release(all.pool);
  (void)lariat_reactor_close(reactor, 0);
  return code;
}
