/* SPDX-License-Identifier: MIT
 * manual_server.h: a server on loopback whose every step the test decides.
 * There are two ways to decide:
 *
 *   by steps    The test's main thread accepts, reads a request, sends bytes
 *               and ends the connection, one call for each, so that what came
 *               in and when an answer goes out is known exactly.  The pool
 *               works meanwhile, and the fixture's reactor turns while the test
 *               waits.  A server that is opened and never asked to accept is
 *               one that does not speak: connections are made, and that is all.
 *
 *   by answers  A thread of the server's sends the very bytes that the test has
 *               prepared, cut where it was told to:
 *
 *                 /case/N   the bytes of manual_server_answer(server, N, ...)
 *                 other     a clean answer of HTTP/1.1, "ok\n", on a connection
 *                           that stays
 *
 *               What follows N in the path, after a slash or a question mark,
 *               is not looked at.  A request's body is read to its end before
 *               the answer is sent, unless that says when it comes earlier; one
 *               may follow another on a connection.
 *               Bytes that are cut come in several
 *               reads: the next piece is sent when the peer, which is of this
 *               process, has read the one before, or is known to have done with
 *               the answer (manual_server_answered). */
#ifndef TESTS_SUPPORT_MANUAL_SERVER_H
#define TESTS_SUPPORT_MANUAL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fixture.h"

struct manual_answers;

struct manual_server {
  struct fixture *f;
  int listener;
  int fd; /* the connection accepted last; -1: none */
  unsigned port;
  struct manual_answers *answers; /* NULL: it goes by steps */
  size_t received;                /* of the request that was read last */
  char text[64 * 1024];
  char url[128];
};

/* ---- By steps: for the test's main thread ---- */

/* Listens on 127.0.0.1.  `f` may be NULL for a server that never accepts. */
void manual_server_open(struct manual_server *server, struct fixture *f);
void manual_server_close(struct manual_server *server);

/* "http://127.0.0.1:PORT" and `path`; valid until the next call. */
const char *manual_server_url(struct manual_server *server, const char *path);

/* Waits for a connection, which is the server's now; the one before is the
 * caller's. */
void manual_server_accept(struct manual_server *server);

/* Closes the connections that wait to be accepted. */
void manual_server_refuse_all(const struct manual_server *server);

/* Makes the buffers of both ends small: what is not read is soon not sent. */
void manual_server_shrink_buffers(const struct manual_server *server);

/* Waits for a request's head; it is in `text` if it fits, else its end is. */
void manual_server_read_request(struct manual_server *server);

/* Sends bytes on the connection. */
void manual_server_send(const struct manual_server *server, const char *text);

/* Ends the connection: with a FIN, or breaking it. */
void manual_server_end(struct manual_server *server);
void manual_server_reset(struct manual_server *server);

/* Waits for the peer's end of the connection, and closes it. */
void manual_server_expect_end(struct manual_server *server);

/* Whether another connection is waiting to be accepted after `ms`. */
bool manual_server_has_caller(struct manual_server *server, unsigned ms);

/* ---- By answers: any thread, but not while manual_server_stop runs ---- */

enum {
  MANUAL_ANSWERS = 1024,         /* numbers go from 0 to this, exclusive */
  MANUAL_OTHER = MANUAL_ANSWERS, /* as a number: all other paths */
  MANUAL_CUTS = 4
};

/* The end of the connection when all bytes are sent. */
enum manual_end {
  MANUAL_KEEP,  /* open; closed if no request comes for a moment */
  MANUAL_HOLD,  /* open */
  MANUAL_CLOSE, /* the end of the stream */
  MANUAL_RESET  /* broken, once the peer has read all */
};

/* The reading of a request's body whose answer comes before its end. */
enum manual_early {
  MANUAL_WHOLE, /* it does not */
  MANUAL_DRAIN, /* the rest is read; with MANUAL_CLOSE the end of the stream is
                   behind the answer, and the connection ends when the rest has
                   come, or the peer has ended it */
  MANUAL_DEAF   /* no more is read: the connection's end breaks it */
};

struct manual_answer {
  const char *bytes; /* borrowed while the number has this answer */
  size_t length;
  enum manual_end end;
  bool apart;               /* each byte by itself */
  size_t cuts[MANUAL_CUTS]; /* a piece ends before these bytes; 0: none */
  enum manual_early early;  /* before the request's body has come whole, when
                               `early_at` bytes of it have */
  size_t early_at;
};

/* Requests for a number since it got its answer. */
struct manual_seen {
  unsigned requests;
  unsigned position; /* of the first, on its connection: 1, 2, ... */
};

/* Starts one on `port` (0: a free one) of `address` ("127.0.0.1", "::1");
 * "127.0.0.0/8" is all of them.  NULL when it cannot, with errno set. */
struct manual_server *manual_server_start(const char *address, unsigned port);

/* Ends its thread, breaks what is open and frees everything.  NULL is
 * allowed. */
void manual_server_stop(struct manual_server *server);

/* Sets what requests for /case/`number` get from now on. */
void manual_server_answer(struct manual_server *server, unsigned number,
                          const struct manual_answer *answer);

/* Tells that the peer has done with the number's answer: nothing waits for it
 * to read any more. */
void manual_server_answered(struct manual_server *server, unsigned number);

struct manual_seen manual_server_seen(struct manual_server *server,
                                      unsigned number);

/* Copies the last request for the number (or MANUAL_OTHER), as it came, into
 * `out`, ended by NUL; how long it is.  In the place of a body there is its
 * length, and a sum over its bytes. */
size_t manual_server_request(struct manual_server *server, unsigned number,
                             char *out, size_t capacity);

/* Waits until all that has been asked for is sent, has arrived and has come to
 * its end; false if that takes more than `ms`. */
bool manual_server_settle(struct manual_server *server, unsigned ms);

/* Closes all connections. */
void manual_server_close_all(struct manual_server *server);

/* Count connections and requests since the start. */
uint64_t manual_server_accepted(struct manual_server *server);
uint64_t manual_server_requests(struct manual_server *server);

#endif
