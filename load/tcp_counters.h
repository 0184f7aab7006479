/* SPDX-License-Identifier: MIT
 * tcp_counters.h: what the kernel counts of TCP in this network namespace: of
 * all that runs in it, not of a load test alone. */
#ifndef LOAD_TCP_COUNTERS_H
#define LOAD_TCP_COUNTERS_H

#include "result.h"

/* Reads the counters so far; they are not known without /proc/net/snmp and
 * netstat.  Any thread. */
void lr_load_tcp_counters_read(lr_load_network *out);

/* Returns what was counted between two readings. */
lr_load_network lr_load_tcp_counters_since(const lr_load_network *now,
                                           const lr_load_network *before);

/* Finds a counter in the text of such a file, in which each line of names is
 * followed by one of numbers: "Tcp: RetransSegs" and "Tcp: 12".  False: it is
 * not there. */
bool lr_load_tcp_counters_find(const char *text, const char *group,
                               const char *name, uint64_t *out);

#endif
