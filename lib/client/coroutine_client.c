/* SPDX-License-Identifier: MIT
 * coroutine_client.c: one client for all coroutines of a reactor, made when
 * the first of them asks for it. */
#include <lariat/coroutine_client.h>

#include "base/memory.h"
#include "base/process.h"
#include "client/client.h"
#include "client/coroutine_client.h"
#include "pool/worker.h"

typedef struct capacity {
  lariat_pool *pool;     /* of the reactor's own, or NULL */
  lariat_client *client; /* its reactor ends it */
} capacity;

static void destroy_room(void *state) {
  capacity *it = state;
  lariat_pool_release(it->pool);
  lr_free(it);
}

static capacity *room_of(lariat_reactor *reactor) {
  capacity *it = lr_reactor_layer_state(reactor, LR_LAYER_CLIENT);
  if (it) return it;
  it = lr_alloc_zero(sizeof *it);
  if (it)
    lr_reactor_set_layer_state(reactor, LR_LAYER_CLIENT, it, destroy_room);
  return it;
}

/* The pool whose reactor this is, else the reactor's own. */
static lariat_status find_pool(const lariat_reactor *reactor, capacity *it,
                               lariat_pool **out) {
  const lr_worker *worker = lr_reactor_layer_state(reactor, LR_LAYER_POOL);
  lariat_status status = LARIAT_OK;
  if (!worker && !it->pool) status = lariat_pool_new(NULL, &it->pool);
  *out = worker ? worker->pool : it->pool;
  return status;
}

static lariat_status make_client(lariat_reactor *reactor, capacity *it) {
  lariat_pool *pool;
  lariat_status status = find_pool(reactor, it, &pool);
  if (status != LARIAT_OK) return status;
  return lariat_client_new(pool, reactor, NULL, &it->client);
}

lariat_status lariat_coroutine_client(lariat_client **out) {
  *out = NULL;
  lariat_reactor *reactor = lariat_coroutine_reactor();
  if (!reactor) {
    lr_misuse("lariat_coroutine_client: called outside of a coroutine");
    return LARIAT_EOUTSIDE;
  }
  capacity *it = room_of(reactor);
  if (!it) return LARIAT_ENOMEM;
  lariat_status status = LARIAT_OK;
  if (!it->client && lr_reactor_closing(reactor)) status = LARIAT_ECLOSED;
  if (!it->client && status == LARIAT_OK) status = make_client(reactor, it);
  *out = it->client;
  return status;
}

lariat_status lariat_coroutine_set_client(lariat_client *client) {
  if (!client) return LARIAT_EINVAL;
  lariat_reactor *reactor = client->reactor;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  capacity *it = room_of(reactor);
  if (!it) return LARIAT_ENOMEM;
  it->client = client;
  return LARIAT_OK;
}

void lr_coroutine_client_forget(const lariat_client *client) {
  capacity *it = lr_reactor_layer_state(client->reactor, LR_LAYER_CLIENT);
  if (it && it->client == client) it->client = NULL;
}
