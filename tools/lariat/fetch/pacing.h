/* SPDX-License-Identifier: MIT
 * pacing.h: how much is handed to the library when it may not start all of it
 * at once.  The library keeps rates and delays exactly; what it was given waits
 * there, with its time-out running. */
#ifndef TOOLS_LARIAT_FETCH_PACING_H
#define TOOLS_LARIAT_FETCH_PACING_H

#include <stdint.h>

#include "fetch/settings.h"

/* Lowers limits.concurrency to what the rate in all can keep busy. */
void pacing_apply(struct settings *settings);

/* Returns how many fetches of one host are handed over at once; 0: no limit but
 * the concurrency. */
unsigned pacing_host_limit(const struct settings *settings);

/* Returns the time-out for the library: longer than the user's by what a fetch
 * may have to wait for its rate; 0: none. */
uint64_t pacing_timeout_ms(const struct settings *settings);

#endif
