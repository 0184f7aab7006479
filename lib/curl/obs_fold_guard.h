/* SPDX-License-Identifier: MIT
 * obs_fold_guard.h: a guard for libcurl 7.83.0 to 8.0.1, which keep a pointer
 * to the last header of the response before (curl issue 11101).  An answer
 * whose first header line begins with a blank makes them append to that header,
 * which has been freed. */
#ifndef LR_CURL_OBS_FOLD_GUARD_H
#define LR_CURL_OBS_FOLD_GUARD_H

struct lr_transfer;

/* Sets the guard up, as part of a handle's configuration. */
void lr_obs_fold_guard_configure(struct lr_transfer *transfer);

/* Arms the guard or disarms it, after each line of the head: libcurl shows a
 * line before it works on it only while it is verbose, which it is between a
 * status line and the next. */
void lr_obs_fold_guard_follow(struct lr_transfer *transfer);

/* Disarms the guard: the transfer is over, perhaps between the two. */
void lr_obs_fold_guard_end(struct lr_transfer *transfer);

#endif
