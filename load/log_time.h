/* SPDX-License-Identifier: MIT
 * log_time.h: times as access logs have them. */
#ifndef LOAD_LOG_TIME_H
#define LOAD_LOG_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each reads all of the `length` bytes of `text` into nanoseconds since 1970,
 * UTC; years are from 1970 to 2400.  False: it is no such time.
 *
 *   local    30/Nov/2026:13:50:01 +0100   nginx's $time_local, Apache's %t
 *   iso      2026-11-30T13:50:01+01:00    $time_iso8601, with a fraction or not
 *   seconds  1764507001.123               $msec, and $request_time */
bool lr_load_log_time_local(const char *text, size_t length, uint64_t *ns);
bool lr_load_log_time_iso(const char *text, size_t length, uint64_t *ns);
bool lr_load_log_time_seconds(const char *text, size_t length, uint64_t *ns);

#endif
