/* SPDX-License-Identifier: MIT
 * shared_store.c: a worker of a shared crawl without its network: leases sites,
 * takes their URLs as fetched, and commits outcomes and links.  What a page
 * costs the database is to be read from the CPU of the database's processes.
 *
 * usage: bench-shared-store DATABASE PAGES SITES LINKS all|new SEED QUEUES
 *
 * Page i links to 4i + 1 ... 4i + 4, as far as there are so many, and to others
 * by a power law; `new`: what this worker has sent before is not sent again. Up
 * to QUEUES sites, of 20 URLs each, are a commit. Prints the pages that it had,
 * its links, and commits.  Exit code: 0, 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/await.h>
#include <lariat/coroutine.h>
#include <lariat/reactor.h>

#include "crawl/memory.h"
#include "crawl/shared_store.h"

enum {
  CHILDREN = 4,
  LINKS_MAX = 100,
  QUEUES = 64, /* leased at once, at the most */
  URLS = 20,   /* of each */
  URL_ROOM = 128
};

static uint64_t pages, sites;
static unsigned links, queues;
static bool sends_all;
static uint64_t random_state;
static bool *sent; /* by page */
static uint64_t done_pages, sent_links, commits;

static lr_crawl_shared_store *store;
static lr_crawl_fault fault;

static void check(lariat_status status) {
  if (!status) return;
  fprintf(stderr, "bench-shared-store: %s\n",
          fault.message[0] ? fault.message : lariat_status_text(status));
  exit(1);
}

static uint64_t mix(uint64_t number) {
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

/* ---- Pages ---- */

/* A batch, and the texts that it points to. */
struct work {
  lr_crawl_shared_batch batch;
  lr_crawl_outcome *outcomes;
  lr_crawl_shared_outcome *placed;
  lr_crawl_shared_found *found;
  char (*texts)[URL_ROOM];
  char (*names)[48];
  uint64_t queues[QUEUES];
  int64_t epochs[QUEUES];
  lr_crawl_shared_release releases[QUEUES];
};

static struct work work;

static bool make_work(void) {
  size_t outcomes = (size_t)QUEUES * URLS, found = outcomes * links + 1;

  work.outcomes = calloc(outcomes, sizeof *work.outcomes);
  work.placed = calloc(outcomes, sizeof *work.placed);
  work.found = calloc(found, sizeof *work.found);
  work.texts = calloc(found, sizeof *work.texts);
  work.names = calloc(found, sizeof *work.names);
  sent = calloc(pages, sizeof *sent);
  work.batch.queues = work.queues;
  work.batch.epochs = work.epochs;
  work.batch.outcomes = work.placed;
  work.batch.found = work.found;
  work.batch.releases = work.releases;
  return work.outcomes && work.placed && work.found && work.texts &&
         work.names && sent;
}

/* Adds a link to a page, as the crawl would find it. */
static void add_link(uint64_t page, uint64_t via) {
  size_t at = work.batch.found_count;
  lr_crawl_hash_key key = lr_crawl_shared_hash_key(store);
  char *url = work.texts[at], *site = work.names[at];

  if (!sends_all && sent[page]) return;
  sent[page] = true;
  snprintf(site, sizeof work.names[at], "site%05llu.example",
           (unsigned long long)(mix(page) % sites));
  int length = snprintf(url, URL_ROOM, "http://%s/section/page-%010llu.html",
                        site, (unsigned long long)page);
  work.found[at] = (lr_crawl_shared_found){
      .id = lr_crawl_fingerprint(key, url, (size_t)length),
      .via = via,
      .queue = lr_crawl_fingerprint(key, site, strlen(site)),
      .site = site,
      .url = url,
      .depth = 3,
      .priority = 4,
      .hop = 'L'};
  work.batch.found_count++;
}

static void add_links(uint64_t page, uint64_t id) {
  unsigned added = 0;

  for (uint64_t i = 1; i <= CHILDREN && CHILDREN * page + i < pages; i++) {
    add_link(CHILDREN * page + i, id);
    added++;
  }
  for (; added < links; added++) {
    double share = (double)(mix(random_state++) >> 11) / 9007199254740992.0;

    add_link((uint64_t)((double)pages * share * share * share), id);
  }
}

static void finish_page(const lr_crawl_shared_url *url, uint64_t queue) {
  size_t at = work.batch.outcome_count++;
  const char *number = strstr(url->url, "page-");
  static char html[] = "text/html";

  work.outcomes[at] = (lr_crawl_outcome){.url = url->id,
                                         .kind = LR_CRAWL_FETCHED,
                                         .status = 200,
                                         .at_ns = 1796000000123456789,
                                         .took_ms = 120,
                                         .bytes = 8000,
                                         .has_digest = true,
                                         .type = html};
  memset(work.outcomes[at].digest, (int)url->id,
         sizeof work.outcomes[at].digest);
  work.placed[at] = (lr_crawl_shared_outcome){.queue = queue,
                                              .outcome = &work.outcomes[at],
                                              .warc = 1,
                                              .offset = 4096 * done_pages,
                                              .length = 4096};
  done_pages++;
  if (number) add_links(strtoull(number + 5, NULL, 10), url->id);
}

/* ---- Batches ---- */

static void commit(void) {
  lr_crawl_shared_result result = {0};

  work.batch.number = lr_crawl_shared_last_batch(store) + 1;
  check(lr_crawl_shared_commit(store, &work.batch, &result, &fault));
  if (!result.committed) {
    fprintf(stderr, "bench-shared-store: a lease was lost\n");
    exit(1);
  }
  sent_links += work.batch.found_count;
  commits++;
  work.batch.found_count = work.batch.outcome_count = 0;
  work.batch.queue_count = work.batch.release_count = 0;
}

static void take_leases(const lr_crawl_lease_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    const lr_crawl_lease *lease = &list->leases[i];

    work.queues[i] = lease->queue;
    work.epochs[i] = lease->epoch;
    work.releases[i] = (lr_crawl_shared_release){.queue = lease->queue};
    for (size_t k = 0; k < lease->url_count; k++)
      finish_page(&lease->urls[k], lease->queue);
  }
  work.batch.queue_count = work.batch.release_count = list->count;
}

/* Tells whether something is left to be done. */
static bool take_turn(void) {
  lr_crawl_lease_list list = {0};
  lr_crawl_shared_counts counts = {0};
  uint64_t next_ms;

  check(lr_crawl_shared_lease(store, queues, URLS, &list, &next_ms, &fault));
  if (list.count) {
    take_leases(&list);
    commit();
    lr_crawl_lease_list_clear(&list);
    return true;
  }
  check(lr_crawl_shared_count(store, false, &counts, &fault));
  if (counts.is_over) return false;
  check(lariat_coroutine_sleep(20));
  return true;
}

static lariat_value run(void *argument) {
  const lr_crawl_shared_options *options = argument;

  check(lr_crawl_shared_open(options, &store, &fault));
  if (!make_work()) check(LARIAT_ENOMEM);
  add_link(0, 0);
  commit();
  while (take_turn()) continue;
  lr_crawl_shared_close(store);
  return lariat_none();
}

static lariat_value stop(lariat_value result, void *context) {
  (void)context;
  (void)lariat_reactor_stop(lariat_reactor_current());
  return result;
}

int main(int argc, char **argv) {
  lr_crawl_shared_options options = {.host = "bench", .config = "{}"};
  lariat_coroutine_options coroutine = {
      .size = sizeof coroutine, .stack_bytes = LR_CRAWL_SHARED_STACK_BYTES};

  if (argc != 8) {
    fprintf(stderr, "usage: bench-shared-store DATABASE PAGES SITES LINKS "
                    "all|new SEED QUEUES\n");
    return 2;
  }
  options.connection = argv[1];
  pages = strtoull(argv[2], NULL, 10);
  sites = strtoull(argv[3], NULL, 10);
  links = (unsigned)strtoul(argv[4], NULL, 10) % LINKS_MAX;
  sends_all = strcmp(argv[5], "all") == 0;
  random_state = strtoull(argv[6], NULL, 10) << 32;
  queues = 1 + (unsigned)(strtoul(argv[7], NULL, 10) - 1) % QUEUES;
  check(lariat_reactor_new(NULL, &options.reactor));
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_coroutine_start_with(options.reactor, run, &options, &coroutine),
      stop, NULL));
  (void)lariat_reactor_run(options.reactor);
  (void)lariat_reactor_close(options.reactor, 0);
  printf("%llu %llu %llu\n", (unsigned long long)done_pages,
         (unsigned long long)sent_links, (unsigned long long)commits);
  return 0;
}
