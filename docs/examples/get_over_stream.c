/* SPDX-License-Identifier: MIT
 * get_over_stream: HTTP/1.1 of one's own, from the connection to the last byte:
 * a byte stream that lariat opens, over TLS for https; requests that are
 * written by lariat_h1_request_write; responses that are read by
 * lariat_h1_parser.  The bodies go to standard output as they come, and a line
 * for each response to standard error.  A connection is used again for as long
 * as the server keeps it open.
 *
 * usage: get_over_stream ORIGIN PATH... */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>

/* A connection, and what has come on it that was not used. */
struct connection {
  lariat_client *client;
  lariat_value opened; /* the stream; none: it is not open */
  lariat_h1_parser *parser;
  char bytes[16 * 1024];
  size_t length;
  size_t used;
};

/* Each function returns "none", or the failure that ends the program. */

/* A server that knows HTTP/2 as well is told which one will be spoken. */
static lariat_value open_connection(struct connection *c, const char *origin) {
  lariat_byte_stream_options options = lariat_byte_stream_defaults(c->client);
  options.alpn = "http/1.1";
  c->length = c->used = 0;
  lariat_value opened =
      lariat_await(lariat_byte_stream_open(c->client, origin, &options));
  if (lariat_is_failure(opened)) return opened;
  c->opened = opened;
  return lariat_none();
}

/* Dropping the value closes the stream. */
static void close_connection(struct connection *c) {
  c->opened = lariat_value_drop(c->opened);
}

static lariat_value send_request(struct connection *c, const lariat_url *url) {
  static const lariat_header headers[] = {{"Accept", "*/*"}};
  char text[4096];
  size_t length;
  lariat_h1_request request = lariat_h1_request_of(url);
  request.headers = headers;
  request.header_count = 1;
  lariat_status status =
      lariat_h1_request_write(&request, text, sizeof text, &length);
  if (status != LARIAT_OK)
    return lariat_failure_new(status, "%s", lariat_status_text(status));
  return lariat_await(
      lariat_byte_stream_send(lariat_byte_stream_in(c->opened), text, length));
}

/* Waits for more bytes.  At the end of the connection the parser is told: over
 * TLS that is a close_notify, for anything else is a failure. */
static lariat_value receive(struct connection *c, lariat_h1_result *result) {
  lariat_value got = lariat_await(lariat_byte_stream_receive(
      lariat_byte_stream_in(c->opened), c->bytes, sizeof c->bytes));
  if (lariat_is_failure(got)) return got;
  c->used = 0;
  c->length = (size_t)lariat_int_in(got);
  if (c->length == 0) *result = lariat_h1_parser_end(c->parser);
  return lariat_none();
}

static void write_piece(const lariat_h1_parser *parser) {
  size_t length;
  const char *piece = lariat_h1_parser_piece(parser, &length);
  fwrite(piece, 1, length, stdout);
}

static lariat_value read_response(struct connection *c) {
  lariat_value failure = lariat_none();
  lariat_h1_result result;
  do {
    size_t used;
    result = lariat_h1_parser_feed(c->parser, c->bytes + c->used,
                                   c->length - c->used, &used);
    c->used += used;
    if (result == LARIAT_H1_BODY) write_piece(c->parser);
    if (result == LARIAT_H1_MORE) failure = receive(c, &result);
  } while (result <= LARIAT_H1_MORE && !lariat_is_failure(failure));
  if (result != LARIAT_H1_FAILED) return failure;
  return lariat_failure_new(lariat_h1_parser_status(c->parser), "%s",
                            lariat_h1_parser_reason(c->parser));
}

static void print_response(const struct connection *c, const lariat_url *url,
                           bool keeps) {
  const lariat_response *response = lariat_h1_parser_response(c->parser);
  fprintf(stderr, "%s: %d, %ju bytes, %s\n", lariat_url_text(url, NULL),
          lariat_response_status(response),
          (uintmax_t)lariat_response_body_bytes(response),
          keeps ? "open" : "closed");
}

static lariat_value exchange(struct connection *c, const lariat_url *url) {
  lariat_value result = send_request(c, url);
  if (lariat_is_failure(result)) return result;
  (void)!lariat_h1_parser_begin(c->parser, NULL); /* the defaults are valid */
  result = read_response(c);
  if (lariat_is_failure(result)) return result;
  bool keeps = lariat_h1_parser_keeps(c->parser) && c->used == c->length;
  print_response(c, url, keeps);
  if (!keeps) close_connection(c);
  return lariat_none();
}

static lariat_value get(struct connection *c, const lariat_url *origin,
                        const char *path) {
  lariat_url *url;
  lariat_url_error error;
  if (lariat_url_parse(path, strlen(path), origin, &url, &error) != LARIAT_OK)
    return lariat_failure_new(LARIAT_EURL, "%s: %s", path, error.message);
  lariat_value result = lariat_is_none(c->opened)
                            ? open_connection(c, lariat_url_text(origin, NULL))
                            : lariat_none();
  if (!lariat_is_failure(result)) result = exchange(c, url);
  lariat_url_free(url);
  return result;
}

/* The program is a coroutine: it waits for each step, and reads from top to
 * bottom. */
static lariat_value run(lariat_client *client, int argc, char **argv) {
  static struct connection c;
  lariat_url *origin;
  lariat_value result = lariat_none();
  if (argc < 3 || lariat_url_parse(argv[1], strlen(argv[1]), NULL, &origin,
                                   NULL) != LARIAT_OK)
    return lariat_failure_new(LARIAT_EUSER,
                              "usage: get_over_stream ORIGIN PATH...");
  c.client = client;
  if (lariat_h1_parser_new(&c.parser) != LARIAT_OK)
    result = lariat_failure_new(LARIAT_ENOMEM, "out of memory");
  for (int i = 2; i < argc && !lariat_is_failure(result); i++)
    result = get(&c, origin, argv[i]);
  close_connection(&c);
  lariat_h1_parser_free(c.parser);
  lariat_url_free(origin);
  return result;
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(run, argc, argv);
}
