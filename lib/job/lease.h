/* SPDX-License-Identifier: MIT
 * lease.h: a connection that a pool has opened and a client uses: its byte
 * stream is the client's alone, without any hop between threads, while the pool
 * counts it, and keeps what has to stay with libcurl.
 *
 * A lease has two holders: the client, from the moment in which it asks, and
 * the pool, from that in which the connection is there.  The client closes the
 * stream and lets go, at any time; a mail then tells the pool.  A pool that
 * ends does not wait for that: it ends the connection itself.  `state` says who
 * is at it: each call of the client's holds it, and none begins once the pool
 * has ended it.  The descriptor of an ended one stays open until both are done
 * with it: the client watches its number, and the pool, and libcurl, may still
 * write to it. */
#ifndef LR_JOB_LEASE_H
#define LR_JOB_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/list.h"
#include "net/stream.h"
#include "reactor/mailbox.h"

struct lr_host;

/* The bits of `state`. */
enum {
  LR_LEASE_USED = 1,  /* by a call of the client's, now */
  LR_LEASE_ENDED = 2, /* by the pool: the stream is no more */
  /* Done with the descriptor of an ended stream. */
  LR_LEASE_LEFT_BY_POOL = 4,
  LR_LEASE_LEFT_BY_CLIENT = 8
};

/* The longest list of protocols to offer, and the longest name of one
 * (RFC 7301, 3.1). */
enum { LR_ALPN_MOST = 1024, LR_ALPN_NAME_MOST = 255 };

typedef struct lr_lease {
  lr_atomic_u32 count;
  lr_atomic_u32 state; /* LR_LEASE_* */
  bool given;          /* the pool has handed the stream over */
  bool closed;         /* the client has ended it */
  bool ahead;          /* nobody gets the stream: the pool keeps the connection
                          for requests to come */
  lr_stream stream;
  char alpn[LR_ALPN_NAME_MOST + 1]; /* what was chosen; "": nothing */

  /* Written by the pool before it is handed over. */
  lariat_mailbox *mailbox; /* a reference; the lease returns by it */
  lr_mail returned;

  /* Only the pool's thread touches these. */
  lr_list node;
  void *engine;   /* NULL once the pool is done with the lease */
  void *transfer; /* of TLS: whose connection it is */
  struct lr_host *host;

  /* Written by the client before it asks. */
  uint64_t idle_ns; /* of the stream; 0: no limit */
  unsigned alpn_length;
  unsigned char alpn_offered[]; /* as SSL_CTX_set_alpn_protos takes it */
} lr_lease;

/* Makes a lease without a connection, with one reference, for the client; the
 * protocols to offer are a list of names with commas between them (NULL:
 * none).
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  an empty name, or one or all that are too long */
lariat_status lr_lease_new(const char *alpn, lr_lease **out);

/* Gives the stream, which is filled in, to the client; the pool's reference is
 * made.  `returned` takes the mail.  The pool's thread. */
void lr_lease_give(lr_lease *lease, lariat_mailbox *mailbox,
                   const lr_mail_ops *returned);

/* Begins and ends a use of the stream by the client.  False: the pool has ended
 * it.  Of a bare descriptor, which stays open, only closing needs that. */
static inline bool lr_lease_enter(lr_lease *lease) {
  if (!(lr_u32_or_acq_rel(&lease->state, LR_LEASE_USED) & LR_LEASE_ENDED))
    return true;
  (void)lr_u32_and_acq_rel(&lease->state, ~(uint32_t)LR_LEASE_USED);
  return false;
}
static inline void lr_lease_leave(lr_lease *lease) {
  (void)lr_u32_and_acq_rel(&lease->state, ~(uint32_t)LR_LEASE_USED);
}

/* Says whether the pool has ended the stream. */
static inline bool lr_lease_is_ended(const lr_lease *lease) {
  return lr_u32_load_acquire(&lease->state) & LR_LEASE_ENDED;
}

/* Send and receive as lr_stream_send and lr_stream_receive do. */
static inline ssize_t lr_lease_send(lr_lease *lease, const char *bytes,
                                    size_t length) {
  if (!lr_stream_is_tls(&lease->stream))
    return lr_stream_send(&lease->stream, bytes, length);
  if (!lr_lease_enter(lease)) return -1;
  ssize_t sent = lr_stream_send(&lease->stream, bytes, length);
  lr_lease_leave(lease);
  return sent;
}
static inline ssize_t lr_lease_receive(lr_lease *lease, char *bytes,
                                       size_t capacity) {
  if (!lr_stream_is_tls(&lease->stream))
    return lr_stream_receive(&lease->stream, bytes, capacity);
  if (!lr_lease_enter(lease)) return LR_STREAM_LOST;
  ssize_t got = lr_stream_receive(&lease->stream, bytes, capacity);
  lr_lease_leave(lease);
  return got;
}

/* Tells the peer that there are no more bytes, as lr_stream_end_sending. */
int lr_lease_end_sending(lr_lease *lease);

/* Closes the stream, if there is one, and gives the client's reference back.
 * The thread that has the client's end alone; NULL is allowed. */
void lr_lease_close(lr_lease *lease);

/* Begins the end by the pool: no call of the client's is at the stream
 * afterwards, and none will be.  False: the client has closed it.  The pool's
 * thread. */
bool lr_lease_end(lr_lease *lease);

/* Leaves the descriptor of an ended stream, which the client had open, to the
 * client, who may have left it already.  The pool's thread, when nobody there
 * will use the number any more. */
void lr_lease_leave_descriptor(lr_lease *lease);

/* Gives a reference back.  Any thread. */
void lr_lease_release(lr_lease *lease);

#endif
