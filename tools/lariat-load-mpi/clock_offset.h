/* SPDX-License-Identifier: MIT
 * clock_offset.h: how far another machine's clock is ahead, from messages that
 * go there and back, as NTP (RFC 5905, section 8) has it.  Values alone. */
#ifndef TOOLS_LARIAT_LOAD_MPI_CLOCK_OFFSET_H
#define TOOLS_LARIAT_LOAD_MPI_CLOCK_OFFSET_H

#include <stdint.h>

/* A message there and back: four instants, in nanoseconds, two by each clock.
 */
struct clock_exchange {
  int64_t sent_ns;     /* by our clock */
  int64_t received_ns; /* by theirs */
  int64_t returned_ns; /* by theirs */
  int64_t back_ns;     /* by ours */
};

/* What the exchanges so far say.  All zero: nothing yet. */
struct clock_offset {
  int64_t ahead_ns;      /* of ours; known to half of the round trip */
  int64_t round_trip_ns; /* the least, without the time that they had it */
  unsigned exchanges;
};

/* Adds an exchange.  The one with the least round trip decides: the longer a
 * message was on its way, the less is known of when it came. */
void clock_offset_add(struct clock_offset *offset,
                      const struct clock_exchange *exchange);

/* Returns how wrong `ahead_ns` may be, in nanoseconds. */
int64_t clock_offset_error(const struct clock_offset *offset);

#endif
