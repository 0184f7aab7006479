/* SPDX-License-Identifier: MIT
 * program.c: a program's main function, from its start to its exit code. */
#include <lariat/program.h>

#include "base/memory.h"
#include "base/process.h"
#include "deferred/failure.h"
#include "reactor/reactor.h"
#include <lariat/trigger.h>

/* Held by lariat_program_run and by the pair on the main deferred, which may
 * outlive it. */
typedef struct program {
  unsigned holders;
  lariat_reactor *reactor;
  lariat_main start;
  void *context;
  lariat_deferred *end; /* NULL once it fired, or nobody waits any more */
  int code;
} program;

static void release(program *it) {
  if (--it->holders == 0) lr_free(it);
}

static int code_of(lariat_value failure) {
  if (lariat_failure_status(failure) == LARIAT_EEXIT)
    return (int)lariat_failure_index(failure);
  lr_process_say("%s", lariat_failure_message(failure));
  return 1;
}

/* The reactor may have been stopped by somebody else: then this stop finds it
 * stopping and does nothing. */
static void finish(program *it, lariat_value result) {
  lariat_deferred *end = it->end;
  it->end = NULL;
  if (end) {
    if (lariat_is_failure(result)) it->code = code_of(result);
    (void)lariat_reactor_stop(it->reactor);
  }
  lariat_deferred_release(end);
  lariat_value_drop(result);
}

static lariat_value on_end(lariat_value result, void *context) {
  finish(context, result);
  return lariat_none();
}

/* The pair is gone.  If it has not run, that was for want of memory. */
static void on_gone(void *context) {
  program *it = context;
  if (it->end) finish(it, lr_failure_no_memory());
  release(it);
}

/* In a turn, so that what it sends off goes in one batch. */
static void begin(void *context) {
  program *it = context;
  lariat_deferred *end = it->start(it->reactor, it->context);
  if (!end) {
    (void)lariat_reactor_stop(it->reactor);
    return;
  }
  it->end = end;
  it->holders++;
  lariat_deferred_add_callbacks_owned(end, on_end, on_end, it, on_gone);
}

/* It did not fire: it is told that nobody waits, and forgotten. */
static void give_up(program *it) {
  lariat_deferred *end = it->end;
  it->end = NULL;
  if (!end) return;
  lariat_deferred_cancel(end);
  lariat_deferred_forget(end);
}

static lariat_status run(program *it) {
  lariat_status status = lariat_reactor_handle_signals(it->reactor, true);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_in_turn(it->reactor)) return LARIAT_EALREADY;
  lr_reactor_turn_for(it->reactor, begin, it);
  status = lariat_reactor_run(it->reactor);
  (void)lariat_reactor_handle_signals(it->reactor, false);
  give_up(it);
  int number = lariat_reactor_exit_signal(it->reactor);
  if (it->code == 0 && number) it->code = 128 + number;
  return status;
}

static int refuse(lariat_status status) {
  lr_process_say("cannot run: %s", lariat_status_text(status));
  return 1;
}

int lariat_program_run(lariat_reactor *reactor, lariat_main start,
                       void *context) {
  if (!start) return refuse(LARIAT_EINVAL);
  program *it = lr_alloc_zero(sizeof *it);
  if (!it) return refuse(LARIAT_ENOMEM);
  it->holders = 1;
  it->reactor = reactor;
  it->start = start;
  it->context = context;
  lariat_status status = run(it);
  int code = it->code;
  release(it);
  return status == LARIAT_OK ? code : refuse(status);
}

lariat_value lariat_exit(int code) {
  lr_failure_parts parts = {.status = LARIAT_EEXIT, .index = (size_t)code};
  return lr_failure_make(&parts);
}
