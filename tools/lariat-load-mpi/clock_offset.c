/* SPDX-License-Identifier: MIT
 * clock_offset.c: four instants, two differences. */
#include "clock_offset.h"

void clock_offset_add(struct clock_offset *offset,
                      const struct clock_exchange *exchange) {
  int64_t there_ns = exchange->received_ns - exchange->sent_ns;
  int64_t back_ns = exchange->back_ns - exchange->returned_ns;
  int64_t round_trip_ns = there_ns + back_ns;
  if (round_trip_ns < 0) round_trip_ns = 0;
  if (offset->exchanges++ && round_trip_ns >= offset->round_trip_ns) return;
  offset->round_trip_ns = round_trip_ns;
  offset->ahead_ns = (there_ns - back_ns) / 2;
}

int64_t clock_offset_error(const struct clock_offset *offset) {
  return offset->round_trip_ns - offset->round_trip_ns / 2;
}
