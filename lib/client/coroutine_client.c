/* SPDX-License-Identifier: MIT
 * coroutine_client.c: one client for all coroutines of a reactor, made when
 * the first of them asks for it. */
#include <lariat/coroutine_client.h>

#include "base/memory.h"
#include "base/process.h"
#include "client/client.h"
#include "client/coroutine_client.h"
#include "pool/worker.h"

typedef struct client_state {
  lariat_pool *pool;     /* of the reactor's own, or NULL */
  lariat_client *client; /* its reactor ends it */
} client_state;

static void destroy_client_state(void *pointer) {
  client_state *state = pointer;
  lariat_pool_release(state->pool);
  lr_free(state);
}

static client_state *client_state_of(lariat_reactor *reactor) {
  client_state *state = lr_reactor_layer_state(reactor, LR_LAYER_CLIENT);
  if (state) return state;
  state = lr_alloc_zero(sizeof *state);
  if (state)
    lr_reactor_set_layer_state(reactor, LR_LAYER_CLIENT, state,
                               destroy_client_state);
  return state;
}

/* Finds the pool whose reactor this is, else the reactor's own. */
static lariat_status find_pool(const lariat_reactor *reactor,
                               client_state *state, lariat_pool **out) {
  const lr_worker *worker = lr_reactor_layer_state(reactor, LR_LAYER_POOL);
  lariat_status status = LARIAT_OK;
  if (!worker && !state->pool) status = lariat_pool_new(NULL, &state->pool);
  *out = worker ? worker->pool : state->pool;
  return status;
}

static lariat_status make_client(lariat_reactor *reactor, client_state *state) {
  lariat_pool *pool;
  lariat_status status = find_pool(reactor, state, &pool);
  if (status != LARIAT_OK) return status;
  return lariat_client_new(pool, reactor, NULL, &state->client);
}

lariat_status lariat_coroutine_client(lariat_client **out) {
  *out = NULL;
  lariat_reactor *reactor = lariat_coroutine_reactor();
  if (!reactor) {
    lr_misuse("lariat_coroutine_client: called outside of a coroutine");
    return LARIAT_EOUTSIDE;
  }
  client_state *state = client_state_of(reactor);
  if (!state) return LARIAT_ENOMEM;
  lariat_status status = LARIAT_OK;
  if (!state->client && lr_reactor_closing(reactor)) status = LARIAT_ECLOSED;
  if (!state->client && status == LARIAT_OK)
    status = make_client(reactor, state);
  *out = state->client;
  return status;
}

lariat_status lariat_coroutine_set_client(lariat_client *client) {
  if (!client) return LARIAT_EINVAL;
  lariat_reactor *reactor = client->reactor;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  client_state *state = client_state_of(reactor);
  if (!state) return LARIAT_ENOMEM;
  state->client = client;
  return LARIAT_OK;
}

void lr_coroutine_client_forget(const lariat_client *client) {
  client_state *state =
      lr_reactor_layer_state(client->reactor, LR_LAYER_CLIENT);
  if (state && state->client == client) state->client = NULL;
}
