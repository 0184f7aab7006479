/* SPDX-License-Identifier: MIT
 * shard.h: a pool reactor's share of a crawl: the sites that are its own, whose
 * URLs it asks for when they are due, and what it makes of the answers.  Shards
 * share nothing but the settings and the scope, which do not change.
 *
 * All of it is for the thread of the shard's reactor, which is also where
 * `tell` is called. */
#ifndef CRAWL_SHARD_H
#define CRAWL_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/pool.h>

#include "crawl_options.h"
#include "report.h"
#include "robots_visit.h"
#include "work.h"

typedef struct lr_crawl_shard lr_crawl_shard;

typedef struct lr_crawl_shard_config {
  const lr_crawl_settings *settings;
  const lr_crawl_scope *scope;
  lariat_pool *pool;
  unsigned index, count;
  const lr_crawl_kept_traps *traps; /* of earlier runs; NULL: none */
  bool resumed; /* an earlier run may have asked shortly before */
  /* Takes a report, which is its own from then on. */
  void (*tell)(void *context, lr_crawl_report *report);
  /* Brings a visit, likewise, to a shard: lr_crawl_shard_take_visit. */
  void (*send_visit)(void *context, unsigned shard, lr_crawl_visit *visit);
  void *context;
} lr_crawl_shard_config;

/* Makes a shard on the calling reactor.
 * LARIAT_OK, LARIAT_ENOMEM, and what lariat_client_new may return */
lariat_status lr_crawl_shard_new(const lr_crawl_shard_config *config,
                                 lr_crawl_shard **out);

/* Frees one that has told its end, or has been given no work.  Any thread
 * then. */
void lr_crawl_shard_free(lr_crawl_shard *shard);

/* Takes the tasks out of `work`. */
void lr_crawl_shard_take(lr_crawl_shard *shard, lr_crawl_work *work);

/* Takes a visit: to one of its own hosts, or one that it has asked for and that
 * is done. */
void lr_crawl_shard_take_visit(lr_crawl_shard *shard, lr_crawl_visit *visit);

/* Returns the number of the shard that an origin belongs to, of `count`: hosts
 * that could be one group are of one shard.  Any thread. */
unsigned lr_crawl_shard_of(const lr_crawl_settings *settings, unsigned count,
                           const char *origin);

/* Sends no more requests, or does so again. */
void lr_crawl_shard_pause(lr_crawl_shard *shard, bool paused);

/* Ends the shard: no more requests, and when those that are on their way have
 * ended, or at once where they are not to be waited for, a report says so. */
void lr_crawl_shard_stop(lr_crawl_shard *shard, bool at_once);

/* Uses another scope from now on; the old one is in use until then. */
void lr_crawl_shard_set_scope(lr_crawl_shard *shard,
                              const lr_crawl_scope *scope);

/* Sets the delay of all sites, or of those of a host (NULL: all). */
void lr_crawl_shard_set_delay(lr_crawl_shard *shard, const char *host,
                              uint64_t delay_ms);

/* Has the next report tell how many hosts are due, down and waiting. */
void lr_crawl_shard_count(lr_crawl_shard *shard);

/* Opens a shape that was closed as a trap. */
void lr_crawl_shard_open_trap(lr_crawl_shard *shard, const char *shape);

/* Adds, to an object of JSON that is being written, what is known here of a
 * URL: robots, the site's turn, its trap. */
void lr_crawl_shard_explain(lr_crawl_shard *shard, const char *url,
                            lr_crawl_bytes *json);

#endif
