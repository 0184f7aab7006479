/* SPDX-License-Identifier: MIT
 * upload_private.h: what the two sides of an upload share, upload.c on the
 * caller's thread and upload_reader.c on the pool's: a ring of bytes, and a
 * mail in each direction for the one that waits.
 *
 * Each side owns one position (`put`, `taken`) and reads the other's.  A side
 * that finds nothing to do sets a flag and looks once more; a side that has
 * moved its position looks at the other's flag.  Both are read-modify-write
 * operations on the same word, and so come one after the other: either the
 * first sees the new position, or the second the flag.
 * docs/internals/upload.md. */
#ifndef LR_JOB_UPLOAD_PRIVATE_H
#define LR_JOB_UPLOAD_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/list.h"
#include "job/body_source.h"
#include "reactor/mailbox.h"
#include <lariat/reactor.h>

struct lr_job;

/* Flags of `to_pool`. */
enum {
  LR_UPLOAD_POOL_WAITS = 1,    /* for bytes */
  LR_UPLOAD_DATA_MAIL_OUT = 2, /* which wakes the pool's side */
  LR_UPLOAD_BODY_ENDED = 4     /* no more bytes will come */
};

/* Flags of `to_producer`. */
enum {
  LR_UPLOAD_PRODUCER_WAITS = 1,   /* for capacity */
  LR_UPLOAD_CAPACITY_MAIL_OUT = 2 /* which wakes the producer's side */
};

/* Bytes that are not copied into the ring: they stand in the body between
 * those before and those behind them. */
typedef struct lr_upload_loan {
  uint64_t begin;
  uint64_t end;
  const char *bytes;
  void *owned; /* for `drop`, which may be NULL */
  void (*drop)(void *bytes);
} lr_upload_loan;

/* So many loans may wait; the producer goes on when half of them do. */
enum { LR_UPLOAD_LOANS = 4 };

struct lariat_upload {
  lr_body_source body_source; /* its length; all else in it is the pool's */
  lr_atomic_u32 count;        /* the user, the job, each mail that is out */
  size_t window;

  /* Written by the caller. */
  lariat_reactor *reactor;
  lariat_mailbox *mailbox; /* the reactor's; a reference */
  struct lr_job *job;      /* while its request is not over */
  lariat_deferred *waiter; /* of the last write; NULL: it has fired */
  char *overflow;          /* what of a write did not fit into the ring */
  size_t overflow_begin;
  size_t overflow_end;
  uint64_t written;   /* in all */
  uint32_t freed;     /* loans that were dropped */
  bool used;          /* given to a request */
  bool ended;         /* by the producer */
  lariat_status over; /* why no more is wanted, or LARIAT_OK */

  /* Written by the caller, read by the pool. */
  _Alignas(LR_CACHE_LINE) lr_atomic_u64 put;
  lr_atomic_u32 to_pool;
  lr_mail data_mail;
  lr_atomic_u64 wake_at; /* what is to be taken before the producer is woken */
  lr_atomic_u32 lent;    /* loans, in all */
  lr_upload_loan loans[LR_UPLOAD_LOANS]; /* n is in n % LR_UPLOAD_LOANS */

  /* Written by the pool, read by the caller. */
  _Alignas(LR_CACHE_LINE) lr_atomic_u64 taken;
  lr_atomic_u32 to_producer;
  lr_mail capacity_mail;
  uint32_t loan;     /* the number of the next one */
  lr_reader *reader; /* NULL: none */

  _Alignas(LR_CACHE_LINE) char ring[];
};

static inline lariat_upload *lr_upload_of(lr_body_source *body_source) {
  return lr_container(body_source, lariat_upload, body_source);
}

/* Gives a reference back.  Any thread. */
void lr_upload_unhold(lariat_upload *upload);

/* Seek, read and end the reading, as lr_body_source_ops says.  The pool's
 * thread. */
lariat_status lr_upload_seek(lr_body_source *body_source, uint64_t position);
lariat_status lr_upload_read(lr_body_source *body_source, lr_reader *reader,
                             char *bytes, size_t capacity, size_t *got);
void lr_upload_end_reading(lr_body_source *body_source);

/* The ops of `data_mail`. */
extern const lr_mail_ops lr_upload_data_ops;

#endif
