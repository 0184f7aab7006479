/* SPDX-License-Identifier: MIT
 * host.h: what one pool reactor knows of one host: which jobs wait, how many
 * run, how many connections it has, and what was learned of it.  A host is
 * forgotten when nothing of it is left.  Hosts of different identity (HTTP
 * version asked for, placement) are different hosts.
 *
 * A transport may keep more for each host, in memory behind it: lr_host_extra.
 */
#ifndef LR_SCHEDULE_HOST_H
#define LR_SCHEDULE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"
#include "base/table.h"
#include "job/job.h"
#include "limits/host_pace.h"
#include "limits/job_tokens.h"
#include "limits/priority_queue.h"
#include "schedule/desync.h"
#include "schedule/host_memory.h"
#include <lariat/status.h>

struct lr_dispatcher;
struct lr_run_queue;

typedef enum lr_protocol {
  LR_PROTOCOL_UNKNOWN, /* TLS, and the server has not been heard yet: one job
                          goes first, to learn what it speaks */
  LR_PROTOCOL_HTTP1,
  LR_PROTOCOL_HTTP2
} lr_protocol;

/* Where a host is in the run queue (run_queue.h). */
typedef enum lr_host_state {
  LR_HOST_IDLE,         /* nothing waits, or as many run as may */
  LR_HOST_RUNNABLE,     /* its next job may start */
  LR_HOST_NO_TOKEN,     /* too many jobs run in all */
  LR_HOST_DELAYED,      /* its rate or its delay is not due yet */
  LR_HOST_NO_CONNECTION /* the transport says when to ask again */
} lr_host_state;
enum { LR_HOST_STATES = LR_HOST_NO_CONNECTION + 1 };

/* The rate and the delay that a host's requests keep to. */
typedef struct lr_host_pacing {
  struct lr_run_queue *run_queue; /* that the host is in */
  lr_host_pace *pace;             /* NULL: as fast as can be */
  bool has_delay;                 /* between two starts */
  uint64_t wanted_ns;  /* since when it waits for its pace; 0: it does not */
  uint64_t gap_before; /* what lr_host_pace_give_back wants */
  lr_timer timer;
  lr_job *sending; /* holds the pace until it is sent; or NULL */
  lr_list sent;    /* in the run queue's list of those just sent, or alone */
} lr_host_pacing;

/* A host's connections, over all of its transport; see connection_limit.h. */
typedef struct lr_host_connections {
  uint32_t limit;
  uint32_t open;
  uint32_t coming;     /* jobs that are about to open one */
  uint32_t reclaiming; /* of the open ones, to be closed for others */
  uint64_t since_ns;   /* since when it has had one, without a break */
} lr_host_connections;

typedef struct lr_host {
  lr_table_node node; /* under the hash of the identity */
  uint64_t key_hash;  /* of the key alone, as in a URL */
  struct lr_dispatcher *dispatcher;
  lr_list queue_node;      /* in the run queue, or alone */
  lr_priority_queue queue; /* jobs that wait */
  uint32_t queued;
  uint32_t running;
  uint32_t limit;       /* jobs at once */
  uint8_t state;        /* lr_host_state */
  uint8_t priority;     /* of its turn */
  uint8_t protocol;     /* lr_protocol */
  uint8_t http;         /* lariat_http, part of the identity */
  uint64_t mean_ns;     /* how long its jobs run; 0: none has ended yet */
  uint64_t starved_seq; /* nothing runs, for want of a connection: its number
                           among those that came to that; or 0 */
  lr_host_connections connections;
  lr_host_pacing pacing;
  bool spread; /* part of the identity */
  bool tls;    /* of https */

  /* Knowledge from its answers. */
  struct {
    bool large_bodies; /* one was large: more may come */
    bool desync;       /* bytes came that nobody asked for (desync.h) */
  } learned;
  uint8_t unproven_reuses; /* so many responses on connections that were open
                              are looked at more closely */
  uint8_t http1_granted;   /* see host_memory.h */
  uint8_t short_lived; /* so many of its connections, one after the other, ended
                          before their second request */

  uint32_t key_length;
  char *key; /* behind the transport's part */
} lr_host;

/* The part of a transport behind each host. */
typedef struct lr_host_extra {
  size_t size;
  void (*init)(lr_host *host); /* of zeroed memory */
  void (*clear)(lr_host *host);
} lr_host_extra;

/* Returns the transport's part of a host. */
static inline void *lr_host_extra_of(const lr_host *host) {
  return (void *)(uintptr_t)(host + 1);
}

/* The hosts of one reactor. */
typedef struct lr_hosts {
  lr_table table;
  lr_host *last; /* that was looked for; or NULL */
  lr_host_paces *host_paces;
  const lr_host_extra *extra; /* NULL: none */
  lr_host_memory memory;
  lr_desync *desync;     /* of the pool; NULL: none */
  uint64_t desync_signs; /* that were looked at */
} lr_hosts;

/* Makes an empty table; `host_paces` and `extra` may be NULL.  False when out
 * of memory. */
bool lr_hosts_init(lr_hosts *hosts, lr_host_paces *host_paces,
                   const lr_host_extra *extra);
void lr_hosts_clear(lr_hosts *hosts);

/* Finds the host of `job` or, with `*made`, makes it (limits not yet set, queue
 * empty); NULL when out of memory. */
lr_host *lr_hosts_find_slow(lr_hosts *hosts, const lr_job *job, bool *made);

static inline bool lr_host_is_of(const lr_host *host, const lr_job *job) {
  return host->key_hash == job->request.url.hash &&
         host->http == job->request.http &&
         host->spread == job->request.spread &&
         host->key_length == job->request.url.key_length &&
         memcmp(host->key, job->request.url.key, host->key_length) == 0;
}

/* Looks first whether it is the host that was looked for last. */
static inline lr_host *lr_hosts_find(lr_hosts *hosts, const lr_job *job,
                                     bool *made) {
  *made = false;
  if (!hosts->last || !lr_host_is_of(hosts->last, job))
    hosts->last = lr_hosts_find_slow(hosts, job, made);
  return hosts->last;
}

/* Frees `host` if nothing waits, runs or is connected. */
void lr_hosts_forget_slow(lr_hosts *hosts, lr_host *host);
static inline void lr_hosts_forget(lr_hosts *hosts, lr_host *host) {
  if (host->queued || host->running || host->connections.open) return;
  lr_hosts_forget_slow(hosts, host);
}

/* Says whether the host's connections may be of HTTP/1, where what belongs to
 * which request is a matter of order alone. */
static inline bool lr_host_may_desync(const lr_host *host) {
  return host->tls || host->http != LARIAT_HTTP_2;
}

/* Says whether the host's connections seem to end after one request each, so
 * that one which is open is not good enough for what cannot be sent twice. */
static inline bool lr_host_is_short_lived(const lr_host *host) {
  return host->short_lived >= LR_HOST_EARLY_ENDS_MAX;
}

/* Notes that a connection was used again, or ended before it was. */
static inline void lr_host_note_reuse(lr_host *host) { host->short_lived = 0; }
static inline void lr_host_note_early_end(lr_host *host) {
  if (host->short_lived < UINT8_MAX) host->short_lived++;
}

/* Returns how many connections the host has or is about to have. */
static inline uint32_t lr_host_connections_of(const lr_host *host) {
  return host->connections.open + host->connections.coming;
}

/* Says whether the key names an address, which is never looked up. */
bool lr_host_is_address(const lr_host *host);

static inline lr_host *lr_host_of_node(lr_table_node *node) {
  return lr_container(node, lr_host, node);
}

#endif
