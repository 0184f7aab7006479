/* SPDX-License-Identifier: MIT
 * run.h: one run of `lariat fetch`: jobs from the input to the output, all on
 * the main thread. */
#ifndef TOOLS_LARIAT_FETCH_RUN_H
#define TOOLS_LARIAT_FETCH_RUN_H

#include <lariat/lariat.h>
#include <stdbool.h>
#include <stdint.h>

#include "fetch/body.h"
#include "fetch/finished.h"
#include "fetch/hosts.h"
#include "fetch/input.h"
#include "fetch/job_list.h"
#include "fetch/memory.h"
#include "fetch/settings.h"
#include "fetch/store.h"
#include "fetch/tally.h"
#include "interrupt.h"
#include "output/line_writer.h"
#include "output/progress.h"

enum run_state {
  RUN_ACTIVE,
  RUN_INTERRUPTED, /* no new URLs; what is in flight has a moment */
  RUN_CLOSING      /* what is in flight ends now */
};

enum input_state { INPUT_OPEN, INPUT_READ, INPUT_FAILED };

/* The state of run_pump, which starts jobs. */
struct pump {
  bool running;
  bool scheduled; /* a call of it is on its way */
};

/* Jobs that run again, one at a time, while nothing else is in flight. */
struct alone {
  struct job_list waiting;
  bool running;
};

/* How fast answers come, see coalesce_answers. */
struct coalescing {
  unsigned answers;  /* in this batch */
  uint64_t begun_ns; /* when it began */
  bool scheduled;    /* a call that ends it is on its way */
};

struct run {
  const struct settings *settings;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  lariat_cookie_jar *cookies; /* NULL: none are kept */
  struct memory memory;
  struct interrupt interrupt;
  struct input input;
  struct body body;
  struct line_writer writer;
  struct store store;
  struct finished finished;
  struct hosts hosts;
  struct tally tally;
  struct progress progress;

  enum run_state state;
  enum input_state input_state;
  struct pump pump;
  struct alone alone;
  struct coalescing coalescing;
  struct job_list spare; /* blank jobs */
  uint64_t in_flight;    /* with the library */
  uint64_t weight;       /* bytes of input that live in jobs */
};

/* Starts what can be started; stops the reactor when nothing is left to do. */
void run_pump(void *run);

/* Tells what the attempt of `job` came to.  Takes the job over. */
void run_answered(struct run *run, struct job *job,
                  const lariat_response *response);
void run_failed(struct run *run, struct job *job, lariat_value failure);

/* Ends `job`, which has a line, or is to have none. */
void run_end_job(struct run *run, struct job *job);

/* Lets `job`, whose attempt never began, wait for its host again. */
void run_wait_again(struct run *run, struct job *job);

/* Runs `job` once more, with all of the memory for itself. */
void run_retry_alone(struct run *run, struct job *job);

/* Writes the line of a job that was refused before it began. */
void run_refused(struct run *run, const struct job *job, const char *error,
                 const char *message);

/* Returns the method that `job` is fetched with. */
const char *run_method(const struct run *run, const struct job *job);

/* Frees the jobs that are neither in flight nor wait for their host. */
void run_free_jobs(struct run *run);

#endif
