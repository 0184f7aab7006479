/* SPDX-License-Identifier: MIT
 * lariat_upload: a request's body that is produced while it is sent, on the
 * thread that made the request.  The producer writes; what it has written and
 * the pool has not sent yet is bounded by a window.
 *
 *   lariat_upload_new(reactor, LARIAT_LENGTH_UNKNOWN, 0, &upload);
 *   options.body = lariat_body_producer(upload);
 *   answer = lariat_request(client, "PUT", url, &options);
 *   ... lariat_upload_write(upload, bytes, length): wait for its deferred, and
 *       write the next; at the end lariat_upload_end(upload)
 *   lariat_upload_release(upload);
 *
 * An upload belongs to the thread of its reactor, as everything here. */
#ifndef LARIAT_UPLOAD_H
#define LARIAT_UPLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_upload lariat_upload;

/* The length of a body is not known before its end.  HTTP/1.1 sends such a
 * body in chunks; a server that speaks HTTP/1.0 cannot take it. */
#define LARIAT_LENGTH_UNKNOWN UINT64_MAX

/* Makes a body of `length` bytes, or of LARIAT_LENGTH_UNKNOWN, for one request
 * of a client on `reactor`, and puts it into `*out`.  `window_bytes` is how
 * much of it may wait to be sent (0: 262,144; 4,096 at the least).  The body
 * can be written to before the request is made.  The caller has the one
 * reference.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_upload_new(lariat_reactor *reactor, uint64_t length, size_t window_bytes,
                  lariat_upload **out);

/* Gives the reference back; no more can be written.  A body that was not ended
 * has stopped early: its request fails with LARIAT_EUPLOAD.  One that was
 * ended is sent all the same.  NULL is allowed. */
LARIAT_API void lariat_upload_release(lariat_upload *upload);

/* Adds `length` bytes, which are copied, all of them.  The deferred fires with
 * "none" when more may be written: at once if as much again fits into the
 * window, else when no more than half of the window waits.  Write again then,
 * and not before.  Never NULL.
 * The deferred fails with
 *   LARIAT_EOVERLOAD  an earlier write has not fired: nothing was taken
 *   LARIAT_EALREADY   the body was ended
 *   LARIAT_EUPLOAD    more than the length that was told: the request has
 *                     failed with the same; or the producer had failed
 *   LARIAT_EANSWERED  the server has answered, and wants no more of it: see the
 *                     request's response
 *   LARIAT_ENOMEM, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 *   others            the request's own failure: LARIAT_ECANCELLED,
 *                     LARIAT_ETIMEDOUT, LARIAT_ERESET, ...
 * Cancelling it takes back nothing of what was written. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_upload_write(lariat_upload *upload, const void *bytes, size_t length);

/* Adds `length` bytes without a copy, as lariat_upload_write does with one: the
 * bytes are taken over, whatever comes of it, and `drop` (may be NULL) is
 * called with them, once, some time after they were read: on this thread, and
 * on one of the pool's if that was the last to have them.  Such bytes are not
 * part of the window: four pieces may wait, and the deferred fires when no more
 * than two do. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_upload_give(lariat_upload *upload, void *bytes, size_t length,
                   void (*drop)(void *bytes));

/* Says that the body is whole.  Needed with a known length too: the last byte
 * is not sent before, so that no server takes for whole what the producer
 * would still have failed.  Need not wait for the last write's deferred.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EUPLOAD    less than the length that was told: the request has failed
 *                   with the same
 * LARIAT_EALREADY   the body was ended before, or has failed
 * others            as of lariat_upload_write: the request is over */
LARIAT_API lariat_status lariat_upload_end(lariat_upload *upload);

/* Says that the producer cannot go on: the request fails, now, with
 * LARIAT_EUPLOAD and `failure` (which is taken over; may be "none") as its
 * cause.  The server does not get a whole body, and the connection is not used
 * again.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EALREADY   the body was ended before, or has failed
 * others            as of lariat_upload_write: the request is over */
LARIAT_API lariat_status lariat_upload_fail(lariat_upload *upload,
                                            lariat_value failure);

LARIAT_END_C

#endif
