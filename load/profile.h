/* SPDX-License-Identifier: MIT
 * profile.h: a rate that changes with time, its integral, and the inverse of
 * that, all in integers.
 *
 * Rates are counted in units of which LR_LOAD_PER_S are one request a second,
 * and are even, so that the area of a ramp is whole.  The integral of a rate
 * over nanoseconds is counted in units of which LR_LOAD_REQUEST are one
 * request. */
#ifndef LOAD_PROFILE_H
#define LOAD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wide.h"
#include <lariat/load/stages.h>

/* A unit is half a millionth of a request an hour. */
#define LR_LOAD_PER_S UINT64_C(7200000000)
#define LR_LOAD_REQUEST (LR_LOAD_PER_S * UINT64_C(1000000000))

/* A stage of the profile. */
typedef struct lr_load_segment {
  uint64_t start_ns;
  uint64_t duration_ns; /* of one without an end: more than anybody waits */
  uint64_t from;        /* rates */
  uint64_t to;
  lr_load_wide before; /* the integral at its start */
  lr_load_wide area;   /* the integral over it */
} lr_load_segment;

typedef struct lr_load_profile {
  size_t count;
  bool endless;
  lr_load_segment segments[LARIAT_LOAD_MOST_STAGES];
} lr_load_profile;

/* Makes the profile of stages.  On LARIAT_EINVAL `*error` (may be NULL) says
 * what is wrong with them. */
lariat_status lr_load_profile_init(lr_load_profile *profile,
                                   const lariat_load_stage *stages,
                                   size_t count, lariat_load_error *error);

/* Returns the integral over all of it, and when it ends. */
lr_load_wide lr_load_profile_area(const lr_load_profile *profile);
uint64_t lr_load_profile_end_ns(const lr_load_profile *profile);

/* Returns the last nanosecond at which the integral is at the most `units`,
 * which is less than the profile's area.  `*at` is the segment to begin the
 * search with, 0 at first, and becomes the one that was found: `units` may
 * not be less than before. */
uint64_t lr_load_profile_instant(const lr_load_profile *profile, size_t *at,
                                 lr_load_wide units);

/* Returns the rate at a time, in requests a second, and the integral up to it,
 * in requests. */
double lr_load_profile_rate(const lr_load_profile *profile, uint64_t at_ns);
double lr_load_profile_integral(const lr_load_profile *profile, uint64_t at_ns);

#endif
