/* SPDX-License-Identifier: MIT
 * See memory_stream.h. */
#include "support/memory_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>

/* ---- Steps ---- */

/* Returns the step that is next, NULL behind the last one. */
static const struct memory_step *
next_receive(const struct memory_stream *memory) {
  const struct memory_script *script = memory->script;
  if (!script || memory->receive_step == script->receive_count) return NULL;
  return &script->receives[memory->receive_step];
}

static const struct memory_step *next_send(const struct memory_stream *memory) {
  const struct memory_script *script = memory->script;
  if (!script || memory->send_step == script->send_count) return NULL;
  return &script->sends[memory->send_step];
}

static void end_receive_step(struct memory_stream *memory) {
  memory->receive_step++;
  memory->writes = false;
  memory->receive_done = 0;
}

static void end_send_step(struct memory_stream *memory) {
  memory->send_step++;
  memory->send_done = 0;
}

static bool waits_to_receive(const struct memory_stream *memory) {
  const struct memory_step *step = next_receive(memory);
  return step &&
         (step->kind == MEMORY_WAIT ||
          (step->kind == MEMORY_WRITE && memory->writes)) &&
         memory->receive_done < step->amount;
}

static bool waits_to_send(const struct memory_stream *memory) {
  const struct memory_step *step = next_send(memory);
  return step && step->kind == MEMORY_WAIT;
}

/* Says whether TLS must receive before it sends. */
static bool must_receive(const struct memory_stream *memory) {
  const struct memory_step *step = next_send(memory);
  return step && step->kind == MEMORY_READ;
}

/* Says whether what it must receive has come. */
static bool may_go_on(const struct memory_stream *memory) {
  return must_receive(memory) && memory->send_done >= next_send(memory)->amount;
}

void memory_stream_pass(struct memory_stream *memory) {
  if (waits_to_receive(memory)) memory->receive_done++;
  const struct memory_step *step = next_receive(memory);
  if (step && step->kind == MEMORY_WAIT && memory->receive_done >= step->amount)
    end_receive_step(memory);
  step = next_send(memory);
  if (step && step->kind == MEMORY_WAIT && ++memory->send_done >= step->amount)
    end_send_step(memory);
  if (must_receive(memory) && !may_go_on(memory)) memory->send_done++;
}

bool memory_stream_waits(const struct memory_stream *memory) {
  return waits_to_receive(memory) || waits_to_send(memory) ||
         (must_receive(memory) && !may_go_on(memory));
}

/* ---- Receiving ---- */

/* Says whether TLS has read what comes next from the descriptor already. */
static bool is_held(const struct memory_stream *memory) {
  const struct memory_step *step = next_receive(memory);
  if (!step || !memory->script->tls) return false;
  return step->held || (step->kind == MEMORY_BYTES && memory->receive_done);
}

static ssize_t receive_bytes(struct memory_stream *memory, char *bytes,
                             size_t capacity) {
  const struct memory_step *step = next_receive(memory);
  size_t length = step->amount - memory->receive_done;
  if (length > capacity) length = capacity;
  memcpy(bytes, memory->script->answer + memory->at, length);
  memory->at += length;
  memory->receive_done += length;
  if (memory->receive_done == step->amount) end_receive_step(memory);
  return (ssize_t)length;
}

/* Goes on when the TLS stream has written: the next step is looked at. */
static bool ends_writing(struct memory_stream *memory) {
  const struct memory_step *step = next_receive(memory);
  if (!step || step->kind != MEMORY_WRITE) return true;
  if (!memory->writes) memory->idle_calls = 0;
  memory->writes = true;
  if (memory->receive_done < step->amount || waits_to_send(memory)) {
    if (++memory->idle_calls > memory->idle_turns)
      memory->idle_turns = memory->idle_calls;
    return false;
  }
  end_receive_step(memory);
  return true;
}

static ssize_t tell_end(struct memory_stream *memory, ssize_t result) {
  if (result == LR_STREAM_LOST) memory->lost = true;
  return result;
}

static ssize_t receive(lr_stream *stream, char *bytes, size_t capacity) {
  struct memory_stream *memory = stream->state;
  ssize_t got = LR_STREAM_AGAIN;
  stream->needs_send = !ends_writing(memory);
  if (must_receive(memory)) memory->idle_calls = 0;
  if (may_go_on(memory)) end_send_step(memory);
  const struct memory_step *step = next_receive(memory);
  switch (step ? (int)step->kind : MEMORY_WAIT) {
  case MEMORY_BYTES:
    got = receive_bytes(memory, bytes, capacity);
    break;
  case MEMORY_END:
    got = tell_end(memory, LR_STREAM_END);
    break;
  case MEMORY_CUT:
    got = tell_end(memory, LR_STREAM_CUT);
    break;
  case MEMORY_LOST:
    got = tell_end(memory, LR_STREAM_LOST);
    break;
  default:
    break;
  }
  stream->pending = got > 0 && is_held(memory);
  return got;
}

/* ---- Sending ---- */

static bool keep_sent(struct memory_stream *memory, const char *bytes,
                      size_t length) {
  if (memory->sent_length + length > memory->sent_capacity) {
    size_t capacity = 2 * (memory->sent_length + length);
    char *larger = realloc(memory->sent, capacity);
    if (!larger) return false;
    memory->sent = larger;
    memory->sent_capacity = capacity;
  }
  memcpy(memory->sent + memory->sent_length, bytes, length);
  memory->sent_length += length;
  return true;
}

/* (A descriptor that is lost tells whatever is watched for.) */
static void count_idle_call(struct memory_stream *memory) {
  const struct memory_step *step = next_receive(memory);
  if (step && step->kind == MEMORY_LOST) return;
  if (++memory->idle_calls > memory->idle_turns)
    memory->idle_turns = memory->idle_calls;
}

static ssize_t send_some(lr_stream *stream, const char *bytes, size_t length) {
  struct memory_stream *memory = stream->state;
  const struct memory_step *step = next_send(memory);
  if (memory->lost || (step && step->kind == MEMORY_LOST)) return -1;
  stream->needs_receive = must_receive(memory);
  if (stream->needs_receive) count_idle_call(memory);
  if (step && (step->kind == MEMORY_WAIT || stream->needs_receive)) return 0;
  if (step && length > step->amount) length = step->amount;
  if (step) end_send_step(memory);
  memory->idle_calls = 0;
  return keep_sent(memory, bytes, length) ? (ssize_t)length : -1;
}

/* ---- Events ---- */

/* A descriptor that was lost is ready for everything, and cannot be kept from
 * telling. */
uint32_t memory_stream_events(const struct memory_stream *memory,
                              uint32_t events) {
  const struct memory_step *step = next_receive(memory);
  int kind = step ? (int)step->kind : MEMORY_WAIT;
  uint32_t ready = waits_to_send(memory) ? 0 : EPOLLOUT;
  if (!events) return 0;
  if (kind == MEMORY_WRITE && waits_to_receive(memory)) ready = 0;
  if (memory->lost) return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;
  if (may_go_on(memory)) ready |= EPOLLIN;
  if (is_held(memory)) return ready & events;
  if (kind == MEMORY_BYTES || kind == MEMORY_WRITE) ready |= EPOLLIN;
  if (kind == MEMORY_END || kind == MEMORY_CUT) ready |= EPOLLIN | EPOLLRDHUP;
  if (kind == MEMORY_LOST) return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;
  return ready & events;
}

bool memory_stream_drive(const struct memory_stream *memory, lr_watch *watch) {
  uint32_t events = memory_stream_events(memory, watch->events);
  if (!events) return false;
  watch->ready(watch, events);
  return true;
}

/* ---- Beginning and end ---- */

static bool lacks_certificate(const lr_stream *stream) {
  (void)stream;
  return false;
}

static void close_stream(lr_stream *stream) {
  struct memory_stream *memory = stream->state;
  memory->closes++;
  close(stream->fd);
  if (memory->closed) memory->closed(memory);
}

static const lr_stream_ops ops = {.send = send_some,
                                  .receive = receive,
                                  .lacks_certificate = lacks_certificate,
                                  .close = close_stream};

bool memory_stream_open(struct memory_stream *memory, lr_stream *stream) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  *stream = (lr_stream){.ops = &ops, .state = memory, .fd = fd};
  return fd >= 0;
}

void memory_stream_clear(struct memory_stream *memory) {
  free(memory->sent);
  memory->sent = NULL;
  memory->sent_length = memory->sent_capacity = 0;
}

void memory_stream_begin(struct memory_stream *memory,
                         const struct memory_script *script) {
  memory->script = script;
  memory->at = 0;
  memory->receive_step = memory->send_step = 0;
  memory->receive_done = memory->send_done = 0;
  memory->sent_length = 0;
}
