/* SPDX-License-Identifier: MIT
 * The table of hosts, and each host's parts in lanes. */
#include "schedule/host.h"

#include <curl/curl.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64, FIRST_LANES = 2 };

bool lr_hosts_init(lr_hosts *hosts) {
  hosts->buckets = lr_alloc_zero(FIRST_BUCKETS * sizeof *hosts->buckets);
  hosts->capacity = hosts->buckets ? FIRST_BUCKETS : 0;
  hosts->count = 0;
  hosts->last = NULL;
  hosts->host_paces = NULL;
  return hosts->buckets != NULL;
}

static void free_host(lr_hosts *hosts, lr_host *host) {
  if (host->pace) lr_host_paces_leave(hosts->host_paces, host->pace);
  curl_url_cleanup(host->origin);
  lr_buffer_clear(&host->lines);
  lr_header_list_release(host->lines_headers);
  lr_free(host->lanes);
  lr_free(host);
}

void lr_hosts_clear(lr_hosts *hosts) {
  for (uint32_t i = 0; i < hosts->capacity; i++) {
    lr_host *host = hosts->buckets[i];
    while (host) {
      lr_host *next = host->next;
      free_host(hosts, host);
      host = next;
    }
  }
  lr_free(hosts->buckets);
  hosts->buckets = NULL;
  hosts->last = NULL;
  hosts->capacity = 0;
}

/* The identity beyond the name goes into the hash, so that it is looked up in
 * one step. */
static uint64_t identity_hash(const lr_job *job) {
  uint64_t identity = (uint64_t)job->http * 2u + (job->spread ? 1u : 0u);
  return job->url.hash ^ (identity * 0x9e3779b97f4a7c15u);
}

/* When there is no memory to grow, longer chains are no fault. */
static void grow(lr_hosts *hosts) {
  uint32_t capacity = hosts->capacity * 2;
  lr_host **buckets = lr_alloc_zero(capacity * sizeof *buckets);
  if (!buckets) return;
  for (uint32_t i = 0; i < hosts->capacity; i++) {
    lr_host *host = hosts->buckets[i];
    while (host) {
      lr_host *next = host->next;
      lr_host **bucket = &buckets[host->hash & (capacity - 1)];
      host->next = *bucket;
      *bucket = host;
      host = next;
    }
  }
  lr_free(hosts->buckets);
  hosts->buckets = buckets;
  hosts->capacity = capacity;
}

/* "http://127.0.0.1:80", "https://[::1]:443". */
static bool is_numeric(const char *key) {
  const char *name = strstr(key, "://") + 3;
  return *name == '[' || name[strspn(name, "0123456789.")] == ':';
}

static lr_host *make(const lr_job *job, uint64_t hash) {
  uint32_t length = job->url.key_length;
  lr_host *host = lr_alloc_zero(sizeof *host + length + 1);
  if (!host) return NULL;
  host->hash = hash;
  host->key_hash = job->url.hash;
  host->http = job->http;
  host->spread = job->spread;
  host->tls = job->url.tls;
  host->key_length = length;
  memcpy(host->key, job->url.key, length);
  host->is_address = is_numeric(host->key);
  lr_list_init(&host->queue_node);
  lr_list_init(&host->sent);
  lr_list_init(&host->idle);
  lr_priority_queue_init(&host->queue);
  return host;
}

static __attribute__((noinline)) lr_host *
add(lr_hosts *hosts, const lr_job *job, uint64_t hash) {
  if (hosts->count >= hosts->capacity) grow(hosts);
  lr_host *host = make(job, hash);
  if (!host) return NULL;
  lr_host **bucket = &hosts->buckets[hash & (hosts->capacity - 1)];
  host->next = *bucket;
  *bucket = host;
  hosts->count++;
  return host;
}

lr_host *lr_hosts_find_slow(lr_hosts *hosts, const lr_job *job, bool *made) {
  uint64_t hash = identity_hash(job);
  lr_host *host = hosts->buckets[hash & (hosts->capacity - 1)];
  while (host && !lr_host_is_of(host, job)) host = host->next;
  *made = !host;
  return host ? host : add(hosts, job, hash);
}

void lr_hosts_forget_slow(lr_hosts *hosts, lr_host *host) {
  lr_host **place = &hosts->buckets[host->hash & (hosts->capacity - 1)];
  while (*place != host) place = &(*place)->next;
  *place = host->next;
  hosts->count--;
  if (hosts->last == host) hosts->last = NULL;
  lr_list_remove(&host->queue_node);
  free_host(hosts, host);
}

CURLU *lr_host_origin(lr_host *host, const lr_url *target) {
  if (host->origin) return host->origin;
  char *text = lr_copy_bytes(target->url, target->origin_length);
  CURLU *origin = text ? curl_url() : NULL;
  if (origin && curl_url_set(origin, CURLUPART_URL, text, 0) != CURLUE_OK) {
    curl_url_cleanup(origin);
    origin = NULL;
  }
  lr_free(text);
  host->origin = origin;
  return origin;
}

lr_host_lane *lr_host_in_lane(lr_host *host, const struct lr_lane *lane) {
  for (uint32_t i = 0; i < host->lane_count; i++)
    if (host->lanes[i].lane == lane) return &host->lanes[i];
  return NULL;
}

lr_host_lane *lr_host_enter_lane(lr_host *host, struct lr_lane *lane) {
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (part) return part;
  if (host->lane_count == host->lane_capacity) {
    uint32_t capacity =
        host->lane_capacity ? host->lane_capacity * 2 : FIRST_LANES;
    lr_host_lane *lanes = lr_realloc(host->lanes, capacity * sizeof *lanes);
    if (!lanes) return NULL;
    host->lanes = lanes;
    host->lane_capacity = capacity;
  }
  part = &host->lanes[host->lane_count++];
  *part = (lr_host_lane){.lane = lane};
  return part;
}

void lr_host_leave_lane(lr_host *host, const struct lr_lane *lane) {
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (!part || part->open || part->running) return;
  uint32_t index = (uint32_t)(part - host->lanes);
  uint32_t after = host->lane_count - index - 1;
  memmove(part, part + 1, after * sizeof *part);
  host->lane_count--;
  host->lane_hint = 0;
}
