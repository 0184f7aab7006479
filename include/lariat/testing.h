/* SPDX-License-Identifier: MIT
 * Tools for the tests of programs that use lariat.  lariat/lariat.h does not
 * include this header. */
#ifndef LARIAT_TESTING_H
#define LARIAT_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/clock.h>
#include <lariat/export.h>
#include <lariat/failure.h>
#include <lariat/pool.h>
#include <lariat/reactor.h>
#include <lariat/response.h>
#include <lariat/status.h>
#include <lariat/upload.h>

LARIAT_BEGIN_C

/* A clock that moves only when it is told to: timers of a reactor made with it
 * (lariat_reactor_options.clock) run when the test says so, and no test waits.
 * The clock starts at one second, and must outlive its reactors. */
typedef struct lariat_virtual_clock lariat_virtual_clock;

/* Makes a clock and puts it into `*out`.  Any thread.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_virtual_clock_new(lariat_virtual_clock **out);

/* Frees `clock`.  NULL is allowed. */
LARIAT_API void lariat_virtual_clock_free(lariat_virtual_clock *clock);

/* Returns the clock to give to reactors, which is part of `clock`. */
LARIAT_API const lariat_clock *
lariat_virtual_clock_clock(const lariat_virtual_clock *clock);

/* Returns the time on `clock`.  Any thread. */
LARIAT_API uint64_t
lariat_virtual_clock_now_ns(const lariat_virtual_clock *clock);

/* Move the time forward, by milliseconds or nanoseconds, and do nothing else.
 * Any thread. */
LARIAT_API void lariat_virtual_clock_move(lariat_virtual_clock *clock,
                                          uint64_t ms);
LARIAT_API void lariat_virtual_clock_move_ns(lariat_virtual_clock *clock,
                                             uint64_t ns);

/* Moves the time forward by `ms`, which may be 0, and runs turns of `reactor`
 * until it has nothing more to do at that time.  Timers that are due run in
 * the order of their times and see the new time.  The owner's thread, outside
 * a turn.
 *
 * LARIAT_OK
 * LARIAT_EOVERLOAD  there was more to do after 1,000 turns
 * and what lariat_reactor_run_once returns */
LARIAT_API lariat_status lariat_virtual_clock_advance(
    lariat_virtual_clock *clock, lariat_reactor *reactor, uint64_t ms);

/* Moves the time forward by `ms` and stops on the way at each time for which
 * a timer of `reactor` is set, so that every timer runs at its own time: a
 * limit that is due after 250 ms is seen after 250 ms.  Returns as
 * lariat_virtual_clock_advance does. */
LARIAT_API lariat_status lariat_virtual_clock_run(lariat_virtual_clock *clock,
                                                  lariat_reactor *reactor,
                                                  uint64_t ms);

/* Advances by each of `count` steps in turn; ends at the first that returns
 * something other than LARIAT_OK, and returns that. */
LARIAT_API lariat_status lariat_virtual_clock_pump(lariat_virtual_clock *clock,
                                                   lariat_reactor *reactor,
                                                   const uint64_t *ms,
                                                   size_t count);

/* A scripted pool: a pool without a network, whose requests are answered by a
 * function of the test's.  Everything else is the real thing: queues, limits,
 * deadlines, redirects, retries, streams, uploads, budgets, cancelling,
 * statistics. */

/* A request, as the script sees it until it returns. */
typedef struct lariat_asked lariat_asked;

/* Return the request's method and its URL. */
LARIAT_API const char *lariat_asked_method(const lariat_asked *asked);
LARIAT_API const char *lariat_asked_url(const lariat_asked *asked);

/* Returns the value of the request's header called `name` (upper and lower case
 * are the same), or NULL.  What libcurl adds by itself is not there: Host,
 * Accept, Content-Length. */
LARIAT_API const char *lariat_asked_header(const lariat_asked *asked,
                                           const char *name);

/* Returns the request's body; "" when there is none, or when it comes from a
 * file or a producer: what is sent of that is told to `take`, see below.
 * `length` may be NULL. */
LARIAT_API const char *lariat_asked_body(const lariat_asked *asked,
                                         size_t *length);

/* Returns whether the request's body comes from a file or a producer;
 * `*length` (may be NULL) gets its length, LARIAT_LENGTH_UNKNOWN when that was
 * not told. */
LARIAT_API bool lariat_asked_upload(const lariat_asked *asked,
                                    uint64_t *length);

/* Returns the number of redirects that led here. */
LARIAT_API unsigned lariat_asked_redirects(const lariat_asked *asked);

/* Returns whether the request goes over a connection that is open already. */
LARIAT_API bool lariat_asked_reused(const lariat_asked *asked);

/* Returns the number of the pool reactor. */
LARIAT_API unsigned lariat_asked_reactor(const lariat_asked *asked);

/* Takes the body of a request, as it is sent by a file or a producer: each
 * piece when it is read, and no piece (`length` 0) when the body was read to
 * its end.  Of a body that is not read to its end no end is told.  Called on
 * the thread, and with the context, of the script. */
typedef void (*lariat_take)(const lariat_asked *asked, const void *bytes,
                            size_t length, void *context);

/* The script's answer.  The script gets it filled in: 200, no header, no body,
 * at once.  What it points to is copied right after the script has returned: it
 * may be the context's, or static, but not a variable of the script's own.
 *
 * The times are how long each phase takes.  The first three are left out over
 * a connection that is open already, and `tls_ms` with http.  An answer that
 * ends, or stays, in one of these three is always given on a new connection.
 * A connection stays open when its answer is complete; how many there may be
 * is what the pool's options say.  One that was open already and breaks before
 * it brings an answer (LARIAT_ERESET, LARIAT_EEMPTY) counts as having been
 * dead: what may be made twice is asked again, on a new one.
 *
 * A body that goes to a stream, to a descriptor or into a pool with
 * `max_body_memory` comes in pieces, evenly over `body_ms`, the last at the end
 * of that.  While its taker, or the budget, is full it waits; what is due by
 * then comes as soon as more is taken.  With `failure` or `never` in its
 * phase it comes all the same, and then that.  Any other body is taken as a
 * whole, at the end of its phase, if that does not fail.
 *
 * The body of a request that comes from a file or a producer is read in its
 * phase, one piece every `upload_ms`, the first after as much; when there is
 * nothing to be read yet, the next is read as soon as there is, and the pace
 * begins anew.  The phase takes as long as that, and `request_ms` at the
 * least. */
typedef struct lariat_answer {
  int status;                   /* 200 */
  int http_version;             /* times ten; 11.  20 for a TLS server makes
                                   all requests to it share a connection */
  const lariat_header *headers; /* the answer's; their number below */
  size_t header_count;
  const void *body;
  size_t body_length;
  uint64_t dns_ms;
  uint64_t connect_ms;
  uint64_t tls_ms;
  uint64_t request_ms;
  uint64_t first_byte_ms;
  uint64_t body_ms;
  lariat_phase never; /* this phase does not end; LARIAT_PHASE_NONE: all do */
  lariat_status failure; /* not LARIAT_OK: it fails so */
  lariat_phase fails_in; /* at the end of this phase; LARIAT_PHASE_NONE: the one
                            in which such a failure is typical */
  bool closes;           /* the connection is closed after it */
  size_t body_piece;     /* bytes of a piece; 0, or more than that: 16,384 */
  size_t upload_piece;   /* the same, of the request's body */
  uint64_t upload_ms;
  uint64_t upload_stops; /* the server reads so many bytes of it, and answers
                            then, or fails, or stays; 0: all.  A client that
                            has more to send over HTTP/1.1 loses the
                            connection */
  lariat_take take;      /* NULL: the request's body is not looked at */
} lariat_answer;

/* Answers one request.  It runs once for each hop, when the request has got
 * its turn, on the thread of the pool reactor that has it.  It may do what a
 * callback may. */
typedef void (*lariat_script)(const lariat_asked *asked, lariat_answer *answer,
                              void *context);

/* Makes a pool that asks `script`, with `context`, and puts it into `*out`.
 * `options` may be NULL.  All functions of pools and clients work with it.
 *
 * With a `reactor` the pool has no thread: everything happens in the turns of
 * that reactor, in the same order each time, and on its clock, which may be a
 * virtual one.  It must be the calling thread's, and is the pool's only one,
 * whatever the options say; its clients may be on any reactor, typically on
 * the same.  Such a pool closes in the turns of its reactor;
 * lariat_pool_close_wait and the last lariat_pool_release cancel what it has,
 * without waiting, and are for the reactor's thread.
 *
 * Without one (NULL) the pool has its threads and the system's clock, and the
 * script is called on all of them, at the same time.
 *
 * Returns what lariat_pool_new does, and
 * LARIAT_EINVAL   no script
 * LARIAT_ETHREAD  not the thread of `reactor`
 * LARIAT_ECLOSED  `reactor` is closing
 * LARIAT_EBUSY    `reactor` is a pool's already */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_scripted_pool_new(
    const lariat_pool_options *options, lariat_reactor *reactor,
    lariat_script script, void *context, lariat_pool **out);

LARIAT_END_C

#endif
