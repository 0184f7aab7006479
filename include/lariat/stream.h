/* SPDX-License-Identifier: MIT
 * lariat_stream: a body that is taken in pieces, as it comes, with a window:
 * no more than so many bytes are under way, however slow their taker is and
 * however fast the server.
 *
 * A request whose sink is lariat_sink_stream has a deferred that fires when the
 * headers of the final answer are complete.  lariat_response_stream gives the
 * stream of that response; lariat_stream_next its pieces, one after the other.
 * The fetch goes on until the end was reached: its deadline too.  It is counted
 * (lariat_client_read_stats) once, when the stream ends.
 *
 * Everything here is for the thread of the client's reactor, unless it says
 * otherwise. */
#ifndef LARIAT_STREAM_H
#define LARIAT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* A piece of a body, of 16,384 bytes at the most.  Its memory is its owner's,
 * who may keep it as long as he likes; dropping it is allowed on any thread. */
typedef struct lariat_chunk lariat_chunk;
LARIAT_API extern const lariat_type lariat_chunk_type;

/* Returns the chunk in `value`, owned by it still; NULL for another type. */
LARIAT_API lariat_chunk *lariat_chunk_in(lariat_value value);

/* Returns the bytes of `chunk`; `*length` (may be NULL) gets their number.
 * NULL gives "" and 0.  Any thread. */
LARIAT_API const char *lariat_chunk_bytes(const lariat_chunk *chunk,
                                          size_t *length);

/* Returns the stream of `response`, held by it; NULL when none was asked for.
 * Once the last reference is gone (to the response, and others that
 * lariat_stream_retain made), a fetch that has not ended is cancelled. */
LARIAT_API lariat_stream *
lariat_response_stream(const lariat_response *response);

/* Take a reference, and give one back.  Retain returns its argument; NULL is
 * allowed.  Any thread. */
LARIAT_API lariat_stream *lariat_stream_retain(lariat_stream *stream);
LARIAT_API void lariat_stream_release(lariat_stream *stream);

/* Returns a deferred for the next chunk: fired, if there is one.  "none" is the
 * end of a whole body, and a failure that of one which broke off: what came
 * before the failure is given first.  Asking again after the end gives the same
 * again. Ask for one at a time: while one waits, another fails with
 * LARIAT_EBUSY.  Cancelling one that waits loses no bytes.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_stream_next(lariat_stream *stream);

/* Returns a deferred for all that is left, as one chunk; a failure
 * LARIAT_EBODYLIMIT, and the stream closed, when that is more than `max_bytes`.
 * Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_stream_read_all(lariat_stream *stream, size_t max_bytes);

/* Drops what has not been taken, and cancels the fetch if it has not ended.
 * A deferred that waits fails with LARIAT_ECANCELLED, and so does one that is
 * asked for afterwards.  Closing twice is harmless. */
LARIAT_API void lariat_stream_close(lariat_stream *stream);

/* Returns the number of bytes that were given to the taker so far. */
LARIAT_API uint64_t lariat_stream_taken(const lariat_stream *stream);

/* Returns the SHA-256 of the whole body, 32 bytes, once "none" has come; NULL
 * before, and when it was not asked for. */
LARIAT_API const uint8_t *lariat_stream_sha256(const lariat_stream *stream);

LARIAT_END_C

#endif
