/* SPDX-License-Identifier: MIT
 * Connections that are to be resumed at a later time: a heap of them, and a
 * thread that sleeps until the first is due. */
#ifndef BENCH_ORIGIN_DELAY_H
#define BENCH_ORIGIN_DELAY_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct delays;

/* NULL when out of memory or threads. */
struct delays *delays_new(void);

/* Resumes all that is suspended, ends the thread, frees.  NULL is allowed. */
void delays_free(struct delays *delays);

/* Suspends `connection` and resumes it `delay_ms` from now.  False, and not
 * suspended, when out of memory or after delays_end. */
bool delays_add(struct delays *delays, struct MHD_Connection *connection,
                uint64_t delay_ms);

/* Resumes all that is suspended, and suspends nothing from now on. */
void delays_end(struct delays *delays);

#endif
