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
#include "fetch/memory.h"
#include "fetch/settings.h"
#include "fetch/store.h"
#include "fetch/tally.h"
#include "interrupt.h"
#include "output/line_writer.h"

struct run {
  const struct settings *settings;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  struct memory memory;
  struct interrupt interrupt;
  struct input input;
  struct body body;
  struct output output;
  struct store store;
  struct finished finished;
  struct hosts hosts;
  struct tally tally;

  struct job *spare;       /* blank jobs */
  struct job *alone_first; /* wait until nothing else is in flight */
  struct job *alone_last;
  bool alone;         /* one of them is in flight */
  uint64_t in_flight; /* with the library */
  uint64_t weight;    /* bytes of input that live in jobs */
  bool pumping;
  bool pump_set;      /* a call of the pump is on its way */
  bool rest_set;      /* so is one of `rest` */
  unsigned batch;     /* answers since the last of them */
  uint64_t rested_ns; /* when that was */
  bool input_over;
  bool input_failed;
  bool draining; /* interrupted: no new URLs */
  bool interrupted;
  bool progress; /* there is a line for it on the terminal */
  lariat_timer progress_timer;
};

/* Starts what can be started; stops the reactor when nothing is left to do. */
void run_pump(void *run);

/* What the attempt of `job` came to.  Takes the job over. */
void run_answered(struct run *run, struct job *job,
                  const lariat_response *response);
void run_failed(struct run *run, struct job *job, lariat_value failure);

/* Called by them: the job is over, with or without a line; or tries again. */
void run_end_job(struct run *run, struct job *job);
void run_wait_again(struct run *run, struct job *job);
void run_retry_alone(struct run *run, struct job *job);

/* Writes the line of a job that was refused before it began. */
void run_refused(struct run *run, const struct job *job, const char *error,
                 const char *message);

/* The method that `job` is fetched with. */
const char *run_method(const struct run *run, const struct job *job);

/* Frees the jobs that are in no other hands. */
void run_free_jobs(struct run *run);

#endif
