/* SPDX-License-Identifier: MIT
 * network_watch.c: a row of failures, and pauses that double. */
#include "network_watch.h"

#include <stddef.h>

/* 5 seconds at first, a minute at the most. */
static const int64_t first_pause_ns = INT64_C(5000000000);
static const int64_t longest_pause_ns = INT64_C(60000000000);

/* An hour and a little more, of pauses. */
enum { MOST_PAUSES = 64 };

static void pause_sending(lr_crawl_network_watch *watch, int64_t now_ns) {
  if (++watch->pauses > MOST_PAUSES) {
    watch->gone = false;
    watch->is_given_up = true;
    return;
  }
  watch->until_ns = now_ns + watch->pause_ns;
  watch->pause_ns *= 2;
  if (watch->pause_ns > longest_pause_ns) watch->pause_ns = longest_pause_ns;
}

static void add_failed(lr_crawl_network_watch *watch, const void *host,
                       int64_t now_ns) {
  if (watch->is_given_up) return;
  for (uint32_t i = 0; i < watch->count; i++)
    if (watch->failed[i] == host) return;
  if (!watch->count) watch->since_ns = now_ns;
  watch->failed[watch->count++] = host;
  if (watch->count < LR_CRAWL_NETWORK_HOSTS) return;
  watch->gone = true;
  watch->pause_ns = first_pause_ns;
  pause_sending(watch, now_ns);
}

/* A request that was sent before the pause, and fails during it, tells nothing
 * new. */
bool lr_crawl_network_failed(lr_crawl_network_watch *watch, const void *host,
                             int64_t sent_ns, int64_t now_ns) {
  if (!watch->gone)
    add_failed(watch, host, now_ns);
  else if (sent_ns >= watch->until_ns)
    pause_sending(watch, now_ns);
  return watch->gone;
}

bool lr_crawl_network_answered(lr_crawl_network_watch *watch) {
  bool was_gone = watch->gone;
  watch->gone = false;
  watch->is_given_up = false;
  watch->count = 0;
  watch->pauses = 0;
  watch->probing = NULL;
  return was_gone;
}

bool lr_crawl_network_allows(const lr_crawl_network_watch *watch,
                             int64_t now_ns, int64_t *due_ns) {
  *due_ns = watch->probing ? INT64_MAX : watch->until_ns;
  return !watch->gone || (!watch->probing && now_ns >= watch->until_ns);
}

void lr_crawl_network_sends(lr_crawl_network_watch *watch, const void *host) {
  if (watch->gone) watch->probing = host;
}

void lr_crawl_network_ends(lr_crawl_network_watch *watch, const void *host) {
  if (watch->probing == host) watch->probing = NULL;
}
