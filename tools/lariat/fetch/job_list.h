/* SPDX-License-Identifier: MIT
 * job_list.h: jobs in a row, linked by their `next`.  A job is in one list at
 * the most. */
#ifndef TOOLS_LARIAT_FETCH_JOB_LIST_H
#define TOOLS_LARIAT_FETCH_JOB_LIST_H

#include <stddef.h>

#include "fetch/job.h"

struct job_list {
  struct job *first; /* NULL: there is none, and `last` says nothing */
  struct job *last;
};

static inline void job_list_append(struct job_list *list, struct job *job) {
  job->next = NULL;
  if (list->first)
    list->last->next = job;
  else
    list->first = job;
  list->last = job;
}

/* Puts `job` in front, to be the next that is taken. */
static inline void job_list_push(struct job_list *list, struct job *job) {
  if (!list->first) list->last = job;
  job->next = list->first;
  list->first = job;
}

/* Takes the first job; NULL: there is none. */
static inline struct job *job_list_take(struct job_list *list) {
  struct job *job = list->first;
  if (job) list->first = job->next;
  return job;
}

/* Frees the jobs. */
static inline void job_list_free(struct job_list *list) {
  struct job *job;
  while ((job = job_list_take(list))) job_free(job);
}

#endif
