/* SPDX-License-Identifier: MIT
 * lariat_byte_stream: a connection for a protocol of one's own, over TCP or
 * TLS, opened as a fetch opens one: resolved, connected and verified by the
 * pool, under its limits, rules for addresses and trust.
 *
 *   opened = lariat_byte_stream_open(client, "https://example.org", NULL);
 *   ... in its callback: stream = lariat_byte_stream_in(value)
 *   lariat_byte_stream_send(stream, bytes, length)
 *   lariat_byte_stream_receive(stream, buffer, sizeof buffer)
 *   lariat_byte_stream_close(stream)
 *
 * Once it is open, the thread of the client's reactor sends and receives by
 * itself: no other thread is between it and the connection.  Everything here is
 * for that thread, unless it says otherwise.  (The body of a response that is
 * taken in pieces is another kind of stream: lariat/stream.h.)
 *
 * A stream counts as a connection of its host's until it is closed, and as a
 * job while it is opened. */
#ifndef LARIAT_BYTE_STREAM_H
#define LARIAT_BYTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_byte_stream lariat_byte_stream;
LARIAT_API extern const lariat_type lariat_byte_stream_type;

/* Start from lariat_byte_stream_defaults(client).  Everything is copied. */
typedef struct lariat_byte_stream_options {
  size_t size;         /* sizeof(lariat_byte_stream_options) */
  uint64_t timeout_ms; /* to be open, queue and look-up included; 0: none */
  uint64_t connect_timeout_ms; /* as the client's */
  uint64_t idle_timeout_ms;    /* of the open stream: it fails when no byte was
                                  received or sent for so long; what comes
                                  while nobody receives does not count; 0 (the
                                  default): never */
  const char *alpn; /* protocols to offer to a TLS server, with commas between
                       them (RFC 7301): "acme/2,acme/1"; NULL: none */
  lariat_priority priority;
  lariat_timestamps timestamps; /* of lariat_byte_stream_arrival; TURN (the
                                   default): none */
} lariat_byte_stream_options;

/* Returns the client's time-outs and priority, and no more.  Any thread. */
LARIAT_API lariat_byte_stream_options
lariat_byte_stream_defaults(const lariat_client *client);

/* Opens a stream to the origin of `url`: TLS for https, nothing but TCP for
 * http; user, path, query and fragment do not matter.  `options` may be NULL.
 * The deferred fires with the stream, which the value owns, never inside this
 * call but when it is refused at once; cancelling it gives the connection up,
 * however far it is.  A value that nobody takes closes its stream.  Never NULL.
 *
 * The deferred fails with
 *   LARIAT_EINVAL    options without `size`, an `alpn` that is no list of
 *                    names, a scripted pool
 *   LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 *   others           as a fetch that has no connection: LARIAT_EURL,
 *                    LARIAT_ESCHEME, LARIAT_EPORT, LARIAT_ERESOLVE,
 *                    LARIAT_EADDRESS, LARIAT_ECONNECT, LARIAT_ETLS,
 *                    LARIAT_ECERTIFICATE, LARIAT_ETIMEDOUT, LARIAT_EOVERLOAD,
 *                    LARIAT_ECANCELLED, LARIAT_ECLOSED, LARIAT_ERETRYBUDGET,
 *                    LARIAT_ESYSTEM (no descriptor), with the phase in which it
 *                    was; retries are those of the client's policy */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_byte_stream_open(lariat_client *client, const char *url,
                        const lariat_byte_stream_options *options);

/* Returns the stream in `value`, owned by it still; NULL for another type. */
LARIAT_API lariat_byte_stream *lariat_byte_stream_in(lariat_value value);

/* Take a reference, and give one back; with the last the stream is closed.
 * Retain returns its argument; NULL is allowed.  Any thread. */
LARIAT_API lariat_byte_stream *
lariat_byte_stream_retain(lariat_byte_stream *stream);
LARIAT_API void lariat_byte_stream_release(lariat_byte_stream *stream);

/* ---- Sending ---- */

/* Sends `length` bytes.  The deferred fires with "none" when the kernel has all
 * of them, which may be at once; until then the bytes must stay as they are.
 * One at a time: while one waits, another fails with LARIAT_EBUSY.  Cancelling
 * one that waits ends the sending, since nobody could tell where it stopped.
 * Never NULL.
 *
 * The deferred fails with
 *   LARIAT_EBUSY       an earlier one waits: nothing was sent
 *   LARIAT_EALREADY    the sending was ended
 *   LARIAT_ERESET      the connection broke
 *   LARIAT_ETLS        the server wanted a certificate of the client's
 *   LARIAT_ETIMEDOUT   it was idle for too long
 *   LARIAT_ECANCELLED  the stream, or its client, was closed
 *   LARIAT_ECLOSED     its pool has ended
 *   LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ENOMEM, LARIAT_ESYSTEM */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_byte_stream_send(lariat_byte_stream *stream, const void *bytes,
                        size_t length);

/* Sends what of the bytes goes now, without a deferred; `*sent` is how many
 * that was.  What did not go must be the next that is sent, the same bytes: by
 * lariat_byte_stream_send, whose deferred tells when they have gone.
 *
 * LARIAT_OK  `*sent` may be less than `length`, and 0
 * others     as above, but LARIAT_ENOMEM and LARIAT_ESYSTEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_byte_stream_try_send(
    lariat_byte_stream *stream, const void *bytes, size_t length, size_t *sent);

/* Tells the peer that there are no more bytes: close_notify over TLS, else the
 * end of the TCP stream.  Receiving goes on.  (A peer of TLS 1.2 or before may
 * take it for the end of both: RFC 5246, 7.2.1.)  The deferred fires with
 * "none" when that has gone, and fails as one of lariat_byte_stream_send does:
 * with LARIAT_EBUSY also if what lariat_byte_stream_try_send has left over has
 * not gone.  Ending twice is harmless.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_byte_stream_end_sending(lariat_byte_stream *stream);

/* ---- Receiving ---- */

/* Receives what has come, up to `capacity` bytes, 1 at least, into `buffer`,
 * which must stay until the deferred has fired: with the number of bytes
 * (lariat_int_in), 0 at the end.  It may fire at once.  Asking again after the
 * end gives the same again.  One at a time, and not while bytes go to a
 * callback: LARIAT_EBUSY.  Cancelling one that waits loses no bytes.  Never
 * NULL.
 *
 * The deferred fails with
 *   LARIAT_EBUSY       see above
 *   LARIAT_EINVAL      `capacity` is 0
 *   LARIAT_ETRUNCATED  the end of the TCP stream, without a close_notify before
 *                      it: bytes may be missing (RFC 8446, 6.1)
 *   others             as above, but LARIAT_EALREADY */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_byte_stream_receive(lariat_byte_stream *stream, void *buffer,
                           size_t capacity);

/* Receives what is there now, without a deferred; `*got` is 0 at the end.
 *
 * LARIAT_OK
 * LARIAT_EAGAIN  nothing is there now
 * LARIAT_EBUSY   somebody else receives: a deferred waits, or a callback is set
 * LARIAT_EINVAL  `capacity` is 0
 * LARIAT_ETHREAD, LARIAT_EFORKED
 * others         LARIAT_ETRUNCATED and the other ends, as above */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_byte_stream_try_receive(
    lariat_byte_stream *stream, void *buffer, size_t capacity, size_t *got);

/* Takes `length` bytes, which are only there during the call; or the end, with
 * a length of 0: LARIAT_OK, or a failure as of lariat_byte_stream_receive.  It
 * is called once with an end.  It may do to the stream whatever it likes. */
typedef void (*lariat_on_bytes)(lariat_byte_stream *stream, const char *bytes,
                                size_t length, lariat_status status,
                                void *context);

/* Has all bytes given to `on_bytes` as they come, 16 KiB at the most at once,
 * never inside of this call; with NULL no more: the peer has to wait.
 * `context` is borrowed.
 *
 * LARIAT_OK
 * LARIAT_EBUSY       a deferred of lariat_byte_stream_receive waits
 * LARIAT_ECANCELLED  the stream is closed
 * LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ESYSTEM */
LARIAT_API lariat_status lariat_byte_stream_on_bytes(lariat_byte_stream *stream,
                                                     lariat_on_bytes on_bytes,
                                                     void *context);

/* Tells when the bytes received last had arrived: `*at_ns` is that instant, on
 * the clock of the stream's reactor.  With EXACT timestamps it is when they
 * were read, after the call to the kernel; with KERNEL and without TLS the
 * kernel's stamp of the packet with the last of them.  LARIAT_ARRIVAL_NONE, and
 * 0: no timestamps were asked for, or nothing was received.  The owner's
 * thread. */
LARIAT_API lariat_arrival
lariat_byte_stream_arrival(const lariat_byte_stream *stream, uint64_t *at_ns);

/* ---- The end ---- */

/* Closes the stream, both ways: over TLS close_notify is sent.  What waits
 * fails with LARIAT_ECANCELLED, and so does all that is asked for afterwards;
 * a callback is not called any more.  Bytes that are not sent are lost.
 * Closing twice is harmless; NULL is allowed. */
LARIAT_API void lariat_byte_stream_close(lariat_byte_stream *stream);

/* ---- What it is ---- */

/* Tells whether it is a stream of TLS.  Any thread, as the rest of these. */
LARIAT_API bool lariat_byte_stream_is_tls(const lariat_byte_stream *stream);

/* Returns the protocol that the server has chosen of those that were offered;
 * "": none. */
LARIAT_API const char *
lariat_byte_stream_alpn(const lariat_byte_stream *stream);

/* Return the peer's address ("127.0.0.1", "::1"), and its port. */
LARIAT_API const char *
lariat_byte_stream_remote_ip(const lariat_byte_stream *stream);
LARIAT_API unsigned
lariat_byte_stream_remote_port(const lariat_byte_stream *stream);

/* Returns the connection's number, as lariat_response_connection. */
LARIAT_API uint64_t
lariat_byte_stream_connection(const lariat_byte_stream *stream);

/* Returns how long each phase of the opening took, see attempt.h. */
LARIAT_API lariat_timings
lariat_byte_stream_timings(const lariat_byte_stream *stream);

LARIAT_END_C

#endif
