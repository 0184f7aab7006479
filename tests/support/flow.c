/* SPDX-License-Identifier: MIT
 * See flow.h. */
#include "support/flow.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/producing.h"
#include <lariat/failure.h>

enum { PIPE_ROOM = 4096, UPLOAD_WINDOW = 4096 };

uint64_t flow_deeds[FLOW_DEEDS];

const char *flow_deed_name(int deed) {
  static const char *const names[FLOW_DEEDS] = {"streams opened",
                                                "chunks taken at once",
                                                "chunks waited for",
                                                "streams taken whole",
                                                "of more than the window",
                                                "streams that broke off",
                                                "streams read as one",
                                                "streams too long for that",
                                                "waits for a chunk cancelled",
                                                "streams closed",
                                                "streams abandoned",
                                                "bodies to files",
                                                "bodies to pipes",
                                                "of more than the pipe holds",
                                                "bodies transformed",
                                                "producers' bodies sent",
                                                "files sent",
                                                "writes with room",
                                                "writes that waited",
                                                "pieces given",
                                                "producers that failed",
                                                "producers that let go",
                                                "producers with more than told",
                                                "producers with less than told",
                                                "producers told of an answer",
                                                "producers outlived"};
  return names[deed];
}

static void did(enum flow_deed deed) { flow_deeds[deed]++; }

static void fault(struct flow *flow, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct flow *flow, const char *format, ...) {
  char text[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  flow->in->fault(flow->in->context, text);
}

/* Choosing. */

static uint64_t mix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static unsigned below(uint64_t *state, unsigned limit) {
  return (unsigned)((mix(state) >> 32) * limit >> 32);
}

static bool once_in(uint64_t *state, unsigned count) {
  return below(state, count) == 0;
}

static lariat_value transform(lariat_value response, void *context) {
  struct flow *flow = context;
  size_t length = 0;
  const char *body =
      lariat_response_body(lariat_response_in(response), &length);
  if (flow->transformed) fault(flow, "transformed twice");
  if (length > FLOW_BODY || memcmp(body, produced_bytes(0), length) != 0)
    fault(flow, "transformed something else");
  flow->transformed = true;
  did(FLOW_TRANSFORMED);
  if (length % 3 == 0) return response;
  (void)lariat_value_drop(response);
  if (length % 3 == 1) return lariat_int((intptr_t)length);
  return lariat_failure_new(LARIAT_EUSER, "transformed into a failure");
}

static void destroy_transform(void *context) {
  struct flow *flow = context;
  flow->in->transforms--;
}

static void choose_pipe(struct flow *flow) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM);
  flow->fd = ends[0];
  flow->body_fd = ends[1];
}

static void choose_sink(struct flow *flow, lariat_request_options *options,
                        uint64_t *state) {
  unsigned dice = below(state, 20);
  flow->sink = dice < 8    ? FLOW_STREAM
               : dice < 9  ? FLOW_FILE
               : dice < 10 ? FLOW_PIPE
               : dice < 13 ? FLOW_TRANSFORM
                           : FLOW_KEPT;
  flow->eager = once_in(state, 2);
  flow->leaves = once_in(state, 12);
  flow->window = FLOW_WINDOW * (1 + below(state, 6));
  if (flow->sink == FLOW_STREAM) {
    options->sink = lariat_sink_stream(flow->window);
  } else if (flow->sink == FLOW_FILE) {
    flow->body_fd = flow->fd = memfd_create("flow", MFD_CLOEXEC);
  } else if (flow->sink == FLOW_PIPE) {
    choose_pipe(flow);
  } else if (flow->sink == FLOW_TRANSFORM) {
    options->transform = transform;
    options->transform_context = flow;
    options->transform_destroy = destroy_transform;
    flow->in->transforms++;
  }
  if (flow->body_fd >= 0) options->sink = lariat_sink_fd(flow->body_fd);
  options->sha256 = flow->sha256 = once_in(state, 4);
}

static void choose_file(struct flow *flow, lariat_request_options *options) {
  flow->sent_fd = memfd_create("flow", MFD_CLOEXEC);
  options->body = lariat_body_file(flow->sent_fd, 0, LARIAT_LENGTH_UNKNOWN);
  flow->from_file = true;
  flow->uploads = true;
  if (write(flow->sent_fd, produced_bytes(0), flow->length) !=
      (ssize_t)flow->length)
    fault(flow, "no file to send");
}

static void choose_upload(struct flow *flow, lariat_request_options *options,
                          uint64_t *state) {
  unsigned dice = below(state, 10);
  flow->length = once_in(state, 8) ? 0 : below(state, 15000);
  flow->piece = 1 + flow->length / 100 + below(state, 4000);
  flow->hasty = once_in(state, 2);
  flow->gives = once_in(state, 3);
  flow->end = dice < 5 ? FLOW_ENDS : (enum flow_end)(dice - 4);
  flow->told = once_in(state, 2) ? flow->length : LARIAT_LENGTH_UNKNOWN;
  if (once_in(state, 4)) {
    choose_file(flow, options);
    return;
  }
  if (flow->end == FLOW_SAYS_MORE) flow->told = flow->length + 10;
  if (flow->end == FLOW_SAYS_LESS) flow->told = flow->length / 2;
  flow->uploads = true;
  if (lariat_upload_new(flow->in->reactor, flow->told, UPLOAD_WINDOW,
                        &flow->upload) != LARIAT_OK)
    flow->uploads = false;
  if (flow->upload) options->body = lariat_body_producer(flow->upload);
}

void flow_choose(struct flow *flow, struct flows *in,
                 lariat_request_options *options, uint64_t *state) {
  *flow = (struct flow){.in = in, .fd = -1, .body_fd = -1, .sent_fd = -1};
  choose_sink(flow, options, state);
  if (once_in(state, 4)) choose_upload(flow, options, state);
}

/* Producing. */

unsigned flow_loans;

static void drop_loan(void *bytes) {
  (void)bytes;
  flow_loans--;
}

static void refuse(struct flow *flow, lariat_status status) {
  if (flow->refused != LARIAT_OK) return;
  flow->refused = status;
  did(status == LARIAT_EANSWERED ? FLOW_ANSWERED : FLOW_OVER_BEFORE);
}

/* It has failed, and its request with it (or, if its answer had begun before,
 * the stream of that). */
static void spoil(struct flow *flow, enum flow_deed deed) {
  did(deed);
  flow->refused = LARIAT_EUPLOAD;
  flow->spoiled = !flow->fired && flow->sink != FLOW_STREAM;
}

static void go_on(struct flow *flow);

static lariat_value wrote(lariat_value result, void *context) {
  struct flow *flow = context;
  flow->writes--;
  if (lariat_is_failure(result)) refuse(flow, lariat_failure_status(result));
  if (flow->hasty) go_on(flow);
  return lariat_value_drop(result);
}

static lariat_deferred *put(struct flow *flow, size_t length) {
  const char *bytes = produced_bytes(flow->written);
  if (!flow->gives) return lariat_upload_write(flow->upload, bytes, length);
  flow_loans++;
  did(FLOW_GAVE);
  return lariat_upload_give(flow->upload, (void *)(uintptr_t)bytes, length,
                            drop_loan);
}

static void write_piece(struct flow *flow) {
  uint64_t left = flow->length - flow->written;
  size_t length = flow->piece < left ? flow->piece : (size_t)left;
  bool too_much = length > flow->told - flow->written;
  lariat_deferred *deferred = put(flow, length);
  if (!lariat_deferred_fired(deferred)) {
    did(FLOW_WAITED);
    flow->writes++;
    flow->written += length;
    lariat_deferred_release(lariat_deferred_add_both(deferred, wrote, flow));
    return;
  }
  lariat_value value = lariat_deferred_peek(deferred);
  lariat_status status =
      lariat_is_failure(value) ? lariat_failure_status(value) : LARIAT_OK;
  lariat_deferred_forget(deferred);
  if (status == LARIAT_OK) {
    did(FLOW_WROTE);
    flow->written += length;
  } else if (status == LARIAT_EUPLOAD && too_much) {
    spoil(flow, FLOW_LIED_LESS);
  } else {
    refuse(flow, status);
  }
  if (status == LARIAT_OK && too_much)
    fault(flow, "more was taken than had been told");
}

static void let_upload_go(struct flow *flow) {
  lariat_upload *upload = flow->upload;
  flow->upload = NULL;
  lariat_upload_release(upload);
}

static void end_upload(struct flow *flow) {
  lariat_status status = lariat_upload_end(flow->upload);
  bool short_of =
      flow->told != LARIAT_LENGTH_UNKNOWN && flow->written < flow->told;
  if (status == LARIAT_OK && short_of) fault(flow, "less was taken than told");
  if (status == LARIAT_OK)
    flow->finished = true;
  else if (status == LARIAT_EUPLOAD && short_of)
    spoil(flow, FLOW_LIED_MORE);
  else
    refuse(flow, status);
  let_upload_go(flow);
}

static void fail_upload(struct flow *flow) {
  lariat_status status = lariat_upload_fail(flow->upload, lariat_none());
  if (status == LARIAT_OK)
    spoil(flow, FLOW_FAILED);
  else
    refuse(flow, status);
  let_upload_go(flow);
}

/* What is next for the producer. */
static void act(struct flow *flow) {
  bool half = flow->written >= flow->length / 2;
  if (flow->end == FLOW_FAILS && half) {
    fail_upload(flow);
  } else if (flow->end == FLOW_LETS_GO && half) {
    did(FLOW_STOPPED);
    let_upload_go(flow);
  } else if (flow->written < flow->length) {
    write_piece(flow);
  } else if (flow->end != FLOW_NEVER_ENDS) {
    end_upload(flow);
  }
}

static bool can_produce(const struct flow *flow) {
  if (!flow->upload || flow->writes || !flow->in->reactor) return false;
  return flow->refused == LARIAT_OK &&
         (flow->written < flow->length || flow->end != FLOW_NEVER_ENDS);
}

static void go_on(struct flow *flow) {
  do {
    if (!can_produce(flow)) return;
    act(flow);
  } while (flow->hasty);
}

void flow_submitted(struct flow *flow) {
  if (flow->body_fd >= 0 && flow->body_fd != flow->fd) close(flow->body_fd);
  flow->body_fd = -1;
  if (flow->sent_fd >= 0) close(flow->sent_fd);
  flow->sent_fd = -1;
  go_on(flow);
}

/* The server's view. */

void flow_hop(struct flow *flow, bool answers, bool reads) {
  flow->answers = answers;
  flow->reads = reads;
  flow->sent = 0;
  flow->sent_whole = false;
}

static uint64_t there(const struct flow *flow) {
  return flow->from_file ? flow->length : flow->written;
}

void flow_sent(struct flow *flow, const void *bytes, size_t length) {
  if (flow->sent_whole) fault(flow, "bytes were sent behind the end");
  if (memcmp(bytes, produced_bytes(flow->sent), length) != 0)
    fault(flow, "other bytes were sent");
  flow->sent += length;
  if (flow->sent > there(flow)) fault(flow, "too much was sent");
  if (length) return;
  flow->sent_whole = true;
  did(flow->from_file ? FLOW_FILE_SENT : FLOW_UPLOADED);
  if (flow->sent != there(flow)) fault(flow, "an end too early");
  if (!flow->from_file && !flow->finished && flow->told)
    fault(flow, "an end that nobody gave");
}

/* Taking. */

static void take(struct flow *flow);

static void end_stream(struct flow *flow, bool whole) {
  if (flow->ended && whole != flow->whole)
    fault(flow, "a stream ended in two ways");
  if (whole && !flow->lossy && flow->expected != FLOW_UNKNOWN &&
      flow->taken != flow->expected)
    fault(flow, "a stream ended after %llu of %llu bytes",
          (unsigned long long)flow->taken, (unsigned long long)flow->expected);
  if (whole && flow->sha256 && flow->stream &&
      !lariat_stream_sha256(flow->stream))
    fault(flow, "a stream without its digest");
  if (whole && !flow->ended) did(FLOW_WHOLE);
  if (whole && !flow->ended && flow->taken > flow->window + FLOW_WINDOW)
    did(FLOW_OVERFLOWED);
  if (!whole && !flow->ended && flow->taken && !flow->closed) did(FLOW_BROKE);
  flow->ended = true;
  flow->whole = whole;
}

static void take_bytes(struct flow *flow, lariat_value chunk) {
  size_t length = 0;
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(chunk), &length);
  if (flow->ended) fault(flow, "bytes behind the end");
  if (!flow->lossy && (flow->taken + length > FLOW_BODY ||
                       memcmp(bytes, produced_bytes(flow->taken), length) != 0))
    fault(flow, "other bytes were taken");
  flow->taken += length;
}

/* What is the stream's own failure, and not that of one who asked. */
static bool is_end(const struct flow *flow, lariat_value result) {
  lariat_status status = lariat_failure_status(result);
  if (status == LARIAT_ENOMEM && flow->in->starved) return false;
  return !(status == LARIAT_ECANCELLED && flow->gave_up);
}

static void drop_next(struct flow *flow) {
  lariat_deferred *next = flow->next;
  flow->next = NULL;
  flow->asked--;
  if (next) lariat_deferred_release(next);
}

static lariat_value got(lariat_value result, void *context) {
  struct flow *flow = context;
  drop_next(flow);
  if (lariat_is_none(result))
    end_stream(flow, true);
  else if (!lariat_is_failure(result))
    take_bytes(flow, result);
  else if (is_end(flow, result))
    end_stream(flow, false);
  flow->gave_up = false;
  bool came = !lariat_is_failure(result);
  lariat_value left = lariat_value_drop(result);
  if (flow->eager && came) take(flow);
  return left;
}

static lariat_value got_all(lariat_value result, void *context) {
  struct flow *flow = context;
  drop_next(flow);
  flow->reading_all = false;
  if (!lariat_is_failure(result)) {
    did(FLOW_READ_ALL);
    take_bytes(flow, result);
    end_stream(flow, true);
  } else if (lariat_failure_status(result) == LARIAT_EBODYLIMIT) {
    did(FLOW_TOO_MUCH); /* or the fetch has failed so */
    flow->lossy = true;
  } else {
    flow->lossy = true;
  }
  flow->gave_up = false;
  return lariat_value_drop(result);
}

static bool can_take(const struct flow *flow) {
  return flow->stream && !flow->asked && !flow->ended && flow->in->reactor;
}

static void ask(struct flow *flow, lariat_deferred *deferred,
                lariat_callback callback) {
  flow->asked++;
  if (!lariat_deferred_fired(deferred))
    flow->next = lariat_deferred_retain(deferred);
  lariat_deferred_release(lariat_deferred_add_both(deferred, callback, flow));
}

static void take(struct flow *flow) {
  if (!can_take(flow)) return;
  lariat_deferred *next = lariat_stream_next(flow->stream);
  did(lariat_deferred_fired(next) ? FLOW_TAKEN : FLOW_AWAITED);
  ask(flow, next, got);
}

static void take_all(struct flow *flow, size_t most) {
  if (!can_take(flow)) return;
  flow->reading_all = true;
  ask(flow, lariat_stream_read_all(flow->stream, most), got_all);
}

static void cancel_next(struct flow *flow) {
  if (!flow->next) return;
  did(FLOW_NEXT_CANCEL);
  flow->gave_up = true;
  flow->lossy |= flow->reading_all;
  lariat_deferred_cancel(flow->next);
}

static void close_stream(struct flow *flow) {
  if (!flow->ended && !flow->closed) did(FLOW_CLOSED);
  flow->closed = true;
  lariat_stream_close(flow->stream);
}

static void abandon(struct flow *flow) {
  lariat_stream *stream = flow->stream;
  flow->stream = NULL;
  if (stream && !flow->ended && !flow->closed) did(FLOW_ABANDONED);
  flow->closed = true;
  lariat_stream_release(stream);
}

/* While one waits, another is refused. */
static void ask_twice(struct flow *flow) {
  if (!flow->next) return;
  lariat_deferred *second = lariat_stream_next(flow->stream);
  if (!lariat_deferred_fired(second) ||
      !lariat_is_failure(lariat_deferred_peek(second)))
    fault(flow, "two may wait for one chunk");
  lariat_deferred_forget(second);
}

static void step_stream(struct flow *flow, uint64_t *state) {
  switch (below(state, 24)) {
  case 0:
    close_stream(flow);
    break;
  case 1:
    abandon(flow);
    break;
  case 2:
  case 3:
  case 4:
  case 5:
    cancel_next(flow);
    break;
  case 6:
    take_all(flow, below(state, 500));
    break;
  case 7:
    take_all(flow, FLOW_BODY);
    break;
  case 8:
    ask_twice(flow);
    break;
  default:
    take(flow);
  }
}

void flow_drain(struct flow *flow) {
  char bytes[PIPE_ROOM];
  ssize_t got_bytes;
  if (flow->sink != FLOW_PIPE || flow->fd < 0) return;
  while ((got_bytes = read(flow->fd, bytes, sizeof bytes)) > 0) {
    size_t length = (size_t)got_bytes;
    if (flow->drained + length > FLOW_BODY ||
        memcmp(bytes, produced_bytes(flow->drained), length) != 0)
      fault(flow, "other bytes were written");
    flow->drained += length;
  }
}

void flow_step(struct flow *flow, uint64_t *state) {
  if (!flow->in) return;
  if (flow->stream) step_stream(flow, state);
  if (flow->sink == FLOW_PIPE) flow_drain(flow);
  go_on(flow);
}

void flow_take_rest(struct flow *flow) {
  if (!flow->in || !flow->stream || flow->in->starved) return;
  if (flow->next) fault(flow, "a chunk is waited for that never comes");
  while (can_take(flow)) take(flow);
  if (flow->asked) fault(flow, "a stream that is over has no end");
}

void flow_take(struct flow *flow) {
  if (!flow->in) return;
  flow->eager = true;
  take(flow);
}

void flow_check_moving(struct flow *flow, bool taken) {
  if (!flow->in || !flow->answers) return;
  if (flow->next) fault(flow, "a chunk is waited for in vain");
  if (flow->writes && flow->sent && flow->reads)
    fault(flow, "a write has waited in vain");
  if (taken && can_take(flow) && !flow->in->starved)
    fault(flow, "a stream has no end");
}

/* Outcomes. */

static void check_file(struct flow *flow) {
  static char bytes[FLOW_BODY + 1];
  ssize_t length = pread(flow->fd, bytes, sizeof bytes, 0);
  did(FLOW_FILED);
  if (length != (ssize_t)flow->expected ||
      memcmp(bytes, produced_bytes(0), flow->expected) != 0)
    fault(flow, "%lld bytes in a file instead of %llu", (long long)length,
          (unsigned long long)flow->expected);
}

static void check_pipe(struct flow *flow) {
  flow_drain(flow);
  did(FLOW_PIPED);
  if (flow->expected > PIPE_ROOM) did(FLOW_PIPE_FULL);
  if (flow->drained != flow->expected)
    fault(flow, "%llu bytes in a pipe instead of %llu",
          (unsigned long long)flow->drained,
          (unsigned long long)flow->expected);
}

static void check_kept(struct flow *flow, const lariat_response *response) {
  size_t length = 0;
  const char *bytes = lariat_response_body(response, &length);
  if (length != flow->expected || memcmp(bytes, produced_bytes(0), length) != 0)
    fault(flow, "a body of %zu bytes instead of %llu", length,
          (unsigned long long)flow->expected);
}

static void open_stream(struct flow *flow, const lariat_response *response) {
  did(FLOW_OPENED);
  flow->closed = flow->leaves;
  if (flow->leaves) {
    did(FLOW_ABANDONED);
    return;
  }
  flow->stream = lariat_stream_retain(lariat_response_stream(response));
  if (flow->eager) take(flow);
}

void flow_fired(struct flow *flow, lariat_value result, uint64_t expected) {
  flow->fired = true;
  if (lariat_is_failure(result)) flow->status = lariat_failure_status(result);
  flow->expected = expected;
  if (result.type != &lariat_response_type) return;
  if (expected == FLOW_UNKNOWN && flow->sink != FLOW_STREAM) return;
  const lariat_response *response = lariat_response_in(result);
  if (lariat_response_body_bytes(response) != expected &&
      flow->sink != FLOW_STREAM)
    fault(flow, "%llu bytes are said to have come",
          (unsigned long long)lariat_response_body_bytes(response));
  if (flow->sink == FLOW_STREAM) open_stream(flow, response);
  if (flow->sink == FLOW_FILE && flow->fd >= 0) check_file(flow);
  if (flow->sink == FLOW_PIPE && flow->fd >= 0) check_pipe(flow);
  if (flow->sink == FLOW_KEPT) check_kept(flow, response);
}

void flow_let_go(struct flow *flow) {
  if (!flow->in) return;
  if (flow->stream) abandon(flow);
  if (flow->upload) let_upload_go(flow);
  if (flow->fd >= 0) close(flow->fd);
  flow->fd = -1;
}

void flow_check_end(struct flow *flow) {
  if (!flow->in) return;
  if (flow->asked) fault(flow, "who waits for a chunk was not told");
  if (flow->writes) fault(flow, "who waits to write was not told");
  if (flow->spoiled && flow->status != LARIAT_EUPLOAD && !flow->in->starved)
    fault(flow, "the producer failed, and its request: %s",
          lariat_status_name(flow->status));
}
