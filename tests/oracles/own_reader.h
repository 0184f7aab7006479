/* SPDX-License-Identifier: MIT
 * own_reader.h: what lib/http/h1_parser makes of a response. */
#ifndef TESTS_ORACLES_OWN_READER_H
#define TESTS_ORACLES_OWN_READER_H

#include "oracles/outcome.h"

/* Reads the bytes, and the end of the connection behind them; `head`: the
 * request was HEAD. */
void own_reader_read(struct outcome *outcome, bool head, const void *bytes,
                     size_t length);

#endif
