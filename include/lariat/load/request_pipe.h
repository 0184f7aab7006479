/* SPDX-License-Identifier: MIT
 * lariat_load_pipe: requests that another program makes while a test runs: JSON
 * lines or URLs, read by a thread of its own, up to 10,000 requests or 64 MiB
 * ahead.
 *
 *   lariat_load_pipe_open(requests, STDIN_FILENO, LARIAT_LOAD_LINES, &pipe,
 *                         &error);
 *   while (lariat_load_pipe_wait(pipe, 100, &error) == LARIAT_ETIMEDOUT)
 *     if (...time is up, and enough are there...) break;
 *   ...a run with these requests, which ends when the pipe does...
 *   status = lariat_load_pipe_status(pipe, &error);
 *   lariat_load_pipe_close(pipe);
 *
 * Each request is sent once, in the order in which they come; weights do not
 * count, and flows are not taken.  A run that is short of requests says so in
 * its verdict. */
#ifndef LARIAT_LOAD_REQUEST_PIPE_H
#define LARIAT_LOAD_REQUEST_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/input.h>
#include <lariat/load/part.h>
#include <lariat/load/requests.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_pipe lariat_load_pipe;

/* How far a pipe is read ahead: whichever comes first. */
#define LARIAT_LOAD_PIPE_REQUESTS 10000
#define LARIAT_LOAD_PIPE_BYTES ((size_t)64 << 20)

/* Begins to read `fd`, which stays the caller's and is read by nobody else
 * until the pipe is closed, into `requests`, an empty list, which must outlive
 * it; what requests take from its base is set before.  The format is
 * LARIAT_LOAD_LINES or LARIAT_LOAD_VEGETA.  Puts the pipe into `*out`; the
 * caller owns it (lariat_load_pipe_close).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   a list that is not empty, another format; see `*error`, which
 *                 may be NULL
 * LARIAT_ESYSTEM  no thread, or no descriptor for waking it: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_pipe_open(
    lariat_load_requests *requests, int fd, lariat_load_input_format format,
    lariat_load_pipe **out, lariat_load_error *error);

/* Begins to read a pipe that each of several machines has, of which each sends
 * a part: of the requests in it those that are of `part` are taken, and the
 * others are read and dropped.  All else as lariat_load_pipe_open.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM
 * LARIAT_EINVAL   as there; no such part */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_pipe_open_part(
    lariat_load_requests *requests, int fd, lariat_load_input_format format,
    lariat_load_part part, lariat_load_pipe **out, lariat_load_error *error);

/* Waits until as many requests are there as may be, or all, or one cannot be
 * read, for up to `timeout_ms`.  The names and the servers that a run knows are
 * those of the requests that were there when it was made: other names count as
 * "other", and a request to another server ends the pipe with an error.  Any
 * thread.
 *
 * LARIAT_OK
 * LARIAT_ETIMEDOUT  there are fewer yet, perhaps none
 * LARIAT_EINVAL    none is there, and none will come: there is none in it, or
 *                  the first cannot be read; see `*error`, which may be NULL
 * LARIAT_ENOMEM, LARIAT_ESYSTEM  as of lariat_load_pipe_status */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_pipe_wait(
    lariat_load_pipe *pipe, unsigned timeout_ms, lariat_load_error *error);

/* Returns how the reading stands.  Any thread.
 *
 * LARIAT_OK        so far, or to the end
 * LARIAT_ENOMEM
 * LARIAT_EINVAL    a line cannot be read, or goes to a server that none of the
 *                  first requests has; `*error` (may be NULL) says which; it
 *                  was the end
 * LARIAT_ESYSTEM   the descriptor cannot be read; the error's text says why */
LARIAT_API lariat_status lariat_load_pipe_status(lariat_load_pipe *pipe,
                                                 lariat_load_error *error);

/* Returns how many requests are there that nobody has taken.  Any thread. */
LARIAT_API size_t lariat_load_pipe_ahead(lariat_load_pipe *pipe);

/* Ends the reading, wherever it is, waits for its thread, and frees the pipe;
 * NULL is allowed.  Any thread, when no run has the requests any more. */
LARIAT_API void lariat_load_pipe_close(lariat_load_pipe *pipe);

LARIAT_END_C

#endif
