/* SPDX-License-Identifier: MIT
 * upload_reader.c: the pool's side of a producer's body: reading what is in the
 * ring and in the loans. */
#include <stdio.h>
#include <string.h>

#include "job/upload_private.h"

/* Copies bytes out of the ring. */
static void copy_from_ring(const lariat_upload *upload, uint64_t position,
                           char *bytes, size_t length) {
  size_t offset = (size_t)(position % upload->window);
  size_t first = upload->window - offset;
  if (first > length) first = length;
  memcpy(bytes, upload->ring + offset, first);
  memcpy(bytes + first, upload->ring, length - first);
}

lariat_status lr_upload_seek(lr_body_source *body_source, uint64_t position) {
  if (position == body_source->given) {
    body_source->ended = body_source->length == 0;
    return LARIAT_OK;
  }
  snprintf(body_source->detail, sizeof body_source->detail,
           "what a producer has written cannot be sent a second time");
  return LARIAT_EUPLOAD;
}

/* Returns how many bytes may be read now, and whether they are the last.  A
 * body of known length keeps its last byte back until its end is told. */
static uint64_t count_available(const lariat_upload *upload, bool *last) {
  const lr_body_source *body_source = &upload->body_source;
  *last = (lr_u32_load_acquire(&upload->to_pool) & LR_UPLOAD_BODY_ENDED) != 0;
  uint64_t put = lr_u64_load_acquire(&upload->put);
  uint64_t there = put - body_source->given;
  if (!*last && there && put == body_source->length) there--;
  return there;
}

/* Wakes a producer that waits, if there is the capacity that it waits for. */
static void wake_producer(lariat_upload *upload) {
  uint32_t flags = lr_u32_or_acq_rel(&upload->to_producer, 0);
  if (!(flags & LR_UPLOAD_PRODUCER_WAITS) ||
      (flags & LR_UPLOAD_CAPACITY_MAIL_OUT))
    return;
  if (upload->body_source.given < lr_u64_load_acquire(&upload->wake_at)) return;
  (void)lr_u32_or_acq_rel(&upload->to_producer, LR_UPLOAD_CAPACITY_MAIL_OUT);
  lr_count_retain(&upload->count);
  if (!lr_mailbox_push(upload->mailbox, &upload->capacity_mail))
    lr_upload_unhold(upload);
}

/* Copies what comes next, up to where a loan begins or ends.  The loan's entry
 * may be used again as soon as `taken` says that its last byte was read, so
 * that the number moves on before. */
static size_t copy_next(lariat_upload *upload, char *bytes, size_t length) {
  uint64_t at = upload->body_source.given;
  if (upload->loan == lr_u32_load_acquire(&upload->lent)) {
    copy_from_ring(upload, at, bytes, length);
    return length;
  }
  const lr_upload_loan *next = &upload->loans[upload->loan % LR_UPLOAD_LOANS];
  bool inside = at >= next->begin;
  uint64_t left = (inside ? next->end : next->begin) - at;
  if (length > left) length = (size_t)left;
  if (!inside) {
    copy_from_ring(upload, at, bytes, length);
    return length;
  }
  memcpy(bytes, next->bytes + (at - next->begin), length);
  if (length == left) upload->loan++;
  return length;
}

lariat_status lr_upload_read(lr_body_source *body_source, lr_reader *reader,
                             char *bytes, size_t capacity, size_t *got) {
  lariat_upload *upload = lr_upload_of(body_source);
  bool last;
  uint64_t there = count_available(upload, &last);
  *got = 0;
  upload->reader = reader;
  if (there == 0 && !last) {
    (void)lr_u32_or_acq_rel(&upload->to_pool, LR_UPLOAD_POOL_WAITS);
    there = count_available(upload, &last);
    if (there == 0 && !last) return LARIAT_EBUSY;
  }
  if (capacity > there) capacity = (size_t)there;
  if (capacity) capacity = copy_next(upload, bytes, capacity);
  body_source->given += capacity;
  body_source->ended = last && capacity == there;
  *got = capacity;
  lr_u64_store_release(&upload->taken, body_source->given);
  wake_producer(upload);
  return LARIAT_OK;
}

void lr_upload_end_reading(lr_body_source *body_source) {
  lr_upload_of(body_source)->reader = NULL;
}

static void receive_data_mail(lr_mail *mail) {
  lariat_upload *upload = lr_container(mail, lariat_upload, data_mail);
  (void)lr_u32_and_acq_rel(
      &upload->to_pool,
      ~(uint32_t)(LR_UPLOAD_POOL_WAITS | LR_UPLOAD_DATA_MAIL_OUT));
  if (upload->reader) upload->reader->resume(upload->reader);
  lr_upload_unhold(upload);
}

static void discard_data_mail(lr_mail *mail) {
  lr_upload_unhold(lr_container(mail, lariat_upload, data_mail));
}

const lr_mail_ops lr_upload_data_ops = {receive_data_mail, discard_data_mail};
