/* SPDX-License-Identifier: MIT
 * look_up: prints the addresses of hosts, as a pool looks them up.
 * docs/resolving.md explains it.
 *
 * usage: look_up HOST... */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

static lariat_value on_addresses(lariat_value result, void *host) {
  lariat_addresses *addresses = lariat_addresses_in(result);
  printf("%s:", (const char *)host);
  for (size_t i = 0; i < lariat_addresses_count(addresses); i++)
    printf(" %s", lariat_addresses_text(addresses, i));
  printf("\n");
  return lariat_value_drop(result);
}

static lariat_value on_failure(lariat_value failure, void *host) {
  (void)host;
  printf("%s\n", lariat_failure_message(failure));
  return lariat_value_drop(failure);
}

/* Stops the reactor when all have ended. */
static lariat_value on_end(lariat_value result, void *reactor) {
  (void)lariat_reactor_stop(reactor);
  return lariat_value_drop(result);
}

static void look_all_up(lariat_pool *pool, lariat_reactor *reactor,
                        char **hosts, size_t count) {
  lariat_deferred **deferreds = calloc(count, sizeof *deferreds);
  if (!deferreds) abort();
  for (size_t i = 0; i < count; i++) {
    deferreds[i] = lariat_resolve(pool, reactor, hosts[i]);
    lariat_deferred_add_callbacks(deferreds[i], on_addresses, on_failure,
                                  hosts[i]);
  }
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_gather_results(deferreds, count), on_end, reactor));
  free(deferreds);
}

int main(int argc, char **argv) {
  lariat_reactor *reactor = NULL;
  lariat_pool *pool = NULL;
  lariat_status status = lariat_reactor_new(NULL, &reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(NULL, &pool);
  if (status == LARIAT_OK && argc > 1) {
    look_all_up(pool, reactor, argv + 1, (size_t)argc - 1);
    status = lariat_reactor_run(reactor);
  }
  (void)lariat_reactor_close(reactor, 1000);
  lariat_pool_release(pool);
  if (status == LARIAT_OK) return 0;
  fprintf(stderr, "look_up: %s\n", lariat_status_text(status));
  return 1;
}
