/* SPDX-License-Identifier: MIT
 * response_cache.c: responses kept for the next fetches. */
#include "client/response_cache.h"

#include "base/attributes.h"
#include "base/call_depth.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/quarantine.h"

enum {
  SPARE_MAX = 1024,
  URL_KEPT = 512, /* larger buffers are given back */
  TEXT_KEPT = 8 * 1024,
  BODY_KEPT = 16 * 1024,
  /* Of larger bodies' buffers this much is kept together: fresh memory for
   * each costs more than filling it. */
  LARGE_KEPT = 8 * 1024 * 1024
};

struct lr_response_cache {
  lr_response_owner owner; /* of the responses that it has made */
  lr_atomic_u32 count;     /* the client, and each response that was made */
  const void *thread; /* the address of one of its thread-local variables */
  bool closed;
  unsigned spare_count;
  unsigned spare_most;
  bool thrifty;       /* keeps no large bodies' buffers */
  size_t large_bytes; /* of the buffers of large bodies among the spare */
  lariat_response *spare;
};

static void release_cache(lr_response_cache *cache) {
  if (lr_count_release(&cache->count)) lr_free(cache);
}

static void forget_response(lr_response_owner *owner) {
  release_cache(lr_container(owner, lr_response_cache, owner));
}

static size_t large_body_bytes(const lariat_response *response) {
  return response->body.capacity > BODY_KEPT ? response->body.capacity : 0;
}

lariat_response *lr_response_cache_take(lr_response_cache *cache) {
  lariat_response *response = cache->spare;
  if (response) {
    cache->spare = response->next_spare;
    cache->spare_count--;
    cache->large_bytes -= large_body_bytes(response);
    lr_response_reset(response);
    return response;
  }
  response = lr_response_new();
  if (!response) return NULL;
  response->owner = &cache->owner;
  lr_count_retain(&cache->count);
  return response;
}

static LR_COLD void keep_large_body(lr_response_cache *cache,
                                    lariat_response *response) {
  if (cache->thrifty ||
      large_body_bytes(response) > LARGE_KEPT - cache->large_bytes)
    lr_buffer_clear(&response->body);
  cache->large_bytes += large_body_bytes(response);
}

static bool take_response_back(lr_response_owner *owner,
                               lariat_response *response) {
  lr_response_cache *cache = lr_container(owner, lr_response_cache, owner);
  if (cache->thread != &lr_call_depth) return false;
  if (cache->closed || cache->spare_count >= cache->spare_most) return false;
  if (response->url.capacity > URL_KEPT) lr_buffer_clear(&response->url);
  if (response->text.capacity > TEXT_KEPT) lr_buffer_clear(&response->text);
  if (response->body.capacity > BODY_KEPT || cache->thrifty)
    keep_large_body(cache, response);
  response->next_spare = cache->spare;
  cache->spare = response;
  cache->spare_count++;
  return true;
}

lr_response_cache *lr_response_cache_new(void) {
  lr_response_cache *cache = lr_alloc_zero(sizeof *cache);
  if (!cache) return NULL;
  lr_u32_init(&cache->count, 1);
  cache->thread = &lr_call_depth;
  cache->spare_most = lr_quarantine_is_on() ? 0 : SPARE_MAX;
  cache->owner = (lr_response_owner){.take_back = take_response_back,
                                     .forget = forget_response};
  return cache;
}

void lr_response_cache_save_memory(lr_response_cache *cache) {
  cache->thrifty = true;
  cache->large_bytes = 0;
  for (lariat_response *spare = cache->spare; spare; spare = spare->next_spare)
    if (large_body_bytes(spare)) lr_buffer_clear(&spare->body);
}

void lr_response_cache_close(lr_response_cache *cache) {
  cache->closed = true;
  while (cache->spare) {
    lariat_response *response = cache->spare;
    cache->spare = response->next_spare;
    lr_response_free(response);
  }
  release_cache(cache);
}
