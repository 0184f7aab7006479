/* SPDX-License-Identifier: MIT
 * get_one_await: get_one.c once more, with awaits instead of callbacks: fetches
 * the URLs of its arguments, all at once, and prints what came of each, in
 * their order.  docs/await.md explains it.
 *
 * usage: get_one_await URL... */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

/* An await gives what a callback would be given, and it is ours to drop. */
static void print_result(const char *url, lariat_value result) {
  if (lariat_is_failure(result))
    printf("%s failed: %s\n", url, lariat_failure_message(result));
  else
    printf("Got response code %d from %s\n",
           lariat_response_status(lariat_response_in(result)), url);
  lariat_value_drop(result);
}

/* A coroutine: while it waits, the reactor goes on. */
static lariat_value app(lariat_client *client, int argc, char **argv) {
  if (argc < 2)
    return lariat_failure_new(LARIAT_EUSER, "usage: get_one_await URL...");
  int count = argc - 1;
  lariat_deferred **deferreds = calloc((size_t)count, sizeof *deferreds);
  if (!deferreds) return lariat_failure_new(LARIAT_ENOMEM, "out of memory");
  for (int i = 0; i < count; i++)
    deferreds[i] = lariat_get(client, argv[i + 1]);
  for (int i = 0; i < count; i++)
    print_result(argv[i + 1], lariat_await(deferreds[i]));
  free(deferreds);
  return lariat_none();
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(app, argc, argv);
}
