/* SPDX-License-Identifier: MIT
 * response_cache.h: responses that were dropped on the thread of their client,
 * kept with their buffers for the next fetches.  The pool's threads then fill
 * in memory which they neither allocate nor free. */
#ifndef LR_CLIENT_RESPONSE_CACHE_H
#define LR_CLIENT_RESPONSE_CACHE_H

#include <stdbool.h>

#include "http/response.h"

typedef struct lr_response_cache lr_response_cache;

/* Makes a cache of the calling thread; NULL when out of memory. */
lr_response_cache *lr_response_cache_new(void);

/* Takes an empty response, a used one if there is any; NULL when out of memory.
 * The cache's thread. */
lariat_response *lr_response_cache_take(lr_response_cache *cache);

/* Frees the buffers of large bodies, and keeps none from now on: memory is
 * scarce.  The cache's thread. */
void lr_response_cache_save_memory(lr_response_cache *cache);

/* Frees what is kept; the cache itself is freed with the last response that
 * came from it.  The cache's thread. */
void lr_response_cache_close(lr_response_cache *cache);

#endif
