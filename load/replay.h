/* SPDX-License-Identifier: MIT
 * replay.h: requests that have instants of their own: gathered in any order,
 * each different one kept once, and sorted in the end. */
#ifndef LOAD_REPLAY_H
#define LOAD_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/requests.h>

typedef struct lr_load_replay lr_load_replay;

/* Makes a replay of the requests that are added by it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  there are requests already, which no instant has */
lariat_status lr_load_replay_new(lariat_load_requests *requests,
                                 lr_load_replay **out,
                                 lariat_load_error *error);
void lr_load_replay_free(lr_load_replay *replay);

/* Adds a request that was sent at a time, in nanoseconds since any moment that
 * is the same for all.  `key` tells those that are the same request; NULL: it
 * is like no other.  `grain_ns` is how exact the time is: requests of one grain
 * are spread over it in the end; 0: it is exact.  Statuses as those of
 * lariat_load_requests_add. */
lariat_status lr_load_replay_add(lr_load_replay *replay,
                                 const lariat_load_request *request,
                                 const char *key, uint64_t at_ns,
                                 uint64_t grain_ns, lariat_load_error *error);

/* Sorts what was gathered, spreads what has one instant, and gives it to the
 * requests, which are a replay from then on.  A `speed` of 2 takes half of the
 * time.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_replay_finish(lr_load_replay *replay, uint64_t seed,
                                    double speed);

#endif
