/* SPDX-License-Identifier: MIT
 * host.c: the table of hosts. */
#include "schedule/host.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64 };

/* How many responses of a host are looked at more closely: a server that sends
 * more than it was asked for does so most of the time. */
enum { UNPROVEN_REUSES = 64 };

bool lr_hosts_init(lr_hosts *hosts, lr_host_paces *host_paces,
                   const lr_host_extra *extra) {
  *hosts = (lr_hosts){.host_paces = host_paces};
  hosts->extra = extra;
  return lr_table_init(&hosts->table, FIRST_BUCKETS);
}

static void free_host(lr_table_node *node, void *context) {
  const lr_hosts *hosts = context;
  lr_host *host = lr_host_of_node(node);
  if (host->pacing.pace)
    lr_host_paces_leave(hosts->host_paces, host->pacing.pace);
  if (hosts->extra) hosts->extra->clear(host);
  lr_free(host);
}

void lr_hosts_clear(lr_hosts *hosts) {
  lr_table_clear(&hosts->table, free_host, hosts);
  lr_host_memory_clear(&hosts->memory);
  hosts->last = NULL;
}

/* Mixes the identity beyond the name into the hash, so that a host is looked up
 * in one step. */
static uint64_t hash_identity(const lr_job *job) {
  uint64_t identity =
      (uint64_t)job->request.http * 2u + (job->request.spread ? 1u : 0u);
  return job->request.url.hash ^ (identity * 0x9e3779b97f4a7c15u);
}

/* Tells "http://127.0.0.1:80" and "https://[::1]:443" from names. */
bool lr_host_is_address(const lr_host *host) {
  const char *name = strstr(host->key, "://") + 3;
  return *name == '[' || name[strspn(name, "0123456789.")] == ':';
}

static lr_host *make_host(const lr_hosts *hosts, const lr_job *job) {
  size_t extra = hosts->extra ? hosts->extra->size : 0;
  uint32_t length = job->request.url.key_length;
  lr_host *host = lr_alloc_zero(sizeof *host + extra + length + 1);
  if (!host) return NULL;
  host->key_hash = job->request.url.hash;
  host->http = job->request.http;
  host->spread = job->request.spread;
  host->tls = job->request.url.tls;
  host->key = (char *)lr_host_extra_of(host) + extra;
  host->key_length = length;
  memcpy(host->key, job->request.url.key, length);
  lr_list_init(&host->queue_node);
  lr_list_init(&host->pacing.sent);
  lr_priority_queue_init(&host->queue);
  if (hosts->extra) hosts->extra->init(host);
  return host;
}

/* ---- What is known beyond a host's life ---- */

static unsigned facts_of(const lr_host *host) {
  unsigned early = host->short_lived;
  if (early > LR_HOST_EARLY_ENDS_MAX) early = LR_HOST_EARLY_ENDS_MAX;
  bool chose = host->tls && host->protocol == LR_PROTOCOL_HTTP1;
  unsigned granted = chose ? host->http1_granted : 0u;
  return early | granted << LR_HOST_HTTP1_SHIFT;
}

static void recall_facts(const lr_hosts *hosts, lr_host *host, uint64_t hash) {
  host->unproven_reuses = UNPROVEN_REUSES;
  unsigned facts = lr_host_memory_find(&hosts->memory, hash);
  host->short_lived = facts & LR_HOST_EARLY_ENDS_MAX;
  unsigned granted = facts >> LR_HOST_HTTP1_SHIFT;
  host->protocol = granted ? LR_PROTOCOL_HTTP1 : LR_PROTOCOL_UNKNOWN;
  host->http1_granted =
      (uint8_t)(granted ? granted - 1 : LR_HOST_ASKED_AGAIN_AFTER);
  host->learned.desync = hosts->desync && lr_host_may_desync(host) &&
                         lr_desync_has(hosts->desync, host->key_hash);
}

static bool is_host_of(lr_table_node *node, const void *job) {
  return lr_host_is_of(lr_host_of_node(node), job);
}

lr_host *lr_hosts_find_slow(lr_hosts *hosts, const lr_job *job, bool *made) {
  uint64_t hash = hash_identity(job);
  lr_table_node *node = lr_table_find(&hosts->table, hash, is_host_of, job);
  *made = !node;
  if (node) return lr_host_of_node(node);
  lr_host *host = make_host(hosts, job);
  if (!host) return NULL;
  recall_facts(hosts, host, hash);
  lr_table_insert(&hosts->table, &host->node, hash);
  return host;
}

void lr_hosts_forget_slow(lr_hosts *hosts, lr_host *host) {
  lr_host_memory_keep(&hosts->memory, host->node.hash, facts_of(host));
  lr_table_remove(&hosts->table, &host->node);
  if (hosts->last == host) hosts->last = NULL;
  lr_list_remove(&host->queue_node);
  free_host(&host->node, hosts);
}
