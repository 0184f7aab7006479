/* SPDX-License-Identifier: MIT
 * h2_request.c: a message of HTTP/1.1, as sources have them, is taken apart
 * into what lariat_request takes. */
#include "h2_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lariat/failure.h>
#include <lariat/response.h>

#include "memory.h"

/* How many headers a message may have. */
enum { MOST_HEADERS = 128 };

/* The parts of a message, in a copy of its head that they end with NULs. */
typedef struct parts {
  const char *method;
  const char *target;
  lariat_header headers[MOST_HEADERS];
  size_t header_count;
  const char *body;
  size_t body_length;
} parts;

/* ---- Taking a message apart ---- */

/* Tells whether a header is of the connection (RFC 9113, 8.2.2), or made by the
 * library. */
static bool is_left_out(const char *name) {
  static const char *const names[] = {"Host", "Connection", "Content-Length",
                                      "Transfer-Encoding"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcasecmp(name, names[i]) == 0) return true;
  return false;
}

/* Ends the line at `line` with a NUL, and returns where the next one is. */
static char *end_line(char *line) {
  char *end = strstr(line, "\r\n");
  if (!end) return line + strlen(line);
  *end = '\0';
  return end + 2;
}

static bool read_first_line(char *line, parts *out) {
  char *target = strchr(line, ' ');
  char *version = target ? strchr(target + 1, ' ') : NULL;
  if (!version) return false;
  *target = *version = '\0';
  out->method = line;
  out->target = target + 1;
  return true;
}

static void read_header(char *line, parts *out) {
  char *colon = strchr(line, ':');
  if (!colon || out->header_count == MOST_HEADERS) return;
  *colon = '\0';
  if (is_left_out(line)) return;
  out->headers[out->header_count++] =
      (lariat_header){line, colon + 1 + strspn(colon + 1, " ")};
}

/* Reads the head, which is a string and is changed.  False: it is none. */
static bool read_head(char *head, parts *out) {
  char *line = head;
  char *next = end_line(line);
  if (!read_first_line(line, out)) return false;
  for (line = next; *line; line = next) {
    next = end_line(line);
    if (*line) read_header(line, out);
  }
  return true;
}

/* Returns a copy of the head, ended by NUL.  A message that has waited for the
 * connection is in the connection's copy already: then its head comes behind
 * it.  NULL: no memory. */
static char *copy_head(lr_load_connection *connection, size_t head) {
  lr_load_message *message = &connection->message;
  bool waited = message->bytes == connection->copy;
  size_t from = waited ? message->length : 0;
  if (from + head + 1 > connection->copy_capacity) {
    char *larger = lariat_memory_resize(connection->copy, from + head + 1);
    if (!larger) return NULL;
    connection->copy = larger;
    connection->copy_capacity = from + head + 1;
    if (waited) message->bytes = larger;
  }
  char *copy = connection->copy + from;
  memcpy(copy, message->bytes, head);
  copy[head] = '\0';
  return copy;
}

/* Copies the origin, the target and the head behind each other.  False: no
 * memory, or no head. */
static bool take_apart(lr_load_connection *connection, parts *out) {
  lr_load_message *message = &connection->message;
  const char *end = memmem(message->bytes, message->length, "\r\n\r\n", 4);
  size_t head = end ? (size_t)(end - message->bytes) : 0;
  char *copy = end ? copy_head(connection, head) : NULL;
  if (!copy) return false;
  out->body = message->bytes + head + 4;
  out->body_length = message->length - head - 4;
  return read_head(copy, out);
}

/* ---- What becomes of it ---- */

static lariat_load_outcome outcome_of(lariat_value failure) {
  switch (lariat_failure_status(failure)) {
  case LARIAT_ERESOLVE:
    return LARIAT_LOAD_RESOLVE;
  case LARIAT_ECONNECT:
  case LARIAT_EADDRESS:
    return LARIAT_LOAD_CONNECT_FAILED;
  case LARIAT_ETLS:
  case LARIAT_ECERTIFICATE:
    return LARIAT_LOAD_TLS_FAILED;
  case LARIAT_ERESET:
    return LARIAT_LOAD_RESET;
  case LARIAT_EEMPTY:
  case LARIAT_ETRUNCATED:
    return LARIAT_LOAD_CLOSED;
  case LARIAT_EPROTOCOL:
  case LARIAT_EHEADERLIMIT:
    return LARIAT_LOAD_PROTOCOL;
  case LARIAT_ETIMEDOUT:
    return LARIAT_LOAD_TIMEOUT;
  default:
    return LARIAT_LOAD_LOCAL;
  }
}

static void end_exchange(lr_load_connection *connection) {
  lariat_deferred *exchange = connection->exchange;
  connection->exchange = NULL;
  lariat_deferred_release(exchange);
}

/* Takes over the instants.  One that had to wait for a connection was sent when
 * it was given to the library: that wait is the server's. */
static void take_instants(lr_load_connection *connection,
                          const lariat_response *response) {
  lariat_instants instants = lariat_response_instants(response);
  lr_load_sample *sample = &connection->sample;
  if (lariat_response_reused(response) && instants.sent_ns > sample->sent_ns)
    sample->sent_ns = instants.sent_ns;
  sample->first_byte_ns = instants.first_byte_ns;
  sample->arrived_ns = instants.done_ns;
  sample->read_ns = lariat_reactor_now_ns(connection->by->reactor);
  sample->stamped = false;
  if (!sample->arrived_ns) sample->arrived_ns = sample->read_ns;
  if (!sample->first_byte_ns) sample->first_byte_ns = sample->arrived_ns;
}

static lariat_value take_response(lariat_value value, void *context) {
  lr_load_connection *connection = context;
  if (!connection->exchange) return lariat_value_drop(value);
  const lariat_response *response = lariat_response_in(value);
  end_exchange(connection);
  take_instants(connection, response);
  connection->sample.bytes = lariat_response_body_bytes(response);
  if (!lariat_response_reused(response)) {
    connection->timings = lariat_response_timings(response);
    connection->by->ops->connected(connection);
  }
  connection->response = response;
  lr_load_connection_end_answer(connection, response, true);
  connection->response = NULL;
  return lariat_value_drop(value);
}

static lariat_value take_failure(lariat_value failure, void *context) {
  lr_load_connection *connection = context;
  if (!connection->exchange) return lariat_value_drop(failure);
  lariat_load_outcome outcome = outcome_of(failure);
  end_exchange(connection);
  lr_load_connection_give_up(connection, outcome,
                             lariat_reactor_now_ns(connection->by->reactor));
  return lariat_value_drop(failure);
}

/* ---- Sending ---- */

static lariat_deferred *send_parts(const lr_load_connection *connection,
                                   const parts *of, const char *url) {
  const lr_load_check *check = connection->message.check;
  lariat_client *client = connection->by->client;
  lariat_request_options options = lariat_request_defaults(client);
  options.headers = of->headers;
  options.header_count = of->header_count;
  if (of->body_length)
    options.body = lariat_body_bytes(of->body, of->body_length);
  if (!check || !lr_load_check_needs_body(check))
    options.sink = lariat_sink_discard();
  return lariat_request(client, of->method, url, &options);
}

/* Returns the URL, which the caller releases; NULL: no memory. */
static char *make_url(const lr_load_connection *connection,
                      const char *target) {
  size_t capacity = strlen(connection->url) + strlen(target) + 1;
  char *url = lr_load_allocate(capacity, 1);
  if (url) snprintf(url, capacity, "%s%s", connection->url, target);
  return url;
}

void lr_load_h2_request_send(lr_load_connection *connection, uint64_t now_ns) {
  parts of = {0};
  bool taken = take_apart(connection, &of);
  char *url = taken ? make_url(connection, of.target) : NULL;
  if (!url) {
    lr_load_connection_give_up(connection, LARIAT_LOAD_LOCAL, now_ns);
    return;
  }
  lariat_deferred *exchange = send_parts(connection, &of, url);
  lariat_memory_release(url);
  connection->exchange = exchange;
  lariat_deferred_add_callbacks(exchange, take_response, take_failure,
                                connection);
}

lariat_client_options
lr_load_h2_request_client(const lariat_client_options *given) {
  lariat_client_options options = *given;
  options.http = LARIAT_HTTP_2;
  options.max_redirects = 0;
  options.no_decompress = true;
  options.user_agent = "";
  options.max_body_bytes = 0;
  options.timeout_ms = 0;
  options.timestamps = LARIAT_TIMESTAMPS_EXACT;
  return options;
}
