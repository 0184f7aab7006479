/* SPDX-License-Identifier: MIT
 * program.c: a program's main function, from its start to its exit code. */
#include <lariat/program.h>

#include "base/memory.h"
#include "base/process.h"
#include "deferred/failure.h"
#include "reactor/reactor.h"
#include <lariat/trigger.h>

/* A running program, held by lariat_program_run and by the pair on the main
 * deferred, which may outlive that. */
typedef struct program {
  unsigned holders;
  lariat_reactor *reactor;
  lariat_main start;
  void *context;
  lariat_deferred *end; /* NULL once it fired, or nobody waits any more */
  int code;
} program;

static void release_program(program *running) {
  if (--running->holders == 0) lr_free(running);
}

static int exit_code_of(lariat_value failure) {
  if (lariat_failure_status(failure) == LARIAT_EEXIT)
    return (int)lariat_failure_index(failure);
  lr_process_say("%s", lariat_failure_message(failure));
  return 1;
}

/* Stops the reactor.  Somebody else may have stopped it: then this stop finds
 * it stopping and does nothing. */
static void finish_program(program *running, lariat_value result) {
  lariat_deferred *end = running->end;
  running->end = NULL;
  if (end) {
    if (lariat_is_failure(result)) running->code = exit_code_of(result);
    (void)lariat_reactor_stop(running->reactor);
  }
  lariat_deferred_release(end);
  lariat_value_drop(result);
}

static lariat_value on_end(lariat_value result, void *context) {
  finish_program(context, result);
  return lariat_none();
}

/* Ends the program if the pair goes without having run.  That was for want of
 * memory: the deferred has failed, which is said once. */
static void on_gone(void *context) {
  program *running = context;
  if (running->end) {
    lariat_deferred *end = lariat_deferred_retain(running->end);
    finish_program(running, lr_failure_no_memory());
    lariat_deferred_forget(end);
  }
  release_program(running);
}

/* Calls the main function in a turn, so that what that sends goes in one
 * batch. */
static void begin_program(void *context) {
  program *running = context;
  lariat_deferred *end = running->start(running->reactor, running->context);
  if (!end) {
    (void)lariat_reactor_stop(running->reactor);
    return;
  }
  running->end = end;
  running->holders++;
  lariat_deferred_add_callbacks_owned(end, on_end, on_end, running, on_gone);
}

/* Cancels and forgets the main deferred if it did not fire. */
static void forget_end(program *running) {
  lariat_deferred *end = running->end;
  running->end = NULL;
  if (!end) return;
  lariat_deferred_cancel(end);
  lariat_deferred_forget(end);
}

static lariat_status run_program(program *running) {
  lariat_status status = lariat_reactor_handle_signals(running->reactor, true);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_in_turn(running->reactor)) return LARIAT_EALREADY;
  lr_reactor_turn_for(running->reactor, begin_program, running);
  status = lariat_reactor_run(running->reactor);
  (void)lariat_reactor_handle_signals(running->reactor, false);
  forget_end(running);
  int number = lariat_reactor_exit_signal(running->reactor);
  if (running->code == 0 && number) running->code = 128 + number;
  return status;
}

static int report_refusal(lariat_status status) {
  lr_process_say("cannot run: %s", lariat_status_text(status));
  return 1;
}

int lariat_program_run(lariat_reactor *reactor, lariat_main start,
                       void *context) {
  if (!start) return report_refusal(LARIAT_EINVAL);
  program *running = lr_alloc_zero(sizeof *running);
  if (!running) return report_refusal(LARIAT_ENOMEM);
  running->holders = 1;
  running->reactor = reactor;
  running->start = start;
  running->context = context;
  lariat_status status = run_program(running);
  int code = running->code;
  release_program(running);
  return status == LARIAT_OK ? code : report_refusal(status);
}

lariat_value lariat_exit(int code) {
  lr_failure_parts parts = {.status = LARIAT_EEXIT, .index = (size_t)code};
  return lr_failure_make(&parts);
}
