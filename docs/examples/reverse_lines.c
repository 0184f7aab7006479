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
static lariat_value talk(lariat_client *client, int argc, char **argv) {
  lariat_value opened =
      lariat_await(lariat_byte_stream_open(client, argv[1], NULL));
  (void)argc;
  if (lariat_is_failure(opened)) return opened;
  lariat_value result = ask(lariat_byte_stream_in(opened), argv + 3);
  lariat_value_drop(opened);
  return result;
}

int main(int argc, char **argv) {
  lariat_pool_options options = lariat_pool_defaults();
  if (argc < 3) {
    fprintf(stderr, "usage: reverse_lines HTTPS_URL CA_FILE LINE...\n");
    return 2;
  }
  options.ca_file = argv[2];
  return lariat_react_coroutine_with(&options, NULL, talk, argc, argv);
}
