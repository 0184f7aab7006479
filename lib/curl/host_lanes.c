/* SPDX-License-Identifier: MIT
 * host_lanes.c: each host's parts in lanes. */
#include "curl/host_lanes.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 2 };

static void init_host(lr_host *host) {
  lr_h1_host_init(host);
  lr_curl_host_of(host)->is_address = lr_host_is_address(host);
}

static void clear_host(lr_host *host) {
  lr_curl_host *own = lr_curl_host_of(host);
  lr_h1_host_clear(host);
  curl_url_cleanup(own->origin);
  lr_free(own->lanes);
}

const lr_host_extra lr_curl_host_extra = {
    .size = sizeof(lr_curl_host), .init = init_host, .clear = clear_host};

CURLU *lr_curl_host_origin(lr_host *host, const lr_url *url) {
  lr_curl_host *own = lr_curl_host_of(host);
  if (own->origin) return own->origin;
  char *text = lr_copy_bytes(url->text, url->origin_length);
  CURLU *origin = text ? curl_url() : NULL;
  if (origin && curl_url_set(origin, CURLUPART_URL, text, 0) != CURLUE_OK) {
    curl_url_cleanup(origin);
    origin = NULL;
  }
  lr_free(text);
  own->origin = origin;
  return origin;
}

lr_host_lane *lr_host_in_lane(const lr_host *host, const struct lr_lane *lane) {
  const lr_curl_host *own = lr_curl_host_of(host);
  for (uint32_t i = 0; i < own->count; i++)
    if (own->lanes[i].lane == lane) return &own->lanes[i];
  return NULL;
}

lr_host_lane *lr_host_enter_lane(lr_host *host, struct lr_lane *lane) {
  lr_curl_host *own = lr_curl_host_of(host);
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (part) return part;
  if (own->count == own->capacity) {
    uint32_t capacity = own->capacity ? own->capacity * 2 : FIRST_CAPACITY;
    lr_host_lane *lanes = lr_realloc(own->lanes, capacity * sizeof *lanes);
    if (!lanes) return NULL;
    own->lanes = lanes;
    own->capacity = capacity;
  }
  part = &own->lanes[own->count++];
  *part = (lr_host_lane){.lane = lane};
  return part;
}

void lr_host_leave_lane(lr_host *host, const struct lr_lane *lane) {
  lr_curl_host *own = lr_curl_host_of(host);
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (!part || part->open || part->running) return;
  uint32_t index = (uint32_t)(part - own->lanes);
  uint32_t after = own->count - index - 1;
  memmove(part, part + 1, after * sizeof *part);
  own->count--;
  own->hint = 0;
}
