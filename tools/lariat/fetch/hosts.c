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
  struct job_list jobs; /* that wait */
  unsigned running;
  bool ready; /* in the list of those */
  bool fast;  /* its last answer took next to no time */
  uint32_t bucket;
  unsigned char key_length;
  char key[KEY_MAX];
};

bool hosts_init(struct hosts *hosts, unsigned limit) {
  *hosts = (struct hosts){.limit = limit};
  hosts->buckets = calloc(BUCKETS, sizeof(struct host *));
  return hosts->buckets != NULL;
}

static void free_hosts(struct host *host) {
  while (host) {
    struct host *next = host->next;
    job_list_free(&host->jobs);
    free(host);
    host = next;
  }
}

void hosts_clear(struct hosts *hosts) {
  for (size_t i = 0; hosts->buckets && i < BUCKETS; i++)
    free_hosts(hosts->buckets[i]);
  free_hosts(hosts->spare);
  job_list_free(&hosts->unlimited);
  free(hosts->buckets);
  *hosts = (struct hosts){.limit = 0};
}

/* Points `*key` at scheme, user, host and port as they are written, and returns
 * their length.  Two spellings of one host count as two here; the library's own
 * limit knows better.  A key that is cut only makes a host share its limit with
 * another. */
static size_t find_key(const struct job *job, const char **key) {
  const char *url = job->url.text;
  const char *authority = strstr(url, "://");
  *key = url;
  size_t length = authority ? (size_t)(authority - url) + 3 : 0;
  length += strcspn(url + length, "/?#");
  return length < KEY_MAX ? length : KEY_MAX - 1;
}

static uint32_t hash_key(const char *key, size_t length) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
  return (uint32_t)(hash >> 32) % BUCKETS;
}

static struct host *make_host(struct hosts *hosts, const char *key,
                              size_t length, uint32_t bucket) {
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

static struct host *find_host(struct hosts *hosts, const struct job *job) {
  const char *key;
  size_t length = find_key(job, &key);
  uint32_t bucket = hash_key(key, length);
  struct host *host = hosts->buckets[bucket];
  while (host &&
         (host->key_length != length || memcmp(host->key, key, length) != 0))
    host = host->next;
  return host ? host : make_host(hosts, key, length, bucket);
}

static void forget_host(struct hosts *hosts, struct host *host) {
  struct host **at = &hosts->buckets[host->bucket];
  while (*at != host) at = &(*at)->next;
  *at = host->next;
  host->next = hosts->spare;
  hosts->spare = host;
}

/* Returns how many jobs of `host` are handed over at once; those beyond the
 * user's limit wait in the library, which keeps to it. */
static unsigned limit_of(const struct hosts *hosts, const struct host *host) {
  return host->fast ? HOSTS_FAST_FACTOR * hosts->limit : hosts->limit;
}

/* Puts `host` into the list of those whose jobs may start, if they may. */
static void update_ready(struct hosts *hosts, struct host *host) {
  if (host->ready || !host->jobs.first ||
      host->running >= limit_of(hosts, host))
    return;
  host->ready = true;
  host->ready_next = NULL;
  if (hosts->ready_first)
    hosts->ready_last->ready_next = host;
  else
    hosts->ready_first = host;
  hosts->ready_last = host;
}

bool hosts_add(struct hosts *hosts, struct job *job) {
  if (hosts->limit) {
    struct host *host = find_host(hosts, job);
    if (!host) return false;
    job_list_append(&host->jobs, job);
    update_ready(hosts, host);
  } else {
    job_list_append(&hosts->unlimited, job);
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
    job = job_list_take(&host->jobs);
    job->host = host;
    host->running++;
    update_ready(hosts, host);
  } else {
    job = job_list_take(&hosts->unlimited);
  }
  if (job) hosts->waiting--;
  return job;
}

bool hosts_is_over(const struct hosts *hosts, const struct job *job) {
  return job->host && job->host->running > hosts->limit;
}

void hosts_release(struct hosts *hosts, struct job *job, bool fast) {
  struct host *host = job->host;
  job->host = NULL;
  if (!host) return;
  host->fast = fast;
  host->running--;
  update_ready(hosts, host);
  if (!host->running && !host->jobs.first) forget_host(hosts, host);
}
