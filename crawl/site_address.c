/* SPDX-License-Identifier: MIT
 * site_address.c: the address of a site's host, which decides its group, is
 * looked up before the site's first turn. */
#include <string.h>

#include <lariat/resolver.h>

#include "memory.h"
#include "shard_private.h"

enum { MOST_HOST = 256 };

/* A look-up on its way. */
struct lr_crawl_look_up {
  lr_crawl_list node;
  lr_crawl_shard *shard;
  lr_crawl_site *site; /* which waits for it, and so stays */
  lariat_deferred *deferred;
};

/* Writes the host of an origin. */
static bool write_host(const char *origin, char out[MOST_HOST]) {
  const char *host = strstr(origin, "://") + 3;
  const char *port = strrchr(host, ':');
  size_t length = port ? (size_t)(port - host) : strlen(host);
  if (length >= MOST_HOST) return false;
  memcpy(out, host, length);
  out[length] = '\0';
  return true;
}

static lariat_value take_addresses(lariat_value value, void *context) {
  lr_crawl_look_up *look_up = context;
  lr_crawl_shard *shard = look_up->shard;
  const char *ip = lariat_is_failure(value)
                       ? NULL
                       : lariat_addresses_text(lariat_addresses_in(value), 0);
  lr_crawl_politeness_set_address(look_up->site, ip);
  lr_crawl_list_remove(&look_up->node);
  lariat_deferred_release(look_up->deferred);
  lariat_memory_release(look_up);
  shard->calls--;
  lr_crawl_shard_go_on(shard);
  return lariat_value_drop(value);
}

void lr_crawl_site_look_up(lr_crawl_shard *shard, lr_crawl_site *site) {
  char host[MOST_HOST];
  if (!lr_crawl_politeness_awaits_address(site)) return;
  lr_crawl_look_up *look_up = write_host(lr_crawl_site_origin(site), host)
                                  ? lr_crawl_allocate(1, sizeof *look_up)
                                  : NULL;
  if (!look_up) {
    lr_crawl_politeness_set_address(site, NULL);
    return;
  }
  *look_up = (lr_crawl_look_up){.shard = shard, .site = site};
  lr_crawl_list_append(&shard->look_ups, &look_up->node);
  shard->calls++;
  lariat_deferred *deferred =
      lariat_resolve(shard->config.pool, shard->reactor, host);
  look_up->deferred = lariat_deferred_retain(deferred);
  lariat_deferred_forget(
      lariat_deferred_add_both(deferred, take_addresses, look_up));
}

void lr_crawl_shard_cancel_look_ups(lr_crawl_shard *shard) {
  for (lr_crawl_list *node; (node = lr_crawl_list_first(&shard->look_ups));)
    lariat_deferred_cancel(
        lr_crawl_listed(node, lr_crawl_look_up, node)->deferred);
}

/* ---- Where a host is ---- */

unsigned lr_crawl_shard_of(const lr_crawl_settings *settings, unsigned count,
                           const char *origin) {
  char domain[MOST_HOST];
  const char *host = strstr(origin, "://");
  uint64_t hash = UINT64_C(14695981039346656037);
  if (!host || settings->options.group == LARIAT_CRAWL_GROUP_IP) return 0;
  host += 3;
  const char *end = strrchr(host, ':');
  size_t length = end ? (size_t)(end - host) : strlen(host);
  length = lr_crawl_domain(host, length, domain, sizeof domain);
  if (length >= sizeof domain) length = sizeof domain - 1;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)domain[i]) * UINT64_C(1099511628211);
  return (unsigned)((hash >> 32) % count);
}
