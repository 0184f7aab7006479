/* SPDX-License-Identifier: MIT
 * host.h: what one pool reactor knows of one host: who waits, how many run,
 * which lanes have its connections.  A host is forgotten when nothing of it is
 * left.  Hosts of different identity (HTTP version asked for, placement) are
 * different hosts. */
#ifndef LR_SCHEDULE_HOST_H
#define LR_SCHEDULE_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/header_list.h"
#include "job/job.h"
#include "limits/host_pace.h"
#include "limits/job_tokens.h"
#include "limits/priority_queue.h"
#include <lariat/status.h>

struct Curl_URL; /* CURLU */
struct lr_lane;
struct lr_dispatcher;

typedef enum lr_protocol {
  LR_PROTOCOL_UNKNOWN, /* TLS, and the server has not been heard yet: one job
                          goes first, to learn what it speaks */
  LR_PROTOCOL_HTTP1,
  LR_PROTOCOL_HTTP2
} lr_protocol;

/* Where a host is, as far as turns go: see turns.h. */
typedef enum lr_host_state {
  LR_HOST_IDLE, /* nothing waits, or as many run as may */
  LR_HOST_RUNNABLE,
  LR_HOST_NO_TOKEN,
  LR_HOST_DELAYED,
  LR_HOST_NO_CONNECTION,
  LR_HOST_STATES
} lr_host_state;

/* The part of a host's connections and jobs that is in one lane. */
typedef struct lr_host_lane {
  struct lr_lane *lane;
  uint32_t open;    /* connections */
  uint32_t coming;  /* jobs that are about to open one */
  uint32_t running; /* jobs, those included */
} lr_host_lane;

typedef struct lr_host {
  struct lr_host *next;    /* in its bucket */
  uint64_t hash;           /* of the identity: in the table */
  uint64_t key_hash;       /* of the key alone, as in a target */
  lr_list queue_node;      /* in the list of its place, or alone */
  lr_priority_queue queue; /* jobs that wait */
  uint32_t queued;
  uint32_t running;
  uint32_t limit; /* jobs at once */
  uint32_t connections_limit;
  uint32_t open;           /* connections, over all lanes */
  uint32_t coming;         /* jobs that are about to open one */
  uint32_t reclaiming;     /* of the open ones, to be closed for others */
  uint8_t protocol;        /* lr_protocol */
  uint8_t http;            /* lariat_http, part of the identity */
  bool spread;             /* part of the identity */
  uint8_t state;           /* lr_host_state */
  uint8_t priority;        /* of its place in line */
  bool has_delay;          /* there is a delay between two starts */
  bool large_bodies;       /* has sent a large body: more may come */
  bool tls;                /* of https */
  bool is_address;         /* an address, which is never looked up */
  bool needs_libcurl;      /* its answers are left to libcurl */
  bool h1_proven;          /* an answer of its has been, for all of it */
  struct Curl_URL *origin; /* what plain URLs have in common, parsed; or NULL */
  lr_list idle;            /* connections of our own */
  lr_buffer lines;         /* of their requests: all that is behind the path */
  lr_header_list *lines_headers; /* with these headers, */
  const char *lines_encoding;    /* and this one of libcurl's; or NULL */
  uint32_t lane_count;
  uint32_t lane_capacity;
  uint32_t lane_hint; /* the lane that had an idle connection last */
  lr_host_lane *lanes;
  uint64_t mean_ns;     /* how long its jobs run; 0: none has ended yet */
  uint64_t starved_seq; /* nothing runs, for want of a connection: its number
                       among those that came to that; or 0 */
  uint64_t connected_since_ns; /* since when it has had a connection, without a
                                  break */
  struct lr_dispatcher *dispatcher;
  lr_host_pace *pace;  /* NULL: as fast as can be */
  uint64_t wanted_ns;  /* since when it waits for its pace; 0: it does not */
  uint64_t gap_before; /* what lr_host_pace_give_back wants */
  lr_timer pace_timer;
  lr_job *sending; /* holds the pace until it is sent; or NULL */
  lr_list sent;    /* in the dispatcher's list of those just sent, or alone */
  uint32_t key_length;
  char key[];
} lr_host;

/* The hosts of one reactor. */
typedef struct lr_hosts {
  lr_host **buckets;
  uint32_t capacity; /* a power of two */
  uint32_t count;
  lr_host *last;             /* that was looked for; or NULL */
  lr_host_paces *host_paces; /* NULL: none */
} lr_hosts;

bool lr_hosts_init(lr_hosts *hosts);
void lr_hosts_clear(lr_hosts *hosts);

/* The host of `job`, made if need be (limits not yet set, queue empty); NULL
 * when out of memory. */
lr_host *lr_hosts_find_slow(lr_hosts *hosts, const lr_job *job, bool *made);

static inline bool lr_host_is_of(const lr_host *host, const lr_job *job) {
  return host->key_hash == job->url.hash && host->http == job->http &&
         host->spread == job->spread &&
         host->key_length == job->url.key_length &&
         memcmp(host->key, job->url.key, host->key_length) == 0;
}

/* Mostly it is the one before. */
static inline lr_host *lr_hosts_find(lr_hosts *hosts, const lr_job *job,
                                     bool *made) {
  *made = false;
  if (!hosts->last || !lr_host_is_of(hosts->last, job))
    hosts->last = lr_hosts_find_slow(hosts, job, made);
  return hosts->last;
}

/* The host's URL without path, parsed once; `target` is plain and of this
 * host.  It is the host's.  NULL when out of memory. */
struct Curl_URL *lr_host_origin(lr_host *host, const lr_url *target);

/* Frees `host` if nothing waits, runs or is connected. */
void lr_hosts_forget_slow(lr_hosts *hosts, lr_host *host);
static inline void lr_hosts_forget(lr_hosts *hosts, lr_host *host) {
  if (host->queued || host->running || host->open || host->lane_count) return;
  lr_hosts_forget_slow(hosts, host);
}

/* The host's part in `lane`; NULL when it has none. */
lr_host_lane *lr_host_in_lane(lr_host *host, const struct lr_lane *lane);

/* The same, made if need be; NULL when out of memory. */
lr_host_lane *lr_host_enter_lane(lr_host *host, struct lr_lane *lane);

/* Drops the part when it is empty. */
void lr_host_leave_lane(lr_host *host, const struct lr_lane *lane);

#endif
