/* SPDX-License-Identifier: MIT
 * host_lanes.c: each host's parts in lanes. */
#include "curl/host_lanes.h"

#include <string.h>

#include "base/memory.h"
#include "net/addresses.h"

enum { FIRST_CAPACITY = 2 };

static void init_host(lr_host *host) {
  lr_h1_host_init(host);
  lr_curl_host_of(host)->is_address = lr_host_is_address(host);
}

static void clear_host(lr_host *host) {
  lr_curl_host *own = lr_curl_host_of(host);
  lr_h1_host_clear(host);
  curl_url_cleanup(own->origin);
  lr_addresses_release(own->addresses);
  lr_free(own->lanes);
}

const lr_host_extra lr_curl_host_extra = {
    .size = sizeof(lr_curl_host), .init = init_host, .clear = clear_host};

/* Sets scheme, host and port to the parts of a key, "https://host:443", which
 * is cut in its place. */
static bool set_origin_parts(CURLU *origin, char *key) {
  char *scheme_end = strstr(key, "://");
  char *port = strrchr(key, ':');
  *scheme_end = '\0';
  *port++ = '\0';
  return curl_url_set(origin, CURLUPART_SCHEME, key, 0) == CURLUE_OK &&
         curl_url_set(origin, CURLUPART_HOST, scheme_end + 3, 0) == CURLUE_OK &&
         curl_url_set(origin, CURLUPART_PORT, port, 0) == CURLUE_OK;
}

CURLU *lr_curl_host_origin(lr_host *host) {
  lr_curl_host *own = lr_curl_host_of(host);
  if (own->origin) return own->origin;
  char *key = lr_copy_bytes(host->key, host->key_length);
  CURLU *origin = key ? curl_url() : NULL;
  if (origin && !set_origin_parts(origin, key)) {
    curl_url_cleanup(origin);
    origin = NULL;
  }
  lr_free(key);
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
