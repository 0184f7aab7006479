/* SPDX-License-Identifier: MIT
 * shared_lease_list.c: leases are given back to memory. */
#include <lariat/allocator.h>

#include "shared_store.h"

static void clear_url(lr_crawl_shared_url *url) {
  lariat_memory_release(url->url);
  lariat_memory_release(url->etag);
  lariat_memory_release(url->last_modified);
}

static void clear_host(lr_crawl_shared_host *host) {
  lariat_memory_release(host->origin);
  lariat_memory_release(host->ip);
  lariat_memory_release(host->robots);
  lariat_memory_release(host->note);
}

static void clear_lease(lr_crawl_lease *lease) {
  for (size_t i = 0; i < lease->url_count; i++) clear_url(&lease->urls[i]);
  for (size_t i = 0; i < lease->host_count; i++) clear_host(&lease->hosts[i]);
  lariat_memory_release(lease->urls);
  lariat_memory_release(lease->hosts);
  lariat_memory_release(lease->site);
}

void lr_crawl_lease_list_clear(lr_crawl_lease_list *list) {
  for (size_t i = 0; i < list->count; i++) clear_lease(&list->leases[i]);
  lariat_memory_release(list->leases);
  *list = (lr_crawl_lease_list){0};
}
