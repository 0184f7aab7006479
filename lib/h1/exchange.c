/* SPDX-License-Identifier: MIT
 * exchange.c: requests sent and answers read without libcurl. */
#include "h1/exchange.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "base/time.h"
#include "h1/conclusion.h"
#include "h1/connection.h"
#include "h1/request_head.h"
#include "h1/sink_feed.h"
#include "h1/stale.h"
#include "h1/unsent.h"
#include "http/header_list.h"
#include "job/body_sink.h"
#include "job/observation.h"
#include "job/redirect.h"
#include "net/stamped_stream.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

/* A connection that always has more does not keep the others waiting. */
enum { READS_AT_ONCE = 4 };

static const uint32_t read_events = EPOLLIN | EPOLLRDHUP;

/* ---- Suitable jobs ---- */

static inline bool is_head_request(const lr_job *job) {
  const char *method = job->request.method;
  return *method == 'H' && strcmp(method, "HEAD") == 0;
}

/* libcurl refuses to send a head of a megabyte, in its own words. */
enum { LONGEST_LINES = 512 * 1024 };

static bool is_h1_safe(const lr_header_list *headers) {
  return !headers ||
         (headers->h1_safe && headers->lines_length <= LONGEST_LINES);
}

/* Says the same of a job that is not simply a GET.  (A body with HEAD makes
 * libcurl wait for one with the answer.) */
static LR_COLD bool suits_with_extras(const lr_job *job) {
  return !job->lease && (!job->body.bytes || !is_head_request(job));
}

static bool suits_by_kind(const lr_job *job) {
  if (!is_h1_safe(job->request.headers)) return false;
  return job->request.defaults || suits_with_extras(job);
}

/* Says whether the job may go out on a connection that is open: those of its
 * host have ended too often for what cannot be sent twice. */
static LR_COLD bool may_reuse(const lr_job *job) {
  return job->replay.repeatable || !lr_host_is_short_lived(job->pool.host);
}

bool lr_exchange_suits_idle(const lr_job *job) {
  return suits_by_kind(job) && (job->request.defaults || may_reuse(job));
}

lr_request_reason lr_exchange_reason(const lr_h1 *h1, const lr_job *job) {
  lr_protocol protocol = (lr_protocol)job->pool.host->protocol;
  if (h1->disabled) return LR_REQUEST_LIBCURL_ONLY;
  if (job->request.http == LARIAT_HTTP_2) return LR_REQUEST_HTTP2_ASKED;
  if (protocol == LR_PROTOCOL_HTTP2) return LR_REQUEST_HTTP2;
  if (!is_h1_safe(job->request.headers)) return LR_REQUEST_HEADERS;
  if (!suits_by_kind(job)) return LR_REQUEST_HEAD_BODY;
  if (job->attempt.reuse_failed) return LR_REQUEST_REUSE_FAILED;
  return protocol == LR_PROTOCOL_UNKNOWN ? LR_REQUEST_FIRST_HANDSHAKE
                                         : LR_REQUEST_BY_H1;
}

/* ---- Sending ---- */

static bool watch_events(lr_connection *connection, uint32_t events) {
  return lr_poller_set(lr_reactor_poller(connection->h1->reactor),
                       &connection->watch, events) == LARIAT_OK;
}

/* Returns the events to be waited for so that sending goes on. */
static uint32_t sending_events(const lr_connection *connection) {
  const lr_unsent *unsent = connection->unsent;
  return unsent && unsent->state == LR_UNSENT_GOES &&
                 !connection->stream.needs_receive
             ? EPOLLOUT
             : 0;
}

/* Returns the events to be waited for so that receiving goes on.  A stream that
 * must send before it can receive would be ready all the time for bytes that
 * it cannot take. */
static uint32_t receiving_events(const lr_connection *connection) {
  return LR_RARE(connection->stream.needs_send) ? EPOLLOUT : read_events;
}

static void resume_sending(lr_reader *reader);

/* Keeps what did not go at once: the `length` bytes at `text`, and a body. */
static LR_COLD lariat_status keep_unsent(lr_connection *connection,
                                         const lr_job *job, const char *text,
                                         size_t length) {
  lariat_status status =
      lr_unsent_new(job, text, length, resume_sending, &connection->unsent);
  if (status != LARIAT_OK) return status;
  connection->unsent->owner = connection;
  uint32_t events = read_events | sending_events(connection);
  return watch_events(connection, events) ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Notes that the request of a job with exact instants is about to be sent. */
static LR_COLD void note_sending(lr_connection *connection, const lr_job *job) {
  if (job->wants.timestamps == LARIAT_TIMESTAMPS_KERNEL)
    (void)lr_stamped_stream_begin(&connection->stream);
  uint64_t now_ns = lariat_reactor_now_ns(connection->h1->reactor);
  connection->exact = (lr_exact_times){.wanted = true, .sent_ns = now_ns};
}

/* Sends the job's request, or as much of it as goes now.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ERESET   the connection is dead
 * LARIAT_EUPLOAD  the body cannot be read */
static inline lariat_status send_request(lr_connection *connection,
                                         const lr_job *job) {
  size_t length = 0;
  const char *text = lr_request_head_write(connection->h1, job, &length);
  if (!text) return LARIAT_ENOMEM;
  if (LR_RARE(job->wants.timestamps)) note_sending(connection, job);
  ssize_t sent = lr_stream_send(&connection->stream, text, length);
  if (sent < 0) return LARIAT_ERESET;
  if (LR_RARE((size_t)sent < length) ||
      (!job->request.get && lr_unsent_is_wanted(job)))
    return keep_unsent(connection, job, text + sent, length - (size_t)sent);
  return LARIAT_OK;
}

/* ---- Beginning ---- */

static inline void begin_exchange(lr_connection *connection, lr_job *job) {
  bool bodiless = !job->request.get && is_head_request(job);
  lr_connection_take(connection, job);
  connection->first_byte_ns = 0;
  job->pool.received = 0;
  lr_h1_parser_begin(&connection->parser, job->response, bodiless,
                     job->wants.decompress ? &connection->h1->decoders : NULL,
                     job->request.max_body_bytes);
  if (job->wants.sink_kind == LARIAT_SINK_DISCARD)
    lr_h1_parser_discard(&connection->parser, job->wants.sha256);
  if (LR_RARE(job->sink != NULL)) lr_sink_feed_prepare(connection, job);
  connection->h1->running++;
  lr_u64_bump(&connection->h1->stats->requests[LR_REQUEST_BY_H1], 1);
}

lariat_status lr_exchange_start(lr_h1 *h1, lr_job *job) {
  lr_connection *connection;
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  while ((connection = lr_connection_idle(job->pool.host))) {
    lariat_status status = send_request(connection, job);
    if (status == LARIAT_OK) {
      begin_exchange(connection, job);
      lr_request_head_trim(h1, job->pool.host);
      if (LR_RARE(job->pool.host->pacing.has_delay))
        lr_dispatcher_sent_at_once(h1->dispatcher, job);
      return LARIAT_OK;
    }
    lr_request_head_trim(h1, job->pool.host);
    lr_connection_close(connection);
    if (status != LARIAT_ERESET) return status;
  }
  return LARIAT_EBUSY;
}

/* ---- Reading ---- */

/* Says whether the answer that was lost had begun as a 408, with which servers
 * close idle connections: it was sent before the request came. */
static bool is_goodbye(const lr_connection *connection) {
  const lariat_response *response = connection->job->response;
  return response && response->status == 408 &&
         lr_conclusion_may_repeat(connection->job);
}

/* Returns the failure of a connection that has ended before an answer, or
 * behind one of 1xx: with a body under way that is a reset, as libcurl finds
 * when it sends on. */
static lariat_status status_without_answer(const lr_connection *connection,
                                           lariat_status status) {
  if (connection->unsent && !connection->job->request.get) return LARIAT_ERESET;
  return status == LARIAT_ETRUNCATED ? LARIAT_EEMPTY : status;
}

/* Ends an exchange whose connection was lost.  One that was open already may
 * have been closed before the server knew of the request; a new one was not. */
static void end_lost(lr_connection *connection, lariat_status status) {
  bool begun = lr_h1_parser_begun(&connection->parser);
  if (!begun && !connection->is_new) lr_host_note_early_end(connection->host);
  if (!connection->is_new && (!begun || is_goodbye(connection)))
    lr_conclusion_retry(connection);
  else if (!begun || status == LARIAT_EEMPTY)
    lr_conclusion_fail(connection, status_without_answer(connection, status));
  else
    lr_conclusion_fail(connection, status);
}

static void note_received_exactly(lr_connection *connection) {
  if (connection->exact.wanted)
    connection->exact.received_ns =
        lariat_reactor_now_ns(connection->h1->reactor);
}

static void end_at_close(lr_connection *connection) {
  note_received_exactly(connection);
  lr_h1_result result = lr_h1_parser_end(&connection->parser);
  if (connection->feed && result == LR_H1_DONE &&
      !lr_sink_feed_is_whole(connection, true))
    result = LR_H1_FAILED;
  if (result == LR_H1_DONE)
    lr_conclusion_finish(connection, NULL, 0);
  else
    end_lost(connection, connection->parser.fault);
}

/* Notes what only some jobs want to know. */
static LR_COLD void note_activity(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  connection->job->pool.active_ns = lr_reactor_turn_ns(h1->reactor);
  note_received_exactly(connection);
  if (!connection->exact.wanted || connection->first_byte_ns) return;
  connection->first_byte_ns = connection->exact.received_ns;
  h1->receiving++;
}

static void note_received(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  if (LR_RARE(connection->job->wants.activity)) note_activity(connection);
  if (connection->first_byte_ns) return;
  connection->first_byte_ns = lr_reactor_turn_ns(h1->reactor);
  h1->receiving++;
}

/* Ends an exchange whose answer the parser has refused.  The body of a redirect
 * that is followed does not matter, so it need not be possible to decode it. */
static LR_COLD void end_refused(lr_connection *connection, const char *bytes,
                                size_t length) {
  lariat_status fault = connection->parser.fault;
  if (lr_stale_is_rubbish(connection, bytes, length)) {
    lr_conclusion_retry(connection);
  } else if (fault == LARIAT_EENCODING && connection->job->response &&
             lr_redirect_wanted(connection->job)) {
    connection->parser.keeps = false;
    lr_conclusion_finish(connection, NULL, 0);
  } else {
    lr_conclusion_fail(connection, fault);
  }
}

/* Keeps the bytes that wait until another turn, and reads no more meanwhile: a
 * body that becomes a thousand times as much does not hold up the others. */
static LR_COLD void pause_decoding(lr_connection *connection, const char *bytes,
                                   size_t length) {
  if (connection->job->wants.sha256 && !connection->feed)
    lr_conclusion_digest(connection);
  if (!lr_buffer_append(&connection->unread, bytes, length)) {
    lr_conclusion_fail(connection, LARIAT_ENOMEM);
    return;
  }
  (void)watch_events(connection, sending_events(connection));
  if (!connection->feed)
    lr_decode_queue_add(&connection->h1->decode_queue, &connection->decoding);
}

/* Stops sending a request whose answer says that the rest is of no use: its
 * connection cannot be used again (RFC 9112, 9.3). */
static LR_COLD void stop_sending(lr_connection *connection) {
  const lr_job *job = connection->job;
  enum { REFUSALS = 300 };
  int status = job->response ? job->response->status : job->sink->http_status;
  if (status < REFUSALS || !lr_h1_parser_in_body(&connection->parser) ||
      connection->unsent->state > LR_UNSENT_WAITS)
    return;
  connection->unsent->state = LR_UNSENT_STOPPED;
  (void)watch_events(connection, receiving_events(connection));
}

/* Says whether the answer, which is complete, waits for the end of its request:
 * libcurl sends a body in memory to its end unless the answer refuses it. */
static LR_COLD bool sends_on(lr_connection *connection, size_t excess) {
  const lr_job *job = connection->job;
  stop_sending(connection);
  return excess == 0 && connection->parser.keeps && job->body.bytes &&
         connection->unsent->state == LR_UNSENT_GOES;
}

/* Ends an exchange whose answer is complete, or lets its request go out first.
 */
static inline void end_answered(lr_connection *connection, const char *rest,
                                size_t length) {
  if (LR_RARE(connection->unsent != NULL) && sends_on(connection, length))
    return;
  lr_conclusion_finish(connection, rest, length);
}

/* Says whether the answer, whose body may still come, is none to the request.
 */
static bool is_stale_head(const lr_connection *connection) {
  return lr_stale_is_suspect(connection) &&
         lr_h1_parser_in_body(&connection->parser) &&
         lr_stale_is_answer(connection);
}

/* Goes on by what the parser says of bytes of which it has used some.  True:
 * the answer goes on. */
static bool take_result(lr_connection *connection, lr_h1_result result,
                        const char *bytes, size_t length, size_t used) {
  switch (result) {
  case LR_H1_MORE:
    if (LR_RARE(is_stale_head(connection))) {
      lr_conclusion_retry(connection);
      return false;
    }
    if (LR_RARE(connection->unsent != NULL)) stop_sending(connection);
    if (connection->job->wants.sha256 && !connection->feed)
      lr_conclusion_digest(connection);
    return true;
  case LR_H1_DONE:
    end_answered(connection, bytes + used, length - used);
    return false;
  case LR_H1_FAILED:
    end_refused(connection, bytes, length);
    return false;
  case LR_H1_PIECE: /* no body is passed here, and no head told */
  case LR_H1_HEAD:
    break;
  case LR_H1_PAUSED:
    pause_decoding(connection, bytes + used, length - used);
    return false;
  }
  return false;
}

static void resume_feed(lr_decode_item *item);

/* Feeds bytes of the head of an answer whose body may go to a sink.  False: the
 * exchange is over. */
static bool feed_head(lr_connection *connection, const char *bytes,
                      size_t length, size_t *used, lr_h1_result *result) {
  lr_h1_parser *parser = &connection->parser;
  lariat_status status = LARIAT_OK;
  if (connection->job->observation)
    lr_observation_received(connection->job, bytes, length);
  *result = lr_h1_parser_feed_head(parser, bytes, length, used);
  if (connection->job->observation)
    lr_observation_look_at_head(connection->job,
                                lariat_reactor_now_ns(connection->h1->reactor));
  if (*result == LR_H1_FAILED) return true;
  bool complete = lr_h1_parser_in_body(parser);
  if (complete && is_stale_head(connection)) {
    lr_conclusion_retry(connection);
    return false;
  }
  if (connection->job->wants.keep)
    status = lr_sink_feed_keep_head(connection, bytes, *used);
  if (status == LARIAT_OK && complete)
    status = lr_sink_feed_begin(connection, resume_feed);
  if (status != LARIAT_OK) lr_conclusion_fail(connection, status);
  return status == LARIAT_OK;
}

/* Feeds bytes of an answer whose body may go to a sink. */
static LR_COLD bool feed_sink(lr_connection *connection, const char *bytes,
                              size_t length) {
  lr_h1_result result = LR_H1_MORE;
  size_t head = 0, body = 0;
  if (!lr_h1_parser_in_body(&connection->parser) &&
      !feed_head(connection, bytes, length, &head, &result))
    return false;
  if (result == LR_H1_MORE)
    result = lr_sink_feed_take(connection, bytes + head, length - head, &body);
  return take_result(connection, result, bytes, length, head + body);
}

/* Feeds bytes to the parser.  True: the answer goes on. */
static bool feed_parser(lr_connection *connection, const char *bytes,
                        size_t length) {
  size_t used = 0;
  if (LR_RARE(connection->host->unproven_reuses) &&
      lr_stale_is_too_early(connection)) {
    lr_conclusion_retry(connection);
    return false;
  }
  note_received(connection);
  if (LR_RARE(connection->job->sink != NULL))
    return feed_sink(connection, bytes, length);
  lr_h1_result result =
      lr_h1_parser_feed(&connection->parser, bytes, length, &used);
  return take_result(connection, result, bytes, length, used);
}

/* Says whether no more is read for now. */
static bool is_paused(const lr_connection *connection) {
  return lr_decode_item_waits(&connection->decoding) ||
         lr_sink_feed_is_paused(connection);
}

static bool resume_reading(lr_connection *connection) {
  return watch_events(connection, receiving_events(connection) |
                                      sending_events(connection));
}

static void receive_some(lr_connection *connection);

/* Has it tried again to send what TLS must receive for: it is about to receive.
 */
static LR_COLD void send_again(lr_connection *connection) {
  connection->stream.needs_receive = false;
  (void)watch_events(
      connection, (is_paused(connection) ? 0 : receiving_events(connection)) |
                      sending_events(connection));
}

/* Goes on with the bytes that have waited.  Reading goes on when there are no
 * more of them. */
static void resume_unread(lr_connection *connection) {
  lr_buffer waiting = connection->unread;
  size_t used = 0;
  connection->stream.needs_receive = false; /* it is tried again */
  lr_buffer_init(&connection->unread);
  note_received(connection);
  lr_h1_result result =
      connection->feed
          ? lr_sink_feed_take(connection, waiting.bytes, waiting.length, &used)
          : lr_h1_parser_resume(&connection->parser, waiting.bytes,
                                waiting.length, &used);
  bool goes_on = result != LR_H1_PAUSED && result != LR_H1_FAILED;
  if (goes_on && !resume_reading(connection))
    lr_conclusion_fail(connection, LARIAT_ENOMEM);
  else if (take_result(connection, result, waiting.bytes, waiting.length,
                       used) &&
           connection->stream.pending)
    receive_some(connection);
  lr_buffer_clear(&waiting);
}

void lr_exchange_resume_decoding(lr_decode_item *item) {
  lr_connection *connection = lr_container(item, lr_connection, decoding);
  if (!connection->reads_on) {
    resume_unread(connection);
    return;
  }
  connection->reads_on = false;
  if (connection->stream.needs_receive) send_again(connection);
  receive_some(connection);
}

static void resume_feed(lr_decode_item *item) {
  resume_unread(lr_container(item, lr_sink_feed, decoding.item)->connection);
}

void lr_exchange_resume_sink(lr_job *job) {
  resume_unread(job->pool.connection);
}

/* Ends an exchange by what the stream says instead of giving bytes. */
static LR_COLD void end_received(lr_connection *connection, ssize_t result) {
  if (result == LR_STREAM_END)
    end_at_close(connection);
  else if (result == LR_STREAM_CUT)
    end_lost(connection, LARIAT_ETRUNCATED);
  else
    end_lost(connection, LARIAT_ERESET);
}

/* Goes on in another turn with what the stream holds: no event tells of it. */
static LR_COLD void read_on_later(lr_connection *connection) {
  if (lr_decode_item_waits(&connection->decoding)) return;
  connection->reads_on = true;
  lr_decode_queue_add(&connection->h1->decode_queue, &connection->decoding);
}

/* Goes on by what the stream says instead of giving bytes. */
static LR_COLD void follow_stream(lr_connection *connection, ssize_t result) {
  if (result != LR_STREAM_AGAIN)
    end_received(connection, result);
  else if (connection->stream.needs_send)
    (void)watch_events(connection, EPOLLOUT);
}

/* Returns how much is received at once.  What a stream has no space for waits
 * on top of its window. */
static size_t receive_capacity(const lr_connection *connection) {
  enum { OF_A_STREAM = 16 * 1024 };
  const lr_body_sink *sink = connection->job->sink;
  return LR_RARE(sink != NULL) && sink->stream ? OF_A_STREAM : LR_H1_INBOUND;
}

/* Receives what is there.  Less than the capacity was all for now. */
static void receive_some(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  lr_stream *stream = &connection->stream;
  for (int i = 0; i < READS_AT_ONCE; i++) {
    size_t capacity = receive_capacity(connection);
    ssize_t got = lr_stream_receive(stream, h1->inbound, capacity);
    if (LR_RARE(got <= 0)) {
      follow_stream(connection, got);
      return;
    }
    if (!feed_parser(connection, h1->inbound, (size_t)got)) return;
    if ((size_t)got < capacity && !stream->pending) return;
  }
  if (stream->pending) read_on_later(connection);
}

static void note_sent(const lr_connection *connection) {
  if (connection->job->request.idle_timeout_ns)
    connection->job->pool.active_ns =
        lr_reactor_turn_ns(connection->h1->reactor);
}

/* Notes that all of the request is out.  False: so is the answer in, and none
 * of it waits for its sink. */
static bool end_sending(lr_connection *connection) {
  lr_unsent_free(connection->unsent);
  connection->unsent = NULL;
  if (!lr_h1_parser_complete(&connection->parser) || is_paused(connection))
    return true;
  lr_conclusion_finish(connection, NULL, 0);
  return false;
}

/* Sends what is left of the request.  An answer may have come before the end of
 * the connection, so that is the reader's to find.  False: the connection is
 * gone. */
static LR_COLD bool send_unsent(lr_connection *connection) {
  lariat_status status =
      lr_unsent_send(connection->unsent, &connection->stream);
  note_sent(connection);
  if (status == LARIAT_OK && !end_sending(connection)) return false;
  if (status != LARIAT_OK && status != LARIAT_EBUSY) {
    lr_conclusion_fail(connection, status);
    return false;
  }
  (void)watch_events(
      connection, (is_paused(connection) ? 0 : receiving_events(connection)) |
                      sending_events(connection));
  return true;
}

static void resume_sending(lr_reader *reader) {
  lr_unsent *unsent = lr_container(reader, lr_unsent, reader);
  if (unsent->state == LR_UNSENT_WAITS) (void)send_unsent(unsent->owner);
}

/* Ends an exchange whose answer is complete, while its request goes on: the
 * connection has ended, or is not to be used again. */
static LR_COLD void end_while_sending(lr_connection *connection,
                                      uint32_t events) {
  lr_h1 *h1 = connection->h1;
  if (connection->stream.needs_receive && !(events & ~(uint32_t)EPOLLOUT))
    return;
  ssize_t got =
      lr_stream_receive(&connection->stream, h1->inbound, sizeof h1->inbound);
  if (got == LR_STREAM_AGAIN)
    follow_stream(connection, got);
  else
    lr_conclusion_finish(connection, h1->inbound, got > 0 ? (size_t)got : 0);
}

void lr_exchange_ready(lr_watch *watch, uint32_t events) {
  lr_connection *connection = lr_container(watch, lr_connection, watch);
  if (!connection->job) {
    lr_connection_end_idle(connection);
    return;
  }
  if ((events & EPOLLOUT) && connection->unsent && !send_unsent(connection))
    return;
  if (LR_RARE(connection->job->sink || connection->unsent)) {
    if (LR_RARE(connection->stream.needs_receive) &&
        events & ~(uint32_t)EPOLLOUT)
      send_again(connection);
    if (is_paused(connection)) return;
  }
  if (LR_RARE(connection->stream.needs_send)) {
    connection->stream.needs_send = false;
    (void)resume_reading(connection);
    events |= EPOLLIN;
  }
  if (LR_RARE(lr_h1_parser_complete(&connection->parser)))
    end_while_sending(connection, events);
  else if (events & ~(uint32_t)EPOLLOUT)
    receive_some(connection);
}

/* ---- Questions and cancelling ---- */

static LR_COLD void observe_sent(const lr_connection *connection, lr_job *job) {
  const lr_h1 *h1 = connection->h1;
  lr_observation_sent(job, lariat_reactor_now_ns(h1->reactor),
                      h1->request.bytes, h1->request.length);
}

void lr_exchange_open(lr_connection *connection, lr_job *job) {
  begin_exchange(connection, job);
  lariat_status status = send_request(connection, job);
  if (status == LARIAT_OK && LR_RARE(job->observation != NULL))
    observe_sent(connection, job);
  lr_request_head_trim(connection->h1, job->pool.host);
  if (status != LARIAT_OK) lr_conclusion_fail(connection, status);
}

lariat_phase lr_exchange_phase(const lr_job *job) {
  const lr_connection *connection = job->pool.connection;
  if (lr_h1_parser_in_body(&connection->parser)) return LARIAT_PHASE_BODY;
  if (job->response->status && !job->response->interim)
    return LARIAT_PHASE_BODY;
  return connection->unsent ? LARIAT_PHASE_REQUEST : LARIAT_PHASE_FIRST_BYTE;
}

/* Asks the kernel: a reactor that was kept busy has not heard yet what waits
 * for it. */
uint64_t lr_exchange_heard_ns(const lr_job *job) {
  const lr_connection *connection = job->pool.connection;
  if (is_paused(connection)) return lr_reactor_turn_ns(connection->h1->reactor);
  struct pollfd waiting = {connection->watch.fd, POLLIN, 0};
  if (sending_events(connection)) waiting.events |= POLLOUT;
  return poll(&waiting, 1, 0) > 0 ? lr_reactor_turn_ns(connection->h1->reactor)
                                  : job->pool.active_ns;
}

void lr_exchange_cancel(lr_job *job) {
  lr_conclusion_cancel(job->pool.connection);
}
