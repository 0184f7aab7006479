/* SPDX-License-Identifier: MIT
 * upload.c: a body on its way from a producer to the pool: the producer's side,
 * on the caller's thread.  The other is upload_reader.c. */
#include "job/upload.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "deferred/deferred.h"
#include "job/job.h"
#include "job/upload_private.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024, WINDOW_LEAST = 4096 };

/* ---- Memory ---- */

static void drop_loan(lariat_upload *upload) {
  const lr_upload_loan *oldest =
      &upload->loans[upload->freed++ % LR_UPLOAD_LOANS];
  if (oldest->drop) oldest->drop(oldest->owned);
}

void lr_upload_unhold(lariat_upload *upload) {
  if (!lr_count_release(&upload->count)) return;
  while (upload->freed != lr_u32_load_relaxed(&upload->lent)) drop_loan(upload);
  lariat_mailbox_release(upload->mailbox);
  lr_free(upload->overflow);
  lr_free_lines(upload);
}

/* Copies bytes into the ring, which has the capacity for them. */
static void copy_into_ring(lariat_upload *upload, uint64_t position,
                           const char *bytes, size_t length) {
  size_t offset = (size_t)(position % upload->window);
  size_t first = upload->window - offset;
  if (first > length) first = length;
  memcpy(upload->ring + offset, bytes, first);
  memcpy(upload->ring, bytes + first, length - first);
}

/* ---- Ring and loans ---- */

static uint64_t bytes_in_ring(const lariat_upload *upload) {
  return lr_u64_load_relaxed(&upload->put) -
         lr_u64_load_acquire(&upload->taken);
}

/* Drops the loans that are read to their end; returns how many are not. */
static uint32_t drop_read_loans(lariat_upload *upload) {
  uint32_t lent = lr_u32_load_relaxed(&upload->lent);
  uint64_t taken = lr_u64_load_acquire(&upload->taken);
  while (upload->freed != lent &&
         upload->loans[upload->freed % LR_UPLOAD_LOANS].end <= taken)
    drop_loan(upload);
  return lent - upload->freed;
}

/* Returns how much may be put into the ring: behind a loan nothing, since bytes
 * lie in the ring by their position in the body. */
static size_t ring_capacity(lariat_upload *upload) {
  return drop_read_loans(upload)
             ? 0
             : upload->window - (size_t)bytes_in_ring(upload);
}

/* Returns what must be taken of the body for the producer to go on. */
static uint64_t position_to_go_on(lariat_upload *upload) {
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  uint64_t half = upload->window / 2;
  uint32_t out = drop_read_loans(upload);
  if (out == 0) return put > half ? put - half : 0;
  if (!upload->overflow && out <= LR_UPLOAD_LOANS / 2) return 0;
  uint32_t last = lr_u32_load_relaxed(&upload->lent) - 1;
  return upload
      ->loans[(upload->overflow ? last : last - LR_UPLOAD_LOANS / 2) %
              LR_UPLOAD_LOANS]
      .end;
}

/* Wakes the pool's side if that waits, at the end of the turn, or now if there
 * is much to read: not for each of many writes.  It waits only while it has the
 * job, and so its worker is there. */
static void wake_pool(lariat_upload *upload, uint32_t more_flags) {
  uint32_t flags = lr_u32_or_acq_rel(&upload->to_pool, more_flags);
  if (!(flags & LR_UPLOAD_POOL_WAITS) || !upload->job) return;
  lr_outbox *out = upload->job->route;
  if (!(flags & LR_UPLOAD_DATA_MAIL_OUT)) {
    (void)lr_u32_or_acq_rel(&upload->to_pool, LR_UPLOAD_DATA_MAIL_OUT);
    lr_count_retain(&upload->count);
    lr_outbox_put(out, &upload->data_mail);
  }
  if (bytes_in_ring(upload) >= upload->window / 2) lr_outbox_flush(out);
}

/* Puts bytes into the ring; returns how many of them fitted. */
static size_t write_into_ring(lariat_upload *upload, const char *bytes,
                              size_t length) {
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  size_t capacity = ring_capacity(upload);
  if (length > capacity) length = capacity;
  copy_into_ring(upload, put, bytes, length);
  lr_u64_store_release(&upload->put, put + length);
  return length;
}

static void write_overflow(lariat_upload *upload) {
  if (!upload->overflow) return;
  upload->overflow_begin +=
      write_into_ring(upload, upload->overflow + upload->overflow_begin,
                      upload->overflow_end - upload->overflow_begin);
  if (upload->overflow_begin < upload->overflow_end) return;
  lr_free(upload->overflow);
  upload->overflow = NULL;
}

/* Fires the deferred of the last write, and releases it. */
static void fire_waiter(lariat_upload *upload, lariat_value value) {
  lariat_deferred *waiter = upload->waiter;
  upload->waiter = NULL;
  if (!waiter) {
    (void)lariat_value_drop(value);
    return;
  }
  (void)lr_deferred_fire(waiter, value);
  lariat_deferred_release(waiter);
}

/* ---- Waiting ---- */

/* Puts what of the last write is left into the ring, then fires the waiter or
 * sets the flag that it waits. */
static void fire_or_wait(lariat_upload *upload) {
  for (;;) {
    write_overflow(upload);
    wake_pool(upload,
              !upload->overflow && upload->ended ? LR_UPLOAD_BODY_ENDED : 0);
    uint64_t position = position_to_go_on(upload);
    if (!upload->overflow && lr_u64_load_acquire(&upload->taken) >= position) {
      fire_waiter(upload, lariat_none());
      return;
    }
    lr_u64_store_release(&upload->wake_at, position);
    (void)lr_u32_or_acq_rel(&upload->to_producer, LR_UPLOAD_PRODUCER_WAITS);
    if (lr_u64_load_acquire(&upload->taken) < position) return;
  }
}

static void receive_capacity_mail(lr_mail *mail) {
  lariat_upload *upload = lr_container(mail, lariat_upload, capacity_mail);
  (void)lr_u32_and_acq_rel(
      &upload->to_producer,
      ~(uint32_t)(LR_UPLOAD_PRODUCER_WAITS | LR_UPLOAD_CAPACITY_MAIL_OUT));
  if (upload->over == LARIAT_OK) fire_or_wait(upload);
  lr_upload_unhold(upload);
}

static void discard_capacity_mail(lr_mail *mail) {
  lr_upload_unhold(lr_container(mail, lariat_upload, capacity_mail));
}

static const lr_mail_ops capacity_mail_ops = {receive_capacity_mail,
                                              discard_capacity_mail};

/* ---- End ---- */

/* Ends an upload: nothing will be written any more, or sent. */
static void end_upload(lariat_upload *upload, lariat_status status) {
  upload->job = NULL;
  upload->over = status;
  lr_free(upload->overflow);
  upload->overflow = NULL;
  if (!upload->waiter) return;
  fire_waiter(upload,
              lariat_failure_new(status, "%s", lariat_status_text(status)));
}

/* Ends the upload of a request that is over.  With an answer, and all bytes
 * read, the last write has succeeded.  (The pool's fields may be read: an
 * answer means that the job has returned.) */
static void settle_upload(lr_body_source *body_source, lariat_status status) {
  lariat_upload *upload = lr_upload_of(body_source);
  if (upload->over != LARIAT_OK) return;
  lr_count_retain(&upload->count); /* the waiter may release it */
  if (status == LARIAT_OK && body_source->ended)
    fire_waiter(upload, lariat_none());
  end_upload(upload, status == LARIAT_OK ? LARIAT_EANSWERED : status);
  lr_upload_unhold(upload);
}

static void drop_body_source(lr_body_source *body_source) {
  lr_upload_unhold(lr_upload_of(body_source));
}

static const lr_body_source_ops body_source_ops = {.seek = lr_upload_seek,
                                                   .read = lr_upload_read,
                                                   .over =
                                                       lr_upload_end_reading,
                                                   .settle = settle_upload,
                                                   .drop = drop_body_source};

/* Fails the upload, and with it the request. */
static void fail_upload(lariat_upload *upload, const char *why,
                        lariat_value cause) {
  lr_job *job = upload->job;
  char message[160];
  snprintf(message, sizeof message, "%s: %s",
           lariat_status_text(LARIAT_EUPLOAD), why);
  lr_failure_parts parts = {.status = LARIAT_EUPLOAD,
                            .message = message,
                            .url = job ? job->request.url.text : NULL,
                            .phase = LARIAT_PHASE_REQUEST,
                            .cause = cause};
  lr_count_retain(&upload->count);
  if (job)
    job->owner->stop(job, lr_failure_make(&parts)); /* and so settle_upload */
  else
    (void)lariat_value_drop(cause);
  if (upload->over == LARIAT_OK) end_upload(upload, LARIAT_EUPLOAD);
  lr_upload_unhold(upload);
}

lariat_status lr_upload_attach(lariat_upload *upload, lr_job *job) {
  if (upload->reactor != lariat_deferred_reactor(&job->deferred))
    return LARIAT_EINVAL;
  if (upload->used) return LARIAT_EALREADY;
  upload->used = true;
  lr_count_retain(&upload->count);
  job->body.source = &upload->body_source;
  if (upload->over != LARIAT_OK) return upload->over; /* it failed before */
  upload->job = job;
  return LARIAT_OK;
}

void lr_upload_refuse(lariat_upload *upload, lariat_status status) {
  if (upload->used) return;
  upload->used = true;
  if (upload->over == LARIAT_OK) end_upload(upload, status);
}

/* ---- Calls of users ---- */

static lariat_upload *new_upload(size_t window) {
  lariat_upload *upload = NULL;
  if (window <= SIZE_MAX / 2) upload = lr_alloc_lines(sizeof *upload + window);
  if (!upload) return NULL;
  upload->window = window;
  upload->body_source.ops = &body_source_ops;
  upload->data_mail.ops = &lr_upload_data_ops;
  upload->capacity_mail.ops = &capacity_mail_ops;
  lr_u32_init(&upload->count, 1);
  lr_u64_init(&upload->put, 0);
  lr_u64_init(&upload->wake_at, 0);
  lr_u32_init(&upload->lent, 0);
  lr_u32_init(&upload->to_pool, 0);
  lr_u64_init(&upload->taken, 0);
  lr_u32_init(&upload->to_producer, 0);
  return upload;
}

lariat_status lariat_upload_new(lariat_reactor *reactor, uint64_t length,
                                size_t window_bytes, lariat_upload **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status == LARIAT_OK) status = lr_deferred_state_open(reactor);
  if (status != LARIAT_OK) return status;
  if (window_bytes == 0) window_bytes = WINDOW;
  if (window_bytes < WINDOW_LEAST) window_bytes = WINDOW_LEAST;
  lariat_upload *upload = new_upload(window_bytes);
  if (!upload) return LARIAT_ENOMEM;
  upload->body_source.length = length;
  upload->reactor = reactor;
  upload->mailbox = lariat_reactor_mailbox(reactor);
  *out = upload;
  return LARIAT_OK;
}

void lariat_upload_release(lariat_upload *upload) {
  if (!upload) return;
  if (!upload->ended && upload->over == LARIAT_OK)
    fail_upload(upload, "the producer let go of it before its end",
                lariat_none());
  lr_upload_unhold(upload);
}

/* Returns why nothing can be written, or LARIAT_OK. */
static lariat_status check_open(lariat_upload *upload, const char *function) {
  if (!upload) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(upload->reactor, function);
  if (status != LARIAT_OK) return status;
  if (upload->over != LARIAT_OK) return upload->over;
  return upload->ended ? LARIAT_EALREADY : LARIAT_OK;
}

static lariat_deferred *refuse_write(const lariat_upload *upload,
                                     lariat_status status) {
  return lariat_deferred_fail(upload ? upload->reactor : NULL, status, "%s",
                              lariat_status_text(status));
}

/* Copies a write into the ring, and what does not fit into memory of its own.
 */
static lariat_status copy_write(lariat_upload *upload, const char *bytes,
                                size_t length) {
  size_t capacity = ring_capacity(upload);
  if (length > capacity) {
    upload->overflow = lr_copy_bytes(bytes + capacity, length - capacity);
    if (!upload->overflow) return LARIAT_ENOMEM;
    upload->overflow_begin = 0;
    upload->overflow_end = length - capacity;
    length = capacity;
  }
  (void)write_into_ring(upload, bytes, length);
  return LARIAT_OK;
}

/* Returns whether `length` bytes more may be written.  More than the length of
 * the body fail the upload. */
static lariat_status check_write(lariat_upload *upload, const char *function,
                                 const void *bytes, size_t length) {
  lariat_status status = check_open(upload, function);
  if (status == LARIAT_OK && !bytes && length) status = LARIAT_EINVAL;
  if (status == LARIAT_OK && upload->waiter) status = LARIAT_EOVERLOAD;
  if (status != LARIAT_OK) return status;
  if (length <= upload->body_source.length - upload->written) return LARIAT_OK;
  fail_upload(upload, "there is more of it than the length that was told",
              lariat_none());
  return LARIAT_EUPLOAD;
}

/* Fires `deferred` for the write of `length` bytes when there is capacity
 * again: at once if as much would still fit, else when half of the window is
 * free, so that a producer that waited has something to fill. */
static lariat_deferred *answer_write(lariat_upload *upload,
                                     lariat_deferred *deferred, size_t length) {
  upload->written += length;
  upload->waiter = lariat_deferred_retain(deferred);
  if (upload->overflow || length == 0 || ring_capacity(upload) < length) {
    fire_or_wait(upload);
    return deferred;
  }
  wake_pool(upload, 0);
  fire_waiter(upload, lariat_none());
  return deferred;
}

lariat_deferred *lariat_upload_write(lariat_upload *upload, const void *bytes,
                                     size_t length) {
  lariat_status status = check_write(upload, __func__, bytes, length);
  if (status != LARIAT_OK) return refuse_write(upload, status);
  lariat_deferred *deferred =
      lariat_deferred_new(upload->reactor, NULL, NULL, NULL);
  if (lr_deferred_is_fired(deferred)) return deferred; /* no memory */
  status = length ? copy_write(upload, bytes, length) : LARIAT_OK;
  if (status == LARIAT_OK) return answer_write(upload, deferred, length);
  lariat_deferred_forget(deferred);
  return refuse_write(upload, status);
}

/* Adds a loan.  One is free: no more than half of them are in use once the
 * deferred of the write before has fired. */
static void add_loan(lariat_upload *upload, void *bytes, size_t length,
                     void (*drop)(void *bytes)) {
  uint32_t number = lr_u32_load_relaxed(&upload->lent);
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  upload->loans[number % LR_UPLOAD_LOANS] =
      (lr_upload_loan){.begin = put,
                       .end = put + length,
                       .bytes = bytes,
                       .owned = bytes,
                       .drop = drop};
  lr_u32_store_release(&upload->lent, number + 1);
  lr_u64_store_release(&upload->put, put + length);
}

lariat_deferred *lariat_upload_give(lariat_upload *upload, void *bytes,
                                    size_t length, void (*drop)(void *bytes)) {
  lariat_status status = check_write(upload, __func__, bytes, length);
  lariat_deferred *deferred =
      status == LARIAT_OK
          ? lariat_deferred_new(upload->reactor, NULL, NULL, NULL)
          : refuse_write(upload, status);
  bool taken = !lr_deferred_is_fired(deferred) && length;
  if (taken)
    add_loan(upload, bytes, length, drop);
  else if (drop && bytes)
    drop(bytes);
  return lr_deferred_is_fired(deferred)
             ? deferred
             : answer_write(upload, deferred, length);
}

lariat_status lariat_upload_end(lariat_upload *upload) {
  lariat_status status = check_open(upload, __func__);
  if (status != LARIAT_OK) return status;
  uint64_t length = upload->body_source.length;
  if (length != LARIAT_LENGTH_UNKNOWN && upload->written < length) {
    fail_upload(upload, "there is less of it than the length that was told",
                lariat_none());
    return LARIAT_EUPLOAD;
  }
  upload->ended = true;
  if (!upload->overflow) wake_pool(upload, LR_UPLOAD_BODY_ENDED);
  return LARIAT_OK;
}

lariat_status lariat_upload_fail(lariat_upload *upload, lariat_value failure) {
  lariat_status status = check_open(upload, __func__);
  bool fits = lariat_is_none(failure) || lariat_is_failure(failure);
  if (status == LARIAT_OK && !fits) status = LARIAT_EINVAL;
  if (status != LARIAT_OK) {
    (void)lariat_value_drop(failure);
    return status;
  }
  fail_upload(upload, "the producer has failed", failure);
  return LARIAT_OK;
}
