/* SPDX-License-Identifier: MIT
 * retries: fetches the URLs of its arguments, tries again what is worth it, and
 * prints what each attempt came to.  docs/retries.md explains it.
 *
 * usage: retries URL... */
#include <stdio.h>
#include <stdlib.h>

#include <lariat/lariat.h>

/* One attempt: the HTTP status, or the name of the failure. */
static void print_attempt(lariat_attempt attempt) {
  if (attempt.status == LARIAT_OK)
    printf(" %d", attempt.http_status);
  else
    printf(" %s", lariat_status_name(attempt.status));
}

/* An answer whose status was worth another try is an answer all the same, when
 * there is no other try. */
static lariat_value on_response(lariat_value result, void *url) {
  const lariat_response *response = lariat_response_in(result);
  printf("%s:", (const char *)url);
  for (size_t i = 0; i < lariat_response_attempts(response); i++)
    print_attempt(lariat_response_attempt_at(response, i));
  printf(" (%s)\n", lariat_retry_end_name(lariat_response_retry_end(response)));
  return lariat_value_drop(result);
}

static lariat_value on_failure(lariat_value failure, void *url) {
  printf("%s:", (const char *)url);
  for (size_t i = 0; i < lariat_failure_attempts(failure); i++)
    print_attempt(lariat_failure_attempt_at(failure, i));
  printf(" (%s): %s in phase %s\n",
         lariat_retry_end_name(lariat_failure_retry_end(failure)),
         lariat_status_name(lariat_failure_status(failure)),
         lariat_phase_name(lariat_failure_phase(failure)));
  return lariat_value_drop(failure);
}

/* Twice more, at most 50 and 100 ms later: a real program waits longer.  The
 * policy is the request's own here; a client can have one for all. */
static lariat_deferred *get_url(lariat_client *client, char *url) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 2;
  policy.base_ms = 50;
  lariat_request_options options = lariat_request_defaults(client);
  options.retry = &policy;
  options.timeout_ms = 10000;     /* of all attempts, waits included */
  options.idle_timeout_ms = 2000; /* of silence, in each attempt */
  lariat_deferred *deferred = lariat_request(client, "GET", url, &options);
  return lariat_deferred_add_callbacks(deferred, on_response, on_failure, url);
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  if (argc < 2)
    return lariat_deferred_fail(reactor, LARIAT_EUSER, "usage: retries URL...");
  size_t count = (size_t)argc - 1;
  lariat_deferred **deferreds = calloc(count, sizeof *deferreds);
  if (!deferreds)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  for (size_t i = 0; i < count; i++)
    deferreds[i] = get_url(client, argv[i + 1]);
  lariat_deferred *all = lariat_gather_results(deferreds, count);
  free(deferreds);
  return all;
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
