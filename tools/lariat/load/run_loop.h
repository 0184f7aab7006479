/* SPDX-License-Identifier: MIT
 * run_loop.h: a run set up, watched and taken down, by a reactor on the thread
 * that makes no requests: of the command, and of the program that runs in many
 * processes (tools/lariat-load-mpi). */
#ifndef TOOLS_LARIAT_LOAD_RUN_LOOP_H
#define TOOLS_LARIAT_LOAD_RUN_LOOP_H

#include <lariat/load/arrivals.h>
#include <lariat/load/run.h>
#include <lariat/reactor.h>
#include <stdbool.h>

#include "interrupt.h"
#include "load/live.h"
#include "load/outputs.h"
#include "load/settings.h"
#include "load/targets.h"
#include "load/waiting.h"

enum run_phase { RUN_SET_UP, RUN_WAITING, RUN_RUNNING, RUN_ENDED };

struct run_loop {
  const struct load_settings *settings;
  struct load_targets targets;
  struct load_outputs outputs;
  struct live live;
  struct waiting waiting;
  struct interrupt interrupt;
  lariat_reactor *reactor;
  lariat_load_arrivals *plan; /* for the view; NULL: a closed test */
  lariat_load_run *run;
  enum run_phase phase;
  lariat_status outcome; /* of the run itself */
  bool unanswered;       /* by the server that was waited for */
  bool interrupted;

  /* Called instead of run_loop_start when the server has answered, has not, or
   * was not to be waited for.  The end of the run and an interrupt are only
   * noted then, in `phase` and `interrupted`: to start, stop and leave is the
   * caller's.  NULL: the run begins, and at its end the reactor stops. */
  lariat_call ready;
  void *context;
  int64_t start_at_ns; /* of the run, if not 0: agreed with others, as the
                          library has it */
};

/* Makes the loop of no run yet.  `settings` must outlive it. */
void run_loop_init(struct run_loop *loop, const struct load_settings *settings);

/* Makes the requests, tries the files, and takes the signals over.  Returns
 * EXIT_ALL, or, having said why, the exit code; call run_loop_close in any
 * case. */
int run_loop_open(struct run_loop *loop);

/* Makes the run; as run_loop_open. */
int run_loop_make(struct run_loop *loop);

/* Runs the reactor, and in it the run, or waits for its server before. */
void run_loop_run(struct run_loop *loop);

/* Starts the run that was made; the reactor's thread. */
void run_loop_start(struct run_loop *loop);

/* Tells whether the run has an agreed start and has not come to it, or was not
 * made. */
bool run_loop_is_before_start(const struct run_loop *loop);

/* Takes all down.  Returns EXIT_ALL when all files were written. */
int run_loop_close(struct run_loop *loop);

#endif
