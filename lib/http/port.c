/* SPDX-License-Identifier: MIT
 * port.c: reads ports; the bad ports of the Fetch standard, as of November
 * 2026. */
#include "http/port.h"

bool lr_port_read(const char *text, size_t length, uint16_t *port) {
  enum { DIGITS_MAX = 5 };
  uint32_t number = 0;
  if (length > DIGITS_MAX) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (uint32_t)(text[i] - '0');
  }
  *port = (uint16_t)number;
  return number > 0 && number <= UINT16_MAX;
}

static const uint16_t bad_ports[] = {
    0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,
    23,   25,   37,   42,   43,   53,   69,   77,   79,   87,   95,   101,
    102,  103,  104,  109,  110,  111,  113,  115,  117,  119,  123,  135,
    137,  139,  143,  161,  179,  389,  427,  465,  512,  513,  514,  515,
    526,  530,  531,  532,  540,  548,  554,  556,  563,  587,  601,  636,
    989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

bool lr_port_is_bad(unsigned port) {
  for (size_t i = 0; i < sizeof bad_ports / sizeof bad_ports[0]; i++)
    if (bad_ports[i] == port) return true;
  return false;
}
