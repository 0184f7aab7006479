/* SPDX-License-Identifier: MIT
 * stream.c: the caller's end of a body that comes in pieces. */
#include "job/stream.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/checks.h"
#include "base/memory.h"
#include "base/quarantine.h"
#include "deferred/deferred.h"
#include "job/job.h"
#include "reactor/reactor.h"

/* ---- Chunks ---- */

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

/* ---- Delivery ---- */

/* Returns whether the fetch is over, and its bytes are taken.  A failure does
 * not wait for the end of the pipe, which may come late or never. */
static bool is_at_end(const lariat_stream *stream) {
  lariat_status status;
  if (!stream->ended) return false;
  if (!stream->pipe || lariat_is_failure(stream->result)) return true;
  return lr_pipe_over(stream->pipe, &status);
}

/* Copies the result, which may be asked for again: failures can be shared. */
static lariat_value copy_stream_result(const lariat_stream *stream) {
  lariat_value copy;
  if (lariat_value_share(stream->result, &copy) == LARIAT_OK) return copy;
  return lr_failure_no_memory();
}

/* Gives the budget back what was taken since the fetch was over. */
static void give_memory_back(lariat_stream *stream) {
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

/* Fires `deferred` with the next chunk or the end; false: there is neither yet.
 */
static bool deliver_next(lariat_stream *stream, lariat_deferred *deferred) {
  lr_chunk *chunk = stream->pipe ? lr_pipe_next(stream->pipe) : NULL;
  if (chunk) {
    stream->taken += chunk->length;
    give_memory_back(stream);
    (void)lr_deferred_fire(deferred,
                           lariat_value_of(&lariat_chunk_type, chunk));
    return true;
  }
  if (!is_at_end(stream)) return false;
  (void)lr_deferred_fire(deferred, copy_stream_result(stream));
  return true;
}

static void retain_stream(lariat_stream *stream) {
  lr_count_retain(&stream->count);
}

/* Fires the deferred that waits, if it can be.  Its callbacks may close the
 * stream, or ask for the next chunk. */
static void fire_waiting(lariat_stream *stream) {
  lariat_deferred *deferred = stream->waiting;
  if (!deferred) return;
  retain_stream(stream);
  stream->waiting = NULL;
  if (deliver_next(stream, deferred))
    lariat_deferred_release(deferred);
  else
    stream->waiting = deferred;
  lr_stream_unhold(stream);
}

static void receive_chunks(void *context) { fire_waiting(context); }

static const lr_sink_ops sink_ops = {receive_chunks};

/* ---- Life ---- */

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
  give_memory_back(stream);
}

/* Closes the sink of a stream that was never opened, too: its pipe is there,
 * and nothing was ever sent through it. */
void lr_stream_unhold(lariat_stream *stream) {
  if (!lr_count_release(&stream->count)) return;
  close_sink(stream);
  if (stream->budget) lr_memory_budget_release(stream->budget);
  lariat_value_drop(stream->result);
  lariat_mailbox_release(stream->mailbox);
  lr_quarantine_free(stream);
}

void lr_stream_finish(lariat_stream *stream, lariat_value result) {
  stream->job = NULL;
  stream->ended = true;
  stream->result = result;
  if (lariat_is_failure(result) &&
      lariat_failure_status(result) == LARIAT_ECANCELLED)
    close_sink(stream);
  fire_waiting(stream);
}

void lariat_stream_close(lariat_stream *stream) {
  if (!stream) return;
  retain_stream(stream);
  if (stream->job)
    stream->job->owner->abort(stream->job); /* finishes the stream */
  close_sink(stream);
  if (!lariat_is_failure(stream->result)) {
    lariat_value_drop(stream->result);
    stream->result = lr_failure_cancelled();
    stream->ended = true;
    fire_waiting(stream);
  }
  lr_stream_unhold(stream);
}

lariat_stream *lariat_stream_retain(lariat_stream *stream) {
  if (stream) lr_count_retain(&stream->users);
  return stream;
}

static void receive_close(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, closing);
  lariat_stream_close(stream);
  lr_stream_unhold(stream);
}

static const lr_mail_ops closing_ops = {receive_close, receive_close};

/* Closes the stream with the last user.  On another thread, when the owner's
 * reactor has ended, nothing is left to close. */
void lariat_stream_release(lariat_stream *stream) {
  if (!stream || !lr_count_release_of(&stream->users, __func__, "stream"))
    return;
  if (pthread_equal(stream->owner, pthread_self())) {
    lariat_stream_close(stream);
    lr_stream_unhold(stream);
    return;
  }
  stream->closing.ops = &closing_ops;
  if (!lr_mailbox_push(stream->mailbox, &stream->closing))
    lr_stream_unhold(stream);
}

/* ---- Headers ---- */

static void drop_stream(void *data) { lariat_stream_release(data); }

static const lariat_type stream_type = {
    .size = sizeof(lariat_type), .name = "stream", .drop = drop_stream};

static void receive_opened(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, opened);
  lr_job *job = stream->opener;
  lariat_response *response = stream->response;
  stream->response = NULL;
  job->owner->open_stream(job, stream, response);
  lr_stream_unhold(stream);
}

/* Drops the response of a stream whose caller's reactor closes. */
static void discard_opened(lr_mail *mail) {
  lariat_stream *stream = lr_container(mail, lariat_stream, opened);
  lariat_response *response = stream->response;
  stream->response = NULL;
  lr_response_release(response);
  lr_stream_unhold(stream);
}

static const lr_mail_ops opened_ops = {receive_opened, discard_opened};

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
    discard_opened(&stream->opened);
}

lariat_stream *lariat_response_stream(const lariat_response *response) {
  return response ? response->stream.data : NULL;
}

/* ---- Calls of users ---- */

static void cancel_next(lariat_deferred *deferred, void *context) {
  lariat_stream *stream = context;
  if (stream->waiting != deferred) return;
  stream->waiting = NULL;
  lariat_deferred_release(deferred);
}

static void release_stream(void *context) { lr_stream_unhold(context); }

/* A stream without users has been given up by its last. */
static void look_for_misuse(const lariat_stream *stream, const char *function) {
  if (lr_checks() && lr_u32_load_relaxed(&stream->users) == 0)
    lr_quarantine_report(function, "stream");
}

lariat_deferred *lariat_stream_next(lariat_stream *stream) {
  look_for_misuse(stream, __func__);
  lariat_status status = lr_reactor_check(stream->reactor, __func__);
  if (status != LARIAT_OK)
    return lariat_deferred_fail(stream->reactor, status, "%s",
                                lariat_status_text(status));
  if (stream->waiting)
    return lariat_deferred_fail(stream->reactor, LARIAT_EBUSY,
                                "the stream's next chunk is waited for");
  retain_stream(stream);
  lariat_deferred *next =
      lariat_deferred_new(stream->reactor, cancel_next, stream, release_stream);
  if (lr_deferred_is_fired(next)) return next; /* no memory; nothing is lost */
  retain_stream(stream);
  if (!deliver_next(stream, next))
    stream->waiting = lariat_deferred_retain(next);
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

/* ---- Gathering ---- */

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

static lariat_value copy_gathered(gathering *all) {
  lariat_chunk *whole = lr_alloc(sizeof whole->length + all->bytes.length + 1);
  if (!whole) return lr_failure_no_memory();
  whole->length = all->bytes.length;
  if (whole->length) memcpy(whole->bytes, all->bytes.bytes, whole->length);
  whole->bytes[whole->length] = '\0';
  return lariat_value_of(&lariat_chunk_type, whole);
}

static lariat_value gather_chunk(lariat_value result, void *context);

/* Asks for the next chunk, whose own chain passes its value to this one. */
static lariat_value ask_for_next(gathering *all) {
  lariat_deferred *next = lariat_stream_next(all->stream);
  lariat_deferred_add_callback(next, gather_chunk, all);
  return lariat_deferred_value(next);
}

static lariat_value gather_chunk(lariat_value result, void *context) {
  gathering *all = context;
  size_t length;
  if (lariat_is_none(result)) return copy_gathered(all);
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  bool fits = length <= all->max - all->bytes.length;
  bool kept = fits && lr_buffer_append(&all->bytes, bytes, length);
  lariat_value_drop(result);
  if (kept) return ask_for_next(all);
  lariat_stream_close(all->stream);
  if (fits) return lr_failure_no_memory();
  return lariat_failure_new(LARIAT_EBODYLIMIT,
                            "more is left of the body than the %zu bytes asked "
                            "for",
                            all->max);
}

static lariat_value pass_gathered(lariat_value result, void *context) {
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
  lariat_deferred_add_callback(first, gather_chunk, all);
  return lariat_deferred_add_both_owned(first, pass_gathered, all,
                                        drop_gathering);
}
