/* SPDX-License-Identifier: MIT
 * A body on its way from a producer on the caller's thread to libcurl on the
 * pool's: a ring of bytes between the two, and a mail in each direction for
 * the one that waits.
 *
 * Each side owns one position (`put`, `taken`) and reads the other's.  Who
 * finds nothing to do sets a flag and looks once more; who has done something
 * looks at the other's flag.  Both are read-modify-write operations on the
 * same word, and so come one after the other: either the first sees the new
 * position, or the second the flag.  docs/internals/upload.md. */
#include "job/upload.h"

#include <stdio.h>
#include <string.h>

#include "base/atomics.h"
#include "base/list.h"
#include "base/memory.h"
#include "deferred/deferred.h"
#include "job/job.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"

enum { WINDOW = 256 * 1024, WINDOW_LEAST = 4096 };

/* Of `down`: the pool waits for bytes, its mail is out, no more will come. */
enum { HUNGRY = 1, POKED = 2, ENDED = 4 };

/* Of `up`: the producer waits for room, its mail is out. */
enum { WANTS = 1, CALLED = 2 };

/* Bytes that are not copied into the ring: they stand in the body between
 * those before and those behind them. */
typedef struct loan {
  uint64_t begin;
  uint64_t end;
  const char *bytes;
  void *owned; /* for `drop`, which may be NULL */
  void (*drop)(void *bytes);
} loan;

/* So many may wait; the producer goes on when half of them do. */
enum { LOANS = 4 };

struct lariat_upload {
  lr_body_source body_source; /* its length; the rest is the pool's */
  lr_atomic_u32 count;        /* the user, the job, each mail that is out */
  size_t window;

  /* The caller's. */
  lariat_reactor *reactor;
  lariat_mailbox *home; /* a reference */
  lr_job *job;          /* while its request is not over */
  lariat_deferred *waiter;
  char *rest; /* of a write that did not fit */
  size_t rest_begin;
  size_t rest_end;
  uint64_t written;   /* in all */
  uint32_t freed;     /* loans that were dropped */
  bool used;          /* given to a request */
  bool ended;         /* by the producer */
  lariat_status over; /* why no more is wanted, or LARIAT_OK */

  _Alignas(LR_CACHE_LINE) lr_atomic_u64 put;
  lr_atomic_u32 down;
  lr_mail poke;
  lr_atomic_u64 wake_at; /* what is to be taken before it is called */
  lr_atomic_u32 lent;    /* loans, in all */
  loan loans[LOANS];     /* number n is in n % LOANS */

  _Alignas(LR_CACHE_LINE) lr_atomic_u64 taken;
  lr_atomic_u32 up;
  lr_mail call;
  uint32_t loan;     /* the number of the one that is next */
  lr_reader *reader; /* NULL: none */

  _Alignas(LR_CACHE_LINE) char ring[];
};

static void drop_loan(lariat_upload *upload) {
  const loan *oldest = &upload->loans[upload->freed++ % LOANS];
  if (oldest->drop) oldest->drop(oldest->owned);
}

static void drop_hold(lariat_upload *upload) {
  if (!lr_count_release(&upload->count)) return;
  while (upload->freed != lr_u32_load_relaxed(&upload->lent)) drop_loan(upload);
  lariat_mailbox_release(upload->home);
  lr_free(upload->rest);
  lr_free_lines(upload);
}

/* Puts bytes into the ring, which has room for them, or takes them out. */
static void copy_in(lariat_upload *upload, uint64_t position, const char *bytes,
                    size_t length) {
  size_t place = (size_t)(position % upload->window);
  size_t first = upload->window - place;
  if (first > length) first = length;
  memcpy(upload->ring + place, bytes, first);
  memcpy(upload->ring, bytes + first, length - first);
}

static void copy_out(const lariat_upload *upload, uint64_t position,
                     char *bytes, size_t length) {
  size_t place = (size_t)(position % upload->window);
  size_t first = upload->window - place;
  if (first > length) first = length;
  memcpy(bytes, upload->ring + place, first);
  memcpy(bytes + first, upload->ring, length - first);
}

/* The pool's side. */

static lariat_upload *upload_of(lr_body_source *body_source) {
  return lr_container(body_source, lariat_upload, body_source);
}

static lariat_status seek(lr_body_source *body_source, uint64_t position) {
  if (position == body_source->given) {
    body_source->ended = body_source->length == 0;
    return LARIAT_OK;
  }
  snprintf(body_source->detail, sizeof body_source->detail,
           "what a producer has written cannot be sent a second time");
  return LARIAT_EUPLOAD;
}

/* The bytes that may be read now, and whether they are the last.  Without its
 * end, a body of known length keeps its last byte back. */
static uint64_t available(const lariat_upload *upload, bool *last) {
  const lr_body_source *body_source = &upload->body_source;
  *last = (lr_u32_load_acquire(&upload->down) & ENDED) != 0;
  uint64_t put = lr_u64_load_acquire(&upload->put);
  uint64_t there = put - body_source->given;
  if (!*last && there && put == body_source->length) there--;
  return there;
}

/* The producer waits, and has the room that it waits for. */
static void call_producer(lariat_upload *upload) {
  uint32_t up = lr_u32_or_acq_rel(&upload->up, 0);
  if (!(up & WANTS) || (up & CALLED)) return;
  if (upload->body_source.given < lr_u64_load_acquire(&upload->wake_at)) return;
  (void)lr_u32_or_acq_rel(&upload->up, CALLED);
  lr_count_retain(&upload->count);
  if (!lr_mailbox_push(upload->home, &upload->call)) drop_hold(upload);
}

/* Copies what comes next, up to where a loan begins or ends.  A loan's place is
 * free for another as soon as its last byte is told to be taken: its number is
 * moved before. */
static size_t copy_next(lariat_upload *upload, char *bytes, size_t length) {
  uint64_t at = upload->body_source.given;
  if (upload->loan == lr_u32_load_acquire(&upload->lent)) {
    copy_out(upload, at, bytes, length);
    return length;
  }
  const loan *next = &upload->loans[upload->loan % LOANS];
  bool inside = at >= next->begin;
  uint64_t left = (inside ? next->end : next->begin) - at;
  if (length > left) length = (size_t)left;
  if (!inside) {
    copy_out(upload, at, bytes, length);
    return length;
  }
  memcpy(bytes, next->bytes + (at - next->begin), length);
  if (length == left) upload->loan++;
  return length;
}

static lariat_status read_next(lr_body_source *body_source, lr_reader *reader,
                               char *bytes, size_t capacity, size_t *got) {
  lariat_upload *upload = upload_of(body_source);
  bool last;
  uint64_t there = available(upload, &last);
  *got = 0;
  upload->reader = reader;
  if (there == 0 && !last) {
    (void)lr_u32_or_acq_rel(&upload->down, HUNGRY);
    there = available(upload, &last);
    if (there == 0 && !last) return LARIAT_EBUSY;
  }
  if (capacity > there) capacity = (size_t)there;
  if (capacity) capacity = copy_next(upload, bytes, capacity);
  body_source->given += capacity;
  body_source->ended = last && capacity == there;
  *got = capacity;
  lr_u64_store_release(&upload->taken, body_source->given);
  call_producer(upload);
  return LARIAT_OK;
}

static void over(lr_body_source *body_source) {
  upload_of(body_source)->reader = NULL;
}

static void poked(lr_mail *mail) {
  lariat_upload *upload = lr_container(mail, lariat_upload, poke);
  (void)lr_u32_and_acq_rel(&upload->down, ~(uint32_t)(HUNGRY | POKED));
  if (upload->reader) upload->reader->resume(upload->reader);
  drop_hold(upload);
}

static void poke_discarded(lr_mail *mail) {
  drop_hold(lr_container(mail, lariat_upload, poke));
}

static const lr_mail_ops poke_ops = {poked, poke_discarded};

/* The caller's side. */

static uint64_t used(const lariat_upload *upload) {
  return lr_u64_load_relaxed(&upload->put) -
         lr_u64_load_acquire(&upload->taken);
}

/* How many loans are not read to their end; drops the others. */
static uint32_t loans_out(lariat_upload *upload) {
  uint32_t lent = lr_u32_load_relaxed(&upload->lent);
  uint64_t taken = lr_u64_load_acquire(&upload->taken);
  while (upload->freed != lent &&
         upload->loans[upload->freed % LOANS].end <= taken)
    drop_loan(upload);
  return lent - upload->freed;
}

/* Behind a loan nothing is put into the ring, whose places go by position. */
static size_t ring_room(lariat_upload *upload) {
  return loans_out(upload) ? 0 : upload->window - (size_t)used(upload);
}

/* Where the pool must be for the producer to go on. */
static uint64_t place_to_go_on(lariat_upload *upload) {
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  uint64_t half = upload->window / 2;
  uint32_t out = loans_out(upload);
  if (out == 0) return put > half ? put - half : 0;
  if (!upload->rest && out <= LOANS / 2) return 0;
  uint32_t last = lr_u32_load_relaxed(&upload->lent) - 1;
  return upload->loans[(upload->rest ? last : last - LOANS / 2) % LOANS].end;
}

/* Something is new for the pool: wakes its side if that waits, at the end of
 * the turn, or now if there is much to read: not for each of many writes.  It
 * waits only while it has the job, and so its worker is there. */
static void poke(lariat_upload *upload, uint32_t has_messages) {
  uint32_t down = lr_u32_or_acq_rel(&upload->down, has_messages);
  if (!(down & HUNGRY) || !upload->job) return;
  lr_outbox *out = upload->job->route;
  if (!(down & POKED)) {
    (void)lr_u32_or_acq_rel(&upload->down, POKED);
    lr_count_retain(&upload->count);
    lr_outbox_put(out, &upload->poke);
  }
  if (used(upload) >= upload->window / 2) lr_outbox_flush(out);
}

/* How many of the bytes found room. */
static size_t pour(lariat_upload *upload, const char *bytes, size_t length) {
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  size_t capacity = ring_room(upload);
  if (length > capacity) length = capacity;
  copy_in(upload, put, bytes, length);
  lr_u64_store_release(&upload->put, put + length);
  return length;
}

static void pour_rest(lariat_upload *upload) {
  if (!upload->rest) return;
  upload->rest_begin += pour(upload, upload->rest + upload->rest_begin,
                             upload->rest_end - upload->rest_begin);
  if (upload->rest_begin < upload->rest_end) return;
  lr_free(upload->rest);
  upload->rest = NULL;
}

/* The last reference of ours goes with it. */
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

/* Moves on what can be moved, and fires the waiter or leaves word that it
 * waits. */
static void go_on(lariat_upload *upload) {
  for (;;) {
    pour_rest(upload);
    poke(upload, !upload->rest && upload->ended ? ENDED : 0);
    uint64_t place = place_to_go_on(upload);
    if (!upload->rest && lr_u64_load_acquire(&upload->taken) >= place) {
      fire_waiter(upload, lariat_none());
      return;
    }
    lr_u64_store_release(&upload->wake_at, place);
    (void)lr_u32_or_acq_rel(&upload->up, WANTS);
    if (lr_u64_load_acquire(&upload->taken) < place) return;
  }
}

static void called(lr_mail *mail) {
  lariat_upload *upload = lr_container(mail, lariat_upload, call);
  (void)lr_u32_and_acq_rel(&upload->up, ~(uint32_t)(WANTS | CALLED));
  if (upload->over == LARIAT_OK) go_on(upload);
  drop_hold(upload);
}

static void call_discarded(lr_mail *mail) {
  drop_hold(lr_container(mail, lariat_upload, call));
}

static const lr_mail_ops call_ops = {called, call_discarded};

/* Nothing will be written any more, or sent. */
static void finish(lariat_upload *upload, lariat_status status) {
  upload->job = NULL;
  upload->over = status;
  lr_free(upload->rest);
  upload->rest = NULL;
  if (!upload->waiter) return;
  fire_waiter(upload,
              lariat_failure_new(status, "%s", lariat_status_text(status)));
}

/* With an answer, and all bytes read, the last write has done its work.  (What
 * is the pool's may be read: an answer means that the job is here.) */
static void settle(lr_body_source *body_source, lariat_status status) {
  lariat_upload *upload = upload_of(body_source);
  if (upload->over != LARIAT_OK) return;
  lr_count_retain(&upload->count); /* the waiter may release it */
  if (status == LARIAT_OK && body_source->ended)
    fire_waiter(upload, lariat_none());
  finish(upload, status == LARIAT_OK ? LARIAT_EANSWERED : status);
  drop_hold(upload);
}

static void drop_body_source(lr_body_source *body_source) {
  drop_hold(upload_of(body_source));
}

static const lr_body_source_ops body_source_ops = {.seek = seek,
                                                   .read = read_next,
                                                   .over = over,
                                                   .settle = settle,
                                                   .drop = drop_body_source};

/* The producer has failed, and with it the request. */
static void fail(lariat_upload *upload, const char *why, lariat_value cause) {
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
    job->owner->stop(job, lr_failure_make(&parts)); /* and so `settle` */
  else
    (void)lariat_value_drop(cause);
  if (upload->over == LARIAT_OK) finish(upload, LARIAT_EUPLOAD);
  drop_hold(upload);
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
  if (upload->over == LARIAT_OK) finish(upload, status);
}

/* For users. */

static lariat_upload *new_blank(size_t window) {
  lariat_upload *upload = NULL;
  if (window <= SIZE_MAX / 2) upload = lr_alloc_lines(sizeof *upload + window);
  if (!upload) return NULL;
  upload->window = window;
  upload->body_source.ops = &body_source_ops;
  upload->poke.ops = &poke_ops;
  upload->call.ops = &call_ops;
  lr_u32_init(&upload->count, 1);
  lr_u64_init(&upload->put, 0);
  lr_u64_init(&upload->wake_at, 0);
  lr_u32_init(&upload->lent, 0);
  lr_u32_init(&upload->down, 0);
  lr_u64_init(&upload->taken, 0);
  lr_u32_init(&upload->up, 0);
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
  lariat_upload *upload = new_blank(window_bytes);
  if (!upload) return LARIAT_ENOMEM;
  upload->body_source.length = length;
  upload->reactor = reactor;
  upload->home = lariat_reactor_mailbox(reactor);
  *out = upload;
  return LARIAT_OK;
}

void lariat_upload_release(lariat_upload *upload) {
  if (!upload) return;
  if (!upload->ended && upload->over == LARIAT_OK)
    fail(upload, "the producer let go of it before its end", lariat_none());
  drop_hold(upload);
}

/* Why nothing can be written, or LARIAT_OK. */
static lariat_status check(lariat_upload *upload, const char *function) {
  if (!upload) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(upload->reactor, function);
  if (status != LARIAT_OK) return status;
  if (upload->over != LARIAT_OK) return upload->over;
  return upload->ended ? LARIAT_EALREADY : LARIAT_OK;
}

static lariat_deferred *failed(const lariat_upload *upload,
                               lariat_status status) {
  return lariat_deferred_fail(upload ? upload->reactor : NULL, status, "%s",
                              lariat_status_text(status));
}

/* Into the ring what finds room there, the rest into memory of its own. */
static lariat_status take(lariat_upload *upload, const char *bytes,
                          size_t length) {
  size_t capacity = ring_room(upload);
  if (length > capacity) {
    upload->rest = lr_copy_bytes(bytes + capacity, length - capacity);
    if (!upload->rest) return LARIAT_ENOMEM;
    upload->rest_begin = 0;
    upload->rest_end = length - capacity;
    length = capacity;
  }
  (void)pour(upload, bytes, length);
  return LARIAT_OK;
}

/* Whether `length` bytes more may be added.  If it is too much for the body,
 * that has failed. */
static lariat_status check_more(lariat_upload *upload, const char *function,
                                const void *bytes, size_t length) {
  lariat_status status = check(upload, function);
  if (status == LARIAT_OK && !bytes && length) status = LARIAT_EINVAL;
  if (status == LARIAT_OK && upload->waiter) status = LARIAT_EOVERLOAD;
  if (status != LARIAT_OK) return status;
  if (length <= upload->body_source.length - upload->written) return LARIAT_OK;
  fail(upload, "there is more of it than the length that was told",
       lariat_none());
  return LARIAT_EUPLOAD;
}

/* They were added: `deferred` will say when there is room again.  If a write of
 * the same length would still fit, there is: who waits is called only when he
 * can fill half of the window. */
static lariat_deferred *added(lariat_upload *upload, lariat_deferred *deferred,
                              size_t length) {
  upload->written += length;
  upload->waiter = lariat_deferred_retain(deferred);
  if (upload->rest || length == 0 || ring_room(upload) < length) {
    go_on(upload);
    return deferred;
  }
  poke(upload, 0);
  fire_waiter(upload, lariat_none());
  return deferred;
}

lariat_deferred *lariat_upload_write(lariat_upload *upload, const void *bytes,
                                     size_t length) {
  lariat_status status = check_more(upload, __func__, bytes, length);
  if (status != LARIAT_OK) return failed(upload, status);
  lariat_deferred *deferred =
      lariat_deferred_new(upload->reactor, NULL, NULL, NULL);
  if (lr_deferred_is_fired(deferred)) return deferred; /* no memory */
  status = length ? take(upload, bytes, length) : LARIAT_OK;
  if (status == LARIAT_OK) return added(upload, deferred, length);
  lariat_deferred_forget(deferred);
  return failed(upload, status);
}

/* There is a place for it: no more than half of them are taken when an earlier
 * one has fired. */
static void lend(lariat_upload *upload, void *bytes, size_t length,
                 void (*drop)(void *bytes)) {
  uint32_t number = lr_u32_load_relaxed(&upload->lent);
  uint64_t put = lr_u64_load_relaxed(&upload->put);
  upload->loans[number % LOANS] = (loan){.begin = put,
                                         .end = put + length,
                                         .bytes = bytes,
                                         .owned = bytes,
                                         .drop = drop};
  lr_u32_store_release(&upload->lent, number + 1);
  lr_u64_store_release(&upload->put, put + length);
}

lariat_deferred *lariat_upload_give(lariat_upload *upload, void *bytes,
                                    size_t length, void (*drop)(void *bytes)) {
  lariat_status status = check_more(upload, __func__, bytes, length);
  lariat_deferred *deferred =
      status == LARIAT_OK
          ? lariat_deferred_new(upload->reactor, NULL, NULL, NULL)
          : failed(upload, status);
  bool taken = !lr_deferred_is_fired(deferred) && length;
  if (taken)
    lend(upload, bytes, length, drop);
  else if (drop && bytes)
    drop(bytes);
  return lr_deferred_is_fired(deferred) ? deferred
                                        : added(upload, deferred, length);
}

lariat_status lariat_upload_end(lariat_upload *upload) {
  lariat_status status = check(upload, __func__);
  if (status != LARIAT_OK) return status;
  uint64_t length = upload->body_source.length;
  if (length != LARIAT_LENGTH_UNKNOWN && upload->written < length) {
    fail(upload, "there is less of it than the length that was told",
         lariat_none());
    return LARIAT_EUPLOAD;
  }
  upload->ended = true;
  if (!upload->rest) poke(upload, ENDED);
  return LARIAT_OK;
}

lariat_status lariat_upload_fail(lariat_upload *upload, lariat_value failure) {
  lariat_status status = check(upload, __func__);
  bool fits = lariat_is_none(failure) || lariat_is_failure(failure);
  if (status == LARIAT_OK && !fits) status = LARIAT_EINVAL;
  if (status != LARIAT_OK) {
    (void)lariat_value_drop(failure);
    return status;
  }
  fail(upload, "the producer has failed", failure);
  return LARIAT_OK;
}
