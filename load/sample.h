/* SPDX-License-Identifier: MIT
 * sample.h: what is known of one request when it has ended. */
#ifndef LOAD_SAMPLE_H
#define LOAD_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/load/result.h>

/* Instants are on the system's monotonic clock; 0: not reached. */
typedef struct lr_load_sample {
  uint64_t intended_ns; /* by the schedule; of a closed test free_ns */
  uint64_t free_ns;
  uint64_t sent_ns; /* before the call that sent its first byte */
  uint64_t first_byte_ns;
  uint64_t arrived_ns; /* read_ns, unless `stamped` */
  uint64_t read_ns;    /* when its outcome was known */
  uint64_t index;      /* in the plan */
  uint64_t bytes;      /* received, head and body */
  uint32_t request;    /* index in the requests, for the slowest samples */
  uint16_t name;       /* index of its class */
  uint16_t status;     /* 0: no answer */
  uint8_t outcome;     /* lariat_load_outcome */
  bool stamped;        /* arrived_ns is the kernel's */
  bool opening;        /* the wait before free_ns was for a connection that was
                          being opened, not for one that was busy */
} lr_load_sample;

#endif
