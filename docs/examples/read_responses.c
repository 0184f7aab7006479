/* SPDX-License-Identifier: MIT
 * read_responses: asks a server on this machine for some paths, one after the
 * other, over a socket of its own, and reads the responses with lariat's
 * parser.  The bodies go to standard output as they come, and a line for each
 * response to standard error.  The socket is used again for as long as the
 * server keeps it open.
 *
 * usage: read_responses PORT PATH... */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lariat/lariat.h>

/* A connection, and what has come on it that was not used. */
struct connection {
  int fd;
  char bytes[16 * 1024];
  size_t length;
  size_t used;
};

static bool open_connection(struct connection *c, unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c->length = c->used = 0;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return c->fd >= 0 &&
         connect(c->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void close_connection(struct connection *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
}

static bool send_request(struct connection *c, const lariat_url *url) {
  static const lariat_header headers[] = {{"Accept", "*/*"}};
  char text[4096];
  size_t length;
  lariat_h1_request request = lariat_h1_request_of(url);
  request.headers = headers;
  request.header_count = 1;
  return lariat_h1_request_write(&request, text, sizeof text, &length) ==
             LARIAT_OK &&
         send(c->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* Makes an event of the bytes that are there. */
static lariat_h1_result take_event(struct connection *c,
                                   lariat_h1_parser *parser) {
  size_t used;
  lariat_h1_result result = lariat_h1_parser_feed(parser, c->bytes + c->used,
                                                  c->length - c->used, &used);
  c->used += used;
  return result;
}

/* Waits for more bytes, or the end of the connection. */
static lariat_h1_result receive(struct connection *c,
                                lariat_h1_parser *parser) {
  ssize_t got = recv(c->fd, c->bytes, sizeof c->bytes, 0);
  c->used = 0;
  c->length = got > 0 ? (size_t)got : 0;
  return got > 0 ? LARIAT_H1_MORE : lariat_h1_parser_end(parser);
}

static void write_piece(const lariat_h1_parser *parser) {
  size_t length;
  const char *piece = lariat_h1_parser_piece(parser, &length);
  fwrite(piece, 1, length, stdout);
}

static lariat_h1_result read_response(struct connection *c,
                                      lariat_h1_parser *parser) {
  lariat_h1_result result;
  do {
    result = take_event(c, parser);
    if (result == LARIAT_H1_BODY) write_piece(parser);
    if (result == LARIAT_H1_MORE) result = receive(c, parser);
  } while (result <= LARIAT_H1_MORE);
  return result;
}

static void print_response(const lariat_h1_parser *parser,
                           const lariat_url *url, bool keeps) {
  const lariat_response *response = lariat_h1_parser_response(parser);
  const char *type = lariat_response_header(response, "Content-Type");
  fprintf(stderr, "%s: %d, %s, %ju bytes, %s\n", lariat_url_text(url, NULL),
          lariat_response_status(response), type ? type : "no type",
          (uintmax_t)lariat_response_body_bytes(response),
          keeps ? "open" : "closed");
}

/* Asks for one page; false: there was no response, or no proper one. */
static bool get(struct connection *c, lariat_h1_parser *parser,
                const lariat_url *url) {
  if (c->fd < 0 && !open_connection(c, lariat_url_port(url))) return false;
  if (!send_request(c, url)) return false;
  if (lariat_h1_parser_begin(parser, NULL) != LARIAT_OK) return false;
  if (read_response(c, parser) != LARIAT_H1_DONE) {
    fprintf(stderr, "%s: %s\n", lariat_url_text(url, NULL),
            lariat_h1_parser_reason(parser));
    return false;
  }
  bool keeps = lariat_h1_parser_keeps(parser) && c->used == c->length;
  print_response(parser, url, keeps);
  if (!keeps) close_connection(c);
  return true;
}

/* The same for a path on the server. */
static bool get_path(struct connection *c, lariat_h1_parser *parser,
                     const lariat_url *server, const char *path) {
  lariat_url *url;
  if (lariat_url_parse(path, strlen(path), server, &url, NULL) != LARIAT_OK)
    return false;
  bool got = get(c, parser, url);
  lariat_url_free(url);
  if (!got) close_connection(c);
  return got;
}

static lariat_url *make_server(const char *port) {
  char text[64];
  lariat_url *server;
  int length = snprintf(text, sizeof text, "http://127.0.0.1:%s/", port);
  bool parsed =
      length > 0 && (size_t)length < sizeof text &&
      lariat_url_parse(text, (size_t)length, NULL, &server, NULL) == LARIAT_OK;
  return parsed ? server : NULL;
}

int main(int argc, char **argv) {
  struct connection c = {.fd = -1};
  lariat_h1_parser *parser;
  int failed = 0;
  lariat_url *server = argc < 3 ? NULL : make_server(argv[1]);
  if (!server) {
    fprintf(stderr, "usage: read_responses PORT PATH...\n");
    return 2;
  }
  if (lariat_h1_parser_new(&parser) != LARIAT_OK) return 1;
  for (int i = 2; i < argc; i++)
    if (!get_path(&c, parser, server, argv[i])) failed = 1;
  close_connection(&c);
  lariat_h1_parser_free(parser);
  lariat_url_free(server);
  return failed;
}
