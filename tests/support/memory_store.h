/* SPDX-License-Identifier: MIT
 * memory_store.h: crawl/shared_store.h without a database: one crawl in memory,
 * which loses leases, forgets answers and is away when the test says so.  To be
 * included by one file of a test. */
#ifndef TESTS_SUPPORT_MEMORY_STORE_H
#define TESTS_SUPPORT_MEMORY_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/coroutine.h>

#include "crawl/memory.h"
#include "crawl/shared_store.h"

enum { MEMORY_URLS = 512, MEMORY_QUEUES = 32, MEMORY_FILES = 8 };

/* The worker that queues are stolen by. */
enum { MEMORY_THIEF = 99 };

struct memory_url {
  uint64_t id, via, queue;
  char url[96];
  uint32_t depth, tries;
  uint8_t priority, redirects;
  char hop;
  bool done;
  uint32_t with; /* worker; 0: none */
  unsigned outcomes;
  uint64_t offset, length; /* of its records */
};

struct memory_queue {
  uint64_t id;
  char site[64];
  uint32_t owner; /* 0: free */
  int64_t epoch;
  uint64_t due_ms; /* of its last release */
  unsigned renewals;
};

struct memory_file {
  char name[160];
  uint32_t id;
  uint64_t length;
  bool closed;
};

/* The database, of which there is one.  All zero: no crawl yet. */
static struct memory_database {
  struct memory_url urls[MEMORY_URLS];
  size_t url_count;
  struct memory_queue queues[MEMORY_QUEUES];
  size_t queue_count;
  struct memory_file files[MEMORY_FILES];
  size_t file_count;
  uint64_t batch;
  unsigned commits, refusals, renewals, leases;
  lr_crawl_shared_order order;
  uint64_t lease_ms;
  unsigned others;    /* other workers */
  bool away;          /* no call reaches it */
  bool are_over;      /* leases have ended when they begin */
  bool forget_answer; /* the next commit is done, and nobody hears of it */
} memory_database;

struct lr_crawl_shared_store {
  uint32_t worker;
};

/* ---- Looking ---- */

static inline struct memory_queue *memory_queue_of(uint64_t id) {
  for (size_t i = 0; i < memory_database.queue_count; i++)
    if (memory_database.queues[i].id == id) return &memory_database.queues[i];
  return NULL;
}

static inline struct memory_url *memory_url_of(uint64_t id) {
  for (size_t i = 0; i < memory_database.url_count; i++)
    if (memory_database.urls[i].id == id) return &memory_database.urls[i];
  return NULL;
}

static inline struct memory_url *memory_url_named(const char *url) {
  for (size_t i = 0; i < memory_database.url_count; i++)
    if (strcmp(memory_database.urls[i].url, url) == 0)
      return &memory_database.urls[i];
  return NULL;
}

static inline struct memory_queue *memory_queue_named(const char *site) {
  for (size_t i = 0; i < memory_database.queue_count; i++)
    if (strcmp(memory_database.queues[i].site, site) == 0)
      return &memory_database.queues[i];
  return NULL;
}

/* Has another worker lease a queue. */
static inline void memory_steal(const char *site) {
  struct memory_queue *queue = memory_queue_named(site);
  queue->owner = MEMORY_THIEF;
  queue->epoch++;
  for (size_t i = 0; i < memory_database.url_count; i++)
    if (memory_database.urls[i].queue == queue->id)
      memory_database.urls[i].with = 0;
}

/* Takes a turn of the reactor, as a database does. */
static inline lariat_status memory_wait(lr_crawl_fault *fault) {
  lariat_status status = lariat_coroutine_yield();
  if (status != LARIAT_OK) return status;
  return memory_database.away
             ? lr_crawl_fault_set(fault, LARIAT_ECONNECT, 0, "it is away")
             : LARIAT_OK;
}

/* ---- The store ---- */

lariat_status lr_crawl_shared_open(const lr_crawl_shared_options *options,
                                   lr_crawl_shared_store **out,
                                   lr_crawl_fault *fault) {
  *out = NULL;
  lariat_status status = memory_wait(fault);
  if (status) return status;
  *out = lr_crawl_allocate(1, sizeof **out);
  if (!*out) return LARIAT_ENOMEM;
  (*out)->worker = options->worker ? options->worker : 1;
  memory_database.lease_ms = options->lease_ms;
  return LARIAT_OK;
}

void lr_crawl_shared_close(lr_crawl_shared_store *store) {
  lariat_memory_release(store);
}

uint32_t lr_crawl_shared_worker(const lr_crawl_shared_store *store) {
  return store->worker;
}

uint64_t lr_crawl_shared_last_batch(const lr_crawl_shared_store *store) {
  (void)store;
  return memory_database.batch;
}

lr_crawl_hash_key lr_crawl_shared_hash_key(const lr_crawl_shared_store *store) {
  (void)store;
  lr_crawl_hash_key key;
  memset(&key, 7, sizeof key);
  return key;
}

const char *lr_crawl_shared_config(const lr_crawl_shared_store *store) {
  (void)store;
  return "{}";
}

/* ---- Leases ---- */

static inline void memory_fill(lr_crawl_lease *lease, const char *url,
                               const struct memory_url *of) {
  lease->urls[lease->url_count++] =
      (lr_crawl_shared_url){.id = of->id,
                            .via = of->via,
                            .url = lr_crawl_copy_text(url),
                            .depth = of->depth,
                            .tries = of->tries,
                            .priority = of->priority,
                            .redirects = of->redirects,
                            .hop = of->hop};
}

/* Writes a lease down, with the URLs that are with no worker. */
static inline lr_crawl_lease memory_lease(struct memory_queue *queue,
                                          uint32_t worker, size_t most) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  lr_crawl_lease lease = {
      .queue = queue->id,
      .site = lr_crawl_copy_text(queue->site),
      .epoch = queue->epoch,
      .until_ns =
          (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec +
          (memory_database.are_over ? 0 : memory_database.lease_ms) * 1000000,
      .urls = lr_crawl_allocate(most + 1, sizeof(lr_crawl_shared_url))};
  for (size_t i = 0; i < memory_database.url_count; i++) {
    struct memory_url *url = &memory_database.urls[i];
    if (url->queue != queue->id || url->done || url->with) continue;
    lease.has_more = lease.url_count == most;
    if (lease.has_more) break;
    url->with = worker;
    memory_fill(&lease, url->url, url);
  }
  return lease;
}

static inline bool memory_is_due(const struct memory_queue *queue) {
  for (size_t i = 0; i < memory_database.url_count; i++)
    if (memory_database.urls[i].queue == queue->id &&
        !memory_database.urls[i].done)
      return queue->owner == 0;
  return false;
}

lariat_status lr_crawl_shared_lease(lr_crawl_shared_store *store,
                                    size_t most_queues, size_t most_urls,
                                    lr_crawl_lease_list *out, uint64_t *next_ms,
                                    lr_crawl_fault *fault) {
  *out = (lr_crawl_lease_list){0};
  *next_ms = 1;
  lariat_status status = memory_wait(fault);
  if (status) return status;
  out->leases = lr_crawl_allocate(most_queues + 1, sizeof *out->leases);
  for (size_t i = 0;
       i < memory_database.queue_count && out->count < most_queues; i++) {
    struct memory_queue *queue = &memory_database.queues[i];
    if (!memory_is_due(queue)) continue;
    queue->owner = store->worker;
    queue->epoch++;
    memory_database.leases++;
    out->leases[out->count++] = memory_lease(queue, store->worker, most_urls);
  }
  return LARIAT_OK;
}

lariat_status lr_crawl_shared_renew(lr_crawl_shared_store *store,
                                    const uint64_t *queues,
                                    const int64_t *epochs, size_t count,
                                    size_t most_urls, lr_crawl_lease_list *out,
                                    lr_crawl_fault *fault) {
  *out = (lr_crawl_lease_list){0};
  lariat_status status = memory_wait(fault);
  if (status) return status;
  out->leases = lr_crawl_allocate(count + 1, sizeof *out->leases);
  memory_database.renewals++;
  for (size_t i = 0; i < count; i++) {
    struct memory_queue *queue = memory_queue_of(queues[i]);
    queue->renewals++;
    if (queue->owner == store->worker && queue->epoch == epochs[i])
      out->leases[out->count++] = memory_lease(queue, store->worker, most_urls);
  }
  return LARIAT_OK;
}

void lr_crawl_lease_list_clear(lr_crawl_lease_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    lr_crawl_lease *lease = &list->leases[i];
    for (size_t k = 0; k < lease->url_count; k++)
      lariat_memory_release(lease->urls[k].url);
    lariat_memory_release(lease->urls);
    lariat_memory_release(lease->site);
  }
  lariat_memory_release(list->leases);
  *list = (lr_crawl_lease_list){0};
}

/* ---- Commits ---- */

/* Notes the queues that the worker has lost; true: there are some. */
static inline bool memory_refuses(const lr_crawl_shared_store *store,
                                  const lr_crawl_shared_batch *batch,
                                  lr_crawl_shared_result *result) {
  result->lost = lr_crawl_allocate(batch->queue_count + 1, sizeof(uint64_t));
  for (size_t i = 0; i < batch->queue_count; i++) {
    const struct memory_queue *queue = memory_queue_of(batch->queues[i]);
    if (queue->owner != store->worker || queue->epoch != batch->epochs[i])
      result->lost[result->lost_count++] = batch->queues[i];
  }
  memory_database.refusals += result->lost_count > 0;
  return result->lost_count > 0;
}

static inline void memory_add_found(const lr_crawl_shared_found *found,
                                    lr_crawl_shared_result *result) {
  if (memory_url_of(found->id) || memory_database.url_count == MEMORY_URLS)
    return;
  struct memory_url *url = &memory_database.urls[memory_database.url_count++];
  *url = (struct memory_url){.id = found->id,
                             .via = found->via,
                             .queue = found->queue,
                             .depth = found->depth,
                             .priority = found->priority,
                             .redirects = found->redirects,
                             .hop = found->hop};
  snprintf(url->url, sizeof url->url, "%s", found->url);
  result->added++;
  if (memory_queue_of(found->queue)) return;
  struct memory_queue *queue =
      &memory_database.queues[memory_database.queue_count++];
  *queue = (struct memory_queue){.id = found->queue};
  snprintf(queue->site, sizeof queue->site, "%s", found->site);
}

static inline void memory_add_outcome(const lr_crawl_shared_outcome *of) {
  struct memory_url *url = memory_url_of(of->outcome->url);
  url->with = 0;
  url->outcomes++;
  url->offset = of->offset;
  url->length = of->length;
  url->done = of->outcome->kind != LR_CRAWL_LATER;
  url->tries += !url->done;
}

static inline void memory_set_file(const lr_crawl_shared_file *file) {
  struct memory_file *of = memory_database.files;
  while (of < memory_database.files + memory_database.file_count &&
         strcmp(of->name, file->name) != 0)
    of++;
  if (of == memory_database.files + memory_database.file_count)
    memory_database.file_count++;
  snprintf(of->name, sizeof of->name, "%s", file->name);
  of->id = file->id;
  of->length = file->length;
  of->closed = file->closed;
}

static inline void memory_release(const lr_crawl_shared_release *release) {
  struct memory_queue *queue = memory_queue_of(release->queue);
  queue->owner = 0;
  queue->due_ms = release->due_ms;
  for (size_t i = 0; i < memory_database.url_count; i++)
    if (memory_database.urls[i].queue == release->queue)
      memory_database.urls[i].with = 0;
}

static inline void memory_write(const lr_crawl_shared_batch *batch,
                                lr_crawl_shared_result *result) {
  for (size_t i = 0; i < batch->outcome_count; i++)
    memory_add_outcome(&batch->outcomes[i]);
  for (size_t i = 0; i < batch->found_count; i++)
    memory_add_found(&batch->found[i], result);
  for (size_t i = 0; i < batch->file_count; i++)
    memory_set_file(&batch->files[i]);
  for (size_t i = 0; i < batch->release_count; i++)
    memory_release(&batch->releases[i]);
  memory_database.batch = batch->number;
  memory_database.commits++;
}

lariat_status lr_crawl_shared_commit(lr_crawl_shared_store *store,
                                     const lr_crawl_shared_batch *batch,
                                     lr_crawl_shared_result *result,
                                     lr_crawl_fault *fault) {
  *result = (lr_crawl_shared_result){0};
  lariat_status status = memory_wait(fault);
  if (status) return status;
  result->committed = true;
  if (batch->number == memory_database.batch) return LARIAT_OK; /* it is in */
  result->committed = !memory_refuses(store, batch, result);
  if (result->committed) memory_write(batch, result);
  if (!memory_database.forget_answer) return LARIAT_OK;
  memory_database.forget_answer = false;
  lariat_memory_release(result->lost);
  *result = (lr_crawl_shared_result){0};
  return lr_crawl_fault_set(fault, LARIAT_ECONNECT, 0, "it has broken off");
}

lariat_status lr_crawl_shared_sweep(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault) {
  (void)store;
  return memory_wait(fault);
}

/* ---- The whole crawl ---- */

lariat_status lr_crawl_shared_count(lr_crawl_shared_store *store, bool whole,
                                    lr_crawl_shared_counts *out,
                                    lr_crawl_fault *fault) {
  (void)store, (void)whole;
  lariat_status status = memory_wait(fault);
  if (status) return status;
  *out = (lr_crawl_shared_counts){.known = memory_database.url_count,
                                  .workers = 1 + memory_database.others};
  for (size_t i = 0; i < memory_database.queue_count; i++)
    out->leased += memory_database.queues[i].owner != 0;
  for (size_t i = 0; i < memory_database.url_count; i++)
    out->queued += !memory_database.urls[i].done;
  out->is_over = out->queued == 0;
  return LARIAT_OK;
}

lr_crawl_shared_order
lr_crawl_shared_ordered(const lr_crawl_shared_store *store) {
  (void)store;
  return memory_database.order;
}

lariat_status lr_crawl_shared_set_order(lr_crawl_shared_store *store,
                                        lr_crawl_shared_order order,
                                        lr_crawl_fault *fault) {
  (void)store, (void)fault;
  memory_database.order = order;
  return LARIAT_OK;
}

lariat_status
lr_crawl_shared_each_worker(lr_crawl_shared_store *store,
                            lr_crawl_shared_member_callback *callback,
                            void *context, lr_crawl_fault *fault) {
  (void)store, (void)callback, (void)context;
  return memory_wait(fault);
}

lariat_status lr_crawl_shared_each_file(lr_crawl_shared_store *store,
                                        uint32_t worker,
                                        lr_crawl_shared_file_callback *callback,
                                        void *context, lr_crawl_fault *fault) {
  (void)store, (void)worker;
  lariat_status status = memory_wait(fault);
  for (size_t i = 0; !status && i < memory_database.file_count; i++) {
    const struct memory_file *of = &memory_database.files[i];
    callback(context,
             &(lr_crawl_shared_file){of->id, of->name, of->length, of->closed});
  }
  return status;
}

lariat_status lr_crawl_shared_find(lr_crawl_shared_store *store, uint64_t queue,
                                   uint64_t id, lr_crawl_known_url *out,
                                   lr_crawl_shared_place *place,
                                   lr_crawl_fault *fault) {
  (void)store, (void)queue, (void)id, (void)out, (void)place, (void)fault;
  return LARIAT_ENOTFOUND;
}

lariat_status lr_crawl_shared_each_outcome(lr_crawl_shared_store *store,
                                           uint64_t queue, uint64_t id,
                                           lr_crawl_outcome_callback *callback,
                                           void *context,
                                           lr_crawl_fault *fault) {
  (void)store, (void)queue, (void)id, (void)callback, (void)context;
  (void)fault;
  return LARIAT_OK;
}

#endif
