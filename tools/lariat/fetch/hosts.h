/* SPDX-License-Identifier: MIT
 * hosts.h: jobs wait here for their host.  What is in the library's own queue
 * has its time-out running and counts against --concurrency; so a URL is handed
 * over only when its host is below its limit, and one slow host does not keep
 * the others waiting, as far ahead as the input has been read. */
#ifndef TOOLS_LARIAT_FETCH_HOSTS_H
#define TOOLS_LARIAT_FETCH_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fetch/job_list.h"

/* The multiple of the limit that is handed over of a host that answers fast:
 * the reactor then has the next jobs at hand while the main thread sleeps.  The
 * library's own limit is the one that holds. */
enum { HOSTS_FAST_FACTOR = 4 };

struct host;

struct hosts {
  unsigned limit; /* a host; 0: none, and nobody waits for a host */
  size_t waiting; /* jobs */
  struct host **buckets;
  struct host *ready_first; /* below their limit with jobs, in turn */
  struct host *ready_last;
  struct host *spare;
  struct job_list unlimited; /* the jobs, where there is no limit */
};

/* Returns false when out of memory. */
bool hosts_init(struct hosts *hosts, unsigned limit);

/* Frees the hosts and the jobs that wait for them. */
void hosts_clear(struct hosts *hosts);

/* Puts `job` at the end of its host's queue; false when out of memory: the
 * job is still the caller's. */
bool hosts_add(struct hosts *hosts, struct job *job);

/* Takes the next job whose host is below its limit, against which the job
 * counts from now on.  NULL: there is none. */
struct job *hosts_take(struct hosts *hosts);

/* Tells whether jobs of the same host wait in the library for `job`, or one
 * like it, to end: more were handed over than the user's limit. */
bool hosts_is_over(const struct hosts *hosts, const struct job *job);

/* Tells that `job` counts against its host's limit no more.  `fast`: it was
 * answered in next to no time, see HOSTS_FAST_FACTOR. */
void hosts_release(struct hosts *hosts, struct job *job, bool fast);

#endif
