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
#include <stdlib.h>
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

static bool open_connection(struct connection *c, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
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

static bool send_request(struct connection *c, const char *path) {
  char text[1024];
  int length = snprintf(text, sizeof text,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
  return length > 0 && (size_t)length < sizeof text &&
         send(c->fd, text, (size_t)length, MSG_NOSIGNAL) == length;
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

static void print_response(const lariat_h1_parser *parser, const char *path,
                           bool keeps) {
  const lariat_response *response = lariat_h1_parser_response(parser);
  const char *type = lariat_response_header(response, "Content-Type");
  fprintf(stderr, "%s: %d, %s, %ju bytes, %s\n", path,
          lariat_response_status(response), type ? type : "no type",
          (uintmax_t)lariat_response_body_bytes(response),
          keeps ? "open" : "closed");
}

/* Asks for one path; false: there was no response, or no proper one. */
static bool get(struct connection *c, uint16_t port, lariat_h1_parser *parser,
                const char *path) {
  if (c->fd < 0 && !open_connection(c, port)) return false;
  if (!send_request(c, path)) return false;
  if (lariat_h1_parser_begin(parser, NULL) != LARIAT_OK) return false;
  if (read_response(c, parser) != LARIAT_H1_DONE) {
    fprintf(stderr, "%s: %s\n", path, lariat_h1_parser_reason(parser));
    return false;
  }
  bool keeps = lariat_h1_parser_keeps(parser) && c->used == c->length;
  print_response(parser, path, keeps);
  if (!keeps) close_connection(c);
  return true;
}

int main(int argc, char **argv) {
  struct connection c = {.fd = -1};
  lariat_h1_parser *parser;
  int failed = 0;
  if (argc < 3) {
    fprintf(stderr, "usage: read_responses PORT PATH...\n");
    return 2;
  }
  uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
  if (lariat_h1_parser_new(&parser) != LARIAT_OK) return 1;
  for (int i = 2; i < argc; i++) {
    if (get(&c, port, parser, argv[i])) continue;
    close_connection(&c);
    failed = 1;
  }
  close_connection(&c);
  lariat_h1_parser_free(parser);
  return failed;
}
