/* SPDX-License-Identifier: MIT
 * host.h: what one pool reactor knows of one host: who waits, how many run,
 * which lanes have its connections.  A host is forgotten when nothing of it is
 * left.  Hosts of different identity (HTTP version asked for, placement) are
 * different hosts. */
#ifndef LR_FETCH_HOST_H
#define LR_FETCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "fetch/job.h"
#include <lariat/status.h>

struct Curl_URL; /* CURLU */
struct lr_lane;

typedef enum lr_protocol {
  LR_PROTOCOL_UNKNOWN, /* TLS, and the server has not been heard yet: one job
                          goes first, to learn what it speaks */
  LR_PROTOCOL_HTTP1,
  LR_PROTOCOL_HTTP2
} lr_protocol;

/* The part of a host's connections and jobs that is in one lane. */
typedef struct lr_host_lane {
  struct lr_lane *lane;
  uint32_t open;    /* connections */
  uint32_t coming;  /* jobs that are about to open one */
  uint32_t running; /* jobs, those included */
} lr_host_lane;

typedef struct lr_host {
  struct lr_host *next; /* in its bucket */
  uint64_t hash;
  lr_list ring;  /* in the dispatcher's ring or blocked list, or alone */
  lr_list queue; /* jobs that wait */
  uint32_t queued;
  uint32_t running;
  uint32_t limit; /* jobs at once */
  uint32_t connections_limit;
  uint32_t open;           /* connections, over all lanes */
  uint32_t coming;         /* jobs that are about to open one */
  uint8_t protocol;        /* lr_protocol */
  uint8_t http;            /* lariat_http, part of the identity */
  bool spread;             /* part of the identity */
  bool blocked;            /* waits for a connection */
  bool numeric;            /* an address, which is never looked up */
  struct Curl_URL *origin; /* what plain URLs have in common, parsed; or NULL */
  uint32_t lane_count;
  uint32_t lane_room;
  uint32_t lane_hint; /* the lane that had an idle connection last */
  lr_host_lane *lanes;
  uint32_t key_length;
  char key[];
} lr_host;

/* The hosts of one reactor. */
typedef struct lr_hosts {
  lr_host **buckets;
  uint32_t room; /* a power of two */
  uint32_t count;
} lr_hosts;

bool lr_hosts_init(lr_hosts *hosts);
void lr_hosts_clear(lr_hosts *hosts);

/* The host of `job`, made if need be (limits not yet set, queue empty); NULL
 * when out of memory. */
lr_host *lr_hosts_find(lr_hosts *hosts, const lr_job *job, bool *made);

/* The host's URL without path, parsed once; `target` is plain and of this
 * host.  It is the host's.  NULL when out of memory. */
struct Curl_URL *lr_host_origin(lr_host *host, const lr_target *target);

/* Frees `host` if nothing waits, runs or is connected. */
void lr_hosts_forget(lr_hosts *hosts, lr_host *host);

/* The host's part in `lane`; NULL when it has none. */
lr_host_lane *lr_host_in_lane(lr_host *host, const struct lr_lane *lane);

/* The same, made if need be; NULL when out of memory. */
lr_host_lane *lr_host_enter_lane(lr_host *host, struct lr_lane *lane);

/* Drops the part when it is empty. */
void lr_host_leave_lane(lr_host *host, const struct lr_lane *lane);

#endif
