/* SPDX-License-Identifier: MIT
 * sending_time.h: when a request can have left, by what the kernel knows of its
 * connection: what the network loses is sent again, and arrives much later than
 * it was written. */
#ifndef CRAWL_SENDING_TIME_H
#define CRAWL_SENDING_TIME_H

#include <stdint.h>

/* What is sent again is so after that time at the least: Linux' TCP_RTO_MIN. */
enum { LR_CRAWL_LEAST_RESENT_MS = 200 };

/* An end of a connection: its address as text, without brackets. */
typedef struct lr_crawl_tcp_end {
  const char *ip;
  unsigned port;
} lr_crawl_tcp_end;

/* Returns how many milliseconds after it was written a request may have left
 * this machine for the last time, of which nothing but an answer came on this
 * connection, `took_ms` later: when the kernel last sent data, or, where that
 * was still waiting for a neighbour's address, `took_ms`.  0: at once, or that
 * is not known here.  A few system calls.  Any thread. */
uint32_t lr_crawl_sending_time(lr_crawl_tcp_end local, lr_crawl_tcp_end remote,
                               uint32_t took_ms);

#endif
