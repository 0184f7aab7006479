/* SPDX-License-Identifier: MIT
 * shared_absent.c: the store of a shared crawl in a lariat that was built
 * without libpq: none is ever opened, and so nothing else is ever asked of one.
 */
#include "shared_store.h"

static lariat_status refuse(lr_crawl_fault *fault) {
  return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                            "this lariat was built without PostgreSQL (libpq), "
                            "and cannot share a crawl");
}

lariat_status lr_crawl_shared_open(const lr_crawl_shared_options *options,
                                   lr_crawl_shared_store **out,
                                   lr_crawl_fault *fault) {
  (void)options;
  *out = NULL;
  return refuse(fault);
}

void lr_crawl_shared_close(lr_crawl_shared_store *store) { (void)store; }

uint32_t lr_crawl_shared_worker(const lr_crawl_shared_store *store) {
  (void)store;
  return 0;
}

uint64_t lr_crawl_shared_last_batch(const lr_crawl_shared_store *store) {
  (void)store;
  return 0;
}

lr_crawl_hash_key lr_crawl_shared_hash_key(const lr_crawl_shared_store *store) {
  (void)store;
  return (lr_crawl_hash_key){{0}};
}

const char *lr_crawl_shared_config(const lr_crawl_shared_store *store) {
  (void)store;
  return NULL;
}

lr_crawl_shared_order
lr_crawl_shared_ordered(const lr_crawl_shared_store *store) {
  (void)store;
  return LR_CRAWL_SHARED_STOP;
}

/* Defines a function of a store and of other parameters, among them `fault`. */
#define REFUSED(name, ...)                                                     \
  lariat_status name(lr_crawl_shared_store *store, __VA_ARGS__) {              \
    (void)store;                                                               \
    return refuse(fault);                                                      \
  }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
REFUSED(lr_crawl_shared_lease, size_t most_queues, size_t most_urls,
        lr_crawl_lease_list *out, uint64_t *next_ms, lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_renew, const uint64_t *queues, const int64_t *epochs,
        size_t count, size_t most_urls, lr_crawl_lease_list *out,
        lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_commit, const lr_crawl_shared_batch *batch,
        lr_crawl_shared_result *result, lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_sweep, lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_count, bool whole, lr_crawl_shared_counts *out,
        lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_set_order, lr_crawl_shared_order order,
        lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_each_worker, lr_crawl_shared_member_callback *callback,
        void *context, lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_each_file, uint32_t worker,
        lr_crawl_shared_file_callback *callback, void *context,
        lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_find, uint64_t queue, uint64_t id,
        lr_crawl_known_url *out, lr_crawl_shared_place *place,
        lr_crawl_fault *fault)
REFUSED(lr_crawl_shared_each_outcome, uint64_t queue, uint64_t id,
        lr_crawl_outcome_callback *callback, void *context,
        lr_crawl_fault *fault)
#pragma GCC diagnostic pop
