/* SPDX-License-Identifier: MIT
 * process.h: one process of a run: its place among the others, the command
 * line, and its part of the run. */
#ifndef TOOLS_LARIAT_LOAD_MPI_PROCESS_H
#define TOOLS_LARIAT_LOAD_MPI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "load/run_loop.h"
#include "load/settings.h"
#include "message.h"

/* What a second of silence, a moment for what is under way, and a process that
 * nothing is heard of are. */
enum { NEWS_MS = 1000, GRACE_MS = 2000, SILENCE_MS = 30000 };

/* How long is slept between two looks for messages: while this process
 * measures, and otherwise. */
enum { PAUSE_RUNNING_MS = 20, PAUSE_MS = 1 };

struct process {
  int rank;
  int size;
  int neighbours; /* processes on this machine, this one included */
  int first;      /* the least rank of them */
  char host[64];
  char speaker[160];             /* whose messages these are */
  struct load_settings settings; /* as they were given */
  struct load_settings own;      /* of its part */
  char hdr_path[4096];           /* of its log of histograms */
  char plan_hash[32];
  struct run_loop loop;
  int stops;         /* how often its run was stopped: 0, 1, 2 */
  uint64_t grace_ns; /* when what is under way is given up; 0: not yet */
  uint64_t news_ns;  /* when the next are due */
};

/* Finds its place.  After MPI_Init. */
void process_init(struct process *process);

/* Reads the command line into the settings.  Says what is wrong, and returns
 * false. */
bool process_read(struct process *process, int argc, char **argv);

/* Makes requests and plan of the settings, and takes the signals over.  Returns
 * EXIT_ALL, or, having said why, the exit code; call process_close in any
 * case. */
int process_open(struct process *process);

/* Runs the reactor, and in it `body` as a coroutine, once the server has
 * answered, if it is to be waited for. */
void process_run(struct process *process, lariat_coroutine_body body,
                 void *context);

/* Makes and starts its part of the run, for the measured part to begin at that
 * instant of its own wall clock.  Returns EXIT_ALL, or the exit code. */
int process_start(struct process *process, int64_t start_at_ns);

/* Stops its run, if it goes on: no new requests, and those under way have
 * a moment, or none. */
void process_stop(struct process *process, bool at_once);

/* Gives up what is under way when its moment is over. */
void process_end_grace(struct process *process);

/* Tells whether a second is over, for the next news, and begins another. */
bool process_is_news_due(struct process *process);

/* Tells whether its run goes on. */
bool process_is_running(const struct process *process);

/* Returns how many of its requests have failed. */
uint64_t process_failures(const struct process *process);

/* Tells whether its run ended before its time. */
bool process_ended_early(const struct process *process);

/* Writes its result as JSON into new memory (lariat_load_text_free).  NULL:
 * there is none. */
char *process_write_result(const struct process *process, size_t *length);

/* Gives up what is under way, if its run goes on, waits for the end of that,
 * and completes its log.  Returns EXIT_ALL, or EXIT_SOME: the log could not be
 * written, or the run does not end. */
int process_finish(struct process *process);

/* Returns the time of its reactor. */
uint64_t process_now_ns(const struct process *process);

/* Takes all down; nothing of a process whose run does not end. */
void process_close(struct process *process);

#endif
