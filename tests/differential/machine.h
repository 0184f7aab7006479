/* SPDX-License-Identifier: MIT
 * machine.h: what the files of lariat's side share: one program's state, and
 * the operations. */
#ifndef TESTS_DIFFERENTIAL_MACHINE_H
#define TESTS_DIFFERENTIAL_MACHINE_H

#include <stdint.h>

#include "differential/language.h"
#include "differential/text.h"
#include "differential/values.h"
#include <lariat/deferred.h>
#include <lariat/lock.h>
#include <lariat/queue.h>
#include <lariat/reactor.h>
#include <lariat/semaphore.h>

enum { REPORTS_MOST = 256, KEPT_MOST = STEPS_MOST * WORDS_MOST };

/* One of the three, or none. */
struct tool {
  lariat_lock *lock;
  lariat_semaphore *semaphore;
  lariat_queue *queue;
};

struct machine {
  lariat_reactor *reactor;
  uint64_t now_ns;
  uint64_t performed[OP_COUNT];
  long blocks;        /* of lariat's memory */
  bool keeps_racers;  /* the row "race-unheld" */
  bool keeps_awaited; /* the row "await-lost" */
  struct text trace;

  /* Of the program that runs. */
  struct script script;
  struct counts counts;
  long blocks_before;
  int steps;
  int pairs;
  int coroutines;
  bool has_timers;
  bool is_over;    /* what still runs is not told */
  bool is_ending;  /* its coroutines are being ended */
  bool is_unclear; /* what was reported because of that */
  lariat_deferred *deferreds[SLOTS];
  bool is_coroutine[SLOTS]; /* whose deferred is in the slot */
  struct tool tools[SLOTS];
  int kept_count;
  lariat_deferred *kept[KEPT_MOST]; /* until the program's end */
  int report_count;
  char reports[REPORTS_MOST][32];
};

/* Performs lines, as long as the program has steps left. */
void perform(struct machine *m, const struct line *lines, int count);

/* The function that a program calls `word`; NULL for "-". */
const struct function *function_in(const struct machine *m, const char *word);

/* Performs one, whatever the number of steps. */
void perform_line(struct machine *m, const struct line *line);

/* The deferreds in the slots that the line names from this word on, each with
 * a new reference. */
struct children {
  lariat_deferred *deferreds[WORDS_MOST];
  size_t count;
};
struct children children_in(const struct machine *m, const struct line *line,
                            int first);

/* Holds it until the program's end. */
void keep(struct machine *m, lariat_deferred *deferred);

/* What `function` returns, as a callback that was given `result`. */
lariat_value outcome_of(struct machine *m, const struct function *function,
                        lariat_value result);

/* Puts a deferred, with its reference, into the slot called `word`. */
void put_deferred(struct machine *m, const char *word,
                  lariat_deferred *deferred);

/* The contexts of pairs and cancellers: a function or two, counted. */
struct context {
  struct machine *machine;
  const struct function *callback;
  const struct function *errback;
  int pair;
};
struct context *new_context(struct machine *m, const struct function *callback,
                            const struct function *errback);
void destroy_context(void *context);

/* Writes "<title> <function> <value>". */
void say_called(struct machine *m, const char *title,
                const struct function *function, lariat_value value);

/* An operation; the words are those of the line.  Those on a deferred are
 * called only when its slot has one. */
typedef void perform_operation(struct machine *m, const struct line *line);
typedef void perform_on_deferred(struct machine *m, lariat_deferred *deferred,
                                 const struct line *line);

/* The operations of several deferreds at once. */
perform_operation perform_gather, perform_list, perform_race;

/* Of time.  Turns until nothing is to be done then. */
perform_on_deferred perform_timeout;
perform_operation perform_advance;
void advance_clock(struct machine *m, uint64_t ms);

/* Of coroutines. */
perform_operation perform_run;
void warm_up_coroutines(struct machine *m);

/* Of tools, and what there is of them at the end. */
perform_operation perform_lock, perform_semaphore, perform_queue;
perform_operation perform_acquire, perform_release, perform_put, perform_get;
void tell_tools(struct machine *m);
void drop_tools(struct machine *m);

#endif
