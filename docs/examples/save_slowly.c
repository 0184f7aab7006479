/* SPDX-License-Identifier: MIT
 * save_slowly: writes the body of a URL to standard output in pieces, however
 * large it is, at the pace of whoever reads there.  docs/streaming.md explains
 * it.
 *
 * usage: save_slowly URL */
#include <stdio.h>

#include <lariat/lariat.h>

static lariat_value next_chunk(lariat_stream *stream);

/* "none" is the end; what breaks off is a failure, and goes by this. */
static lariat_value on_chunk(lariat_value result, void *stream) {
  size_t length;
  if (lariat_is_none(result)) return result;
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  size_t written = fwrite(bytes, 1, length, stdout);
  lariat_value_drop(result);
  if (written < length) /* nobody reads: the stream closes, the fetch ends */
    return lariat_failure_new(LARIAT_EUSER, "cannot write");
  return next_chunk(stream);
}

/* The chain waits for the chunk, and then for the chunks behind it. */
static lariat_value next_chunk(lariat_stream *stream) {
  lariat_deferred *next = lariat_stream_next(stream);
  lariat_deferred_add_callback(next, on_chunk, stream);
  return lariat_deferred_value(next);
}

static void let_go(void *stream) { lariat_stream_release(stream); }

static lariat_value pass(lariat_value result, void *stream) {
  (void)stream;
  return result;
}

/* The stream outlives its response by a reference, which the last pair of the
 * chain gives back. */
static lariat_value on_head(lariat_value result, void *whole) {
  lariat_stream *stream =
      lariat_stream_retain(lariat_response_stream(lariat_response_in(result)));
  fprintf(stderr, "status %d\n",
          lariat_response_status(lariat_response_in(result)));
  lariat_value_drop(result);
  lariat_deferred_add_both_owned(whole, pass, stream, let_go);
  return next_chunk(stream);
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  if (argc != 2)
    return lariat_deferred_fail(lariat_client_reactor(client), LARIAT_EUSER,
                                "usage: save_slowly URL");
  lariat_request_options options = lariat_request_defaults(client);
  options.sink = lariat_sink_stream(64 * 1024);
  options.timeout_ms = 0;     /* as long as it takes */
  options.max_body_bytes = 0; /* as much as comes */
  lariat_deferred *whole = lariat_request(client, "GET", argv[1], &options);
  return lariat_deferred_add_callback(whole, on_head, whole);
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
