/* SPDX-License-Identifier: MIT
 * resolve.c: look-ups of names for a pool's users, by its resolvers. */
#include <lariat/resolver.h>

#include <string.h>

#include "base/memory.h"
#include "deferred/failure.h"
#include "net/host_name.h"
#include "pool/pool.h"
#include "pool/worker.h"

/* A look-up, on the thread of the pool's reactor that makes it. */
typedef struct resolving {
  lr_resolver *resolver;
  lariat_deferred *deferred; /* borrowed: it has this as its context */
  lr_name_query *query;      /* NULL: it has told */
  char host[];
} resolving;

static void free_resolving(void *resolving_pointer) {
  resolving *r = resolving_pointer;
  if (r->query) lr_resolver_cancel(r->query);
  lr_free(r);
}

static void cancel_resolving(lariat_deferred *deferred, void *context) {
  resolving *r = context;
  (void)deferred;
  if (r->query) lr_resolver_cancel(r->query);
  r->query = NULL;
}

static lariat_value value_of(const resolving *r, lr_name_outcome outcome) {
  if (outcome.addresses)
    return lariat_value_of(&lariat_addresses_type, outcome.addresses);
  if (outcome.status == LARIAT_ENOMEM) return lr_failure_no_memory();
  return lariat_failure_new(outcome.status, "Could not resolve host: %s (%s)",
                            r->host, outcome.detail ? outcome.detail : "");
}

static void take_outcome(void *resolving_pointer, lr_name_outcome outcome) {
  resolving *r = resolving_pointer;
  r->query = NULL;
  (void)lariat_deferred_callback(r->deferred, value_of(r, outcome));
}

/* Asks the resolver of the reactor that this is called on. */
static lariat_value ask(void *context) {
  resolving **place = context;
  resolving *r = *place;
  lr_name_outcome known;
  lr_host_port host = {r->host, strlen(r->host), 0};
  r->query = lr_resolver_ask(r->resolver, host, take_outcome, r, &known);
  if (!r->query) return value_of(r, known);
  *place = NULL; /* the deferred's */
  lariat_deferred *deferred = lariat_deferred_new(
      r->resolver->reactor, cancel_resolving, r, free_resolving);
  if (!lariat_deferred_fired(deferred)) r->deferred = deferred;
  return lariat_deferred_value(deferred);
}

static void destroy_place(void *context) {
  resolving **place = context;
  lr_free(*place);
  lr_free(place);
}

static resolving **new_place(lr_resolver *resolver, const char *host) {
  size_t bytes = strlen(host) + 1;
  resolving **place = lr_alloc(sizeof(resolving *));
  resolving *r = place ? lr_alloc_zero(sizeof *r + bytes) : NULL;
  if (!r) {
    lr_free(place);
    return NULL;
  }
  r->resolver = resolver;
  memcpy(r->host, host, bytes);
  *place = r;
  return place;
}

lariat_deferred *lariat_resolve(lariat_pool *pool, lariat_reactor *reactor,
                                const char *host) {
  if (!pool || !host || !*host)
    return lariat_deferred_fail(reactor, LARIAT_EINVAL, "no pool or no host");
  unsigned index = (unsigned)(lr_host_name_hash(host, strlen(host)) %
                              lariat_pool_reactors(pool));
  lr_resolver *resolver = &lr_pool_worker(pool, index)->resolver;
  if (!resolver->service)
    return lariat_deferred_fail(reactor, LARIAT_EINVAL,
                                "this pool makes no connections");
  resolving **place = new_place(resolver, host);
  if (!place)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  return lariat_pool_defer(pool, index, reactor, ask, place, destroy_place);
}

lariat_status lariat_name_options_check(const lariat_pool_options *options,
                                        char *message, size_t capacity) {
  lr_name_service_config config = lr_name_service_config_of(options);
  return lr_name_service_check(&config, message, capacity);
}
