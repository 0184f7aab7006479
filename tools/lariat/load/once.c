/* SPDX-License-Identifier: MIT
 * once.c: a coroutine that opens a connection, sends the bytes that the run
 * would send, and reads the answer. */
#include "load/once.h"

#include <lariat/lariat.h>
#include <lariat/load/plan.h>
#include <stdio.h>
#include <string.h>

#include "load/judging.h"
#include "load/message.h"
#include "output/units.h"
#include "say.h"

enum { MOST_BODY = 16 * 1024 * 1024, CLOSE_MS = 1000 };

struct once {
  const lariat_load_planned *request;
  lariat_client *client;
  lariat_reactor *reactor;
  lariat_byte_stream *stream; /* of the value that is open */
  lariat_h1_parser *parser;
  uint64_t timeout_ns;
  uint64_t begun_ns; /* intended, and free: there is a connection */
  uint64_t opened_ns;
  uint64_t sent_ns;
  uint64_t first_byte_ns;
  uint64_t arrived_ns;
  uint64_t read_ns;
  lariat_arrival arrival;
  int code;
  char bytes[16 * 1024];
};

/* ---- The exchange ---- */

/* Takes note of bytes that have come, and feeds them. */
static lariat_h1_result take_bytes(struct once *once, size_t length) {
  lariat_h1_result result;
  size_t fed = 0;
  once->read_ns = lariat_reactor_now_ns(once->reactor);
  if (!once->first_byte_ns) once->first_byte_ns = once->read_ns;
  once->arrival = lariat_byte_stream_arrival(once->stream, &once->arrived_ns);
  if (!length) return lariat_h1_parser_end(once->parser);
  do {
    size_t used;
    result = lariat_h1_parser_feed(once->parser, once->bytes + fed,
                                   length - fed, &used);
    fed += used;
  } while (result < LARIAT_H1_MORE);
  return result;
}

static lariat_value read_answer(struct once *once) {
  lariat_h1_result result = LARIAT_H1_MORE;
  while (result == LARIAT_H1_MORE) {
    lariat_value got = lariat_await(lariat_byte_stream_receive(
        once->stream, once->bytes, sizeof once->bytes));
    if (lariat_is_failure(got)) return got;
    result = take_bytes(once, (size_t)lariat_int_in(got));
  }
  if (result == LARIAT_H1_DONE) return lariat_none();
  return lariat_failure_new(lariat_h1_parser_status(once->parser), "%s",
                            lariat_h1_parser_reason(once->parser));
}

static lariat_value begin_parser(struct once *once) {
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  const lariat_load_planned *request = once->request;
  options.body = LARIAT_H1_KEEP;
  options.max_body_bytes = MOST_BODY;
  options.head_request =
      request->length > 5 && memcmp(request->bytes, "HEAD ", 5) == 0;
  if (lariat_h1_parser_new(&once->parser) != LARIAT_OK ||
      lariat_h1_parser_begin(once->parser, &options) != LARIAT_OK)
    return lariat_failure_new(LARIAT_ENOMEM, "out of memory");
  return lariat_none();
}

static lariat_value exchange(struct once *once) {
  lariat_value result = begin_parser(once);
  if (lariat_is_failure(result)) return result;
  once->sent_ns = lariat_reactor_now_ns(once->reactor);
  result = lariat_await(lariat_byte_stream_send(
      once->stream, once->request->bytes, once->request->length));
  return lariat_is_failure(result) ? result : read_answer(once);
}

static lariat_value run_exchange(void *context) {
  struct once *once = context;
  lariat_byte_stream_options options =
      lariat_byte_stream_defaults(once->client);
  options.alpn = "http/1.1";
  options.timestamps = LARIAT_TIMESTAMPS_KERNEL;
  options.idle_timeout_ms = once->timeout_ns / 1000000;
  once->begun_ns = lariat_reactor_now_ns(once->reactor);
  lariat_value opened = lariat_await(
      lariat_byte_stream_open(once->client, once->request->origin, &options));
  if (lariat_is_failure(opened)) return opened;
  once->stream = lariat_byte_stream_in(opened);
  once->opened_ns = lariat_reactor_now_ns(once->reactor);
  lariat_value result = exchange(once);
  (void)lariat_value_drop(opened);
  return result;
}

/* ---- What is shown ---- */

static void print_request(const lariat_load_planned *request) {
  size_t head = message_head_length(request->bytes, request->length);
  printf("to %s\n", request->origin);
  message_print_head(stdout, ">", request->bytes, head);
  message_print_body(stdout, request->bytes + head, request->length - head);
}

static void print_answer(const struct once *once) {
  const lariat_response *response = lariat_h1_parser_response(once->parser);
  size_t count = lariat_response_header_count(response);
  int version = lariat_response_http_version(response);
  char line[4096];
  printf("< HTTP/%d.%d %d\n", version / 10, version % 10,
         lariat_response_status(response));
  for (size_t i = 0; i < count; i++) {
    lariat_header header = lariat_response_header_at(response, i);
    int length =
        snprintf(line, sizeof line, "%s: %s", header.name, header.value);
    if (length > (int)sizeof line - 1) length = sizeof line - 1;
    message_print_head(stdout, "<", line, (size_t)length);
  }
  printf("<\n");
  size_t length;
  const char *body = lariat_response_body(response, &length);
  message_print_body(stdout, body, length);
}

static void print_instant(const char *name, uint64_t from_ns, uint64_t at_ns,
                          const char *remark) {
  printf("  %-10s  %12.3f us  %s\n", name, (double)(at_ns - from_ns) / 1e3,
         remark);
}

/* Prints the six instants, counted from the first of them: a run has its
 * connections before. */
static void print_instants(const struct once *once) {
  uint64_t from = once->opened_ns;
  bool stamped = once->arrival == LARIAT_ARRIVAL_KERNEL;
  printf("\nconnection in %s\n",
         units_time((once->opened_ns - once->begun_ns) / 1000).text);
  print_instant("intended", from, from, "it was due");
  print_instant("free", from, from, "there was a connection for it");
  print_instant("sent", from, once->sent_ns, "before its first byte went");
  print_instant("first byte", from, once->first_byte_ns, "of the answer, read");
  print_instant("arrived", from, once->arrived_ns,
                stamped ? "its last byte, by the kernel's stamp"
                        : "its last byte, read: the kernel has no stamp of it");
  print_instant("read", from, once->read_ns, "the answer was complete");
}

static lariat_value show_outcome(lariat_value result, void *context) {
  struct once *once = context;
  once->code = EXIT_ALL;
  if (lariat_is_failure(result)) {
    fflush(stdout);
    say("no answer: %s", lariat_failure_message(result));
    once->code = LOAD_EXIT_NO_ANSWER;
  } else {
    print_answer(once);
    print_instants(once);
  }
  (void)lariat_reactor_stop(once->reactor);
  return lariat_value_drop(result);
}

/* ---- A reactor, a pool and a client for it ---- */

static lariat_status run_client(struct once *once, lariat_pool *pool) {
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = options.connect_timeout_ms = once->timeout_ns / 1000000;
  lariat_status status =
      lariat_client_new(pool, once->reactor, &options, &once->client);
  if (status != LARIAT_OK) return status;
  print_request(once->request);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_coroutine_start(once->reactor, run_exchange, once), show_outcome,
      once));
  status = lariat_reactor_run(once->reactor);
  lariat_client_close(once->client);
  lariat_h1_parser_free(once->parser);
  return status;
}

static lariat_status run_pool(struct once *once,
                              const lariat_pool_options *options) {
  lariat_pool_options one = *options;
  lariat_pool *pool = NULL;
  one.reactors = 1;
  lariat_status status = lariat_reactor_new(NULL, &once->reactor);
  if (status != LARIAT_OK) return status;
  status = lariat_pool_new(&one, &pool);
  if (status == LARIAT_OK) status = run_client(once, pool);
  lariat_pool_release(pool);
  (void)lariat_reactor_close(once->reactor, CLOSE_MS);
  return status;
}

int once_run(const lariat_load_run_options *options,
             const lariat_pool_options *pool) {
  lariat_load_plan *plan = NULL;
  lariat_load_error error = {.message = "out of memory"};
  lariat_load_planned request;
  struct once once = {.request = &request,
                      .timeout_ns = options->timeout_ns,
                      .code = EXIT_SOME};
  if (lariat_load_plan_new(options, &plan, &error) != LARIAT_OK ||
      !lariat_load_plan_next(plan, &request)) {
    say("%s", error.message);
    lariat_load_plan_free(plan);
    return EXIT_USAGE;
  }
  lariat_status status = run_pool(&once, pool);
  if (status != LARIAT_OK) say("cannot start: %s", lariat_status_text(status));
  lariat_load_plan_free(plan);
  return once.code;
}
