/* SPDX-License-Identifier: MIT
 * micro.h: what is measured, one operation at a time. */
#ifndef BENCH_MICRO_MICRO_H
#define BENCH_MICRO_MICRO_H

#include <stdint.h>

#include <lariat/reactor.h>

/* Does the operation `count` times. */
typedef void measured(lariat_reactor *reactor, uint64_t count);

measured measure_links;    /* one callback of a chain, of 100 */
measured measure_ten;      /* a deferred of 10 callbacks, made to dropped */
measured measure_children; /* one of 100, made, fired, dropped */
measured measure_gathered; /* the same, and gathered */
measured measure_gathered_late; /* the same, with results from the start */
measured measure_returned;      /* a deferred that waits for a returned one */
measured measure_timer;         /* a timer, set and cancelled */
measured measure_posted;        /* a call from another thread */

/* One level of `count` deferreds, each returned by a callback of the next, on
 * a stack of NESTED_STACK bytes. */
enum { NESTED_STACK = 64 * 1024 };
measured measure_nested;

/* A clock for measuring. */
uint64_t micro_now_ns(void);

/* Says what is wrong and ends the program. */
void micro_fail(const char *what) __attribute__((noreturn));

/* Runs a script of Twisted's and keeps what it says, the fastest of each. */
void twisted_run(const char *python, const char *directory, const char *script);

/* Twisted's nanoseconds for an operation, or 0. */
double twisted_ns(const char *name);

#endif
