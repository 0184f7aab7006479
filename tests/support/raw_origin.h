/* SPDX-License-Identifier: MIT
 * raw_origin.h: a server on loopback that sends the very bytes it was told to,
 * cut where it was told to, in a thread of the test's own process.
 *
 *   /case/N   the bytes of raw_origin_answer(origin, N, ...), whatever they are
 *   other     a clean answer of HTTP/1.1, "ok\n", on a connection that stays
 *
 * What follows N in the path, after a slash or a question mark, is not looked
 * at.  Requests have no body; one may follow another on a connection.
 *
 * Bytes that are cut come in several reads: the next piece is sent when the
 * peer, which is of this process, has read the one before, or is known to have
 * done with the answer (raw_origin_answered).
 *
 * All functions may be called from any thread, but not while raw_origin_stop
 * runs. */
#ifndef TESTS_SUPPORT_RAW_ORIGIN_H
#define TESTS_SUPPORT_RAW_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  RAW_ANSWERS = 1024,      /* numbers go from 0 to this, exclusive */
  RAW_OTHER = RAW_ANSWERS, /* as a number: all other paths */
  RAW_CUTS = 4
};

/* What becomes of the connection when all bytes are sent. */
enum raw_end {
  RAW_KEEP,  /* open; closed if no request comes for a moment */
  RAW_HOLD,  /* open */
  RAW_CLOSE, /* the end of the stream */
  RAW_RESET  /* broken, once the peer has read all */
};

struct raw_answer {
  const char *bytes; /* borrowed while the number has this answer */
  size_t length;
  enum raw_end end;
  bool apart;            /* each byte by itself */
  size_t cuts[RAW_CUTS]; /* a piece ends before these bytes; 0: none */
};

/* What has come of a number since it got its answer. */
struct raw_seen {
  unsigned requests;
  unsigned place; /* of the first, on its connection: 1, 2, ... */
};

struct raw_origin;

/* Starts one on `port` (0: a free one) of `address` ("127.0.0.1", "::1");
 * "127.0.0.0/8" is all of them.  NULL when it cannot, with errno set. */
struct raw_origin *raw_origin_start(const char *address, unsigned port);

/* Ends its thread, breaks what is open and frees everything.  NULL is
 * allowed. */
void raw_origin_stop(struct raw_origin *origin);

unsigned raw_origin_port(const struct raw_origin *origin);

/* What requests for /case/`number` get from now on. */
void raw_origin_answer(struct raw_origin *origin, unsigned number,
                       const struct raw_answer *answer);

/* The peer has done with the number's answer: nothing waits for it to read any
 * more. */
void raw_origin_answered(struct raw_origin *origin, unsigned number);

struct raw_seen raw_origin_seen(struct raw_origin *origin, unsigned number);

/* The last request for the number (or RAW_OTHER), as it came, into `out`, ended
 * by NUL; how long it is. */
size_t raw_origin_request(struct raw_origin *origin, unsigned number, char *out,
                          size_t capacity);

/* Waits until all that has been asked for is sent, has arrived and has come to
 * its end; false if that takes more than `ms`. */
bool raw_origin_settle(struct raw_origin *origin, unsigned ms);

/* Closes all connections. */
void raw_origin_close_all(struct raw_origin *origin);

/* Connections and requests since the start. */
uint64_t raw_origin_accepted(struct raw_origin *origin);
uint64_t raw_origin_requests(struct raw_origin *origin);

#endif
