/* SPDX-License-Identifier: MIT
 * hand.h: a server of one connection at a time that the test works by hand,
 * step by step: what came in and when an answer goes out is known exactly.  The
 * pool works meanwhile, and the fixture's reactor turns while the test waits.
 *
 * Everything here is for the test's main thread. */
#ifndef TESTS_SUPPORT_HAND_H
#define TESTS_SUPPORT_HAND_H

#include <stdbool.h>
#include <stddef.h>

#include "support/fixture.h"

struct hand {
  struct fixture *f;
  int listener;
  int fd; /* the connection accepted last; -1: none */
  unsigned port;
  size_t receiving; /* of the request that hand_hear waited for last */
  char text[64 * 1024];
  char url[128];
};

/* Listens on 127.0.0.1. */
void hand_open(struct hand *hand, struct fixture *f);
void hand_close(struct hand *hand);

/* "http://127.0.0.1:PORT" and `path`; valid until the next call. */
const char *hand_url(struct hand *hand, const char *path);

/* Waits for a connection, which is the hand's now; the one before is the
 * caller's. */
void hand_accept(struct hand *hand);

/* Makes the buffers of both ends small: what is not read is soon not sent. */
void hand_narrow(const struct hand *hand);

/* Waits for a request's head; it is in `text` if it fits, else its end is. */
void hand_hear(struct hand *hand);

/* Sends bytes on the connection. */
void hand_say(const struct hand *hand, const char *text);

/* Ends the connection: with a FIN, or breaking it. */
void hand_hang_up(struct hand *hand);
void hand_break(struct hand *hand);

/* Waits for the peer's end of the connection, and closes it. */
void hand_expect_end(struct hand *hand);

/* Whether another connection is waiting to be accepted, or comes within `ms`.
 */
bool hand_is_called(struct hand *hand, unsigned ms);

#endif
