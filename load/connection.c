/* SPDX-License-Identifier: MIT
 * connection.c: a message goes out by one call, its answer comes in by a
 * callback, and is read by a parser that keeps nothing which is not asked for.
 * Nothing is allocated for a request that goes at once. */
#include "connection.h"

#include <string.h>

#include <lariat/response.h>

#include "memory.h"

/* The field that goes behind the first line of the last request of a
 * connection. */
static const char last_field[] = "Connection: close\r\n";

static uint64_t now_of(const lr_load_connection *connection) {
  return lariat_reactor_now_ns(connection->by->reactor);
}

/* ---- Life ---- */

lariat_status lr_load_connection_init(lr_load_connection *connection,
                                      const lr_load_connector *by) {
  lr_load_list_init(&connection->link);
  lr_load_list_init(&connection->age);
  connection->by = by;
  connection->opened = lariat_none();
  return lariat_h1_parser_new(&connection->parser);
}

/* Gives up what waits: neither callback does anything then. */
static void forget_deferred(lariat_deferred **deferred) {
  lariat_deferred *waiting = *deferred;
  *deferred = NULL;
  if (!waiting) return;
  lariat_deferred_cancel(waiting);
  lariat_deferred_forget(waiting);
}

void lr_load_connection_shut(lr_load_connection *connection) {
  connection->state = LR_LOAD_SHUT;
  forget_deferred(&connection->opening);
  lariat_byte_stream_close(connection->stream);
  forget_deferred(&connection->sending);
  forget_deferred(&connection->exchange);
  connection->stream = NULL;
  connection->opened = lariat_value_drop(connection->opened);
}

void lr_load_connection_clear(lr_load_connection *connection) {
  lr_load_connection_shut(connection);
  lariat_h1_parser_free(connection->parser);
  lariat_memory_release(connection->copy);
  connection->parser = NULL;
  connection->copy = NULL;
}

/* ---- How a request ends ---- */

/* Ends the request.  What comes behind, on a connection that is kept, is
 * another one's. */
static void end_request(lr_load_connection *connection,
                        lariat_load_outcome outcome, bool keeps) {
  lr_load_sample *sample = &connection->sample;
  sample->outcome = (uint8_t)outcome;
  connection->free_ns =
      sample->free_ns + (sample->arrived_ns - sample->sent_ns);
  if (keeps)
    connection->state = LR_LOAD_IDLE;
  else
    lr_load_connection_shut(connection);
  connection->by->ops->ended(connection);
}

void lr_load_connection_give_up(lr_load_connection *connection,
                                lariat_load_outcome outcome, uint64_t at_ns) {
  lr_load_sample *sample = &connection->sample;
  sample->read_ns = now_of(connection);
  sample->arrived_ns = at_ns;
  sample->stamped = false;
  end_request(connection, outcome, false);
}

/* Ends a request that has failed now. */
static void fail_request(lr_load_connection *connection,
                         lariat_load_outcome outcome) {
  lr_load_connection_give_up(connection, outcome, now_of(connection));
}

static lariat_load_outcome judge_status(unsigned status) {
  return status < 400 ? LARIAT_LOAD_ANSWERED : LARIAT_LOAD_STATUS;
}

static lariat_load_outcome judge(const lr_load_connection *connection,
                                 const lariat_response *response,
                                 unsigned status) {
  const lr_load_check *check = connection->message.check;
  if (!check) return judge_status(status);
  size_t length = 0;
  const char *body = lr_load_check_needs_body(check)
                         ? lariat_response_body(response, &length)
                         : NULL;
  if (lr_load_check_passes(check, response, body, length))
    return LARIAT_LOAD_ANSWERED;
  return status < 400 ? LARIAT_LOAD_CHECK : LARIAT_LOAD_STATUS;
}

/* Notes when an answer was read whose last bytes have just come. */
static void note_read(lr_load_connection *connection) {
  lr_load_sample *sample = &connection->sample;
  sample->read_ns = sample->stamped ? now_of(connection) : sample->arrived_ns;
}

void lr_load_connection_end_answer(lr_load_connection *connection,
                                   const lariat_response *response,
                                   bool keeps) {
  unsigned status = (unsigned)lariat_response_status(response);
  connection->sample.status = (uint16_t)status;
  end_request(connection, judge(connection, response, status), keeps);
}

const lariat_response *
lr_load_connection_response(const lr_load_connection *connection) {
  return connection->response ? connection->response
                              : lariat_h1_parser_response(connection->parser);
}

/* Ends a request with an answer that the parser has read, behind which there
 * are no bytes if it is `alone`. */
static void end_answer(lr_load_connection *connection, bool alone) {
  lariat_h1_parser *parser = connection->parser;
  bool keeps = alone && connection->keeps && !connection->sending &&
               lariat_h1_parser_keeps(parser);
  lr_load_known_heads_confirm(connection->by->known,
                              connection->message.request, parser);
  note_read(connection);
  lr_load_connection_end_answer(connection, lariat_h1_parser_response(parser),
                                keeps);
}

/* Takes bytes of the body behind a head that is known. */
static void take_known(lr_load_connection *connection, size_t length) {
  const lr_load_known_head *head = connection->head;
  if (length < connection->left) {
    connection->left -= length;
    return;
  }
  bool keeps = length == connection->left && head->keeps && connection->keeps &&
               !connection->sending;
  connection->sample.status = head->status;
  note_read(connection);
  end_request(connection, judge_status(head->status), keeps);
}

static void fail_parsing(lr_load_connection *connection) {
  lariat_status status = lariat_h1_parser_status(connection->parser);
  bool closed = status == LARIAT_EEMPTY || status == LARIAT_ETRUNCATED;
  fail_request(connection, status == LARIAT_ENOMEM ? LARIAT_LOAD_LOCAL
                           : closed                ? LARIAT_LOAD_CLOSED
                                                   : LARIAT_LOAD_PROTOCOL);
}

/* ---- Receiving ---- */

static void lose(lr_load_connection *connection) {
  lr_load_connection_shut(connection);
  connection->by->ops->lost(connection);
}

/* Ends a request with the end of the stream, which may be that of the
 * answer. */
static void take_proper_end(lr_load_connection *connection) {
  lr_load_sample *sample = &connection->sample;
  bool parsing = sample->first_byte_ns && !connection->head;
  sample->arrived_ns = now_of(connection);
  sample->stamped = false;
  if (!parsing)
    fail_request(connection, LARIAT_LOAD_CLOSED);
  else if (lariat_h1_parser_end(connection->parser) == LARIAT_H1_DONE)
    end_answer(connection, false);
  else
    fail_parsing(connection);
}

static void take_end(lr_load_connection *connection, lariat_status status) {
  if (connection->state == LR_LOAD_IDLE)
    lose(connection);
  else if (status == LARIAT_OK)
    take_proper_end(connection);
  else
    fail_request(connection, status == LARIAT_ETRUNCATED ? LARIAT_LOAD_CLOSED
                             : status == LARIAT_ERESET   ? LARIAT_LOAD_RESET
                             : status == LARIAT_ETLS ? LARIAT_LOAD_TLS_FAILED
                                                     : LARIAT_LOAD_LOCAL);
}

/* Begins to read an answer that the parser has to read. */
static void begin_answer(lr_load_connection *connection) {
  const lr_load_message *message = &connection->message;
  bool keep = message->check && lr_load_check_needs_body(message->check);
  const lariat_h1_parser_options options = {.size = sizeof options,
                                            .body = keep ? LARIAT_H1_KEEP
                                                         : LARIAT_H1_DISCARD,
                                            .head_request = message->head};
  (void)!lariat_h1_parser_begin(connection->parser, &options); /* are valid */
}

static void read_answer(lr_load_connection *connection, const char *bytes,
                        size_t length, bool first) {
  const lr_load_message *message = &connection->message;
  size_t used;
  lariat_h1_result result =
      lariat_h1_parser_feed(connection->parser, bytes, length, &used);
  if (first && result != LARIAT_H1_FAILED)
    lr_load_known_heads_note(connection->by->known, message->request,
                             message->head, connection->parser, bytes, used);
  if (result == LARIAT_H1_DONE)
    end_answer(connection, used == length);
  else if (result == LARIAT_H1_FAILED)
    fail_parsing(connection);
}

/* Takes the first bytes of an answer: only of one that nobody wants to look at
 * may the head be known. */
static void take_first(lr_load_connection *connection, const char *bytes,
                       size_t length) {
  const lr_load_message *message = &connection->message;
  const lr_load_known_head *found = NULL;
  connection->sample.first_byte_ns = connection->sample.arrived_ns;
  if (!message->check && !message->user)
    found = lr_load_known_heads_find(connection->by->known, message->request,
                                     message->head, bytes, length);
  if (found) {
    connection->known = *found;
    connection->head = &connection->known;
    connection->left = found->body_bytes;
    take_known(connection, length - found->length);
    return;
  }
  begin_answer(connection);
  read_answer(connection, bytes, length, true);
}

static void take_bytes(lariat_byte_stream *stream, const char *bytes,
                       size_t length, lariat_status status, void *context) {
  lr_load_connection *connection = context;
  lr_load_sample *sample = &connection->sample;
  if (length == 0) {
    take_end(connection, status);
    return;
  }
  if (connection->state != LR_LOAD_BUSY) {
    lose(connection);
    return;
  }
  sample->stamped = lariat_byte_stream_arrival(stream, &sample->arrived_ns) ==
                    LARIAT_ARRIVAL_KERNEL;
  sample->bytes += length;
  if (!sample->first_byte_ns)
    take_first(connection, bytes, length);
  else if (connection->head)
    take_known(connection, length);
  else
    read_answer(connection, bytes, length, false);
}

/* ---- Sending ---- */

static lariat_value finish_sending(lariat_value result, void *context) {
  lr_load_connection *connection = context;
  lariat_deferred *deferred = connection->sending;
  connection->sending = NULL;
  if (deferred) lariat_deferred_forget(deferred);
  return lariat_value_drop(result);
}

/* Makes a copy of the message, which may be in the copy already, with a field
 * behind its first line.  False: no memory. */
static bool copy_message(lr_load_connection *connection, const char *field) {
  lr_load_message *message = &connection->message;
  size_t length = strlen(field);
  size_t wanted = message->length + length;
  bool copied = message->bytes == connection->copy;
  if (wanted > connection->copy_capacity) {
    char *copy = lariat_memory_resize(connection->copy, wanted);
    if (!copy) return false;
    connection->copy = copy;
    connection->copy_capacity = wanted;
  }
  if (copied) message->bytes = connection->copy;
  const char *end = memchr(message->bytes, '\n', message->length);
  size_t line = end ? (size_t)(end + 1 - message->bytes) : 0;
  memmove(connection->copy + line + length, message->bytes + line,
          message->length - line);
  memmove(connection->copy, message->bytes, line);
  memcpy(connection->copy + line, field, length);
  message->bytes = connection->copy;
  message->length = wanted;
  return true;
}

bool lr_load_connection_keep_message(lr_load_connection *connection) {
  return connection->message.stays || copy_message(connection, "");
}

/* Copies a message that does not stay, and the last one of the connection, with
 * a field for the server to close it.  False: no memory. */
static bool prepare_message(lr_load_connection *connection) {
  if (!connection->keeps) return copy_message(connection, last_field);
  return lr_load_connection_keep_message(connection);
}

/* Leaves what has not gone to a deferred.  A connection that cannot send may
 * have an answer all the same: how it ended is told where it is received. */
static void send_rest(lr_load_connection *connection, size_t sent) {
  const lr_load_message *message = &connection->message;
  connection->sending = lariat_byte_stream_send(
      connection->stream, message->bytes + sent, message->length - sent);
  lariat_deferred_add_both(connection->sending, finish_sending, connection);
}

static void begin_sample(lr_load_connection *connection, uint64_t now_ns) {
  lr_load_sample *sample = &connection->sample;
  sample->sent_ns = now_ns;
  sample->first_byte_ns = 0;
  sample->arrived_ns = 0;
  sample->read_ns = 0;
  sample->bytes = 0;
  sample->status = 0;
  sample->stamped = false;
  sample->name = connection->message.name;
  connection->head = NULL;
}

void lr_load_connection_send(lr_load_connection *connection, uint64_t now_ns) {
  const lr_load_message *message = &connection->message;
  uint64_t most = connection->by->most_requests;
  size_t sent = 0;
  connection->state = LR_LOAD_BUSY;
  connection->keeps = ++connection->requests != most;
  begin_sample(connection, now_ns);
  if (connection->by->send) {
    connection->by->send(connection, now_ns);
    return;
  }
  if (!prepare_message(connection)) {
    fail_request(connection, LARIAT_LOAD_LOCAL);
    return;
  }
  lariat_status status = lariat_byte_stream_try_send(
      connection->stream, message->bytes, message->length, &sent);
  if (status == LARIAT_OK && sent < message->length)
    send_rest(connection, sent);
}

/* ---- Opening ---- */

/* Says what a failure to open counts as: by its status, and where time has run
 * out by what had not ended. */
static lariat_load_outcome outcome_of(lariat_value failure) {
  lariat_phase phase = lariat_failure_phase(failure);
  switch (lariat_failure_status(failure)) {
  case LARIAT_ERESOLVE:
    return LARIAT_LOAD_RESOLVE;
  case LARIAT_ETLS:
  case LARIAT_ECERTIFICATE:
    return LARIAT_LOAD_TLS_FAILED;
  case LARIAT_ECONNECT:
  case LARIAT_EADDRESS:
  case LARIAT_ERESET:
    return LARIAT_LOAD_CONNECT_FAILED;
  case LARIAT_ETIMEDOUT:
    return phase == LARIAT_PHASE_DNS     ? LARIAT_LOAD_RESOLVE
           : phase == LARIAT_PHASE_TLS   ? LARIAT_LOAD_TLS_FAILED
           : phase == LARIAT_PHASE_QUEUE ? LARIAT_LOAD_LOCAL
                                         : LARIAT_LOAD_CONNECT_FAILED;
  default:
    return LARIAT_LOAD_LOCAL;
  }
}

static void refuse(lr_load_connection *connection,
                   lariat_load_outcome outcome) {
  lr_load_connection_shut(connection);
  connection->by->ops->refused(connection, outcome);
}

static void end_opening(lr_load_connection *connection) {
  lariat_deferred *opening = connection->opening;
  connection->opening = NULL;
  lariat_deferred_release(opening);
}

static lariat_value take_failure(lariat_value failure, void *context) {
  lr_load_connection *connection = context;
  if (!connection->opening) return lariat_value_drop(failure);
  lariat_load_outcome outcome = outcome_of(failure);
  end_opening(connection);
  refuse(connection, outcome);
  return lariat_value_drop(failure);
}

static void become_idle(lr_load_connection *connection) {
  connection->requests = 0;
  connection->free_ns = now_of(connection);
  connection->state = LR_LOAD_IDLE;
  connection->by->ops->opened(connection);
}

static lariat_value take_stream(lariat_value stream, void *context) {
  lr_load_connection *connection = context;
  if (!connection->opening) return lariat_value_drop(stream);
  end_opening(connection);
  connection->opened = stream;
  connection->stream = lariat_byte_stream_in(stream);
  connection->timings = lariat_byte_stream_timings(connection->stream);
  if (lariat_byte_stream_on_bytes(connection->stream, take_bytes, connection) ==
      LARIAT_OK) {
    connection->by->ops->connected(connection);
    become_idle(connection);
  } else {
    refuse(connection, LARIAT_LOAD_LOCAL);
  }
  return lariat_none();
}

void lr_load_connection_open(lr_load_connection *connection, const char *url) {
  connection->state = LR_LOAD_OPENING;
  connection->url = url;
  if (connection->by->send) {
    become_idle(connection);
    return;
  }
  lariat_deferred *opening = lariat_byte_stream_open(
      connection->by->client, url, &connection->by->stream);
  connection->opening = opening;
  lariat_deferred_add_callbacks(opening, take_stream, take_failure, connection);
}
