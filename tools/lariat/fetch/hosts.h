/* SPDX-License-Identifier: MIT
 * hosts.h: jobs wait here for their host.  What is in the library's own queue
 * has its time-out running and takes a place of --concurrency; so a URL is
 * handed over only when its host has room, and one slow host does not keep the
 * others waiting, as far ahead as the input has been read. */
#ifndef TOOLS_LARIAT_FETCH_HOSTS_H
#define TOOLS_LARIAT_FETCH_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fetch/job.h"

/* See hosts_release. */
enum { HOSTS_QUICK_FACTOR = 4 };

struct host;

struct hosts {
  unsigned limit; /* a host; 0: none, and nobody waits for a host */
  size_t waiting; /* jobs */
  struct host **buckets;
  struct host *ready_first; /* with a job that may start, in turn */
  struct host *ready_last;
  struct host *spare;
  struct job *free_first; /* without a host: where there is no limit */
  struct job *free_last;
};

/* False when out of memory. */
bool hosts_init(struct hosts *hosts, unsigned limit);

/* Frees the jobs that wait, too. */
void hosts_clear(struct hosts *hosts);

/* Puts `job` at the end of its host's queue; false when out of memory: the
 * job is still the caller's. */
bool hosts_add(struct hosts *hosts, struct job *job);

/* The next job whose host has room; it holds a place there.  NULL: none. */
struct job *hosts_take(struct hosts *hosts);

/* The job's place is free again.  `quick`: it was answered in next to no time.
 * Of such a host HOSTS_QUICK_FACTOR times the limit is handed over: the reactor
 * then has the next jobs at hand while we sleep; the library's own limit is the
 * one that holds. */
void hosts_release(struct hosts *hosts, struct job *job, bool quick);

#endif
