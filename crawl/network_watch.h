/* SPDX-License-Identifier: MIT
 * network_watch.h: whether it is the crawler's own network that is gone.  Some
 * hosts in a row that do not answer, and none that does, are taken for that:
 * then nothing is sent for a while, and after it one request at a time, until
 * there is an answer, or an hour has gone by so. */
#ifndef CRAWL_NETWORK_WATCH_H
#define CRAWL_NETWORK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { LR_CRAWL_NETWORK_HOSTS = 5 };

typedef struct lr_crawl_network_watch {
  const void *failed[LR_CRAWL_NETWORK_HOSTS]; /* in a row, each another host */
  uint32_t count;
  uint32_t pauses; /* in a row */
  bool gone;
  bool is_given_up;    /* there was no answer for so long that it is the hosts
                          after all; until there is one */
  int64_t since_ns;    /* the first of them failed */
  int64_t until_ns;    /* gone: nothing is sent before */
  int64_t pause_ns;    /* the next one */
  const void *probing; /* gone: the host that is asked whether it is back */
} lr_crawl_network_watch;

/* Takes note of a request that failed as they do without a network: sent to
 * `host` at `sent_ns`, failed at `now_ns`.  Returns true if the network is
 * taken for gone, so that nothing is said about the host by it. */
bool lr_crawl_network_failed(lr_crawl_network_watch *watch, const void *host,
                             int64_t sent_ns, int64_t now_ns);

/* Takes note of any other end of a request.  Returns true if the network had
 * been taken for gone, and is there again. */
bool lr_crawl_network_answered(lr_crawl_network_watch *watch);

/* Tells whether a request may be sent, by the network.  `*due_ns` gets when it
 * may: INT64_MAX: when the probe that is on its way has ended. */
bool lr_crawl_network_allows(const lr_crawl_network_watch *watch,
                             int64_t now_ns, int64_t *due_ns);

/* Take note of a request that is about to be sent to `host`, and of one that
 * has ended or was not sent. */
void lr_crawl_network_sends(lr_crawl_network_watch *watch, const void *host);
void lr_crawl_network_ends(lr_crawl_network_watch *watch, const void *host);

#endif
