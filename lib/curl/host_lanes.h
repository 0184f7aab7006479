/* SPDX-License-Identifier: MIT
 * host_lanes.h: what the curl transport keeps behind each host: in which lanes
 * its connections are, and its origin as libcurl takes it. */
#ifndef LR_CURL_HOST_LANES_H
#define LR_CURL_HOST_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "h1/h1.h"
#include "schedule/host.h"

struct lr_lane;

/* The part of a host's connections and jobs that is in one lane. */
typedef struct lr_host_lane {
  struct lr_lane *lane;
  uint32_t open;    /* connections */
  uint32_t coming;  /* jobs that are about to open one */
  uint32_t running; /* jobs, those included */
} lr_host_lane;

typedef struct lr_curl_host {
  lr_h1_host h1; /* first: see h1.h */
  CURLU *origin; /* what its URLs have in common; or NULL */
  struct lariat_addresses *addresses; /* as looked up last; or NULL */
  lr_host_lane *lanes;
  uint32_t count;
  uint32_t capacity;
  uint32_t hint;   /* the lane that had an idle connection last */
  bool is_address; /* which is never looked up */
  uint8_t reuses;  /* of libcurl's own connections, by jobs that h1 could have
                      had (connect_only.h) */
  bool replacing;  /* one of these is closed: the next job opens another */
} lr_curl_host;

extern const lr_host_extra lr_curl_host_extra;

static inline lr_curl_host *lr_curl_host_of(const lr_host *host) {
  return lr_host_extra_of(host);
}

/* Returns the host's URL without path, made once of the parts of its key, which
 * libcurl is not left to interpret.  It stays the host's.  NULL when out of
 * memory. */
CURLU *lr_curl_host_origin(lr_host *host);

/* Returns the host's part in `lane`; NULL when it has none. */
lr_host_lane *lr_host_in_lane(const lr_host *host, const struct lr_lane *lane);

/* Returns the same, made if need be; NULL when out of memory. */
lr_host_lane *lr_host_enter_lane(lr_host *host, struct lr_lane *lane);

/* Drops the part when it is empty. */
void lr_host_leave_lane(lr_host *host, const struct lr_lane *lane);

#endif
