/* SPDX-License-Identifier: MIT
 * hosts.c: a table of the hosts that have something to do; the others are not
 * remembered. */
#include "fetch/hosts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, KEY_MAX = 128 };

struct host {
  struct host *next; /* in its bucket, or the spare ones */
  struct host *ready_next;
  struct job *first;
  struct job *last;
  unsigned running;
  bool ready; /* in the queue of those */
  bool quick; /* its last answer took no time to speak of */
  uint32_t bucket;
  unsigned char key_length;
  char key[KEY_MAX];
};

bool hosts_init(struct hosts *hosts, unsigned limit) {
  *hosts = (struct hosts){.limit = limit};
  hosts->buckets = calloc(BUCKETS, sizeof(struct host *));
  return hosts->buckets != NULL;
}

static void free_jobs(struct job *job) {
  while (job) {
    struct job *next = job->next;
    job_free(job);
    job = next;
  }
}

static void free_hosts(struct host *host) {
  while (host) {
    struct host *next = host->next;
    free_jobs(host->first);
    free(host);
    host = next;
  }
}

void hosts_clear(struct hosts *hosts) {
  for (size_t i = 0; hosts->buckets && i < BUCKETS; i++)
    free_hosts(hosts->buckets[i]);
  free_hosts(hosts->spare);
  free_jobs(hosts->free_first);
  free(hosts->buckets);
  *hosts = (struct hosts){.limit = 0};
}

/* Scheme, user, host and port as they are written.  Two spellings of one host
 * count as two here; the library's own limit knows better.  A key that is cut
 * only makes a host share its limit with another. */
static size_t key_of(const struct job *job, const char **key) {
  const char *authority = strstr(job->url, "://");
  *key = job->url;
  size_t length = authority ? (size_t)(authority - job->url) + 3 : 0;
  length += strcspn(job->url + length, "/?#");
  return length < KEY_MAX ? length : KEY_MAX - 1;
}

static uint32_t bucket_of(const char *key, size_t length) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
  return (uint32_t)(hash >> 32) % BUCKETS;
}

static struct host *make(struct hosts *hosts, const char *key, size_t length,
                         uint32_t bucket) {
  struct host *host = hosts->spare;
  if (host)
    hosts->spare = host->next;
  else
    host = malloc(sizeof *host);
  if (!host) return NULL;
  *host = (struct host){.next = hosts->buckets[bucket],
                        .bucket = bucket,
                        .key_length = (unsigned char)length};
  memcpy(host->key, key, length);
  hosts->buckets[bucket] = host;
  return host;
}

static struct host *find(struct hosts *hosts, const struct job *job) {
  const char *key;
  size_t length = key_of(job, &key);
  uint32_t bucket = bucket_of(key, length);
  struct host *host = hosts->buckets[bucket];
  while (host &&
         (host->key_length != length || memcmp(host->key, key, length) != 0))
    host = host->next;
  return host ? host : make(hosts, key, length, bucket);
}

static void forget(struct hosts *hosts, struct host *host) {
  struct host **at = &hosts->buckets[host->bucket];
  while (*at != host) at = &(*at)->next;
  *at = host->next;
  host->next = hosts->spare;
  hosts->spare = host;
}

/* Those beyond the limit wait in the library, which keeps to it. */
static unsigned limit_of(const struct hosts *hosts, const struct host *host) {
  return host->quick ? HOSTS_QUICK_FACTOR * hosts->limit : hosts->limit;
}

static void make_ready(struct hosts *hosts, struct host *host) {
  if (host->ready || !host->first || host->running >= limit_of(hosts, host))
    return;
  host->ready = true;
  host->ready_next = NULL;
  if (hosts->ready_first)
    hosts->ready_last->ready_next = host;
  else
    hosts->ready_first = host;
  hosts->ready_last = host;
}

static void append(struct job **first, struct job **last, struct job *job) {
  job->next = NULL;
  if (*first)
    (*last)->next = job;
  else
    *first = job;
  *last = job;
}

static struct job *take_first(struct job **first) {
  struct job *job = *first;
  if (job) *first = job->next;
  return job;
}

bool hosts_add(struct hosts *hosts, struct job *job) {
  if (hosts->limit) {
    struct host *host = find(hosts, job);
    if (!host) return false;
    append(&host->first, &host->last, job);
    make_ready(hosts, host);
  } else {
    append(&hosts->free_first, &hosts->free_last, job);
  }
  hosts->waiting++;
  return true;
}

struct job *hosts_take(struct hosts *hosts) {
  struct job *job;
  struct host *host = hosts->ready_first;
  if (host) {
    hosts->ready_first = host->ready_next;
    host->ready = false;
    job = take_first(&host->first);
    job->host = host;
    host->running++;
    make_ready(hosts, host);
  } else {
    job = take_first(&hosts->free_first);
  }
  if (job) hosts->waiting--;
  return job;
}

void hosts_release(struct hosts *hosts, struct job *job, bool quick) {
  struct host *host = job->host;
  job->host = NULL;
  if (!host) return;
  host->quick = quick;
  host->running--;
  make_ready(hosts, host);
  if (!host->running && !host->first) forget(hosts, host);
}
