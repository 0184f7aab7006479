/* SPDX-License-Identifier: MIT
 * The caller's end of a body that comes in pieces. */
#include "job/stream.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "job/job.h"
#include "reactor/reactor.h"

/* Chunks. */

static void drop_chunk(void *data) { lr_chunk_free(data); }

static int describe_chunk(const void *data, char *text, size_t capacity) {
  const lariat_chunk *chunk = data;
  return snprintf(text, capacity, "chunk of %zu bytes", chunk->length);
}

const lariat_type lariat_chunk_type = {sizeof(lariat_type), "chunk", drop_chunk,
                                       NULL, describe_chunk};

lariat_chunk *lariat_chunk_in(lariat_value value) {
  return lariat_value_in(value, &lariat_chunk_type);
}

const char *lariat_chunk_bytes(const lariat_chunk *chunk, size_t *length) {
  if (length) *length = chunk ? chunk->length : 0;
  return chunk ? chunk->bytes : "";
}

/* What is told to who waits. */

/* The fetch is over, and so are its bytes.  A failure does not wait for the
 * pool's own word on the bytes, which may come late or never. */
static bool at_end(const lariat_stream *stream) {
  lariat_status status;
  if (!stream->ended) return false;
  if (!stream->pipe || lariat_is_failure(stream->result)) return true;
  return lr_pipe_over(stream->pipe, &status);
}

/* The end may be asked for again.  Failures can be shared. */
static lariat_value end_of(const lariat_stream *stream) {
  lariat_value copy;
  if (lariat_value_share(stream->result, &copy) == LARIAT_OK) return copy;
  return lr_failure_no_memory();
}

/* Of a fetch that is over: what has been taken leaves the budget. */
static void give_back(lariat_stream *stream) {
  size_t held = stream->pipe ? lr_pipe_waiting(stream->pipe) : 0;
  if (stream->held <= held) return;
  size_t bytes = stream->held - held;
  stream->held = held;
  lr_memory_budget_give(stream->budget, bytes);
}

size_t lr_stream_keep(lariat_stream *stream, lr_memory_budget *budget,
                      size_t held) {
  size_t waiting = stream->pipe ? lr_pipe_waiting(stream->pipe) : 0;
  if (waiting > held) waiting = held;
  if (waiting == 0) return 0;
  lr_memory_budget_retain(budget);
  stream->budget = budget;
  stream->held = waiting;
  return waiting;
}

/* Fires `deferred` if there is something to say. */
static bool feed(lariat_stream *stream, lariat_deferred *deferred) {
  lr_chunk *chunk = stream->pipe ? lr_pipe_next(stream->pipe) : NULL;
  if (chunk) {
    stream->taken += chunk->length;
    give_back(stream);
    (void)lr_deferred_fire(deferred,
                           lariat_value_of(&lariat_chunk_type, chunk));
    return true;
  }
  if (!at_end(stream)) return false;
  (void)lr_deferred_fire(deferred, end_of(stream));
  return true;
}

static void hold(lariat_stream *stream) { lr_count_retain(&stream->count); }

/* The callbacks may close the stream, or ask for the next chunk. */
static void feed_waiting(lariat_stream *stream) {
  lariat_deferred *deferred = stream->waiting;
  if (!deferred) return;
  hold(stream);
  stream->waiting = NULL;
  if (feed(stream, deferred))
    lariat_deferred_release(deferred);
  else
    stream->waiting = deferred;
  lr_stream_unhold(stream);
}

static void arrived(void *context) { feed_waiting(context); }

static const lr_sink_ops sink_ops = {arrived};

/* Life. */

lariat_status lr_stream_new(lariat_reactor *reactor, size_t window,
                            lariat_stream **out, lr_pipe **pipe) {
  lariat_stream *stream = lr_alloc_zero(sizeof *stream);
  *pipe = stream ? lr_pipe_new(window) : NULL;
  if (!*pipe) {
    lr_free(stream);
    return LARIAT_ENOMEM;
  }
  lr_u32_init(&stream->count, 1);
  lr_u32_init(&stream->users, 0);
  stream->owner = pthread_self();
  stream->mailbox = lariat_reactor_mailbox(reactor);
  stream->reactor = reactor;
  stream->pipe = *pipe;
  lr_pipe_open_sink(*pipe, reactor, &sink_ops, stream);
  *out = stream;
  return LARIAT_OK;
}

static void close_sink(lariat_stream *stream) {
  if (stream->pipe) lr_pipe_close_sink(stream->pipe);
  stream->pipe = NULL;
  give_back(stream);
}

/* One that was never opened still has its sink; nothing was ever sent to it. */
void lr_stream_unhold(lariat_stream *stream) {
  if (!lr_count_release(&stream->count)) return;
  close_sink(stream);
  if (stream->budget) lr_memory_budget_release(stream->budget);
  lariat_value_drop(stream->result);
  lariat_mailbox_release(stream->mailbox);
  lr_free(stream);
}

void lr_stream_finish(lariat_stream *stream, lariat_value result) {
  stream->job = NULL;
  stream->ended = true;
  stream->result = result;
  if (lariat_is_failure(result) &&
      lariat_failure_status(result) == LARIAT_ECANCELLED)
    close_sink(stream);
  feed_waiting(stream);
}

void lariat_stream_close(lariat_stream *stream) {
  if (!stream) return;
  hold(stream);
  if (stream->job)
    stream->job->owner->abort(stream->job); /* finishes the stream */
  close_sink(stream);
  if (!lariat_is_failure(stream->result)) {
    lariat_value_drop(stream->result);
    stream->result = lr_failure_cancelled();
    stream->ended = true;
    feed_waiting(stream);
  }
  lr_stream_unhold(stream);
}

lariat_stream *lariat_stream_retain(lariat_stream *stream) {
  if (stream) lr_count_retain(&stream->users);
  return stream;
}

static void close_arrived(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, closing);
  lariat_stream_close(stream);
  lr_stream_unhold(stream);
}

static const lr_mail_ops closing_ops = {close_arrived, close_arrived};

/* On another thread, when the owner's reactor is gone, there is nothing left
 * to close: that was done with the reactor. */
void lariat_stream_release(lariat_stream *stream) {
  if (!stream || !lr_count_release(&stream->users)) return;
  if (pthread_equal(stream->owner, pthread_self())) {
    lariat_stream_close(stream);
    lr_stream_unhold(stream);
    return;
  }
  stream->closing.ops = &closing_ops;
  if (!lr_mailbox_push(stream->mailbox, &stream->closing))
    lr_stream_unhold(stream);
}

/* The headers are there. */

static void drop_stream(void *data) { lariat_stream_release(data); }

static const lariat_type stream_type = {
    .size = sizeof(lariat_type), .name = "stream", .drop = drop_stream};

static void opened_arrived(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, opened);
  lr_job *job = stream->opener;
  lariat_response *response = stream->response;
  stream->response = NULL;
  job->owner->open_stream(job, stream, response);
  lr_stream_unhold(stream);
}

/* The reactor closes: nobody sees the response any more. */
static void opened_lost(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, opened);
  lariat_response *response = stream->response;
  stream->response = NULL;
  lr_response_release(response);
  lr_stream_unhold(stream);
}

static const lr_mail_ops opened_ops = {opened_arrived, opened_lost};

void lr_stream_send_opened(lariat_stream *stream, lr_job *job,
                           lariat_response *response) {
  lariat_reactor *here = lariat_reactor_current();
  stream->opener = job;
  stream->response = response;
  stream->opened.ops = &opened_ops;
  lr_u32_store_relaxed(&stream->users, 1); /* the response */
  lr_count_retain(&stream->count);         /* the users */
  response->stream = lariat_value_of(&stream_type, stream);
  lr_count_retain(&stream->count); /* the mail */
  if (here && stream->mailbox == lr_reactor_own_mailbox(here))
    lr_reactor_post_local(here, &stream->opened);
  else if (!lr_mailbox_push(stream->mailbox, &stream->opened))
    opened_lost(&stream->opened);
}

lariat_stream *lariat_response_stream(const lariat_response *response) {
  return response ? response->stream.data : NULL;
}

/* Taking. */

static void stop_waiting(lariat_deferred *deferred, void *context) {
  lariat_stream *stream = context;
  if (stream->waiting != deferred) return;
  stream->waiting = NULL;
  lariat_deferred_release(deferred);
}

static void unhold(void *context) { lr_stream_unhold(context); }

lariat_deferred *lariat_stream_next(lariat_stream *stream) {
  if (lr_reactor_check(stream->reactor, __func__) != LARIAT_OK)
    return lr_deferred_failed_reserve(NULL);
  if (stream->waiting)
    return lariat_deferred_fail(stream->reactor, LARIAT_EBUSY,
                                "the stream's next chunk is waited for");
  hold(stream);
  lariat_deferred *next =
      lariat_deferred_new(stream->reactor, stop_waiting, stream, unhold);
  if (lr_deferred_is_fired(next)) return next; /* no memory; nothing is lost */
  hold(stream);
  if (!feed(stream, next)) stream->waiting = lariat_deferred_retain(next);
  lr_stream_unhold(stream);
  return next;
}

uint64_t lariat_stream_taken(const lariat_stream *stream) {
  return stream ? stream->taken : 0;
}

const uint8_t *lariat_stream_sha256(const lariat_stream *stream) {
  bool whole = stream && stream->ended && !lariat_is_failure(stream->result);
  return whole && stream->has_sha256 ? stream->sha256 : NULL;
}

/* All of it. */

typedef struct gathering {
  lariat_stream *stream;
  size_t max;
  lr_buffer bytes;
} gathering;

static void drop_gathering(void *context) {
  gathering *all = context;
  lariat_stream_release(all->stream);
  lr_buffer_clear(&all->bytes);
  lr_free(all);
}

static lariat_value give_all(gathering *all) {
  lariat_chunk *whole = lr_alloc(sizeof whole->length + all->bytes.length + 1);
  if (!whole) return lr_failure_no_memory();
  whole->length = all->bytes.length;
  if (whole->length) memcpy(whole->bytes, all->bytes.bytes, whole->length);
  whole->bytes[whole->length] = '\0';
  return lariat_value_of(&lariat_chunk_type, whole);
}

static lariat_value take_more(lariat_value result, void *context);

/* The next chunk's own chain hands its value to this one. */
static lariat_value ask(gathering *all) {
  lariat_deferred *next = lariat_stream_next(all->stream);
  lariat_deferred_add_callback(next, take_more, all);
  return lariat_deferred_value(next);
}

static lariat_value take_more(lariat_value result, void *context) {
  gathering *all = context;
  size_t length;
  if (lariat_is_none(result)) return give_all(all);
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  bool fits = length <= all->max - all->bytes.length;
  bool kept = fits && lr_buffer_append(&all->bytes, bytes, length);
  lariat_value_drop(result);
  if (kept) return ask(all);
  lariat_stream_close(all->stream);
  if (fits) return lr_failure_no_memory();
  return lariat_failure_new(LARIAT_EBODYLIMIT,
                            "more is left of the body than the %zu bytes asked "
                            "for",
                            all->max);
}

static lariat_value pass(lariat_value result, void *context) {
  (void)context;
  return result;
}

lariat_deferred *lariat_stream_read_all(lariat_stream *stream,
                                        size_t max_bytes) {
  gathering *all = lr_alloc_zero(sizeof *all);
  if (!all)
    return lariat_deferred_fail(stream->reactor, LARIAT_ENOMEM,
                                "out of memory");
  all->stream = lariat_stream_retain(stream);
  all->max = max_bytes;
  lariat_deferred *first = lariat_stream_next(stream);
  lariat_deferred_add_callback(first, take_more, all);
  return lariat_deferred_add_both_owned(first, pass, all, drop_gathering);
}
