/* SPDX-License-Identifier: MIT
 * lane.h: one curl multi handle with a bounded number of connections. */
#ifndef LR_CURL_LANE_H
#define LR_CURL_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/list.h"
#include "reactor/timers.h"
#include <lariat/status.h>

struct lr_engine;
struct lr_transfer;

typedef struct lr_lane {
  struct lr_engine *engine;
  CURLM *multi;
  struct lr_socket *wake_up; /* the multi handle's own descriptor; or NULL */
  lr_list node;              /* in the engine's lanes */
  lr_list dirty;             /* in the engine's dirty lanes, or alone */
  lr_list transfers;         /* running */
  lr_list sockets;           /* its connections */
  struct curl_slist *forgotten_names; /* of its cache: name_resolution.h */
  unsigned open;                      /* connections */
  unsigned dead;        /* of these, closed by their servers while idle */
  unsigned coming;      /* transfers that are about to open one */
  unsigned running;     /* transfers, those included */
  bool needs_action;    /* libcurl wants to be called without an event */
  bool has_messages;    /* there may be finished transfers */
  bool early_responses; /* there may be answers before their bodies' ends */
  bool trimmed;         /* closes an idle one above `keep` */
  unsigned refused;     /* transfers of which some did not get a socket */
  unsigned keep;
  unsigned spare;      /* connections, of which no more were in use */
  uint64_t spare_ns;   /* since then */
  uint64_t quiet_ns;   /* since when it has no transfer */
  uint64_t dead_ns;    /* since when one of its connections is dead */
  lr_timer timer;      /* libcurl's */
  lr_timer idle_timer; /* looks after a quiet lane */
} lr_lane;

/* Makes a lane of the engine's; NULL when out of memory. */
lr_lane *lr_lane_new(struct lr_engine *engine);

/* Closes its connections and frees it; it has no transfer. */
void lr_lane_free(lr_lane *lane);

/* Puts a transfer in, which libcurl does not know of yet. */
void lr_lane_enter(lr_lane *lane, struct lr_transfer *transfer);

/* Starts a transfer that is in.  LARIAT_OK, LARIAT_ENOMEM, LARIAT_ELIBCURL */
lariat_status lr_lane_start(lr_lane *lane, struct lr_transfer *transfer);

/* Takes a transfer out, finished or not. */
void lr_lane_remove(lr_lane *lane, struct lr_transfer *transfer);

/* Tells libcurl of an event on this descriptor. */
void lr_lane_event(lr_lane *lane, curl_socket_t fd, int curl_events);

/* Has the lane processed at the end of the turn. */
void lr_lane_mark_dirty(lr_lane *lane);

/* Calls libcurl if it wants that, and collects what is finished: at the end of
 * a turn, for a dirty lane. */
void lr_lane_process(lr_lane *lane);

/* Returns how many connections nobody uses. */
static inline unsigned lr_lane_idle(const lr_lane *lane) {
  return lane->open > lane->running ? lane->open - lane->running : 0;
}

/* Returns the lane's load: connections it has or is about to have. */
static inline unsigned lr_lane_load(const lr_lane *lane) {
  return lane->open + lane->coming;
}

/* Lets libcurl close one idle connection when the next transfer of this lane
 * ends. */
void lr_lane_trim(lr_lane *lane);

#endif
