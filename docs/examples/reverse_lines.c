/* SPDX-License-Identifier: MIT
 * reverse_lines: speaks a protocol of its own over TLS: a line goes, and the
 * server's line comes back.  (`openssl s_server -rev` is such a server, and
 * turns each line round.)  The lines are the arguments; what came is printed.
 *
 * usage: reverse_lines HTTPS_URL CA_FILE LINE... */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>

struct run {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  char **args; /* the URL, the file, the lines */
  int failed;
};

/* ---- The protocol ---- */

/* A line of the server's, as far as it has come. */
struct line {
  char text[1024];
  size_t length;
};

static bool is_whole(const struct line *line) {
  return line->length && line->text[line->length - 1] == '\n';
}

/* Sends a line, whose bytes stay until they have gone: the coroutine waits. */
static lariat_value send_line(lariat_byte_stream *stream, const char *text) {
  char line[1024];
  int length = snprintf(line, sizeof line, "%s\n", text);
  if (length < 0 || (size_t)length >= sizeof line)
    return lariat_failure_new(LARIAT_EUSER, "a line that is too long");
  return lariat_await(lariat_byte_stream_send(stream, line, (size_t)length));
}

/* Receives until a line is whole: bytes come in pieces of any size. */
static lariat_value receive_line(lariat_byte_stream *stream,
                                 struct line *line) {
  line->length = 0;
  while (!is_whole(line) && line->length < sizeof line->text) {
    lariat_value got = lariat_await(lariat_byte_stream_receive(
        stream, line->text + line->length, sizeof line->text - line->length));
    if (lariat_is_failure(got)) return got;
    if (lariat_int_in(got) == 0)
      return lariat_failure_new(LARIAT_EUSER, "the server has said goodbye");
    line->length += (size_t)lariat_int_in(got);
  }
  return lariat_none();
}

static lariat_value ask(lariat_byte_stream *stream, char **lines) {
  struct line answer;
  for (; *lines; lines++) {
    lariat_value result = send_line(stream, *lines);
    if (!lariat_is_failure(result)) result = receive_line(stream, &answer);
    if (lariat_is_failure(result)) return result;
    fwrite(answer.text, 1, answer.length, stdout);
  }
  return lariat_await(lariat_byte_stream_end_sending(stream));
}

/* ---- The program ---- */

/* A coroutine: while it waits, the reactor goes on.  Dropping the value that
 * has the stream closes it. */
static lariat_value talk(void *context) {
  struct run *run = context;
  lariat_value opened =
      lariat_await(lariat_byte_stream_open(run->client, run->args[0], NULL));
  lariat_value result = opened;
  if (!lariat_is_failure(opened)) {
    result = ask(lariat_byte_stream_in(opened), run->args + 2);
    lariat_value_drop(opened);
  }
  if (lariat_is_failure(result)) {
    fprintf(stderr, "%s: %s\n", run->args[0], lariat_failure_message(result));
    run->failed = 1;
  }
  (void)lariat_reactor_stop(run->reactor);
  return lariat_value_drop(result);
}

static lariat_status open_run(struct run *run) {
  lariat_pool_options options = lariat_pool_defaults();
  options.ca_file = run->args[1];
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK) status = lariat_pool_new(&options, &run->pool);
  if (status == LARIAT_OK)
    status = lariat_client_new(run->pool, run->reactor, NULL, &run->client);
  return status;
}

static void begin(void *context) {
  struct run *run = context;
  lariat_deferred_forget(lariat_coroutine_start(run->reactor, talk, run));
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: reverse_lines HTTPS_URL CA_FILE LINE...\n");
    return 2;
  }
  struct run run = {.args = argv + 1};
  lariat_status status = open_run(&run);
  if (status == LARIAT_OK) {
    begin(&run);
    status = lariat_reactor_run(run.reactor);
  }
  if (status != LARIAT_OK) fprintf(stderr, "%s\n", lariat_status_text(status));
  lariat_client_close(run.client);
  if (run.reactor) (void)lariat_reactor_close(run.reactor, 1000);
  lariat_pool_release(run.pool);
  return status == LARIAT_OK ? run.failed : 1;
}
