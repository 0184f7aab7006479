/* SPDX-License-Identifier: MIT
 * get_one: fetches the URLs of its arguments and prints what came of each.
 * docs/tutorial.md explains it line by line.
 *
 * usage: get_one URL... */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

/* A callback owns its argument.  This one has no more use for it: it drops it,
 * and lariat_value_drop returns "none", the value that says nothing. */
static lariat_value on_response(lariat_value result, void *url) {
  printf("Got response code %d from %s\n",
         lariat_response_status(lariat_response_in(result)), (const char *)url);
  return lariat_value_drop(result);
}

/* Returning anything but the failure means: handled, all is well again. */
static lariat_value on_failure(lariat_value failure, void *url) {
  printf("%s failed: %s\n", (const char *)url, lariat_failure_message(failure));
  return lariat_value_drop(failure);
}

/* lariat_get gives a reference to its deferred; lariat_deferred_add_callbacks
 * borrows it; so the reference is the caller's. */
static lariat_deferred *get_url(lariat_client *client, char *url) {
  lariat_deferred *deferred = lariat_get(client, url);
  return lariat_deferred_add_callbacks(deferred, on_response, on_failure, url);
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  if (argc < 2)
    return lariat_deferred_fail(reactor, LARIAT_EUSER, "usage: get_one URL...");
  size_t count = (size_t)argc - 1;
  lariat_deferred **deferreds = calloc(count, sizeof *deferreds);
  if (!deferreds)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  for (size_t i = 0; i < count; i++)
    deferreds[i] = get_url(client, argv[i + 1]);
  /* Takes the references; the array stays ours. */
  lariat_deferred *all = lariat_gather_results(deferreds, count);
  free(deferreds);
  return all;
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
