/* SPDX-License-Identifier: MIT
 * See body_schedule.h. */
#include "support/body_schedule.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/producing.h"
#include <lariat/failure.h>

enum { PIPE_ROOM = 4096, UPLOAD_WINDOW = 4096 };

uint64_t body_schedule_deeds[BODY_DEEDS];

const char *body_schedule_deed_name(int deed) {
  static const char *const names[BODY_DEEDS] = {"streams opened",
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
                                                "writes with capacity",
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

static void did(enum body_schedule_deed deed) { body_schedule_deeds[deed]++; }

static void fault(struct body_schedule *schedule, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct body_schedule *schedule, const char *format, ...) {
  char text[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  schedule->in->fault(schedule->in->context, text);
}

/* ---- Choosing ---- */

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
  struct body_schedule *schedule = context;
  size_t length = 0;
  const char *body =
      lariat_response_body(lariat_response_in(response), &length);
  if (schedule->transformed) fault(schedule, "transformed twice");
  if (length > BODY_BODY || memcmp(body, produced_bytes(0), length) != 0)
    fault(schedule, "transformed something else");
  schedule->transformed = true;
  did(BODY_TRANSFORMED);
  if (length % 3 == 0) return response;
  (void)lariat_value_drop(response);
  if (length % 3 == 1) return lariat_int((intptr_t)length);
  return lariat_failure_new(LARIAT_EUSER, "transformed into a failure");
}

static void destroy_transform(void *context) {
  struct body_schedule *schedule = context;
  schedule->in->transforms--;
}

static void choose_pipe(struct body_schedule *schedule) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM);
  schedule->fd = ends[0];
  schedule->body_fd = ends[1];
}

static void choose_sink(struct body_schedule *schedule,
                        lariat_request_options *options, uint64_t *state) {
  unsigned dice = below(state, 20);
  schedule->sink = dice < 8    ? BODY_STREAM
                   : dice < 9  ? BODY_FILE
                   : dice < 10 ? BODY_PIPE
                   : dice < 13 ? BODY_TRANSFORM
                               : BODY_KEPT;
  schedule->eager = once_in(state, 2);
  schedule->leaves = once_in(state, 12);
  schedule->window = BODY_WINDOW * (1 + below(state, 6));
  if (schedule->sink == BODY_STREAM) {
    options->sink = lariat_sink_stream(schedule->window);
  } else if (schedule->sink == BODY_FILE) {
    schedule->body_fd = schedule->fd = memfd_create("schedule", MFD_CLOEXEC);
  } else if (schedule->sink == BODY_PIPE) {
    choose_pipe(schedule);
  } else if (schedule->sink == BODY_TRANSFORM) {
    options->transform = transform;
    options->transform_context = schedule;
    options->transform_destroy = destroy_transform;
    schedule->in->transforms++;
  }
  if (schedule->body_fd >= 0) options->sink = lariat_sink_fd(schedule->body_fd);
  options->sha256 = schedule->sha256 = once_in(state, 4);
}

static void choose_file(struct body_schedule *schedule,
                        lariat_request_options *options) {
  schedule->sent_fd = memfd_create("schedule", MFD_CLOEXEC);
  options->body = lariat_body_file(schedule->sent_fd, 0, LARIAT_LENGTH_UNKNOWN);
  schedule->from_file = true;
  schedule->uploads = true;
  if (write(schedule->sent_fd, produced_bytes(0), schedule->length) !=
      (ssize_t)schedule->length)
    fault(schedule, "no file to send");
}

static void choose_upload(struct body_schedule *schedule,
                          lariat_request_options *options, uint64_t *state) {
  unsigned dice = below(state, 10);
  schedule->length = once_in(state, 8) ? 0 : below(state, 15000);
  schedule->piece = 1 + schedule->length / 100 + below(state, 4000);
  schedule->hasty = once_in(state, 2);
  schedule->gives = once_in(state, 3);
  schedule->end = dice < 5 ? BODY_ENDS : (enum body_schedule_end)(dice - 4);
  schedule->told = once_in(state, 2) ? schedule->length : LARIAT_LENGTH_UNKNOWN;
  if (once_in(state, 4)) {
    choose_file(schedule, options);
    return;
  }
  if (schedule->end == BODY_SAYS_MORE) schedule->told = schedule->length + 10;
  if (schedule->end == BODY_SAYS_LESS) schedule->told = schedule->length / 2;
  schedule->uploads = true;
  if (lariat_upload_new(schedule->in->reactor, schedule->told, UPLOAD_WINDOW,
                        &schedule->upload) != LARIAT_OK)
    schedule->uploads = false;
  if (schedule->upload) options->body = lariat_body_producer(schedule->upload);
}

void body_schedule_choose(struct body_schedule *schedule,
                          struct body_schedules *in,
                          lariat_request_options *options, uint64_t *state) {
  *schedule =
      (struct body_schedule){.in = in, .fd = -1, .body_fd = -1, .sent_fd = -1};
  choose_sink(schedule, options, state);
  if (once_in(state, 4)) choose_upload(schedule, options, state);
}

/* ---- Producing ---- */

unsigned body_schedule_loans;

static void drop_loan(void *bytes) {
  (void)bytes;
  body_schedule_loans--;
}

static void refuse(struct body_schedule *schedule, lariat_status status) {
  if (schedule->refused != LARIAT_OK) return;
  schedule->refused = status;
  did(status == LARIAT_EANSWERED ? BODY_ANSWERED : BODY_OVER_BEFORE);
}

/* Handles a failure of it and of its request (or, if its answer had begun
 * before, the stream of that). */
static void spoil(struct body_schedule *schedule,
                  enum body_schedule_deed deed) {
  did(deed);
  schedule->refused = LARIAT_EUPLOAD;
  schedule->spoiled = !schedule->fired && schedule->sink != BODY_STREAM;
}

static void go_on(struct body_schedule *schedule);

static lariat_value wrote(lariat_value result, void *context) {
  struct body_schedule *schedule = context;
  schedule->writes--;
  if (lariat_is_failure(result))
    refuse(schedule, lariat_failure_status(result));
  if (schedule->hasty) go_on(schedule);
  return lariat_value_drop(result);
}

static lariat_deferred *put(struct body_schedule *schedule, size_t length) {
  const char *bytes = produced_bytes(schedule->written);
  if (!schedule->gives)
    return lariat_upload_write(schedule->upload, bytes, length);
  body_schedule_loans++;
  did(BODY_GAVE);
  return lariat_upload_give(schedule->upload, (void *)(uintptr_t)bytes, length,
                            drop_loan);
}

static void write_piece(struct body_schedule *schedule) {
  uint64_t left = schedule->length - schedule->written;
  size_t length = schedule->piece < left ? schedule->piece : (size_t)left;
  bool too_much = length > schedule->told - schedule->written;
  lariat_deferred *deferred = put(schedule, length);
  if (!lariat_deferred_fired(deferred)) {
    did(BODY_WAITED);
    schedule->writes++;
    schedule->written += length;
    lariat_deferred_release(
        lariat_deferred_add_both(deferred, wrote, schedule));
    return;
  }
  lariat_value value = lariat_deferred_peek(deferred);
  lariat_status status =
      lariat_is_failure(value) ? lariat_failure_status(value) : LARIAT_OK;
  lariat_deferred_forget(deferred);
  if (status == LARIAT_OK) {
    did(BODY_WROTE);
    schedule->written += length;
  } else if (status == LARIAT_EUPLOAD && too_much) {
    spoil(schedule, BODY_LIED_LESS);
  } else {
    refuse(schedule, status);
  }
  if (status == LARIAT_OK && too_much)
    fault(schedule, "more was taken than had been told");
}

static void let_upload_go(struct body_schedule *schedule) {
  lariat_upload *upload = schedule->upload;
  schedule->upload = NULL;
  lariat_upload_release(upload);
}

static void end_upload(struct body_schedule *schedule) {
  lariat_status status = lariat_upload_end(schedule->upload);
  bool short_of = schedule->told != LARIAT_LENGTH_UNKNOWN &&
                  schedule->written < schedule->told;
  if (status == LARIAT_OK && short_of)
    fault(schedule, "less was taken than told");
  if (status == LARIAT_OK)
    schedule->finished = true;
  else if (status == LARIAT_EUPLOAD && short_of)
    spoil(schedule, BODY_LIED_MORE);
  else
    refuse(schedule, status);
  let_upload_go(schedule);
}

static void fail_upload(struct body_schedule *schedule) {
  lariat_status status = lariat_upload_fail(schedule->upload, lariat_none());
  if (status == LARIAT_OK)
    spoil(schedule, BODY_FAILED);
  else
    refuse(schedule, status);
  let_upload_go(schedule);
}

/* Does what is next for the producer. */
static void act(struct body_schedule *schedule) {
  bool half = schedule->written >= schedule->length / 2;
  if (schedule->end == BODY_FAILS && half) {
    fail_upload(schedule);
  } else if (schedule->end == BODY_LETS_GO && half) {
    did(BODY_STOPPED);
    let_upload_go(schedule);
  } else if (schedule->written < schedule->length) {
    write_piece(schedule);
  } else if (schedule->end != BODY_NEVER_ENDS) {
    end_upload(schedule);
  }
}

static bool can_produce(const struct body_schedule *schedule) {
  if (!schedule->upload || schedule->writes || !schedule->in->reactor)
    return false;
  return schedule->refused == LARIAT_OK &&
         (schedule->written < schedule->length ||
          schedule->end != BODY_NEVER_ENDS);
}

static void go_on(struct body_schedule *schedule) {
  do {
    if (!can_produce(schedule)) return;
    act(schedule);
  } while (schedule->hasty);
}

void body_schedule_submitted(struct body_schedule *schedule) {
  if (schedule->body_fd >= 0 && schedule->body_fd != schedule->fd)
    close(schedule->body_fd);
  schedule->body_fd = -1;
  if (schedule->sent_fd >= 0) close(schedule->sent_fd);
  schedule->sent_fd = -1;
  go_on(schedule);
}

/* ---- The server's view ---- */

void body_schedule_hop(struct body_schedule *schedule, bool answers,
                       bool reads) {
  schedule->answers = answers;
  schedule->reads = reads;
  schedule->sent = 0;
  schedule->sent_whole = false;
}

static uint64_t there(const struct body_schedule *schedule) {
  return schedule->from_file ? schedule->length : schedule->written;
}

void body_schedule_sent(struct body_schedule *schedule, const void *bytes,
                        size_t length) {
  if (schedule->sent_whole) fault(schedule, "bytes were sent behind the end");
  if (memcmp(bytes, produced_bytes(schedule->sent), length) != 0)
    fault(schedule, "other bytes were sent");
  schedule->sent += length;
  if (schedule->sent > there(schedule)) fault(schedule, "too much was sent");
  if (length) return;
  schedule->sent_whole = true;
  did(schedule->from_file ? BODY_FILE_SENT : BODY_UPLOADED);
  if (schedule->sent != there(schedule)) fault(schedule, "an end too early");
  if (!schedule->from_file && !schedule->finished && schedule->told)
    fault(schedule, "an end that nobody gave");
}

/* ---- Taking ---- */

static void take(struct body_schedule *schedule);

static void end_stream(struct body_schedule *schedule, bool whole) {
  if (schedule->ended && whole != schedule->whole)
    fault(schedule, "a stream ended in two ways");
  if (whole && !schedule->lossy && schedule->expected != BODY_UNKNOWN &&
      schedule->taken != schedule->expected)
    fault(schedule, "a stream ended after %llu of %llu bytes",
          (unsigned long long)schedule->taken,
          (unsigned long long)schedule->expected);
  if (whole && schedule->sha256 && schedule->stream &&
      !lariat_stream_sha256(schedule->stream))
    fault(schedule, "a stream without its digest");
  if (whole && !schedule->ended) did(BODY_WHOLE);
  if (whole && !schedule->ended &&
      schedule->taken > schedule->window + BODY_WINDOW)
    did(BODY_OVERFLOWED);
  if (!whole && !schedule->ended && schedule->taken && !schedule->closed)
    did(BODY_BROKE);
  schedule->ended = true;
  schedule->whole = whole;
}

static void take_bytes(struct body_schedule *schedule, lariat_value chunk) {
  size_t length = 0;
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(chunk), &length);
  if (schedule->ended) fault(schedule, "bytes behind the end");
  if (!schedule->lossy &&
      (schedule->taken + length > BODY_BODY ||
       memcmp(bytes, produced_bytes(schedule->taken), length) != 0))
    fault(schedule, "other bytes were taken");
  schedule->taken += length;
}

/* Tells the stream's own failure from that of one who asked. */
static bool is_end(const struct body_schedule *schedule, lariat_value result) {
  lariat_status status = lariat_failure_status(result);
  if (status == LARIAT_ENOMEM && schedule->in->starved) return false;
  return !(status == LARIAT_ECANCELLED && schedule->gave_up);
}

static void drop_next(struct body_schedule *schedule) {
  lariat_deferred *next = schedule->next;
  schedule->next = NULL;
  schedule->asked--;
  if (next) lariat_deferred_release(next);
}

static lariat_value got(lariat_value result, void *context) {
  struct body_schedule *schedule = context;
  drop_next(schedule);
  if (lariat_is_none(result))
    end_stream(schedule, true);
  else if (!lariat_is_failure(result))
    take_bytes(schedule, result);
  else if (is_end(schedule, result))
    end_stream(schedule, false);
  schedule->gave_up = false;
  bool came = !lariat_is_failure(result);
  lariat_value left = lariat_value_drop(result);
  if (schedule->eager && came) take(schedule);
  return left;
}

static lariat_value got_all(lariat_value result, void *context) {
  struct body_schedule *schedule = context;
  drop_next(schedule);
  schedule->reading_all = false;
  if (!lariat_is_failure(result)) {
    did(BODY_READ_ALL);
    take_bytes(schedule, result);
    end_stream(schedule, true);
  } else if (lariat_failure_status(result) == LARIAT_EBODYLIMIT) {
    did(BODY_TOO_MUCH); /* or the fetch has failed so */
    schedule->lossy = true;
  } else {
    schedule->lossy = true;
  }
  schedule->gave_up = false;
  return lariat_value_drop(result);
}

static bool can_take(const struct body_schedule *schedule) {
  return schedule->stream && !schedule->asked && !schedule->ended &&
         schedule->in->reactor;
}

static void ask(struct body_schedule *schedule, lariat_deferred *deferred,
                lariat_callback callback) {
  schedule->asked++;
  if (!lariat_deferred_fired(deferred))
    schedule->next = lariat_deferred_retain(deferred);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, callback, schedule));
}

static void take(struct body_schedule *schedule) {
  if (!can_take(schedule)) return;
  lariat_deferred *next = lariat_stream_next(schedule->stream);
  did(lariat_deferred_fired(next) ? BODY_TAKEN : BODY_AWAITED);
  ask(schedule, next, got);
}

static void take_all(struct body_schedule *schedule, size_t most) {
  if (!can_take(schedule)) return;
  schedule->reading_all = true;
  ask(schedule, lariat_stream_read_all(schedule->stream, most), got_all);
}

static void cancel_next(struct body_schedule *schedule) {
  if (!schedule->next) return;
  did(BODY_NEXT_CANCEL);
  schedule->gave_up = true;
  schedule->lossy |= schedule->reading_all;
  lariat_deferred_cancel(schedule->next);
}

static void close_stream(struct body_schedule *schedule) {
  if (!schedule->ended && !schedule->closed) did(BODY_CLOSED);
  schedule->closed = true;
  lariat_stream_close(schedule->stream);
}

static void abandon(struct body_schedule *schedule) {
  lariat_stream *stream = schedule->stream;
  schedule->stream = NULL;
  if (stream && !schedule->ended && !schedule->closed) did(BODY_ABANDONED);
  schedule->closed = true;
  lariat_stream_release(stream);
}

/* While one waits, another is refused. */
static void ask_twice(struct body_schedule *schedule) {
  if (!schedule->next) return;
  lariat_deferred *second = lariat_stream_next(schedule->stream);
  if (!lariat_deferred_fired(second) ||
      !lariat_is_failure(lariat_deferred_peek(second)))
    fault(schedule, "two may wait for one chunk");
  lariat_deferred_forget(second);
}

static void step_stream(struct body_schedule *schedule, uint64_t *state) {
  switch (below(state, 24)) {
  case 0:
    close_stream(schedule);
    break;
  case 1:
    abandon(schedule);
    break;
  case 2:
  case 3:
  case 4:
  case 5:
    cancel_next(schedule);
    break;
  case 6:
    take_all(schedule, below(state, 500));
    break;
  case 7:
    take_all(schedule, BODY_BODY);
    break;
  case 8:
    ask_twice(schedule);
    break;
  default:
    take(schedule);
  }
}

void body_schedule_drain(struct body_schedule *schedule) {
  char bytes[PIPE_ROOM];
  ssize_t got_bytes;
  if (schedule->sink != BODY_PIPE || schedule->fd < 0) return;
  while ((got_bytes = read(schedule->fd, bytes, sizeof bytes)) > 0) {
    size_t length = (size_t)got_bytes;
    if (schedule->drained + length > BODY_BODY ||
        memcmp(bytes, produced_bytes(schedule->drained), length) != 0)
      fault(schedule, "other bytes were written");
    schedule->drained += length;
  }
}

void body_schedule_step(struct body_schedule *schedule, uint64_t *state) {
  if (!schedule->in) return;
  if (schedule->stream) step_stream(schedule, state);
  if (schedule->sink == BODY_PIPE) body_schedule_drain(schedule);
  go_on(schedule);
}

void body_schedule_take_rest(struct body_schedule *schedule) {
  if (!schedule->in || !schedule->stream || schedule->in->starved) return;
  if (schedule->next) fault(schedule, "a chunk is waited for that never comes");
  while (can_take(schedule)) take(schedule);
  if (schedule->asked) fault(schedule, "a stream that is over has no end");
}

void body_schedule_take(struct body_schedule *schedule) {
  if (!schedule->in) return;
  schedule->eager = true;
  take(schedule);
}

void body_schedule_check_moving(struct body_schedule *schedule, bool taken) {
  if (!schedule->in || !schedule->answers) return;
  if (schedule->next) fault(schedule, "a chunk is waited for in vain");
  if (schedule->writes && schedule->sent && schedule->reads)
    fault(schedule, "a write has waited in vain");
  if (taken && can_take(schedule) && !schedule->in->starved)
    fault(schedule, "a stream has no end");
}

/* ---- Outcomes ---- */

static void check_file(struct body_schedule *schedule) {
  static char bytes[BODY_BODY + 1];
  ssize_t length = pread(schedule->fd, bytes, sizeof bytes, 0);
  did(BODY_FILED);
  if (length != (ssize_t)schedule->expected ||
      memcmp(bytes, produced_bytes(0), schedule->expected) != 0)
    fault(schedule, "%lld bytes in a file instead of %llu", (long long)length,
          (unsigned long long)schedule->expected);
}

static void check_pipe(struct body_schedule *schedule) {
  body_schedule_drain(schedule);
  did(BODY_PIPED);
  if (schedule->expected > PIPE_ROOM) did(BODY_PIPE_FULL);
  if (schedule->drained != schedule->expected)
    fault(schedule, "%llu bytes in a pipe instead of %llu",
          (unsigned long long)schedule->drained,
          (unsigned long long)schedule->expected);
}

static void check_kept(struct body_schedule *schedule,
                       const lariat_response *response) {
  size_t length = 0;
  const char *bytes = lariat_response_body(response, &length);
  if (length != schedule->expected ||
      memcmp(bytes, produced_bytes(0), length) != 0)
    fault(schedule, "a body of %zu bytes instead of %llu", length,
          (unsigned long long)schedule->expected);
}

static void open_stream(struct body_schedule *schedule,
                        const lariat_response *response) {
  did(BODY_OPENED);
  schedule->closed = schedule->leaves;
  if (schedule->leaves) {
    did(BODY_ABANDONED);
    return;
  }
  schedule->stream = lariat_stream_retain(lariat_response_stream(response));
  if (schedule->eager) take(schedule);
}

void body_schedule_fired(struct body_schedule *schedule, lariat_value result,
                         uint64_t expected) {
  schedule->fired = true;
  if (lariat_is_failure(result))
    schedule->status = lariat_failure_status(result);
  schedule->expected = expected;
  if (result.type != &lariat_response_type) return;
  if (expected == BODY_UNKNOWN && schedule->sink != BODY_STREAM) return;
  const lariat_response *response = lariat_response_in(result);
  if (lariat_response_body_bytes(response) != expected &&
      schedule->sink != BODY_STREAM)
    fault(schedule, "%llu bytes are said to have come",
          (unsigned long long)lariat_response_body_bytes(response));
  if (schedule->sink == BODY_STREAM) open_stream(schedule, response);
  if (schedule->sink == BODY_FILE && schedule->fd >= 0) check_file(schedule);
  if (schedule->sink == BODY_PIPE && schedule->fd >= 0) check_pipe(schedule);
  if (schedule->sink == BODY_KEPT) check_kept(schedule, response);
}

void body_schedule_let_go(struct body_schedule *schedule) {
  if (!schedule->in) return;
  if (schedule->stream) abandon(schedule);
  if (schedule->upload) let_upload_go(schedule);
  if (schedule->fd >= 0) close(schedule->fd);
  schedule->fd = -1;
}

void body_schedule_check_end(struct body_schedule *schedule) {
  if (!schedule->in) return;
  if (schedule->asked) fault(schedule, "who waits for a chunk was not told");
  if (schedule->writes) fault(schedule, "who waits to write was not told");
  if (schedule->spoiled && schedule->status != LARIAT_EUPLOAD &&
      !schedule->in->starved)
    fault(schedule, "the producer failed, and its request: %s",
          lariat_status_name(schedule->status));
}
